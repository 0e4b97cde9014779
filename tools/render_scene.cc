// render_scene: masks, depth, normals and places of every camera of a scene, at a pose.
#include <gflags/gflags.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "ceres_align/backends/backends.h"
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/result_pose.h"
#include "ceres_align/io/scene_io.h"
#include "cli/help.h"
#include "cli/keep_memory.h"
#include "cli/outputs.h"
#include "cli/render_maps.h"

DEFINE_string(scene, "", "The scene file; its masks are not opened and may be absent. Required.");
DEFINE_string(pose, "",
              "Where the object is (of several: each): a result.json of ceres_align, or initial or "
              "truth, which the scene file has. Required.");
DEFINE_string(render, "all",
              "What to draw: mask,depth,normal,overlay,position,label; or all. label: which of "
              "several objects is seen.");
DEFINE_double(render_size, 1, "Size of the images, as a factor of each camera's own.");
DEFINE_bool(lens, true, "Draw through the cameras' lenses; --nolens: as pinholes.");
DEFINE_bool(smooth_normals, true,
            "Normals interpolated between the vertices; --nosmooth_normals: of the faces.");
DEFINE_string(normal_axes, "opencv",
              "Axes of the camera's normals: opencv (+y down, +z into the scene) or opengl (+y up, "
              "+z to the camera).");
DEFINE_string(formats, "png,exr", "png, exr, or both, for depth and normals.");
DEFINE_double(depth_step, 0,
              "Mesh units of a step of the 16-bit depth; 0: the smallest round one that fits.");
DEFINE_string(photos, "",
              "Folder with a photograph NAME.jpg (or .png, .bmp, .ppm, .tif) of every camera, for "
              "the overlay.");
DEFINE_string(out_dir, "maps", "The folder for the files.");
DEFINE_int32(num_threads, 0, "0: all of the machine's.");

namespace ceres_align::cli {
namespace {

ProgramHelp Help() {
  ProgramHelp help;
  help.name = "render_scene";
  help.summary =
      "render_scene: what every camera of a scene sees of the object: exact coverage, depth,\n"
      "normals, places, and the object over the photographs.";
  help.examples = {{"render_scene --scene scene.json --pose out/result.json --out_dir maps",
                    "Everything, at the pose that ceres_align found."},
                   {"render_scene --scene scene.json --pose out/result.json --render depth,normal "
                    "--render_size 2 --nolens",
                    "Depth and normals at twice the size, without distortion."}};
  help.groups = {{"What to draw",
                  {"scene", "pose", "render", "render_size", "lens", "smooth_normals",
                   "normal_axes", "formats", "depth_step", "photos"}},
                 {"Output", {"out_dir", "num_threads"}}};
  help.exit_codes = {"0  the files are written",
                     "1  bad input: one line on stderr says what; nothing is written"};
  return help;
}

Rigid3d Pose(const SceneDescription& description) {
  if (FLAGS_pose == "initial" || FLAGS_pose == "truth") {
    const auto& pose = FLAGS_pose == "initial" ? description.initial_rig_from_world
                                               : description.true_rig_from_world;
    if (!pose) {
      throw InputError("--pose " + FLAGS_pose + ": " + FLAGS_scene + " has none");
    }
    return *pose;
  }
  return ReadResultPose(FLAGS_pose);
}

std::vector<Rigid3d> PosesOfObjects(const SceneDescription& description) {
  std::vector<std::string> names;
  std::vector<Rigid3d> poses;
  for (const ObjectDescription& object : description.objects) {
    names.push_back(object.name);
    if (FLAGS_pose != "initial" && FLAGS_pose != "truth") continue;
    const auto& pose =
        FLAGS_pose == "initial" ? object.initial_rig_from_world : object.true_rig_from_world;
    if (!pose) {
      throw InputError("--pose " + FLAGS_pose + ": object " + Quoted(object.name) + " of " +
                       FLAGS_scene + " has none");
    }
    poses.push_back(*pose);
  }
  return poses.empty() ? ReadResultPoses(FLAGS_pose, names) : poses;
}

RenderSettings Settings() {
  RenderSettings settings;
  settings.maps.kinds = ParseMapKinds(FLAGS_render, "--render");
  settings.maps.smooth_normals = FLAGS_smooth_normals;
  if (FLAGS_normal_axes != "opencv" && FLAGS_normal_axes != "opengl") {
    throw InputError("--normal_axes is " + Quoted(FLAGS_normal_axes) +
                     "; it must be opencv or opengl");
  }
  settings.maps.opengl_normals = FLAGS_normal_axes == "opengl";
  if (!(FLAGS_depth_step >= 0)) {
    throw InputError(Format("--depth_step is %g; it must not be negative", FLAGS_depth_step));
  }
  settings.maps.depth_step = FLAGS_depth_step;
  settings.maps.png = FLAGS_formats != "exr";
  settings.maps.exr = FLAGS_formats != "png";
  const bool both = FLAGS_formats == "png,exr" || FLAGS_formats == "exr,png";
  if (!both && FLAGS_formats != "png" && FLAGS_formats != "exr") {
    throw InputError("--formats is " + Quoted(FLAGS_formats) + "; it must be png, exr or png,exr");
  }
  settings.size = FLAGS_render_size;
  settings.through_lens = FLAGS_lens;
  settings.photos = FLAGS_photos;
  return settings;
}

int Run() {
  KeepMemory(64 << 20);  // large images of one camera after the other
  if (FLAGS_scene.empty()) throw InputError("--scene is missing (see --help)");
  if (FLAGS_pose.empty()) throw InputError("--pose is missing: a result.json, initial or truth");
  const RenderSettings settings = Settings();
  CheckOutputDirectory(FLAGS_out_dir);
  const SceneDescription description = ReadSceneDescription(FLAGS_scene, Masks::kNotNeeded);
  Rigid3d pose;  // of several objects the world is the rig
  std::vector<Rigid3d> rig_from_object;
  if (description.objects.empty()) {
    pose = Pose(description);
  } else {
    rig_from_object = PosesOfObjects(description);
  }
  RenderScene scene =
      SceneToRender(description, std::filesystem::path(FLAGS_scene).parent_path().string(),
                    FLAGS_scene, rig_from_object);
  scene.rig_from_world = pose;
  CheckRender(scene, settings);
  std::string why;
  const std::unique_ptr<Rasterizer> rasterizer = MakeRasterizer({"cpu", FLAGS_num_threads}, &why);
  size_t count = 0;
  WriteFiles("render_scene", FLAGS_out_dir, [&](OutputFiles* files) {
    RenderMaps(
        scene, settings, rasterizer.get(),
        [&](const OutputFile& file) {
          files->Stage(file);
          ++count;
        },
        [&](size_t done, size_t of) {
          std::printf("%zu of %zu cameras: %s\n", done, of, scene.views[done - 1].name.c_str());
          std::fflush(stdout);
        });
  });
  std::printf("Written to %s: %zu files\n", Shown(FLAGS_out_dir).c_str(), count);
  return kExitOk;
}

}  // namespace
}  // namespace ceres_align::cli

int main(int argc, char** argv) {
  using ceres_align::cli::Run;
  return ceres_align::cli::RunProgram(ceres_align::cli::Help(), argc, argv, Run);
}
