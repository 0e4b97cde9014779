// ceres_align: a mesh and silhouette masks in, the camera's R and T out.
#include <gflags/gflags.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "ceres_align/align/align_scene.h"
#include "ceres_align/backends/backends.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/scene_hints.h"
#include "ceres_align/report/result_json.h"
#include "ceres_align/report/text_report.h"
#include "cli/align_flags.h"
#include "cli/demo_scene.h"
#include "cli/export_cameras.h"
#include "cli/help.h"
#include "cli/keep_memory.h"
#include "cli/outputs.h"
#include "cli/progress.h"
#include "cli/render_maps.h"
#include "cli/run_objects.h"
#include "cli/run_sequence.h"
#include "cli/scene_from_flags.h"
#include "cli/signals.h"
#include "cli/stopwatch.h"

using ceres_align::AlignOptions;
using ceres_align::BackendOptions;

DEFINE_string(scene, "",
              "A scene file (JSON): mesh, views, rig, start; see docs. Replaces the "
              "flags of mesh, masks and cameras.");
DEFINE_string(mesh, "", "The mesh: OBJ, PLY, STL, OFF, GLB, glTF, DAE, X3D or 3MF.");
DEFINE_string(masks, "",
              "The masks of cameras 1, 2, ..., separated by commas: l.png,r.png. l.png:3 is the "
              "pixels of label 3 in an image of labels, l.png:#ff8000 those of a colour, "
              "coco.json:IMAGE:ANNOTATION an annotation in COCO's form.");
DEFINE_string(sequence, "",
              "Masks of many frames in the place of --masks (or of a scene's): a folder, a pattern "
              "like 'm/*.png', or a list of files NAME.txt; of several cameras one each, separated "
              "by commas. The object is tracked from frame to frame.");
DEFINE_double(fps, 30, "Frames a second of --sequence, for times and --video.");
DEFINE_bool(assess_frames, false,
            "Covariance and verdict of every frame of --sequence, not only of those searched.");
DEFINE_string(video, "", "An overlay video of --sequence, by ffmpeg: NAME.mp4, for example.");
DEFINE_string(mask_path, "", "The mask of camera 1; with --mask_path_2 the same as --masks.");
DEFINE_string(mask_path_2, "", "The mask of camera 2.");
DEFINE_double(mask_threshold, 0,
              "Makes masks binary, for maps of probability: a pixel of at least this value (up to "
              "1) is the object. 0: values in between are the covered part of a pixel. Replaces a "
              "scene's.");
DEFINE_double(mesh_scale, 1, "The mesh's vertices are multiplied by this.");
DEFINE_string(mesh_unit, "",
              "The unit of the mesh's file, mm, cm, m, in or ft: metres come out. In the place of "
              "--mesh_scale.");
DEFINE_string(
    mesh_up, "",
    "The axis of the mesh's file that points upwards, y, z, x, -y, -z or -x: it is turned "
    "to the world's +y. CAD is mostly z, glTF y. Without it the mesh stays as it is.");
DEFINE_double(initial_scale, 1,
              "The same as --mesh_scale; the scale is optimized only with --refine scale.");
DEFINE_string(
    refine, "",
    "What is solved for together with the pose: scale, focal, principal_point, rig, "
    "offset, separated by commas; each may say how exactly it is known: scale=50 and "
    "focal=10 (percent), principal_point=5 (px), rig=2:2 (degrees:percent of the distance "
    "between the cameras), or =free. Replaces the scene's.");
DEFINE_string(fov_range_deg, "",
              "\"least,most\": the field of view over the shorter side is not known but for this; "
              "in the place of --fov_deg and --K, or of a scene's K.");

DEFINE_double(fov_deg, 60,
              "Field of view over the shorter side of the image, in degrees "
              "(PyTorch3D's). Has to be given, or --K, except in the demo.");
DEFINE_string(K, "",
              "Intrinsics in px: \"fx,fy,cx,cy\" or 3x3 in rows; one for all cameras, or one "
              "for each separated by ';'.");
DEFINE_double(pixel_center, 0.5, "Where the first pixel's centre lies in --K: 0.5, or 0 (OpenCV).");
DEFINE_string(dist, "",
              "Lens distortion, OpenCV's k1,k2,p1,p2[,k3[,k4,k5,k6]] or fisheye:k1,k2,k3,k4; one "
              "for all cameras, or one "
              "for each separated by ';'. Masks are as photographed.");
DEFINE_string(image_size, "",
              "\"(height,width)\", PyTorch3D's order. Masks of another size are an "
              "error. In the demo the size of the reference masks, (256,306) if not given.");
DEFINE_string(R_rel, "",
              "Rotation of camera 2 relative to camera 1: 3x3 in rows, or three Euler "
              "angles in degrees. For cameras 2, 3, ... separated by ';', each to camera 1.");
DEFINE_string(T_rel, "", "Translation that belongs to --R_rel: x,y,z, separated by ';' likewise.");
DEFINE_string(rig_convention, "",
              "How --R_rel and --T_rel are read: pytorch3d_row (R2 = R1*R_rel, "
              "T2 = T1*R_rel + T_rel, row vectors), pytorch3d_column (R2 = R_rel*R1, "
              "T2 = R_rel*T1 + T_rel, R transposed to column vectors) or opencv (x2 = R_rel*x1 + "
              "T_rel).");

DEFINE_string(camera_location, "(81,0,96)",
              "Start of camera 1: its centre in the world. Without "
              "--camera_rotation it looks at the origin, +y up. The default is the demo's alone.");
DEFINE_string(camera_rotation, "",
              "Start of camera 1: PyTorch3D's R (X_cam = X_world*R + T), 3x3 in "
              "rows, or three Euler angles in degrees (R = Rx*Ry*Rz).");
DEFINE_string(camera_translation, "",
              "Start of camera 1: PyTorch3D's T; goes with "
              "--camera_rotation.");

DEFINE_bool(search, false,
            "Take no start, not even the scene's or the demo's: search all rotations.");
DEFINE_string(backend, BackendOptions().backend,
              "auto, cpu or cuda; auto takes CUDA where a device works.");
DEFINE_int32(num_threads, BackendOptions().num_threads,
             "Threads of the CPU; 0: one per core. With CUDA the solves that run side by side; 0: "
             "32. The result is the same for any number.");

DEFINE_string(
    render, "",
    "Maps of every camera at the pose that was found, also of cameras without a mask: "
    "mask,depth,normal,overlay,position,label; or all. label: which of several objects is "
    "seen. render_scene has more choices.");
DEFINE_double(render_size, 1, "Size of the maps, as a factor of each camera's own.");
DEFINE_string(photos, "",
              "Folder with a photograph NAME.jpg (or .png, .bmp, .ppm, .tif) of every camera, for "
              "overlays, report.html and the overlays of --render; in the place of the scene's "
              "images.");
DEFINE_string(outputs, "all",
              "What is written: of json (result.json), overlay (overlay_<view>.png), comparison "
              "(comparison.png), gif (optimization.gif) and report (report.html: all of it on one "
              "page) those named, separated by commas; or all; or none.");
DEFINE_string(pictures, "all",
              "Which pictures --outputs may have: none (only result.json), final (result.json and "
              "overlay_<view>.png), or all. Shorthand beside --outputs all; what a list in "
              "--outputs names must be among them.");
DEFINE_string(out_dir, "out", "Folder for these files; they are written all or none.");
DEFINE_string(filename_output, "", "Write the animation here instead.");
DEFINE_string(export_cameras, "",
              "FORMAT:path: writes the views' cameras at the pose found as well, in the world (the "
              "mesh's frame), for another tool. make_scene --help lists the formats; gltf:NAME.glb "
              "has the mesh too, "
              "and NAME_blender.py beside it sets up Blender's cameras with the --photos behind.");
DEFINE_string(start_end_output, "",
              "Write the comparison of start, target, final and other poses here instead.");

namespace ceres_align::cli {
namespace {

namespace fs = std::filesystem;

ProgramHelp Help() {
  ProgramHelp help;
  help.name = "ceres_align";
  help.summary =
      "ceres_align: from a mesh and silhouette masks to the camera's R and T, by\n"
      "Levenberg-Marquardt over an exact silhouette rasterizer. Without a start it searches all\n"
      "rotations. Without flags it runs a demo.";
  help.examples = {
      {"ceres_align", "The demo: a rooster, two reference masks 30 degrees apart."},
      {"ceres_align --loop_num 3000 --camera_location \"(81,0,96)\"",
       "The demo from another start; at most 3000 iterations."},
      {"ceres_align --mesh a.obj --masks a.png --fov_deg 60 --camera_location \"(81,0,96)\"",
       "One mask of your own, from a start."},
      {"ceres_align --mesh a.obj --masks l.png,r.png --K 900,900,320,240 --R_rel \"0,30,0\" "
       "--T_rel "
       "\"-60,0,16\" --rig_convention opencv",
       "Two cameras whose relative pose is known; no start, so all rotations are searched."},
      {"ceres_align --scene scene.json --out_dir out", "Any number of views, from a file."},
      {"ceres_align --scene scene.json --search", "The same, without the start in the file."}};
  help.groups = {
      {"What to align",
       {"scene", "mesh", "masks", "mask_path", "mask_path_2", "mask_threshold", "mesh_scale",
        "mesh_unit", "mesh_up", "initial_scale", "refine"}},
      {"Sequences", {"sequence", "fps", "assess_frames", "video"}},
      {"Cameras",
       {"fov_deg", "fov_range_deg", "K", "pixel_center", "dist", "image_size", "R_rel", "T_rel",
        "rig_convention"}},
      {"Start (optional; without one, here or in the scene, all rotations are searched)",
       {"camera_location", "camera_rotation", "camera_translation", "search", "search_if_poor"}},
      PriorFlagGroup(),
      SolveFlagGroup(),
      {"Outputs",
       {"render", "render_size", "photos", "outputs", "pictures", "out_dir", "filename_output",
        "start_end_output", "export_cameras"}}};
  help.exit_codes = {"0  the result is usable",
                     "1  bad input: one line on stderr says what; nothing is written",
                     "2  not converged, ambiguous or not trustworthy; the outputs are written",
                     "3  standard output was lost (closed, full, a broken pipe); the outputs are "
                     "written"};
  help.instead = {
      {"final_image_size", "the last level always has the masks' full size; leave it out"},
      {"learning_rate", "Levenberg-Marquardt finds its own steps; leave it out"},
      {"lr", "Levenberg-Marquardt finds its own steps; leave it out"},
      {"sigma", "the outline is exact, nothing is blurred; leave it out"},
      {"faces_per_pixel", "all faces count; leave it out"},
      {"loss_thr", "it stops by itself (--final_step_px, --final_cost_change)"},
      {"device", "--backend auto, cpu or cuda"},
      {"gpu", "--backend auto, cpu or cuda"}};
  return help;
}

SceneFlags FlagsOfScene() {
  SceneFlags flags;
  flags.scene = FLAGS_scene;
  flags.mesh = FLAGS_mesh;
  flags.masks = FLAGS_masks;
  flags.mask_path = FLAGS_mask_path;
  flags.mask_path_2 = FLAGS_mask_path_2;
  if (FlagWasGiven("mask_threshold")) flags.mask_threshold = FLAGS_mask_threshold;
  if (FlagWasGiven("mesh_scale") && FlagWasGiven("initial_scale")) {
    throw InputError("--mesh_scale and --initial_scale are both given; they mean the same");
  }
  if (FlagWasGiven("mesh_scale")) flags.mesh_scale = FLAGS_mesh_scale;
  if (FlagWasGiven("initial_scale")) flags.mesh_scale = FLAGS_initial_scale;
  flags.mesh_unit = FLAGS_mesh_unit;
  flags.mesh_up = FLAGS_mesh_up;
  if (FlagWasGiven("fov_deg")) flags.fov_deg = FLAGS_fov_deg;
  flags.K = FLAGS_K;
  if (!FLAGS_fov_range_deg.empty()) {
    const std::vector<double> range = ParseNumbers(FLAGS_fov_range_deg, "--fov_range_deg");
    if (range.size() != 2) {
      throw InputError("--fov_range_deg is " + Quoted(FLAGS_fov_range_deg) +
                       "; it must be two angles, least,most");
    }
    flags.fov_range_deg = {range[0], range[1]};
  }
  flags.refine = FLAGS_refine;
  flags.pixel_center = FLAGS_pixel_center;
  flags.dist = FLAGS_dist;
  flags.image_size = FLAGS_image_size;
  flags.R_rel = FLAGS_R_rel;
  flags.T_rel = FLAGS_T_rel;
  flags.rig_convention = FLAGS_rig_convention;
  flags.camera_rotation = FLAGS_camera_rotation;
  flags.camera_translation = FLAGS_camera_translation;
  flags.search = FLAGS_search;
  const bool demo_default = flags.IsDemo() && !flags.search && flags.camera_translation.empty();
  if (FlagWasGiven("camera_location") || demo_default) {
    flags.camera_location = FLAGS_camera_location;
  }
  return flags;
}

RenderSettings RenderFromFlags(const OutputPlan& plan) {
  RenderSettings render;
  if (!FLAGS_render.empty()) render.maps.kinds = ParseMapKinds(FLAGS_render, "--render");
  render.size = PositiveFlag(FLAGS_render_size, "render_size");
  render.photos = FLAGS_photos;
  if (FLAGS_render.empty() && FlagWasGiven("render_size")) {
    throw InputError("--render_size says how to draw; --render says what");
  }
  const bool drawn_on =
      !FLAGS_render.empty() || plan.overlay || plan.report || IsGltf(FLAGS_export_cameras);
  if (!drawn_on && !FLAGS_photos.empty()) {
    throw InputError(
        "--photos are for overlays, report.html, the overlays of --render, and --export_cameras "
        "gltf:…");
  }
  return render;
}

struct Problem {
  Scene scene;
  SceneDescription description;  ///< of a scene file or flags; empty for the demo
  bool estimate_offset = false;
  std::vector<std::string> warnings;
};

Problem MakeProblem() {
  const SceneFlags flags = FlagsOfScene();
  if (flags.IsDemo()) {
    Scene demo = DemoScene(flags);
    std::printf(
        "The demo: reference masks of data/rooster_small.obj from two cameras "
        "(--help shows how to give your own).\n");
    const bool offset = !flags.refine.empty() && SetUnknowns(flags, &demo);
    return {std::move(demo), {}, offset, {}};
  }
  LoadedScene loaded = SceneFromFlags(flags);
  if (!flags.K.empty() && !FlagWasGiven("pixel_center")) {
    std::printf(
        "--K is read with the first pixel's centre at (0.5, 0.5). OpenCV's calibrations have it at "
        "(0, 0): --pixel_center 0\n");
  }
  if (!loaded.description.mesh_frame.IsIdentity()) {
    std::printf("Mesh: %s\n", InWords(loaded.description.mesh_frame).c_str());
  }
  Problem problem = {std::move(loaded.scene), std::move(loaded.description), loaded.estimate_offset,
                     std::move(loaded.warnings)};
  for (std::string& hint : ScaleHints(problem.scene)) problem.warnings.push_back(std::move(hint));
  return problem;
}

struct Solved {
  Scene scene;  ///< with the unknowns that were found
  PreparedMeshes meshes;
  AlignResult result;
  std::vector<AlignIteration> iterations;
};

/// The best pose so far is the result when the user presses Ctrl-C; a second one ends the program,
/// as the first does while there is no pose.
Solved Solve(Scene scene, const AlignOptions& options, Rasterizer* rasterizer) {
  std::vector<AlignIteration> iterations;
  Progress progress;
  std::optional<SignalNotes> notes;
  AlignedScene aligned =
      AlignScene(std::move(scene), rasterizer, options, [&](const AlignIteration& step) {
        if (!notes) notes.emplace(SignalNotes::Watch::kInterrupt);
        iterations.push_back(step);
        progress.Show(step);
        return !SignalNotes::Any();
      });
  progress.Finish();
  return {std::move(aligned.scene), std::move(aligned.meshes), std::move(aligned.align),
          std::move(iterations)};
}

/// With the warnings behind the message where it throws: they may name the cause.
Solved SolveOrExplain(Problem problem, const AlignOptions& options, Rasterizer* rasterizer) {
  try {
    return Solve(std::move(problem.scene), options, rasterizer);
  } catch (const InputError& error) {
    std::string message = error.what();
    for (const std::string& warning : problem.warnings) message += ". Warning: " + warning;
    throw InputError(message);
  }
}

/// The files of --export_cameras; none where it was not given.
std::vector<ExportedFile> Exported(const RenderScene& scene) {
  if (FLAGS_export_cameras.empty()) return {};
  return ExportedCameras(scene, FLAGS_export_cameras, FLAGS_photos);
}

/// What --render or --export_cameras cannot do with these views is told before the run.
void CheckDrawnAndExported(const RenderScene& scene, const RenderSettings& render) {
  CheckRender(scene, render);
  Exported(scene);
}

/// What was aligned, for the reader of report.html.
std::string ReportTitle(const Scene& scene) {
  std::string mesh = scene.mesh_names.empty() ? "" : scene.mesh_names[0];
  if (const size_t slash = mesh.find_last_of('/'); slash != mesh.npos) mesh.erase(0, slash + 1);
  if (!FLAGS_scene.empty()) mesh += mesh.empty() ? FLAGS_scene : " in " + FLAGS_scene;
  return mesh.empty() ? "ceres_align" : mesh;
}

int Run() {
  Stopwatch watch;
  KeepMemory(4 << 20);
  if (!FLAGS_export_cameras.empty()) CheckExport(FLAGS_export_cameras);
  const OutputPlan plan = PlanOutputs({FLAGS_outputs, FLAGS_out_dir, FLAGS_filename_output,
                                       FLAGS_start_end_output, FLAGS_pictures});
  AlignOptions options = OptionsFromFlags();
  const RenderSettings render = RenderFromFlags(plan);
  std::string why;
  const std::unique_ptr<Rasterizer> rasterizer =
      MakeRasterizer({FLAGS_backend, FLAGS_num_threads, PrintFallback}, &why);
  if (!FLAGS_sequence.empty()) {
    if (!FLAGS_photos.empty()) throw InputError("--photos are for one frame, not for --sequence");
    if (plan.report && FLAGS_outputs != "all") {
      throw InputError("--outputs: there is no report of a sequence");
    }
    if (render.maps.kinds.any() || !FLAGS_export_cameras.empty()) {
      throw InputError("--render and --export_cameras are for one frame, not for --sequence");
    }
    std::printf("Backend: %s\n", why.c_str());
    return RunSequence(FlagsOfScene(),
                       {FLAGS_sequence, FLAGS_video, FLAGS_fps, FLAGS_assess_frames}, plan, options,
                       rasterizer.get());
  }
  if (!FLAGS_video.empty()) throw InputError("--video is for --sequence");
  LoadedObjects several = ObjectsFromFlags(FlagsOfScene());
  if (!several.objects.empty()) {
    CheckOutputsOfObjects(plan, FLAGS_outputs);
    if (!FLAGS_photos.empty() && !render.maps.kinds.any()) {
      throw InputError("--photos of a scene of several objects are for the overlays of --render");
    }
    std::printf("Backend: %s\n", why.c_str());
    if (!FLAGS_export_cameras.empty()) {
      throw InputError("--export_cameras writes the cameras of a scene with one object");
    }
    return RunObjects(std::move(several), plan, render, options, rasterizer.get(), &watch);
  }
  Problem problem = MakeProblem();
  if (problem.estimate_offset) options.offset = Choice::kOn;
  RunSeconds seconds;
  std::printf("Backend: %s\n", why.c_str());
  if (!problem.scene.initial_rig_from_world) {
    std::printf(FLAGS_search ? "--search: searching all rotations\n"
                             : "No start given: searching all rotations\n");
    std::fflush(stdout);  // the first line of progress comes only after it
  }
  seconds.load = watch.Lap();

  const std::vector<std::string> warnings = problem.warnings;
  const SceneDescription description = problem.description;
  CheckDrawnAndExported(SolvedToRender(problem.scene, description, Rigid3d(), "the scene"), render);
  std::vector<RgbImage> photos;
  if (plan.overlay || plan.report) {
    photos =
        LoadPhotos(problem.scene, description, fs::path(FLAGS_scene).parent_path(), FLAGS_photos);
  }
  const Solved solved = SolveOrExplain(std::move(problem), options, rasterizer.get());
  const Scene& scene = solved.scene;
  watch.Lap();
  // Only now: where the input is bad, its one line stays alone on stderr.
  for (const std::string& warning : warnings) {
    std::fprintf(stderr, "ceres_align: warning: %s\n", warning.c_str());
  }
  const std::vector<OutputFile> pictures =
      DrawPictures(plan,
                   {scene, solved.meshes, solved.iterations, solved.result, options, warnings,
                    seconds, ReportTitle(scene), photos},
                   rasterizer.get());
  seconds.draw = watch.Lap();
  const auto stop_clock = [&] {
    seconds.write = watch.Lap();
    seconds.total = watch.Total();
  };
  const auto result_json = [&] {
    stop_clock();
    return ResultJson(scene, solved.result, options, seconds, warnings);
  };
  size_t num_maps = 0;
  const RenderScene all_views =
      SolvedToRender(scene, description, solved.result.rig_from_world, "the scene");
  const std::vector<ExportedFile> cameras = Exported(all_views);
  const bool into_out_dir = plan.any() || render.maps.kinds.any();
  if (into_out_dir || !cameras.empty()) {
    const std::string folder = into_out_dir ? plan.out_dir : cameras[0].name.parent_path().string();
    WriteFiles("ceres_align", folder, [&](OutputFiles* files) {
      for (const OutputFile& picture : pictures) files->Stage(picture);
      for (const ExportedFile& file : cameras) files->StageElsewhere(file.name, file.bytes);
      if (render.maps.kinds.any()) {
        RenderMaps(all_views, render, rasterizer.get(),
                   [&](const OutputFile& map) {
                     files->Stage(map);
                     ++num_maps;
                   },
                   {});
        seconds.draw += watch.Lap();  // with staging the files
      }
      if (plan.json) files->Stage({"result.json", result_json()});
    });
  }
  if (!plan.json) stop_clock();
  std::fputs(TextReport(scene, solved.result, seconds).c_str(), stdout);
  if (into_out_dir) {
    std::printf("Written to %s: %zu files\n", Shown(plan.out_dir).c_str(),
                pictures.size() + num_maps + (plan.json ? 1 : 0));
  }
  if (!cameras.empty()) std::printf("Cameras: %s\n", Shown(FLAGS_export_cameras).c_str());
  return solved.result.IsUsable() ? kExitOk : kExitNotUsable;
}

}  // namespace
}  // namespace ceres_align::cli

int main(int argc, char** argv) {
  using ceres_align::cli::Run;
  return ceres_align::cli::RunProgram(ceres_align::cli::Help(), argc, argv, Run);
}
