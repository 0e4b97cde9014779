// make_scene: other tools' camera files, a mesh and masks in, scene.json out; or camera files from
// one format to another.
#include <gflags/gflags.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/formats/formats.h"
#include "ceres_align/io/file_transaction.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/scene_hints.h"
#include "ceres_align/io/scene_io.h"
#include "cli/glob.h"
#include "cli/help.h"
#include "cli/import_cameras.h"
#include "cli/mesh_frame.h"
#include "cli/repeated_flag.h"

DEFINE_string(import, "",
              "FORMAT:path of a camera file or folder; may be given several times. The formats are "
              "listed above.");
DEFINE_string(mesh, "", "The mesh: OBJ, PLY, STL, OFF, GLB, glTF, DAE, X3D or 3MF.");
DEFINE_string(mesh_unit, "",
              "The unit of the mesh's file, mm, cm, m, in or ft: metres come out. Written into the "
              "scene.");
DEFINE_double(mesh_scale, 1, "Instead: what its positions are multiplied by.");
DEFINE_string(
    mesh_up, "",
    "The axis of the mesh's file that points upwards, y, z, x, -y, -z or -x: it is turned "
    "to the world's +y. Written into the scene.");
DEFINE_string(masks, "",
              "The masks: a pattern in quotes, 'masks/*.png', or a list between commas. Matched to "
              "the cameras by name, left.png to left, else by order. Not needed where the format "
              "names them (bop). 'labels/*.png:3' is the pixels of label 3, "
              "coco.json:left.png:mug an annotation in COCO's form, left's.");
DEFINE_double(mask_threshold, 0,
              "Makes masks binary, for maps of probability: a pixel of at least this value (up to "
              "1) is the object. 0: values in between are the covered part of a pixel. Written "
              "into the scene.");
DEFINE_string(out, "scene.json",
              "The scene file, written whole or not at all; the paths in it are relative to it.");
DEFINE_string(export, "",
              "FORMAT:path: writes the cameras in that format instead; no mesh and no masks.");
DEFINE_string(image_size, "",
              "\"(height,width)\" of cameras whose file has no size; by default the masks' size.");
DEFINE_double(
    pixel_center, 0.5,
    "Where the first pixel's centre lies in the files: 0 (OpenCV) or 0.5, instead of what "
    "is usual in their format.");
DEFINE_string(
    rig_convention, "",
    "How R and T of PyTorch3D's text files are read: pytorch3d_row (X_cam = X*R + T; "
    "R2 = R1*R_rel, T2 = T1*R_rel + T_rel), pytorch3d_column (R transposed; R2 = R_rel*R1, "
    "T2 = R_rel*T1 + T_rel) or opencv (x_cam = R*x + T, OpenCV's axes).");
DEFINE_int32(image_id, -1, "The image of a BOP scene; -1: its first.");
DEFINE_int32(object_id, -1, "The object of a BOP scene; -1: the image's first.");

namespace ceres_align::cli {
namespace {

std::string FormatsText() {
  std::string text = "Formats (r: read, w: written):";
  for (const CameraFormat& format : CameraFormats()) {
    text += Format("\n  %-24s %s%s  %s", format.name, format.read != nullptr ? "r" : " ",
                   format.write != nullptr ? "w" : " ", format.what);
  }
  return text;
}

ProgramHelp Help() {
  ProgramHelp help;
  help.name = "make_scene";
  help.summary =
      "make_scene: from other tools' camera files, a mesh and masks to a scene.json for\n"
      "ceres_align --scene; or from one camera format to another. Every convention that it takes\n"
      "is printed.\n\n" +
      FormatsText();
  help.examples = {
      {"make_scene --import opencv:stereo.yml --mesh a.ply --masks 'masks/*.png' --out scene.json",
       "Two cameras of stereoCalibrate."},
      {"make_scene --import kalibr:camchain.yaml --export opencv:cameras.yml",
       "The same cameras in another format."}};
  help.groups = {
      {"Cameras",
       {"import", "image_size", "pixel_center", "rig_convention", "image_id", "object_id"}},
      {"The object", {"mesh", "mesh_unit", "mesh_scale", "mesh_up", "masks", "mask_threshold"}},
      {"Output", {"out", "export"}}};
  help.exit_codes = {"0  written", "1  bad input: one line on stderr says what; nothing is written",
                     "3  standard output was lost (closed, full, a broken pipe); the file is "
                     "written"};
  return help;
}

// Of all masks where it is the same.
std::optional<HeightWidth> SizeOfMasks(const std::vector<std::string>& masks, MaskCache* cache) {
  std::optional<HeightWidth> common;
  for (const std::string& mask : masks) {
    const ImageSize size = ReadImageSize(mask, cache);
    if (common && (common->height_px != size.height_px || common->width_px != size.width_px)) {
      return std::nullopt;
    }
    common = {size.height_px, size.width_px};
  }
  return common;
}

CameraReadOptions ReadOptions(const std::vector<std::string>& masks, MaskCache* cache) {
  CameraReadOptions options;
  options.image_size = FLAGS_image_size.empty() ? SizeOfMasks(masks, cache)
                                                : ParseImageSize(FLAGS_image_size, "--image_size");
  if (FlagWasGiven("pixel_center")) options.pixel_center = FLAGS_pixel_center;
  if (!FLAGS_rig_convention.empty()) {
    options.rig_form = ParseRigForm(FLAGS_rig_convention, "--rig_convention");
  }
  for (const auto& [flag, value] :
       {std::pair("image_id", FLAGS_image_id), std::pair("object_id", FLAGS_object_id)}) {
    if (value < -1) throw InputError(Format("--%s is %d; it must be 0 or more", flag, value));
  }
  options.image_id = FLAGS_image_id;
  options.object_id = FLAGS_object_id;
  return options;
}

CameraSet Import(const std::vector<std::string>& masks, MaskCache* cache) {
  CameraSet set = ImportCameras(ValuesOf(FLAGS_import), ReadOptions(masks, cache));
  if (FLAGS_image_size.empty() || !set.has_intrinsics) return set;
  const HeightWidth size = ParseImageSize(FLAGS_image_size, "--image_size");
  for (const CalibratedCamera& camera : set.cameras) {
    const Camera& own = camera.camera;
    if (own.width_px == size.width_px && own.height_px == size.height_px) continue;
    throw InputError(Format("--image_size is %dx%d px (width x height), but camera %s has %dx%d px",
                            size.width_px, size.height_px, Quoted(camera.name).c_str(),
                            own.width_px, own.height_px));
  }
  return set;
}

void PrintCameras(const CameraSet& set) {
  std::string names;
  for (const CalibratedCamera& camera : set.cameras) {
    names += (names.empty() ? "" : ", ") + camera.name;
  }
  std::printf("%zu %s: %s\n", set.cameras.size(), set.cameras.size() == 1 ? "camera" : "cameras",
              names.c_str());
  for (const std::string& sentence : set.conventions) std::printf("Taken: %s\n", sentence.c_str());
}

int Export() {
  if (!FLAGS_mesh.empty() || !FLAGS_masks.empty() || FlagWasGiven("mask_threshold") ||
      FlagWasGiven("out")) {
    throw InputError(
        "--export writes the cameras alone; --mesh, --masks, --mask_threshold and --out go without "
        "it");
  }
  CheckCanWrite(FLAGS_export);
  const CameraSet set = Import({}, nullptr);
  WriteCameras(FLAGS_export, set);
  PrintCameras(set);
  std::printf("Written: %s\n", Shown(FLAGS_export).c_str());
  return kExitOk;
}

MeshFrame FrameOfMesh() {
  std::optional<double> scale;
  if (FlagWasGiven("mesh_scale")) scale = FLAGS_mesh_scale;
  return MeshFrameFromFlags(FLAGS_mesh_unit, scale, FLAGS_mesh_up);
}

// None for 0: masks as they are.
std::optional<double> MaskThreshold() {
  if (FLAGS_mask_threshold == 0) return std::nullopt;
  CheckMaskThreshold(FLAGS_mask_threshold, "--mask_threshold");
  return FLAGS_mask_threshold;
}

int Run() {
  if (FLAGS_import.empty()) throw InputError("--import is missing: which camera files?");
  if (!FLAGS_export.empty()) return Export();
  if (FLAGS_mesh.empty()) {
    throw InputError("--mesh is missing (with --export the cameras alone are converted)");
  }
  const std::optional<double> threshold = MaskThreshold();
  const std::vector<std::string> masks =
      FLAGS_masks.empty() ? std::vector<std::string>() : GlobMasks(FLAGS_masks, "--masks");
  MaskCache cache;
  CameraSet set = Import(masks, &cache);
  std::string matched = "Masks as the format names them";
  if (!masks.empty()) matched = MatchMasks(masks, &cache, &set);
  const std::filesystem::path out = std::filesystem::absolute(FLAGS_out);
  SceneDescription scene = SceneFromCameras(set, FLAGS_mesh, out.parent_path().string(), &cache);
  scene.mesh_frame = FrameOfMesh();
  scene.mask_threshold = threshold;
  // Loads all of it: a scene that is written can be aligned.
  const LoadedScene loaded =
      BuildScene(scene, out.parent_path(), Shown(FLAGS_out), nullptr, &cache);
  SaveScene(out, scene);
  PrintCameras(set);
  if (!scene.mesh_frame.IsIdentity()) {
    std::printf("Taken: the mesh is %s\n", InWords(scene.mesh_frame).c_str());
  }
  std::printf("Taken: the files' reference frame is the rig's frame\n%s\n", matched.c_str());
  std::vector<std::string> warnings = loaded.warnings;
  for (const std::string& hint : ScaleHints(loaded.scene)) warnings.push_back(hint);
  for (const std::string& warning : warnings) {
    std::fprintf(stderr, "make_scene: warning: %s\n", warning.c_str());
  }
  std::printf("Written: %s, %zu %s\n", Shown(FLAGS_out).c_str(), scene.views.size(),
              scene.views.size() == 1 ? "view" : "views");
  return kExitOk;
}

}  // namespace
}  // namespace ceres_align::cli

int main(int argc, char** argv) {
  ceres_align::cli::JoinedArguments arguments(argc, argv, "import");
  return ceres_align::cli::RunProgram(ceres_align::cli::Help(), arguments.argc(), arguments.argv(),
                                      ceres_align::cli::Run);
}
