// Scenes whose mesh is several, and scenes of several objects.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "ceres_align/io/files.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/scene_io.h"
#include "ceres_align/synth/shapes.h"
#include "io_testing.h"

namespace ceres_align {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ErrorOf;

class ObjectsTest : public ::testing::Test {
 protected:
  ObjectsTest() {
    WriteObj(folder_ / "cube.obj", MakeCube(1));
    WriteObj(folder_ / "blob.obj", MakeBumpyBlob(500, 3));
    // Labels 0, 3 and 7: the background, and the left and the right part of a box.
    std::string pgm = "P5\n64 48\n255\n";
    for (int row = 0; row < 48; ++row) {
      for (int column = 0; column < 64; ++column) {
        const bool in_box = row >= 14 && row < 34 && column >= 12 && column < 52;
        pgm += static_cast<char>(in_box ? (column < 32 ? 3 : 7) : 0);
      }
    }
    folder_.Write("labels.pgm", pgm);
  }

  static json Pose(double z) {
    return {{"R", {{1, 0, 0}, {0, 0, -1}, {0, 1, 0}}}, {"t", {0.5, 0, z}}};
  }
  static json Views() {
    json views = json::parse(R"([{"name": "l", "mask": "labels.pgm", "width": 64, "height": 48,
        "K": [[60, 0, 32], [0, 60, 24], [0, 0, 1]]}])");
    views.push_back(views[0]);
    views[1]["name"] = "r";
    views[1]["cam_from_rig"] = Pose(1);
    return views;
  }
  static json Objects() {
    return {{"views", Views()},
            {"objects",
             {{{"name", "box"}, {"mesh", "cube.obj"}, {"label", 3}},
              {{"name", "lump"},
               {"mesh", "blob.obj"},
               {"masks", {{"r", "labels.pgm:7"}}},
               {"initial", {{"rig_from_world", Pose(6)}}},
               {"truth", {{"rig_from_world", Pose(7)}}}}}}};
  }
  static json Parts() {
    return {
        {"mesh", {{{"mesh", "cube.obj"}}, {{"mesh", "blob.obj"}, {"object_from_mesh", Pose(2)}}}},
        {"views", {Views()[0]}}};
  }
  std::filesystem::path Write(const json& scene) { return folder_.Write("s.json", scene.dump()); }
  std::vector<LoadedObject> Load(const json& scene) {
    return BuildObjects(ReadSceneDescription(Write(scene)), folder_.path(), "s.json");
  }
  LoadedScene LoadOne(json scene) {
    scene["views"][0]["mask"] = "labels.pgm:3";
    return LoadScene(Write(scene));
  }
  /// The error after a change to the scene of two objects.
  void ExpectError(const std::function<void(json*)>& change, const std::string& part) {
    json scene = Objects();
    change(&scene);
    EXPECT_PRED2(Contains, ErrorOf([&] { Load(scene); }), part);
  }

  testing::TempFolder folder_;
};

TEST_F(ObjectsTest, SeveralMeshesAreOne) {
  const LoadedScene loaded = LoadOne(Parts());
  ASSERT_EQ(loaded.scene.meshes.size(), 1u);
  EXPECT_EQ(loaded.scene.mesh_names[0], "cube.obj + blob.obj");
  const TriangleMesh cube = LoadMesh(folder_ / "cube.obj").mesh;
  const TriangleMesh blob = LoadMesh(folder_ / "blob.obj").mesh;
  const TriangleMesh& merged = *loaded.scene.meshes[0];
  ASSERT_EQ(merged.vertices.size(), cube.vertices.size() + blob.vertices.size());
  ASSERT_EQ(merged.faces.size(), cube.faces.size() + blob.faces.size());
  for (size_t f = 0; f < merged.faces.size(); ++f) {
    const bool in_cube = f < cube.faces.size();
    for (int corner = 0; corner < 3; ++corner) {
      const Eigen::Vector3d found = merged.vertices[merged.faces[f][corner]];
      const TriangleMesh& part = in_cube ? cube : blob;
      const size_t face = in_cube ? f : f - cube.faces.size();
      Eigen::Vector3d v = part.vertices[part.faces[face][corner]];
      // R turns y to z and z to −y.
      if (!in_cube) v = Eigen::Vector3d(v.x() + 0.5, -v.z(), v.y() + 2);
      EXPECT_LT((found - v).norm(), 1e-12);
    }
  }
}

TEST_F(ObjectsTest, AViewMayHaveSeveralMeshesOfItsOwn) {
  json scene = Parts();
  scene["views"][0]["mesh"] = scene["mesh"];
  scene.erase("mesh");
  const LoadedScene loaded = LoadOne(scene);
  ASSERT_EQ(loaded.scene.meshes.size(), 1u);
  EXPECT_EQ(loaded.scene.mesh_names[0], "cube.obj + blob.obj");
}

TEST_F(ObjectsTest, BadParts) {
  const auto error = [&](const std::function<void(json*)>& change) {
    json scene = Parts();
    change(&scene);
    return ErrorOf([&] { LoadOne(scene); });
  };
  EXPECT_PRED2(Contains, error([](json* s) { (*s)["mesh"] = json::array(); }),
               "s.json: mesh is an empty list");
  EXPECT_PRED2(Contains, error([](json* s) { (*s)["mesh"][1].erase("mesh"); }),
               "mesh[1].mesh is missing");
  EXPECT_PRED2(Contains, error([](json* s) { (*s)["mesh"][1]["pose"] = 1; }),
               "mesh[1].\"pose\" is an unknown key");
  EXPECT_PRED2(Contains, error([](json* s) { (*s)["mesh"][0] = "cube.obj"; }),
               "mesh[0] must be an object");
  EXPECT_PRED2(Contains, error([](json* s) { (*s)["mesh"][1]["mesh"] = "no.obj"; }), "no.obj");
  EXPECT_PRED2(Contains, error([](json* s) { (*s)["mesh"][1]["object_from_mesh"]["R"][0][0] = 9; }),
               "mesh[1].object_from_mesh.R");
}

TEST_F(ObjectsTest, EachIsASceneOfItsOwn) {
  const std::vector<LoadedObject> objects = Load(Objects());
  ASSERT_EQ(objects.size(), 2u);
  EXPECT_EQ(objects[0].name, "box");
  EXPECT_EQ(objects[1].name, "lump");
  const Scene &box = objects[0].loaded.scene, &lump = objects[1].loaded.scene;
  ASSERT_EQ(box.views.size(), 2u);
  EXPECT_EQ(box.mesh_names[0], "cube.obj");
  EXPECT_FALSE(box.initial_rig_from_world);
  for (const View& view : box.views) {
    EXPECT_EQ(view.mask.at(20, 20), 1);
    EXPECT_EQ(view.mask.at(40, 20), 0);
  }
  // The second has no mask in the first view.
  ASSERT_EQ(lump.views.size(), 1u);
  EXPECT_EQ(lump.views[0].name, "r");
  EXPECT_EQ(lump.views[0].cam_from_rig.translation, Eigen::Vector3d(0.5, 0, 1));
  EXPECT_EQ(lump.views[0].mask.at(20, 20), 0);
  EXPECT_EQ(lump.views[0].mask.at(40, 20), 1);
  EXPECT_EQ(lump.initial_rig_from_world->translation.z(), 6);
  EXPECT_EQ(lump.true_rig_from_world->translation.z(), 7);
}

TEST_F(ObjectsTest, SeveralLabelsAndWrittenAsText) {
  json scene = Objects();
  scene["objects"][0]["label"] = "3+7";
  const std::vector<LoadedObject> objects = Load(scene);
  EXPECT_EQ(objects[0].loaded.scene.views[0].mask.at(20, 20), 1);
  EXPECT_EQ(objects[0].loaded.scene.views[0].mask.at(40, 20), 1);
}

TEST_F(ObjectsTest, IgnoredPixelsAndOccludersAreEveryObjects) {
  json scene = Objects();
  scene["views"][1]["ignore"] = "labels.pgm:0";
  scene["occluders"] = {{{"mesh", "blob.obj"}}};
  for (const LoadedObject& object : Load(scene)) {
    EXPECT_EQ(object.loaded.scene.views.back().weight.at(0, 0), 0);
    EXPECT_EQ(object.loaded.scene.views.back().weight.at(20, 20), 1);
    EXPECT_EQ(object.loaded.scene.occluders.size(), 1u);
  }
}

TEST_F(ObjectsTest, WrittenAndReadBack) {
  json scene = Objects();
  scene["objects"][0]["mesh"] = Parts()["mesh"];
  const SceneDescription written = ReadSceneDescription(Write(scene));
  SaveScene(folder_ / "again.json", written);
  const SceneDescription read = ReadSceneDescription(folder_ / "again.json");
  ASSERT_EQ(read.objects.size(), 2u);
  EXPECT_EQ(read.objects[0].label, "3");
  ASSERT_EQ(read.objects[0].mesh_parts.size(), 2u);
  EXPECT_FALSE(read.objects[0].mesh_parts[0].object_from_mesh);
  EXPECT_EQ(read.objects[0].mesh_parts[1].object_from_mesh->translation.z(), 2);
  EXPECT_EQ(read.objects[1].masks, written.objects[1].masks);
  EXPECT_EQ(read.objects[1].true_rig_from_world->translation.z(), 7);
  EXPECT_EQ(read.views[0].mask, "labels.pgm");
  SaveScene(folder_ / "parts.json", LoadOne(Parts()).description);
  EXPECT_EQ(ReadSceneDescription(folder_ / "parts.json").mesh_parts.size(), 2u);
}

TEST_F(ObjectsTest, WhatDoesNotGoTogether) {
  for (const char* key : {"initial", "truth"}) {
    ExpectError(
        [&](json* s) {
          (*s)[key] = {{"rig_from_world", Pose(1)}};
        },
        std::string(key) + " cannot stand beside objects");
  }
  ExpectError([](json* s) { (*s)["mesh"] = "cube.obj"; }, "mesh cannot stand beside objects");
  ExpectError([](json* s) { (*s)["refine"] = {"scale"}; }, "refine cannot stand beside");
  ExpectError([](json* s) { (*s)["fov_range_deg"] = {20, 70}; }, "fov_range_deg cannot stand");
  ExpectError([](json* s) { (*s)["views"][1]["mesh"] = "cube.obj"; }, "views[1].mesh cannot stand");
  ExpectError([](json* s) { (*s)["views"][0]["world_from_object"] = Pose(1); },
              "views[0].world_from_object cannot stand");
  ExpectError(
      [](json* s) {
        (*s)["cameras"] = json::array();
        (*s)["frames"] = json::array();
      },
      "objects take views, not frames");
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadScene(Write(Objects())); }),
               "several objects are not one scene");
}

TEST_F(ObjectsTest, BadObjects) {
  const auto set = [](const char* key, const json& value) {
    return [key, value](json* s) { (*s)["objects"][1][key] = value; };
  };
  ExpectError([](json* s) { (*s)["objects"] = json::array(); }, "at least one object");
  ExpectError([](json* s) { (*s)["objects"] = 3; }, "at least one object");
  ExpectError(set("colour", 3), "objects[1].\"colour\" is an unknown key");
  ExpectError(set("name", "box"), "objects[1].name \"box\" appears twice");
  ExpectError(set("name", "a/b"), "cannot be a folder's name");
  ExpectError([](json* s) { (*s)["objects"][0].erase("name"); }, "objects[0].name is missing");
  ExpectError([](json* s) { (*s)["objects"][0].erase("mesh"); }, "objects[0].mesh is missing");
  ExpectError([](json* s) { (*s)["objects"][0].erase("label"); }, "no label and no masks");
  ExpectError(set("label", 7), "objects[1] has label and masks");
  ExpectError(set("masks", json::object()), "masks names no mask");
  ExpectError(set("masks", {{"x", "labels.pgm:7"}}), "masks.\"x\": there is no such view");
  ExpectError(set("masks", {{"r", 7}}), "objects[1].masks.r must be a string");
  ExpectError(set("masks", {{"r", "labels.pgm:3"}}), "has the mask \"labels.pgm:3\" of objects[0]");
  const auto label = [](const json& value) {
    return [value](json* s) { (*s)["objects"][0]["label"] = value; };
  };
  ExpectError(label("x"), "objects[0].label is \"x\"");
  ExpectError(label(-3), "objects[0].label is \"-3\"");
  ExpectError(label(3.5), "objects[0].label must be a string");
  ExpectError(label(4), "labels.pgm: no pixel has the label 4; it has 0, 3, 7");
  ExpectError([](json* s) { (*s)["views"][0].erase("mask"); }, "views[0] has no mask");
  ExpectError([](json* s) { (*s)["views"][0]["width"] = 65; }, "64x48");
}

// No object uses the views' own masks: they need none.
TEST_F(ObjectsTest, ViewsWithoutMasks) {
  json scene = Objects();
  scene["objects"][0].erase("label");
  scene["objects"][0]["masks"] = {{"l", "labels.pgm:3"}, {"r", "labels.pgm:3"}};
  for (json& view : scene["views"]) view.erase("mask");
  EXPECT_EQ(Load(scene)[0].loaded.scene.views.size(), 2u);
  scene.erase("objects");
  scene["mesh"] = "cube.obj";
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadScene(Write(scene)); }), "views[0].mask is missing");
}

}  // namespace
}  // namespace ceres_align
