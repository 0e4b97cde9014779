// How well scale, focal lengths and the rig are found together with the pose, on masks from the
// independent point sampler.
#include <gflags/gflags.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "ceres_align/align/align_unknowns.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/synth/mask_noise.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"

DEFINE_string(meshes, "blob:6000,multi_part:6000,rooster:6000,scan_rooster:40000",
              "comma-separated: mesh files, or shape:faces of make_mesh");
DEFINE_int32(trials, 100, "spread over the meshes");
DEFINE_int32(views, 2, "cameras, rig_deg apart around the object");
DEFINE_double(rig_deg, 60, "angle between neighbouring cameras");
DEFINE_double(near_view, 0.75, "distance of every second camera, of the first one's");
DEFINE_int32(width, 640, "px");
DEFINE_int32(height, 480, "px");
DEFINE_int32(samples, 1, "1: binary masks; n: anti-aliased by n x n samples");
DEFINE_string(unknowns, "scale,focal,rig", "of scale, focal, principal_point, rig");
DEFINE_double(scale, 2, "the mesh given is so many times as large, or as small");
DEFINE_double(focal_percent, 20, "the focal length given is up to so much off");
DEFINE_double(rig_off_deg, 2, "cameras beside the first are turned by so much");
DEFINE_double(rig_off_percent, 2, "and shifted by so much of the baseline");
DEFINE_double(fov_low_deg, 0,
              "with fov_high_deg: the true field of view (short side) is drawn from "
              "this range, which is all that is given");
DEFINE_double(fov_high_deg, 0, "");
DEFINE_double(start_deg, 5, "the start's rotation off the truth");
DEFINE_double(start_percent, 5, "and translation");
DEFINE_bool(no_start, false, "all rotations are searched");
DEFINE_double(segmented_px, 0, "waves of a network's mask, rms");
DEFINE_int32(seed, 1, "of everything");
DEFINE_int32(num_threads, 0, "0: all");
DEFINE_bool(print_trials, false, "a line for each trial");

namespace ceres_align {
namespace {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  double Uniform(double low, double high) {
    return low + (high - low) * (static_cast<double>(engine_() >> 11) * 0x1p-53);
  }
  Eigen::Vector3d UnitVector() {
    const double z = Uniform(-1, 1), a = Uniform(-M_PI, M_PI), r = std::sqrt(1 - z * z);
    return {r * std::cos(a), r * std::sin(a), z};
  }
  Eigen::Quaterniond Rotation() {
    const double u = Uniform(0, 1), a = Uniform(0, 2 * M_PI), b = Uniform(0, 2 * M_PI);
    return Eigen::Quaterniond(std::sqrt(1 - u) * std::sin(a), std::sqrt(1 - u) * std::cos(a),
                              std::sqrt(u) * std::sin(b), std::sqrt(u) * std::cos(b));
  }

 private:
  std::mt19937_64 engine_;
};

bool Unknown(const char* name) { return FLAGS_unknowns.find(name) != std::string::npos; }

TriangleMesh GetMesh(const std::string& name) {
  const size_t colon = name.find(':');
  if (colon == std::string::npos) return LoadMesh(name).mesh;
  TriangleMesh mesh = MakeShape(name.substr(0, colon), std::stoll(name.substr(colon + 1)), 7);
  CleanMesh(&mesh);
  return mesh;
}

struct Trial {
  Scene scene;  // as given
  UnknownOptions unknowns;
  std::vector<Rigid3d> true_rig;  // cam_from_rig
  double true_focal = 0, true_scale = 1;
};

Trial MakeTrial(const TriangleMesh& true_mesh, Random* random) {
  Trial trial;
  const Sphere sphere = BoundingSphere(true_mesh);
  const double side = std::min(FLAGS_width, FLAGS_height);
  const bool range = FLAGS_fov_high_deg > 0;
  const double fov = range ? random->Uniform(FLAGS_fov_low_deg, FLAGS_fov_high_deg) : 40;
  const auto focal_of = [&](double fov_deg) {
    return 0.5 * side / std::tan(0.5 * fov_deg * M_PI / 180);
  };
  const double f = trial.true_focal = focal_of(fov);
  const Camera camera{FLAGS_width, FLAGS_height, f, f, 0.5 * FLAGS_width, 0.5 * FLAGS_height};
  const double depth = sphere.radius * f / (0.36 * FLAGS_height);
  const Eigen::Quaterniond rotation = random->Rotation();
  const Eigen::Vector3d center(random->Uniform(-0.1, 0.1) * sphere.radius,
                               random->Uniform(-0.1, 0.1) * sphere.radius, depth);
  Scene& scene = trial.scene;
  const Rigid3d truth(rotation, Eigen::Vector3d(center - rotation * sphere.center));
  scene.true_rig_from_world = truth;
  Camera given = camera;
  if (range) {
    const double low = focal_of(FLAGS_fov_high_deg), high = focal_of(FLAGS_fov_low_deg);
    given.fx_px = given.fy_px = std::sqrt(low * high);
    trial.unknowns.least_focal_factor = low / given.fx_px;
    trial.unknowns.most_focal_factor = high / given.fx_px;
    trial.unknowns.focal_sigma = UnknownOptions::kFree;
  } else if (Unknown("focal")) {
    const double factor = 1 + 0.01 * FLAGS_focal_percent * random->Uniform(-1, 1);
    given.fx_px = given.fy_px = f * factor;
    trial.unknowns.focal_sigma = UnknownOptions::kFree;
  }
  if (Unknown("principal_point")) {
    given.cx_px += random->Uniform(-8, 8);
    given.cy_px += random->Uniform(-8, 8);
    trial.unknowns.principal_point_sigma_px = 8;
  }
  double scale = 1;
  if (Unknown("scale")) {
    scale = std::exp(std::log(FLAGS_scale) * random->Uniform(-1, 1));
    trial.unknowns.scale_sigma = UnknownOptions::kFree;
  }
  trial.true_scale = scale;  // the factor that must be found: the mesh given is 1/scale as large
  auto mesh = std::make_shared<TriangleMesh>(true_mesh);
  for (Eigen::Vector3d& v : mesh->vertices) v /= scale;
  scene.meshes = {mesh};
  scene.mesh_names = {"mesh"};
  for (int i = 0; i < FLAGS_views; ++i) {
    View view;
    view.name = "view" + std::to_string(i);
    view.camera = given;
    // Around the object, every second camera nearer.
    const Eigen::Quaterniond turn = ExpRotation({0, i * FLAGS_rig_deg * M_PI / 180, 0});
    const Eigen::Vector3d pivot(0, 0, depth);
    Rigid3d rig(turn, Eigen::Vector3d(pivot - turn * pivot));
    if (i % 2 == 1) rig.translation.z() -= (1 - FLAGS_near_view) * depth;
    trial.true_rig.push_back(rig);
    view.mask = RenderMask(true_mesh, rig * truth, camera, FLAGS_samples);
    if (FLAGS_segmented_px > 0) {
      MaskNoise noise;
      noise.wave_rms_px = FLAGS_segmented_px;
      view.mask =
          ApplyNoise(view.mask, noise, static_cast<uint64_t>(random->Uniform(0, 1e9)), nullptr);
    }
    view.cam_from_rig = rig;
    if (i > 0 && Unknown("rig")) {
      const Eigen::Vector3d axis = random->UnitVector(), along = random->UnitVector();
      const double baseline = Inverse(rig).translation.norm();
      // About the camera's own centre, then its place.
      const Eigen::Quaterniond off = ExpRotation(FLAGS_rig_off_deg * M_PI / 180 * axis);
      view.cam_from_rig = Rigid3d(
          off * rig.rotation,
          Eigen::Vector3d(off * rig.translation + 0.01 * FLAGS_rig_off_percent * baseline * along));
      trial.unknowns.rig_rotation_sigma_rad = FLAGS_rig_off_deg * M_PI / 180;
      trial.unknowns.rig_translation_sigma = 0.01 * FLAGS_rig_off_percent;
    }
    scene.views.push_back(view);
  }
  if (!FLAGS_no_start) {
    const Eigen::Quaterniond start =
        ExpRotation(FLAGS_start_deg * M_PI / 180 * random->UnitVector()) * rotation;
    const Eigen::Vector3d moved =
        center + 0.01 * FLAGS_start_percent * depth * random->UnitVector();
    scene.initial_rig_from_world =
        Rigid3d(start, Eigen::Vector3d(moved - start * (sphere.center / scale)));
  }
  return trial;
}

struct Figures {
  std::vector<double> rotation_deg, translation_percent, scale_percent, focal_percent, chi2, ms,
      scale_sigma, focal_sigma;
  int dof = 0, within = 0, focal_within = 0, rotation_2deg = 0, trials = 0, joint = 0;
};

double Median(std::vector<double> v) {
  if (v.empty()) return NAN;
  std::nth_element(v.begin(), v.begin() + static_cast<ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}
double Mean(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return v.empty() ? NAN : sum / static_cast<double>(v.size());
}
double Most(const std::vector<double>& v) {
  return v.empty() ? NAN : *std::max_element(v.begin(), v.end());
}

// In the order of UnknownsResult::joint_covariance.
Eigen::VectorXd ErrorOf(const Trial& trial, const UnknownsResult& result) {
  const Rigid3d &found = result.align.rig_from_world, &truth = *trial.scene.true_rig_from_world;
  const Eigen::Vector3d center = result.align.object_center_in_world;
  std::vector<double> e;
  const auto add = [&](const Eigen::Vector3d& v) { e.insert(e.end(), v.data(), v.data() + 3); };
  const UnknownOptions& unknowns = trial.unknowns;
  // A scale that is free with the rig's translations takes all translations along by one factor, of
  // percents, where other directions are known to 1e-5: that curve's tangent at the result is
  // taken.
  const double log_r =
      unknowns.scale_sigma > 0 ? result.values.log_scale - std::log(trial.true_scale) : 0;
  const auto shift = [&](const Eigen::Vector3d& now, const Eigen::Vector3d& was) {
    return Eigen::Vector3d(log_r * now + now - std::exp(log_r) * was);
  };
  add(LogRotation(found.rotation * truth.rotation.conjugate()));
  add(found.rotation * center - truth.rotation * center +
      shift(found.translation, truth.translation));
  const auto& k = result.values.intrinsics[0];
  if (unknowns.focal_sigma > 0) e.push_back(std::log(k[0] / trial.true_focal));
  if (unknowns.principal_point_sigma_px > 0) {
    e.push_back(k[2] - 0.5 * FLAGS_width);
    e.push_back(k[3] - 0.5 * FLAGS_height);
  }
  for (size_t p = 1; unknowns.HasRig() && p < result.values.cam_from_rig.size(); ++p) {
    const Rigid3d &now = result.values.cam_from_rig[p], &was = trial.true_rig[p];
    add(LogRotation(now.rotation * was.rotation.conjugate()));
    add(shift(now.translation, was.translation));
  }
  if (unknowns.scale_sigma > 0) e.push_back(log_r);
  return Eigen::VectorXd::Map(e.data(), static_cast<Eigen::Index>(e.size()));
}

void Add(const Trial& trial, const UnknownsResult& result, double ms, Figures* all) {
  ++all->trials;
  const PoseError error =
      ComparePoses(result.align.rig_from_world, *trial.scene.true_rig_from_world,
                   result.align.object_center_in_world);
  all->rotation_deg.push_back(error.rotation_deg);
  all->translation_percent.push_back(error.translation_percent);
  all->rotation_2deg += error.rotation_deg <= 2;
  all->ms.push_back(ms);
  bool within = true, focal_within = true;
  for (const UnknownFit& fit : result.align.unknowns) {
    double truth = NAN;
    if (fit.name == "scale") truth = trial.true_scale;
    if (fit.name == "focal length") truth = trial.true_focal;
    if (std::isnan(truth)) continue;
    const double off = std::abs(fit.value - truth);
    const bool ok = off <= 3 * fit.sigma;
    within = within && ok;
    (fit.name == "scale" ? all->scale_percent : all->focal_percent).push_back(100 * off / truth);
    (fit.name == "scale" ? all->scale_sigma : all->focal_sigma).push_back(100 * fit.sigma / truth);
    if (fit.name == "focal length") focal_within = ok;
  }
  double chi2 = NAN;
  if (result.joint_covariance) {
    ++all->joint;
    const Eigen::VectorXd e = ErrorOf(trial, result);
    chi2 = e.dot(result.joint_covariance->ldlt().solve(e));
    all->dof = static_cast<int>(e.size());
    all->chi2.push_back(chi2 / static_cast<double>(e.size()));
    if (Unknown("rig") && FLAGS_views > 1) {
      const int n = static_cast<int>(e.size());
      for (int i = 6; i < n; ++i) {
        within = within && std::abs(e[i]) <= 3 * std::sqrt((*result.joint_covariance)(i, i));
      }
    }
  } else {
    within = focal_within = false;
  }
  all->within += within;
  all->focal_within += focal_within;
  if (!FLAGS_print_trials) return;
  std::printf("  %3d: %.4f deg %.4f %% chi2/dof %.2f", all->trials, error.rotation_deg,
              error.translation_percent, result.joint_covariance ? all->chi2.back() : NAN);
  for (const UnknownFit& fit : result.align.unknowns) {
    std::printf(", %s %.5g (sigma %.2g, from %.5g)", fit.name.c_str(), fit.value, fit.sigma,
                fit.prior);
  }
  std::printf(", true scale %.5g focal %.5g; %s, %.0f ms\n", trial.true_scale, trial.true_focal,
              result.align.IsUsable() ? "usable" : "not usable", ms);
}

int Run() {
  std::vector<TriangleMesh> meshes;
  std::stringstream names(FLAGS_meshes);
  for (std::string name; std::getline(names, name, ',');) meshes.push_back(GetMesh(name));
  CpuRasterizer rasterizer(FLAGS_num_threads);
  Figures all;
  for (int i = 0; i < FLAGS_trials; ++i) {
    Random random(1000003ull * static_cast<uint64_t>(FLAGS_seed) + static_cast<uint64_t>(i));
    const Trial trial = MakeTrial(meshes[static_cast<size_t>(i) % meshes.size()], &random);
    const auto begin = std::chrono::steady_clock::now();
    const UnknownsResult result =
        AlignUnknowns(trial.scene, trial.unknowns, &rasterizer, AlignOptions());
    const double ms =
        1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    Add(trial, result, ms, &all);
  }
  std::printf("%d trials, %d view(s), unknown: %s\n", all.trials, FLAGS_views,
              FLAGS_unknowns.c_str());
  std::printf(
      "  rotation: within 2 deg %d, median %.4f deg, most %.3f; translation median %.4f %%\n",
      all.rotation_2deg, Median(all.rotation_deg), Most(all.rotation_deg),
      Median(all.translation_percent));
  std::printf("  scale off: median %.4f %%, most %.3f; sigma median %.4f %%, most %.3f\n",
              Median(all.scale_percent), Most(all.scale_percent), Median(all.scale_sigma),
              Most(all.scale_sigma));
  std::printf("  focal length off: median %.4f %%, most %.3f; sigma median %.4f %%, most %.3f\n",
              Median(all.focal_percent), Most(all.focal_percent), Median(all.focal_sigma),
              Most(all.focal_sigma));
  std::printf(
      "  within 3 sigma: all unknowns %d, focal length %d; joint covariance in %d, chi2/dof "
      "(%d) median %.2f, mean %.2f\n",
      all.within, all.focal_within, all.joint, all.dof, Median(all.chi2), Mean(all.chi2));
  std::printf("  time: median %.0f ms, most %.0f\n", Median(all.ms), Most(all.ms));
  return 0;
}

}  // namespace
}  // namespace ceres_align

int main(int argc, char** argv) {
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  return ceres_align::Run();
}
