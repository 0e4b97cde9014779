#include "ceres_align/render/gram_sweep.h"

#include "ceres_align/base/error.h"
#include "ceres_align/render/view_geometry.h"

namespace ceres_align {
namespace {

struct SweepVelocity {
  CpuSweep* sweep;
  const EdgeVelocity& operator()(int edge) const { return sweep->Velocity(edge); }
};

struct SweepEdges {
  const CpuSweep* sweep;
  const ImageEdge& operator()(int edge) const { return sweep->Edge(edge); }
};

}  // namespace

ViewSums SweepGram(const CpuContour& contour, CpuContour::RowRange rows, const Target& target,
                   bool intrinsics, CpuSweep* sweep) {
  sweep->Begin(contour);
  ViewSums sums{};
  const int window = contour.view().window;
  if (!intrinsics) {
    GramSink<SweepVelocity> sink({sweep}, target.view(), window);
    sweep->Rows(rows, sink);
    sums.pose = sink.sums();
    return sums;
  }
  using Columns = IntrinsicsColumns<SweepEdges>;
  GramSink<SweepVelocity, Columns> sink({sweep}, target.view(), window,
                                        Columns{{sweep}, contour.view(), &sums.intrinsics});
  sweep->Rows(rows, sink);
  sums.pose = sink.sums();
  return sums;
}

void FillGramResult(const ViewSums& sums, bool intrinsics, GramResult* result) {
  FillGramResult(sums.pose.products, sums.pose.coverage, sums.pose.boundary_pixels, result);
  result->intrinsics.clear();
  if (!intrinsics) return;
  const double* products = sums.intrinsics.products;
  result->intrinsics.assign(products, products + IntrinsicsSums::kColumns * IntrinsicsSums::kAll);
}

void EvaluateJob(const ContourMesh& mesh, const Target& target, const RasterJob& job,
                 CpuContour* contour, CpuSweep* sweep, GramResult* result) {
  CHECK_EQ(target.width_px(), job.camera.width_px);
  CHECK_EQ(target.height_px(), job.camera.height_px);
  contour->Prepare(mesh, MakeViewGeometry(mesh, job.camera, job.cam_from_object, job.window));
  ViewSums sums{};
  for (size_t i = 0; i < contour->parts().size(); ++i) {
    const ViewSums part = SweepGram(*contour, contour->parts()[i], target, job.intrinsics, sweep);
    i == 0 ? void(sums = part) : sums.Add(part);
  }
  FillGramResult(sums, job.intrinsics, result);
}

}  // namespace ceres_align
