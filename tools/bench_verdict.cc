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

#include "ceres_align/align/aligner.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/synth/mask_noise.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/random.h"
#include "ceres_align/synth/shapes.h"

DEFINE_string(meshes, "blob:6000,multi_part:6000,rooster:6000",
              "comma-separated: mesh files, or shape:faces of make_mesh; at least two");
DEFINE_string(views, "1,2", "numbers of cameras");
DEFINE_string(kinds, "", "comma-separated; empty: all");
DEFINE_int32(trials, 2, "runs per kind, mesh and number of cameras");
DEFINE_int32(seed, 1, "of everything random");
DEFINE_int32(num_threads, 1, "0: all");
DEFINE_double(tolerance_deg, 0.5, "a pose within this rotation error");
DEFINE_double(tolerance_percent, 1.0, "and this translation error counts as right");
DEFINE_string(csv, "", "a line per run goes to this file");
DEFINE_bool(print_errors, false, "a line for each wrong run called usable, each right one refused");

namespace ceres_align {
namespace {

using MeshPtr = std::shared_ptr<const TriangleMesh>;

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> items;
  std::stringstream stream(list);
  for (std::string item; std::getline(stream, item, ',');) items.push_back(item);
  return items;
}

MeshPtr GetMesh(const std::string& name) {
  const size_t colon = name.find(':');
  if (colon == std::string::npos) return std::make_shared<TriangleMesh>(LoadMesh(name).mesh);
  auto mesh = std::make_shared<TriangleMesh>(
      MakeShape(name.substr(0, colon), std::stoll(name.substr(colon + 1)), 7));
  CleanMesh(mesh.get());
  return mesh;
}

// How a run is set up; what is falsified is changed after the masks are made.
struct Setup {
  int width_px = 306, height_px = 256;
  double fill = 0.36;    // the bounding sphere's radius in the image, of its height
  double fov_deg = 45;   // of the short side
  double rig_deg = 60;   // between neighbouring cameras
  double lateral = 0.1;  // the object's place, in its radii
  int samples = 1;
  bool start = true;
  double start_deg = 15, start_percent = 8;
  MaskNoise noise;
};

struct Trial {
  Scene scene;
  MeshPtr mesh;   // that the masks are of
  MeshPtr other;  // some other mesh of the list
  Setup setup;
};

using Change = std::function<void(Trial*, Random*)>;

struct Kind {
  std::string name;
  bool falsified;
  int least_views;
  std::function<void(Setup*, Random*)> set_up;
  Change falsify;
};

Camera CameraOf(const Setup& setup) {
  const double f =
      0.5 * std::min(setup.width_px, setup.height_px) / std::tan(0.5 * setup.fov_deg * M_PI / 180);
  return {setup.width_px, setup.height_px, f, f, 0.5 * setup.width_px, 0.5 * setup.height_px};
}

Trial MakeTrial(const MeshPtr& mesh, const Setup& setup, int num_views, Random* random) {
  Trial trial;
  trial.mesh = mesh;
  trial.setup = setup;
  const Camera camera = CameraOf(setup);
  const Sphere sphere = BoundingSphere(*mesh);
  const double depth = sphere.radius * camera.fx_px / (setup.fill * setup.height_px);
  const Eigen::Quaterniond rotation = random->Rotation();
  const double x = random->Uniform(-1, 1), y = random->Uniform(-1, 1);
  const Eigen::Vector3d center(setup.lateral * sphere.radius * x, setup.lateral * sphere.radius * y,
                               depth);
  Scene& scene = trial.scene;
  scene.meshes = {mesh};
  const Rigid3d truth(rotation, Eigen::Vector3d(center - rotation * sphere.center));
  scene.true_rig_from_world = truth;
  const Eigen::Quaterniond start =
      ExpRotation(setup.start_deg * M_PI / 180 * random->UnitVector()) * rotation;
  const Eigen::Vector3d moved = center + 0.01 * setup.start_percent * depth * random->UnitVector();
  if (setup.start) {
    scene.initial_rig_from_world = Rigid3d(start, Eigen::Vector3d(moved - start * sphere.center));
  }
  const Eigen::Vector3d pivot(0, 0, depth);
  for (int i = 0; i < num_views; ++i) {
    View view;
    view.name = "view" + std::to_string(i);
    view.camera = camera;
    const Eigen::Quaterniond turn = ExpRotation({0, i * setup.rig_deg * M_PI / 180, 0});
    view.cam_from_rig = Rigid3d(turn, Eigen::Vector3d(pivot - turn * pivot));
    view.mask = ApplyNoise(RenderMask(*mesh, view.cam_from_rig * truth, camera, setup.samples),
                           setup.noise, random->Bits());
    scene.views.push_back(view);
  }
  return trial;
}

// ---- What is falsified -------------------------------------------------------------------------

// The same centre and radius as the mesh that the masks are of.
void UseOtherMesh(Trial* trial, Random*) {
  const Sphere from = BoundingSphere(*trial->other), to = BoundingSphere(*trial->mesh);
  auto mesh = std::make_shared<TriangleMesh>(*trial->other);
  for (Eigen::Vector3d& v : mesh->vertices) {
    v = to.center + (v - from.center) * (to.radius / from.radius);
  }
  trial->scene.meshes = {mesh};
}

Change UseScaledMesh(double factor) {
  return [factor](Trial* trial, Random*) {
    auto mesh = std::make_shared<TriangleMesh>(*trial->mesh);
    const Sphere sphere = BoundingSphere(*mesh);
    for (Eigen::Vector3d& v : mesh->vertices) v = sphere.center + factor * (v - sphere.center);
    trial->scene.meshes = {mesh};
  };
}

// Without what lies beyond `part` of the radius in a random direction.
Change CutMesh(double part) {
  return [part](Trial* trial, Random* random) {
    const Sphere sphere = BoundingSphere(*trial->mesh);
    const Eigen::Vector3d direction = random->UnitVector();
    double farthest = 0;
    for (const Eigen::Vector3d& v : trial->mesh->vertices) {
      farthest = std::max(farthest, direction.dot(v - sphere.center));
    }
    auto mesh = std::make_shared<TriangleMesh>(*trial->mesh);
    const auto beyond = [&](int i) {
      return direction.dot(mesh->vertices[i] - sphere.center) > part * farthest;
    };
    mesh->faces.erase(std::remove_if(mesh->faces.begin(), mesh->faces.end(),
                                     [&](const std::array<int32_t, 3>& f) {
                                       return beyond(f[0]) || beyond(f[1]) || beyond(f[2]);
                                     }),
                      mesh->faces.end());
    CleanMesh(mesh.get());
    trial->scene.meshes = {mesh};
  };
}

void SwapMasks(Trial* trial, Random*) {
  std::swap(trial->scene.views[0].mask, trial->scene.views[1].mask);
}

// The second camera turned about the object, by so much in a random direction.
Change TurnRig(double angle_deg) {
  return [angle_deg](Trial* trial, Random* random) {
    View& view = trial->scene.views[1];
    const Eigen::Vector3d pivot = view.cam_from_rig * (*trial->scene.true_rig_from_world *
                                                       BoundingSphere(*trial->mesh).center);
    const Eigen::Quaterniond turn = ExpRotation(angle_deg * M_PI / 180 * random->UnitVector());
    view.cam_from_rig = Rigid3d(turn, Eigen::Vector3d(pivot - turn * pivot)) * view.cam_from_rig;
  };
}
// … about its own centre.
Change TurnCamera(double angle_deg) {
  return [angle_deg](Trial* trial, Random* random) {
    View& view = trial->scene.views[1];
    const Eigen::Quaterniond turn = ExpRotation(angle_deg * M_PI / 180 * random->UnitVector());
    view.cam_from_rig = Rigid3d(turn, Eigen::Vector3d::Zero()) * view.cam_from_rig;
  };
}
// … moved, in parts of the object's distance.
Change MoveCamera(double part) {
  return [part](Trial* trial, Random* random) {
    View& view = trial->scene.views[1];
    const double depth = trial->scene.true_rig_from_world->translation.norm();
    view.cam_from_rig.translation += part * depth * random->UnitVector();
  };
}

Change ScaleFocal(double factor) {
  return [factor](Trial* trial, Random*) {
    for (View& view : trial->scene.views) {
      view.camera.fx_px *= factor;
      view.camera.fy_px *= factor;
    }
  };
}

// Half of each mask's area is hidden: by a straight line, or by a rectangle over one half.
void HideHalf(ImageF* mask, double angle) {
  std::vector<double> along;
  const auto at = [&](int c, int r) { return std::cos(angle) * c + std::sin(angle) * r; };
  for (int r = 0; r < mask->height; ++r) {
    for (int c = 0; c < mask->width; ++c) {
      if (mask->at(c, r) > 0.5f) along.push_back(at(c, r));
    }
  }
  if (along.empty()) return;
  std::nth_element(along.begin(), along.begin() + along.size() / 2, along.end());
  const double middle = along[along.size() / 2];
  for (int r = 0; r < mask->height; ++r) {
    for (int c = 0; c < mask->width; ++c) {
      if (at(c, r) > middle) mask->at(c, r) = 0;
    }
  }
}
void HideHalfOfAll(Trial* trial, Random* random) {
  for (View& view : trial->scene.views) HideHalf(&view.mask, random->Uniform(0, 2 * M_PI));
}
void HideHalfOfOne(Trial* trial, Random* random) {
  HideHalf(&trial->scene.views[0].mask, random->Uniform(0, 2 * M_PI));
}
Change Occlude(double fraction) {
  return [fraction](Trial* trial, Random* random) {
    MaskNoise noise;
    noise.occluded_fraction = fraction;
    for (View& view : trial->scene.views) {
      view.mask = ApplyNoise(view.mask, noise, random->Bits());
    }
  };
}

// ---- Kinds -------------------------------------------------------------------------------------

void Usual(Setup*, Random*) {}
void Nothing(Trial*, Random*) {}

void AddRightKinds(std::vector<Kind>* kinds) {
  const auto add = [&](const std::string& name, std::function<void(Setup*, Random*)> set_up) {
    kinds->push_back({name, false, 1, std::move(set_up), Nothing});
  };
  add("clean", Usual);
  add("anti-aliased", [](Setup* s, Random*) { s->samples = 4; });
  add("salt 2 %", [](Setup* s, Random*) { s->noise.salt_and_pepper = 0.02; });
  add("small holes", [](Setup* s, Random*) {
    s->noise.missing_blobs = 3;
    s->noise.blob_radius = 0.05;
  });
  add("holes", [](Setup* s, Random*) { s->noise.missing_blobs = 3; });
  add("waves 0.3 px", [](Setup* s, Random*) {
    s->noise.wave_rms_px = 0.3;
    s->noise.wave_length_px = 10;
  });
  add("waves 0.5 px", [](Setup* s, Random*) { s->noise.wave_rms_px = 0.5; });
  add("waves salt", [](Setup* s, Random*) {
    s->noise.wave_rms_px = 0.3;
    s->noise.salt_and_pepper = 0.02;
    s->noise.wave_length_px = 10;
  });
  add("cut by frame", [](Setup* s, Random*) { s->lateral = 1.2; });
  add("small, 40 px", [](Setup* s, Random*) { s->fill = 20.0 / 256; });
  add("large", [](Setup* s, Random*) { s->fill = 0.48; });
  add("640x480", [](Setup* s, Random*) {
    s->width_px = 640;
    s->height_px = 480;
  });
  add("1 px fat", [](Setup* s, Random*) { s->noise.dilate_px = 1; });
  add("no start", [](Setup* s, Random*) { s->start = false; });
}

void AddWrongKinds(std::vector<Kind>* kinds) {
  const auto add = [&](const std::string& name, int least_views, Change change) {
    kinds->push_back({name, true, least_views, Usual, std::move(change)});
  };
  add("other mesh", 1, UseOtherMesh);
  kinds->push_back(
      {"other mesh no start", true, 1, [](Setup* s, Random*) { s->start = false; }, UseOtherMesh});
  add("part missing (40 %)", 1, CutMesh(0.6));
  add("part missing (20 %)", 1, CutMesh(0.8));
  add("size +10 %", 2, UseScaledMesh(1.1));
  add("size +5 %", 2, UseScaledMesh(1.05));
  add("swapped masks", 2, SwapMasks);
  kinds->push_back(
      {"swapped no start", true, 2, [](Setup* s, Random*) { s->start = false; }, SwapMasks});
  for (double deg : {3.0, 5.0, 10.0, 30.0}) {
    const std::string text = std::to_string(static_cast<int>(deg)) + " deg";
    add("rig turned " + text, 2, TurnRig(deg));
    add("camera turned " + text, 2, TurnCamera(deg));
  }
  add("rig moved 5 %", 2, MoveCamera(0.05));
  add("rig moved 20 %", 2, MoveCamera(0.2));
  for (double factor : {0.7, 0.85, 0.95, 1.05, 1.15, 1.3}) {
    char text[32];
    std::snprintf(text, sizeof(text), "focal x %g", factor);
    add(text, 1, ScaleFocal(factor));
  }
  add("half hidden", 1, HideHalfOfAll);
  add("half hidden in one", 2, HideHalfOfOne);
  add("occluder 50 %", 1, Occlude(0.5));
  add("occluder 25 %", 1, Occlude(0.25));
  kinds->push_back({"half hidden no start", true, 1, [](Setup* s, Random*) { s->start = false; },
                    HideHalfOfAll});
}

// ---- Runs --------------------------------------------------------------------------------------

struct Tally {
  int runs = 0, right = 0, right_refused = 0, wrong = 0, wrong_usable = 0;
  std::vector<double> wrong_deg, wrong_percent;
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
  const Consistency none, &fit = result.consistency ? *result.consistency : none;
  ViewPull pull;
  for (const ViewPull& p : fit.pulls) {
    if (p.chi2 >= pull.chi2) pull = p;
  }
  const Sigma sigma = SigmaOf(result);
  const double deg = 180 / M_PI;
  return {{"fov", trial.setup.fov_deg},
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
          {"size_px", size_px},
          {"sigma_deg", sigma.deg},
          {"sigma_percent", sigma.percent},
          {"focal", fit.focal_change},
          {"focal_sigma", fit.focal_sigma},
          {"focal_deg", fit.focal_rotation_rad * deg},
          {"focal_percent", 100 * fit.focal_translation},
          {"pull_deg", pull.rotation_rad * deg},
          {"pull_percent", 100 * pull.translation},
          {"pull_sigma_deg", pull.rotation_sigma_rad * deg},
          {"pull_sigma_percent", 100 * pull.translation_sigma},
          {"chi2", pull.chi2},
          {"trim_share", fit.trimmed_share},
          {"trim_deg", fit.trimmed_rotation_rad * deg},
          {"trim_percent", 100 * fit.trimmed_translation},
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
  *csv << kind.name << ',' << kind.falsified << ',' << result.views.size() << ',' << mesh << ','
       << index << ',' << ToString(result.status) << ',' << result.IsUsable() << ',' << failed;
  for (const auto& [name, value] : figures) *csv << ',' << value;
  *csv << '\n';
}

void PrintError(const Kind& kind, const std::string& mesh, int index, const AlignResult& result,
                const PoseError& error, bool right) {
  const Sigma sigma = SigmaOf(result);
  std::printf("  %s: %s, %zu view(s), %s trial %d: off by %.2f deg %.2f %% (sigma %.2f, %.2f)\n",
              right ? "refused" : "WRONG BUT USABLE", kind.name.c_str(), result.views.size(),
              mesh.c_str(), index, error.rotation_deg, error.translation_percent, sigma.deg,
              sigma.percent);
  for (const Check& check : result.checks) {
    if (!check.passed) std::printf("    %s: %s\n", check.name.c_str(), check.message.c_str());
  }
}

void RunTrial(const Kind& kind, const std::string& mesh, int index, const Trial& trial,
              Rasterizer* rasterizer, std::ofstream* csv, Tally* tally) {
  const AlignResult result = Align(trial.scene, rasterizer, AlignOptions());
  const PoseError error = ComparePoses(result.rig_from_world, *trial.scene.true_rig_from_world,
                                       BoundingSphere(*trial.mesh).center);
  const bool other_mesh = kind.name.rfind("other mesh", 0) == 0;
  const bool right = !other_mesh && error.rotation_deg <= FLAGS_tolerance_deg &&
                     error.translation_percent <= FLAGS_tolerance_percent;
  ++tally->runs;
  if (right) {
    ++tally->right;
    tally->right_refused += !result.IsUsable();
  } else {
    ++tally->wrong;
    tally->wrong_usable += result.IsUsable();
    tally->wrong_deg.push_back(error.rotation_deg);
    tally->wrong_percent.push_back(error.translation_percent);
  }
  if (csv->is_open()) WriteLine(kind, mesh, index, trial, result, error, csv);
  // A falsified input whose pose is right all the same may be refused.
  if (FLAGS_print_errors && right != result.IsUsable() && !(right && kind.falsified)) {
    PrintError(kind, mesh, index, result, error, right);
  }
}

double Median(std::vector<double> values) {
  if (values.empty()) return NAN;
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

void PrintRow(const std::string& name, int views, const Tally& t) {
  std::printf("| %s | %d | %d | %d | %d | %d | %d | %.2f / %.2f |\n", name.c_str(), views, t.runs,
              t.right, t.right_refused, t.wrong, t.wrong_usable, Median(t.wrong_deg),
              Median(t.wrong_percent));
  std::fflush(stdout);
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
  std::vector<Kind> kinds;
  AddRightKinds(&kinds);
  AddWrongKinds(&kinds);
  const std::vector<std::string> chosen = Split(FLAGS_kinds);
  std::ofstream csv;
  if (!FLAGS_csv.empty()) {
    csv.open(FLAGS_csv);
    if (!csv) throw InputError(FLAGS_csv + ": cannot be written");
  }
  CpuRasterizer rasterizer(FLAGS_num_threads);
  std::printf(
      "| kind | views | runs | pose right | of them refused | pose wrong | of them usable | "
      "their median deg / %% |\n|---|---|---|---|---|---|---|---|\n");
  Tally good, falsified;
  for (const Kind& kind : kinds) {
    if (!chosen.empty() && std::count(chosen.begin(), chosen.end(), kind.name) == 0) continue;
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
          kind.set_up(&setup, &random);
          Trial trial = MakeTrial(meshes[m], setup, views, &random);
          trial.other = meshes[(m + 1 + random.Index(meshes.size() - 1)) % meshes.size()];
          kind.falsify(&trial, &random);
          RunTrial(kind, names[m], i, trial, &rasterizer, &csv, &tally);
        }
      }
      PrintRow(kind.name, views, tally);
      Tally& sum = kind.falsified ? falsified : good;
      sum.runs += tally.runs;
      sum.right += tally.right;
      sum.right_refused += tally.right_refused;
      sum.wrong += tally.wrong;
      sum.wrong_usable += tally.wrong_usable;
    }
  }
  PrintRow("all with good inputs", 0, good);
  PrintRow("all falsified", 0, falsified);
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
