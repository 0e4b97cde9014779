#include "ceres_align/align/global_search.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/align/descent.h"
#include "ceres_align/align/table_search.h"

namespace ceres_align {
namespace {

// The grid and the first refinement; of those that differ, some go on to each next width.
constexpr double kScoreWidthPx = 24, kThinWidthPx = 48, kKeepWidthPx = 96;
constexpr int kMomentSteps = 2;
constexpr double kMomentMisfit = 3e-2;
constexpr double kCandidatesApart_rad = 8 * M_PI / 180;
// Scores may be taken on a level of detail coarser by this factor than a descent would use.
constexpr double kScoreLodFactor = 2.5;
// A pose whose cost (and floor, as in Alternative::cost_ratio) is above this many times the best
// one's at the same level will not become the best: levels' costs shrink about alike.
constexpr double kHopeless = 5;
// A typical silhouette covers this share of its bounding sphere's disc.
constexpr double kFillOfDisc = 0.35;

// Levels first..last from every pose, side by side; sorted by cost.
std::vector<ScoredPose> RefineAll(const PreparedScene& scene, const AlignOptions& options,
                                  const std::vector<ScoredPose>& starts, size_t first, size_t last,
                                  SearchCounts* counts) {
  std::vector<ScoredPose> refined(starts.size());
  std::vector<SearchCounts> own(starts.size());
  scene.rasterizer()->ForEach(starts.size(), [&](size_t i) {
    Descent descent(scene, options, {});
    const LevelResult result = descent.Climb(starts[i].rig_from_world, first, last, true);
    // Out of iterations, a descent may have ended on a coarser level, whose cost means another.
    const bool cut_short = descent.iterations() >= options.max_iterations;
    refined[i] = {result.rig_from_world,
                  cut_short ? scene.CostAt(last, result.rig_from_world) : result.final_cost};
    own[i] = {descent.iterations(), descent.evaluations()};
  });
  for (const SearchCounts& c : own) {
    counts->iterations += c.iterations;
    counts->evaluations += c.evaluations;
  }
  std::stable_sort(refined.begin(), refined.end(),
                   [](const ScoredPose& a, const ScoredPose& b) { return a.cost < b.cost; });
  return refined;
}

// The best `count` distinct ones of a sorted list that are not hopeless at `level`.
std::vector<ScoredPose> Promising(const PreparedScene& scene, const std::vector<ScoredPose>& sorted,
                                  int count, size_t level) {
  std::vector<ScoredPose> kept = BestDistinct(sorted, count, kDistinctModes_rad);
  const double floor = kCostFloorPerPx * scene.OutlineLength(level);
  size_t n = 1;
  while (n < kept.size() && kept[n].cost + floor <= kHopeless * (kept[0].cost + floor)) ++n;
  kept.resize(std::min(n, kept.size()));
  return kept;
}

}  // namespace

std::vector<Eigen::Quaterniond> RotationGrid(int count) {
  const double phi = std::sqrt(2.0), psi = 1.533751168755204288118041;
  std::vector<Eigen::Quaterniond> grid;
  for (int i = 0; i < count; ++i) {
    const double s = i + 0.5, r = std::sqrt(s / count), R = std::sqrt(1 - s / count);
    const double alpha = 2 * M_PI * s / phi, beta = 2 * M_PI * s / psi;
    grid.emplace_back(R * std::cos(beta), r * std::sin(alpha), r * std::cos(alpha),
                      R * std::sin(beta));
  }
  return grid;
}

Rigid3d PositionFromMasks(const PreparedScene& scene) {
  const size_t level = scene.last_level();
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  int count = 0;
  for (size_t i = 0; i < scene.num_views(); ++i) {
    const MaskMoments& mask = scene.MomentsAt(level)[i];
    if (scene.mask_empty(i)) continue;
    const Camera& camera = scene.level(level).cameras[i];
    const double radius_px = std::sqrt(mask.area_px / (M_PI * kFillOfDisc));
    const double z = std::sqrt(camera.fx_px * camera.fy_px) * scene.radius() / radius_px;
    const Eigen::Vector3d in_cam(z * (mask.x_px - camera.cx_px) / camera.fx_px,
                                 z * (mask.y_px - camera.cy_px) / camera.fy_px, z);
    sum += Inverse(scene.scene().views[i].cam_from_rig) * in_cam;
    ++count;
  }
  return Rigid3d(Eigen::Quaterniond::Identity(), Eigen::Vector3d(sum / count));
}

// The best poses at the scoring level, before any refinement; best first.
std::vector<ScoredPose> Candidates(const PreparedScene& scene, const AlignOptions& options,
                                   size_t level, int* evaluations) {
  const Rigid3d position = PositionFromMasks(scene);
  const std::vector<SilhouetteView> views =
      scene.ViewsAt(level, kScoreLodFactor * scene.Depth(position));
  const std::vector<Rigid3d> alike =
      PosesLikeMasks(scene, options.search_directions,
                     static_cast<size_t>(options.search_candidates), kCandidatesApart_rad);
  std::vector<ScoredPose> poses =
      alike.empty() ? ScoreRotations(views, scene.MomentsAt(level), scene.rasterizer(), position,
                                     RotationGrid(options.search_rotations), kMomentSteps,
                                     kMomentMisfit, evaluations)
                    : ScorePoses(views, scene.MomentsAt(level), scene.rasterizer(), alike,
                                 kMomentSteps, kMomentMisfit, evaluations);
  const int refined = alike.empty() ? options.search_rotations_refined : options.search_refined;
  poses.resize(std::min<size_t>(poses.size(), refined));
  return poses;
}

std::vector<ScoredPose> SearchGlobally(const PreparedScene& scene, const AlignOptions& options,
                                       SearchCounts* counts) {
  const size_t score = scene.LevelOfWidth(kScoreWidthPx), thin = scene.LevelOfWidth(kThinWidthPx),
               keep = scene.LevelOfWidth(kKeepWidthPx);
  const size_t last = scene.last_level();
  std::vector<ScoredPose> poses = Candidates(scene, options, score, &counts->evaluations);
  poses = RefineAll(scene, options, poses, score, score, counts);
  poses = BestDistinct(poses, options.search_thinned, kDistinctModes_rad);
  if (thin > score) poses = RefineAll(scene, options, poses, score + 1, thin, counts);
  poses = Promising(scene, poses, options.search_kept, thin);
  if (keep > thin) poses = RefineAll(scene, options, poses, thin + 1, keep, counts);
  poses = Promising(scene, poses, options.search_finalists, keep);
  if (last > keep) poses = RefineAll(scene, options, poses, keep + 1, last, counts);
  return BestDistinct(poses, options.search_finalists, kDistinctModes_rad);
}

}  // namespace ceres_align
