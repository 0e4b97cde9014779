#include "ceres_align/io/result_pose.h"

#include <Eigen/Core>
#include <string>

#include "ceres_align/io/conventions.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/json_reader.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::Fail;
using nlohmann::json;

namespace {

double NumberAt(const json& list, size_t i, const std::string& place) {
  if (!list.is_array() || list.size() != 3) Fail(place, " must be a list of 3");
  if (!list[i].is_number()) Fail(place, " must have numbers only");
  return list[i].get<double>();
}

// rig_from_world of `object`, which `place` with its separator begins.
Rigid3d PoseOf(const json& object, const std::string& place_of_object) {
  const std::string place = place_of_object + "rig_from_world";
  if (!object.is_object() || !object.contains("rig_from_world")) {
    Fail(place, " is missing; expected a result.json of ceres_align");
  }
  const json& pose = object["rig_from_world"];
  if (!pose.is_object() || !pose.contains("R") || !pose.contains("t")) {
    Fail(place, " must have R and t");
  }
  if (!pose["R"].is_array() || pose["R"].size() != 3) Fail(place, ".R must have 3 rows");
  OpenCvPose matrices;
  for (size_t row = 0; row < 3; ++row) {
    for (size_t column = 0; column < 3; ++column) {
      matrices.R(static_cast<int>(row), static_cast<int>(column)) =
          NumberAt(pose["R"][row], column, place + ".R");
    }
    matrices.t[static_cast<int>(row)] = NumberAt(pose["t"], row, place + ".t");
  }
  return FromOpenCv(matrices, place);
}

}  // namespace

Rigid3d ReadResultPose(const std::filesystem::path& path) {
  const std::string name = io_internal::NameOf(path);
  const json document = io_internal::ParseJson(ReadFile(path), name);
  if (document.is_object() && document.contains("unknowns")) {
    Fail(name,
         ": the run found more than the pose (--refine), which the scene file does not have; ",
         "let ceres_align --render draw it");
  }
  return PoseOf(document, name + ": ");
}

std::vector<Rigid3d> ReadResultPoses(const std::filesystem::path& path,
                                     const std::vector<std::string>& objects) {
  const std::string name = io_internal::NameOf(path);
  const json document = io_internal::ParseJson(ReadFile(path), name);
  if (!document.is_object() || !document.contains("objects") || !document["objects"].is_array()) {
    Fail(name, ": objects is missing; expected a result.json of ceres_align on several objects");
  }
  const json& list = document["objects"];
  std::vector<Rigid3d> poses;
  for (const std::string& object : objects) {
    int found = -1;
    for (size_t i = 0; i < list.size(); ++i) {
      if (!list[i].is_object() || list[i].value("name", json()) != object) continue;
      if (found >= 0) Fail(name, ": objects has ", Quoted(object), " twice");
      found = static_cast<int>(i);
    }
    if (found < 0) Fail(name, ": objects has no ", Quoted(object));
    poses.push_back(PoseOf(list[found], Cat(name, ": objects[", found, "].")));
  }
  return poses;
}

}  // namespace ceres_align
