#include "ceres_align/render/cpu_sweep.h"

#include <algorithm>

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

void CpuSweep::AddEdge(const ViewGeometry& view, const EdgePoint& p, const EdgePoint& q, int m,
                       int cut) {
  ImageEdge edge;
  bool swapped;
  if (!MakeImageEdge(view, p, q, m, &edge, &swapped)) return;
  edges_.push_back(edge);
  if (swapped) {
    ends_.push_back({q.from_center, p.from_center, cut});
    if (cut >= 0) std::swap(slides_[cut].top, slides_[cut].bottom);
  } else {
    ends_.push_back({p.from_center, q.from_center, cut});
  }
}

void CpuSweep::Prepare(const ContourMesh& mesh, const ViewGeometry& view) {
  view_ = view;
  contour_.clear();
  edges_.clear();
  ends_.clear();
  slides_.clear();
  const bool any_in_front = AnyInFront(view, mesh.radius);
  const bool crosses_near = CrossesNear(view, mesh.radius);
  if (any_in_front) ExtractContour(mesh, view.cam_in_object, &contour_);
  if (!crosses_near) {
    const Vec3* vertices = mesh.vertices.data();
    for (size_t i = 0; i < contour_.size(); ++i) {
      const ContourEdge& e = contour_[i];
      if (i + kPrefetchAhead < contour_.size()) {
        Prefetch(vertices + contour_[i + kPrefetchAhead].v0);
        Prefetch(vertices + contour_[i + kPrefetchAhead].v1);
      }
      AddEdge(view, ToCamera(view, vertices[e.v0], e.v0), ToCamera(view, vertices[e.v1], e.v1),
              e.multiplicity, -1);
    }
  } else if (any_in_front) {
    AddClippedEdges(mesh);
    AddNearCuts(mesh);
  }
  SplitAndBucket();
}

void CpuSweep::AddClippedEdges(const ContourMesh& mesh) {
  for (const ContourEdge& e : contour_) {
    EdgePoint p = ToCamera(view_, mesh.vertices[e.v0], e.v0);
    EdgePoint q = ToCamera(view_, mesh.vertices[e.v1], e.v1);
    if (!ClipEdge(view_, e, &p, &q)) continue;
    AddEdge(view_, p, q, e.multiplicity, -1);
  }
}

void CpuSweep::AddNearCuts(const ContourMesh& mesh) {
  NearCut cut{};
  for (const ContourMesh::Face& face : mesh.faces) {
    if (!MakeNearCut(view_, mesh.vertices.data(), face, &cut)) continue;
    slides_.push_back(cut.slides);
    AddEdge(view_, cut.from, cut.to, cut.multiplicity, static_cast<int>(slides_.size()) - 1);
  }
}

void CpuSweep::SplitAndBucket() {
  const int height = view_.height_px;
  velocities_.resize(std::max(velocities_.size(), edges_.size()));
  has_velocity_.assign(edges_.size(), 0);
  left_w_.assign(height + 1, 0);
  row_begin_.assign(height + 2, 0);
  fragments_.clear();
  int multiplicity = 0;
  const auto emit = [this](const Fragment& f) {
    fragments_.push_back(f);
    ++row_begin_[f.row + 1];
  };
  const auto emit_left = [this, &multiplicity](int begin, int end) {
    left_w_[begin] += multiplicity;
    left_w_[end] -= multiplicity;
  };
  for (size_t i = 0; i < edges_.size(); ++i) {
    multiplicity = edges_[i].multiplicity;
    SplitEdge(edges_[i], static_cast<int>(i), view_, emit, emit_left);
  }
  int most = 0;
  for (int r = 0; r < height; ++r) {
    most = std::max(most, row_begin_[r + 1]);
    row_begin_[r + 1] += row_begin_[r];
  }
  row_order_.resize(fragments_.size());
  // Filled from the back of each row's range would reverse; walk with a moving start instead.
  keys_.assign(row_begin_.begin(), row_begin_.begin() + height + 1);
  for (size_t i = 0; i < fragments_.size(); ++i) {
    row_order_[keys_[fragments_[i].row]++] = static_cast<int32_t>(i);
  }
  GrowScratch(most);
}

void CpuSweep::GrowScratch(int fragments) {
  const size_t n = static_cast<size_t>(fragments);
  if (row_.size() >= n && !steps_.empty()) return;
  row_.resize(n);
  x_.resize(3 * n);
  indices_.resize(3 * n);
  double* x = x_.data();
  int* index = indices_.data();
  scratch_ = {x, x + n, x + 2 * n, index, index + n, index + 2 * n};
  piece0_.resize(n);
  piece1_.resize(n);
  steps_.resize(2 * n + 2);
}

int CpuSweep::GatherRow(int row) {
  const int begin = row_begin_[row], n = row_begin_[row + 1] - begin;
  keys_.resize(std::max(keys_.size(), static_cast<size_t>(n)));
  for (int i = 0; i < n; ++i) {
    const int32_t id = row_order_[begin + i];
    const uint64_t column = static_cast<uint64_t>(int64_t{fragments_[id].column} + 1);
    keys_[i] = column << 32 | static_cast<uint32_t>(id);
  }
  if (n <= 24) {
    for (int i = 1; i < n; ++i) {
      const uint64_t key = keys_[i];
      int j = i;
      for (; j > 0 && keys_[j - 1] > key; --j) keys_[j] = keys_[j - 1];
      keys_[j] = key;
    }
  } else {
    std::sort(keys_.begin(), keys_.begin() + n);
  }
  for (int i = 0; i < n; ++i) row_[i] = fragments_[keys_[i] & 0xFFFFFFFFu];
  return n;
}

const EdgeVelocity& CpuSweep::Velocity(int edge) {
  EdgeVelocity& velocity = velocities_[edge];
  if (has_velocity_[edge] != 0) return velocity;
  has_velocity_[edge] = 1;
  const EdgeEnds& ends = ends_[edge];
  velocity = VelocityOf(view_, ends.top, ends.bottom, edges_[edge].slope,
                        ends.cut >= 0 ? slides_[ends.cut] : EndSlides{});
  return velocity;
}

}  // namespace ceres_align
