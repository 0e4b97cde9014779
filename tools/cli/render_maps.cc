#include "cli/render_maps.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/maps/photo.h"

namespace ceres_align::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kMostSide_px = 32768;

RenderView ViewToDraw(const ViewDescription& view, size_t index, std::string_view where,
                      int mesh_index) {
  const std::string place = Format("%s: views[%zu]", std::string(where).c_str(), index);
  return {view.name, CameraOf(view, place), view.cam_from_rig.value_or(Rigid3d()),
          view.world_from_object.value_or(Rigid3d()), mesh_index};
}

// A view's mesh: its own or the scene's, one file or several parts.
struct MeshOfView {
  const std::string& file;
  const std::vector<MeshPart>& parts;
  MeshFrame frame;
  std::string Name() const { return parts.empty() ? file : MergedMeshName(parts); }
};

MeshOfView MeshOf(const SceneDescription& description, const ViewDescription& view) {
  if (view.has_mesh()) return {view.mesh, view.mesh_parts, view.mesh_frame};
  return {description.mesh, description.mesh_parts, description.mesh_frame};
}

// Each file, and each list of parts, once.
class MeshLoader {
 public:
  explicit MeshLoader(const std::string& folder) : folder_(folder) {}

  int Index(const MeshOfView& mesh, const std::string& place) {
    const fs::path path = (folder_ / fs::u8path(mesh.file)).lexically_normal();
    const void* parts = mesh.parts.empty() ? nullptr : &mesh.parts;
    const auto [at, is_new] =
        index_of_.emplace(std::make_tuple(path, mesh.frame.scale, mesh.frame.up, parts),
                          static_cast<int>(meshes_.size()));
    if (is_new) {
      LoadedMesh loaded = parts == nullptr ? LoadMesh(path, mesh.frame)
                                           : LoadMergedMesh(mesh.parts, folder_, place);
      meshes_.push_back(std::make_shared<TriangleMesh>(std::move(loaded.mesh)));
    }
    return at->second;
  }
  const std::vector<std::shared_ptr<const TriangleMesh>>& meshes() const { return meshes_; }

 private:
  const fs::path folder_;
  std::vector<std::shared_ptr<const TriangleMesh>> meshes_;
  std::map<std::tuple<fs::path, double, UpAxis, const void*>, int> index_of_;
};

// Two lists of the same parts at other poses have one name, so has a file in two frames.
bool NamesTell(const SceneDescription& description) {
  return std::all_of(
      description.views.begin(), description.views.end(), [&](const ViewDescription& view) {
        const MeshFrame& frame = MeshOf(description, view).frame;
        return view.mesh_parts.empty() && frame.scale == description.mesh_frame.scale &&
               frame.up == description.mesh_frame.up;
      });
}

Camera CameraToDraw(const RenderView& view, const RenderSettings& settings) {
  Camera camera = view.camera;
  if (settings.size != 1) {
    camera = camera.Scaled(static_cast<int>(std::lround(settings.size * camera.width_px)),
                           static_cast<int>(std::lround(settings.size * camera.height_px)));
  }
  if (!settings.through_lens) camera.lens = {};
  return camera;
}

Json MatrixJson(const Eigen::Matrix3d& matrix) {
  Json rows = Json::array();
  for (int row = 0; row < 3; ++row) {
    rows.push_back({matrix(row, 0), matrix(row, 1), matrix(row, 2)});
  }
  return rows;
}

// Which label is whose, and where it is: the world is the rig.
Json ObjectsJson(const std::vector<RenderObject>& objects) {
  Json list = Json::array();
  for (size_t i = 0; i < objects.size(); ++i) {
    const OpenCvPose pose = ToOpenCv(objects[i].rig_from_object);
    list.push_back({{"name", objects[i].name},
                    {"label", i + 1},
                    {"world_from_object",
                     {{"R", MatrixJson(pose.R)}, {"t", {pose.t.x(), pose.t.y(), pose.t.z()}}}}});
  }
  return list;
}

std::unique_ptr<DrawableMesh> Drawable(const RenderScene& scene, int mesh_index,
                                       const MapOptions& options, Rasterizer* rasterizer) {
  if (scene.objects.empty()) {
    return std::make_unique<DrawableMesh>(scene.meshes[mesh_index], options, rasterizer);
  }
  std::vector<PlacedMesh> placed;
  for (const RenderObject& object : scene.objects) {
    placed.push_back({object.mesh, object.rig_from_object});
  }
  return std::make_unique<DrawableMesh>(placed, options, rasterizer);
}

Json CameraJson(const MapView& view, const CameraMaps& maps) {
  const OpenCvPose pose = ToOpenCv(view.cam_from_world);
  Json json = {{"name", view.name},
               {"width", view.camera.width_px},
               {"height", view.camera.height_px},
               {"K", MatrixJson(view.camera.K())},
               {"pixel_center", 0.5},
               {"R", MatrixJson(pose.R)},
               {"t", {pose.t.x(), pose.t.y(), pose.t.z()}}};
  if (!view.camera.lens.IsNone()) {
    json[view.camera.lens.is_fisheye ? "fisheye" : "dist"] = NumbersOfLens(view.camera.lens);
  }
  if (maps.depth_step > 0) json["depth_step"] = maps.depth_step;
  Json files = Json::array();
  for (const OutputFile& file : maps.files) files.push_back(file.path);
  json["files"] = files;
  return json;
}

}  // namespace

RenderScene SolvedToRender(const Scene& scene, const SceneDescription& description,
                           const Rigid3d& rig_from_world, std::string_view where) {
  RenderScene out;
  out.meshes = scene.meshes;
  out.rig_from_world = rig_from_world;
  for (const View& view : scene.views) {
    out.views.push_back(
        {view.name, view.camera, view.cam_from_rig, view.world_from_object, view.mesh_index});
  }
  for (size_t i = 0; i < description.views.size(); ++i) {
    const ViewDescription& view = description.views[i];
    if (!view.mask.empty()) continue;
    const auto name = std::find(scene.mesh_names.begin(), scene.mesh_names.end(),
                                MeshOf(description, view).Name());
    if (name == scene.mesh_names.end() || !NamesTell(description)) {
      throw InputError(
          Format("%s: views[%zu] has no mask, and no view with one sees its mesh; "
                 "render_scene draws it",
                 std::string(where).c_str(), i));
    }
    out.views.push_back(
        ViewToDraw(view, i, where, static_cast<int>(name - scene.mesh_names.begin())));
  }
  return out;
}

RenderScene ViewsToRender(const SceneDescription& description, std::string_view where) {
  RenderScene scene;
  for (size_t i = 0; i < description.views.size(); ++i) {
    scene.views.push_back(ViewToDraw(description.views[i], i, where, 0));
  }
  return scene;
}

RenderScene SceneToRender(const SceneDescription& description, const std::string& folder,
                          std::string_view where, const std::vector<Rigid3d>& rig_from_object) {
  CHECK_EQ(rig_from_object.size(), description.objects.size());
  RenderScene scene = ViewsToRender(description, where);
  MeshLoader loader(folder);
  for (size_t i = 0; i < description.objects.size(); ++i) {
    const ObjectDescription& object = description.objects[i];
    const int index = loader.Index({object.mesh, object.mesh_parts, object.mesh_frame},
                                   Format("%s: objects[%zu].mesh", std::string(where).c_str(), i));
    scene.objects.push_back({object.name, loader.meshes()[index], rig_from_object[i]});
  }
  for (size_t i = 0; description.objects.empty() && i < description.views.size(); ++i) {
    scene.views[i].mesh_index =
        loader.Index(MeshOf(description, description.views[i]),
                     Format("%s: views[%zu]: mesh", std::string(where).c_str(), i));
  }
  scene.meshes = loader.meshes();
  return scene;
}

void CheckRender(const RenderScene& scene, const RenderSettings& settings) {
  if (!(settings.size > 0)) {
    throw InputError(Format("--render_size is %g; it must be above 0", settings.size));
  }
  for (const RenderView& view : scene.views) {
    const double side = settings.size * std::max(view.camera.width_px, view.camera.height_px);
    const double least = settings.size * std::min(view.camera.width_px, view.camera.height_px);
    if (side > kMostSide_px || least < 1) {
      throw InputError(
          Format("--render_size %g makes camera %s %.0f px wide or high; 1 to %d can be "
                 "drawn",
                 settings.size, Quoted(view.name).c_str(), side, kMostSide_px));
    }
    if (!settings.photos.empty() && FindPhoto(settings.photos, view.name).empty()) {
      throw InputError(settings.photos + ": has no photograph " + view.name +
                       ".jpg (or .png, .bmp, .ppm, .tif)");
    }
  }
}

void RenderMaps(const RenderScene& scene, const RenderSettings& settings, Rasterizer* rasterizer,
                const std::function<void(const OutputFile&)>& stage,
                const std::function<void(size_t, size_t)>& progress) {
  std::map<int, std::unique_ptr<DrawableMesh>> meshes;
  Json cameras = Json::array();
  for (size_t i = 0; i < scene.views.size(); ++i) {
    const RenderView& view = scene.views[i];
    std::unique_ptr<DrawableMesh>& mesh = meshes[view.mesh_index];
    if (mesh == nullptr) mesh = Drawable(scene, view.mesh_index, settings.maps, rasterizer);
    MapView drawn;
    drawn.name = view.name;
    drawn.camera = CameraToDraw(view, settings);
    drawn.cam_from_world = view.cam_from_rig * scene.rig_from_world;
    drawn.world_from_object = view.world_from_object;
    drawn.mesh = mesh.get();
    if (!settings.photos.empty() && settings.maps.kinds.overlay) {
      drawn.photo = LoadPhoto(FindPhoto(settings.photos, view.name));
    }
    const CameraMaps maps = DrawMaps(drawn, settings.maps, rasterizer);
    for (const OutputFile& file : maps.files) stage(file);
    cameras.push_back(CameraJson(drawn, maps));
    if (progress) progress(i + 1, scene.views.size());
  }
  Json json = {{"world", "OpenCV axes, column vectors: x_cam = R x_world + t"},
               {"normal_axes_of_the_camera", settings.maps.opengl_normals ? "opengl" : "opencv"}};
  if (!scene.objects.empty()) json["objects"] = ObjectsJson(scene.objects);
  json["cameras"] = cameras;
  stage({"maps.json", json.dump(2) + "\n"});
}

}  // namespace ceres_align::cli
