// What the alignment makes of masks and poses that this project did not make, without a start and
// without options: photographs of robots with the masks of a segmentation network, reference
// renders of other projects.
#include <gflags/gflags.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "bench_real_cases.h"
#include "ceres_align/align/aligner.h"
#include "ceres_align/base/error.h"
#include "ceres_align/render/cpu_rasterizer.h"

DEFINE_string(data, CERES_ALIGN_SHARED_DATA, "the folder with cases.json");
DEFINE_string(sets, "", "comma-separated; empty: all");
DEFINE_string(ids, "",
              "comma-separated; empty: all. 'together': all cases of a robot in one scene");
DEFINE_int32(num_threads, 0, "0: all");
DEFINE_int32(repeat, 1, "runs of each case; the fastest is reported");
DEFINE_double(outline_tolerance, ceres_align::AlignOptions().outline_tolerance, "AlignOptions");
DEFINE_double(right_deg, 3,
              "an answer within this of a published estimate counts as right (exact "
              "poses: 0.5)");
DEFINE_double(right_percent, 3, "and within this part of the distance (exact poses: 1)");
DEFINE_bool(print_checks, false, "the sentence of each check that failed");

namespace ceres_align {
namespace {

// Quantiles of chi-square at 99 %.
constexpr double k99Of3 = 11.345, k99Of6 = 16.812;

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> items;
  std::stringstream stream(list);
  for (std::string item; std::getline(stream, item, ',');) items.push_back(item);
  return items;
}

/// One case as it went.
struct Outcome {
  AlignResult result;
  PoseError error;                             ///< at the object's centre
  double centre_error = 0;                     ///< of the rig's origin in the world, mesh units
  double chi2_rotation = NAN, chi2 = NAN;      ///< of the stored pose; 3 and 6 degrees of freedom
  double sigma_deg = NAN, sigma_centre = NAN;  ///< centre: of the rig's origin, mesh units
  double cpu_seconds = 0;                      ///< of all threads, in Align
  double seconds = 0;                          ///< wall time of Align
  bool right = false;
};

// The covariance of [ω, v] about the object's centre carried over to the camera's centre in the
// world, C = X − Rᵀ x: dC = Rᵀ(ω × x − v), x = the object's centre in the rig's frame.
double SigmaOfCentre(const AlignResult& result) {
  const Eigen::Vector3d x = result.rig_from_world * result.object_center_in_world;
  Eigen::Matrix<double, 3, 6> J;
  J << 0, x.z(), -x.y(), -1, 0, 0, -x.z(), 0, x.x(), 0, -1, 0, x.y(), -x.x(), 0, 0, 0, -1;
  return std::sqrt((J * *result.covariance * J.transpose()).trace());
}

void Judge(const RealCase& problem, Outcome* outcome) {
  const AlignResult& result = outcome->result;
  const Rigid3d& truth = *problem.scene.true_rig_from_world;
  outcome->error = ComparePoses(result.rig_from_world, truth, result.object_center_in_world);
  outcome->centre_error =
      (result.rig_from_world.TargetOriginInSource() - truth.TargetOriginInSource()).norm();
  outcome->right = outcome->error.rotation_deg <= (problem.exact ? 0.5 : FLAGS_right_deg) &&
                   outcome->error.translation_percent <= (problem.exact ? 1 : FLAGS_right_percent);
  if (!result.covariance) return;
  Eigen::Matrix<double, 6, 1> error;
  error << LogRotation(result.rig_from_world.rotation * truth.rotation.conjugate()),
      result.rig_from_world * result.object_center_in_world - truth * result.object_center_in_world;
  const Eigen::Matrix<double, 6, 6>& covariance = *result.covariance;
  outcome->chi2 = error.dot(covariance.ldlt().solve(error));
  outcome->chi2_rotation = error.head<3>().dot(
      Eigen::Matrix3d(covariance.topLeftCorner<3, 3>()).ldlt().solve(error.head<3>()));
  outcome->sigma_deg = std::sqrt(covariance.topLeftCorner<3, 3>().trace()) * 180 / M_PI;
  outcome->sigma_centre = SigmaOfCentre(result);
}

Outcome Run(const RealCase& problem) {
  AlignOptions options;
  options.outline_tolerance = FLAGS_outline_tolerance;
  Outcome best;
  for (int i = 0; i < std::max(1, FLAGS_repeat); ++i) {
    CpuRasterizer rasterizer(FLAGS_num_threads);
    const std::clock_t cpu_start = std::clock();
    const auto start = std::chrono::steady_clock::now();
    AlignResult result = Align(problem.scene, &rasterizer, options);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double cpu_seconds =
        static_cast<double>(std::clock() - cpu_start) / static_cast<double>(CLOCKS_PER_SEC);
    best.cpu_seconds = i == 0 ? cpu_seconds : std::min(best.cpu_seconds, cpu_seconds);
    if (i > 0 && seconds >= best.seconds) continue;
    best.result = std::move(result);
    best.seconds = seconds;
  }
  Judge(problem, &best);
  return best;
}

std::string FailedChecks(const AlignResult& result) {
  std::string failed;
  for (const Check& check : result.checks) {
    if (!check.passed) failed += (failed.empty() ? "" : " ") + check.name;
  }
  return failed.empty() ? "–" : failed;
}

void PrintHeader() {
  std::printf(
      "| case | views | pose | centre | rotation deg | sigma centre | sigma deg | chi2 rotation, 3 "
      "| "
      "chi2, 6 | in 99 %% | status | usable | failed checks | prepare s | solve s | assess s | "
      "total s | cpu s "
      "|\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
}

void PrintRow(const RealCase& problem, const Outcome& o) {
  const bool metres = problem.units == "metre";
  const double unit = metres ? 1000 : 1;
  std::printf(
      "| %s %s | %zu | %s | %.4g%s | %.4f | %.4g | %.4f | %.1f | %.1f | %s%s | %s | %s | "
      "%s | %.3f | %.3f | %.3f | %.3f | %.3f |\n",
      problem.set.c_str(), problem.id.c_str(), problem.scene.views.size(),
      o.right ? "right" : "WRONG", unit * o.centre_error, metres ? " mm" : "", o.error.rotation_deg,
      unit * o.sigma_centre, o.sigma_deg, o.chi2_rotation, o.chi2,
      o.chi2_rotation <= k99Of3 ? "rotation " : "", o.chi2 <= k99Of6 ? "all" : "",
      ToString(o.result.status), o.result.IsUsable() ? "yes" : "no", FailedChecks(o.result).c_str(),
      o.result.prepare_seconds, o.result.solve_seconds, o.result.assess_seconds, o.seconds,
      o.cpu_seconds);
  if (FLAGS_print_checks) {
    for (const Check& check : o.result.checks) {
      if (!check.passed) std::printf("  %s: %s\n", check.name.c_str(), check.message.c_str());
    }
  }
  std::fflush(stdout);
}

// Nearest rank.
double Quantile(std::vector<double> values, double part) {
  if (values.empty()) return NAN;
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(std::max(1.0, std::ceil(part * values.size()))) - 1];
}

/// Of all cases of a set.
struct Tally {
  int cases = 0, right = 0, usable = 0, wrong_usable = 0, in_rotation = 0, in_all = 0;
  std::vector<double> deg, percent, seconds, cpu_seconds;
};

void Count(const Outcome& o, Tally* tally) {
  ++tally->cases;
  tally->right += o.right;
  tally->usable += o.result.IsUsable();
  tally->wrong_usable += o.result.IsUsable() && !o.right;
  tally->in_rotation += o.chi2_rotation <= k99Of3;
  tally->in_all += o.chi2 <= k99Of6;
  tally->deg.push_back(o.error.rotation_deg);
  tally->percent.push_back(o.error.translation_percent);
  tally->seconds.push_back(o.seconds);
  tally->cpu_seconds.push_back(o.cpu_seconds);
}

void PrintSummary(const std::vector<std::pair<std::string, Tally>>& sets) {
  std::printf(
      "\n| set | cases | right | usable | of them wrong | rotation in 99 %% | all six in 99 %% | "
      "deg, median / p90 | %%, median / p90 | total s, median / most | cpu s, median / most |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const auto& [name, t] : sets) {
    std::printf(
        "| %s | %d | %d | %d | %d | %d | %d | %.4f / %.4f | %.4f / %.4f | %.3f / %.3f | %.3f / "
        "%.3f |\n",
        name.c_str(), t.cases, t.right, t.usable, t.wrong_usable, t.in_rotation, t.in_all,
        Quantile(t.deg, 0.5), Quantile(t.deg, 0.9), Quantile(t.percent, 0.5),
        Quantile(t.percent, 0.9), Quantile(t.seconds, 0.5), Quantile(t.seconds, 1),
        Quantile(t.cpu_seconds, 0.5), Quantile(t.cpu_seconds, 1));
  }
}

// The cases of each set in the file's order, and after those of a robot all of them together.
std::vector<RealCase> AllCases() {
  std::vector<std::pair<std::string, std::vector<RealCase>>> sets;
  for (RealCase& problem : LoadRealCases(FLAGS_data, Split(FLAGS_sets))) {
    if (sets.empty() || sets.back().first != problem.set) sets.push_back({problem.set, {}});
    sets.back().second.push_back(std::move(problem));
  }
  const std::vector<std::string> ids = Split(FLAGS_ids);
  const auto wanted = [&ids](const std::string& id) {
    return ids.empty() || std::count(ids.begin(), ids.end(), id) > 0;
  };
  std::vector<RealCase> all;
  for (auto& [set, cases] : sets) {
    for (const RealCase& problem : cases) {
      if (wanted(problem.id)) all.push_back(problem);
    }
    if (set.rfind("roboreg", 0) == 0 && cases.size() > 1 && wanted("together")) {
      all.push_back(Together(cases));
    }
  }
  return all;
}

int Main() {
  if (!std::filesystem::exists(FLAGS_data + "/cases.json")) {
    std::printf("skipped: %s/cases.json is not there\n", FLAGS_data.c_str());
    return 0;
  }
  PrintHeader();
  std::vector<std::pair<std::string, Tally>> tallies;
  for (const RealCase& problem : AllCases()) {
    const Outcome outcome = Run(problem);
    PrintRow(problem, outcome);
    if (tallies.empty() || tallies.back().first != problem.set)
      tallies.push_back({problem.set, {}});
    Count(outcome, &tallies.back().second);
  }
  PrintSummary(tallies);
  return 0;
}

}  // namespace
}  // namespace ceres_align

int main(int argc, char** argv) {
  gflags::SetUsageMessage("the alignment on masks and poses that this project did not make");
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  try {
    return ceres_align::Main();
  } catch (const ceres_align::InputError& error) {
    std::fprintf(stderr, "bench_real: %s\n", error.what());
    return 1;
  }
}
