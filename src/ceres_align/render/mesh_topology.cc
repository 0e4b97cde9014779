#include "ceres_align/render/mesh_topology.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_sort.h>

#include <limits>
#include <numeric>
#include <utility>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

constexpr size_t kFacesPerTask = 1 << 16;

// Every third bit of the result is one of v's lowest 21.
uint64_t SpreadBits(uint64_t v) {
  v &= 0x1FFFFF;
  v = (v | v << 32) & 0x1F00000000FFFFull;
  v = (v | v << 16) & 0x1F0000FF0000FFull;
  v = (v | v << 8) & 0x100F00F00F00F00Full;
  v = (v | v << 4) & 0x10C30C30C30C30C3ull;
  v = (v | v << 2) & 0x1249249249249249ull;
  return v;
}

int32_t LowestOf(const MeshFace& face) { return std::min({face.v[0], face.v[1], face.v[2]}); }

// The corners' places in order of their vertices.
std::array<int, 3> CornersInOrder(const MeshFace& face) {
  std::array<int, 3> c = {0, 1, 2};
  if (face.v[c[0]] > face.v[c[1]]) std::swap(c[0], c[1]);
  if (face.v[c[1]] > face.v[c[2]]) std::swap(c[1], c[2]);
  if (face.v[c[0]] > face.v[c[1]]) std::swap(c[0], c[1]);
  return c;
}

template <typename T>
void SortFew(T* begin, T* end) {
  if (end - begin > 32) {
    std::sort(begin, end);
    return;
  }
  for (T* at = begin + 1; at < end; ++at) {
    const T item = *at;
    T* to = at;
    for (; to > begin && item < to[-1]; --to) *to = to[-1];
    *to = item;
  }
}

// Replaces counts by the sums of all before; one more element: the total.
void ToOffsets(std::vector<int32_t>* counts) {
  int64_t sum = 0;
  for (int32_t& c : *counts) {
    const int32_t n = c;
    c = static_cast<int32_t>(sum);
    sum += n;
  }
  CHECK_LE(sum, std::numeric_limits<int32_t>::max());
  counts->push_back(static_cast<int32_t>(sum));
}

MeshFace Renumbered(const std::array<int32_t, 3>& face, const std::vector<int32_t>& new_index) {
  return {{new_index[face[0]], new_index[face[1]], new_index[face[2]]}};
}

// Puts faces into the blocks of their lowest vertices, in their order; returns where blocks begin.
std::vector<int32_t> FacesIntoBlocks(const TriangleMesh& mesh,
                                     const std::vector<int32_t>& new_index,
                                     std::vector<MeshFace>* out) {
  const size_t num_tasks = (mesh.faces.size() + kFacesPerTask - 1) / kFacesPerTask;
  const size_t num_blocks = (new_index.size() + EdgeBlocks::kVertices - 1) / EdgeBlocks::kVertices;
  const auto for_each_face = [&](size_t task, const auto& body) {
    const size_t end = std::min(mesh.faces.size(), (task + 1) * kFacesPerTask);
    for (size_t i = task * kFacesPerTask; i < end; ++i) {
      const MeshFace face = Renumbered(mesh.faces[i], new_index);
      body(face, static_cast<size_t>(LowestOf(face) / EdgeBlocks::kVertices));
    }
  };
  std::vector<int32_t> place(num_blocks * num_tasks, 0);  // by block, then task
  tbb::parallel_for(size_t{0}, num_tasks, [&](size_t task) {
    for_each_face(task, [&](const MeshFace&, size_t b) { ++place[b * num_tasks + task]; });
  });
  ToOffsets(&place);
  std::vector<int32_t> begin(num_blocks + 1);
  for (size_t b = 0; b <= num_blocks; ++b) begin[b] = place[b * num_tasks];
  out->resize(mesh.faces.size());
  tbb::parallel_for(size_t{0}, num_tasks, [&](size_t task) {
    for_each_face(task, [&](const MeshFace& face, size_t b) {
      (*out)[place[b * num_tasks + task]++] = face;
    });
  });
  return begin;
}

// Sorts a block's faces and drops duplicates; returns how many are left.
int32_t SortBlock(int32_t first_vertex, MeshFace* faces, int32_t n) {
  struct Key {
    uint64_t mid_and_high;
    int32_t place;
    bool operator<(const Key& o) const {
      return mid_and_high != o.mid_and_high ? mid_and_high < o.mid_and_high : place < o.place;
    }
  };
  std::vector<int32_t> begin(EdgeBlocks::kVertices, 0);
  for (int32_t i = 0; i < n; ++i) ++begin[LowestOf(faces[i]) - first_vertex];
  ToOffsets(&begin);
  std::vector<int32_t> next(begin);
  std::vector<Key> keys(n);
  for (int32_t i = 0; i < n; ++i) {
    const std::array<int, 3> c = CornersInOrder(faces[i]);
    const int32_t* v = faces[i].v;
    keys[next[v[c[0]] - first_vertex]++] = {
        static_cast<uint64_t>(v[c[1]]) << 32 | static_cast<uint64_t>(v[c[2]]), i};
  }
  const std::vector<MeshFace> unsorted(faces, faces + n);
  int32_t kept = 0;
  for (int32_t v = 0; v < EdgeBlocks::kVertices; ++v) {
    SortFew(keys.data() + begin[v], keys.data() + begin[v + 1]);
    for (int32_t i = begin[v]; i < begin[v + 1]; ++i) {
      if (i > begin[v] && keys[i].mid_and_high == keys[i - 1].mid_and_high) continue;
      faces[kept++] = unsorted[keys[i].place];
    }
  }
  return kept;
}

}  // namespace

std::vector<int32_t> MortonOrder(const std::vector<Eigen::Vector3d>& points) {
  const Box box = BoundingBox(points);
  const double extent = (box.high - box.low).maxCoeff();
  const double scale = extent > 0 ? 2097151.0 / extent : 0.0;
  std::vector<std::pair<uint64_t, int32_t>> keys(points.size());
  tbb::parallel_for(size_t{0}, points.size(), [&](size_t i) {
    const Eigen::Vector3d p = (points[i] - box.low) * scale;
    keys[i] = {SpreadBits(static_cast<uint64_t>(p.x())) |
                   SpreadBits(static_cast<uint64_t>(p.y())) << 1 |
                   SpreadBits(static_cast<uint64_t>(p.z())) << 2,
               static_cast<int32_t>(i)};
  });
  tbb::parallel_sort(keys.begin(), keys.end());
  std::vector<int32_t> order(points.size());
  for (size_t i = 0; i < keys.size(); ++i) order[i] = keys[i].second;
  return order;
}

std::vector<MeshFace> SortedFaces(const TriangleMesh& mesh, const std::vector<int32_t>& new_index) {
  std::vector<MeshFace> faces;
  const std::vector<int32_t> begin = FacesIntoBlocks(mesh, new_index, &faces);
  const size_t num_blocks = begin.size() - 1;
  std::vector<int32_t> kept(num_blocks);
  tbb::parallel_for(size_t{0}, num_blocks, [&](size_t b) {
    kept[b] = SortBlock(static_cast<int32_t>(b) * EdgeBlocks::kVertices, &faces[begin[b]],
                        begin[b + 1] - begin[b]);
  });
  auto end = faces.begin();
  for (size_t b = 0; b < num_blocks; ++b) {
    const auto first = faces.begin() + begin[b];
    end = first == end ? end + kept[b] : std::copy(first, first + kept[b], end);
  }
  faces.erase(end, faces.end());
  return faces;
}

EdgeBlocks::EdgeBlocks(const std::vector<MeshFace>& faces, size_t num_vertices) : faces_(faces) {
  CHECK_LT(faces.size(), size_t{1} << 28);  // bits of a half-edge
  const size_t num_blocks = (num_vertices + kVertices - 1) / kVertices;
  face_begin_.resize(num_blocks + 1);
  for (size_t b = 0; b <= num_blocks; ++b) {
    const auto first = static_cast<int64_t>(b) * kVertices;
    const auto place = std::partition_point(faces.begin(), faces.end(),
                                            [&](const MeshFace& f) { return LowestOf(f) < first; });
    face_begin_[b] = static_cast<int32_t>(place - faces.begin());
  }
  // The edge between a face's two higher vertices may belong to a later block.
  std::vector<std::vector<Spilled>> of_block(num_blocks);
  tbb::parallel_for(size_t{0}, num_blocks, [&](size_t b) {
    for (int32_t i = face_begin_[b]; i < face_begin_[b + 1]; ++i) {
      const std::array<int, 3> c = CornersInOrder(faces[i]);
      const int32_t mid = faces[i].v[c[1]], high = faces[i].v[c[2]];
      if (static_cast<size_t>(mid / kVertices) == b) continue;
      const bool runs_down = (c[2] + 1) % 3 == c[1];
      of_block[b].push_back({mid, HalfEdge::Of(high, i, runs_down ? c[2] : c[1], runs_down)});
    }
  });
  spill_begin_.assign(num_blocks, 0);
  for (const auto& list : of_block) {
    for (const Spilled& s : list) ++spill_begin_[s.low / kVertices];
  }
  ToOffsets(&spill_begin_);
  spilled_.resize(spill_begin_.back());
  std::vector<int32_t> next(spill_begin_);
  for (auto& list : of_block) {
    for (const Spilled& s : list) spilled_[next[s.low / kVertices]++] = s;
    std::vector<Spilled>().swap(list);
  }
}

// Sorted; those of vertex v of the block are at [begin[v], begin[v + 1]).
std::vector<int32_t> EdgeBlocks::Gather(size_t block, std::vector<HalfEdge>* half_edges) const {
  const int32_t first_vertex = static_cast<int32_t>(block) * kVertices;
  const auto for_each = [&](const auto& body) {  // body(vertex of the block, half-edge)
    for (int32_t i = face_begin_[block]; i < face_begin_[block + 1]; ++i) {
      const MeshFace& face = faces_[i];
      for (int k = 0; k < 3; ++k) {
        const int32_t a = face.v[k], b = face.v[k == 2 ? 0 : k + 1];
        const int32_t low = std::min(a, b) - first_vertex;
        if (low < kVertices) body(low, HalfEdge::Of(std::max(a, b), i, k, a > b));
      }
    }
    for (int32_t i = spill_begin_[block]; i < spill_begin_[block + 1]; ++i) {
      body(spilled_[i].low - first_vertex, spilled_[i].half_edge);
    }
  };
  std::vector<int32_t> begin(kVertices, 0);
  for_each([&](int32_t v, const HalfEdge&) { ++begin[v]; });
  ToOffsets(&begin);
  half_edges->resize(begin.back());
  std::vector<int32_t> next(begin);
  for_each([&](int32_t v, const HalfEdge& h) { (*half_edges)[next[v]++] = h; });
  for (int32_t v = 0; v < kVertices; ++v) {
    SortFew(half_edges->data() + begin[v], half_edges->data() + begin[v + 1]);
  }
  return begin;
}

void WindConsistently(const EdgeBlocks& edges, std::vector<MeshFace>* faces) {
  // At each corner's edge the neighbour, where there is one: 2·face + (1 if one of the two must
  // flip).
  std::vector<std::array<int32_t, 3>> neighbors(faces->size(), {-1, -1, -1});
  tbb::parallel_for(size_t{0}, edges.num_blocks(), [&](size_t block) {
    edges.ForEachEdge(block, [&](int32_t, const HalfEdge* h, int n) {
      if (n != 2) return;
      const int32_t same = h[0].runs_down() == h[1].runs_down() ? 1 : 0;
      neighbors[h[0].face()][h[0].corner()] = 2 * h[1].face() + same;
      neighbors[h[1].face()][h[1].corner()] = 2 * h[0].face() + same;
    });
  });
  std::vector<int8_t> flip(faces->size(), -1);
  std::vector<int32_t> stack;
  for (size_t seed = 0; seed < faces->size(); ++seed) {
    if (flip[seed] >= 0) continue;
    flip[seed] = 0;
    stack.push_back(static_cast<int32_t>(seed));
    while (!stack.empty()) {
      const int32_t face = stack.back();
      stack.pop_back();
      for (int32_t entry : neighbors[face]) {
        if (entry < 0 || flip[entry / 2] >= 0) continue;
        flip[entry / 2] = static_cast<int8_t>(flip[face] ^ (entry & 1));
        stack.push_back(entry / 2);
      }
    }
  }
  for (size_t i = 0; i < faces->size(); ++i) {
    if (flip[i] == 1) std::swap((*faces)[i].v[1], (*faces)[i].v[2]);
  }
}

}  // namespace ceres_align
