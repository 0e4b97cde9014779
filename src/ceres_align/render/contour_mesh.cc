#include "ceres_align/render/contour_mesh.h"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ceres_align/base/error.h"
#include "ceres_align/render/mesh_topology.h"
#include "ceres_align/render/silhouette_math.h"

namespace ceres_align {
namespace {

// Vertices relative to the bounding sphere's centre, along a Morton curve; faces renumbered.
void TakeGeometry(const TriangleMesh& mesh, ContourMesh* out) {
  const Sphere sphere = BoundingSphere(mesh);
  out->center = {sphere.center.x(), sphere.center.y(), sphere.center.z()};
  out->radius = sphere.radius;
  std::vector<Vec3> points(mesh.vertices.size());
  for (size_t i = 0; i < points.size(); ++i) {
    const Eigen::Vector3d p = mesh.vertices[i] - sphere.center;
    points[i] = {p.x(), p.y(), p.z()};
  }
  const std::vector<int32_t> order = MortonOrder(points);
  std::vector<int32_t> renumbered(points.size());
  out->vertices.resize(points.size());
  for (size_t i = 0; i < order.size(); ++i) {
    out->vertices[i] = points[order[i]];
    renumbered[order[i]] = static_cast<int32_t>(i);
  }
  out->faces.resize(mesh.faces.size());
  for (size_t i = 0; i < mesh.faces.size(); ++i) {
    for (int k = 0; k < 3; ++k) out->faces[i].v[k] = renumbered[mesh.faces[i][k]];
  }
}

void SplitEdges(const EdgeTable& table, ContourMesh* out,
                std::vector<std::array<int32_t, 2>>* regular_faces) {
  size_t num_regular = 0;
  const auto is_regular = [&](size_t e) {
    const int32_t* f = &table.faces[table.begin[e]];
    return table.begin[e + 1] - table.begin[e] == 2 && (f[0] & 1) != (f[1] & 1);
  };
  for (size_t e = 0; e < table.low.size(); ++e) num_regular += is_regular(e);
  out->edges.reserve(num_regular);
  regular_faces->reserve(num_regular);
  out->irregular_begin.push_back(0);
  for (size_t e = 0; e < table.low.size(); ++e) {
    const int32_t* f = &table.faces[table.begin[e]];
    if (is_regular(e)) {
      const int forward = f[0] & 1;  // the entry whose face runs low → high
      out->edges.push_back({table.low[e], table.high[e]});
      regular_faces->push_back({f[forward] / 2, f[1 - forward] / 2});
      continue;
    }
    out->irregular_edges.push_back({table.low[e], table.high[e]});
    for (int64_t i = table.begin[e]; i < table.begin[e + 1]; ++i) {
      const int32_t entry = table.faces[i];
      out->irregular_face.push_back((entry & 1) != 0 ? ~(entry / 2) : entry / 2);
    }
    out->irregular_begin.push_back(static_cast<int32_t>(out->irregular_face.size()));
  }
}

// Grows a box of planes; bounds are widened to floats that enclose the doubles.
struct BoundsBuilder {
  Vec3 center{0, 0, 0};
  double low[4], high[4];

  BoundsBuilder() {
    for (int k = 0; k < 4; ++k) {
      low[k] = std::numeric_limits<double>::infinity();
      high[k] = -low[k];
    }
  }
  void Add(const Plane& plane, const Vec3& on_plane) {
    const double v[4] = {plane.n.x, plane.n.y, plane.n.z, Dot(plane.n, center - on_plane)};
    for (int k = 0; k < 4; ++k) {
      low[k] = std::min(low[k], v[k]);
      high[k] = std::max(high[k], v[k]);
    }
  }
  PlaneBounds Finish() const {
    constexpr float kInf = std::numeric_limits<float>::infinity();
    const auto down = [](double v) { return std::nextafter(static_cast<float>(v), -kInf); };
    const auto up = [](double v) { return std::nextafter(static_cast<float>(v), kInf); };
    PlaneBounds bounds;
    const double c[3] = {center.x, center.y, center.z};
    for (int k = 0; k < 3; ++k) {
      bounds.center[k] = static_cast<float>(c[k]);
      bounds.normal_low[k] = down(low[k]);
      bounds.normal_high[k] = up(high[k]);
    }
    bounds.offset_low = down(low[3]);
    bounds.offset_high = up(high[3]);
    return bounds;
  }
};

// A centre that float holds exactly, so that float and double mean the same point.
Vec3 FloatCenter(const ContourMesh& mesh, const int32_t* faces, int64_t n) {
  Vec3 sum{0, 0, 0};
  for (int64_t i = 0; i < n; ++i) sum = sum + mesh.vertices[mesh.faces[faces[i]].v[0]];
  const Vec3 mean = (1.0 / static_cast<double>(n)) * sum;
  return {static_cast<float>(mean.x), static_cast<float>(mean.y), static_cast<float>(mean.z)};
}

Plane PlaneOf(const ContourMesh& mesh, int32_t face) {
  const int32_t* v = mesh.faces[face].v;
  return UnitPlane(mesh.vertices[v[0]], mesh.vertices[v[1]], mesh.vertices[v[2]]);
}

// Each cluster's own list of faces, and its edges' places in it.
void ListClusterFaces(const std::vector<std::array<int32_t, 2>>& regular_faces, ContourMesh* out) {
  const size_t num_edges = out->edges.size();
  out->edge_faces.resize(num_edges);
  out->face_begin.push_back(0);
  std::vector<int32_t> local;
  for (size_t begin = 0; begin < num_edges; begin += ContourMesh::kClusterEdges) {
    const size_t end = std::min(num_edges, begin + ContourMesh::kClusterEdges);
    out->edge_begin.push_back(static_cast<int32_t>(begin));
    local.clear();
    for (size_t e = begin; e < end; ++e) {
      local.insert(local.end(), regular_faces[e].begin(), regular_faces[e].end());
    }
    std::sort(local.begin(), local.end());
    local.erase(std::unique(local.begin(), local.end()), local.end());
    const auto place = [&](int32_t face) {
      return static_cast<uint8_t>(std::lower_bound(local.begin(), local.end(), face) -
                                  local.begin());
    };
    for (size_t e = begin; e < end; ++e) {
      out->edge_faces[e] = {place(regular_faces[e][0]), place(regular_faces[e][1])};
    }
    out->cluster_face.insert(out->cluster_face.end(), local.begin(), local.end());
    out->face_begin.push_back(static_cast<int32_t>(out->cluster_face.size()));
  }
  out->edge_begin.push_back(static_cast<int32_t>(num_edges));
}

void BoundCluster(ContourMesh* out, size_t cluster) {
  const int32_t begin = out->face_begin[cluster], end = out->face_begin[cluster + 1];
  BoundsBuilder bounds;
  bounds.center = FloatCenter(*out, &out->cluster_face[begin], end - begin);
  for (int32_t i = begin; i < end; ++i) {
    const int32_t face = out->cluster_face[i];
    const Plane plane = PlaneOf(*out, face);
    const Vec3& on_plane = out->vertices[out->faces[face].v[0]];
    bounds.Add(plane, on_plane);
    out->plane_x[i] = static_cast<float>(plane.n.x);
    out->plane_y[i] = static_cast<float>(plane.n.y);
    out->plane_z[i] = static_cast<float>(plane.n.z);
    out->plane_offset[i] = static_cast<float>(Dot(plane.n, bounds.center - on_plane));
  }
  out->cluster_bounds[cluster] = bounds.Finish();
}

void BoundGroup(ContourMesh* out, size_t group) {
  const size_t first = group * ContourMesh::kGroupClusters;
  const size_t last = std::min(first + ContourMesh::kGroupClusters, out->cluster_bounds.size());
  const int32_t begin = out->face_begin[first], end = out->face_begin[last];
  BoundsBuilder bounds;
  bounds.center = FloatCenter(*out, &out->cluster_face[begin], end - begin);
  for (int32_t i = begin; i < end; ++i) {
    const int32_t face = out->cluster_face[i];
    bounds.Add(PlaneOf(*out, face), out->vertices[out->faces[face].v[0]]);
  }
  out->group_bounds[group] = bounds.Finish();
}

template <typename T>
int64_t BytesOf(const std::vector<T>& v) {
  return static_cast<int64_t>(v.capacity() * sizeof(T));
}

}  // namespace

ContourMesh::ContourMesh(const TriangleMesh& mesh) {
  CHECK(!mesh.faces.empty());
  TakeGeometry(mesh, this);
  DropDuplicateFaces(&faces, static_cast<int64_t>(vertices.size()));
  std::vector<std::array<int32_t, 2>> regular_faces;
  {
    EdgeTable table = BuildEdgeTable(faces, static_cast<int64_t>(vertices.size()));
    WindConsistently(&faces, &table);
    SplitEdges(table, this, &regular_faces);
  }
  ListClusterFaces(regular_faces, this);
  const size_t num_clusters = face_begin.size() - 1;
  const size_t num_groups = (num_clusters + kGroupClusters - 1) / kGroupClusters;
  cluster_bounds.resize(num_clusters);
  group_bounds.resize(num_groups);
  for (auto* plane : {&plane_x, &plane_y, &plane_z, &plane_offset}) {
    plane->resize(cluster_face.size());
  }
  tbb::parallel_for(size_t{0}, num_clusters, [&](size_t c) { BoundCluster(this, c); });
  tbb::parallel_for(size_t{0}, num_groups, [&](size_t g) { BoundGroup(this, g); });
  cluster_face.shrink_to_fit();
  irregular_edges.shrink_to_fit();
  irregular_face.shrink_to_fit();
  irregular_begin.shrink_to_fit();
}

int64_t ContourMesh::bytes() const {
  return BytesOf(vertices) + BytesOf(faces) + BytesOf(cluster_bounds) + BytesOf(group_bounds) +
         BytesOf(edge_begin) + BytesOf(face_begin) + BytesOf(cluster_face) + BytesOf(plane_x) +
         BytesOf(plane_y) + BytesOf(plane_z) + BytesOf(plane_offset) + BytesOf(edges) +
         BytesOf(edge_faces) + BytesOf(irregular_edges) + BytesOf(irregular_begin) +
         BytesOf(irregular_face);
}

}  // namespace ceres_align
