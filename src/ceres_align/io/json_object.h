// JSON objects whose every key must be asked for, and what scenes are made of. Internal to io/.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/io/scene_io.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {

using nlohmann::json;

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

/// Lists of numbers and of words, 3x3 matrices (three rows of three, or nine numbers), poses {"R",
/// "t"}. `place` begins the messages.
std::vector<double> ReadList(const json& list, const std::string& place);
void CheckLength(size_t length, size_t needed, const std::string& place);
Eigen::Matrix3d ReadMatrix3(const json& value, const std::string& place);
Rigid3d ReadPose(const json& value, const std::string& place);
std::optional<Rigid3d> ReadOptionalPose(ObjectReader* reader, const char* key);
/// {"rig_from_world": pose}.
std::optional<Rigid3d> ReadRigPose(ObjectReader* reader, const char* key);
std::vector<std::string> ReadWords(ObjectReader* reader, const char* key);
/// "mesh": a path, or a list of {"mesh", "object_from_mesh"}; "mesh_unit" or "mesh_scale", and
/// "mesh_up", beside it and in the list. `frame` comes with what holds without them.
void ReadMesh(ObjectReader* reader, std::string* mesh, std::vector<MeshPart>* parts,
              MeshFrame* frame);
/// Those keys alone.
void ReadMeshFrame(ObjectReader* reader, MeshFrame* frame);
/// "objects", if there are any; `frame` is the scene's.
std::vector<ObjectDescription> ReadObjects(ObjectReader* scene, const MeshFrame& frame);

nlohmann::ordered_json PoseJson(const Rigid3d& pose);
nlohmann::ordered_json MatrixJson(const Eigen::Matrix3d& matrix);
/// Adds to *out what ReadMesh reads; `outer` is what holds without the keys of `frame`.
void AddMeshJson(const std::string& mesh, const std::vector<MeshPart>& parts,
                 const MeshFrame& frame, const MeshFrame& outer, nlohmann::ordered_json* out);
/// One of what ReadObjects does.
nlohmann::ordered_json ObjectJson(const ObjectDescription& object, const MeshFrame& outer);

}  // namespace ceres_align::io_internal
