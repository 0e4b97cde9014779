#include "ceres_align/render/mesh_topology.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

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

std::vector<int64_t> Offsets(std::vector<int64_t> counts) {
  int64_t sum = 0;
  for (int64_t& c : counts) {
    const int64_t n = c;
    c = sum;
    sum += n;
  }
  counts.push_back(sum);
  return counts;
}

std::array<int32_t, 3> Sorted(const ContourMesh::Face& face) {
  std::array<int32_t, 3> v = {face.v[0], face.v[1], face.v[2]};
  std::sort(v.begin(), v.end());
  return v;
}

bool IsPair(const EdgeTable& table, size_t edge) {
  return table.begin[edge + 1] - table.begin[edge] == 2;
}

}  // namespace

std::vector<int32_t> MortonOrder(const std::vector<Vec3>& points) {
  double low[3], high[3];
  for (int k = 0; k < 3; ++k) {
    low[k] = std::numeric_limits<double>::infinity();
    high[k] = -low[k];
  }
  for (const Vec3& p : points) {
    const double c[3] = {p.x, p.y, p.z};
    for (int k = 0; k < 3; ++k) {
      low[k] = std::min(low[k], c[k]);
      high[k] = std::max(high[k], c[k]);
    }
  }
  double extent = 0;
  for (int k = 0; k < 3; ++k) extent = std::max(extent, high[k] - low[k]);
  const double scale = extent > 0 ? 2097151.0 / extent : 0.0;
  std::vector<std::pair<uint64_t, int32_t>> keys(points.size());
  for (size_t i = 0; i < points.size(); ++i) {
    const Vec3& p = points[i];
    keys[i] = {SpreadBits(static_cast<uint64_t>((p.x - low[0]) * scale)) |
                   SpreadBits(static_cast<uint64_t>((p.y - low[1]) * scale)) << 1 |
                   SpreadBits(static_cast<uint64_t>((p.z - low[2]) * scale)) << 2,
               static_cast<int32_t>(i)};
  }
  std::sort(keys.begin(), keys.end());
  std::vector<int32_t> order(points.size());
  for (size_t i = 0; i < keys.size(); ++i) order[i] = keys[i].second;
  return order;
}

void DropDuplicateFaces(std::vector<ContourMesh::Face>* faces, int64_t num_vertices) {
  std::vector<int64_t> counts(num_vertices, 0);
  for (const auto& face : *faces) ++counts[Sorted(face)[0]];
  const std::vector<int64_t> begin = Offsets(std::move(counts));
  std::vector<int64_t> fill(begin.begin(), begin.end() - 1);
  struct Entry {
    int32_t mid, high, face;
    bool operator<(const Entry& o) const {
      return std::tie(mid, high, face) < std::tie(o.mid, o.high, o.face);
    }
  };
  std::vector<Entry> entries(faces->size());
  for (size_t i = 0; i < faces->size(); ++i) {
    const auto v = Sorted((*faces)[i]);
    entries[fill[v[0]]++] = {v[1], v[2], static_cast<int32_t>(i)};
  }
  std::vector<bool> drop(faces->size(), false);
  for (int64_t v = 0; v < num_vertices; ++v) {
    std::sort(entries.begin() + begin[v], entries.begin() + begin[v + 1]);
    for (int64_t i = begin[v] + 1; i < begin[v + 1]; ++i) {
      if (entries[i].mid == entries[i - 1].mid && entries[i].high == entries[i - 1].high) {
        drop[entries[i].face] = true;
      }
    }
  }
  size_t kept = 0;
  for (size_t i = 0; i < faces->size(); ++i) {
    if (!drop[i]) (*faces)[kept++] = (*faces)[i];
  }
  faces->resize(kept);
}

EdgeTable BuildEdgeTable(const std::vector<ContourMesh::Face>& faces, int64_t num_vertices) {
  CHECK_LT(faces.size(), static_cast<size_t>(std::numeric_limits<int32_t>::max() / 2));
  std::vector<int64_t> counts(num_vertices, 0);
  for (const auto& face : faces) {
    for (int k = 0; k < 3; ++k) ++counts[std::min(face.v[k], face.v[(k + 1) % 3])];
  }
  const std::vector<int64_t> begin = Offsets(std::move(counts));
  std::vector<int64_t> fill(begin.begin(), begin.end() - 1);
  std::vector<std::pair<int32_t, int32_t>> half_edges(3 * faces.size());  // high, 2 face + dir
  for (size_t i = 0; i < faces.size(); ++i) {
    for (int k = 0; k < 3; ++k) {
      const int32_t a = faces[i].v[k], b = faces[i].v[(k + 1) % 3];
      half_edges[fill[std::min(a, b)]++] = {std::max(a, b),
                                            2 * static_cast<int32_t>(i) + (a > b ? 1 : 0)};
    }
  }
  EdgeTable table;
  table.faces.reserve(half_edges.size());
  for (int64_t v = 0; v < num_vertices; ++v) {
    std::sort(half_edges.begin() + begin[v], half_edges.begin() + begin[v + 1]);
    for (int64_t i = begin[v]; i < begin[v + 1]; ++i) {
      if (i == begin[v] || half_edges[i].first != half_edges[i - 1].first) {
        table.low.push_back(static_cast<int32_t>(v));
        table.high.push_back(half_edges[i].first);
        table.begin.push_back(static_cast<int64_t>(table.faces.size()));
      }
      table.faces.push_back(half_edges[i].second);
    }
  }
  table.begin.push_back(static_cast<int64_t>(table.faces.size()));
  return table;
}

void WindConsistently(std::vector<ContourMesh::Face>* faces, EdgeTable* table) {
  const size_t num_edges = table->low.size();
  bool mixed = false;
  for (size_t e = 0; e < num_edges && !mixed; ++e) {
    const int32_t* f = &table->faces[table->begin[e]];
    mixed = IsPair(*table, e) && (f[0] & 1) == (f[1] & 1);
  }
  if (!mixed) return;
  // Up to three neighbours a face: 2·face + (1 if one of the two must flip).
  std::vector<std::array<int32_t, 3>> neighbors(faces->size(), {-1, -1, -1});
  const auto connect = [&](int32_t face, int32_t entry) {
    for (int32_t& slot : neighbors[face]) {
      if (slot < 0) {
        slot = entry;
        return;
      }
    }
  };
  for (size_t e = 0; e < num_edges; ++e) {
    if (!IsPair(*table, e)) continue;
    const int32_t *f = &table->faces[table->begin[e]], same = (f[0] & 1) == (f[1] & 1) ? 1 : 0;
    connect(f[0] / 2, f[1] / 2 * 2 + same);
    connect(f[1] / 2, f[0] / 2 * 2 + same);
  }
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
  for (int32_t& entry : table->faces) entry ^= flip[entry / 2];
}

}  // namespace ceres_align
