// What a view should show: the mask, its pixel weights, and sums that make whole runs of
// covered or empty pixels cost nothing.
#pragma once

#include <memory>
#include <vector>

#include "ceres_align/base/image.h"
#include "ceres_align/render/silhouette_gram.h"

namespace ceres_align {

/// A view's mask T in [0, 1] with weights w >= 0, plus row-wise prefix sums of w T² (what an
/// empty pixel costs) and w (1 − T)² (what a covered one costs), and, where there are weights, of
/// w and w·x (area and centroid of what is covered), kept at every 16th pixel.
class Target {
 public:
  static constexpr int kBlock = TargetView::kBlock;
  /// `weight` is empty (1 everywhere) or of the mask's size. CHECKs sizes and finiteness.
  Target(ImageF mask, ImageF weight);
  /// The same without a copy: the images stay as they are while the target lives.
  Target(std::shared_ptr<const ImageF> mask, std::shared_ptr<const ImageF> weight);

  int width_px() const { return mask_->width; }
  int height_px() const { return mask_->height; }
  const ImageF& mask() const { return *mask_; }
  const ImageF& weight() const { return *weight_; }  ///< may be empty: 1 everywhere

  /// Σ w T² and Σ w (1 − T)² of row r over pixels [0, k·kBlock), k-th pair of the row, the last
  /// of them the whole row's; with weights then as many pairs of Σ w and Σ w·(c + 0.5).
  const double* row_prefix(int r) const { return prefix_.data() + size_t(r) * row_stride_; }
  int row_stride() const { return row_stride_; }  ///< doubles per row of prefix sums

  /// Σ over pixels [begin, end) of row r of w T² (covered = false) or w (1 − T)² (true).
  double RunCost(int r, int begin, int end, bool covered) const {
    return view().RunCost(r, begin, end, covered);
  }
  /// The same over the whole row.
  double RowCost(int r, bool covered) const { return view().RowCost(r, covered); }

  /// Borrowed pointers, for the kernels.
  TargetView view() const {
    return {mask_->pixels.data(), weight_->empty() ? nullptr : weight_->pixels.data(),
            prefix_.data(),       mask_->width,
            mask_->height,        row_stride_};
  }

 private:
  std::shared_ptr<const ImageF> mask_, weight_;
  int row_stride_ = 0;
  std::vector<double> prefix_;
};

}  // namespace ceres_align
