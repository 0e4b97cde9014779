// make_robot_scene: a generated arm as URDF, joint states, masks and the true camera.
#include <gflags/gflags.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/camera_info.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/joint_states.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/npy.h"
#include "ceres_align/synth/mask_noise.h"
#include "ceres_align/synth/robot_files.h"
#include "ceres_align/synth/robot_scene.h"
#include "cli/help.h"
#include "cli/noise_flags.h"

DEFINE_string(out_dir, "", "Folder for the files. Required.");
DEFINE_int32(states, 8, "Joint states, with a mask each; 1 to 1000.");
DEFINE_uint64(seed, 1, "Of the camera, the states and the noise.");
DEFINE_bool(
    eye_in_hand, false,
    "The camera is on the flange and sees an object on the table; else it stands beside the "
    "arm and sees the arm.");
DEFINE_string(
    joint_offset_deg, "",
    "joint_3:1.0 or 3:1.0: in the masks the joint stands 1 degree beyond what is written; "
    "commas between several.");
DEFINE_int32(samples, 1, "Samples per axis and pixel: 1 gives hard masks, 16 anti-aliased ones.");
DEFINE_double(fov_deg, 50, "Field of view over the shorter side, degrees; 35 to 90.");

namespace ceres_align::cli {
namespace {

namespace fs = std::filesystem;

ProgramHelp Help() {
  ProgramHelp help;
  help.name = "make_robot_scene";
  help.summary =
      "make_robot_scene: writes a generated arm of six joints (URDF, STL and COLLADA), joint\n"
      "states, masks of 640x480 by point sampling (no code shared with the rasterizer that\n"
      "ceres_align optimizes with), the camera as ROS's camera_info, and the true pose.";
  help.examples = {
      {"make_robot_scene --out_dir arm", "Eight states seen by a camera that stands still."},
      {"make_robot_scene --out_dir hand --eye_in_hand --seed 3",
       "A camera on the flange that sees an object at a known place."},
      {"make_robot_scene --out_dir off --joint_offset_deg joint_2:1.0",
       "Masks of an arm whose second joint is off by one degree."}};
  help.groups = {{"In and out", {"out_dir", "states", "seed"}},
                 {"What is seen", {"eye_in_hand", "joint_offset_deg", "fov_deg", "samples"}},
                 {"Noise, in the order in which it is applied", NoiseFlagNames()}};
  help.exit_codes = {"0  the files are written", "1  bad input: one line on stderr says what"};
  return help;
}

int JointIndex(const std::string& text) {
  const std::vector<std::string> names = ArmJointNames();
  for (size_t i = 0; i < names.size(); ++i) {
    if (text == names[i] || text == std::to_string(i + 1)) return static_cast<int>(i);
  }
  throw InputError("--joint_offset_deg: there is no joint " + Quoted(text) +
                   "; joint_1 to joint_6");
}

ArmState ParseOffsets_rad() {
  ArmState offsets_rad = ArmState::Zero();
  std::string rest = FLAGS_joint_offset_deg;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string item = rest.substr(0, comma);
    rest.erase(0, comma + 1);
    const size_t colon = item.find(':');
    if (colon == std::string::npos) {
      throw InputError("--joint_offset_deg: " + Quoted(item) + " is not JOINT:DEGREES");
    }
    const std::vector<double> degrees = ParseNumbers(item.substr(colon + 1), "--joint_offset_deg");
    if (degrees.size() != 1 || std::abs(degrees[0]) > 45) {
      throw InputError("--joint_offset_deg: " + Quoted(item) + " must have one angle up to 45");
    }
    offsets_rad[JointIndex(item.substr(0, colon))] += degrees[0] * M_PI / 180;
  }
  return offsets_rad;
}

void CheckFlags() {
  if (FLAGS_out_dir.empty()) throw InputError("--out_dir is missing");
  const auto check = [](double value, double low, double high, const char* flag) {
    if (value >= low && value <= high) return;
    throw InputError(Format("%s is %g; it must lie in [%g, %g]", flag, value, low, high));
  };
  check(FLAGS_states, 1, 1000, "--states");
  check(FLAGS_samples, 1, 256, "--samples");
  check(FLAGS_fov_deg, 35, 90, "--fov_deg");
  if (MarkOccluder()) throw InputError("--mark_occluder is not supported here");
}

void WriteStates(const RobotScene& scene, const fs::path& folder) {
  Eigen::MatrixXd states(scene.states_rad.size(), kArmJoints);
  for (size_t i = 0; i < scene.states_rad.size(); ++i) states.row(i) = scene.states_rad[i];
  WriteFileWhole(folder / "joint_states.csv", JointStatesCsv(states, ArmJointNames()));
  WriteNpy(folder / "joint_states.npy", NpyFromMatrix(states));
}

void WriteTruth(const RobotScene& scene, const fs::path& folder) {
  const char* name = scene.eye_in_hand ? "true_flange_from_cam.csv" : "true_base_from_cam.csv";
  WriteMatrix(folder / name, MatrixOf(scene.mount_from_cam));
  if (!scene.eye_in_hand) return;
  WriteMatrix(folder / "base_from_object.csv", MatrixOf(scene.base_from_object));
  WritePly(folder / "object.ply", scene.object);
}

int Run() {
  CheckFlags();
  const ArmState offsets_rad = ParseOffsets_rad();
  const MaskNoise noise = NoiseOfFlags(FLAGS_seed);
  const fs::path folder = FLAGS_out_dir;
  // Not in the middle, so that a half pixel or an exchange of x and y would show.
  Camera camera = CameraFromFov(640, 480, FLAGS_fov_deg, "--fov_deg");
  camera.cx_px += 6.25;
  camera.cy_px -= 3.5;
  const RobotArm arm = MakeRobotArm();
  const RobotScene scene = MakeRobotScene(arm, camera, FLAGS_states, FLAGS_eye_in_hand, FLAGS_seed);
  for (const RobotFile& file : ArmFiles(arm)) WriteFileWhole(folder / file.path, file.bytes);
  WriteStates(scene, folder);
  WriteTruth(scene, folder);
  WriteFileWhole(folder / "camera_info.yaml", CameraInfoYaml(camera, "camera"));
  for (size_t i = 0; i < scene.states_rad.size(); ++i) {
    const ArmState seen_rad = scene.states_rad[i] + offsets_rad;
    const ImageF clean = RobotMask(arm, scene, seen_rad, camera, FLAGS_samples);
    const std::string name = Format("masks/mask_%03zu.png", i);
    ImageF hidden;
    SaveMask(folder / name, ApplyNoise(clean, noise, FLAGS_seed + 1000003 * i, &hidden));
  }
  std::printf("%s: %zu states, camera %s\n", folder.string().c_str(), scene.states_rad.size(),
              scene.eye_in_hand ? "on the flange" : "beside the arm");
  return kExitOk;
}

}  // namespace
}  // namespace ceres_align::cli

int main(int argc, char** argv) {
  return ceres_align::cli::RunProgram(ceres_align::cli::Help(), argc, argv, ceres_align::cli::Run);
}
