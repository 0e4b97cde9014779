#include "ceres_align/align/aligner.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

#include "ceres_align/align/covariance.h"
#include "ceres_align/align/level_solver.h"
#include "ceres_align/align/local_search.h"
#include "ceres_align/align/metrics.h"
#include "ceres_align/align/moments.h"
#include "ceres_align/align/pyramid.h"
#include "ceres_align/geometry/simplify.h"

namespace ceres_align {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr int kMomentSteps = 8;
// Moments are fitted at a level of about this width: exact coverage needs no more.
constexpr double kMomentWidthPx = 40;

// A level of detail stands in for the mesh at all but the last level where its cells are smaller
// than this.
constexpr double kLodCellPx = 1.0;
constexpr int kLodFaces[] = {1500, 8000};
constexpr int kLodSaves = 3;  // at least this factor in faces

// Restarts are scored and refined up to a level of about this width.
constexpr double kCheckWidthPx = 80;
constexpr int kRestartMomentSteps = 3;
constexpr int kRestartsRefined = 6;
constexpr double kRestartDistinct_rad = 0.2;

// A mesh and its levels of detail, finest last, as the rasterizer knows them.
struct Lod {
  MeshId id;
  Eigen::Vector3d center;  // ContourMesh::center
  double cell;             // 0: the mesh itself
};

// One run: the scene with the world's origin moved into the object, and what is resident in the
// rasterizer.
class Run {
 public:
  Run(const Scene& scene, Rasterizer* rasterizer, const AlignOptions& options,
      const AlignCallback& callback);
  ~Run();
  AlignResult Solve();

 private:
  void CheckScene() const;
  void AddMeshes();
  void AddLevels();
  void CheckStart() const;
  const Lod& ChooseLod(size_t mesh, size_t level, double px_per_unit) const;
  std::vector<SilhouetteView> ViewsAt(size_t level) const;
  double Depth(const Rigid3d& pose) const;
  double CostAt(size_t level, const Rigid3d& pose);
  size_t LevelOfWidth(double width_px) const;
  std::vector<MaskMoments> MomentsAt(size_t level) const;
  Rigid3d StartTranslation(const Rigid3d& start);
  double MaskEnergy(size_t level) const;
  LevelResult SolveOne(size_t level, const Rigid3d& start, bool silent);
  LevelResult Climb(const Rigid3d& start, size_t first, size_t last, bool silent);
  Rigid3d Restart(const Rigid3d& start, const LevelResult& reached, size_t check_level);
  void Descend(const Rigid3d& start, AlignResult* result);
  void Finish(AlignResult* result);
  ViewResult Judge(size_t view, const Rigid3d& pose);

  const Scene& scene_;
  Rasterizer* rasterizer_;
  const AlignOptions& options_;
  const AlignCallback& callback_;
  std::vector<std::vector<Lod>> lods_;  // by mesh
  std::vector<PyramidLevel> levels_;
  std::vector<std::vector<TargetId>> target_ids_;  // by level, view
  std::vector<bool> mask_empty_;
  // The run's world has its origin in the object: x_world = x_run + center_.
  Eigen::Vector3d center_ = Eigen::Vector3d::Zero();
  Rigid3d world_from_run_, run_from_world_;
  double radius_ = 0;
  double depth_ = 1;  // the object's distance, for the choice of the level of detail
  int iterations_ = 0, evaluations_ = 0;
};

Run::Run(const Scene& scene, Rasterizer* rasterizer, const AlignOptions& options,
         const AlignCallback& callback)
    : scene_(scene), rasterizer_(rasterizer), options_(options), callback_(callback) {
  options.Validate();
  CheckScene();
  AddMeshes();
  AddLevels();
  CheckStart();
}

Run::~Run() {
  for (const auto& lods : lods_) {
    for (const Lod& lod : lods) rasterizer_->ReleaseMesh(lod.id);
  }
  for (const auto& level : target_ids_) {
    for (TargetId id : level) rasterizer_->ReleaseTarget(id);
  }
}

void Run::CheckScene() const {
  CHECK(!scene_.views.empty());
  bool any_mask = false;
  for (const View& view : scene_.views) {
    CHECK(view.mask.width == view.camera.width_px && view.mask.height == view.camera.height_px);
    CHECK(view.mesh_index >= 0 && static_cast<size_t>(view.mesh_index) < scene_.meshes.size());
    any_mask = any_mask || std::any_of(view.mask.pixels.begin(), view.mask.pixels.end(),
                                       [](float t) { return t > 0; });
  }
  if (!any_mask) throw InputError("every view's mask is empty: there is nothing to align to");
  if (!scene_.initial_rig_from_world) {
    throw InputError("no initial pose is given (a start is needed)");
  }
}

void Run::AddMeshes() {
  std::vector<std::shared_ptr<const ContourMesh>> prepared;
  const auto add = [&](const TriangleMesh& mesh, double cell) {
    prepared.push_back(std::make_shared<ContourMesh>(mesh));
    const Vec3& c = prepared.back()->center;
    lods_.back().push_back({rasterizer_->AddMesh(prepared.back()), {c.x, c.y, c.z}, cell});
  };
  std::vector<double> radius;
  for (const auto& mesh : scene_.meshes) {
    lods_.emplace_back();
    for (int faces : kLodFaces) {
      if (mesh->faces.size() < static_cast<size_t>(kLodSaves) * faces) continue;
      const SimplifiedMesh simple = SimplifyByClustering(*mesh, faces);
      if (!simple.mesh.faces.empty()) add(simple.mesh, simple.cell);
    }
    add(*mesh, 0);
    radius.push_back(prepared.back()->radius);
  }
  for (const View& view : scene_.views) {
    center_ += view.world_from_object * lods_[view.mesh_index].back().center;
    radius_ = std::max(radius_, radius[view.mesh_index]);
  }
  center_ /= static_cast<double>(scene_.views.size());
  world_from_run_ = Rigid3d(Eigen::Quaterniond::Identity(), center_);
  run_from_world_ = Rigid3d(Eigen::Quaterniond::Identity(), Eigen::Vector3d(-center_));
}

void Run::AddLevels() {
  double widest = 0, smallest_mask = std::numeric_limits<double>::infinity();
  for (const View& view : scene_.views) {
    widest = std::max<double>(widest, view.camera.width_px);
    double area = 0;
    for (float t : view.mask.pixels) area += t;
    mask_empty_.push_back(!(area > 0));
    if (area > 0) smallest_mask = std::min(smallest_mask, std::sqrt(area));
  }
  for (double scale :
       LevelScales(widest, smallest_mask, options_.coarsest_width_px, options_.level_factor)) {
    levels_.push_back(MakeLevel(scene_, scale));
    target_ids_.emplace_back();
    for (const auto& target : levels_.back().targets) {
      target_ids_.back().push_back(rasterizer_->AddTarget(target));
    }
  }
}

// A start is of use if some view with a mask can see the object, or can be made to by a shift.
void Run::CheckStart() const {
  const Rigid3d start = *scene_.initial_rig_from_world * world_from_run_;
  bool in_front = false, on_screen = false;
  double z = 0;
  for (size_t i = 0; i < scene_.views.size(); ++i) {
    if (mask_empty_[i]) continue;
    const Camera& camera = scene_.views[i].camera;
    const Eigen::Vector3d center = scene_.views[i].cam_from_rig * start.translation;
    z = center.z();
    if (!(center.z() > -radius_)) continue;
    in_front = in_front || center.z() > 0;
    if (center.z() < radius_) {
      on_screen = true;  // around the camera
      continue;
    }
    const Eigen::Vector2d p = camera.Project(center);
    const double margin =
        std::max(camera.fx_px, camera.fy_px) * radius_ / (center.z() - radius_ / 2);
    on_screen = on_screen || (p.x() > -margin && p.x() < camera.width_px + margin &&
                              p.y() > -margin && p.y() < camera.height_px + margin);
  }
  char text[200];
  if (!in_front) {
    std::snprintf(text, sizeof(text),
                  "the start puts the object behind the camera (its centre at depth %.4g) in every "
                  "view that has a mask",
                  z);
    throw InputError(text);
  }
  if (!on_screen && !options_.moment_translation) {
    throw InputError("the start puts the object off screen in every view that has a mask");
  }
}

const Lod& Run::ChooseLod(size_t mesh, size_t level, double px_per_unit) const {
  const std::vector<Lod>& lods = lods_[mesh];
  if (level + 1 == levels_.size()) return lods.back();
  for (const Lod& lod : lods) {
    if (lod.cell * px_per_unit <= kLodCellPx) return lod;
  }
  return lods.back();
}

std::vector<SilhouetteView> Run::ViewsAt(size_t level) const {
  std::vector<SilhouetteView> views(scene_.views.size());
  for (size_t i = 0; i < views.size(); ++i) {
    const View& view = scene_.views[i];
    views[i].camera = levels_[level].cameras[i];
    const Lod& lod = ChooseLod(view.mesh_index, level, views[i].camera.fx_px / depth_);
    views[i].mesh = lod.id;
    views[i].mesh_center_in_object = lod.center;
    views[i].target = target_ids_[level][i];
    views[i].cam_from_rig = view.cam_from_rig;
    views[i].world_from_object = run_from_world_ * view.world_from_object;
  }
  return views;
}

// The object's distance from the nearest camera whose mask shows it.
double Run::Depth(const Rigid3d& pose) const {
  double depth = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < scene_.views.size(); ++i) {
    const Eigen::Vector3d center = scene_.views[i].cam_from_rig * pose.translation;
    if (!mask_empty_[i]) depth = std::min(depth, center.norm());
  }
  return std::max(depth, 0.1 * radius_);
}

double Run::CostAt(size_t level, const Rigid3d& pose) {
  std::vector<RasterJob> jobs;
  for (const SilhouetteView& view : ViewsAt(level)) jobs.push_back(view.Job(pose));
  std::vector<GramResult> results;
  rasterizer_->Evaluate(jobs, &results);
  ++evaluations_;
  double cost = 0;
  for (const GramResult& result : results) cost += 0.5 * result.gram[48];
  return cost;
}

size_t Run::LevelOfWidth(double width_px) const {
  size_t level = 0;
  while (level + 1 < levels_.size() && levels_[level].cameras[0].width_px < 0.99 * width_px) {
    ++level;
  }
  return level;
}

std::vector<MaskMoments> Run::MomentsAt(size_t level) const {
  std::vector<MaskMoments> masks;
  for (const auto& target : levels_[level].targets) masks.push_back(MomentsOf(*target));
  return masks;
}

Rigid3d Run::StartTranslation(const Rigid3d& start) {
  const size_t level = LevelOfWidth(kMomentWidthPx);
  return FitTranslationsToMoments(ViewsAt(level), MomentsAt(level), rasterizer_, {start},
                                  kMomentSteps, &evaluations_)[0]
      .rig_from_world;
}

// Σ w T² over all views: the cost of an empty frame, twice.
double Run::MaskEnergy(size_t level) const {
  double sum = 0;
  for (const auto& target : levels_[level].targets) {
    for (int r = 0; r < target->height_px(); ++r) sum += target->RowCost(r, false);
  }
  return sum;
}

// The levels up to and including `last`; stops early as SolveOne tells.
LevelResult Run::Climb(const Rigid3d& start, size_t first, size_t last, bool silent) {
  LevelResult result;
  Rigid3d pose = start;
  for (size_t level = first; level <= last; ++level) {
    result = SolveOne(level, pose, silent);
    pose = result.rig_from_world;
    if (result.stopped || iterations_ >= options_.max_iterations) break;
  }
  return result;
}

// Looks around the start where its own descent has ended in a poor fit; returns the better pose.
Rigid3d Run::Restart(const Rigid3d& start, const LevelResult& reached, size_t check_level) {
  const size_t level = LevelOfWidth(kMomentWidthPx / 2);
  const std::vector<ScoredPose> scored =
      ScoreRotations(ViewsAt(level), MomentsAt(level), rasterizer_, start,
                     RotationBall(options_.restarts, options_.restart_angle_rad),
                     kRestartMomentSteps, &evaluations_);
  Rigid3d best = reached.rig_from_world;
  double best_cost = reached.final_cost;
  for (const ScoredPose& candidate : BestDistinct(scored, kRestartsRefined, kRestartDistinct_rad)) {
    if (iterations_ >= options_.max_iterations) break;
    const LevelResult result = Climb(candidate.rig_from_world, level, check_level, true);
    if (result.stopped) break;
    if (result.final_cost < best_cost) {
      best_cost = result.final_cost;
      best = result.rig_from_world;
    }
  }
  return best;
}

LevelResult Run::SolveOne(size_t level, const Rigid3d& start, bool silent) {
  const bool last = level + 1 == levels_.size();
  depth_ = Depth(start);
  LevelOptions options;
  options.max_iterations =
      std::min(options_.max_iterations_per_level, options_.max_iterations - iterations_);
  options.step_px = last ? options_.final_step_px : options_.coarse_step_px;
  options.cost_change = last ? options_.final_cost_change : options_.coarse_cost_change;
  options.max_rotation_step_rad = options_.max_rotation_step_rad;
  options.max_translation_step = options_.max_translation_step * depth_;
  options.radius = radius_;
  const auto report = [&](AlignIteration iteration) {
    if (!callback_ || silent) return true;
    iteration.level = static_cast<int>(level);
    iteration.num_levels = static_cast<int>(levels_.size());
    iteration.width_px = levels_[level].cameras[0].width_px;
    iteration.height_px = levels_[level].cameras[0].height_px;
    iteration.rig_from_world = iteration.rig_from_world * run_from_world_;
    return callback_(iteration);
  };
  const LevelResult result = SolveLevel(ViewsAt(level), rasterizer_, start, options, report);
  iterations_ += result.iterations;
  evaluations_ += result.evaluations;
  return result;
}

// Coarse to fine from `start`; sets pose, costs, status and termination.
void Run::Descend(const Rigid3d& start, AlignResult* result) {
  const size_t last = levels_.size() - 1, check = LevelOfWidth(kCheckWidthPx);
  depth_ = Depth(start);
  result->initial_cost = CostAt(last, start);
  const Rigid3d moved = options_.moment_translation ? StartTranslation(start) : start;
  depth_ = Depth(moved);
  LevelResult reached = Climb(moved, 0, check, false);
  const auto exhausted = [&] { return reached.stopped || iterations_ >= options_.max_iterations; };
  if (!exhausted() && options_.restarts > 0 &&
      2 * reached.final_cost > options_.restart_misfit * MaskEnergy(check)) {
    result->restarted = true;
    reached.rig_from_world = Restart(moved, reached, check);
    if (check == last) reached = SolveOne(last, reached.rig_from_world, false);
  }
  bool finished = check == last;
  if (!exhausted() && check < last) {
    reached = Climb(reached.rig_from_world, check + 1, last, false);
    finished = !exhausted();
  }
  depth_ = Depth(reached.rig_from_world);
  if (!finished) reached.final_cost = CostAt(last, reached.rig_from_world);
  if (reached.final_cost > result->initial_cost) {
    // The coarse levels led away from a start that was better.
    if (finished && !exhausted()) {
      reached = SolveOne(last, start, false);
    } else {
      reached.rig_from_world = start;
      reached.final_cost = result->initial_cost;
    }
  }
  result->rig_from_world = reached.rig_from_world;
  result->final_cost = reached.final_cost;
  result->termination = reached.termination;
  result->status = reached.stopped                 ? AlignStatus::kStopped
                   : reached.failed                ? AlignStatus::kFailed
                   : finished && reached.converged ? AlignStatus::kConverged
                                                   : AlignStatus::kNotConverged;
}

ViewResult Run::Judge(size_t index, const Rigid3d& pose) {
  const View& view = scene_.views[index];
  const SilhouetteView at_full = ViewsAt(levels_.size() - 1)[index];
  const Image<double> coverage = rasterizer_->Coverage(at_full.Job(pose), nullptr);
  ViewResult result;
  result.name = view.name;
  result.cam_from_world = view.cam_from_rig * pose * run_from_world_;
  result.camera_center_in_world = result.cam_from_world.TargetOriginInSource();
  result.iou = IntersectionOverUnion(coverage, view.mask, view.weight);
  result.contour_rms_px = ContourRms_px(coverage, view.mask, view.weight);
  result.mask_empty = mask_empty_[index];
  result.object_in_frame =
      std::any_of(coverage.pixels.begin(), coverage.pixels.end(), [](double m) { return m > 0; });
  for (int r = 0; r < view.mask.height; ++r) {
    for (int c = 0; c < view.mask.width; ++c) {
      const bool border = r == 0 || c == 0 || r + 1 == view.mask.height || c + 1 == view.mask.width;
      if (border && view.mask.at(c, r) >= 0.5f) result.mask_touches_frame = true;
    }
  }
  return result;
}

void Run::Finish(AlignResult* result) {
  const Rigid3d pose = result->rig_from_world;
  const size_t last = levels_.size() - 1;
  bool overlap = false;
  for (size_t i = 0; i < scene_.views.size(); ++i) {
    result->views.push_back(Judge(i, pose));
    overlap = overlap || (!result->views[i].mask_empty && result->views[i].iou > 0);
  }
  if (!overlap) {
    result->status = AlignStatus::kNoOverlap;
    result->termination = "the object meets none of the masks; " + result->termination;
  }
  if (options_.covariance && overlap) {
    std::vector<const Target*> targets;
    for (const auto& target : levels_[last].targets) targets.push_back(target.get());
    result->covariance = SandwichCovariance(ViewsAt(last), targets, rasterizer_, pose);
  }
  result->rig_from_world = pose * run_from_world_;
  result->object_center_in_world = center_;
  result->iterations = iterations_;
  result->evaluations = evaluations_;
  result->backend = rasterizer_->name();
}

AlignResult Run::Solve() {
  AlignResult result;
  const Clock::time_point start = Clock::now();
  Descend(*scene_.initial_rig_from_world * world_from_run_, &result);
  result.solve_seconds = SecondsSince(start);
  Finish(&result);
  return result;
}

void Require(bool ok, const char* field, double value, const char* rule) {
  if (ok) return;
  char text[160];
  std::snprintf(text, sizeof(text), "option %s is %g; it must be %s", field, value, rule);
  throw InputError(text);
}

}  // namespace

const char* ToString(AlignStatus status) {
  switch (status) {
    case AlignStatus::kConverged:
      return "converged";
    case AlignStatus::kNotConverged:
      return "not_converged";
    case AlignStatus::kNoOverlap:
      return "no_overlap";
    case AlignStatus::kStopped:
      return "stopped";
    case AlignStatus::kFailed:
      return "failed";
  }
  return "unknown";
}

void AlignOptions::Validate() const {
  Require(coarsest_width_px >= 4, "coarsest_width_px", coarsest_width_px, "at least 4");
  Require(level_factor > 1 && level_factor <= 16, "level_factor", level_factor,
          "above 1 and at most 16");
  Require(max_iterations_per_level >= 1, "max_iterations_per_level", max_iterations_per_level,
          "at least 1");
  Require(max_iterations >= 1, "max_iterations", max_iterations, "at least 1");
  Require(max_rotation_step_rad > 0, "max_rotation_step_rad", max_rotation_step_rad, "positive");
  Require(max_translation_step > 0, "max_translation_step", max_translation_step, "positive");
  Require(restarts >= 0, "restarts", restarts, "at least 0");
  Require(restart_angle_rad > 0 && restart_angle_rad <= M_PI, "restart_angle_rad",
          restart_angle_rad, "above 0 and at most pi");
  Require(restart_misfit >= 0, "restart_misfit", restart_misfit, "at least 0");
  Require(coarse_step_px >= 0, "coarse_step_px", coarse_step_px, "at least 0");
  Require(coarse_cost_change >= 0, "coarse_cost_change", coarse_cost_change, "at least 0");
  Require(final_step_px >= 0, "final_step_px", final_step_px, "at least 0");
  Require(final_cost_change >= 0, "final_cost_change", final_cost_change, "at least 0");
}

double AlignResult::MeanIou() const {
  double sum = 0;
  int count = 0;
  for (const ViewResult& view : views) {
    if (view.mask_empty) continue;
    sum += view.iou;
    ++count;
  }
  return count > 0 ? sum / count : 0.0;
}

bool AlignResult::IsUsable() const {
  const bool each = std::all_of(views.begin(), views.end(), [](const ViewResult& view) {
    return view.mask_empty || view.iou >= 0.7;
  });
  return status == AlignStatus::kConverged && each && MeanIou() >= 0.85;
}

AlignResult Align(const Scene& scene, Rasterizer* rasterizer, const AlignOptions& options,
                  const AlignCallback& callback) {
  CHECK(rasterizer != nullptr);
  const Clock::time_point start = Clock::now();
  Run run(scene, rasterizer, options, callback);
  const double prepare_seconds = SecondsSince(start);
  AlignResult result = run.Solve();
  result.prepare_seconds = prepare_seconds;
  return result;
}

}  // namespace ceres_align
