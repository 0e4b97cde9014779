#include "ceres_align/render/cpu_edges.h"

#include <utility>

namespace ceres_align {
namespace {

constexpr size_t kPrefetchAhead = 12;

void Prefetch(const void* p) {
#if defined(__GNUC__)
  __builtin_prefetch(p);
#else
  (void)p;
#endif
}

}  // namespace

void CpuEdges::Prepare(const ContourMesh& mesh, const ViewGeometry& view) {
  mesh_ = &mesh;
  view_ = view;
  contour_.clear();
  edges_.clear();
  ends_.clear();
  cuts_.clear();
  velocities_.clear();
  if (AnyInFront(view, mesh.radius)) {
    ExtractContour(mesh, view.cam_in_object, &contour_);
    if (CrossesNear(view, mesh.radius)) {
      AddClippedEdges();
      AddNearCuts();
    } else {
      ProjectContour();
    }
  }
  velocity_of_.assign(edges_.size(), -1);
}

void CpuEdges::ProjectContour() {
  const Vec3* vertices = mesh_->vertices.data();
  edges_.reserve(contour_.size());
  ends_.reserve(contour_.size());
  ImageEdge edge;
  bool swapped = false;
  for (size_t i = 0; i < contour_.size(); ++i) {
    const ContourEdge& e = contour_[i];
    if (i + kPrefetchAhead < contour_.size()) {
      Prefetch(vertices + contour_[i + kPrefetchAhead].v0);
      Prefetch(vertices + contour_[i + kPrefetchAhead].v1);
    }
    if (!MakeImageEdge(view_, ToCamera(view_, vertices[e.v0], e.v0),
                       ToCamera(view_, vertices[e.v1], e.v1), e.multiplicity, &edge, &swapped)) {
      continue;
    }
    edges_.push_back(edge);
    ends_.push_back(swapped ? Ends{e.v1, e.v0} : Ends{e.v0, e.v1});
  }
}

void CpuEdges::AddCutEdge(const EdgePoint& p, const EdgePoint& q, int m, const EndSlides& slides) {
  ImageEdge edge;
  bool swapped = false;
  if (!MakeImageEdge(view_, p, q, m, &edge, &swapped)) return;
  edges_.push_back(edge);
  ends_.push_back({~static_cast<int32_t>(cuts_.size()), 0});
  cuts_.push_back(swapped ? CutEnds{q.from_center, p.from_center, {slides.bottom, slides.top}}
                          : CutEnds{p.from_center, q.from_center, slides});
}

void CpuEdges::AddClippedEdges() {
  for (const ContourEdge& e : contour_) {
    EdgePoint p = ToCamera(view_, mesh_->vertices[e.v0], e.v0);
    EdgePoint q = ToCamera(view_, mesh_->vertices[e.v1], e.v1);
    if (ClipEdge(view_, e, &p, &q)) AddCutEdge(p, q, e.multiplicity, EndSlides{});
  }
}

void CpuEdges::AddNearCuts() {
  NearCut cut{};
  ForEachFaceNearPlane(*mesh_, view_, [&](const ContourMesh::Face& face) {
    if (!MakeNearCut(view_, mesh_->vertices.data(), face, &cut)) return;
    AddCutEdge(cut.from, cut.to, cut.multiplicity, cut.slides);
  });
}

const EdgeVelocity& CpuEdges::Velocity(int edge) {
  int32_t& at = velocity_of_[edge];
  if (at < 0) {
    at = static_cast<int32_t>(velocities_.size());
    CutEnds ends{};
    if (ends_[edge].top < 0) {
      ends = cuts_[~ends_[edge].top];
    } else {
      ends.top = view_.cam_from_object * mesh_->vertices[ends_[edge].top];
      ends.bottom = view_.cam_from_object * mesh_->vertices[ends_[edge].bottom];
    }
    velocities_.push_back(
        VelocityOf(view_, ends.top, ends.bottom, edges_[edge].slope, ends.slides));
  }
  return velocities_[at];
}

}  // namespace ceres_align
