// One job on one CPU thread: contour → image edges → fragments by row → sweep into a sink.
#pragma once

#include <cstdint>
#include <vector>

#include "ceres_align/render/contour_edges.h"
#include "ceres_align/render/contour_extract.h"
#include "ceres_align/render/silhouette_cell.h"

namespace ceres_align {

/// Grow-only working memory of one thread, and the sweep that uses it.
class CpuSweep {
 public:
  /// Finds and splits the contour of `mesh` in `view`. Afterwards Rows() can be called.
  void Prepare(const ContourMesh& mesh, const ViewGeometry& view);

  /// Sweeps all rows of the frame in order:
  ///   sink.Row(row)            before each row,
  ///   sink.Empty(begin, end)   rows [begin, end) that no fragment touches and w = 0,
  ///   sink.Run / sink.Cell     as in SweepRow.
  template <typename Sink>
  void Rows(Sink& sink);

  /// ∂(outline)/∂p of an edge named by a fragment, computed when first asked for.
  const EdgeVelocity& Velocity(int edge);
  const ImageEdge& Edge(int edge) const { return edges_[edge]; }

 private:
  void AddEdge(const ViewGeometry& view, const EdgePoint& p, const EdgePoint& q, int m, int cut);
  void AddClippedEdges(const ContourMesh& mesh);
  void AddNearCuts(const ContourMesh& mesh);
  void SplitAndBucket();
  // Fragments of a row, sorted by column, contiguous.
  int GatherRow(int row);
  void GrowScratch(int fragments);

  // What a velocity needs of an edge's ends, upper end first.
  struct EdgeEnds {
    Vec3 top, bottom;  // from the mesh's centre, camera's axes
    int cut;           // into slides_, −1: both ends are bound to the mesh
  };
  ViewGeometry view_{};
  std::vector<ContourEdge> contour_;
  std::vector<ImageEdge> edges_;
  std::vector<EdgeEnds> ends_;
  std::vector<EndSlides> slides_;
  std::vector<EdgeVelocity> velocities_;
  std::vector<uint8_t> has_velocity_;
  std::vector<Fragment> fragments_;
  std::vector<int32_t> row_begin_, row_order_;
  std::vector<int32_t> left_w_;  // per row, difference array: w from whole rows left of the frame
  std::vector<uint64_t> keys_;
  std::vector<Fragment> row_;
  CellScratch scratch_{};
  std::vector<double> x_, piece0_, piece1_;
  std::vector<int> indices_;
  std::vector<RowProfile::Step> steps_;
};

template <typename Sink>
void CpuSweep::Rows(Sink& sink) {
  const int height = view_.height_px;
  int w_left = 0, empty_from = 0;
  for (int r = 0; r < height; ++r) {
    w_left += left_w_[r];
    if (view_.window > 1 && r % view_.window != view_.window / 2) continue;
    const int n = row_begin_[r + 1] - row_begin_[r];
    if (n == 0 && w_left == 0) continue;
    if (empty_from < r) sink.Empty(empty_from, r);
    empty_from = r + 1;
    sink.Row(r);
    GatherRow(r);
    RowProfile profile;
    profile.top = w_left;
    profile.steps = steps_.data();
    CellOutline outline{0, false, piece0_.data(), piece1_.data()};
    SweepRow(row_.data(), edges_.data(), n, view_.width_px, &profile, scratch_, &outline, sink);
  }
  if (empty_from < height) sink.Empty(empty_from, height);
}

}  // namespace ceres_align
