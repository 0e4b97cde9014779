// make_masks: masks of a mesh and the scene file with the true pose, by point sampling.
#include <gflags/gflags.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/scene_io.h"
#include "ceres_align/synth/mask_noise.h"
#include "ceres_align/synth/point_sampler.h"
#include "cli/help.h"
#include "cli/mask_cameras.h"
#include "cli/noise_flags.h"

using ceres_align::cli::CameraFlags;

DEFINE_string(mesh, "", "The mesh: OBJ, PLY, STL, OFF, GLB, glTF, DAE, X3D or 3MF. Required.");
DEFINE_string(out_dir, "", "Folder for scene.json and the masks. Required.");
DEFINE_uint64(seed, 1, "Of random poses, starts and noise.");

DEFINE_string(image_size, "306x256",
              "306x256 is width x height; \"(256,306)\" is height, width, PyTorch3D's order.");
DEFINE_double(fov_deg, CameraFlags().fov_deg,
              "Field of view over the shorter side, degrees (PyTorch3D's).");
DEFINE_string(K, "",
              "Instead of --fov_deg: \"fx,fy,cx,cy\" in px or 3x3 in rows; the first "
              "pixel's centre is at (0.5, 0.5).");

DEFINE_string(dist, "",
              "Lens distortion, OpenCV's k1,k2,p1,p2[,k3[,k4,k5,k6]] or fisheye:k1,k2,k3,k4: masks "
              "as photographed.");

DEFINE_string(camera_location, "(81,0,96)", "Camera 1's centre in the world; +y is up.");
DEFINE_string(look_at, "(0,0,0)",
              "The point that camera 1 looks at; the rig's circle is about it.");
DEFINE_string(camera_rotation, "",
              "Instead: PyTorch3D's R (X_cam = X_world*R + T), 3x3 in rows, "
              "or three Euler angles in degrees.");
DEFINE_string(camera_translation, "", "PyTorch3D's T; goes with --camera_rotation.");
DEFINE_string(cam_from_world, "",
              "Instead: OpenCV's [R | t] of camera 1, 12 numbers in rows "
              "(x_cam = R*x_world + t).");
DEFINE_int32(num_poses, 0,
             "Instead: this many random poses of camera 1, a folder each "
             "(pose_000, ...): any rotation.");
DEFINE_double(fill, 0.67,
              "With --num_poses: the part of the shorter side that the object's "
              "bounding sphere spans.");

DEFINE_int32(num_views, CameraFlags().num_views, "Cameras on the rig.");
DEFINE_double(rig_angle_deg, CameraFlags().rig_angle_deg,
              "Camera k+1 is camera k turned by this about the vertical through --look_at (with "
              "--num_poses: about camera 1's own vertical through the object's place).");
DEFINE_string(R_rel, "",
              "Instead: rotation of camera 2 relative to camera 1, as ceres_align's "
              "flag; ';' between cameras 2, 3, ...");
DEFINE_string(T_rel, "", "Translation that goes with --R_rel.");
DEFINE_string(rig_convention, "",
              "How --R_rel and --T_rel are read: pytorch3d_row, "
              "pytorch3d_column or opencv.");

DEFINE_double(start_rotation_deg, 0,
              "The scene's start is off by this rotation about the object's "
              "centre. No start is written if this and the next are 0.");
DEFINE_double(start_translation_percent, 0, "... and by this percentage of the distance.");

DEFINE_int32(samples, 1, "Samples per axis and pixel: 1 gives hard masks, 16 anti-aliased ones.");

namespace ceres_align::cli {
namespace {

ProgramHelp Help() {
  ProgramHelp help;
  help.name = "make_masks";
  help.summary =
      "make_masks: renders masks of a mesh by point sampling (no code shared with the\n"
      "rasterizer that ceres_align optimizes with) and writes scene.json with the true pose.";
  help.examples = {{"make_masks --mesh data/rooster_small.obj --num_views 2 --out_dir scene",
                    "Two hard masks, 30 degrees apart, camera 1 at (81,0,96)."},
                   {"make_masks --mesh a.obj --num_poses 20 --samples 16 --start_rotation_deg 20 "
                    "--start_translation_percent 5 --out_dir trials",
                    "Twenty random poses with a start each, anti-aliased."},
                   {"make_masks --mesh a.obj --segmented 1 --seed 4 --out_dir bad",
                    "Masks as a segmentation network gives them, off by 1 px rms."}};
  help.groups = {{"In and out", {"mesh", "out_dir", "seed"}},
                 {"Image", {"image_size", "fov_deg", "K", "dist", "samples"}},
                 {"Pose of camera 1",
                  {"camera_location", "look_at", "camera_rotation", "camera_translation",
                   "cam_from_world", "num_poses", "fill"}},
                 {"Rig", {"num_views", "rig_angle_deg", "R_rel", "T_rel", "rig_convention"}},
                 {"Start", {"start_rotation_deg", "start_translation_percent"}},
                 {"Noise, in the order in which it is applied", NoiseFlagNames()}};
  help.exit_codes = {"0  the masks and scene.json are written",
                     "1  bad input: one line on stderr says what"};
  return help;
}

CameraFlags CamerasOfFlags() {
  CameraFlags flags;
  flags.image_size = FLAGS_image_size;
  flags.fov_deg = FLAGS_fov_deg;
  flags.K = FLAGS_K;
  flags.dist = FLAGS_dist;
  flags.camera_location = FLAGS_camera_location;
  flags.look_at = FLAGS_look_at;
  flags.camera_rotation = FLAGS_camera_rotation;
  flags.camera_translation = FLAGS_camera_translation;
  flags.cam_from_world = FLAGS_cam_from_world;
  flags.num_views = FLAGS_num_views;
  flags.rig_angle_deg = FLAGS_rig_angle_deg;
  flags.R_rel = FLAGS_R_rel;
  flags.T_rel = FLAGS_T_rel;
  flags.rig_convention = FLAGS_rig_convention;
  return flags;
}

// Flags that would be ignored beside another one are errors.
void CheckCombinations() {
  const auto exclude = [](const char* flag, std::initializer_list<const char*> others) {
    if (!FlagWasGiven(flag)) return;
    for (const char* other : others) {
      if (!FlagWasGiven(other)) continue;
      throw InputError(std::string("--") + flag + " and --" + other + " exclude each other");
    }
  };
  exclude("K", {"fov_deg"});
  exclude("cam_from_world", {"camera_rotation", "camera_translation", "camera_location"});
  exclude("camera_rotation", {"camera_location"});
  exclude("num_poses", {"camera_location", "look_at", "camera_rotation", "camera_translation",
                        "cam_from_world"});
  exclude("R_rel", {"num_views", "rig_angle_deg"});
  if (FlagWasGiven("fill") && FLAGS_num_poses == 0) throw InputError("--fill needs --num_poses");
  if (FlagWasGiven("rig_convention") && FLAGS_R_rel.empty()) {
    throw InputError("--rig_convention needs --R_rel and --T_rel");
  }
}

void CheckFlags() {
  CheckCombinations();
  if (FLAGS_mesh.empty()) throw InputError("--mesh is missing");
  if (FLAGS_out_dir.empty()) throw InputError("--out_dir is missing");
  const auto check = [](double value, double low, double high, const char* flag) {
    if (value >= low && value <= high) return;
    char text[160];
    std::snprintf(text, sizeof(text), "%s is %g; it must lie in [%g, %g]", flag, value, low, high);
    throw InputError(text);
  };
  check(FLAGS_samples, 1, 256, "--samples");
  check(FLAGS_num_poses, 0, 100000, "--num_poses");
  check(FLAGS_fill, 0.01, 10, "--fill");
  check(FLAGS_start_rotation_deg, 0, 180, "--start_rotation_deg");
  check(FLAGS_start_translation_percent, 0, 1000, "--start_translation_percent");
}

/// What all poses share.
struct Setup {
  TriangleMesh mesh;
  Sphere object;
  Camera camera;
  MaskNoise noise;
  bool mark_occluder = false;
  std::vector<Rigid3d> cam_from_rig;
};

std::string RelativeTo(const std::filesystem::path& folder, const std::string& path) {
  // absolute() first: weakly_canonical leaves a relative path to a new folder relative.
  const auto canonical = [](const std::filesystem::path& p) {
    return std::filesystem::weakly_canonical(std::filesystem::absolute(p));
  };
  return canonical(path).lexically_proximate(canonical(folder)).generic_string();
}

void WriteScene(const Setup& setup, const Rigid3d& rig_from_world, uint64_t seed,
                const std::filesystem::path& folder) {
  SceneDescription scene;
  scene.mesh = RelativeTo(folder, FLAGS_mesh);
  scene.true_rig_from_world = rig_from_world;
  if (FLAGS_start_rotation_deg > 0 || FLAGS_start_translation_percent > 0) {
    Random random(seed ^ 0x5741525453u);
    scene.initial_rig_from_world =
        Perturb(rig_from_world, setup.object.center, FLAGS_start_rotation_deg,
                FLAGS_start_translation_percent, &random);
  }
  std::vector<ImageF> masks, hidden(setup.cam_from_rig.size());
  for (size_t i = 0; i < setup.cam_from_rig.size(); ++i) {
    const ImageF clean =
        RenderMask(setup.mesh, setup.cam_from_rig[i] * rig_from_world, setup.camera, FLAGS_samples);
    masks.push_back(ApplyNoise(clean, setup.noise, seed + 1000003 * i, &hidden[i]));
    ViewDescription view;
    view.name = "view" + std::to_string(i);
    view.mask = view.name + ".png";
    if (setup.mark_occluder) view.ignore = view.name + "_ignore.png";
    view.width_px = setup.camera.width_px;
    view.height_px = setup.camera.height_px;
    view.K = setup.camera.K();
    view.dist = NumbersOfLens(setup.camera.lens);
    view.is_fisheye = setup.camera.lens.is_fisheye;
    view.cam_from_rig = setup.cam_from_rig[i];
    scene.views.push_back(view);
  }
  std::printf("%s:", (folder / "scene.json").string().c_str());
  for (size_t i = 0; i < masks.size(); ++i) {
    SaveMask(folder / scene.views[i].mask, masks[i]);
    if (setup.mark_occluder) SaveMask(folder / scene.views[i].ignore, hidden[i]);
    double area_px = 0;
    for (float v : masks[i].pixels) area_px += v;
    std::printf(" %s %.0f px%s", scene.views[i].mask.c_str(), area_px,
                i + 1 < masks.size() ? "," : "\n");
  }
  SaveScene(folder / "scene.json", scene);
}

int Run() {
  CheckFlags();
  const CameraFlags flags = CamerasOfFlags();
  Setup setup;
  setup.camera = ParseCamera(flags);
  setup.noise = NoiseOfFlags(FLAGS_seed);
  setup.mark_occluder = MarkOccluder();
  if (FLAGS_num_poses == 0) {
    const Rigid3d cam1_from_world = ParseCamera1FromWorld(flags);
    setup.cam_from_rig = ParseRig(flags, cam1_from_world * ParseVector3(FLAGS_look_at, "--look_at"),
                                  cam1_from_world.rotation * Eigen::Vector3d::UnitY());
    setup.mesh = LoadMesh(FLAGS_mesh).mesh;
    setup.object = BoundingSphere(setup.mesh);
    WriteScene(setup, cam1_from_world, FLAGS_seed, FLAGS_out_dir);
    return kExitOk;
  }
  setup.mesh = LoadMesh(FLAGS_mesh).mesh;
  setup.object = BoundingSphere(setup.mesh);
  const double depth = DepthForFill(setup.object, setup.camera, FLAGS_fill);
  setup.cam_from_rig = ParseRig(flags, Eigen::Vector3d(0, 0, depth), -Eigen::Vector3d::UnitY());
  Random random(FLAGS_seed);
  for (int i = 0; i < FLAGS_num_poses; ++i) {
    const Rigid3d pose = RandomCamera1FromWorld(setup.object, setup.camera, FLAGS_fill, &random);
    char name[32];
    std::snprintf(name, sizeof(name), "pose_%03d", i);
    WriteScene(setup, pose, FLAGS_seed + 7919 * static_cast<uint64_t>(i + 1),
               std::filesystem::path(FLAGS_out_dir) / name);
  }
  return kExitOk;
}

}  // namespace
}  // namespace ceres_align::cli

int main(int argc, char** argv) {
  return ceres_align::cli::RunProgram(ceres_align::cli::Help(), argc, argv, ceres_align::cli::Run);
}
