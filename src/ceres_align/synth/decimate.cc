#include "ceres_align/synth/decimate.h"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <queue>
#include <tuple>
#include <vector>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

using Eigen::Matrix4d;
using Eigen::Vector3d;

class Decimator {
 public:
  explicit Decimator(const TriangleMesh& mesh)
      : mesh_(mesh),
        live_faces_(static_cast<int64_t>(mesh.faces.size())),
        quadrics_(mesh.vertices.size(), Matrix4d::Zero()),
        faces_of_(mesh.vertices.size()),
        version_(mesh.vertices.size(), 0) {
    for (size_t f = 0; f < mesh_.faces.size(); ++f) {
      const Matrix4d quadric = FaceQuadric(mesh_.faces[f]);
      for (int32_t v : mesh_.faces[f]) {
        quadrics_[v] += quadric;
        faces_of_[v].push_back(static_cast<int32_t>(f));
      }
    }
    for (const std::array<int32_t, 3>& face : mesh_.faces) {
      for (int i = 0; i < 3; ++i) {
        if (face[i] < face[(i + 1) % 3]) Push(face[i], face[(i + 1) % 3]);
      }
    }
  }

  TriangleMesh Run(int64_t target_faces) {
    while (live_faces_ > target_faces && !queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      if (version_[best.a] != best.version_a || version_[best.b] != best.version_b) continue;
      if (MayCollapse(best)) Collapse(best);
    }
    return Compact();
  }

 private:
  struct Candidate {
    double cost;
    int32_t a, b;
    int32_t version_a, version_b;
    Vector3d position;
    // std::priority_queue has the largest on top; ties go by index, so that runs are alike.
    bool operator<(const Candidate& other) const {
      return std::tie(other.cost, other.a, other.b) < std::tie(cost, a, b);
    }
  };

  // Squared distance from the face's plane, weighted by the face's area.
  Matrix4d FaceQuadric(const std::array<int32_t, 3>& face) const {
    const Vector3d& p = mesh_.vertices[face[0]];
    const Vector3d cross = (mesh_.vertices[face[1]] - p).cross(mesh_.vertices[face[2]] - p);
    const double twice_area = cross.norm();
    if (twice_area == 0) return Matrix4d::Zero();
    Eigen::Vector4d plane;
    plane << cross / twice_area, -cross.dot(p) / twice_area;
    return 0.5 * twice_area * plane * plane.transpose();
  }

  void Push(int32_t a, int32_t b) {
    const Matrix4d quadric = quadrics_[a] + quadrics_[b];
    const Vector3d middle = 0.5 * (mesh_.vertices[a] + mesh_.vertices[b]);
    // A slight pull to the edge's middle makes the minimum unique on flat and straight parts.
    const double pull = 1e-3 * quadric.topLeftCorner<3, 3>().trace();
    const Eigen::Matrix3d lhs = quadric.topLeftCorner<3, 3>() + pull * Eigen::Matrix3d::Identity();
    const Vector3d rhs = pull * middle - quadric.topRightCorner<3, 1>();
    Vector3d position = pull > 0 ? Vector3d(lhs.ldlt().solve(rhs)) : middle;
    const double reach = (mesh_.vertices[a] - mesh_.vertices[b]).norm();
    if (!((position - middle).norm() <= reach)) position = middle;
    const Eigen::Vector4d x = position.homogeneous();
    const double cost = x.dot(quadric * x) + pull * (position - middle).squaredNorm() +
                        1e-6 * quadric.topLeftCorner<3, 3>().trace() * reach * reach;
    queue_.push({cost, a, b, version_[a], version_[b], position});
  }

  std::vector<int32_t> Neighbors(int32_t v) const {
    std::vector<int32_t> result;
    for (int32_t f : faces_of_[v]) {
      for (int32_t u : mesh_.faces[f]) {
        if (u != v) result.push_back(u);
      }
    }
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
  }

  // The link condition: the ends have exactly two neighbours in common, and more than those.
  bool KeepsTopology(int32_t a, int32_t b) const {
    const std::vector<int32_t> of_a = Neighbors(a), of_b = Neighbors(b);
    std::vector<int32_t> common;
    std::set_intersection(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(),
                          std::back_inserter(common));
    if (common.size() != 2 || of_a.size() + of_b.size() < 8) return false;
    return std::all_of(common.begin(), common.end(),
                       [this](int32_t v) { return faces_of_[v].size() > 3; });
  }

  // Whether the faces of `v` that stay keep their direction and some area when v moves.
  bool KeepsFaces(int32_t v, int32_t other, const Vector3d& position) const {
    for (int32_t f : faces_of_[v]) {
      std::array<int32_t, 3> face = mesh_.faces[f];
      std::rotate(face.begin(), std::find(face.begin(), face.end(), v), face.end());
      if (face[1] == other || face[2] == other) continue;
      const Vector3d &p1 = mesh_.vertices[face[1]], &p2 = mesh_.vertices[face[2]];
      const Vector3d before = (p1 - mesh_.vertices[v]).cross(p2 - mesh_.vertices[v]);
      const Vector3d edge1 = p1 - position, edge2 = p2 - position;
      const Vector3d after = edge1.cross(edge2);
      if (!(before.dot(after) > 0.3 * before.norm() * after.norm())) return false;
      const double longest =
          std::max({edge1.squaredNorm(), edge2.squaredNorm(), (p2 - p1).squaredNorm()});
      if (!(after.norm() > 0.03 * longest)) return false;
    }
    return true;
  }

  bool MayCollapse(const Candidate& c) const {
    return KeepsFaces(c.a, c.b, c.position) && KeepsFaces(c.b, c.a, c.position) &&
           KeepsTopology(c.a, c.b);
  }

  // b becomes a, at the new position.
  void Collapse(const Candidate& c) {
    mesh_.vertices[c.a] = c.position;
    quadrics_[c.a] += quadrics_[c.b];
    for (int32_t f : faces_of_[c.b]) {
      std::array<int32_t, 3>& face = mesh_.faces[f];
      if (std::find(face.begin(), face.end(), c.a) == face.end()) {
        std::replace(face.begin(), face.end(), c.b, c.a);
        faces_of_[c.a].push_back(f);
        continue;
      }
      for (int32_t v : face) {
        if (v == c.b) continue;
        std::vector<int32_t>& list = faces_of_[v];
        list.erase(std::find(list.begin(), list.end(), f));
      }
      face = {-1, -1, -1};
      --live_faces_;
    }
    faces_of_[c.b].clear();
    ++version_[c.b];
    ++version_[c.a];
    for (int32_t v : Neighbors(c.a)) Push(std::min(c.a, v), std::max(c.a, v));
  }

  TriangleMesh Compact() const {
    TriangleMesh out;
    std::vector<int32_t> number(mesh_.vertices.size(), -1);
    for (std::array<int32_t, 3> face : mesh_.faces) {
      if (face[0] < 0) continue;
      for (int32_t& v : face) {
        if (number[v] < 0) {
          number[v] = static_cast<int32_t>(out.vertices.size());
          out.vertices.push_back(mesh_.vertices[v]);
        }
        v = number[v];
      }
      out.faces.push_back(face);
    }
    return out;
  }

  TriangleMesh mesh_;
  int64_t live_faces_;
  std::vector<Matrix4d> quadrics_;
  std::vector<std::vector<int32_t>> faces_of_;
  std::vector<int32_t> version_;
  std::priority_queue<Candidate> queue_;
};

}  // namespace

TriangleMesh DecimateManifold(const TriangleMesh& mesh, int64_t target_faces) {
  CHECK_GE(target_faces, 4);
  return Decimator(mesh).Run(target_faces);
}

}  // namespace ceres_align
