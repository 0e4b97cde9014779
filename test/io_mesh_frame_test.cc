// Units and up axes of mesh files: mesh_unit, mesh_scale, mesh_up.
#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <nlohmann/json.hpp>

#include "ceres_align/io/files.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/scene_io.h"
#include "io_testing.h"

namespace ceres_align::testing {
namespace {

using nlohmann::json;

// A tetrahedron without symmetry, as a y-up file has it: its peak is at y = 5.
const std::vector<Eigen::Vector3d> kCorners = {{0, 0, 0}, {2, 0, 0}, {0, 0, 3}, {0.5, 5, 0.25}};

std::string Obj(const std::vector<Eigen::Vector3d>& corners) {
  std::ostringstream out;
  out.precision(17);
  for (const Eigen::Vector3d& v : corners) out << "v " << v.transpose() << "\n";
  out << "f 1 2 3\nf 1 4 2\nf 2 4 3\nf 3 4 1\n";
  return out.str();
}

TEST(MeshFrame, RotationsAreExactAndTakeUpToY) {
  const std::pair<const char*, Eigen::Vector3d> axes[] = {{"x", {1, 0, 0}},   {"y", {0, 1, 0}},
                                                          {"z", {0, 0, 1}},   {"-x", {-1, 0, 0}},
                                                          {"-y", {0, -1, 0}}, {"-z", {0, 0, -1}}};
  for (const auto& [name, up] : axes) {
    const UpAxis axis = ParseUpAxis(name, "here");
    EXPECT_STREQ(ToString(axis), name);
    const Eigen::Matrix3d R = WorldFromFileAxes(axis);
    EXPECT_EQ(R * up, Eigen::Vector3d::UnitY()) << name;
    EXPECT_EQ(R * R.transpose(), Eigen::Matrix3d::Identity()) << name;
    EXPECT_EQ(R.determinant(), 1) << name;
  }
  EXPECT_EQ(ParseUpAxis("+z", "here"), UpAxis::kZ);
  EXPECT_TRUE(WorldFromFileAxes(UpAxis::kY).isIdentity(0));
  for (const char* wrong : {"", "+", "-", "w", "Z", "yy", "z ", "+-z"}) {
    EXPECT_PRED2(Contains, ErrorOf([&] { ParseUpAxis(wrong, "here"); }), "here is ") << wrong;
  }
}

// The table of COLLADA 1.4.1's <up_axis>: where right, up and towards the viewer lie.
TEST(MeshFrame, AxesAreColladas) {
  const auto row = [](UpAxis up, const Eigen::Vector3d& right, const Eigen::Vector3d& upwards,
                      const Eigen::Vector3d& towards) {
    const Eigen::Matrix3d R = WorldFromFileAxes(up);
    EXPECT_EQ(R * right, Eigen::Vector3d::UnitX());
    EXPECT_EQ(R * upwards, Eigen::Vector3d::UnitY());
    EXPECT_EQ(R * towards, Eigen::Vector3d::UnitZ());
  };
  row(UpAxis::kX, {0, -1, 0}, {1, 0, 0}, {0, 0, 1});
  row(UpAxis::kY, {1, 0, 0}, {0, 1, 0}, {0, 0, 1});
  row(UpAxis::kZ, {1, 0, 0}, {0, 0, 1}, {0, -1, 0});
}

// Blender has the point (x, y, z) z-up; its OBJ and glTF exporters write (x, z, −y), its STL
// exporter (as CAD does) (x, y, z).
TEST(MeshFrame, YUpAndZUpFilesGiveOneWorld) {
  const TempFolder folder;
  std::vector<Eigen::Vector3d> z_up;
  for (const Eigen::Vector3d& p : kCorners)
    z_up.push_back({1000 * p.x(), -1000 * p.z(), 1000 * p.y()});
  const TriangleMesh blender = LoadMesh(folder.Write("b.obj", Obj(kCorners))).mesh;
  MeshFrame frame;
  frame.scale = MetresOfUnit("mm", "here");
  frame.up = UpAxis::kZ;
  const TriangleMesh cad = LoadMesh(folder.Write("c.obj", Obj(z_up)), frame).mesh;
  ASSERT_EQ(cad.vertices.size(), 4u);
  EXPECT_EQ(cad.faces, blender.faces);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_LT((cad.vertices[i] - blender.vertices[i]).norm(), 1e-15) << i;
    EXPECT_EQ(blender.vertices[i], kCorners[i]);
  }
}

TEST(MeshFrame, UnitsAreMetresAndScalesAreChecked) {
  const TempFolder folder;
  const auto path = folder.Write("a.obj", Obj(kCorners));
  for (const auto& [unit, metres] :
       {std::pair("mm", 0.001), std::pair("cm", 0.01), std::pair("m", 1.0), std::pair("in", 0.0254),
        std::pair("ft", 12 * 0.0254)}) {
    MeshFrame frame;
    frame.scale = MetresOfUnit(unit, "here");
    EXPECT_DOUBLE_EQ(LoadMesh(path, frame).mesh.vertices[3].y(), 5 * metres) << unit;
  }
  for (const char* wrong : {"", "MM", "km", "inch", "0.001"}) {
    EXPECT_PRED2(Contains, ErrorOf([&] { MetresOfUnit(wrong, "here"); }), "mm, cm, m, in or ft");
  }
  for (const double scale : {0.0, -1.0, std::nan(""), 1e100}) {
    MeshFrame frame;
    frame.scale = scale;
    EXPECT_PRED2(Contains, ErrorOf([&] { LoadMesh(path, frame); }), "a.obj: the mesh's scale is");
  }
  MeshFrame huge;
  huge.scale = 1e60;
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMesh(path, huge); }), "multiplied by 1e+60: vertex");
}

TEST(MeshFrame, InWords) {
  EXPECT_EQ(InWords({}), "as in its file");
  EXPECT_EQ(InWords({0.001, UpAxis::kY}), "multiplied by 0.001");
  EXPECT_EQ(InWords({1, UpAxis::kMinusX}), "its -x turned to the world's +y");
  EXPECT_EQ(InWords({0.5, UpAxis::kZ}), "multiplied by 0.5, its +z turned to the world's +y");
}

class SceneFrameTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.Write("a.obj", Obj(kCorners));
    folder_.Write("m.pgm", "P2 8 8 255 " + std::string([] {
                             std::string pixels;
                             for (int i = 0; i < 64; ++i) pixels += i < 32 ? "255 " : "0 ";
                             return pixels;
                           }()));
  }

  static json Scene() {
    const json view = {{"mask", "m.pgm"},
                       {"width", 8},
                       {"height", 8},
                       {"K", {8, 0, 4, 0, 8, 4, 0, 0, 1}},
                       {"cam_from_rig", {{"R", {1, 0, 0, 0, 1, 0, 0, 0, 1}}, {"t", {0, 0, 0}}}}};
    return {{"mesh", "a.obj"}, {"views", {view, view}}};
  }
  LoadedScene Load(const json& scene) const {
    return LoadScene(folder_.Write("s.json", scene.dump()));
  }
  std::string Error(const json& scene) const {
    return ErrorOf([&] { Load(scene); });
  }
  /// The peak of view i's mesh.
  static Eigen::Vector3d Peak(const LoadedScene& loaded, size_t i = 0) {
    return loaded.scene.meshes[loaded.scene.views[i].mesh_index]->vertices[3];
  }

  const TempFolder folder_;
};

TEST_F(SceneFrameTest, OfTheSceneAndOfAView) {
  json scene = Scene();
  EXPECT_EQ(Peak(Load(scene)), kCorners[3]);
  scene["mesh_unit"] = "cm";
  scene["mesh_up"] = "z";
  scene["views"][1]["mesh"] = "a.obj";  // inherits both
  LoadedScene loaded = Load(scene);
  EXPECT_EQ(loaded.scene.meshes.size(), 1u);
  EXPECT_EQ(Peak(loaded), Eigen::Vector3d(0.01 * 0.5, 0.01 * 0.25, 0.01 * -5));
  scene["views"][1]["mesh_scale"] = 2;  // keeps the scene's axis
  loaded = Load(scene);
  ASSERT_EQ(loaded.scene.meshes.size(), 2u);
  EXPECT_EQ(Peak(loaded, 1), Eigen::Vector3d(1, 0.5, -10));
  scene["views"][1]["mesh_up"] = "y";
  EXPECT_EQ(Peak(Load(scene), 1), Eigen::Vector3d(1, 10, 0.5));
}

TEST_F(SceneFrameTest, OfListsOccludersAndObjects) {
  json scene = Scene();
  const json pose = {{"R", {1, 0, 0, 0, 1, 0, 0, 0, 1}}, {"t", {0, 100, 0}}};
  scene["mesh"] = {{{"mesh", "a.obj"}},
                   {{"mesh", "a.obj"}, {"mesh_unit", "m"}, {"object_from_mesh", pose}}};
  scene["mesh_scale"] = 10;
  scene["occluders"] = {{{"mesh", "a.obj"}, {"mesh_up", "-y"}}};
  const LoadedScene loaded = Load(scene);
  const auto& merged = loaded.scene.meshes[0]->vertices;
  ASSERT_EQ(merged.size(), 8u);
  EXPECT_EQ(merged[3], 10 * kCorners[3]);
  EXPECT_EQ(merged[7], kCorners[3] + Eigen::Vector3d(0, 100, 0));  // the pose is not scaled
  EXPECT_EQ(loaded.scene.meshes[1]->vertices[3], Eigen::Vector3d(5, -50, -2.5));

  json several = Scene();
  several.erase("mesh");
  for (json& view : several["views"]) view.erase("mask");
  several["mesh_unit"] = "mm";
  for (const char* name : {"p", "q"}) {
    several["objects"].push_back(
        {{"name", name},
         {"mesh", "a.obj"},
         {"masks", {{name == std::string("p") ? "view0" : "view1", "m.pgm"}}}});
  }
  several["objects"][1]["masks"] = {{"view1", "n.pgm"}};
  several["objects"][1]["mesh_unit"] = "in";
  std::filesystem::copy_file(folder_ / "m.pgm", folder_ / "n.pgm");
  const auto objects = BuildObjects(ReadSceneDescription(folder_.Write("o.json", several.dump())),
                                    folder_.path(), "o");
  EXPECT_EQ(Peak(objects[0].loaded), 0.001 * kCorners[3]);
  EXPECT_EQ(Peak(objects[1].loaded), 0.0254 * kCorners[3]);
}

TEST_F(SceneFrameTest, WrittenAndReadBack) {
  json scene = Scene();
  scene["mesh_unit"] = "ft";
  scene["mesh_up"] = "z";
  scene["views"][1]["mesh"] = "a.obj";
  scene["views"][1]["mesh_scale"] = 1;
  scene["views"][1]["mesh_up"] = "y";
  scene["occluders"] = {{{"mesh", "a.obj"}}};
  const SceneDescription first = ReadSceneDescription(folder_.Write("s.json", scene.dump()));
  SaveScene(folder_ / "again.json", first);
  const SceneDescription again = ReadSceneDescription(folder_ / "again.json");
  EXPECT_EQ(again.mesh_frame.scale, 0.3048);
  EXPECT_EQ(again.mesh_frame.up, UpAxis::kZ);
  EXPECT_TRUE(again.views[1].mesh_frame.IsIdentity());
  EXPECT_EQ(again.occluders[0].mesh_frame.scale, 0.3048);
  SaveScene(folder_ / "plain.json", ReadSceneDescription(folder_.Write("p.json", Scene().dump())));
  EXPECT_FALSE(Contains(ReadFile(folder_ / "plain.json"), "mesh_"));
}

TEST_F(SceneFrameTest, WhatIsWrongIsNamed) {
  const auto error = [&](const char* key, const json& value) {
    json scene = Scene();
    scene[key] = value;
    return Error(scene);
  };
  EXPECT_PRED2(Contains, error("mesh_unit", "yard"),
               "s.json: mesh_unit is \"yard\"; it must be mm");
  EXPECT_PRED2(Contains, error("mesh_unit", 3), "s.json: mesh_unit must be a string");
  EXPECT_PRED2(Contains, error("mesh_up", "w"), "s.json: mesh_up is \"w\"; it must be x, y, z");
  EXPECT_PRED2(Contains, error("mesh_up", nullptr), "s.json: mesh_up is null");
  EXPECT_PRED2(Contains, error("mesh_scale", 0), "s.json: mesh_scale is 0; it must be a positive");
  EXPECT_PRED2(Contains, error("mesh_scale", "mm"), "s.json: mesh_scale must be a number");
  json scene = Scene();
  scene["mesh_unit"] = "mm";
  scene["mesh_scale"] = 1;
  EXPECT_PRED2(Contains, Error(scene), "mesh_unit and mesh_scale are two scales of one mesh");
  scene = Scene();
  scene["views"][1]["mesh_up"] = "z";
  EXPECT_PRED2(Contains, Error(scene), "views[1].mesh_up is that of a mesh, and there is none");
  scene = Scene();
  scene["occluders"] = {{{"mesh", "a.obj"}, {"mesh_unit", "x"}}};
  EXPECT_PRED2(Contains, Error(scene), "occluders[0].mesh_unit is \"x\"");
  scene["mesh"] = {{{"mesh", "a.obj"}, {"mesh_up", "q"}}};
  EXPECT_PRED2(Contains, Error(scene), "mesh[0].mesh_up is \"q\"");
}

}  // namespace
}  // namespace ceres_align::testing
