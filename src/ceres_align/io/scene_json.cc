// scene.json ↔ SceneDescription.
#include <map>
#include <nlohmann/json.hpp>

#include "ceres_align/io/files.h"
#include "ceres_align/io/json_object.h"
#include "ceres_align/io/json_reader.h"
#include "ceres_align/io/scene_io.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::Fail;
using io_internal::NameOf;
using io_internal::ObjectReader;
using io_internal::PoseJson;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

using io_internal::AddMeshJson;
using io_internal::CheckLength;
using io_internal::MatrixJson;
using io_internal::ReadList;
using io_internal::ReadMatrix3;
using io_internal::ReadMesh;
using io_internal::ReadOptionalPose;
using io_internal::ReadRigPose;
using io_internal::ReadWords;

// What the scene says for all views.
struct SceneDefaults {
  std::optional<std::array<double, 2>> fov_range_deg;  // K may be missing; its middle is taken then
  MeshFrame mesh_frame;
};

// What a view says of its camera.
void ReadCamera(ObjectReader* object, const SceneDefaults& defaults, ViewDescription* out) {
  ObjectReader& reader = *object;
  ViewDescription& view = *out;
  view.width_px = reader.Integer("width");
  view.height_px = reader.Integer("height");
  if (const json* center = reader.Optional("pixel_center")) {
    view.pixel_center = ObjectReader::Number(*center, reader.Place("pixel_center"));
  }
  if (defaults.fov_range_deg && reader.Optional("K") == nullptr) {
    view.K =
        MiddleCamera(view.width_px, view.height_px, *defaults.fov_range_deg, reader.Place("width"))
            .K();
    view.pixel_center = 0.5;
  } else {
    view.K = ReadMatrix3(reader.Required("K"), reader.Place("K"));
  }
  if (const json* dist = reader.Optional("dist")) {
    view.dist = ReadList(*dist, reader.Place("dist"));
  }
  if (const json* fisheye = reader.Optional("fisheye")) {
    if (!view.dist.empty()) Fail(reader.Place("fisheye"), " and dist are two lenses; give one");
    view.dist = ReadList(*fisheye, reader.Place("fisheye"));
    view.is_fisheye = true;
  }
  view.cam_from_rig = ReadOptionalPose(&reader, "cam_from_rig");
}

// And of the object.
void ReadObject(ObjectReader* reader, const SceneDefaults& defaults, ViewDescription* view) {
  view->mesh_frame = defaults.mesh_frame;
  ReadMesh(reader, &view->mesh, &view->mesh_parts, &view->mesh_frame);
  for (const char* key : {"mesh_unit", "mesh_scale", "mesh_up"}) {
    if (view->has_mesh() || reader->Optional(key) == nullptr) continue;
    Fail(reader->Place(key), " is that of a mesh, and there is none beside it");
  }
  view->world_from_object = ReadOptionalPose(reader, "world_from_object");
}

ViewDescription ReadView(const json& value, const std::string& place,
                         const SceneDefaults& defaults) {
  ObjectReader reader(value, place);
  ViewDescription view;
  view.name = reader.String("name");
  if (reader.Optional("mask") != nullptr) view.mask = reader.String("mask");
  view.ignore = reader.String("ignore");
  view.image = reader.String("image");
  ReadCamera(&reader, defaults, &view);
  ReadObject(&reader, defaults, &view);
  reader.CheckNoOtherKeys();
  return view;
}

// {"left": "l.png", …} of a frame: paths by the cameras' names.
std::map<std::string, std::string> ReadPaths(ObjectReader* frame, const char* key,
                                             const std::vector<ViewDescription>& cameras) {
  std::map<std::string, std::string> paths;
  const json* value = frame->Optional(key);
  if (value == nullptr) return paths;
  ObjectReader reader(*value, frame->Place(key));
  for (const ViewDescription& camera : cameras) {
    const std::string path = reader.String(camera.name.c_str());
    if (!path.empty()) paths[camera.name] = path;
  }
  reader.CheckNoOtherKeys();
  return paths;
}

std::vector<ViewDescription> ReadCameras(const json& list, const std::string& place,
                                         const SceneDefaults& defaults) {
  if (!list.is_array() || list.empty()) Fail(place, " must be a list of at least one camera");
  std::vector<ViewDescription> cameras;
  for (size_t i = 0; i < list.size(); ++i) {
    ObjectReader reader(list[i], Cat(place, "[", i, "]"));
    ViewDescription camera;
    reader.Required("name");
    camera.name = reader.String("name");
    ReadCamera(&reader, defaults, &camera);
    reader.CheckNoOtherKeys();
    for (const ViewDescription& other : cameras) {
      if (other.name == camera.name) Fail(reader.Place("name"), " appears twice");
    }
    if (i > 0 && !camera.cam_from_rig) {
      Fail(reader.Place("cam_from_rig"),
           " is missing; only the first camera's is the identity by default");
    }
    camera.cam_from_rig = camera.cam_from_rig.value_or(Rigid3d());
    cameras.push_back(camera);
  }
  return cameras;
}

// "cameras" and "frames" as one view for each mask, "frame_camera" by name.
std::vector<ViewDescription> ReadFrames(const json& list, const std::string& place,
                                        const std::vector<ViewDescription>& cameras,
                                        const SceneDefaults& defaults) {
  if (!list.is_array()) Fail(place, " must be a list");
  std::vector<ViewDescription> views;
  for (size_t i = 0; i < list.size(); ++i) {
    ObjectReader reader(list[i], Cat(place, "[", i, "]"));
    std::string name = reader.String("name");
    if (name.empty()) name = Cat("frame", i);
    reader.Required("masks");
    const auto masks = ReadPaths(&reader, "masks", cameras);
    const auto ignored = ReadPaths(&reader, "ignore", cameras);
    const auto images = ReadPaths(&reader, "images", cameras);
    if (masks.empty()) Fail(reader.Place("masks"), " names no mask");
    ViewDescription object;
    ReadObject(&reader, defaults, &object);
    for (const ViewDescription& camera : cameras) {
      const auto mask = masks.find(camera.name), ignore = ignored.find(camera.name);
      if (mask == masks.end()) {
        if (ignore == ignored.end()) continue;
        Fail(reader.Place("ignore"), ": ", Quoted(camera.name), " has no mask in this frame");
      }
      ViewDescription view = camera;
      view.name = name + "_" + camera.name;
      view.mask = mask->second;
      if (ignore != ignored.end()) view.ignore = ignore->second;
      const auto image = images.find(camera.name);
      if (image != images.end()) view.image = image->second;
      view.mesh = object.mesh;
      view.mesh_parts = object.mesh_parts;
      view.mesh_frame = object.mesh_frame;
      view.world_from_object = object.world_from_object;
      views.push_back(view);
    }
    reader.CheckNoOtherKeys();
  }
  return views;
}

// "views", or "cameras" and "frames".
std::vector<ViewDescription> ReadViews(ObjectReader* scene, const std::string& name,
                                       const SceneDefaults& defaults, bool has_objects) {
  const json* frames = scene->Optional("frames");
  const json* cameras = scene->Optional("cameras");
  if ((frames != nullptr) != (cameras != nullptr)) {
    Fail(name, ": frames and cameras go together; one of them is missing");
  }
  if (frames != nullptr && has_objects) {
    Fail(name, ": objects take views, not frames and cameras");
  }
  if (frames != nullptr) {
    if (scene->Optional("views") != nullptr) {
      Fail(name, ": views and frames are both given; frames with cameras take the views' place");
    }
    return ReadFrames(*frames, scene->Place("frames"),
                      ReadCameras(*cameras, scene->Place("cameras"), defaults), defaults);
  }
  const json& views = scene->Required("views");
  if (!views.is_array()) Fail(scene->Place("views"), " must be a list");
  std::vector<ViewDescription> list;
  for (size_t i = 0; i < views.size(); ++i) {
    list.push_back(ReadView(views[i], Cat(name, ": views[", i, "]"), defaults));
  }
  return list;
}

OccluderDescription ReadOccluder(const json& value, const std::string& place,
                                 const MeshFrame& frame) {
  ObjectReader reader(value, place);
  OccluderDescription occluder;
  occluder.mesh_frame = frame;
  reader.Required("mesh");
  occluder.mesh = reader.String("mesh");
  io_internal::ReadMeshFrame(&reader, &occluder.mesh_frame);
  occluder.rig_from_occluder = ReadOptionalPose(&reader, "rig_from_occluder");
  reader.CheckNoOtherKeys();
  return occluder;
}

std::vector<OccluderDescription> ReadOccluders(ObjectReader* scene, const MeshFrame& frame) {
  std::vector<OccluderDescription> occluders;
  const json* list = scene->Optional("occluders");
  if (list == nullptr) return occluders;
  const std::string place = scene->Place("occluders");
  if (!list->is_array()) Fail(place, " must be a list, it is ", ObjectReader::TypeOf(*list));
  for (size_t i = 0; i < list->size(); ++i) {
    occluders.push_back(ReadOccluder((*list)[i], Cat(place, "[", i, "]"), frame));
  }
  return occluders;
}

ordered_json ViewJson(const ViewDescription& view, const MeshFrame& outer) {
  ordered_json out;
  out["name"] = view.name;
  if (!view.mask.empty()) out["mask"] = view.mask;
  if (!view.ignore.empty()) out["ignore"] = view.ignore;
  if (!view.image.empty()) out["image"] = view.image;
  out["width"] = view.width_px;
  out["height"] = view.height_px;
  if (view.pixel_center != 0.5) out["pixel_center"] = view.pixel_center;
  out["K"] = MatrixJson(view.K);
  if (!view.dist.empty()) out[view.is_fisheye ? "fisheye" : "dist"] = view.dist;
  if (view.cam_from_rig) out["cam_from_rig"] = PoseJson(*view.cam_from_rig);
  if (view.has_mesh()) {
    AddMeshJson(view.mesh, view.mesh_parts, view.mesh_frame, outer, &out);
  }
  if (view.world_from_object) out["world_from_object"] = PoseJson(*view.world_from_object);
  return out;
}

// Like dump(2), but lists of numbers and matrices stay on one line.
void Print(const ordered_json& value, const std::string& indent, std::string* out) {
  const bool is_long =
      value.is_object() || (value.is_array() && !value.empty() && value[0].is_object());
  if (!is_long) {
    *out += value.dump();
    return;
  }
  const std::string inner = indent + "  ";
  const char* separator = "";
  *out += value.is_object() ? "{" : "[";
  for (const auto& item : value.items()) {
    *out += separator + ("\n" + inner);
    if (value.is_object()) *out += ordered_json(item.key()).dump() + ": ";
    Print(item.value(), inner, out);
    separator = ",";
  }
  *out += "\n" + indent + (value.is_object() ? "}" : "]");
}

}  // namespace

SceneDescription ReadSceneDescription(const std::filesystem::path& path, Masks masks) {
  return ParseSceneDescription(ReadFile(path), NameOf(path), masks);
}

SceneDescription ParseSceneDescription(const std::string& text, const std::string& name,
                                       Masks masks) {
  if (text.empty()) Fail(name, ": the file is empty");
  const json document = io_internal::ParseJson(text, name);
  if (!document.is_object()) Fail(name, ": a scene must be an object");
  ObjectReader reader(document, name, ": ");
  SceneDescription scene;
  ReadMesh(&reader, &scene.mesh, &scene.mesh_parts, &scene.mesh_frame);
  scene.objects = io_internal::ReadObjects(&reader, scene.mesh_frame);
  scene.refine = ReadWords(&reader, "refine");
  if (const json* range = reader.Optional("fov_range_deg")) {
    const std::vector<double> numbers = ReadList(*range, reader.Place("fov_range_deg"));
    CheckLength(numbers.size(), 2, reader.Place("fov_range_deg"));
    scene.fov_range_deg = {numbers[0], numbers[1]};
  }
  if (const json* threshold = reader.Optional("mask_threshold")) {
    scene.mask_threshold = ObjectReader::Number(*threshold, reader.Place("mask_threshold"));
  }
  scene.views =
      ReadViews(&reader, name, {scene.fov_range_deg, scene.mesh_frame}, !scene.objects.empty());
  scene.occluders = ReadOccluders(&reader, scene.mesh_frame);
  scene.initial_rig_from_world = ReadRigPose(&reader, "initial");
  scene.true_rig_from_world = ReadRigPose(&reader, "truth");
  reader.CheckNoOtherKeys();
  CheckSceneDescription(&scene, name, masks);
  return scene;
}

void SaveScene(const std::filesystem::path& path, const SceneDescription& description) {
  SceneDescription scene = description;
  CheckSceneDescription(&scene, NameOf(path));
  ordered_json out;
  AddMeshJson(scene.mesh, scene.mesh_parts, scene.mesh_frame, {}, &out);
  out["views"] = ordered_json::array();
  for (const ViewDescription& view : scene.views)
    out["views"].push_back(ViewJson(view, scene.mesh_frame));
  if (!scene.refine.empty()) out["refine"] = scene.refine;
  if (scene.fov_range_deg) out["fov_range_deg"] = *scene.fov_range_deg;
  if (scene.mask_threshold) out["mask_threshold"] = *scene.mask_threshold;
  for (const OccluderDescription& occluder : scene.occluders) {
    ordered_json item;
    AddMeshJson(occluder.mesh, {}, occluder.mesh_frame, scene.mesh_frame, &item);
    if (occluder.rig_from_occluder)
      item["rig_from_occluder"] = PoseJson(*occluder.rig_from_occluder);
    out["occluders"].push_back(item);
  }
  for (const ObjectDescription& object : scene.objects) {
    out["objects"].push_back(io_internal::ObjectJson(object, scene.mesh_frame));
  }
  const auto add = [&](const char* key, const std::optional<Rigid3d>& pose) {
    if (pose) out[key] = {{"rig_from_world", PoseJson(*pose)}};
  };
  add("initial", scene.initial_rig_from_world);
  add("truth", scene.true_rig_from_world);
  std::string text;
  try {
    Print(out, "", &text);
  } catch (const json::type_error&) {
    Fail(NameOf(path), ": a name or path is not UTF-8");
  }
  WriteFileWhole(path, text + "\n");
}

}  // namespace ceres_align
