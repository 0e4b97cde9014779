#include "ceres_align/synth/scan.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/random.h"
#include "ceres_align/synth/shapes.h"
#include "ceres_align/synth/voxel_hull.h"

namespace ceres_align {
namespace {

using Eigen::Vector3d;

// A smooth random vector field: random vectors, uniform in a cube, at the points of a unit
// lattice, blended by quintics; each component has mean 0 and variance 1 everywhere.
class LatticeNoise {
 public:
  explicit LatticeNoise(uint64_t seed) : seed_(seed) {}
  Vector3d At(const Vector3d& p) const {
    std::array<int64_t, 3> low;
    std::array<std::array<double, 2>, 3> weight;
    double variance = 1.0 / 3;
    for (int axis = 0; axis < 3; ++axis) {
      const double floor = std::floor(p[axis]), t = p[axis] - floor;
      low[axis] = static_cast<int64_t>(floor);
      weight[axis][1] = t * t * t * (t * (6 * t - 15) + 10);
      weight[axis][0] = 1 - weight[axis][1];
      variance *= weight[axis][0] * weight[axis][0] + weight[axis][1] * weight[axis][1];
    }
    Vector3d sum = Vector3d::Zero();
    for (int corner = 0; corner < 8; ++corner) {
      const int x = corner & 1, y = corner >> 1 & 1, z = corner >> 2;
      sum +=
          weight[0][x] * weight[1][y] * weight[2][z] * VectorAt(low[0] + x, low[1] + y, low[2] + z);
    }
    return sum / std::sqrt(variance);
  }

 private:
  // SplitMix64's finalizer.
  static uint64_t Mix(uint64_t h) {
    h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9u;
    h = (h ^ (h >> 27)) * 0x94D049BB133111EBu;
    return h ^ (h >> 31);
  }
  Vector3d VectorAt(int64_t x, int64_t y, int64_t z) const {
    const uint64_t h = Mix(seed_ + 0x9E3779B97F4A7C15u * static_cast<uint64_t>(x) +
                           0xD1B54A32D192ED03u * static_cast<uint64_t>(y) +
                           0x8CB92BA72F3D8DD7u * static_cast<uint64_t>(z));
    const auto component = [h](int shift) {
      return static_cast<double>(h >> shift & 0x1FFFFF) * 0x1p-20 - 1;
    };
    return {component(0), component(21), component(42)};
  }
  uint64_t seed_;
};

void Transform(const Eigen::Matrix3d& rotation, TriangleMesh* mesh) {
  for (Vector3d& v : mesh->vertices) v = rotation * v;
}

TriangleMesh WithFragments(const TriangleMesh& closed, double voxel, const ScanOptions& options) {
  Random random(options.seed * 0x9E3779B97F4A7C15u + 1);
  const Sphere sphere = BoundingSphere(closed);
  TriangleMesh all = closed;
  for (int i = 0; i < options.fragments; ++i) {
    const Vector3d& near =
        closed.vertices[random.Index(static_cast<int64_t>(closed.vertices.size()))];
    const Vector3d away =
        ((near - sphere.center) / sphere.radius + random.UnitVector()).normalized();
    TriangleMesh lump = MakeBumpyBlob(
        200, random.Bits(), std::min(voxel * random.Uniform(1.5, 5), 0.03 * sphere.radius));
    const Vector3d place = near + voxel * random.Uniform(8, 30) * away;
    for (Vector3d& v : lump.vertices) v += place;
    all = Concatenate(all, lump);
  }
  return all;
}

// The voxel size at which the hull has about the wanted number of faces: the number goes with
// voxel⁻², which a hull of few faces calibrates.
double VoxelFor(const TriangleMesh& closed, int64_t target_faces, const Vector3d& phase) {
  double area = 0;
  for (const auto& [a, b, c] : closed.faces) {
    const Vector3d& p = closed.vertices[a];
    area += 0.5 * (closed.vertices[b] - p).cross(closed.vertices[c] - p).norm();
  }
  if (!(area > 0)) throw InputError("scan: the shape has no surface");
  constexpr double kFacesPerVoxel = 2.6;
  constexpr int64_t kTrialFaces = 50'000;
  const double trial =
      std::sqrt(kFacesPerVoxel * area / static_cast<double>(std::min(target_faces, kTrialFaces)));
  const double faces = static_cast<double>(MakeVoxelHull(closed, trial, phase).faces.size());
  return trial * std::sqrt(std::max(1.0, faces) / static_cast<double>(target_faces));
}

// The mean of the neighbours: a neighbour counts once for every face that it shares.
void Smooth(double part, TriangleMesh* mesh) {
  std::vector<Vector3d> sum(mesh->vertices.size(), Vector3d::Zero());
  std::vector<int32_t> count(mesh->vertices.size(), 0);
  for (const auto& face : mesh->faces) {
    for (int i = 0; i < 3; ++i) {
      sum[face[i]] += mesh->vertices[face[(i + 1) % 3]] + mesh->vertices[face[(i + 2) % 3]];
      count[face[i]] += 2;
    }
  }
  for (size_t i = 0; i < sum.size(); ++i) {
    mesh->vertices[i] += part * (sum[i] / count[i] - mesh->vertices[i]);
  }
}

void RemoveFacesNear(const Vector3d& place, double radius, TriangleMesh* mesh) {
  const auto is_near = [&](const std::array<int32_t, 3>& face) {
    return std::any_of(face.begin(), face.end(), [&](int32_t v) {
      return (mesh->vertices[v] - place).squaredNorm() < radius * radius;
    });
  };
  mesh->faces.erase(std::remove_if(mesh->faces.begin(), mesh->faces.end(), is_near),
                    mesh->faces.end());
}

void DropUnusedVertices(TriangleMesh* mesh) {
  std::vector<int32_t> number(mesh->vertices.size(), -1);
  std::vector<Vector3d> used;
  for (auto& face : mesh->faces) {
    for (int32_t& v : face) {
      if (number[v] < 0) {
        number[v] = static_cast<int32_t>(used.size());
        used.push_back(mesh->vertices[v]);
      }
      v = number[v];
    }
  }
  mesh->vertices = std::move(used);
}

void CutHoles(const ScanOptions& options, double radius, TriangleMesh* mesh) {
  Random random(options.seed * 0x9E3779B97F4A7C15u + 2);
  for (int i = 0; i < options.holes && !mesh->vertices.empty(); ++i) {
    const int64_t count = static_cast<int64_t>(mesh->vertices.size());
    RemoveFacesNear(mesh->vertices[random.Index(count)], radius * random.Uniform(0.5, 1), mesh);
  }
  DropUnusedVertices(mesh);
}

}  // namespace

void ScanOptions::Validate() const {
  const auto check = [](double value, double low, double high, const char* name) {
    if (value >= low && value <= high) return;
    throw InputError("scan: " + std::string(name) + " is " + std::to_string(value) +
                     "; it must lie in [" + std::to_string(low) + ", " + std::to_string(high) +
                     "]");
  };
  check(static_cast<double>(target_faces), 100, 5e7, "target_faces");
  check(smoothing, 0, 1, "smoothing");
  check(bump_voxels, 0, 1, "bump_voxels");
  check(bump_length_voxels, 1, 1e6, "bump_length_voxels");
  check(holes, 0, 10000, "holes");
  check(hole_radius, 0, 1, "hole_radius");
  check(fragments, 0, 10000, "fragments");
}

TriangleMesh MakeScan(const TriangleMesh& closed, const ScanOptions& options) {
  options.Validate();
  if (closed.faces.empty()) throw InputError("scan: the shape has no faces");
  Random random(options.seed);
  const Eigen::Matrix3d grid_from_shape = random.Rotation().toRotationMatrix();
  const Vector3d phase(random.Uniform(), random.Uniform(), random.Uniform());
  TriangleMesh turned = closed;
  Transform(grid_from_shape, &turned);
  const double voxel = VoxelFor(turned, options.target_faces, phase);
  TriangleMesh scan = MakeVoxelHull(WithFragments(turned, voxel, options), voxel, phase);
  if (options.smoothing > 0) Smooth(options.smoothing, &scan);
  if (options.bump_voxels > 0) {
    const LatticeNoise noise(random.Bits());
    const double scale = 1 / (options.bump_length_voxels * voxel);
    for (Vector3d& v : scan.vertices) v += options.bump_voxels * voxel * noise.At(scale * v);
  }
  Transform(grid_from_shape.transpose(), &scan);
  if (options.holes > 0) {
    CutHoles(options, options.hole_radius * BoundingSphere(closed).radius, &scan);
  }
  return scan;
}

TriangleMesh MakeScanOfShape(const std::string& shape, const ScanOptions& options) {
  options.Validate();
  const int64_t faces = std::clamp<int64_t>(options.target_faces / 4, 30'000, 200'000);
  return MakeScan(MakeShape(shape, faces, options.seed), options);
}

}  // namespace ceres_align
