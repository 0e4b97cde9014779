#include "ceres_align/scene/moments.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>

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
  const double size = mask.size_px;
  const Projection projection(view.camera);
  const bool visible = rendered.area_px > kSmallestAreaPx;
  const Eigen::Vector2d centroid =
      visible ? Eigen::Vector2d(rendered.moment_x_px, rendered.moment_y_px) / rendered.area_px
              : projection.Px(center);
  const Eigen::Matrix<double, 2, 3> slope = projection.Slope(center) / size;
  normal->Add((centroid.x() - mask.x_px) / size, rig.transpose() * slope.row(0).transpose());
  normal->Add((centroid.y() - mask.y_px) / size, rig.transpose() * slope.row(1).transpose());
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
    const Eigen::Vector3d on_ray = center.z() * camera.Ray(masks[i].x_px, masks[i].y_px);
    pose.translation += views[i].cam_from_rig.rotation.conjugate() * (on_ray - center);
    break;
  }
  return pose;
}

// One pose on its way.
struct Track {
  Rigid3d pose;
  MomentFit best;
  double best_misfit = std::numeric_limits<double>::infinity();
  std::vector<bool> use;  // by view: it has a mask and the object in front
  double depth = 0;       // the least over those views
  bool done = false;

  Track(const Rigid3d& start, size_t num_views) : pose(start), use(num_views) {
    best.rig_from_world = start;
    best.cost = std::numeric_limits<double>::infinity();
  }

  // False (and done) if no view can be used.
  bool ChooseViews(const std::vector<SilhouetteView>& views,
                   const std::vector<MaskMoments>& masks) {
    depth = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < views.size(); ++i) {
      const double z = (views[i].Job(pose).cam_from_object * views[i].mesh_center_in_object).z();
      use[i] = masks[i].area_px > kSmallestAreaPx && z > 0;
      if (use[i]) depth = std::min(depth, z);
    }
    done = !std::isfinite(depth);
    return !done;
  }

  void Step(const std::vector<SilhouetteView>& views, const std::vector<MaskMoments>& masks,
            const GramResult* rendered, bool first, double good_misfit) {
    Normal normal;
    bool seen = false;
    double cost = 0;
    for (size_t i = 0; i < views.size(); ++i) {
      cost += 0.5 * rendered[i].gram[48];
      if (!use[i]) continue;
      seen = seen || rendered[i].area_px > kSmallestAreaPx;
      AddView(views[i], masks[i], rendered[i], pose, &normal);
    }
    if (normal.misfit < best_misfit) {
      best_misfit = normal.misfit;
      best = {pose, cost};
    }
    if (normal.misfit < good_misfit * good_misfit) {
      done = true;
    } else if (!seen && first) {
      pose = OntoMaskRay(views, masks, use, pose);
    } else {
      Move(normal);
    }
  }

  void Move(Normal normal) {
    // The floor holds what no view sees, such as depth while the object is out of frame.
    normal.H.diagonal().array() += 1e-9 * normal.H.trace();
    Eigen::Vector3d move = -normal.H.ldlt().solve(normal.g);
    done = !move.allFinite();
    if (done) return;
    const double limit = depth * (move.z() > 0 ? 1.0 : 0.5);
    if (move.norm() > limit) move *= limit / move.norm();
    pose.translation += move;
  }
};

}  // namespace

MaskMoments MomentsOf(const Target& target) {
  MaskMoments moments;
  const ImageF &mask = target.mask(), &weight = target.weight();
  for (int r = 0; r < mask.height; ++r) {
    for (int c = 0; c < mask.width; ++c) {
      const double w = weight.empty() ? 1.0 : weight.at(c, r), t = w * mask.at(c, r);
      if (w > 0) moments.size_px += mask.at(c, r);
      moments.area_px += t;
      moments.x_px += t * (c + 0.5);
      moments.y_px += t * (r + 0.5);
    }
  }
  moments.size_px = std::sqrt(moments.size_px);
  if (moments.area_px > 0) {
    moments.x_px /= moments.area_px;
    moments.y_px /= moments.area_px;
  }
  return moments;
}

std::vector<MomentFit> FitTranslationsToMoments(const std::vector<SilhouetteView>& views,
                                                const std::vector<MaskMoments>& masks,
                                                Rasterizer* rasterizer,
                                                const std::vector<Rigid3d>& rig_from_world,
                                                int max_steps, double good_misfit,
                                                int* evaluations) {
  std::vector<Track> tracks;
  tracks.reserve(rig_from_world.size());
  for (const Rigid3d& pose : rig_from_world) tracks.emplace_back(pose, views.size());
  std::vector<RasterJob> jobs;
  std::vector<GramResult> results;
  for (int step = 0; step <= max_steps; ++step) {
    jobs.clear();
    for (Track& track : tracks) {
      if (track.done || !track.ChooseViews(views, masks)) continue;
      for (const SilhouetteView& view : views) jobs.push_back(view.Job(track.pose));
    }
    if (jobs.empty()) break;
    rasterizer->Evaluate(jobs, &results);
    *evaluations += static_cast<int>(jobs.size() / views.size());
    const GramResult* rendered = results.data();
    for (Track& track : tracks) {
      if (track.done) continue;
      track.Step(views, masks, rendered, step == 0, good_misfit);
      rendered += views.size();
    }
  }
  std::vector<MomentFit> fits;
  fits.reserve(tracks.size());
  for (const Track& track : tracks) fits.push_back(track.best);
  return fits;
}

}  // namespace ceres_align
