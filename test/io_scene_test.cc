#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ceres_align/io/files.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/scene_io.h"
#include "io_testing.h"

namespace ceres_align {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ErrorOf;

constexpr char kCube[] =
    "v -1 -1 -1\nv 1 -1 -1\nv 1 1 -1\nv -1 1 -1\nv -1 -1 1\nv 1 -1 1\nv 1 1 1\nv -1 1 1\n"
    "f 1 4 3 2\nf 5 6 7 8\nf 1 2 6 5\nf 2 3 7 6\nf 3 4 8 7\nf 4 1 5 8\n";

class SceneTest : public ::testing::Test {
 protected:
  SceneTest() {
    folder_.Write("cube.obj", kCube);
    ImageF mask(64, 48);
    for (int row = 14; row < 34; ++row) {
      for (int column = 22; column < 42; ++column) mask.at(column, row) = 1;
    }
    SaveMask(folder_ / "mask.png", mask);
    SaveMask(folder_ / "empty.png", ImageF(64, 48));
    ImageF one(64, 48);
    one.at(5, 5) = 1;
    SaveMask(folder_ / "one.png", one);
    ImageF ignore(64, 48);
    for (int row = 0; row < 48; ++row) ignore.at(0, row) = 1;
    SaveMask(folder_ / "ignore.png", ignore);
  }

  static json Pose(double z) {
    return {{"R", {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}, {"t", {0, 0, z}}};
  }
  static json OneView() {
    return json::parse(R"({"mesh": "cube.obj", "views": [{"mask": "mask.png", "width": 64,
        "height": 48, "K": [[60, 0, 32], [0, 60, 24], [0, 0, 1]]}]})");
  }
  static json TwoViews() {
    json scene = OneView();
    scene["views"].push_back(scene["views"][0]);
    scene["views"][1]["cam_from_rig"] = Pose(1);
    scene["initial"] = {{"rig_from_world", Pose(6)}};
    return scene;
  }
  LoadedScene Load(const std::string& text) { return LoadScene(folder_.Write("s.json", text)); }
  LoadedScene Load(const json& scene) { return Load(scene.dump()); }
  std::string Error(const std::string& text) {
    return ErrorOf([&] { Load(text); });
  }
  /// The error after `change` is made to a scene of two views.
  std::string Error(const std::function<void(json&)>& change) {
    json scene = TwoViews();
    change(scene);
    return Error(scene.dump());
  }

  testing::TempFolder folder_;
};

TEST_F(SceneTest, SmallestScene) {
  const LoadedScene loaded = Load(OneView());
  ASSERT_EQ(loaded.scene.views.size(), 1u);
  const View& view = loaded.scene.views[0];
  EXPECT_EQ(view.name, "view0");
  EXPECT_EQ(view.camera.width_px, 64);
  EXPECT_EQ(view.camera.cx_px, 32);
  EXPECT_EQ(view.cam_from_rig.translation, Eigen::Vector3d::Zero());
  EXPECT_TRUE(view.weight.empty());
  EXPECT_EQ(view.mask.at(22, 14), 1);
  EXPECT_EQ(loaded.scene.meshes[0]->faces.size(), 12u);
  EXPECT_FALSE(loaded.scene.initial_rig_from_world);
  EXPECT_TRUE(loaded.warnings.empty());
}

TEST_F(SceneTest, EverythingOptional) {
  folder_.Write("other.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n");
  json scene = TwoViews();
  scene["views"][0]["name"] = "左";
  scene["views"][0]["pixel_center"] = 0;
  scene["views"][1]["ignore"] = "ignore.png";
  scene["views"][1]["mesh"] = "./other.obj";
  scene["views"][1]["world_from_object"] = Pose(3);
  scene["views"][1]["K"] = {60, 0, 32, 0, 61, 24, 0, 0, 1};
  scene["truth"] = {{"rig_from_world", Pose(7)}};
  scene["views"].push_back(scene["views"][1]);
  const LoadedScene loaded = Load(scene);
  const std::vector<View>& views = loaded.scene.views;
  EXPECT_EQ(views[0].name, "左");
  EXPECT_EQ(views[1].name, "view1");
  EXPECT_EQ(views[0].camera.cx_px, 32.5);
  EXPECT_EQ(views[0].camera.cy_px, 24.5);
  EXPECT_EQ(views[1].camera.fy_px, 61);
  EXPECT_EQ(views[1].cam_from_rig.translation.z(), 1);
  EXPECT_EQ(views[1].world_from_object.translation.z(), 3);
  EXPECT_EQ(views[1].weight.at(0, 7), 0);
  EXPECT_EQ(views[1].weight.at(1, 7), 1);
  EXPECT_EQ(views[0].mesh_index, 0);
  EXPECT_EQ(views[1].mesh_index, 1);
  EXPECT_EQ(views[2].mesh_index, 1);  // loaded once
  EXPECT_EQ(loaded.scene.meshes.size(), 2u);
  EXPECT_EQ(loaded.scene.mesh_names[1], "./other.obj");
  EXPECT_EQ(loaded.scene.initial_rig_from_world->translation.z(), 6);
  EXPECT_EQ(loaded.scene.true_rig_from_world->translation.z(), 7);
}

// It may be there for its depth and normals; a mask that was forgotten must not go unnoticed.
TEST_F(SceneTest, AViewWithoutAMaskIsLeftOutWithAWarning) {
  json scene = TwoViews();
  scene["views"][0].erase("mask");
  const LoadedScene loaded = Load(scene);
  ASSERT_EQ(loaded.scene.views.size(), 1u);
  EXPECT_EQ(loaded.scene.views[0].cam_from_rig.translation.z(), 1);
  EXPECT_EQ(loaded.description.views.size(), 2u);
  ASSERT_EQ(loaded.warnings.size(), 1u);
  EXPECT_PRED2(Contains, loaded.warnings[0], "views[0] (\"view0\") has no mask");
}

TEST_F(SceneTest, ErrorsNameTheKey) {
  using J = json&;
  EXPECT_PRED2(Contains, Error([](J s) { s["views"][0].erase("K"); }),
               "s.json: views[0].K is missing");
  EXPECT_PRED2(Contains, Error([](J s) {
                 for (json& view : s["views"]) view.erase("mask");
               }),
               "views[0].mask is missing");
  EXPECT_PRED2(Contains, Error([](J s) { s["views"][1].erase("width"); }),
               "views[1].width is missing");
  EXPECT_PRED2(Contains, Error([](J s) { s.erase("views"); }), "s.json: views is missing");
  EXPECT_PRED2(Contains, Error([](J s) { s["views"] = json::array(); }), "views is empty");
  EXPECT_PRED2(Contains, Error([](J s) { s.erase("mesh"); }), "mesh is missing");
  EXPECT_PRED2(Contains, Error([](J s) { s["views"][1].erase("cam_from_rig"); }),
               "views[1].cam_from_rig is missing");
  EXPECT_PRED2(Contains, Error([](J s) { s["views"][1]["cam_from_rig"].erase("t"); }),
               "views[1].cam_from_rig.t is missing");
  EXPECT_PRED2(Contains, Error([](J s) { s["views"][1]["cam_from_rig"]["t"] = nullptr; }),
               "views[1].cam_from_rig.t is null");
  EXPECT_PRED2(Contains, Error([](J s) {
                 s["initial"]["rig_from_world"]["t"] = {0, 1};
               }),
               "initial.rig_from_world.t has 2 numbers; 3");
  EXPECT_PRED2(Contains, Error([](J s) { s["views"][0]["widht"] = 64; }),
               "views[0].\"widht\" is an unknown key");
  EXPECT_PRED2(Contains, Error([](J s) { s["extra"] = 1; }), "\"extra\" is an unknown key");
  EXPECT_PRED2(Contains, Error([](J s) { s["initial"]["pose"] = 1; }), "unknown key");
  EXPECT_PRED2(Contains, Error([](J s) { s["refine"] = 1; }), "refine must be a list");
  EXPECT_PRED2(Contains, Error([](J s) { s["refine"] = {1}; }), "refine[0] must be a string");
  EXPECT_PRED2(Contains, Error([](J s) { s["refine"] = {"zoom"}; }), "\"zoom\" is unknown");
  EXPECT_PRED2(Contains, Error([](J s) { s["refine"] = {"focal=-1"}; }), "\"-1\" is no sigma");
  EXPECT_PRED2(Contains, Error([](J s) { s["refine"] = {"principal_point=5%"}; }),
               "\"5%\" is no sigma");
  EXPECT_PRED2(Contains, Error([](J s) { s["refine"] = {"rig=2%:2"}; }), "\"2%\" is no sigma");
  EXPECT_PRED2(Contains, Error([](J s) { s["refine"] = {"focal="}; }), "no sigma behind the =");
  EXPECT_PRED2(Contains, Error([](J s) { s["refine"] = {"rig=2"}; }), "degrees:percent");
  EXPECT_PRED2(Contains, Error([](J s) { s["refine"] = {"offset=2"}; }), "takes no sigma");
  EXPECT_PRED2(Contains, Error([](J s) { s["fov_range_deg"] = {1}; }), "2 are needed");
  EXPECT_PRED2(Contains, Error([](J s) { s["fov_range_deg"] = {70, 20}; }), "the smaller first");
  EXPECT_PRED2(Contains, Error([](J s) { s["fov_range_deg"] = {100, 120}; }), "outside");
  EXPECT_PRED2(Contains, Error([](J s) { s["occluders"] = 1; }), "occluders must be a list");
  EXPECT_PRED2(Contains, Error([](J s) {
                 s["occluders"] = {{{"rig_from_occluder", 1}}};
               }),
               "occluders[0].mesh is missing");
  EXPECT_PRED2(Contains, Error([](J s) { s["occluders"] = {{{"mesh", "no.obj"}}}; }), "no.obj");
  EXPECT_PRED2(Contains, Error([](J s) { s["views"][0]["mask"] = 3; }), "must be a string");
  EXPECT_PRED2(Contains, Error([](J s) { s["views"][0]["width"] = 64.5; }), "whole number");
  EXPECT_PRED2(Contains, Error([](J s) { s["views"][0]["width"] = "64"; }), "must be a number");
  EXPECT_PRED2(Contains, Error([](J s) { s["views"][0]["width"] = -64; }), "width is -64");
  EXPECT_PRED2(Contains, Error([](J s) { s["views"][0]["height"] = 0; }), "height is 0");
  EXPECT_PRED2(Contains, Error([](J s) { s["views"][0] = 5; }), "views[0] must be an object");
  EXPECT_PRED2(Contains, Error([](J s) { s["views"][0]["pixel_center"] = 1; }),
               "pixel_center is 1");
  EXPECT_PRED2(Contains, Error([](J s) { s["views"][0]["mask"] = "no.png"; }),
               "no.png: no such file");
  EXPECT_PRED2(Contains, Error([](J s) { s["mesh"] = "no.obj"; }), "no.obj: no such file");
}

TEST_F(SceneTest, ErrorsOfCameras) {
  const auto with_K = [this](const json& K) {
    return Error([&](json& s) { s["views"][1]["K"] = K; });
  };
  EXPECT_PRED2(Contains, with_K({{-60, 0, 32}, {0, 60, 24}, {0, 0, 1}}),
               "views[1]: K[0][0] is -60; a focal length must be positive");
  EXPECT_PRED2(Contains, with_K({{60, 0, 32}, {0, 60, 24}, {0, 1, 1}}), "must be 0 0 1");
  EXPECT_PRED2(Contains, with_K({{60, 0.1, 32}, {0, 60, 24}, {0, 0, 1}}), "skew");
  EXPECT_PRED2(Contains, with_K({60, 0, 32, 0, 60, 24, 0, 0}), "views[1].K has 8 numbers; 9");
  EXPECT_PRED2(Contains, with_K({{60, 0, 32}, {0, 60, 24}}), "has 2 rows");
  EXPECT_PRED2(Contains, with_K({{60, 0}, {0, 60}, {0, 0}}), "views[1].K[0] has 2 numbers");
  EXPECT_PRED2(Contains, with_K({{60, 0, nullptr}, {0, 60, 24}, {0, 0, 1}}), "K[0][2] must be a");
  const auto with_R = [this](const json& R) {
    return Error([&](json& s) { s["views"][1]["cam_from_rig"]["R"] = R; });
  };
  EXPECT_PRED2(Contains, with_R({{1, 0, 0}, {0, 1, 0}, {0, 0, -1}}),
               "views[1].cam_from_rig.R: det R is -1");
  EXPECT_PRED2(Contains, with_R({{2, 0, 0}, {0, 2, 0}, {0, 0, 2}}), "not a rotation");
  EXPECT_EQ(with_R({{0.866, -0.5, 0}, {0.5, 0.866, 0}, {0, 0, 1}}), "no error");
  EXPECT_EQ(with_R({1, 0, 0, 0, 1, 0, 0, 0, 1}), "no error");
  EXPECT_PRED2(Contains, Error([](json& s) {
                 s["views"][0]["width"] = 65;
                 s["views"][0]["height"] = 47;
               }),
               "has 64x48 pixels (width x height), the camera 65x47");
}

TEST_F(SceneTest, ErrorsOfNames) {
  const auto with_name = [this](const std::string& name) {
    return Error([&](json& s) { s["views"][1]["name"] = name; });
  };
  EXPECT_PRED2(Contains, with_name("view0"), "appears twice");
  EXPECT_PRED2(Contains, with_name("../x"), "cannot be a part of a file name");
  EXPECT_PRED2(Contains, with_name("a\nb"), "cannot be a part");
  EXPECT_PRED2(Contains, with_name(""), "views[1].name is empty");
  EXPECT_EQ(with_name("left camera-1.a"), "no error");
}

TEST_F(SceneTest, SyntaxErrorsHaveLineAndColumn) {
  EXPECT_PRED2(Contains, Error(std::string("{\"mesh\": \"a\",\n  \"views\": [[60, 0")),
               "line 2, column");
  EXPECT_PRED2(Contains, Error(std::string("{\"mesh\": \"a\",\n \"views\": oops}")),
               "line 2, column 11");
  EXPECT_PRED2(Contains, Error(std::string("")), "s.json: the file is empty");
  EXPECT_PRED2(Contains, Error(std::string("[1]")), "a scene must be an object");
  EXPECT_PRED2(Contains, Error(std::string("{\"views\": [],\n\"views\": []}")),
               "\"views\" appears twice");
  EXPECT_PRED2(Contains, Error("{\"views\":\n [1e999]}"),
               "line 2, column 3: number 1e999 is out of range");
  EXPECT_PRED2(Contains, Error(std::string(200000, '[')), "column 65: nested deeper than 64");
  EXPECT_PRED2(Contains, Error(std::string("{\"a\": \"\xff\"}")), "line 1");
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  EXPECT_PRED2(Contains, Error(objects), "nested deeper");
}

TEST_F(SceneTest, MasksWithoutForeground) {
  const auto with_masks = [this](const char* first, const char* second) {
    return Error([&](json& s) {
      s["views"][0]["mask"] = first;
      s["views"][1]["mask"] = second;
    });
  };
  EXPECT_PRED2(Contains, with_masks("empty.png", "empty.png"), "every mask is empty");
  EXPECT_EQ(with_masks("empty.png", "mask.png"), "no error");
  EXPECT_PRED2(Contains, with_masks("empty.png", "one.png"),
               "masks together have 1 pixel of foreground; at least 16");
  json single = OneView();
  single["views"][0]["mask"] = "one.png";
  EXPECT_PRED2(Contains, Error(single.dump()), "the mask has 1 pixel of foreground");
  // Foreground that is all ignored does not count.
  single = OneView();
  single["views"][0]["ignore"] = "mask.png";
  EXPECT_PRED2(Contains, Error(single.dump()), "the mask is empty");
}

TEST_F(SceneTest, SaveAndLoadAgree) {
  SceneDescription scene;
  scene.mesh = "cube.obj";
  scene.views.resize(2);
  for (ViewDescription& view : scene.views) {
    view.mask = "mask.png";
    view.width_px = 64;
    view.height_px = 48;
    view.K << 60.1, 0, 32.3, 0, 61.7, 23.9, 0, 0, 1;
  }
  scene.views[0].name = "a \"quoted\"";
  scene.views[1].cam_from_rig =
      Rigid3d(ExpRotation({0.3, -0.2, 1.1}), Eigen::Vector3d(1.0 / 3, 2, 3));
  scene.views[0].dist = {-0.1, 0.01, 1e-4, -2e-4};
  EXPECT_PRED2(Contains, ErrorOf([&] { SaveScene(folder_ / "x.json", scene); }), "name");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.json"));
  scene.views[0].name = "a";
  scene.views[1].pixel_center = 0;
  scene.views[1].ignore = "ignore.png";
  scene.views[1].image = "photos/right.jpg";
  scene.views[1].world_from_object = Rigid3d(ExpRotation({0, 1, 0}), Eigen::Vector3d(0, 0, 1e-9));
  scene.occluders = {{"cube.obj", {}},
                     {"cube.obj", Rigid3d(ExpRotation({0, 0, 1}), Eigen::Vector3d(0, 2, 0.1))}};
  scene.initial_rig_from_world = Rigid3d(ExpRotation({1, 2, 0.5}), Eigen::Vector3d(0, 0, 6.25));
  scene.true_rig_from_world = Rigid3d(ExpRotation({-1, 2, 0.5}), Eigen::Vector3d(0, 0.1, 6));
  SaveScene(folder_ / "x.json", scene);
  const SceneDescription read = ReadSceneDescription(folder_ / "x.json");
  const auto expect_same = [](const std::optional<Rigid3d>& a, const std::optional<Rigid3d>& b) {
    ASSERT_EQ(a.has_value(), b.has_value());
    if (!a) return;
    EXPECT_LT(RotationAngle_rad(a->rotation, b->rotation), 1e-15);
    EXPECT_EQ(a->translation, b->translation);
  };
  EXPECT_EQ(read.mesh, "cube.obj");
  EXPECT_EQ(read.views[0].name, "a");
  EXPECT_EQ(read.views[1].name, "view1");
  EXPECT_EQ(read.views[0].K, scene.views[0].K);
  EXPECT_EQ(read.views[0].dist, scene.views[0].dist);
  EXPECT_EQ(read.views[1].pixel_center, 0);
  EXPECT_EQ(read.views[1].ignore, "ignore.png");
  EXPECT_EQ(read.views[1].image, "photos/right.jpg");
  EXPECT_EQ(read.views[0].image, "");
  for (int i = 0; i < 2; ++i) {
    expect_same(read.views[i].cam_from_rig, scene.views[i].cam_from_rig);
    expect_same(read.views[i].world_from_object, scene.views[i].world_from_object);
  }
  expect_same(read.initial_rig_from_world, scene.initial_rig_from_world);
  expect_same(read.true_rig_from_world, scene.true_rig_from_world);
  const LoadedScene loaded = LoadScene(folder_ / "x.json");
  EXPECT_EQ(loaded.scene.views.size(), 2u);
  ASSERT_EQ(read.occluders.size(), 2u);
  ASSERT_EQ(loaded.scene.occluders.size(), 2u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(read.occluders[i].mesh, "cube.obj");
    expect_same(read.occluders[i].rig_from_occluder, scene.occluders[i].rig_from_occluder);
    EXPECT_EQ(loaded.scene.occluders[i].mesh_index, loaded.scene.views[0].mesh_index);
  }
  expect_same(loaded.scene.occluders[1].rig_from_occluder, scene.occluders[1].rig_from_occluder);
  // Matrices stay on one line.
  EXPECT_PRED2(Contains, ReadFile(folder_ / "x.json"),
               "[[60.1,0.0,32.3],[0.0,61.7,23.9],[0.0,0.0,1.0]]");
}

TEST_F(SceneTest, FramesAreViews) {
  nlohmann::json scene = TwoViews();
  nlohmann::json cameras = scene["views"];
  for (int i : {0, 1}) {
    cameras[i].erase("mask");
    cameras[i]["name"] = i == 0 ? "left" : "right";
  }
  scene.erase("views");
  scene["cameras"] = cameras;
  scene["frames"] = {{{"masks", {{"left", "mask.png"}, {"right", "mask.png"}}}},
                     {{"name", "b"},
                      {"masks", {{"right", "mask.png"}}},
                      {"ignore", {{"right", "mask.png"}}},
                      {"images", {{"right", "right.jpg"}}},
                      {"world_from_object", Pose(0.25)}}};
  const SceneDescription read = ReadSceneDescription(folder_.Write("f.json", scene.dump()));
  ASSERT_EQ(read.views.size(), 3u);
  EXPECT_EQ(read.views[0].name, "frame0_left");
  EXPECT_EQ(read.views[1].name, "frame0_right");
  EXPECT_EQ(read.views[2].name, "b_right");
  EXPECT_EQ(read.views[2].cam_from_rig->translation.z(), 1);
  EXPECT_EQ(read.views[2].world_from_object->translation.z(), 0.25);
  EXPECT_FALSE(read.views[1].world_from_object);
  EXPECT_EQ(read.views[2].ignore, "mask.png");
  EXPECT_EQ(read.views[2].image, "right.jpg");
  EXPECT_EQ(read.views[0].image, "");
  EXPECT_EQ(read.views[1].ignore, "");
  nlohmann::json plain = scene;
  plain["frames"][1].erase("ignore");
  EXPECT_EQ(Load(plain).scene.views.size(), 3u);
  const auto error = [&](const std::function<void(nlohmann::json&)>& change) {
    nlohmann::json wrong = scene;
    change(wrong);
    return Error(wrong.dump());
  };
  using J = nlohmann::json&;
  EXPECT_PRED2(Contains, error([](J s) { s.erase("cameras"); }), "go together");
  EXPECT_PRED2(Contains, error([](J s) { s["views"] = nlohmann::json::array(); }), "both given");
  EXPECT_PRED2(Contains, error([](J s) { s["cameras"][1]["name"] = "left"; }), "appears twice");
  EXPECT_PRED2(Contains, error([](J s) { s["cameras"][1].erase("cam_from_rig"); }),
               "cameras[1].cam_from_rig is missing");
  EXPECT_PRED2(Contains, error([](J s) {
                 s["frames"][1]["masks"] = {{"top", "a.png"}};
               }),
               "unknown key");
  EXPECT_PRED2(Contains, error([](J s) { s["frames"][1].erase("masks"); }), "masks is missing");
  EXPECT_PRED2(Contains, error([](J s) {
                 s["frames"][1]["ignore"] = {{"left", "mask.png"}};
               }),
               "has no mask in this frame");
}

TEST_F(SceneTest, UnknownsAreRead) {
  nlohmann::json scene = TwoViews();
  scene["refine"] = {"scale", "focal=10", "principal_point=4", "rig=1:3%", "offset"};
  LoadedScene loaded = Load(scene);
  const UnknownOptions& unknowns = loaded.scene.unknowns;
  EXPECT_TRUE(std::isinf(unknowns.scale_sigma));
  EXPECT_NEAR(unknowns.focal_sigma, 0.1, 1e-15);
  EXPECT_EQ(unknowns.principal_point_sigma_px, 4);
  EXPECT_NEAR(unknowns.rig_rotation_sigma_rad, M_PI / 180, 1e-15);
  EXPECT_NEAR(unknowns.rig_translation_sigma, 0.03, 1e-15);
  EXPECT_TRUE(loaded.estimate_offset);
  EXPECT_FALSE(Load(TwoViews()).scene.unknowns.any());
  // A range of fields of view, K left out: the shorter side is 48 px.
  scene = TwoViews();
  scene["fov_range_deg"] = {30, 90};
  scene["views"][0].erase("K");
  scene["views"][1].erase("K");
  loaded = Load(scene);
  const double least = 24, most = 24 / std::tan(M_PI / 12), f = std::sqrt(least * most);
  EXPECT_NEAR(loaded.scene.views[1].camera.fx_px, f, 1e-12);
  EXPECT_NEAR(loaded.scene.unknowns.least_focal_factor, least / f, 1e-12);
  EXPECT_NEAR(loaded.scene.unknowns.most_focal_factor, most / f, 1e-12);
  EXPECT_TRUE(std::isinf(loaded.scene.unknowns.focal_sigma));
}

TEST_F(SceneTest, DistortionThatFoldsIsAnError) {
  json scene = OneView();
  scene["views"][0]["dist"] = {-5, 3, 0, 0, 0};
  EXPECT_PRED2(Contains, Error(scene.dump()),
               "views[0]: the lens distortion folds over inside the image");
  scene["views"][0]["dist"] = {0.1, 0.2};
  EXPECT_PRED2(Contains, Error(scene.dump()), "views[0].dist has 2 numbers");
  scene["views"][0]["dist"] = {0, 0, 0, 0, 0};
  EXPECT_TRUE(Load(scene).scene.views[0].weight.empty());
}

// Masks stay as photographed; the lens goes into the camera.
TEST_F(SceneTest, DistortionBecomesTheCamerasLens) {
  json scene = OneView();
  const View plain = Load(scene).scene.views[0];
  EXPECT_TRUE(plain.camera.lens.IsNone());
  scene["views"][0]["dist"] = {-0.2, 0.05, 0.001, -0.002};
  const View view = Load(scene).scene.views[0];
  EXPECT_EQ(view.mask.pixels, plain.mask.pixels);
  EXPECT_TRUE(view.weight.empty());
  EXPECT_EQ(view.camera.lens.k1, -0.2);
  EXPECT_EQ(view.camera.lens.k2, 0.05);
  EXPECT_EQ(view.camera.lens.p1, 0.001);
  EXPECT_EQ(view.camera.lens.p2, -0.002);
  EXPECT_EQ(view.camera.lens.k3, 0);
  scene["views"][0]["fisheye"] = {0.05, -0.02, 0.003, -0.001};
  EXPECT_PRED2(Contains, Error(scene.dump()), "views[0].fisheye and dist are two lenses");
  scene["views"][0].erase("dist");
  const LensDistortion fisheye = Load(scene).scene.views[0].camera.lens;
  EXPECT_TRUE(fisheye.is_fisheye);
  EXPECT_EQ(fisheye.k3, 0.003);
  EXPECT_EQ(fisheye.p1, 0);
  scene["views"][0]["fisheye"] = {0.05};
  EXPECT_PRED2(Contains, Error(scene.dump()), "views[0].fisheye has 1 numbers; a fisheye lens");
  scene["views"][0].erase("fisheye");
  scene["views"][0]["dist"] = {0.3, -0.1, 0.002, 0.003, 0.02, 0.1, -0.05, 0.01};
  const LensDistortion lens = Load(scene).scene.views[0].camera.lens;
  EXPECT_EQ(lens.k3, 0.02);
  EXPECT_EQ(lens.k4, 0.1);
  EXPECT_EQ(lens.k5, -0.05);
  EXPECT_EQ(lens.k6, 0.01);
}

}  // namespace
}  // namespace ceres_align
