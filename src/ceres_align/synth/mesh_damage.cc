#include "ceres_align/synth/mesh_damage.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <numeric>
#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/synth/random.h"

namespace ceres_align {
namespace {

uint64_t EdgeKey(int32_t a, int32_t b) {
  const auto [low, high] = std::minmax(a, b);
  return static_cast<uint64_t>(low) << 32 | static_cast<uint32_t>(high);
}

// Numbers undirected edges in the order of their first use, by a list per lower vertex.
class EdgeNumbers {
 public:
  explicit EdgeNumbers(size_t vertices) : first_(vertices, -1) {}
  int32_t Find(int32_t a, int32_t b) {
    const auto [low, high] = std::minmax(a, b);
    for (int32_t e = first_[low]; e >= 0; e = next_[e]) {
      if (ends_[e][1] == high) return e;
    }
    ends_.push_back({low, high});
    next_.push_back(first_[low]);
    return first_[low] = static_cast<int32_t>(ends_.size()) - 1;
  }
  std::vector<std::array<int32_t, 2>>& ends() { return ends_; }

 private:
  std::vector<int32_t> first_, next_;
  std::vector<std::array<int32_t, 2>> ends_;
};

// Vertices of a mesh whose edges all have two faces, opposed, where the faces around them fall
// into more than one cycle.
int64_t CountSplitVertices(const TriangleMesh& mesh) {
  std::vector<int32_t> start(mesh.vertices.size() + 1, 0);
  for (const std::array<int32_t, 3>& face : mesh.faces) {
    for (int32_t v : face) ++start[v + 1];
  }
  std::partial_sum(start.begin(), start.end(), start.begin());
  std::vector<std::array<int32_t, 2>> links(start.back());
  std::vector<int32_t> end(start.begin(), start.end() - 1);
  for (const auto& [a, b, c] : mesh.faces) {
    links[end[a]++] = {b, c};
    links[end[b]++] = {c, a};
    links[end[c]++] = {a, b};
  }
  int64_t count = 0;
  for (size_t v = 0; v < mesh.vertices.size(); ++v) {
    const auto begin = links.begin() + start[v], stop = links.begin() + start[v + 1];
    if (begin == stop) continue;
    const int32_t first = (*begin)[0];
    int64_t length = 1;
    int32_t at = (*begin)[1];
    while (at != first) {
      at = (*std::find_if(begin, stop, [&](const auto& link) { return link[0] == at; }))[1];
      ++length;
    }
    if (length != stop - begin) ++count;
  }
  return count;
}

int32_t Root(std::vector<int32_t>* parent, int32_t v) {
  while ((*parent)[v] != v) v = (*parent)[v] = (*parent)[(*parent)[v]];
  return v;
}

}  // namespace

TriangleMesh FlipRandomWinding(const TriangleMesh& mesh, double fraction, uint64_t seed) {
  TriangleMesh out = mesh;
  Random random(seed);
  for (std::array<int32_t, 3>& face : out.faces) {
    if (random.Uniform() < fraction) std::swap(face[1], face[2]);
  }
  return out;
}

TriangleMesh RemoveRandomFaces(const TriangleMesh& mesh, double fraction, uint64_t seed) {
  TriangleMesh out;
  out.vertices = mesh.vertices;
  Random random(seed);
  for (const std::array<int32_t, 3>& face : mesh.faces) {
    if (random.Uniform() >= fraction) out.faces.push_back(face);
  }
  return out;
}

TriangleMesh AddFins(const TriangleMesh& mesh, int count, double height, uint64_t seed) {
  CHECK(!mesh.faces.empty());
  TriangleMesh out = mesh;
  Random random(seed);
  for (int i = 0; i < count; ++i) {
    const std::array<int32_t, 3> face = mesh.faces[random.Index(mesh.faces.size())];
    const int64_t corner = random.Index(3);
    const int32_t a = face[corner], b = face[(corner + 1) % 3], c = face[(corner + 2) % 3];
    const Eigen::Vector3d edge = mesh.vertices[b] - mesh.vertices[a];
    const Eigen::Vector3d normal = edge.cross(mesh.vertices[c] - mesh.vertices[a]).normalized();
    out.faces.push_back({a, b, static_cast<int32_t>(out.vertices.size())});
    out.vertices.emplace_back(mesh.vertices[a] + 0.5 * edge + height * edge.norm() * normal);
  }
  return out;
}

TriangleMesh Unweld(const TriangleMesh& mesh) {
  TriangleMesh out;
  out.vertices.reserve(3 * mesh.faces.size());
  for (const std::array<int32_t, 3>& face : mesh.faces) {
    const int32_t first = static_cast<int32_t>(out.vertices.size());
    for (int32_t v : face) out.vertices.push_back(mesh.vertices[v]);
    out.faces.push_back({first, first + 1, first + 2});
  }
  return out;
}

TriangleMesh AddSliversAndTJunctions(const TriangleMesh& mesh, int count, uint64_t seed) {
  CHECK(!mesh.faces.empty());
  TriangleMesh out = mesh;
  Random random(seed);
  for (int i = 0; i < count; ++i) {
    const int64_t index = random.Index(out.faces.size());
    const std::array<int32_t, 3> face = out.faces[index];
    const int64_t corner = random.Index(3);
    const int32_t a = face[corner], b = face[(corner + 1) % 3], c = face[(corner + 2) % 3];
    const double along = random.Uniform(0.001, 0.01);
    const int32_t split = static_cast<int32_t>(out.vertices.size());
    const Eigen::Vector3d point = (1 - along) * out.vertices[a] + along * out.vertices[b];
    out.vertices.push_back(point);
    out.faces[index] = {a, split, c};
    out.faces.push_back({split, b, c});
  }
  return out;
}

TriangleMesh SplitFaces(const TriangleMesh& mesh, std::vector<std::array<int32_t, 2>>* ends) {
  TriangleMesh out;
  out.faces.reserve(4 * mesh.faces.size());
  EdgeNumbers edges(mesh.vertices.size());
  const int32_t first_new = static_cast<int32_t>(mesh.vertices.size());
  for (const auto& [a, b, c] : mesh.faces) {
    const int32_t ab = first_new + edges.Find(a, b);
    const int32_t bc = first_new + edges.Find(b, c);
    const int32_t ca = first_new + edges.Find(c, a);
    out.faces.push_back({a, ab, ca});
    out.faces.push_back({ab, b, bc});
    out.faces.push_back({ca, bc, c});
    out.faces.push_back({ab, bc, ca});
  }
  out.vertices.reserve(mesh.vertices.size() + edges.ends().size());
  out.vertices = mesh.vertices;
  for (const auto& [a, b] : edges.ends()) {
    out.vertices.emplace_back(0.5 * (mesh.vertices[a] + mesh.vertices[b]));
  }
  if (ends != nullptr) *ends = std::move(edges.ends());
  return out;
}

TriangleMesh SubdivideMidpoint(const TriangleMesh& mesh, int levels) {
  CHECK_GE(levels, 0);
  TriangleMesh out = mesh;
  for (int i = 0; i < levels; ++i) out = SplitFaces(out, nullptr);
  return out;
}

TriangleMesh Concatenate(const TriangleMesh& a, const TriangleMesh& b) {
  TriangleMesh out = a;
  const int32_t shift = static_cast<int32_t>(a.vertices.size());
  out.vertices.insert(out.vertices.end(), b.vertices.begin(), b.vertices.end());
  for (const auto& [i, j, k] : b.faces) out.faces.push_back({i + shift, j + shift, k + shift});
  return out;
}

Connectivity Analyze(const TriangleMesh& mesh) {
  // Every directed edge as (key of the undirected edge, direction).
  std::vector<std::pair<uint64_t, int>> edges;
  edges.reserve(3 * mesh.faces.size());
  std::vector<int32_t> parent(mesh.vertices.size());
  std::iota(parent.begin(), parent.end(), 0);
  std::vector<bool> used(mesh.vertices.size(), false);
  for (const std::array<int32_t, 3>& face : mesh.faces) {
    for (int i = 0; i < 3; ++i) {
      const int32_t a = face[i], b = face[(i + 1) % 3];
      edges.emplace_back(EdgeKey(a, b), a < b ? 1 : -1);
      used[a] = true;
      parent[Root(&parent, a)] = Root(&parent, b);
    }
  }
  std::sort(edges.begin(), edges.end());
  Connectivity result;
  int64_t edge_count = 0;
  for (size_t begin = 0, end = 0; begin < edges.size(); begin = end) {
    while (end < edges.size() && edges[end].first == edges[begin].first) ++end;
    ++edge_count;
    if (end - begin == 1) ++result.border_edges;
    if (end - begin > 2) ++result.non_manifold_edges;
    if (end - begin == 2 && edges[begin].second == edges[begin + 1].second) {
      ++result.misoriented_edges;
    }
  }
  int64_t vertex_count = 0;
  for (size_t v = 0; v < used.size(); ++v) {
    if (!used[v]) continue;
    ++vertex_count;
    if (Root(&parent, static_cast<int32_t>(v)) == static_cast<int32_t>(v)) ++result.components;
  }
  if (result.closed_manifold()) result.non_manifold_vertices = CountSplitVertices(mesh);
  result.euler = vertex_count - edge_count + static_cast<int64_t>(mesh.faces.size());
  return result;
}

}  // namespace ceres_align
