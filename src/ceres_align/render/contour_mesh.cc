#include "ceres_align/render/contour_mesh.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ceres_align/base/error.h"
#include "ceres_align/render/contour_clusters.h"
#include "ceres_align/render/mesh_topology.h"
#include "ceres_align/render/silhouette_math.h"

namespace ceres_align {
namespace {

// Vertices relative to the bounding sphere's centre, along a Morton curve; faces in their order.
void TakeGeometry(const TriangleMesh& mesh, ContourMesh* out) {
  const Sphere sphere = BoundingSphere(mesh), bulk = BulkSphere(mesh, sphere);
  const Eigen::Vector3d center = bulk.center;
  out->center = {center.x(), center.y(), center.z()};
  out->bulk_radius = bulk.radius;
  out->radius = sphere.radius + (sphere.center - center).norm();
  const size_t n = mesh.vertices.size();
  std::vector<int32_t> new_index(n);
  {
    const std::vector<int32_t> order = MortonOrder(mesh.vertices);
    out->vertices.resize(n);
    tbb::parallel_for(size_t{0}, n, [&](size_t i) {
      const Eigen::Vector3d p = mesh.vertices[order[i]] - center;
      out->vertices[i] = {p.x(), p.y(), p.z()};
      new_index[order[i]] = static_cast<int32_t>(i);
    });
  }
  out->faces = SortedFaces(mesh, new_index);
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
  /// Returns the plane's offset from the centre.
  double Add(const Plane& plane, const Vec3& on_plane) {
    const double offset = Dot(plane.n, center - on_plane);
    const double v[4] = {plane.n.x, plane.n.y, plane.n.z, offset};
    for (int k = 0; k < 4; ++k) {
      low[k] = std::min(low[k], v[k]);
      high[k] = std::max(high[k], v[k]);
    }
    return offset;
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
Vec3 FloatCenter(const ContourMesh& mesh, int32_t begin, int32_t end) {
  Vec3 sum{0, 0, 0};
  for (int32_t i = begin; i < end; ++i) {
    sum = sum + mesh.vertices[mesh.faces[mesh.cluster_face[i]].v[0]];
  }
  const Vec3 mean = (1.0 / (end - begin)) * sum;
  return {static_cast<float>(mean.x), static_cast<float>(mean.y), static_cast<float>(mean.z)};
}

// Planes and bounds of the clusters [first, last), and the bounds of them all.
PlaneBounds BoundClusters(ContourMesh* out, int32_t first, int32_t last) {
  BoundsBuilder all;
  all.center = FloatCenter(*out, out->face_begin[first], out->face_begin[last]);
  for (int32_t cluster = first; cluster < last; ++cluster) {
    const int32_t begin = out->face_begin[cluster], end = out->face_begin[cluster + 1];
    BoundsBuilder bounds;
    bounds.center = FloatCenter(*out, begin, end);
    for (int32_t i = begin; i < end; ++i) {
      const int32_t* v = out->faces[out->cluster_face[i]].v;
      const Vec3& on_plane = out->vertices[v[0]];
      const Plane plane = UnitPlane(on_plane, out->vertices[v[1]], out->vertices[v[2]]);
      out->plane_x[i] = static_cast<float>(plane.n.x);
      out->plane_y[i] = static_cast<float>(plane.n.y);
      out->plane_z[i] = static_cast<float>(plane.n.z);
      out->plane_offset[i] = static_cast<float>(bounds.Add(plane, on_plane));
      all.Add(plane, on_plane);
    }
    out->cluster_bounds[cluster] = bounds.Finish();
  }
  return all.Finish();
}

void BoundAll(ContourMesh* out) {
  constexpr int32_t kSize = ContourMesh::kGroupClusters;
  const auto num_clusters = static_cast<int32_t>(out->face_begin.size()) - 1;
  const int32_t num_regular = out->num_regular_clusters;
  out->cluster_bounds.resize(num_clusters);
  out->group_bounds.resize((num_regular + kSize - 1) / kSize);
  for (auto* plane : {&out->plane_x, &out->plane_y, &out->plane_z, &out->plane_offset}) {
    plane->resize(out->cluster_face.size());
  }
  const auto num_groups = static_cast<int32_t>(out->group_bounds.size());
  tbb::parallel_for(0, num_groups, [&](int32_t g) {
    out->group_bounds[g] = BoundClusters(out, kSize * g, std::min(num_regular, kSize * (g + 1)));
  });
  tbb::parallel_for(num_regular, num_clusters, [&](int32_t c) { BoundClusters(out, c, c + 1); });
}

FaceBall BallAround(const ContourMesh& mesh, size_t begin, size_t end) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  Eigen::Vector3d low = Eigen::Vector3d::Constant(kInf), high = -low;
  const auto for_each_corner = [&](const auto& body) {
    for (size_t i = begin; i < end; ++i) {
      for (int32_t v : mesh.faces[i].v) {
        body(Eigen::Vector3d(mesh.vertices[v].x, mesh.vertices[v].y, mesh.vertices[v].z));
      }
    }
  };
  for_each_corner([&](const Eigen::Vector3d& p) {
    low = low.cwiseMin(p);
    high = high.cwiseMax(p);
  });
  const Eigen::Vector3f center = (0.5 * (low + high)).cast<float>();
  double radius2 = 0;
  for_each_corner([&](const Eigen::Vector3d& p) {
    radius2 = std::max(radius2, (p - center.cast<double>()).squaredNorm());
  });
  // Wider than the rounding of a point's depth.
  const double radius = std::sqrt(radius2) * (1 + 1e-6) + 1e-12 * mesh.radius;
  return {{center.x(), center.y(), center.z()}, static_cast<float>(radius)};
}

void FindFaceBalls(ContourMesh* out) {
  constexpr size_t kSize = ContourMesh::kBallFaces;
  const size_t num_faces = out->faces.size();
  out->face_balls.resize((num_faces + kSize - 1) / kSize);
  tbb::parallel_for(size_t{0}, out->face_balls.size(), [&](size_t b) {
    out->face_balls[b] = BallAround(*out, kSize * b, std::min(num_faces, kSize * (b + 1)));
  });
}

template <typename T>
int64_t BytesOf(const std::vector<T>& v) {
  return static_cast<int64_t>(v.capacity() * sizeof(T));
}

}  // namespace

ContourMesh::ContourMesh(const TriangleMesh& mesh) {
  CHECK(!mesh.faces.empty());
  TakeGeometry(mesh, this);
  MakeClusters(this);
  BoundAll(this);
  FindFaceBalls(this);
  inner = FindInnerBalls(*this);
}

int64_t ContourMesh::bytes() const {
  return BytesOf(vertices) + BytesOf(faces) + BytesOf(face_balls) + BytesOf(cluster_bounds) +
         BytesOf(group_bounds) + BytesOf(edge_begin) + BytesOf(face_begin) + BytesOf(cluster_face) +
         BytesOf(plane_x) + BytesOf(plane_y) + BytesOf(plane_z) + BytesOf(plane_offset) +
         BytesOf(edges) + BytesOf(inner.balls) + BytesOf(inner.openings);
}

}  // namespace ceres_align
