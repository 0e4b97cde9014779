#include "ceres_align/render/outline_sweep.h"

#include "ceres_align/render/silhouette_gram.h"

namespace ceres_align {
namespace {

struct SweepVelocity {
  CpuSweep* sweep;
  const EdgeVelocity& operator()(int edge) const { return sweep->Velocity(edge); }
};

class SampleSink {
 public:
  SampleSink(CpuSweep* sweep, int window, std::vector<OutlineSample>* samples)
      : sweep_(sweep), velocity_{sweep}, window_{window}, samples_(samples) {}
  void Row(int row) { row_ = window_.Pixel(row); }
  void Empty(int, int) {}
  void Run(int, int, bool) {}
  void Cell(int column, const Fragment* f, int n, const CellOutline& cell) {
    if (!cell.boundary || !window_.HasCenter(column)) return;
    OutlineSample sample{window_.Pixel(column), row_, cell.area, {}, {0, 0}, 0, 0};
    CellJacobian(f, n, cell, velocity_, sample.jacobian);
    // Image px are 1/window of a pixel here, along which the outline moves.
    for (int i = 0; i < n; ++i) {
      const ImageEdge& edge = sweep_->Edge(f[i].edge);
      const double pieces = cell.piece0[i] + cell.piece1[i];
      sample.shift[0] -= window_.k * pieces;
      sample.shift[1] += window_.k * pieces * edge.slope;
      // The same for every point of the edge's line.
      sample.growth += pieces * (edge.slope * edge.y0 - edge.x0);
      sample.growth_x -= cell.piece0[i] * edge.x0 + cell.piece1[i] * edge.x1;
    }
    samples_->push_back(sample);
  }

 private:
  CpuSweep* sweep_;
  const SweepVelocity velocity_;
  const PixelWindow window_;
  std::vector<OutlineSample>* samples_;
  int row_ = 0;
};

}  // namespace

void SweepOutline(const ContourMesh& mesh, const ViewGeometry& view, CpuContour* contour,
                  CpuSweep* sweep, std::vector<OutlineSample>* samples) {
  samples->clear();
  contour->Prepare(mesh, view);
  sweep->Begin(*contour);
  SampleSink sink(sweep, view.window, samples);
  sweep->Rows({0, view.height_px}, sink);
}

}  // namespace ceres_align
