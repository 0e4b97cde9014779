// scene.json ↔ SceneDescription.
#include <map>
#include <nlohmann/json.hpp>

#include "ceres_align/io/conventions.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/json_reader.h"
#include "ceres_align/io/scene_io.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::Fail;
using io_internal::NameOf;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

// A JSON object and its place in the file: "s.json: views[0].cam_from_rig". Every key must be
// asked for; CheckNoOtherKeys tells of the rest.
class ObjectReader {
 public:
  ObjectReader(const json& object, std::string place, const char* separator = ".")
      : object_(object), place_(std::move(place)), separator_(separator) {
    if (!object.is_object()) Fail(place_, " must be an object, it is ", TypeOf(object));
  }

  std::string Place(const char* key) const { return place_ + separator_ + key; }
  /// The value, or null if the key is absent.
  const json* Optional(const char* key) {
    known_.emplace_back(key);
    const auto found = object_.find(key);
    if (found == object_.end()) return nullptr;
    if (found->is_null()) Fail(Place(key), " is null");
    return &*found;
  }
  const json& Required(const char* key) {
    const json* value = Optional(key);
    if (value == nullptr) Fail(Place(key), " is missing");
    return *value;
  }
  std::string String(const char* key) {
    const json* value = Optional(key);
    if (value == nullptr) return "";
    if (!value->is_string()) Fail(Place(key), " must be a string, it is ", TypeOf(*value));
    std::string text = value->get<std::string>();
    if (text.empty()) Fail(Place(key), " is empty");
    if (text.find('\0') != std::string::npos) Fail(Place(key), " contains a NUL");
    return text;
  }
  int Integer(const char* key) {
    const double value = Number(Required(key), Place(key));
    if (!(std::abs(value) <= 1e9) || value != std::floor(value)) {
      Fail(Place(key), " is ", value, "; it must be a whole number");
    }
    return static_cast<int>(value);
  }
  void CheckNoOtherKeys() const {
    for (const auto& item : object_.items()) {
      if (std::find(known_.begin(), known_.end(), item.key()) != known_.end()) continue;
      Fail(place_, separator_, Quoted(item.key()), " is an unknown key");
    }
  }

  static double Number(const json& value, const std::string& place) {
    if (!value.is_number()) Fail(place, " must be a number, it is ", TypeOf(value));
    const double number = value.get<double>();
    if (!std::isfinite(number)) Fail(place, " is not finite");
    return number;
  }
  static const char* TypeOf(const json& value) {
    return value.is_array() ? "a list" : value.is_object() ? "an object" : value.type_name();
  }

 private:
  const json& object_;
  const std::string place_;
  const char* const separator_;
  std::vector<std::string> known_;
};

std::vector<double> ReadList(const json& list, const std::string& place) {
  if (!list.is_array()) Fail(place, " must be a list, it is ", ObjectReader::TypeOf(list));
  std::vector<double> values;
  for (size_t i = 0; i < list.size(); ++i) {
    values.push_back(ObjectReader::Number(list[i], Cat(place, "[", i, "]")));
  }
  return values;
}

void CheckLength(size_t length, size_t needed, const std::string& place) {
  if (length != needed) Fail(place, " has ", length, " numbers; ", needed, " are needed");
}

// Three rows of three, or nine numbers.
Eigen::Matrix3d ReadMatrix3(const json& value, const std::string& place) {
  std::vector<double> numbers;
  if (value.is_array() && !value.empty() && value[0].is_array()) {
    if (value.size() != 3) Fail(place, " has ", value.size(), " rows; 3 are needed");
    for (size_t row = 0; row < 3; ++row) {
      const std::string row_place = Cat(place, "[", row, "]");
      const std::vector<double> entries = ReadList(value[row], row_place);
      CheckLength(entries.size(), 3, row_place);
      numbers.insert(numbers.end(), entries.begin(), entries.end());
    }
  } else {
    numbers = ReadList(value, place);
    CheckLength(numbers.size(), 9, place);
  }
  return Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(numbers.data());
}

Rigid3d ReadPose(const json& value, const std::string& place) {
  ObjectReader reader(value, place);
  OpenCvPose pose;
  pose.R = ReadMatrix3(reader.Required("R"), reader.Place("R"));
  const std::vector<double> t = ReadList(reader.Required("t"), reader.Place("t"));
  CheckLength(t.size(), 3, reader.Place("t"));
  pose.t = Eigen::Vector3d(t[0], t[1], t[2]);
  reader.CheckNoOtherKeys();
  return FromOpenCv(pose, reader.Place("R"));
}

std::optional<Rigid3d> ReadOptionalPose(ObjectReader* reader, const char* key) {
  const json* value = reader->Optional(key);
  if (value == nullptr) return std::nullopt;
  return ReadPose(*value, reader->Place(key));
}

// {"rig_from_world": pose}.
std::optional<Rigid3d> ReadRigPose(ObjectReader* scene, const char* key) {
  const json* value = scene->Optional(key);
  if (value == nullptr) return std::nullopt;
  ObjectReader reader(*value, scene->Place(key));
  const Rigid3d pose = ReadPose(reader.Required("rig_from_world"), reader.Place("rig_from_world"));
  reader.CheckNoOtherKeys();
  return pose;
}

std::vector<std::string> ReadWords(ObjectReader* scene, const char* key) {
  std::vector<std::string> words;
  const json* list = scene->Optional(key);
  if (list == nullptr) return words;
  const std::string place = scene->Place(key);
  if (!list->is_array()) Fail(place, " must be a list, it is ", ObjectReader::TypeOf(*list));
  for (size_t i = 0; i < list->size(); ++i) {
    const json& word = (*list)[i];
    if (!word.is_string()) {
      Fail(place, "[", i, "] must be a string, it is ", ObjectReader::TypeOf(word));
    }
    words.push_back(word.get<std::string>());
  }
  return words;
}

// `fov_range_deg`: where K may be missing; its middle is taken then.
using FovRange = std::optional<std::array<double, 2>>;

// What a view says of its camera.
void ReadCamera(ObjectReader* object, const FovRange& fov_range_deg, ViewDescription* out) {
  ObjectReader& reader = *object;
  ViewDescription& view = *out;
  view.width_px = reader.Integer("width");
  view.height_px = reader.Integer("height");
  if (const json* center = reader.Optional("pixel_center")) {
    view.pixel_center = ObjectReader::Number(*center, reader.Place("pixel_center"));
  }
  if (fov_range_deg && reader.Optional("K") == nullptr) {
    view.K = MiddleCamera(view.width_px, view.height_px, *fov_range_deg, reader.Place("width")).K();
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
void ReadObject(ObjectReader* reader, ViewDescription* view) {
  view->mesh = reader->String("mesh");
  view->world_from_object = ReadOptionalPose(reader, "world_from_object");
}

ViewDescription ReadView(const json& value, const std::string& place,
                         const FovRange& fov_range_deg) {
  ObjectReader reader(value, place);
  ViewDescription view;
  view.name = reader.String("name");
  if (reader.Optional("mask") != nullptr) view.mask = reader.String("mask");
  view.ignore = reader.String("ignore");
  ReadCamera(&reader, fov_range_deg, &view);
  ReadObject(&reader, &view);
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
                                         const FovRange& fov_range_deg) {
  if (!list.is_array() || list.empty()) Fail(place, " must be a list of at least one camera");
  std::vector<ViewDescription> cameras;
  for (size_t i = 0; i < list.size(); ++i) {
    ObjectReader reader(list[i], Cat(place, "[", i, "]"));
    ViewDescription camera;
    reader.Required("name");
    camera.name = reader.String("name");
    ReadCamera(&reader, fov_range_deg, &camera);
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
                                        const std::vector<ViewDescription>& cameras) {
  if (!list.is_array()) Fail(place, " must be a list");
  std::vector<ViewDescription> views;
  for (size_t i = 0; i < list.size(); ++i) {
    ObjectReader reader(list[i], Cat(place, "[", i, "]"));
    std::string name = reader.String("name");
    if (name.empty()) name = Cat("frame", i);
    reader.Required("masks");
    const auto masks = ReadPaths(&reader, "masks", cameras);
    const auto ignored = ReadPaths(&reader, "ignore", cameras);
    if (masks.empty()) Fail(reader.Place("masks"), " names no mask");
    ViewDescription object;
    ReadObject(&reader, &object);
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
      view.mesh = object.mesh;
      view.world_from_object = object.world_from_object;
      views.push_back(view);
    }
    reader.CheckNoOtherKeys();
  }
  return views;
}

// "views", or "cameras" and "frames".
std::vector<ViewDescription> ReadViews(ObjectReader* scene, const std::string& name,
                                       const FovRange& fov_range_deg) {
  const json* frames = scene->Optional("frames");
  const json* cameras = scene->Optional("cameras");
  if ((frames != nullptr) != (cameras != nullptr)) {
    Fail(name, ": frames and cameras go together; one of them is missing");
  }
  if (frames != nullptr) {
    if (scene->Optional("views") != nullptr) {
      Fail(name, ": views and frames are both given; frames with cameras take the views' place");
    }
    return ReadFrames(*frames, scene->Place("frames"),
                      ReadCameras(*cameras, scene->Place("cameras"), fov_range_deg));
  }
  const json& views = scene->Required("views");
  if (!views.is_array()) Fail(scene->Place("views"), " must be a list");
  std::vector<ViewDescription> list;
  for (size_t i = 0; i < views.size(); ++i) {
    list.push_back(ReadView(views[i], Cat(name, ": views[", i, "]"), fov_range_deg));
  }
  return list;
}

OccluderDescription ReadOccluder(const json& value, const std::string& place) {
  ObjectReader reader(value, place);
  OccluderDescription occluder;
  reader.Required("mesh");
  occluder.mesh = reader.String("mesh");
  occluder.rig_from_occluder = ReadOptionalPose(&reader, "rig_from_occluder");
  reader.CheckNoOtherKeys();
  return occluder;
}

std::vector<OccluderDescription> ReadOccluders(ObjectReader* scene) {
  std::vector<OccluderDescription> occluders;
  const json* list = scene->Optional("occluders");
  if (list == nullptr) return occluders;
  const std::string place = scene->Place("occluders");
  if (!list->is_array()) Fail(place, " must be a list, it is ", ObjectReader::TypeOf(*list));
  for (size_t i = 0; i < list->size(); ++i) {
    occluders.push_back(ReadOccluder((*list)[i], Cat(place, "[", i, "]")));
  }
  return occluders;
}

ordered_json MatrixJson(const Eigen::Matrix3d& m) {
  ordered_json rows = ordered_json::array();
  for (int i = 0; i < 3; ++i) rows.push_back({m(i, 0), m(i, 1), m(i, 2)});
  return rows;
}

ordered_json PoseJson(const Rigid3d& pose) {
  const Eigen::Vector3d& t = pose.translation;
  return {{"R", MatrixJson(pose.R())}, {"t", {t.x(), t.y(), t.z()}}};
}

ordered_json ViewJson(const ViewDescription& view) {
  ordered_json out;
  out["name"] = view.name;
  if (!view.mask.empty()) out["mask"] = view.mask;
  if (!view.ignore.empty()) out["ignore"] = view.ignore;
  out["width"] = view.width_px;
  out["height"] = view.height_px;
  if (view.pixel_center != 0.5) out["pixel_center"] = view.pixel_center;
  out["K"] = MatrixJson(view.K);
  if (!view.dist.empty()) out[view.is_fisheye ? "fisheye" : "dist"] = view.dist;
  if (view.cam_from_rig) out["cam_from_rig"] = PoseJson(*view.cam_from_rig);
  if (!view.mesh.empty()) out["mesh"] = view.mesh;
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
  const std::string name = NameOf(path);
  const std::string text = ReadFile(path);
  if (text.empty()) Fail(name, ": the file is empty");
  const json document = io_internal::ParseJson(text, name);
  if (!document.is_object()) Fail(name, ": a scene must be an object");
  ObjectReader reader(document, name, ": ");
  SceneDescription scene;
  scene.mesh = reader.String("mesh");
  scene.refine = ReadWords(&reader, "refine");
  if (const json* range = reader.Optional("fov_range_deg")) {
    const std::vector<double> numbers = ReadList(*range, reader.Place("fov_range_deg"));
    CheckLength(numbers.size(), 2, reader.Place("fov_range_deg"));
    scene.fov_range_deg = {numbers[0], numbers[1]};
  }
  scene.views = ReadViews(&reader, name, scene.fov_range_deg);
  scene.occluders = ReadOccluders(&reader);
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
  if (!scene.mesh.empty()) out["mesh"] = scene.mesh;
  out["views"] = ordered_json::array();
  for (const ViewDescription& view : scene.views) out["views"].push_back(ViewJson(view));
  if (!scene.refine.empty()) out["refine"] = scene.refine;
  if (scene.fov_range_deg) out["fov_range_deg"] = *scene.fov_range_deg;
  for (const OccluderDescription& occluder : scene.occluders) {
    ordered_json item;
    item["mesh"] = occluder.mesh;
    if (occluder.rig_from_occluder)
      item["rig_from_occluder"] = PoseJson(*occluder.rig_from_occluder);
    out["occluders"].push_back(item);
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
