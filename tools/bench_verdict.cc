// How often the verdict is right: runs with good inputs, noisy ones, and falsified ones, masks by
// the independent point sampler. A table per kind, and a CSV line per run with the figures that
// the checks look at.
#include <gflags/gflags.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "bench_verdict_kinds.h"
#include "ceres_align/align/aligner.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/synth/random.h"
#include "ceres_align/synth/shapes.h"

DEFINE_string(meshes, "blob:6000,multi_part:6000,rooster:6000",
              "comma-separated: mesh files, or shape:faces[:seed] of make_mesh; at least two");
DEFINE_string(views, "1,2", "numbers of cameras");
DEFINE_string(kinds, "", "comma-separated; empty: all");
DEFINE_string(
    groups, "",
    "comma-separated of right, hard, falsified, segmented, segmented_falsified; empty: all");
DEFINE_int32(trials, 2, "runs per kind, mesh and number of cameras");
DEFINE_int32(seed, 1, "of everything random");
DEFINE_int32(num_threads, 1, "0: all");
DEFINE_double(tolerance_deg, 0.5, "a pose within this rotation error");
DEFINE_double(tolerance_percent, 1.0, "and this translation error counts as right");
DEFINE_double(segmented_tolerance_deg, 3,
              "the same where the masks are as of a segmentation network");
DEFINE_double(segmented_tolerance_percent, 3, "the same");
DEFINE_string(csv, "", "a line per run goes to this file");
DEFINE_bool(print_errors, false,
            "a line for each falsified run called usable, each right one refused");

namespace ceres_align {
namespace {

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> items;
  std::stringstream stream(list);
  for (std::string item; std::getline(stream, item, ',');) items.push_back(item);
  return items;
}

MeshPtr GetMesh(const std::string& name) {
  const size_t colon = name.find(':');
  if (colon == std::string::npos) return std::make_shared<TriangleMesh>(LoadMesh(name).mesh);
  const size_t second = name.find(':', colon + 1);
  const uint64_t seed = second == std::string::npos ? 7 : std::stoull(name.substr(second + 1));
  auto mesh = std::make_shared<TriangleMesh>(
      MakeShape(name.substr(0, colon), std::stoll(name.substr(colon + 1)), seed));
  CleanMesh(mesh.get());
  return mesh;
}

// Of runs with right inputs, those whose pose is right must be usable; of falsified ones, none.
// A right pose that is not usable was refused by a check, or is only not known as exactly as
// required.
struct Tally {
  int runs = 0, pose_right = 0, right_refused = 0, right_inexact = 0, usable = 0;
  int usable_pose_wrong = 0;
  std::vector<double> deg, percent;
};

struct Sigma {
  double deg, percent;
};
Sigma SigmaOf(const AlignResult& result) {
  if (!result.covariance) return {NAN, NAN};
  const double depth = (result.rig_from_world * result.object_center_in_world).norm();
  return {std::sqrt(result.covariance->topLeftCorner<3, 3>().trace()) * 180 / M_PI,
          std::sqrt(result.covariance->bottomRightCorner<3, 3>().trace()) / depth * 100};
}

// Of all views the worst of each figure.
ContourErrors WorstContour(const AlignResult& result) {
  ContourErrors worst;
  const auto take = [](double* to, double value) { *to = std::max(*to, std::abs(value)); };
  for (const ViewResult& view : result.views) {
    take(&worst.rms_px, view.contour.rms_px);
    take(&worst.median_px, view.contour.median_px);
    take(&worst.p90_px, view.contour.p90_px);
    take(&worst.share_far, view.contour.share_far);
    take(&worst.share_beyond, view.contour.share_beyond);
    take(&worst.share_holes, view.contour.share_holes);
    take(&worst.signed_mean_px, view.contour.signed_mean_px);
    take(&worst.coherent_rms_px, view.contour.coherent_rms_px);
    take(&worst.long_rms_px, view.contour.long_rms_px);
  }
  return worst;
}

std::vector<std::pair<std::string, double>> FiguresOf(const Trial& trial, const AlignResult& result,
                                                      const PoseError& error) {
  double least_iou = 1, size_px = 0;
  for (size_t i = 0; i < result.views.size(); ++i) {
    double area = 0;
    for (float v : trial.scene.views[i].mask.pixels) area += v;
    size_px = std::max(size_px, std::sqrt(area));
    least_iou = std::min(least_iou, result.views[i].iou);
  }
  const ContourErrors worst = WorstContour(result);
  double contour_iou = 1, cut = 0;
  for (const ViewResult& view : result.views) {
    contour_iou = std::min(contour_iou, view.contour.iou);
    cut = std::max(cut, view.cut_share);
  }
  const Consistency none, &fit = result.consistency ? *result.consistency : none;
  ViewPull pull;
  for (const ViewPull& p : fit.pulls) {
    if (p.chi2 >= pull.chi2) pull = p;
  }
  const Sigma sigma = SigmaOf(result);
  const double deg = 180 / M_PI;
  return {{"width", trial.setup.width_px},
          {"samples", trial.setup.samples},
          {"fov", trial.setup.fov_deg},
          {"rig", trial.setup.rig_deg},
          {"deg", error.rotation_deg},
          {"percent", error.translation_percent},
          {"ambiguous", result.ambiguous},
          {"iou", result.MeanIou()},
          {"least_iou", least_iou},
          {"restarted", result.restarted},
          {"sharpened", result.sharpened},
          {"rms", worst.rms_px},
          {"median", worst.median_px},
          {"p90", worst.p90_px},
          {"far", worst.share_far},
          {"beyond", worst.share_beyond},
          {"holes", worst.share_holes},
          {"signed", worst.signed_mean_px},
          {"coherent", worst.coherent_rms_px},
          {"long", worst.long_rms_px},
          {"size_px", size_px},
          {"contour_iou", contour_iou},
          {"cut", cut},
          {"sigma_deg", sigma.deg},
          {"sigma_percent", sigma.percent},
          {"focal", fit.focal_change},
          {"focal_sigma", fit.focal_sigma},
          {"focal_explains", fit.focal_explains},
          {"focal_deg", fit.focal_rotation_rad * deg},
          {"focal_percent", 100 * fit.focal_translation},
          {"pull_deg", pull.rotation_rad * deg},
          {"pull_percent", 100 * pull.translation},
          {"pull_sigma_deg", pull.rotation_sigma_rad * deg},
          {"pull_sigma_percent", 100 * pull.translation_sigma},
          {"scale", result.misfit.scale_px},
          {"p80", result.misfit.p80_px},
          {"all_p90", result.misfit.p90_px},
          {"all_long", result.misfit.long_px},
          {"wrong", result.misfit.wrong_px},
          {"chi2", pull.chi2},
          {"cost_ratio", result.alternatives.empty() ? NAN : result.alternatives[0].cost_ratio}};
}

// The header before the first line.
void WriteLine(const Kind& kind, const std::string& mesh, int index, const Trial& trial,
               const AlignResult& result, const PoseError& error, std::ofstream* csv) {
  const auto figures = FiguresOf(trial, result, error);
  if (csv->tellp() == 0) {
    *csv << "kind,falsified,views,mesh,trial,status,usable,failed";
    for (const auto& [name, value] : figures) *csv << ',' << name;
    *csv << '\n';
  }
  std::string failed;
  for (const Check& check : result.checks) {
    if (!check.passed) failed += (failed.empty() ? "" : " ") + check.name;
  }
  *csv << kind.name << ',' << kind.is_falsified() << ',' << result.views.size() << ',' << mesh
       << ',' << index << ',' << ToString(result.status) << ',' << result.IsUsable() << ','
       << failed;
  for (const auto& [name, value] : figures) *csv << ',' << value;
  *csv << '\n';
}

void PrintError(const Kind& kind, const std::string& mesh, int index, const AlignResult& result,
                const PoseError& error, bool right) {
  const Sigma sigma = SigmaOf(result);
  std::printf("  %s: %s, %zu view(s), %s trial %d: off by %.2f deg %.2f %% (sigma %.2f, %.2f)\n",
              result.IsUsable() ? (right ? "USABLE, pose right" : "USABLE, pose wrong") : "refused",
              kind.name.c_str(), result.views.size(), mesh.c_str(), index, error.rotation_deg,
              error.translation_percent, sigma.deg, sigma.percent);
  for (const Check& check : result.checks) {
    if (!check.passed) std::printf("    %s: %s\n", check.name.c_str(), check.message.c_str());
  }
}

void RunTrial(const Kind& kind, const std::string& mesh, int index, const Trial& trial,
              Rasterizer* rasterizer, std::ofstream* csv, Tally* tally) {
  const AlignResult result = Align(trial.scene, rasterizer, AlignOptions());
  const PoseError error = ComparePoses(result.rig_from_world, *trial.scene.true_rig_from_world,
                                       BoundingSphere(*trial.mesh).center);
  const bool segmented = kind.is_segmented();
  const bool right =
      error.rotation_deg <= (segmented ? FLAGS_segmented_tolerance_deg : FLAGS_tolerance_deg) &&
      error.translation_percent <=
          (segmented ? FLAGS_segmented_tolerance_percent : FLAGS_tolerance_percent);
  const bool usable = result.IsUsable();
  ++tally->runs;
  tally->pose_right += right;
  tally->right_refused += right && !result.IsRight();
  tally->right_inexact += right && result.IsRight() && !usable;
  tally->usable += usable;
  tally->usable_pose_wrong += usable && !right;
  tally->deg.push_back(error.rotation_deg);
  tally->percent.push_back(error.translation_percent);
  if (csv->is_open()) WriteLine(kind, mesh, index, trial, result, error, csv);
  if (FLAGS_print_errors && (kind.is_falsified() ? usable : right != usable)) {
    PrintError(kind, mesh, index, result, error, right);
  }
}

double Median(std::vector<double> values) {
  if (values.empty()) return NAN;
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

void PrintRow(const std::string& name, const std::string& views, const Tally& t) {
  std::printf("| %s | %s | %d | %d | %d | %d | %d | %d | %.2f / %.2f |\n", name.c_str(),
              views.c_str(), t.runs, t.pose_right, t.right_refused, t.right_inexact, t.usable,
              t.usable_pose_wrong, Median(t.deg), Median(t.percent));
  std::fflush(stdout);
}

void Add(const Tally& tally, Tally* sum) {
  sum->runs += tally.runs;
  sum->pose_right += tally.pose_right;
  sum->right_refused += tally.right_refused;
  sum->right_inexact += tally.right_inexact;
  sum->usable += tally.usable;
  sum->usable_pose_wrong += tally.usable_pose_wrong;
  sum->deg.insert(sum->deg.end(), tally.deg.begin(), tally.deg.end());
  sum->percent.insert(sum->percent.end(), tally.percent.begin(), tally.percent.end());
}

uint64_t SeedOf(const std::string& text, uint64_t seed) {
  for (char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return seed;
}

int Main() {
  const std::vector<std::string> names = Split(FLAGS_meshes);
  if (names.size() < 2) throw InputError("--meshes needs two meshes at least");
  std::vector<MeshPtr> meshes;
  for (const std::string& name : names) meshes.push_back(GetMesh(name));
  const std::vector<Kind> kinds = AllKinds();
  const std::vector<std::string> chosen = Split(FLAGS_kinds), groups = Split(FLAGS_groups);
  std::ofstream csv;
  if (!FLAGS_csv.empty()) {
    csv.open(FLAGS_csv);
    if (!csv) throw InputError(FLAGS_csv + ": cannot be written");
  }
  CpuRasterizer rasterizer(FLAGS_num_threads);
  std::printf(
      "| kind | views | runs | pose right | of them refused | not exact enough | usable | "
      "of them pose wrong | median deg / %% |\n|---|---|---|---|---|---|---|---|---|\n");
  std::map<Group, Tally> sums;
  for (const Kind& kind : kinds) {
    if (!chosen.empty() && std::count(chosen.begin(), chosen.end(), kind.name) == 0) continue;
    if (!groups.empty() && std::count(groups.begin(), groups.end(), ToString(kind.group)) == 0) {
      continue;
    }
    for (const std::string& views_text : Split(FLAGS_views)) {
      const int views = std::stoi(views_text);
      if (views < kind.least_views) continue;
      Tally tally;
      for (size_t m = 0; m < meshes.size(); ++m) {
        for (int i = 0; i < FLAGS_trials; ++i) {
          Random random(
              SeedOf(kind.name + "/" + views_text + "/" + names[m], 1000003ull * FLAGS_seed + i));
          Setup setup;
          setup.fov_deg = std::array{30.0, 45.0, 60.0}[random.Index(3)];
          setup.rig_deg = std::array{20.0, 40.0, 60.0, 90.0}[random.Index(4)];
          setup.start_deg = random.Uniform(5, 20);
          if (random.Index(4) == 0) {
            setup.width_px = 612;
            setup.height_px = 512;
          }
          setup.samples = random.Index(4) == 0 ? 4 : 1;
          kind.set_up(&setup, &random);
          Trial trial = MakeTrial(meshes[m], setup, views, &random);
          trial.other = meshes[(m + 1 + random.Index(meshes.size() - 1)) % meshes.size()];
          kind.falsify(&trial, &random);
          RunTrial(kind, names[m], i, trial, &rasterizer, &csv, &tally);
        }
      }
      PrintRow(kind.name, views_text, tally);
      Add(tally, &sums[kind.group]);
    }
  }
  for (const auto& [group, sum] : sums) {
    PrintRow("all of group " + std::string(ToString(group)), "", sum);
  }
  return 0;
}

}  // namespace
}  // namespace ceres_align

int main(int argc, char** argv) {
  gflags::SetUsageMessage("how often the verdict is right, on good and on falsified inputs");
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  try {
    return ceres_align::Main();
  } catch (const ceres_align::InputError& error) {
    std::fprintf(stderr, "bench_verdict: %s\n", error.what());
    return 1;
  }
}
