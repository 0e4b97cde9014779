#include "ceres_align/align/moments.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

namespace ceres_align {
namespace {

constexpr double kSmallestAreaPx = 0.05;

struct Normal {
  Eigen::Matrix3d H = Eigen::Matrix3d::Zero();
  Eigen::Vector3d g = Eigen::Vector3d::Zero();
  double misfit = 0;

  void Add(double residual, const Eigen::Vector3d& row) {
    H += row * row.transpose();
    g += row * residual;
    misfit += residual * residual;
  }
};

// Centroid in units of the mask's size, and half the log of the areas' ratio: all are relative
// displacements of the outline.
void AddView(const SilhouetteView& view, const MaskMoments& mask, const GramResult& rendered,
             const Rigid3d& rig_from_world, Normal* normal) {
  const Eigen::Vector3d center =
      view.Job(rig_from_world).cam_from_object * view.mesh_center_in_object;
  const double z = center.z();
  const Eigen::Matrix3d rig = view.cam_from_rig.R();
  const double size = std::sqrt(mask.area_px);
  const double fx = view.camera.fx_px / z / size, fy = view.camera.fy_px / z / size;
  const bool visible = rendered.area_px > kSmallestAreaPx;
  const Eigen::Vector2d centroid =
      visible ? Eigen::Vector2d(rendered.moment_x_px, rendered.moment_y_px) / rendered.area_px
              : view.camera.Project(center);
  const Eigen::Vector3d dx(fx, 0, -fx * center.x() / z), dy(0, fy, -fy * center.y() / z);
  normal->Add((centroid.x() - mask.x_px) / size, rig.transpose() * dx);
  normal->Add((centroid.y() - mask.y_px) / size, rig.transpose() * dy);
  if (!visible) {
    normal->misfit += 100;  // any pose that is seen is better
    return;
  }
  normal->Add(0.5 * std::log(rendered.area_px / mask.area_px),
              rig.transpose() * Eigen::Vector3d(0, 0, -1 / z));
}

// The pose whose object's centre lies, at its present depth, on the ray through the first mask's
// centroid: for a start that no view sees.
Rigid3d OntoMaskRay(const std::vector<SilhouetteView>& views, const std::vector<MaskMoments>& masks,
                    const std::vector<bool>& use, const Rigid3d& rig_from_world) {
  Rigid3d pose = rig_from_world;
  for (size_t i = 0; i < views.size(); ++i) {
    if (!use[i]) continue;
    const Camera& camera = views[i].camera;
    const Eigen::Vector3d center =
        views[i].Job(rig_from_world).cam_from_object * views[i].mesh_center_in_object;
    const Eigen::Vector3d on_ray =
        center.z() * Eigen::Vector3d((masks[i].x_px - camera.cx_px) / camera.fx_px,
                                     (masks[i].y_px - camera.cy_px) / camera.fy_px, 1);
    pose.translation += views[i].cam_from_rig.rotation.conjugate() * (on_ray - center);
    break;
  }
  return pose;
}

}  // namespace

MaskMoments MomentsOf(const Target& target) {
  MaskMoments moments;
  const ImageF &mask = target.mask(), &weight = target.weight();
  for (int r = 0; r < mask.height; ++r) {
    for (int c = 0; c < mask.width; ++c) {
      const double t = mask.at(c, r) * (weight.empty() ? 1.0 : weight.at(c, r));
      moments.area_px += t;
      moments.x_px += t * (c + 0.5);
      moments.y_px += t * (r + 0.5);
    }
  }
  if (moments.area_px > 0) {
    moments.x_px /= moments.area_px;
    moments.y_px /= moments.area_px;
  }
  return moments;
}

Rigid3d FitTranslationToMoments(const std::vector<SilhouetteView>& views,
                                const std::vector<MaskMoments>& masks, Rasterizer* rasterizer,
                                const Rigid3d& rig_from_world, int max_steps, int* evaluations) {
  Rigid3d pose = rig_from_world, best = rig_from_world;
  double best_misfit = std::numeric_limits<double>::infinity();
  std::vector<RasterJob> jobs;
  std::vector<GramResult> results;
  std::vector<bool> use(views.size());
  for (int step = 0; step <= max_steps; ++step) {
    jobs.clear();
    double depth = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < views.size(); ++i) {
      jobs.push_back(views[i].Job(pose));
      const double z = (jobs[i].cam_from_object * views[i].mesh_center_in_object).z();
      use[i] = masks[i].area_px > kSmallestAreaPx && z > 0;
      if (use[i]) depth = std::min(depth, z);
    }
    if (!std::isfinite(depth)) break;
    rasterizer->Evaluate(jobs, &results);
    ++*evaluations;
    Normal normal;
    bool seen = false;
    for (size_t i = 0; i < views.size(); ++i) {
      seen = seen || (use[i] && results[i].area_px > kSmallestAreaPx);
      if (use[i]) AddView(views[i], masks[i], results[i], pose, &normal);
    }
    if (normal.misfit < best_misfit) {
      best_misfit = normal.misfit;
      best = pose;
    }
    if (normal.misfit < 1e-6) break;
    if (!seen && step == 0) {
      pose = OntoMaskRay(views, masks, use, pose);
      continue;
    }
    // The floor holds what no view sees, such as depth while the object is out of frame.
    normal.H.diagonal().array() += 1e-9 * normal.H.trace();
    Eigen::Vector3d move = -normal.H.ldlt().solve(normal.g);
    if (!move.allFinite()) break;
    const double limit = depth * (move.z() > 0 ? 1.0 : 0.5);
    if (move.norm() > limit) move *= limit / move.norm();
    pose.translation += move;
  }
  return best;
}

}  // namespace ceres_align
