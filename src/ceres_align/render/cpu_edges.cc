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
  pieces_.clear();
  piece_slides_.clear();
  velocities_.clear();
  if (AnyInFront(view, mesh.radius)) {
    ExtractContour(mesh, view.cam_in_object, &contour_);
    if (view.has_lens) {
      AddCurves(CrossesNear(view, mesh.radius));
    } else if (CrossesNear(view, mesh.radius)) {
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
  for (const ContourMesh::Face& face : mesh_->faces) {
    if (!MakeNearCut(view_, mesh_->vertices.data(), face, &cut)) continue;
    AddCutEdge(cut.from, cut.to, cut.multiplicity, cut.slides);
  }
}

void CpuEdges::AddCurves(bool crosses_near) {
  for (const ContourEdge& e : contour_) {
    EdgePoint p = ToCamera(view_, mesh_->vertices[e.v0], e.v0);
    EdgePoint q = ToCamera(view_, mesh_->vertices[e.v1], e.v1);
    EdgeSlides slides;
    if (!crosses_near) {
      AddCurve(p, q, e.multiplicity, nullptr);
    } else if (ClipEdge(view_, e, &p, &q, &slides)) {
      AddCurve(p, q, e.multiplicity, &slides);
    }
  }
  if (!crosses_near) return;
  NearCut cut{};
  for (const ContourMesh::Face& face : mesh_->faces) {
    if (!MakeNearCut(view_, mesh_->vertices.data(), face, &cut)) continue;
    const EdgeSlides slides = SlidesOf(cut);
    AddCurve(cut.from, cut.to, cut.multiplicity, &slides);
  }
}

void CpuEdges::AddCurve(const EdgePoint& p, const EdgePoint& q, int m, const EdgeSlides* slides) {
  const auto add = [&](const PiecePoint& a, const PiecePoint& b) {
    ImageEdge edge;
    bool swapped = false;
    if (!OrderImageEdge(view_, a.px, a.py, b.px, b.py, m, &edge, &swapped)) return;
    const PiecePoint &top = swapped ? b : a, &bottom = swapped ? a : b;
    int32_t place = -1;
    if (slides != nullptr) {
      place = static_cast<int32_t>(piece_slides_.size());
      piece_slides_.push_back({slides->At(top.s), slides->At(bottom.s)});
    }
    edges_.push_back(edge);
    pieces_.push_back({top.point.from_center, bottom.point.from_center, place});
  };
  ForEachImagePiece(view_, p, q, add);
}

EdgeVelocity CpuEdges::PieceVelocity(int edge) const {
  const PieceEnds& ends = pieces_[edge];
  const EdgeSlides slides = ends.slides >= 0 ? piece_slides_[ends.slides] : EdgeSlides{};
  return LensVelocityOf(view_, ends.top, ends.bottom, edges_[edge].slope, slides.p, slides.q);
}

const EdgeVelocity& CpuEdges::Velocity(int edge) {
  int32_t& at = velocity_of_[edge];
  if (at < 0) {
    at = static_cast<int32_t>(velocities_.size());
    if (view_.has_lens) {
      velocities_.push_back(PieceVelocity(edge));
      return velocities_[at];
    }
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
