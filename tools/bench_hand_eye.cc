// Hand-eye calibration of generated arms from masks, without a start: errors, times, verdicts.
#include <gflags/gflags.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "ceres_align/hand_eye/align_states.h"
#include "ceres_align/hand_eye/hand_eye_scene.h"
#include "ceres_align/hand_eye/joint_offsets.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/files.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/synth/robot_files.h"
#include "ceres_align/synth/robot_scene.h"

DEFINE_int32(trials, 20, "scenes");
DEFINE_int32(first_seed, 1, "of the first scene");
DEFINE_int32(states, 8, "joint states a scene");
DEFINE_bool(eye_in_hand, false, "the camera is on the flange");
DEFINE_int32(threads, 0, "of the CPU; 0: one per core");
DEFINE_int32(offset_joint, -1, "0 to 5: this joint stands off in the masks; -1: none");
DEFINE_double(offset_deg, 1, "by so much");
DEFINE_bool(joints, false, "offsets of the joints are estimated");
DEFINE_bool(print, false, "a line for each trial");

namespace ceres_align {
namespace {

namespace fs = std::filesystem;

struct Trial {
  PoseError error;  // at 1 m: translation is scaled by the distance
  double at_1m_mm = 0;
  double prepare = 0, solve = 0, assess = 0, joints = 0;
  std::vector<JointOffset> offsets;
  bool usable = false, sharpened = false, treated = false;
};

RobotModel WriteArm(const RobotArm& arm, const fs::path& folder) {
  for (const RobotFile& file : ArmFiles(arm)) WriteFileWhole(folder / file.path, file.bytes);
  return ReadUrdf(folder / "arm_description/urdf/arm.urdf");
}

HandEyeProblem ProblemOf(const RobotModel& model, const std::vector<TriangleMesh>& links,
                         const RobotArm& arm, const RobotScene& truth, const Camera& camera) {
  HandEyeProblem problem;
  problem.model = model;
  problem.links = links;
  problem.states.resize(truth.states_rad.size(), kArmJoints);
  HandEyeCamera seen{camera, {}, {}};
  for (size_t s = 0; s < truth.states_rad.size(); ++s) {
    problem.states.row(s) = truth.states_rad[s];
    ArmState at_rad = truth.states_rad[s];
    if (FLAGS_offset_joint >= 0) at_rad[FLAGS_offset_joint] += FLAGS_offset_deg * M_PI / 180;
    seen.masks.push_back(RobotMask(arm, truth, at_rad, camera, 1));
  }
  problem.cameras.push_back(seen);
  if (truth.eye_in_hand) {
    problem.object = HandEyeObject{model.FindLink("flange"), truth.object, truth.base_from_object};
  }
  return problem;
}

Trial Align(const HandEyeProblem& problem, const RobotScene& truth, Rasterizer* rasterizer) {
  const auto now = [] { return std::chrono::steady_clock::now(); };
  const auto start = now();
  const Scene scene = MakeHandEyeScene(problem);
  const PreparedMeshes meshes = PrepareMeshes(scene);
  const double meshes_seconds = std::chrono::duration<double>(now() - start).count();
  const AlignResult result = AlignStates(scene, meshes, rasterizer, {});
  const Rigid3d true_rig = Inverse(truth.mount_from_cam);
  Trial trial;
  trial.error = ComparePoses(result.rig_from_world, true_rig, result.object_center_in_world);
  trial.at_1m_mm = 10 * trial.error.translation_percent;
  trial.prepare = meshes_seconds + result.prepare_seconds;
  trial.solve = result.solve_seconds;
  trial.assess = result.assess_seconds;
  trial.usable = result.IsUsable();
  trial.sharpened = result.sharpened;
  trial.treated = !result.masks.empty();
  if (FLAGS_joints) {
    const auto before = now();
    trial.offsets = EstimateJointOffsets(problem, scene, result.rig_from_world, rasterizer).joints;
    trial.joints = std::chrono::duration<double>(now() - before).count();
  }
  return trial;
}

void PrintRow(const char* name, std::vector<double> values) {
  std::sort(values.begin(), values.end());
  std::printf("%-24s median %-9.5f worst %-9.5f best %.5f\n", name, values[values.size() / 2],
              values.back(), values.front());
}

void PrintTable(const std::vector<Trial>& trials) {
  const auto row = [&](const char* name, const auto& get) {
    std::vector<double> values;
    for (const Trial& trial : trials) values.push_back(get(trial));
    PrintRow(name, values);
  };
  row("rotation deg", [](const Trial& t) { return t.error.rotation_deg; });
  row("translation mm at 1 m", [](const Trial& t) { return t.at_1m_mm; });
  row("prepare s", [](const Trial& t) { return t.prepare; });
  row("solve s", [](const Trial& t) { return t.solve; });
  row("assess s", [](const Trial& t) { return t.assess; });
  row("all three s", [](const Trial& t) { return t.prepare + t.solve + t.assess; });
  const auto usable =
      std::count_if(trials.begin(), trials.end(), [](const Trial& t) { return t.usable; });
  std::printf("usable: %d of %zu\n", static_cast<int>(usable), trials.size());
}

void PrintOffsets(const Trial& trial) {
  for (const JointOffset& joint : trial.offsets) {
    std::printf("    %s %+.4f deg  sigma %.4f  explains %.3f%s\n", joint.joint.c_str(),
                joint.offset * 180 / M_PI, joint.sigma * 180 / M_PI, joint.explains,
                joint.suspicious ? "  SUSPICIOUS" : "");
  }
}

// How often the joint that stands off was named, and others were.
void PrintNamed(const std::vector<Trial>& trials) {
  int right = 0, wrong = 0;
  std::vector<double> errors_deg, seconds;
  for (const Trial& trial : trials) {
    for (size_t j = 0; j < trial.offsets.size(); ++j) {
      const bool is_off = static_cast<int>(j) == FLAGS_offset_joint;
      (is_off ? right : wrong) += trial.offsets[j].suspicious;
      const double error_deg =
          trial.offsets[j].offset * 180 / M_PI - (is_off ? FLAGS_offset_deg : 0);
      if (is_off || FLAGS_offset_joint < 0) errors_deg.push_back(std::abs(error_deg));
    }
    seconds.push_back(trial.joints);
  }
  PrintRow("offset's error deg", errors_deg);
  PrintRow("offsets s", seconds);
  std::printf("named: the right joint %d, others %d of %zu scenes\n", right, wrong, trials.size());
}

int Main() {
  const fs::path folder = fs::temp_directory_path() / "ceres_align_bench_hand_eye";
  const RobotArm arm = MakeRobotArm();
  const RobotModel model = WriteArm(arm, folder);
  const std::vector<TriangleMesh> links = ReadLinkMeshes(model);
  Camera camera = CameraFromFov(640, 480, 50, "camera");
  camera.cx_px += 6.25;
  camera.cy_px -= 3.5;
  CpuRasterizer rasterizer(FLAGS_threads);
  std::vector<Trial> trials;
  for (int i = 0; i < FLAGS_trials; ++i) {
    const uint64_t seed = FLAGS_first_seed + i;
    const RobotScene truth = MakeRobotScene(arm, camera, FLAGS_states, FLAGS_eye_in_hand, seed);
    trials.push_back(Align(ProblemOf(model, links, arm, truth, camera), truth, &rasterizer));
    const Trial& t = trials.back();
    if (!FLAGS_print) continue;
    std::printf("seed %3d  %.5f deg  %.4f mm at 1 m  prepare %.3f solve %.3f assess %.3f  %s%s%s\n",
                static_cast<int>(seed), t.error.rotation_deg, t.at_1m_mm, t.prepare, t.solve,
                t.assess, t.usable ? "usable" : "NOT usable", t.sharpened ? "" : ", not sharpened",
                t.treated ? ", masks treated" : "");
    PrintOffsets(t);
    std::fflush(stdout);
  }
  PrintTable(trials);
  if (FLAGS_joints) PrintNamed(trials);
  fs::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace ceres_align

int main(int argc, char** argv) {
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  return ceres_align::Main();
}
