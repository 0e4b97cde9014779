#include "ceres_align/scene/pyramid.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

// At the coarsest level an object's mask is at least this large (root of its area).
constexpr double kSmallestObjectPx = 4;
// A level this near to full size would be work done twice.
constexpr double kLastStepFactor = 1.4;

// The source pixels that a target pixel [i, i + 1)·ratio covers, with their shares.
struct Overlap {
  int begin = 0;
  std::vector<double> share;
};

std::vector<Overlap> Overlaps(int from, int to) {
  const double ratio = static_cast<double>(from) / to;
  std::vector<Overlap> overlaps(to);
  for (int i = 0; i < to; ++i) {
    const double low = i * ratio, high = std::min<double>((i + 1) * ratio, from);
    overlaps[i].begin = static_cast<int>(low);
    for (int p = overlaps[i].begin; p < high && p < from; ++p) {
      overlaps[i].share.push_back(std::min<double>(p + 1, high) - std::max<double>(p, low));
    }
  }
  return overlaps;
}

// Σ over each target pixel's area of v·w (w empty: 1), in square source pixels; row by row, for all
// of them at once take more than the images.
class AreaSums {
 public:
  AreaSums(const ImageF& v, const ImageF& w, int width, int height)
      : v_(v),
        w_(w),
        columns_(Overlaps(v.width, width)),
        rows_(Overlaps(v.height, height)),
        sums_(width) {}

  /// Of target row r; until the next one is asked for.
  const std::vector<double>& Row(int r) {
    std::fill(sums_.begin(), sums_.end(), 0.0);
    for (size_t k = 0; k < rows_[r].share.size(); ++k) {
      AddRow(rows_[r].begin + static_cast<int>(k), rows_[r].share[k]);
    }
    return sums_;
  }

 private:
  void AddRow(int source_row, double share) {
    const double columns_per_px = static_cast<double>(sums_.size()) / v_.width;
    const float* value = v_.row(source_row);
    const float* weight = w_.empty() ? nullptr : w_.row(source_row);
    int first = 0, end = v_.width;  // masks are mostly empty
    while (first < end && value[first] == 0) ++first;
    if (first == end) return;
    while (value[end - 1] == 0) --end;
    const int from = std::max(0, static_cast<int>(first * columns_per_px) - 1);
    const int to =
        std::min(static_cast<int>(sums_.size()), static_cast<int>(end * columns_per_px) + 2);
    for (int c = from; c < to; ++c) {
      double sum = 0;
      for (size_t i = 0; i < columns_[c].share.size(); ++i) {
        const int p = columns_[c].begin + static_cast<int>(i);
        sum += columns_[c].share[i] * value[p] * (weight ? weight[p] : 1.0);
      }
      sums_[c] += share * sum;
    }
  }

  const ImageF &v_, &w_;
  const std::vector<Overlap> columns_, rows_;
  std::vector<double> sums_;
};

std::shared_ptr<const Target> TargetOfSize(const View& view, int width, int height) {
  if (width == view.mask.width && height == view.mask.height) {
    const auto borrowed = [](const ImageF& image) {
      return std::shared_ptr<const ImageF>(std::shared_ptr<void>(), &image);
    };
    return std::make_shared<Target>(borrowed(view.mask), borrowed(view.weight));
  }
  ImageF weight;
  if (!view.weight.empty()) weight = ScaleByArea(view.weight, ImageF(), width, height);
  return std::make_shared<Target>(ScaleByArea(view.mask, view.weight, width, height),
                                  std::move(weight));
}

}  // namespace

ImageF ScaleByArea(const ImageF& image, const ImageF& weight, int width_px, int height_px) {
  CHECK(width_px >= 1 && width_px <= image.width);
  CHECK(height_px >= 1 && height_px <= image.height);
  const ImageF ones;
  AreaSums values(image, weight, width_px, height_px);
  AreaSums weights(weight.empty() ? image : weight, ones, width_px, height_px);
  const double pixel_area = (static_cast<double>(image.width) / width_px) *
                            (static_cast<double>(image.height) / height_px);
  ImageF scaled(width_px, height_px);
  for (int r = 0; r < height_px; ++r) {
    const std::vector<double>& sums = values.Row(r);
    const std::vector<double>* totals = weight.empty() ? nullptr : &weights.Row(r);
    float* row = scaled.row(r);
    for (int c = 0; c < width_px; ++c) {
      const double total = totals == nullptr ? pixel_area : (*totals)[c];
      const double value = total > 1e-9 * pixel_area ? sums[c] / total : 0.0;
      row[c] = static_cast<float>(std::clamp(value, 0.0, 1.0));
    }
  }
  return scaled;
}

std::vector<double> LevelScales(double widest_view_px, double smallest_mask_px,
                                double coarsest_width_px, double level_factor) {
  double scale = coarsest_width_px / widest_view_px;
  if (smallest_mask_px > 0) scale = std::max(scale, kSmallestObjectPx / smallest_mask_px);
  std::vector<double> scales;
  for (; scale * kLastStepFactor < 1; scale *= level_factor) scales.push_back(scale);
  scales.push_back(1.0);
  return scales;
}

std::vector<PyramidLevel> MakeLevels(const Scene& scene, const std::vector<double>& scales) {
  std::vector<PyramidLevel> levels(scales.size());
  const size_t num_views = scene.views.size();
  for (size_t k = 0; k < scales.size(); ++k) {
    levels[k].scale = scales[k];
    levels[k].cameras.resize(num_views);
    levels[k].targets.resize(num_views);
  }
  tbb::parallel_for(size_t{0}, scales.size() * num_views, [&](size_t task) {
    const size_t i = task % num_views;
    PyramidLevel& level = levels[task / num_views];
    const View& view = scene.views[i];
    const int width =
        std::max(1, static_cast<int>(std::lround(level.scale * view.camera.width_px)));
    const int height =
        std::max(1, static_cast<int>(std::lround(level.scale * view.camera.height_px)));
    level.cameras[i] = view.camera.Scaled(width, height);
    level.targets[i] = TargetOfSize(view, width, height);
  });
  return levels;
}

PyramidLevel MakeLevel(const Scene& scene, double scale) {
  return std::move(MakeLevels(scene, {scale})[0]);
}

}  // namespace ceres_align
