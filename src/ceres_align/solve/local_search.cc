#include "ceres_align/solve/local_search.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/scene/sphere_points.h"

namespace ceres_align {

std::vector<Eigen::Quaterniond> RotationBall(int count, double max_angle_rad) {
  // Three shells whose counts grow with their area: angles a/3, 2a/3, a, weights 1 : 4 : 9.
  std::vector<Eigen::Quaterniond> rotations;
  const int inner = std::max(1, count / 14), middle = std::max(1, 4 * count / 14);
  const int counts[3] = {inner, middle, std::max(1, count - inner - middle)};
  for (int shell = 0; shell < 3; ++shell) {
    const double angle = max_angle_rad * (shell + 1) / 3;
    for (int i = 0; i < counts[shell]; ++i) {
      rotations.push_back(ExpRotation(angle * SpherePoint(i, counts[shell])));
    }
  }
  return rotations;
}

std::vector<ScoredPose> ScorePoses(const std::vector<SilhouetteView>& views,
                                   const std::vector<MaskMoments>& masks, Rasterizer* rasterizer,
                                   const std::vector<Rigid3d>& poses, int moment_steps,
                                   double good_misfit, int* evaluations) {
  const std::vector<MomentFit> fits = FitTranslationsToMoments(
      views, masks, rasterizer, poses, moment_steps, good_misfit, evaluations);
  std::vector<std::pair<double, size_t>> order;
  order.reserve(fits.size());
  for (size_t i = 0; i < fits.size(); ++i) order.emplace_back(fits[i].cost, i);
  std::sort(order.begin(), order.end());
  std::vector<ScoredPose> scored;
  scored.reserve(order.size());
  for (const auto& [cost, i] : order) scored.push_back({fits[i].rig_from_world, cost});
  return scored;
}

std::vector<ScoredPose> ScoreRotations(const std::vector<SilhouetteView>& views,
                                       const std::vector<MaskMoments>& masks,
                                       Rasterizer* rasterizer, const Rigid3d& start,
                                       const std::vector<Eigen::Quaterniond>& rotations,
                                       int moment_steps, double good_misfit, int* evaluations) {
  std::vector<Rigid3d> poses;
  poses.reserve(rotations.size());
  for (const Eigen::Quaterniond& turn : rotations) {
    poses.emplace_back(Eigen::Quaterniond(turn * start.rotation), start.translation);
  }
  return ScorePoses(views, masks, rasterizer, poses, moment_steps, good_misfit, evaluations);
}

std::vector<ScoredPose> BestDistinct(const std::vector<ScoredPose>& sorted, int count,
                                     double min_angle_rad) {
  std::vector<ScoredPose> kept;
  for (const ScoredPose& candidate : sorted) {
    if (static_cast<int>(kept.size()) == count) break;
    const bool is_new = std::none_of(kept.begin(), kept.end(), [&](const ScoredPose& other) {
      return RotationAngle_rad(candidate.rig_from_world.rotation, other.rig_from_world.rotation) <
             min_angle_rad;
    });
    if (is_new) kept.push_back(candidate);
  }
  return kept;
}

}  // namespace ceres_align
