// Tables of the alignment: basin of convergence, accuracy, and time, on binary or anti-aliased
// masks from the independent point sampler.
#include <gflags/gflags.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/synth/mask_noise.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"
#include "cli/choice_flag.h"
#include "cli/noise_flags.h"

DEFINE_string(meshes, "blob:6000,multi_part:6000,rooster:6000",
              "comma-separated: mesh files, or shape:faces of make_mesh");
DEFINE_string(angles_deg, "10,20,30,45,60", "start's rotation off the truth");
DEFINE_string(offsets_percent, "6,10,12,15,18",
              "start's translation off the truth, of the distance; one per angle");
DEFINE_int32(trials, 48, "trials per cell, spread over the meshes");
DEFINE_int32(width, 306, "px");
DEFINE_int32(height, 256, "px");
DEFINE_int32(views, 2, "1: one camera; n: cameras rig_deg apart around the object");
DEFINE_double(rig_deg, 60, "angle between neighbouring cameras");
DEFINE_int32(samples, 1, "1: binary masks; n: anti-aliased by n x n samples");
DEFINE_int32(seed, 1, "of poses and starts");
DEFINE_int32(num_threads, 1, "0: all");
DEFINE_double(success_deg, 0.5, "a trial counts as a success below this rotation error");
DEFINE_double(success_percent, 1.0, "and this translation error, of the distance");
DEFINE_int32(restarts, ceres_align::AlignOptions().restarts,
             "AlignOptions; 0: Levenberg-Marquardt from the start alone");
DEFINE_bool(no_start, false, "no start is given: every rotation is searched");
DEFINE_double(scatter, 0.1, "lateral shift of the object, in its radii");
DEFINE_double(depth_scatter, 0, "random factor of its depth");
DEFINE_int32(finest_window, ceres_align::AlignOptions().finest_window, "AlignOptions");
DEFINE_int32(sharp_window, ceres_align::AlignOptions().sharp_window, "AlignOptions");
DEFINE_string(robust, ToString(ceres_align::AlignOptions().robust),
              "AlignOptions: auto, off or on");
DEFINE_string(mask_offset, ToString(ceres_align::AlignOptions().offset),
              "AlignOptions::offset: auto, off or on");
DEFINE_int32(search_candidates, ceres_align::AlignOptions().search_candidates, "AlignOptions");
DEFINE_int32(search_refined, ceres_align::AlignOptions().search_refined, "AlignOptions");
DEFINE_int32(search_rotations_refined, ceres_align::AlignOptions().search_rotations_refined,
             "AlignOptions");
DEFINE_int32(search_kept, ceres_align::AlignOptions().search_kept, "AlignOptions");
DEFINE_int32(search_finalists, ceres_align::AlignOptions().search_finalists, "AlignOptions");
DEFINE_int32(search_thinned, ceres_align::AlignOptions().search_thinned, "AlignOptions");
DEFINE_bool(covariance, false, "how well the covariance tells the errors of the successes");
DEFINE_bool(print_failures, false, "a line for each failed trial");
DEFINE_bool(print_trials, false, "a line for each trial");
DEFINE_bool(print_ambiguous, false, "a line for each trial called ambiguous");
DEFINE_double(coarsest_width_px, ceres_align::AlignOptions().coarsest_width_px, "AlignOptions");

namespace ceres_align {
namespace {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  double Uniform(double low, double high) {
    return low + (high - low) * (static_cast<double>(engine_() >> 11) * 0x1p-53);
  }
  double Normal() {
    return std::sqrt(-2 * std::log(1 - Uniform(0, 1))) * std::cos(Uniform(0, 2 * M_PI));
  }
  Eigen::Vector3d UnitVector() {
    return Eigen::Vector3d(Normal(), Normal(), Normal()).normalized();
  }
  Eigen::Quaterniond Rotation() {
    const double w = Normal(), x = Normal(), y = Normal(), z = Normal();
    return Eigen::Quaterniond(w, x, y, z).normalized();
  }

 private:
  std::mt19937_64 engine_;
};

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> items;
  std::stringstream stream(list);
  for (std::string item; std::getline(stream, item, ',');) items.push_back(item);
  return items;
}

std::shared_ptr<const TriangleMesh> GetMesh(const std::string& name) {
  const size_t colon = name.find(':');
  if (colon == std::string::npos) return std::make_shared<TriangleMesh>(LoadMesh(name).mesh);
  auto mesh = std::make_shared<TriangleMesh>(
      MakeShape(name.substr(0, colon), std::stoll(name.substr(colon + 1)), 7));
  CleanMesh(mesh.get());
  return mesh;
}

// The object about two thirds of the image's height, near the middle; fov 60° on the short side.
// `network_seed`: all masks of a trial are of one network (--segmented).
Scene MakeTrial(const std::shared_ptr<const TriangleMesh>& mesh, double angle_deg,
                double offset_percent, uint64_t network_seed, Random* random) {
  const Sphere sphere = BoundingSphere(*mesh);
  const double f = 0.5 * std::min(FLAGS_width, FLAGS_height) / std::tan(M_PI / 6);
  const Camera camera{FLAGS_width, FLAGS_height, f, f, 0.5 * FLAGS_width, 0.5 * FLAGS_height};
  const double depth = sphere.radius * f / (0.36 * FLAGS_height) *
                       (1 + random->Uniform(-FLAGS_depth_scatter, FLAGS_depth_scatter));
  const Eigen::Quaterniond rotation = random->Rotation();
  const Eigen::Vector3d center(random->Uniform(-FLAGS_scatter, FLAGS_scatter) * sphere.radius,
                               random->Uniform(-FLAGS_scatter, FLAGS_scatter) * sphere.radius,
                               depth);
  Scene scene;
  scene.meshes = {mesh};
  scene.true_rig_from_world = Rigid3d(rotation, Eigen::Vector3d(center - rotation * sphere.center));
  const Eigen::Quaterniond turn = ExpRotation(angle_deg * M_PI / 180 * random->UnitVector());
  const Eigen::Vector3d moved = center + 0.01 * offset_percent * depth * random->UnitVector();
  const Eigen::Quaterniond start = turn * rotation;
  if (!FLAGS_no_start)
    scene.initial_rig_from_world = Rigid3d(start, Eigen::Vector3d(moved - start * sphere.center));
  const Eigen::Vector3d pivot(0, 0, depth);
  const MaskNoise noise = cli::NoiseOfFlags(network_seed);
  for (int i = 0; i < FLAGS_views; ++i) {
    View view;
    view.name = "view" + std::to_string(i);
    view.camera = camera;
    const Eigen::Quaterniond rig = ExpRotation({0, i * FLAGS_rig_deg * M_PI / 180, 0});
    view.cam_from_rig = Rigid3d(rig, Eigen::Vector3d(pivot - rig * pivot));
    view.mask =
        RenderMask(*mesh, view.cam_from_rig * *scene.true_rig_from_world, camera, FLAGS_samples);
    ImageF hidden;
    view.mask =
        ApplyNoise(view.mask, noise, static_cast<uint64_t>(random->Uniform(0, 1e9)), &hidden);
    if (cli::MarkOccluder()) {
      view.weight = hidden;
      for (float& v : view.weight.pixels) v = 1 - v;
    }
    scene.views.push_back(view);
  }
  return scene;
}

// Nearest rank.
double Quantile(std::vector<double> values, double part) {
  if (values.empty()) return NAN;
  const size_t rank = static_cast<size_t>(part * static_cast<double>(values.size()));
  const auto at = values.begin() + static_cast<ptrdiff_t>(std::min(rank, values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}
double Median(const std::vector<double>& values) { return Quantile(values, 0.5); }

struct Cell {
  int trials = 0, successes = 0, ambiguous = 0;
  int usable_successes = 0, usable_failures = 0;
  std::vector<double> rotation_deg, translation_percent, evaluations, iterations, ms, total_ms,
      cpu_ms, prepare_ms, chi2;
};

/// A mesh as Align takes it. What is only made when it is asked for (tables of the search,
/// symmetry) is in the time of the first trial.
struct Model {
  std::shared_ptr<const TriangleMesh> mesh;
  PreparedMeshes prepared;
  double prepare_ms = 0;
};

double MsSince(std::chrono::steady_clock::time_point start) {
  return 1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Model MakeModel(const std::string& name) {
  Model model;
  model.mesh = GetMesh(name);
  const auto start = std::chrono::steady_clock::now();
  model.prepared = {std::make_shared<PreparedMesh>(model.mesh)};
  model.prepare_ms = MsSince(start);
  return model;
}

// The error by the covariance: [ω, v] as in AlignResult::covariance; of 6 degrees of freedom.
double Chi2(const AlignResult& result, const Rigid3d& truth) {
  Eigen::Matrix<double, 6, 1> error;
  error << LogRotation(result.rig_from_world.rotation * truth.rotation.conjugate()),
      result.rig_from_world * result.object_center_in_world - truth * result.object_center_in_world;
  return error.dot(result.covariance->ldlt().solve(error));
}

void PrintCalibration(const Cell& cell) {
  constexpr double k50 = 5.348, k90 = 10.645;  // quantiles of chi-square, 6 degrees of freedom
  const auto below = [&](double limit) {
    return 100.0 *
           std::count_if(cell.chi2.begin(), cell.chi2.end(), [&](double x) { return x < limit; }) /
           std::max<size_t>(1, cell.chi2.size());
  };
  std::printf(
      "  covariance: %zu of %d successes have one; median chi2/6 %.2f (ideal 0.89), inside the 50 "
      "%% ellipsoid %.1f %%, the 90 %% one %.1f %%\n",
      cell.chi2.size(), cell.successes, Median(cell.chi2) / 6, below(k50), below(k90));
}

void PrintTrial(const std::string& name, int trial, const AlignResult& result,
                const PoseError& error) {
  std::printf("  %s trial %d: %.4f deg %.4f %%, %s, %s%s, cost %.4f, %d evaluations", name.c_str(),
              trial, error.rotation_deg, error.translation_percent,
              result.IsUsable()  ? "usable"
              : result.IsRight() ? "right"
                                 : "refused",
              result.searched    ? "searched"
              : result.restarted ? "restarted"
                                 : "descended",
              result.sharpened ? ", sharp" : "", result.final_cost, result.evaluations);
  for (const MaskTreatment& mask : result.masks) {
    std::printf(
        "; offset %.3f (%.3f) px, step %d, band %.1f px, left out %.3f + %.3f, rest %.2f px",
        mask.offset_px, mask.offset_sigma_px, static_cast<int>(mask.step), mask.band_px,
        mask.outside, mask.inside, mask.coherent_rms_px);
  }
  for (const Check& check : result.checks) {
    if (!check.passed) std::printf("; %s", check.name.c_str());
  }
  std::printf("\n");
}

void RunTrial(const std::string& name, const Model& model, const Scene& scene, int trial,
              Rasterizer* rasterizer, Cell* cell) {
  AlignOptions options;
  options.covariance = FLAGS_covariance;
  options.coarsest_width_px = FLAGS_coarsest_width_px;
  options.restarts = FLAGS_restarts;
  options.sharp_window = FLAGS_sharp_window;
  options.finest_window = FLAGS_finest_window;
  options.robust = cli::ChoiceFlag("robust", FLAGS_robust);
  options.offset = cli::ChoiceFlag("mask_offset", FLAGS_mask_offset);
  options.search_candidates = FLAGS_search_candidates;
  options.search_refined = FLAGS_search_refined;
  options.search_rotations_refined = FLAGS_search_rotations_refined;
  options.search_thinned = FLAGS_search_thinned;
  options.search_kept = FLAGS_search_kept;
  options.search_finalists = FLAGS_search_finalists;
  const std::clock_t cpu_start = std::clock();
  const auto start = std::chrono::steady_clock::now();
  const AlignResult result = Align(scene, model.prepared, rasterizer, options);
  cell->total_ms.push_back(MsSince(start));
  cell->cpu_ms.push_back(1e3 * static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC);
  const PoseError error = ComparePoses(result.rig_from_world, *scene.true_rig_from_world,
                                       result.object_center_in_world);
  ++cell->trials;
  const bool success =
      error.rotation_deg < FLAGS_success_deg && error.translation_percent < FLAGS_success_percent;
  if (success) ++cell->successes;
  if (result.IsUsable()) ++(success ? cell->usable_successes : cell->usable_failures);
  if (success && result.covariance) {
    cell->chi2.push_back(Chi2(result, *scene.true_rig_from_world));
  }
  if (result.ambiguous) ++cell->ambiguous;
  if (result.ambiguous && FLAGS_print_ambiguous) {
    std::printf("  ambiguous: %s trial %d: %.2f deg, %s\n", name.c_str(), trial, error.rotation_deg,
                result.ambiguity.c_str());
  }
  cell->evaluations.push_back(result.evaluations);
  cell->iterations.push_back(result.iterations);
  cell->ms.push_back(1e3 * result.solve_seconds);
  cell->prepare_ms.push_back(model.prepare_ms);
  cell->rotation_deg.push_back(error.rotation_deg);
  cell->translation_percent.push_back(error.translation_percent);
  if (FLAGS_print_trials) PrintTrial(name, trial, result, error);
  if (!success && FLAGS_print_failures) {
    // What the masks themselves prefer: the cost that a run from the truth ends at.
    Scene from_truth = scene;
    from_truth.initial_rig_from_world = scene.true_rig_from_world;
    const AlignResult at_truth = Align(from_truth, model.prepared, rasterizer, options);
    std::printf(
        "  failed: %s trial %d: %.2f deg %.2f %%, mean IoU %.4f, cost %.3f (from the truth %.3f), "
        "%s (%s)\n",
        name.c_str(), trial, error.rotation_deg, error.translation_percent, result.MeanIou(),
        result.final_cost, at_truth.final_cost, ToString(result.status),
        result.termination.c_str());
  }
}

void PrintRow(const std::string& start, const Cell& cell) {
  std::printf(
      "| %s | %.1f | %.4f | %.4f | %.4f | %.4f | %.0f | %.0f | %.2f | %.2f | %.2f | %d | %d of %d "
      "| "
      "%d of %d | %.2f |\n",
      start.c_str(), 100.0 * cell.successes / cell.trials, Median(cell.rotation_deg),
      Median(cell.translation_percent), Quantile(cell.rotation_deg, 0.9),
      Quantile(cell.translation_percent, 0.9), Median(cell.evaluations), Median(cell.iterations),
      Median(cell.prepare_ms), Median(cell.ms), Median(cell.total_ms), cell.ambiguous,
      cell.usable_successes, cell.successes, cell.usable_failures, cell.trials - cell.successes,
      Median(cell.cpu_ms));
}

int Main() {
  std::map<std::string, Model> models;
  const std::vector<std::string> names = Split(FLAGS_meshes);
  for (const std::string& name : names) models[name] = MakeModel(name);
  const std::vector<std::string> angles = Split(FLAGS_angles_deg);
  const std::vector<std::string> offsets = Split(FLAGS_offsets_percent);
  if (angles.size() != offsets.size()) {
    std::fprintf(stderr, "--angles_deg and --offsets_percent must have the same length\n");
    return 1;
  }
  CpuRasterizer rasterizer(FLAGS_num_threads);
  std::printf("%d view(s), rig %g deg, %dx%d, %s masks, %d trials a cell, %zu meshes\n",
              FLAGS_views, FLAGS_rig_deg, FLAGS_width, FLAGS_height,
              FLAGS_samples == 1 ? "binary" : "anti-aliased", FLAGS_trials, names.size());
  std::printf(
      "| start deg / %% | success %% | median deg | median %% | p90 deg | p90 %% | evaluations | "
      "iterations | prepare ms | solve ms | total ms | ambiguous | usable: right | usable: wrong "
      "| cpu ms |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (size_t a = 0; a < angles.size(); ++a) {
    Cell cell;
    for (int trial = 0; trial < FLAGS_trials; ++trial) {
      const std::string& name = names[trial % names.size()];
      Random random(1000003ull * FLAGS_seed + 1009 * a + trial);
      const Model& model = models.at(name);
      const Scene scene = MakeTrial(model.mesh, std::stod(angles[a]), std::stod(offsets[a]),
                                    1009ull * FLAGS_seed + trial, &random);
      RunTrial(name, model, scene, trial, &rasterizer, &cell);
    }
    PrintRow(angles[a] + " / " + offsets[a], cell);
    if (FLAGS_covariance) PrintCalibration(cell);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace ceres_align

int main(int argc, char** argv) {
  // Waves are short here unless --segmented makes them.
  gflags::SetCommandLineOptionWithMode("wave_length_px", "10", gflags::SET_FLAGS_DEFAULT);
  gflags::SetUsageMessage("tables of the alignment's basin, accuracy and time");
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  try {
    return ceres_align::Main();
  } catch (const ceres_align::InputError& error) {
    std::fprintf(stderr, "bench_align: %s\n", error.what());
    return 1;
  }
}
