#include "ceres_align/io/json_object.h"

#include "ceres_align/io/conventions.h"

namespace ceres_align::io_internal {

using nlohmann::ordered_json;

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

std::optional<Rigid3d> ReadRigPose(ObjectReader* scene, const char* key) {
  const json* value = scene->Optional(key);
  if (value == nullptr) return std::nullopt;
  ObjectReader reader(*value, scene->Place(key));
  const Rigid3d pose = ReadPose(reader.Required("rig_from_world"), reader.Place("rig_from_world"));
  reader.CheckNoOtherKeys();
  return pose;
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

void ReadMeshFrame(ObjectReader* reader, MeshFrame* frame) {
  const std::string unit = reader->String("mesh_unit"), up = reader->String("mesh_up");
  if (!unit.empty()) frame->scale = MetresOfUnit(unit, reader->Place("mesh_unit"));
  if (!up.empty()) frame->up = ParseUpAxis(up, reader->Place("mesh_up"));
  if (const json* scale = reader->Optional("mesh_scale")) {
    if (!unit.empty()) {
      Fail(reader->Place("mesh_unit"), " and mesh_scale are two scales of one mesh; give one");
    }
    frame->scale = ObjectReader::Number(*scale, reader->Place("mesh_scale"));
    CheckMeshScale(frame->scale, reader->Place("mesh_scale"));
  }
}

namespace {

void AddFrameJson(const MeshFrame& frame, const MeshFrame& outer, ordered_json* out) {
  if (frame.scale != outer.scale) (*out)["mesh_scale"] = frame.scale;
  if (frame.up != outer.up) (*out)["mesh_up"] = ToString(frame.up);
}

}  // namespace

void ReadMesh(ObjectReader* reader, std::string* mesh, std::vector<MeshPart>* parts,
              MeshFrame* frame) {
  ReadMeshFrame(reader, frame);
  const json* value = reader->Optional("mesh");
  if (value == nullptr || !value->is_array()) {
    *mesh = reader->String("mesh");
    return;
  }
  if (value->empty()) Fail(reader->Place("mesh"), " is an empty list");
  for (size_t i = 0; i < value->size(); ++i) {
    ObjectReader item((*value)[i], Cat(reader->Place("mesh"), "[", i, "]"));
    MeshPart part;
    item.Required("mesh");
    part.mesh = item.String("mesh");
    part.frame = *frame;
    ReadMeshFrame(&item, &part.frame);
    part.object_from_mesh = ReadOptionalPose(&item, "object_from_mesh");
    item.CheckNoOtherKeys();
    parts->push_back(std::move(part));
  }
}

namespace {

// A number or text, to stand behind a mask's colon.
std::string ReadLabel(ObjectReader* reader) {
  const json* value = reader->Optional("label");
  if (value == nullptr) return "";
  return value->is_number_integer() ? value->dump() : reader->String("label");
}

ObjectDescription ReadSceneObject(const json& value, const std::string& place,
                                  const MeshFrame& frame) {
  ObjectReader reader(value, place);
  ObjectDescription object;
  object.mesh_frame = frame;
  reader.Required("name");
  object.name = reader.String("name");
  reader.Required("mesh");
  ReadMesh(&reader, &object.mesh, &object.mesh_parts, &object.mesh_frame);
  object.label = ReadLabel(&reader);
  if (const json* masks = reader.Optional("masks")) {
    ObjectReader paths(*masks, reader.Place("masks"));
    if (masks->empty()) Fail(reader.Place("masks"), " names no mask");
    for (const auto& item : masks->items()) {
      object.masks.emplace(item.key(), paths.String(item.key().c_str()));
    }
  }
  object.initial_rig_from_world = ReadRigPose(&reader, "initial");
  object.true_rig_from_world = ReadRigPose(&reader, "truth");
  reader.CheckNoOtherKeys();
  return object;
}

}  // namespace

std::vector<ObjectDescription> ReadObjects(ObjectReader* scene, const MeshFrame& frame) {
  std::vector<ObjectDescription> objects;
  const json* list = scene->Optional("objects");
  if (list == nullptr) return objects;
  const std::string place = scene->Place("objects");
  if (!list->is_array() || list->empty()) Fail(place, " must be a list of at least one object");
  for (size_t i = 0; i < list->size(); ++i) {
    objects.push_back(ReadSceneObject((*list)[i], Cat(place, "[", i, "]"), frame));
  }
  return objects;
}

void AddMeshJson(const std::string& mesh, const std::vector<MeshPart>& parts,
                 const MeshFrame& frame, const MeshFrame& outer, ordered_json* out) {
  if (parts.empty() && !mesh.empty()) (*out)["mesh"] = mesh;
  AddFrameJson(frame, outer, out);
  if (parts.empty()) return;
  ordered_json list = ordered_json::array();
  for (const MeshPart& part : parts) {
    ordered_json item = {{"mesh", part.mesh}};
    AddFrameJson(part.frame, frame, &item);
    if (part.object_from_mesh) item["object_from_mesh"] = PoseJson(*part.object_from_mesh);
    list.push_back(item);
  }
  (*out)["mesh"] = list;
}

ordered_json ObjectJson(const ObjectDescription& object, const MeshFrame& outer) {
  ordered_json out = {{"name", object.name}};
  AddMeshJson(object.mesh, object.mesh_parts, object.mesh_frame, outer, &out);
  if (!object.label.empty()) out["label"] = object.label;
  if (!object.masks.empty()) out["masks"] = object.masks;
  const auto add = [&](const char* key, const std::optional<Rigid3d>& pose) {
    if (pose) out[key] = {{"rig_from_world", PoseJson(*pose)}};
  };
  add("initial", object.initial_rig_from_world);
  add("truth", object.true_rig_from_world);
  return out;
}

}  // namespace ceres_align::io_internal
