// The camera formats of --import.
#include <cmath>

#include "ceres_align/base/error.h"
#include "ceres_align/formats/bop.h"
#include "ceres_align/formats/formats.h"
#include "fuzz.h"

namespace ceres_align::fuzz {
namespace {

// What every set promises, whatever format it is of.
void RequireSet(const CameraSet& set) {
  Require(!set.cameras.empty(), "a set has cameras");
  for (const CalibratedCamera& c : set.cameras) {
    Require(!c.name.empty(), "a camera has a name");
    Require(c.cam_from_reference.translation.allFinite() &&
                std::abs(c.cam_from_reference.rotation.norm() - 1) < 1e-6,
            "a pose is a finite rotation and translation");
    if (!set.has_intrinsics) continue;
    Require(c.camera.width_px > 0 && c.camera.height_px > 0, "an image has pixels");
    Require(c.camera.fx_px > 0 && c.camera.fy_px > 0 && std::isfinite(c.camera.fx_px) &&
                std::isfinite(c.camera.fy_px) && std::isfinite(c.camera.cx_px) &&
                std::isfinite(c.camera.cy_px),
            "a camera matrix is finite, its focal lengths are positive");
  }
}

// `part` is in every message: the file's name, or the folder's where there are several.
void Read(const std::string& format, const std::filesystem::path& path, const char* part) {
  CameraReadOptions options;
  options.image_size = HeightWidth{480, 640};
  options.rig_form = RigForm::kPyTorch3dRow;
  Expect(part, [&] { RequireSet(ReadCameras(format + ":" + path.string(), options)); });
}

template <int kTarget>
void OneFile(const std::string& bytes);

struct File {
  const char* target;
  const char* format;
  const char* file;
};
constexpr File kFiles[] = {
    {"opencv_yaml", "opencv", "in.yml"},  {"opencv_xml", "opencv_xml", "in.xml"},
    {"opencv_json", "opencv", "in.json"}, {"ros", "ros", "in.yaml"},
    {"kalibr", "kalibr", "in.yaml"},      {"transforms", "transforms", "transforms.json"},
    {"pytorch3d", "pytorch3d", "in.txt"}, {"mayacam", "mayacam", "in.txt"},
    {"camera_table", "text", "in.txt"}};

template <int kTarget>
void OneFile(const std::string& bytes) {
  const File& file = kFiles[kTarget];
  Read(file.format, Write(file.file, bytes), file.file);
}

template <int... kTarget>
std::vector<Target> OneFileTargets(std::integer_sequence<int, kTarget...>) {
  return {{kFiles[kTarget].target, OneFile<kTarget>}...};
}

const std::vector<const char*> kColmapText = {"cameras.txt", "images.txt", "rigs.txt",
                                              "frames.txt"};
const std::vector<const char*> kColmapBinary = {"cameras.bin", "images.bin", "rigs.bin",
                                                "frames.bin"};
const std::vector<const char*> kBop = {"scene_camera.json", "scene_gt.json"};
const std::vector<const char*> kMatrices = {"a.csv", "a_K.csv", "a_dist.csv"};

void Folders(const char* format, const std::string& bytes, const std::vector<const char*>& files) {
  WritePieces(bytes, files);
  Read(format, Folder(), Folder().filename().c_str());
}

void Matrices(const std::string& bytes) {
  const std::filesystem::path path = WritePieces(bytes, kMatrices);
  Read("matrix_world_from_cam", path, "a");
}

void Symmetries(const std::string& bytes) {
  const std::filesystem::path path = Write("models_info.json", bytes);
  Expect("models_info.json", [&] {
    for (const Rigid3d& pose : ReadBopSymmetries(path, 1).discrete) {
      Require(pose.R().allFinite() && pose.translation.allFinite(), "a symmetry is finite");
    }
  });
}

}  // namespace

std::vector<Target> CameraTargets() {
  constexpr int kCount = sizeof(kFiles) / sizeof(kFiles[0]);
  std::vector<Target> targets = OneFileTargets(std::make_integer_sequence<int, kCount>());
  const std::vector<Target> several = {
      {"colmap_text", [](const std::string& bytes) { Folders("colmap", bytes, kColmapText); }},
      {"colmap_binary", [](const std::string& bytes) { Folders("colmap", bytes, kColmapBinary); }},
      {"bop", [](const std::string& bytes) { Folders("bop", bytes, kBop); }},
      {"bop_symmetries", Symmetries},
      {"matrix_poses", Matrices}};
  targets.insert(targets.end(), several.begin(), several.end());
  return targets;
}

}  // namespace ceres_align::fuzz
