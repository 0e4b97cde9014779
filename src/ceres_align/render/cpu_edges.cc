#include "ceres_align/render/cpu_edges.h"

#include <algorithm>

#include "ceres_align/render/for_each_cpu.h"

namespace ceres_align {
namespace {

// So many edges at a time, in arrays that stay in the first cache.
struct EdgeBlock {
  static constexpr int kEdges = HiddenEdges::kMostEdges;

  // First all first ends, then all second ends.
  double x[2 * kEdges], y[2 * kEdges], z[2 * kEdges];
  uint32_t vertex[2 * kEdges];
  double x0[kEdges], y0[kEdges], x1[kEdges], y1[kEdges], slope[kEdges], inv_dy[kEdges];
  int64_t swapped[kEdges], is_seen[kEdges];
  int32_t multiplicity[kEdges];
};

void Gather(const Vec3* vertices, const ContourEdge* edges, int n, EdgeBlock* block) {
  for (int i = 0; i < n; ++i) {
    const Vec3 &p = vertices[edges[i].v0], &q = vertices[edges[i].v1];
    block->x[i] = p.x;
    block->y[i] = p.y;
    block->z[i] = p.z;
    block->vertex[i] = static_cast<uint32_t>(edges[i].v0);
    block->x[i + EdgeBlock::kEdges] = q.x;
    block->y[i + EdgeBlock::kEdges] = q.y;
    block->z[i + EdgeBlock::kEdges] = q.z;
    block->vertex[i + EdgeBlock::kEdges] = static_cast<uint32_t>(edges[i].v1);
  }
}

void PrefetchVertices(const Vec3* vertices, const ContourEdge* edges, int n) {
  for (int i = 0; i < n; ++i) {
    CA_PREFETCH(&vertices[edges[i].v0]);
    CA_PREFETCH(&vertices[edges[i].v1]);
  }
}

// From vertices to pixels, in place.
CA_FOR_EACH_CPU
void ProjectVertices(const ViewGeometry& geometry, int n, const uint32_t* __restrict vertex,
                     double* __restrict x, double* __restrict y, const double* __restrict z) {
  const ViewGeometry view = geometry;
  for (int i = 0; i < n; ++i) {
    double px, py;
    ProjectPx(view, ToCamera(view, {x[i], y[i], z[i]}, vertex[i]), &px, &py);
    x[i] = px;
    y[i] = py;
  }
}

CA_FOR_EACH_CPU
void OrderAll(double width, double height, int n, const double* __restrict px,
              const double* __restrict py, const double* __restrict qx, const double* __restrict qy,
              double* __restrict x0, double* __restrict y0, double* __restrict x1,
              double* __restrict y1, double* __restrict slope, double* __restrict inv_dy,
              int64_t* __restrict swapped, int64_t* __restrict is_seen) {
  for (int i = 0; i < n; ++i) {
    const OrderedEnds e = OrderEnds(px[i], py[i], qx[i], qy[i], width, height);
    x0[i] = e.x0;
    y0[i] = e.y0;
    x1[i] = e.x1;
    y1[i] = e.y1;
    slope[i] = e.slope;
    inv_dy[i] = e.inv_dy;
    swapped[i] = e.swapped ? 1 : 0;
    is_seen[i] = e.is_seen ? 1 : 0;
  }
}

void ProjectBlock(const ViewGeometry& view, int n, EdgeBlock* b) {
  constexpr int kEdges = EdgeBlock::kEdges;
  ProjectVertices(view, n, b->vertex, b->x, b->y, b->z);
  ProjectVertices(view, n, b->vertex + kEdges, b->x + kEdges, b->y + kEdges, b->z + kEdges);
  OrderAll(view.width_px, view.height_px, n, b->x, b->y, b->x + kEdges, b->y + kEdges, b->x0, b->y0,
           b->x1, b->y1, b->slope, b->inv_dy, b->swapped, b->is_seen);
}

}  // namespace

void CpuEdges::Find(const ContourMesh& mesh, const ViewGeometry& view) {
  mesh_ = &mesh;
  view_ = view;
  contour_.clear();
  if (AnyInFront(view, mesh.radius)) ExtractContour(mesh, view.cam_in_object, &contour_);
}

void CpuEdges::Project(HiddenEdges* hidden) {
  num_edges_ = 0;
  cuts_.clear();
  pieces_.clear();
  piece_slides_.clear();
  const double radius = mesh_->radius;
  if (AnyInFront(view_, radius)) {
    if (view_.has_lens) {
      AddCurves(CrossesNear(view_, radius));
    } else if (CrossesNear(view_, radius)) {
      AddClippedEdges();
      AddNearCuts();
    } else {
      ProjectContour(hidden);
    }
  }
}

void CpuEdges::ProjectContour(HiddenEdges* hidden) {
  const size_t n = contour_.size();
  if (edges_.size() < n) {
    edges_.resize(n + n / 2);
    ends_.resize(edges_.size());
  }
  size_t kept = 0;
  EdgeBlock block;
  for (size_t begin = 0; begin < n; begin += EdgeBlock::kEdges) {
    const int count = static_cast<int>(std::min<size_t>(EdgeBlock::kEdges, n - begin));
    const ContourEdge* contour = contour_.data() + begin;
    Gather(mesh_->vertices.data(), contour, count, &block);
    PrefetchVertices(mesh_->vertices.data(), contour + count,
                     static_cast<int>(std::min<size_t>(EdgeBlock::kEdges, n - begin - count)));
    ProjectBlock(view_, count, &block);
    for (int i = 0; i < count; ++i) {
      const int m = contour[i].multiplicity;
      block.multiplicity[i] = block.swapped[i] != 0 ? -m : m;
    }
    if (!hidden->is_empty()) {
      const EdgeArrays ordered{block.x0, block.y0,    block.x1,
                               block.y1, block.slope, block.multiplicity};
      hidden->Take(ordered, count, block.is_seen);
    }
    for (int i = 0; i < count; ++i) {
      if (block.is_seen[i] == 0) continue;
      const bool swapped = block.swapped[i] != 0;
      edges_[kept] = {block.x0[i],    block.y0[i],     block.x1[i],          block.y1[i],
                      block.slope[i], block.inv_dy[i], block.multiplicity[i]};
      ends_[kept] = {swapped ? contour[i].v1 : contour[i].v0,
                     swapped ? contour[i].v0 : contour[i].v1};
      ++kept;
    }
  }
  num_edges_ = kept;
}

void CpuEdges::Add(const ImageEdge& edge, const Ends& ends) {
  if (num_edges_ == edges_.size()) {
    edges_.resize(2 * num_edges_ + 64);
    ends_.resize(edges_.size());
  }
  edges_[num_edges_] = edge;
  ends_[num_edges_++] = ends;
}

void CpuEdges::AddCutEdge(const EdgePoint& p, const EdgePoint& q, int m, const EndSlides& slides) {
  ImageEdge edge;
  bool swapped = false;
  if (!MakeImageEdge(view_, p, q, m, &edge, &swapped)) return;
  Add(edge, {~static_cast<int32_t>(cuts_.size()), 0});
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
  ForEachFaceNearPlane(*mesh_, view_, [&](const ContourMesh::Face& face) {
    if (!MakeNearCut(view_, mesh_->vertices.data(), face, &cut)) return;
    const EdgeSlides slides = SlidesOf(cut);
    AddCurve(cut.from, cut.to, cut.multiplicity, &slides);
  });
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
    Add(edge, {0, 0});
    pieces_.push_back({top.point.from_center, bottom.point.from_center, place});
  };
  ForEachImagePiece(view_, p, q, add);
}

EdgeVelocity CpuEdges::PieceVelocity(int edge) const {
  const PieceEnds& ends = pieces_[edge];
  const EdgeSlides slides = ends.slides >= 0 ? piece_slides_[ends.slides] : EdgeSlides{};
  return LensVelocityOf(view_, ends.top, ends.bottom, edges_[edge].slope, slides.p, slides.q);
}

EdgeVelocity CpuEdges::Velocity(int edge) const {
  if (view_.has_lens) return PieceVelocity(edge);
  CutEnds ends{};
  if (ends_[edge].top < 0) {
    ends = cuts_[~ends_[edge].top];
  } else {
    ends.top = view_.cam_from_object * mesh_->vertices[ends_[edge].top];
    ends.bottom = view_.cam_from_object * mesh_->vertices[ends_[edge].bottom];
  }
  return VelocityOf(view_, ends.top, ends.bottom, edges_[edge].slope, ends.slides);
}

}  // namespace ceres_align
