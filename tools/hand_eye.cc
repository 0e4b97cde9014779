// hand_eye: a robot's URDF, joint states and masks in, the camera's pose in its base or on its
// flange out.
#include <gflags/gflags.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ceres_align/backends/backends.h"
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/hand_eye/calibrate.h"
#include "ceres_align/hand_eye/hand_eye_report.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/report/result_json.h"
#include "ceres_align/report/text_report.h"
#include "cli/choice_flag.h"
#include "cli/hand_eye_input.h"
#include "cli/help.h"
#include "cli/outputs.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/stopwatch.h"

using ceres_align::AlignOptions;
using ceres_align::BackendOptions;

DEFINE_string(urdf, "", "The robot (xacro expanded). Required.");
DEFINE_string(joints, "",
              "Joint states, one row a state, rad and metres: CSV with a header of joint names, or "
              "CSV or .npy with the movable joints in the URDF's order. Required.");
DEFINE_string(geometry, "visual", "visual or collision: which of the URDF's meshes are seen.");
DEFINE_string(packages, "",
              "What package://NAME stands for: NAME=FOLDER, several separated by commas.");
DEFINE_string(package_roots, "",
              "Folders that hold the other packages, separated by commas; then those above the "
              "URDF are asked.");
DEFINE_string(links, "all", "Links that the masks show: all, or names separated by commas.");
DEFINE_string(masks, "",
              "The masks by a pattern, in quotes: 'masks/*.png'. One a state, in the order of the "
              "numbers in their names; or a list between commas, in its order. 'labels/*.png:3' is "
              "the pixels of label 3, coco.json:IMAGE:ANNOTATION an annotation in COCO's form. "
              "Required.");
DEFINE_double(mask_threshold, 0,
              "Makes masks binary, for maps of probability: a pixel of at least this value (up to "
              "1) is the object. 0: values in between are the covered part of a pixel.");
DEFINE_string(camera, "", "ROS's camera_info, YAML; K and D are of the picture as recorded.");
DEFINE_string(K, "", "Instead of --camera: a file with K, 3x3, text or .npy.");
DEFINE_int32(width, 0, "With --K: the masks' width, px.");
DEFINE_int32(height, 0, "With --K: the masks' height, px.");
DEFINE_double(pixel_center, 0,
              "Where the first pixel's centre lies in --K: 0 (OpenCV, ROS) or 0.5.");

DEFINE_bool(eye_in_hand, false,
            "The camera is on the flange and sees an object at a known place; else it stands "
            "still and sees the robot.");
DEFINE_string(flange, "", "Eye in hand: the link that carries the camera.");
DEFINE_string(object, "", "Eye in hand: the mesh of what the masks show, in metres.");
DEFINE_string(base_from_object, "", "Eye in hand: where it stands, 4x4, text or .npy.");

DEFINE_string(stereo_masks, "", "A second camera's masks, by a pattern.");
DEFINE_string(stereo_camera, "", "Its camera_info.");
DEFINE_string(stereo_cam_from_cam, "", "4x4 from the first camera to it, text or .npy.");

DEFINE_string(start, "",
              "Where the camera is about: 4x4 as the answer is written, text or .npy. Without it "
              "all rotations are searched.");
DEFINE_string(backend, BackendOptions().backend, "auto, cpu or cuda.");
DEFINE_int32(num_threads, BackendOptions().num_threads,
             "Threads of the CPU; 0: one per core. The result is the same for any number.");
DEFINE_string(robust, ToString(AlignOptions().robust),
              "auto, off or on: what lies far from the masks' outlines does not count.");
DEFINE_string(mask_offset, ToString(AlignOptions().offset),
              "auto, off or on: how much larger or smaller than the object each mask is, is "
              "estimated and undone.");
DEFINE_bool(check_joints, true,
            "After the pose: which joints seem to stand off from the states, by the masks. "
            "--nocheck_joints: not looked for.");
DEFINE_bool(joint_offsets, false,
            "A constant offset of every joint is solved for together with the pose, with a prior "
            "of 1 degree (sliding joints: 5 mm) about 0, from where the alignment without offsets "
            "ended; then the robot is posed with the offsets and aligned once more from there. "
            "The sigmas are those with the offsets free.");
DEFINE_double(require_deg, AlignOptions().require_rad * 180 / M_PI,
              "How exact the rotation has to be to be usable, with 90 % probability, in degrees.");
DEFINE_double(require_percent, 100 * AlignOptions().require_of_distance,
              "... and the place, in percent of the distance.");
DEFINE_double(outline_tolerance, AlignOptions().outline_tolerance,
              "The checks' lengths are taken times this.");

DEFINE_string(outputs, "all",
              "Beside the answer (base_from_cam.csv or flange_from_cam.csv, and hand_eye.yaml): of "
              "json (result.json), overlay (overlay_<view>.png), comparison (comparison.png), gif "
              "(optimization.gif) and report (report.html) those named, separated by commas; or "
              "all; or none, which "
              "writes nothing at all.");
DEFINE_string(out_dir, "out", "Folder for the files; they are written all or none.");

namespace ceres_align::cli {
namespace {

ProgramHelp Help() {
  ProgramHelp help;
  help.name = "hand_eye";
  help.summary =
      "hand_eye: where a camera is in a robot's base (eye to hand) or on its flange (eye in\n"
      "hand), from the robot's URDF, joint states and a silhouette mask for each. No start and\n"
      "no calibration board are needed. docs/robots.md has a worked example.";
  help.examples = {
      {"hand_eye --urdf arm.urdf --joints states.csv --masks 'masks/*.png' --camera "
       "camera_info.yaml --out_dir out",
       "A camera that stands still and sees the robot: out/base_from_cam.csv."},
      {"hand_eye --urdf arm.urdf --joints states.csv --masks 'masks/*.png' --camera "
       "camera_info.yaml --eye_in_hand --flange tool0 --object object.ply --base_from_object "
       "X.csv",
       "A camera on the flange that sees an object at a known place: out/flange_from_cam.csv."}};
  help.groups = {
      {"The robot", {"urdf", "joints", "geometry", "packages", "package_roots", "links"}},
      {"Masks and camera",
       {"masks", "mask_threshold", "camera", "K", "width", "height", "pixel_center"}},
      {"Eye in hand", {"eye_in_hand", "flange", "object", "base_from_object"}},
      {"A second camera", {"stereo_masks", "stereo_camera", "stereo_cam_from_cam"}},
      {"Solve",
       {"start", "backend", "num_threads", "robust", "mask_offset", "check_joints", "joint_offsets",
        "require_deg", "require_percent", "outline_tolerance"}},
      {"Outputs", {"outputs", "out_dir"}}};
  help.exit_codes = {"0  the result is usable",
                     "1  bad input: one line on stderr says what; nothing is written",
                     "2  not converged, ambiguous or not trustworthy; the outputs are written",
                     "3  standard output was lost (closed, full, a broken pipe); the outputs are "
                     "written"};
  return help;
}

HandEyeFlags FlagsOfInput() {
  HandEyeFlags flags;
  flags.urdf = FLAGS_urdf;
  flags.joints = FLAGS_joints;
  flags.geometry = FLAGS_geometry;
  flags.packages = FLAGS_packages;
  flags.package_roots = FLAGS_package_roots;
  flags.links = FLAGS_links;
  flags.masks = FLAGS_masks;
  flags.camera = FLAGS_camera;
  flags.K = FLAGS_K;
  flags.width = FLAGS_width;
  flags.height = FLAGS_height;
  flags.pixel_center = FLAGS_pixel_center;
  flags.mask_threshold = FLAGS_mask_threshold;
  flags.eye_in_hand = FLAGS_eye_in_hand;
  flags.flange = FLAGS_flange;
  flags.object = FLAGS_object;
  flags.base_from_object = FLAGS_base_from_object;
  flags.stereo_masks = FLAGS_stereo_masks;
  flags.stereo_camera = FLAGS_stereo_camera;
  flags.stereo_cam_from_cam = FLAGS_stereo_cam_from_cam;
  flags.start = FLAGS_start;
  return flags;
}

AlignOptions OptionsFromFlags() {
  AlignOptions options;
  options.robust = ChoiceFlag("robust", FLAGS_robust);
  options.offset = ChoiceFlag("mask_offset", FLAGS_mask_offset);
  options.outline_tolerance = FLAGS_outline_tolerance;
  options.require_rad = FLAGS_require_deg * M_PI / 180;
  options.require_of_distance = FLAGS_require_percent / 100;
  options.Validate();
  return options;
}

struct Solved {
  HandEyeResult result;
  std::vector<AlignIteration> iterations;  ///< of the alignment that the result is of
};

Solved Solve(const HandEyeInput& input, const AlignOptions& options, Rasterizer* rasterizer) {
  Solved solved;
  Progress progress;
  std::optional<SignalNotes> notes;
  solved.result = CalibrateHandEye(input.problem, input.start, rasterizer,
                                   {options, FLAGS_check_joints, FLAGS_joint_offsets},
                                   [&](const AlignIteration& step) {
                                     if (!notes) notes.emplace(SignalNotes::Watch::kInterrupt);
                                     solved.iterations.push_back(step);
                                     progress.Show(step);
                                     return !SignalNotes::Any();
                                   });
  progress.Finish();
  solved.iterations.erase(solved.iterations.begin(),
                          solved.iterations.begin() + solved.result.first_step);
  return solved;
}

int Run() {
  Stopwatch watch;
  const OutputPlan plan = PlanOutputs({FLAGS_outputs, FLAGS_out_dir, "", ""});
  const AlignOptions options = OptionsFromFlags();
  std::string why;
  const std::unique_ptr<Rasterizer> rasterizer =
      MakeRasterizer({FLAGS_backend, FLAGS_num_threads, PrintFallback}, &why);
  const HandEyeInput input = ReadHandEye(FlagsOfInput());
  RunSeconds seconds;
  std::printf("Backend: %s\n%zu states, %zu masks, %s\n", why.c_str(), input.problem.num_states(),
              input.mask_files.size(), input.problem.object ? "eye in hand" : "eye to hand");
  if (!input.start) std::printf("No start given: searching all rotations\n");
  std::fflush(stdout);
  seconds.load = watch.Lap();

  const Solved solved = Solve(input, options, rasterizer.get());
  const Scene& scene = solved.result.scene;
  const AlignResult& result = solved.result.align;
  const std::optional<JointOffsets>& offsets = solved.result.offsets;
  const bool taken = solved.result.offsets_taken;
  watch.Lap();
  for (const std::string& warning : input.warnings) {
    std::fprintf(stderr, "hand_eye: warning: %s\n", warning.c_str());
  }
  std::vector<OutputFile> files =
      DrawPictures(plan,
                   {scene, solved.result.meshes, solved.iterations, result, options, input.warnings,
                    seconds, "hand_eye"},
                   rasterizer.get());
  seconds.draw = watch.Lap();
  const HandEyeFrames frames = {input.parent, "camera"};
  files.push_back({input.problem.object ? "flange_from_cam.csv" : "base_from_cam.csv",
                   MatrixCsv(MatrixOf(MountFromCam(result.rig_from_world)))});
  files.push_back({"hand_eye.yaml", HandEyeYaml(frames, input.mask_files, result,
                                                offsets ? &*offsets : nullptr, taken)});
  seconds.total = watch.Total();
  if (plan.json) {
    files.push_back({"result.json", ResultJson(scene, result, options, seconds, input.warnings)});
  }
  if (plan.any()) {
    WriteFiles("hand_eye", plan.out_dir, [&](OutputFiles* staged) {
      for (const OutputFile& file : files) staged->Stage(file);
    });
  }
  seconds.write = watch.Lap();
  seconds.total = watch.Total();
  std::fputs(HandEyeText(frames, input.mask_files, result).c_str(), stdout);
  if (offsets) std::fputs(OffsetsText(*offsets, taken).c_str(), stdout);
  std::printf("Stopped: %s; %s\n", ToString(result.status), result.termination.c_str());
  std::printf(
      "Seconds: load %.3f, prepare %.3f, solve %.4f, assess %.4f, joints %.3f, draw %.3f, write "
      "%.3f, total %.3f\n",
      seconds.load, result.prepare_seconds, result.solve_seconds, result.assess_seconds,
      solved.result.joints_seconds, seconds.draw, seconds.write, seconds.total);
  std::fputs(VerdictText(result).c_str(), stdout);
  if (plan.any()) {
    std::printf("Written to %s: %zu files\n", Shown(plan.out_dir).c_str(), files.size());
  }
  return result.IsUsable() ? kExitOk : kExitNotUsable;
}

}  // namespace
}  // namespace ceres_align::cli

int main(int argc, char** argv) {
  using ceres_align::cli::Run;
  return ceres_align::cli::RunProgram(ceres_align::cli::Help(), argc, argv, Run);
}
