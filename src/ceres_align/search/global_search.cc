#include "ceres_align/search/global_search.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "ceres_align/search/table_search.h"
#include "ceres_align/solve/descent.h"

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
// The second attempt has so many times the candidates at every stage.
constexpr int kThorough = 3, kThoroughDirections = 2;
constexpr double kHopelessThorough = 30;
// Poses whose costs are within this are nearly tied; of those up to so many times as many are kept.
constexpr double kTied = 1.1;
constexpr int kMostTied = 2;
constexpr double kTiedStep_rad = 30 * M_PI / 180;
// A typical silhouette covers this share of its bounding sphere's disc.
constexpr double kFillOfDisc = 0.35;

// How far a pose may lie outside the prior while it is still a candidate and at each width: the
// table's own error at first, then what refining still moves.
constexpr double kCandidateSlack_rad = 12 * M_PI / 180, kCandidateSlack = 0.25;
constexpr int kFinestGrid = 8;
constexpr double kStageSlack_rad = 4 * M_PI / 180, kStageSlack = 0.05;

void SortByCost(std::vector<ScoredPose>* poses) {
  std::stable_sort(poses->begin(), poses->end(),
                   [](const ScoredPose& a, const ScoredPose& b) { return a.cost < b.cost; });
}

SearchOptions Thorough(SearchOptions options) {
  options.search_directions *= kThoroughDirections;
  options.search_candidates *= kThorough;
  options.search_rotations *= kThorough;
  options.search_refined *= kThorough;
  options.search_rotations_refined *= kThorough;
  options.search_thinned *= kThorough;
  options.search_kept *= kThorough;
  return options;
}

class Searcher {
 public:
  Searcher(const PreparedScene& scene, const SolveOptions& solve, const SearchOptions& options,
           const PriorTest& prior, bool thorough, const AlignCallback& callback)
      : scene_(scene),
        solve_(solve),
        options_(thorough ? Thorough(options) : options),
        thorough_(thorough),
        prior_(prior),
        callback_(callback) {}

  SearchResult Run() {
    const size_t score = scene_.LevelOfWidth(kScoreWidthPx),
                 thin = scene_.LevelOfWidth(kThinWidthPx), keep = scene_.LevelOfWidth(kKeepWidthPx),
                 last = scene_.last_level();
    poses_ = Candidates(score);
    if (!Report(score)) return Result();
    Refine(score, score);
    poses_ = BestDistinct(poses_, options_.search_thinned, kDistinctModes_rad);
    if (!Report(score)) return Result();
    if (thin > score) Refine(score + 1, thin);
    KeepPromising(options_.search_kept, thin);
    if (!Report(thin)) return Result();
    if (keep > thin) Refine(thin + 1, keep);
    KeepPromising(options_.search_finalists, keep);
    if (!Report(keep)) return Result();
    if (last > keep) Refine(keep + 1, last);
    poses_ = BestDistinct(poses_, kMostTied * options_.search_finalists, kDistinctModes_rad);
    TryBeyondTies(keep, last);
    RankTiesSharply(last);
    poses_.resize(std::min<size_t>(poses_.size(), options_.search_finalists));
    KeepAllowed(0, 0);
    Report(last);
    return Result();
  }

 private:
  SearchResult Result() {
    result_.poses = std::move(poses_);
    return std::move(result_);
  }

  bool Report(size_t level) {
    ++stage_;
    if (!callback_) return true;
    const Camera& camera = scene_.level(level).cameras[0];
    AlignIteration report{};
    report.level = static_cast<int>(level);
    report.num_levels = static_cast<int>(scene_.num_levels());
    report.width_px = camera.width_px;
    report.height_px = camera.height_px;
    report.iteration = stage_;
    report.cost = poses_[0].cost;
    report.candidates = static_cast<int>(poses_.size());
    report.thorough = thorough_;
    report.rig_from_world = scene_.FromRun(poses_[0].rig_from_world);
    report.searched = PosesToTell();
    result_.stopped = !callback_(report);
    return !result_.stopped;
  }

  std::vector<SearchedPose> PosesToTell() const {
    std::vector<SearchedPose> told;
    for (const ScoredPose& pose : BestDistinct(poses_, AlignIteration::kMostSearchedPoses,
                                               AlignIteration::kSearchedApart_rad)) {
      told.push_back({scene_.FromRun(pose.rig_from_world), pose.cost});
    }
    return told;
  }

  // The best poses at the scoring level, before any refinement; best first.
  std::vector<ScoredPose> Candidates(size_t level) {
    const Rigid3d position = PositionFromMasks(scene_);
    const std::vector<SilhouetteView> views =
        scene_.ViewsAt(level, kScoreLodFactor * scene_.Depth(position));
    std::function<bool(const Rigid3d&)> allowed;
    if (prior_.any()) {
      allowed = [&](const Rigid3d& pose) {
        return prior_.Allows(pose, kCandidateSlack_rad, kCandidateSlack);
      };
    }
    const auto alike = [&](Whole whole) {
      return PosesLikeMasks(scene_, options_.search_directions,
                            static_cast<size_t>(options_.search_candidates), kCandidatesApart_rad,
                            whole, allowed);
    };
    std::vector<Rigid3d> table = alike(Whole::kNearly);
    const bool whole = !table.empty();
    if (!whole) table = alike(Whole::kPartly);
    std::vector<ScoredPose> poses =
        ScorePoses(views, scene_.MomentsAt(level), scene_.rasterizer(), table, kMomentSteps,
                   kMomentMisfit, &result_.evaluations);
    poses.resize(std::min<size_t>(poses.size(), options_.search_refined));
    if (whole) return poses;
    std::vector<ScoredPose> grid =
        ScoreRotations(views, scene_.MomentsAt(level), scene_.rasterizer(), position,
                       AllowedGrid(options_.search_rotations, prior_), kMomentSteps, kMomentMisfit,
                       &result_.evaluations);
    grid.resize(std::min<size_t>(grid.size(), options_.search_rotations_refined));
    poses.insert(poses.end(), grid.begin(), grid.end());
    SortByCost(&poses);
    return poses;
  }

  // Levels first..last from every pose, side by side; sorted by cost.
  void Refine(size_t first, size_t last) {
    std::vector<ScoredPose> refined(poses_.size());
    std::vector<std::pair<int, int>> counts(poses_.size());
    scene_.rasterizer()->ForEach(poses_.size(), [&](size_t i) {
      Descent descent(scene_, solve_, no_callback_);
      const LevelResult result = descent.Climb(poses_[i].rig_from_world, first, last, true);
      // Out of iterations, a descent may have ended on a coarser level, whose cost means another.
      const bool cut_short = descent.iterations() >= solve_.max_iterations;
      refined[i] = {result.rig_from_world,
                    cut_short ? scene_.CostAt(last, result.rig_from_world) : result.final_cost};
      counts[i] = {descent.iterations(), descent.evaluations()};
    });
    for (const auto& [iterations, evaluations] : counts) {
      result_.iterations += iterations;
      result_.evaluations += evaluations;
    }
    SortByCost(&refined);
    poses_ = std::move(refined);
    KeepAllowed(kStageSlack_rad, kStageSlack);
  }

  void KeepAllowed(double slack_rad, double slack) {
    if (!prior_.any()) return;
    std::vector<ScoredPose> kept;
    for (const ScoredPose& pose : poses_) {
      if (prior_.Allows(pose.rig_from_world, slack_rad, slack)) kept.push_back(pose);
    }
    if (!kept.empty()) poses_ = std::move(kept);
  }

  size_t CountWithin(double ratio, size_t level) const {
    const double floor = kCostFloorPerPx * scene_.OutlineLength(level);
    size_t n = 1;
    while (n < poses_.size() && poses_[n].cost + floor <= ratio * (poses_[0].cost + floor)) ++n;
    return n;
  }

  // An object that looks nearly alike every so many degrees leaves a row of poses that are nearly
  // tied, and the best of them may be one that no descent has met: the next in a row.
  void TryBeyondTies(size_t first, size_t last) {
    const size_t tied = CountWithin(kTied, last);
    std::vector<ScoredPose> found = poses_;
    poses_.clear();
    for (size_t i = 0; i < tied; ++i) {
      for (size_t j = 0; j < tied; ++j) {
        const Eigen::Quaterniond step =
            found[j].rig_from_world.rotation.conjugate() * found[i].rig_from_world.rotation;
        if (i == j || Eigen::AngleAxisd(step).angle() > kTiedStep_rad) continue;
        poses_.push_back(
            {Rigid3d(found[i].rig_from_world.rotation * step, found[i].rig_from_world.translation),
             0});
      }
    }
    if (!poses_.empty()) Refine(first, last);
    found.insert(found.end(), poses_.begin(), poses_.end());
    SortByCost(&found);
    poses_ = BestDistinct(found, kMostTied * options_.search_finalists, kDistinctModes_rad);
  }

  // Nearly tied poses in the order of their costs where only the middles of a binary mask's pixels
  // are compared: how pixel borders happen to lie tells less apart there.
  void RankTiesSharply(size_t last) {
    const size_t tied = CountWithin(kTied, last);
    if (tied < 2 || solve_.sharp_window == 1 || !scene_.masks_binary()) return;
    std::vector<std::pair<double, size_t>> order(tied);
    scene_.rasterizer()->ForEach(tied, [&](size_t i) {
      Descent descent(scene_, solve_, no_callback_);
      LevelResult reached;
      reached.rig_from_world = poses_[i].rig_from_world;
      reached.final_cost = poses_[i].cost;
      const bool sharp = descent.Sharpen(std::numeric_limits<double>::infinity(), &reached);
      order[i] = {sharp ? scene_.CostAt(last, reached.rig_from_world, solve_.sharp_window)
                        : std::numeric_limits<double>::infinity(),
                  i};
    });
    std::sort(order.begin(), order.end());
    const std::vector<ScoredPose> before = poses_;
    for (size_t i = 0; i < tied; ++i) poses_[i] = before[order[i].second];
  }

  // The best `count` distinct ones that are not hopeless at `level`, and those that are tied.
  void KeepPromising(int count, size_t level) {
    poses_ = BestDistinct(poses_, kMostTied * count, kDistinctModes_rad);
    const size_t promising = CountWithin(thorough_ ? kHopelessThorough : kHopeless, level);
    const size_t tied = CountWithin(kTied, level);
    poses_.resize(std::max(tied, std::min<size_t>(promising, count)));
  }

  const PreparedScene& scene_;
  const SolveOptions& solve_;
  const SearchOptions options_;
  const bool thorough_;
  const PriorTest& prior_;
  const AlignCallback& callback_;
  const AlignCallback no_callback_;
  std::vector<ScoredPose> poses_;
  SearchResult result_;
  int stage_ = 0;
};

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
    const Eigen::Vector3d in_cam = z * camera.Ray(mask.x_px, mask.y_px);
    sum += Inverse(scene.scene().views[i].cam_from_rig) * in_cam;
    ++count;
  }
  return Rigid3d(Eigen::Quaterniond::Identity(), Eigen::Vector3d(sum / count));
}

std::vector<Eigen::Quaterniond> AllowedGrid(int count, const PriorTest& prior) {
  if (!prior.prior().BoundsRotation()) return RotationGrid(count);
  std::vector<Eigen::Quaterniond> allowed;
  for (int finer = 1; finer <= kFinestGrid; finer *= 2) {
    std::vector<Eigen::Quaterniond> next;
    for (const Eigen::Quaterniond& rotation : RotationGrid(finer * count)) {
      if (prior.AllowsRotation(rotation, kCandidateSlack_rad)) next.push_back(rotation);
    }
    if (static_cast<int>(next.size()) > count) break;
    allowed = std::move(next);
  }
  return allowed.empty() ? RotationGrid(count) : allowed;
}

SearchResult SearchGlobally(const PreparedScene& scene, const SolveOptions& solve,
                            const SearchOptions& options, const PriorTest& prior, bool thorough,
                            const AlignCallback& callback) {
  return Searcher(scene, solve, options, prior, thorough, callback).Run();
}

}  // namespace ceres_align
