#include "cli/export_cameras.h"

#include <filesystem>
#include <string_view>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/formats/gltf_scene.h"
#include "ceres_align/maps/photo.h"

namespace ceres_align::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kGltf = "gltf:";

std::vector<ExportedFile> Gltf(const RenderScene& scene, const CameraSet& set,
                               const std::string& format_and_path) {
  if (scene.meshes.size() != 1) {
    throw InputError("--export_cameras gltf: the views see different meshes; one can be written");
  }
  const fs::path path = fs::absolute(format_and_path.substr(kGltf.size()));
  std::vector<ExportedFile> files = GltfSceneFiles(path, *scene.meshes[0], set);
  for (ExportedFile& file : files) file.name = path.parent_path() / file.name;
  return files;
}

}  // namespace

bool IsGltf(const std::string& format_and_path) {
  return format_and_path.compare(0, kGltf.size(), kGltf) == 0;
}

void CheckExport(const std::string& format_and_path) {
  if (!IsGltf(format_and_path)) return CheckCanWrite(format_and_path);
  if (fs::path(format_and_path.substr(kGltf.size())).extension() != ".glb") {
    throw InputError("--export_cameras " + Quoted(format_and_path) + ": expected gltf:NAME.glb");
  }
}

std::vector<ExportedFile> ExportedCameras(const RenderScene& scene,
                                          const std::string& format_and_path,
                                          const std::string& photos) {
  CameraSet set;
  for (const RenderView& view : scene.views) {
    CalibratedCamera camera;
    camera.name = view.name;
    camera.camera = view.camera;
    camera.cam_from_reference = view.cam_from_rig * scene.rig_from_world;
    if (!photos.empty()) {
      camera.image = fs::absolute(FindPhoto(photos, view.name)).lexically_normal().string();
    }
    set.cameras.push_back(camera);
  }
  return IsGltf(format_and_path) ? Gltf(scene, set, format_and_path)
                                 : CameraFiles(format_and_path, set);
}

}  // namespace ceres_align::cli
