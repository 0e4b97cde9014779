#include "ceres_align/align/align_unknowns.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "ceres_align/align/align_prepared.h"
#include "ceres_align/align/unknown_fits.h"
#include "ceres_align/base/error.h"
#include "ceres_align/scene/occluders.h"
#include "ceres_align/unknowns/joint_solver.h"

namespace ceres_align {
namespace {

// Focal lengths that differ by no more than this factor lead to the same optimum.
constexpr double kFocalStep = 1.6;
constexpr double kScanWidth_px = 40, kCoarseWidth_px = 20, kCheckWidth_px = 80;
// First poses are looked for in images of about this width: they need not be exact.
constexpr int kFirstWidth_px = 160;
constexpr size_t kPosesOfASearch = 4, kFinalists = 3;
constexpr double kScaleRange = 3, kScaleStep = 0.12;         // of log scale
constexpr double kMostLogScale = 14;                         // micrometres for metres: 13.8
constexpr double kFocalRange = 0.35, kFocalScanStep = 0.05;  // of log f, where no range is given
// Mean squared residual per px of the outline above which the fit from a start is no fit.
constexpr double kPoorFit = 1;
constexpr int kRounds = 2;
// Mean squared residual per px up to which a binary mask counts as clean (Descent's).
constexpr double kSharpMisfit = 0.3;

struct Candidate {
  Rigid3d rig_from_world;
  UnknownValues values;
  double cost = 0;
};

bool SeesSomething(const View& view) {
  for (size_t i = 0; i < view.mask.pixels.size(); ++i) {
    if (view.mask.pixels[i] > 0 && (view.weight.empty() || view.weight.pixels[i] > 0)) return true;
  }
  return false;
}

// Scale and distance are one where a single camera sees the object in a single place.
bool ScaleIsSeen(const Scene& scene) {
  const View* first = nullptr;
  for (const View& view : scene.views) {
    if (!SeesSomething(view)) continue;
    if (first == nullptr) first = &view;
    // The camera's centre from the object's origin moves with the rig's pose, but for what these
    // two say.
    if ((Inverse(view.cam_from_rig).translation - Inverse(first->cam_from_rig).translation).norm() >
            0 ||
        (view.world_from_object.translation - first->world_from_object.translation).norm() > 0) {
      return true;
    }
  }
  return false;
}

// The scene in images of at most kFirstWidth_px.
Scene Smaller(const Scene& scene) {
  Scene result = scene;
  for (View& view : result.views) {
    if (view.camera.width_px <= kFirstWidth_px) continue;
    const double factor = static_cast<double>(kFirstWidth_px) / view.camera.width_px;
    const int height_px =
        std::max(1, static_cast<int>(std::lround(factor * view.camera.height_px)));
    view.camera = view.camera.Scaled(kFirstWidth_px, height_px);
    view.mask = ScaleByArea(view.mask, view.weight, kFirstWidth_px, height_px);
    if (!view.weight.empty()) {
      view.weight = ScaleByArea(view.weight, ImageF(), kFirstWidth_px, height_px);
    }
  }
  return result;
}

class Solver {
 public:
  Solver(const Scene& scene, const PreparedMeshes& meshes, const UnknownOptions& unknowns,
         Rasterizer* rasterizer, const AlignOptions& options, const AlignCallback& callback)
      : scene_(scene),
        unknowns_(unknowns),
        rasterizer_(rasterizer),
        options_(options),
        callback_(callback),
        shared_(scene),
        priors_(scene, shared_),
        meshes_(meshes),
        prepared_(scene, meshes_, rasterizer, options.coarsest_width_px, options.level_factor) {}

  UnknownsResult Run() {
    const auto begin = std::chrono::steady_clock::now();
    const std::chrono::duration<double> preparing = begin - made_;
    const size_t last = prepared_.last_level();
    const bool has_start = scene_.initial_rig_from_world.has_value();
    JointResult best = Best(has_start);
    if (has_start && options_.search_if_poor && !stopped_ &&
        2 * best.cost > kPoorFit * prepared_.OutlineLength(last)) {
      const JointResult found = Best(false);
      if (found.cost < best.cost) best = found;
    }
    JointState state = best.state;
    if (!stopped_ && options_.sharp_window > 1 && prepared_.masks_binary() &&
        2 * best.cost < kSharpMisfit * prepared_.OutlineLength(last)) {
      state = Joint(prepared_, {prepared_.FromRun(state.rig_from_run), state.values, 0}, last,
                    options_.sharp_window)
                  .state;
    }
    UnknownsResult result = Finish(prepared_.FromRun(state.rig_from_run), state.values);
    // All but what judges the last pose; what it is judged with has no clock of its own.
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    result.align.prepare_seconds = preparing.count();
    result.align.solve_seconds = seconds.count() - result.align.assess_seconds;
    result.align.iterations += iterations_;
    result.align.evaluations += evaluations_;
    result.align.searched = result.align.searched || searched_;
    return result;
  }

 private:
  // The candidates with the lowest costs at full size, the best of them.
  JointResult Best(bool from_start) {
    std::vector<Candidate> candidates = Candidates(from_start);
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.cost < b.cost; });
    if (candidates.size() > kFinalists) candidates.resize(kFinalists);
    std::optional<JointResult> best;
    for (const Candidate& candidate : candidates) {
      if (best && (stopped_ || candidate.cost > 3 * candidates[0].cost)) break;
      const JointResult result =
          Joint(prepared_, candidate, prepared_.LevelOfWidth(kCheckWidth_px), 1);
      if (!best || result.cost < best->cost) best = result;
    }
    return *best;
  }

  JointResult Joint(const PreparedScene& prepared, const Candidate& from, size_t first, int window,
                    std::optional<size_t> last = std::nullopt) {
    JointOptions options;
    options.first_level = first;
    options.last_level = last.value_or(prepared.last_level());
    options.window = window;
    options.cost_change = options_.final_cost_change;
    const auto report = [&](size_t level, int iteration, double cost) {
      if (!callback_) return true;
      AlignIteration step{};
      step.level = static_cast<int>(level);
      step.num_levels = static_cast<int>(prepared.num_levels());
      step.width_px = prepared.level(level).cameras[0].width_px;
      step.height_px = prepared.level(level).cameras[0].height_px;
      step.iteration = iteration;
      step.cost = cost;
      step.accepted = true;
      step.rig_from_world = from.rig_from_world;
      stopped_ = stopped_ || !callback_(step);
      return !stopped_;
    };
    JointResult result =
        SolveJointly(prepared, shared_, unknowns_, priors_,
                     {prepared.ToRun(from.rig_from_world), from.values}, options, report);
    iterations_ += result.iterations;
    evaluations_ += result.evaluations;
    return result;
  }

  std::vector<double> FocalFactors(bool from_start) const {
    const double range = std::log(unknowns_.most_focal_factor / unknowns_.least_focal_factor);
    if (from_start || !(range > 0)) return {1};
    const int n = std::max(1, static_cast<int>(std::ceil(range / std::log(kFocalStep))));
    std::vector<double> factors;
    factors.reserve(n);
    for (int i = 0; i < n; ++i) {
      factors.push_back(unknowns_.least_focal_factor * std::exp(range * (i + 0.5) / n));
    }
    return factors;
  }

  // Poses by views that agree whatever the unknowns are, then all unknowns at a coarse level.
  std::vector<Candidate> Candidates(bool from_start) {
    std::vector<Candidate> candidates;
    for (const double factor : FocalFactors(from_start)) {
      UnknownValues values = priors_;
      for (auto& k : values.intrinsics) {
        k[0] *= factor;
        k[1] *= factor;
      }
      for (const Rigid3d& pose : FirstPoses(values, from_start)) {
        Candidate candidate = {pose, values, 0};
        if (unknowns_.scale_sigma > 0) {
          ScanScale(&candidate);
        } else if (unknowns_.focal_sigma > 0 && scene_.views.size() > 1) {
          ScanFocal(&candidate);
        }
        const JointResult coarse =
            Joint(prepared_, candidate, prepared_.LevelOfWidth(kCoarseWidth_px), 1,
                  prepared_.LevelOfWidth(kCheckWidth_px));
        candidates.push_back(
            {prepared_.FromRun(coarse.state.rig_from_run), coarse.state.values, coarse.cost});
        if (stopped_) return candidates;
      }
    }
    return candidates;
  }

  // rig_from_world, best first. By the first view with a mask alone where views do not agree: at a
  // wrong scale or focal length.
  std::vector<Rigid3d> FirstPoses(const UnknownValues& values, bool from_start) {
    Scene some = Smaller(WithValues(scene_, shared_, values));
    if (unknowns_.scale_sigma > 0 || unknowns_.focal_sigma > 0) {
      some.views = {some.views[prepared_.FirstWithMask()]};
    }
    const PreparedScene prepared(some, meshes_, rasterizer_, options_.coarsest_width_px,
                                 options_.level_factor);
    AlignOptions options = options_;
    options.search_if_poor = options.search_again = false;
    options.robust = options.offset = Choice::kOff;
    options.sharp_window = 1;
    std::optional<Rigid3d> start;
    if (from_start) {
      start = prepared.ToRun(*scene_.initial_rig_from_world);
      prepared.CheckStart(*start, options_.moment_translation);
    }
    const std::optional<Rigid3d> given =
        scene_.initial_rig_from_world
            ? std::optional<Rigid3d>(prepared.ToRun(*scene_.initial_rig_from_world))
            : std::nullopt;
    const PriorTest prior(options.prior, given, some.views[0].cam_from_rig);
    const Solution solution =
        SolvePrepared(prepared, options, prior, start ? &*start : nullptr, callback_);
    iterations_ += solution.iterations;
    evaluations_ += solution.evaluations;
    stopped_ = stopped_ || solution.status == AlignStatus::kStopped;
    searched_ = searched_ || solution.searched;
    std::vector<Rigid3d> poses = {prepared.FromRun(solution.rig_from_run)};
    for (const Rigid3d& other : solution.others) poses.push_back(prepared.FromRun(other));
    if (poses.size() > kPosesOfASearch) poses.resize(kPosesOfASearch);
    return poses;
  }

  // Where nothing is known of the scale, the mesh may be in another unit than the rig: the factor
  // at which the other views see the object's middle nearest to their masks' middles. In view i it
  // is at a + s b; of its distances from the rays through those the squares' sum is least.
  double LogScaleByMiddles(const Rigid3d& cam_from_object, size_t level) const {
    const size_t first = prepared_.FirstWithMask();
    const View& view = scene_.views[first];
    const Eigen::Vector3d middle_in_object = Inverse(view.world_from_object) * prepared_.center();
    double above = 0, below = 0;
    for (size_t i = 0; i < scene_.views.size(); ++i) {
      const MaskMoments& mask = prepared_.MomentsAt(level)[i];
      if (i == first || !(mask.area_px > 0)) continue;
      const Rigid3d cam_from_first = scene_.views[i].cam_from_rig * Inverse(view.cam_from_rig);
      const Rigid3d moved = Inverse(view.world_from_object) * scene_.views[i].world_from_object;
      const Eigen::Vector3d a = cam_from_first * (cam_from_object.rotation * moved.translation);
      const Eigen::Vector3d b =
          cam_from_first.rotation * (cam_from_object * (moved.rotation * middle_in_object));
      const Eigen::Vector3d ray =
          prepared_.level(level).cameras[i].Ray(mask.x_px, mask.y_px).normalized();
      above -= a.cross(ray).dot(b.cross(ray));
      below += b.cross(ray).squaredNorm();
    }
    if (!(above > 0) || !(below > 0)) return 0;
    return std::clamp(std::log(above / below), -kMostLogScale, kMostLogScale);
  }

  // The first view's image stays where the object is larger and farther away by one factor; the
  // other views choose the factor.
  void ScanScale(Candidate* candidate) {
    const size_t level = prepared_.LevelOfWidth(kScanWidth_px);
    const View& view = scene_.views[prepared_.FirstWithMask()];
    const Rigid3d cam_from_object =
        view.cam_from_rig * candidate->rig_from_world * view.world_from_object;
    const UnknownValues at_one = candidate->values;
    double least = std::numeric_limits<double>::infinity();
    const double sigma = unknowns_.scale_sigma;
    double low = -std::min(kScaleRange, 3 * sigma), high = -low;
    if (std::isinf(sigma)) {
      const double by_middles = LogScaleByMiddles(cam_from_object, level);
      low += std::min(0.0, by_middles);
      high += std::max(0.0, by_middles);
    }
    const int steps = static_cast<int>(std::floor((high - low) / kScaleStep));
    for (int i = 0; i <= steps; ++i) {
      const double s = low + i * kScaleStep;
      Rigid3d moved = cam_from_object;
      moved.translation *= std::exp(s);
      Candidate tried = {Inverse(view.cam_from_rig) * moved * Inverse(view.world_from_object),
                         at_one, 0};
      tried.values.log_scale = s;
      JointState state{prepared_.ToRun(tried.rig_from_world), tried.values};
      tried.cost = CostAt(prepared_, shared_, state, level);
      ++evaluations_;
      if (tried.cost < least) {
        least = tried.cost;
        *candidate = tried;
      }
    }
  }

  // The first view's image stays, but for its perspective, where the object is farther away by the
  // factor of the focal length; the other views choose the factor.
  void ScanFocal(Candidate* candidate) {
    const size_t level = prepared_.LevelOfWidth(kScanWidth_px), first = prepared_.FirstWithMask();
    const View& view = scene_.views[first];
    const Rigid3d cam_from_world = view.cam_from_rig * candidate->rig_from_world;
    const UnknownValues at_one = candidate->values;
    const auto& prior = priors_.intrinsics[shared_.model[first]];
    double low = std::log(unknowns_.least_focal_factor),
           high = std::log(unknowns_.most_focal_factor);
    if (!(high > low)) {
      high = std::min(kFocalRange, 3 * unknowns_.focal_sigma);
      low = -high;
    }
    const double now = std::log(at_one.intrinsics[shared_.model[first]][0] / prior[0]);
    double least = std::numeric_limits<double>::infinity();
    const int steps = static_cast<int>(std::floor((high - low) / kFocalScanStep + 1e-6));
    for (int i = 0; i <= steps; ++i) {
      const double s = low + i * kFocalScanStep;
      const double factor = std::exp(s - now);
      Rigid3d moved = cam_from_world;
      moved.translation.z() += (factor - 1) * (cam_from_world * prepared_.center()).z();
      Candidate tried = {Inverse(view.cam_from_rig) * moved, at_one, 0};
      for (auto& k : tried.values.intrinsics) {
        k[0] *= factor;
        k[1] *= factor;
      }
      tried.cost =
          CostAt(prepared_, shared_, {prepared_.ToRun(tried.rig_from_world), tried.values}, level);
      ++evaluations_;
      if (tried.cost < least) {
        least = tried.cost;
        *candidate = tried;
      }
    }
  }

  // All of Align with the values found; where it leaves out parts of the masks, the unknowns again.
  UnknownsResult Finish(const Rigid3d& rig_from_world, const UnknownValues& values) {
    UnknownsResult result;
    result.values = values;
    Rigid3d pose = rig_from_world;
    for (int round = 1;; ++round) {
      result.scene = WithValues(scene_, shared_, result.values);
      result.meshes = result.values.log_scale == 0 ? meshes_ : PrepareMeshes(result.scene);
      const PreparedScene prepared(result.scene, result.meshes, rasterizer_,
                                   options_.coarsest_width_px, options_.level_factor);
      const Rigid3d start = prepared.ToRun(pose);
      std::optional<Rigid3d> given;
      if (scene_.initial_rig_from_world) given = prepared.ToRun(*scene_.initial_rig_from_world);
      const PriorTest prior(options_.prior, given, result.scene.views[0].cam_from_rig);
      Solution where;
      result.align = AlignPrepared(prepared, options_, prior, &start, callback_, &where);
      const PreparedScene& seen = where.seen ? *where.seen : prepared;
      const bool again = where.seen != nullptr && round < kRounds && !stopped_ &&
                         where.status == AlignStatus::kConverged;
      if (!again) {
        AddUnknownFits(seen, shared_, unknowns_, priors_,
                       where.sharpened ? options_.sharp_window : 1, where.rig_from_run, &result);
        return result;
      }
      // The weights are of this scene, whose mesh is scaled already: from here on the scale is a
      // change of that.
      const double log_scale = result.values.log_scale;
      Candidate from = {result.align.rig_from_world, result.values, 0};
      from.values.log_scale = 0;
      UnknownValues priors = priors_;
      priors.log_scale -= log_scale;
      std::swap(priors, priors_);
      const JointResult joint =
          Joint(seen, from, seen.last_level(), where.sharpened ? options_.sharp_window : 1);
      std::swap(priors, priors_);
      result.values = joint.state.values;
      result.values.log_scale += log_scale;
      pose = seen.FromRun(joint.state.rig_from_run);
    }
  }

  const std::chrono::steady_clock::time_point made_ = std::chrono::steady_clock::now();
  const Scene& scene_;
  const UnknownOptions& unknowns_;
  Rasterizer* const rasterizer_;
  const AlignOptions& options_;
  const AlignCallback& callback_;
  const SharedCameras shared_;
  UnknownValues priors_;
  const PreparedMeshes& meshes_;
  const PreparedScene prepared_;
  bool stopped_ = false, searched_ = false;
  int iterations_ = 0, evaluations_ = 0;
};

}  // namespace

UnknownsResult AlignUnknowns(const Scene& scene, const UnknownOptions& unknowns,
                             Rasterizer* rasterizer, const AlignOptions& options,
                             const AlignCallback& callback) {
  const auto begin = std::chrono::steady_clock::now();
  const PreparedMeshes meshes = PrepareMeshes(scene);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  UnknownsResult result = AlignUnknowns(scene, meshes, unknowns, rasterizer, options, callback);
  result.align.prepare_seconds += seconds.count();
  return result;
}

UnknownsResult AlignUnknowns(const Scene& scene, const PreparedMeshes& meshes,
                             const UnknownOptions& unknowns, Rasterizer* rasterizer,
                             const AlignOptions& options, const AlignCallback& callback) {
  CHECK(rasterizer != nullptr);
  options.Validate();
  unknowns.Validate();
  if (!scene.occluders.empty()) {
    return AlignUnknowns(HideBehindOccluders(scene, rasterizer), meshes, unknowns, rasterizer,
                         options, callback);
  }
  UnknownOptions solved = unknowns;
  const bool scale_is_seen = ScaleIsSeen(scene);
  if (!scale_is_seen) solved.scale_sigma = 0;
  UnknownsResult result = Solver(scene, meshes, solved, rasterizer, options, callback).Run();
  if (unknowns.scale_sigma > 0 && !scale_is_seen) {
    UnknownFit fit;
    fit.name = "scale";
    fit.value = fit.prior = 1;
    fit.sigma = fit.prior_sigma = unknowns.scale_sigma;
    fit.why =
        "one camera cannot tell the object's scale from its distance: both are those of the mesh "
        "as it was given, and grow by one factor";
    result.align.unknowns.insert(result.align.unknowns.begin(), fit);
  }
  return result;
}

}  // namespace ceres_align
