// Scene files, results, matrices as text, and the words that flags and scenes share.
#include "ceres_align/base/error.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/io/refine_text.h"
#include "ceres_align/io/result_pose.h"
#include "ceres_align/io/scene_io.h"
#include "fuzz.h"

namespace ceres_align::fuzz {
namespace {

// What is read is written (of some inputs) and reads again.
void Scene(const std::string& bytes) {
  const std::filesystem::path path = Write("scene.json", bytes);
  SceneDescription description;
  bool read = false;
  Expect("scene.json", [&] {
    description = ReadSceneDescription(path, Masks::kNotNeeded);
    read = true;
  });
  if (!read) return;
  for (const ViewDescription& view : description.views) {
    Expect("scene.json", [&] { CameraOf(view, "scene.json: views"); });
  }
  if (bytes.size() % 8 != 0) return;  // the rest is slow
  const std::filesystem::path again = Folder() / "again.json";
  SaveScene(again, description);
  Require(ReadSceneDescription(again, Masks::kNotNeeded).views.size() == description.views.size(),
          "a scene that was written has as many views");
}

void Result(const std::string& bytes) {
  const std::filesystem::path path = Write("result.json", bytes);
  Expect("result.json",
         [&] { Require(ReadResultPose(path).translation.allFinite(), "a pose is finite"); });
}

void Matrix(const std::string& bytes) {
  const std::filesystem::path path = Write("in.csv", bytes);
  Expect("in.csv", [&] { Require(ReadMatrix(path).allFinite(), "a matrix is finite"); });
  Expect("in.csv", [&] {
    const Rigid3d pose = ReadRigid(path);
    Require(pose.R().allFinite() && pose.translation.allFinite(), "a pose is finite");
  });
  Expect("in.csv", [&] { ReadCameraMatrix(path, 640, 480, 0.5); });
}

void Words(const std::string& bytes) {
  Expect("--flag", [&] { ParseLens(bytes, "--flag"); });
  Expect("--flag", [&] { ParseUpAxis(bytes, "--flag"); });
  Expect("--flag", [&] { MetresOfUnit(bytes, "--flag"); });
  Expect("--flag", [&] { ParseRigForm(bytes, "--flag"); });
  Expect("--flag", [&] {
    UnknownOptions options;
    ReadUnknowns({bytes}, 640, "--flag", &options);
  });
}

}  // namespace

std::vector<Target> SceneTargets() {
  return {{"scene", Scene}, {"result", Result}, {"matrix", Matrix}, {"words", Words}};
}

}  // namespace ceres_align::fuzz
