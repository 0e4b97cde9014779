#include "ceres_align/io/scene_hints.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <optional>

#include "ceres_align/base/text.h"

namespace ceres_align {
namespace {

constexpr double kOddFactor = 5;
// Rays nearer to parallel than this do not say where they meet.
constexpr double kLeastRayAngle_rad = 2 * M_PI / 180;

/// Of a sample of some 50,000 faces.
size_t Stride(const TriangleMesh& mesh) { return 1 + mesh.faces.size() / 50000; }

Eigen::Vector3d FaceCenter(const TriangleMesh& mesh, size_t i) {
  const auto& f = mesh.faces[i];
  return (mesh.vertices[f[0]] + mesh.vertices[f[1]] + mesh.vertices[f[2]]) / 3;
}

double Quantile(std::vector<double> values, double q) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(q * (values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// The ball that holds most faces, by number; from a sample of them.
Sphere MainBody(const TriangleMesh& mesh) {
  constexpr double kShare = 0.95;
  const size_t stride = Stride(mesh);
  std::vector<Eigen::Vector3d> centers;
  for (size_t i = 0; i < mesh.faces.size(); i += stride) centers.push_back(FaceCenter(mesh, i));
  Sphere body;
  std::vector<double> values(centers.size());
  for (int axis = 0; axis < 3; ++axis) {
    for (size_t i = 0; i < centers.size(); ++i) values[i] = centers[i][axis];
    body.center[axis] = Quantile(values, 0.5);
  }
  for (size_t i = 0; i < centers.size(); ++i) values[i] = (centers[i] - body.center).norm();
  body.radius = Quantile(values, kShare);
  return body;
}

/// How far vertices are from a point; faster than BoundingSphere for large meshes.
double Reach(const TriangleMesh& mesh, const Eigen::Vector3d& center) {
  double reach2 = 0;
  for (const Eigen::Vector3d& v : mesh.vertices) {
    reach2 = std::max(reach2, (v - center).squaredNorm());
  }
  return std::sqrt(reach2);
}

/// The root of the mean projected area, from a sample of the faces.
double MeanSize(const TriangleMesh& mesh, const Eigen::Vector3d& center) {
  const size_t stride = Stride(mesh);
  double area2 = 0;  // twice the surface
  for (size_t i = 0; i < mesh.faces.size(); i += stride) {
    const auto& f = mesh.faces[i];
    const Eigen::Vector3d& a = mesh.vertices[f[0]];
    area2 += (mesh.vertices[f[1]] - a).cross(mesh.vertices[f[2]] - a).norm();
  }
  const double radius = Reach(mesh, center);
  return std::sqrt(std::min(stride * area2 / 8, M_PI * radius * radius));
}

/// What a view's mask says alone: where its middle is and how large it is.
struct MaskSight {
  size_t view;
  Eigen::Vector3d center_in_rig, ray_in_rig;  ///< of the camera; a unit vector
  double size_rad;                            ///< root of the area over the focal length
};

std::optional<MaskSight> SightOf(const View& view, size_t index) {
  double area = 0, x = 0, y = 0;
  for (int r = 0; r < view.mask.height; ++r) {
    const float* row = view.mask.row(r);
    double sum = 0;
    for (int c = 0; c < view.mask.width; ++c) {
      if (row[c] == 0) continue;
      sum += row[c];
      x += row[c] * (c + 0.5);
    }
    area += sum;
    y += sum * (r + 0.5);
  }
  if (!(area > 0)) return std::nullopt;
  const Camera& camera = view.camera;
  const Eigen::Vector3d ray((x / area - camera.cx_px) / camera.fx_px,
                            (y / area - camera.cy_px) / camera.fy_px, 1);
  const Rigid3d rig_from_cam = Inverse(view.cam_from_rig);
  return MaskSight{index, rig_from_cam.translation, rig_from_cam.rotation * ray.normalized(),
                   std::sqrt(area / (camera.fx_px * camera.fy_px))};
}

/// The point nearest to all rays; empty where they are all but parallel, or pass each other.
std::optional<Eigen::Vector3d> MeetingPoint(const std::vector<MaskSight>& sights) {
  double widest = 0;
  Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
  Eigen::Vector3d right = Eigen::Vector3d::Zero();
  for (const MaskSight& sight : sights) {
    const Eigen::Matrix3d across =
        Eigen::Matrix3d::Identity() - sight.ray_in_rig * sight.ray_in_rig.transpose();
    normal += across;
    right += across * sight.center_in_rig;
    widest = std::max(widest, sight.ray_in_rig.cross(sights[0].ray_in_rig).norm());
  }
  if (sights.size() < 2 || widest < kLeastRayAngle_rad) return std::nullopt;
  const Eigen::Vector3d point = normal.ldlt().solve(right);
  for (const MaskSight& sight : sights) {
    const Eigen::Vector3d to_point = point - sight.center_in_rig;
    const double along = to_point.dot(sight.ray_in_rig);
    // The masks' middles are not one point of the object: by half its size at most.
    const double miss = (to_point - along * sight.ray_in_rig).norm();
    if (!(along > 0) || miss > 0.5 * sight.size_rad * along) return std::nullopt;
  }
  return point;
}

bool IsOdd(double ratio) { return ratio > kOddFactor || ratio < 1 / kOddFactor; }

/// "about 37 times as large as"; "about 37 times as small as".
std::string TimesAs(double ratio, const char* large, const char* small) {
  const double times = std::max(ratio, 1 / ratio);
  return Format(times < 1000 ? "about %.0f times as %s" : "about %.2g times as %s", times,
                ratio > 1 ? large : small);
}

}  // namespace

std::string StrayFacesHint(const TriangleMesh& mesh) {
  constexpr double kFarOut = 4, kBodyRadii = 2;
  constexpr size_t kFewFaces = 200;  // of which any may be the rest
  if (mesh.faces.size() < kFewFaces) return "";
  const Sphere body = MainBody(mesh);
  const double reach = Reach(mesh, body.center);
  if (!(reach > kFarOut * body.radius)) return "";
  int64_t inside = 0;
  for (size_t i = 0; i < mesh.faces.size(); ++i) {
    inside += (FaceCenter(mesh, i) - body.center).norm() <= kBodyRadii * body.radius ? 1 : 0;
  }
  const double count = static_cast<double>(mesh.faces.size());
  return Format(
      "%.4g %% of its faces lie within %.3g of (%.3g, %.3g, %.3g), the other %lld reach out to "
      "%.3g: if these are strays, take them out, for they make the object seem %.3g times as large "
      "and to surround the camera",
      100 * inside / count, kBodyRadii * body.radius, body.center.x(), body.center.y(),
      body.center.z(), static_cast<long long>(mesh.faces.size()) - static_cast<long long>(inside),
      reach, reach / body.radius);
}

std::vector<std::string> ScaleHints(const Scene& scene) {
  std::vector<std::string> hints;
  std::vector<MaskSight> sights;
  for (size_t i = 0; i < scene.views.size(); ++i) {
    if (const auto sight = SightOf(scene.views[i], i)) sights.push_back(*sight);
  }
  if (sights.empty()) return hints;
  const View& first = scene.views[sights[0].view];
  const TriangleMesh& mesh = *scene.meshes[first.mesh_index];
  const Eigen::Vector3d middle = MainBody(mesh).center;
  const double size = MeanSize(mesh, middle);
  if (scene.initial_rig_from_world) {
    const Eigen::Vector3d center =
        first.cam_from_rig * (*scene.initial_rig_from_world * (first.world_from_object * middle));
    const double ratio = size / center.norm() / sights[0].size_rad;
    if (std::isfinite(ratio) && IsOdd(ratio)) {
      hints.push_back("at the start the object would look " + TimesAs(ratio, "large", "small") +
                      " as " + Shown(first.name, 40) +
                      "'s mask: is the mesh's scale (--mesh_scale) or unit right, the focal "
                      "length, the start's distance?");
    }
  }
  const std::optional<Eigen::Vector3d> point = MeetingPoint(sights);
  if (!point) return hints;
  const double distance = (*point - sights[0].center_in_rig).norm();
  const double ratio = size / sights[0].size_rad / distance;
  if (std::isfinite(ratio) && IsOdd(ratio)) {
    hints.push_back(
        "the mesh is " + TimesAs(ratio, "large", "small") +
        Format(" as the rig's cameras say: they see the object at a distance of %.3g, "
               "where it would have to be at %.3g to look so large; is the mesh's scale "
               "(--mesh_scale) right, or the unit of the rig's translations?",
               distance, ratio * distance));
  }
  return hints;
}

std::string PixelCenterHint(const ViewDescription& view, const std::string& place) {
  const double middle_x = (view.width_px - 1) / 2.0, middle_y = (view.height_px - 1) / 2.0;
  const bool opencv = std::abs(view.K(0, 2) - middle_x) < 1e-6 * view.width_px &&
                      std::abs(view.K(1, 2) - middle_y) < 1e-6 * view.height_px;
  if (view.pixel_center != 0.5 || !opencv) return "";
  return place +
         Format(
             ": the principal point (%g, %g) is the image's middle if the first pixel's centre "
             "lies at 0, as OpenCV has it, but it is read with that centre at 0.5: is "
             "pixel_center 0 meant?",
             view.K(0, 2), view.K(1, 2));
}

}  // namespace ceres_align
