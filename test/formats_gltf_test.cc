// The mesh and its cameras as .glb: read back by the mesh reader, and camera by camera by glTF's
// and Blender's own equations.
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "ceres_align/formats/gltf_scene.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/synth/shapes.h"
#include "formats_testing.h"

namespace ceres_align {
namespace {

using nlohmann::json;
using testing::Contains;
using testing::ErrorOf;
using testing::LeftByHand;
using testing::TempFolder;

constexpr double kHalf = 0.70710678118654757;  // sqrt(1/2)

TriangleMesh Mesh() {
  TriangleMesh mesh = MakeBumpyBlob(500, 3);
  CleanMesh(&mesh);
  for (Eigen::Vector3d& v : mesh.vertices) v += Eigen::Vector3d(1000, -2000, 500);
  return mesh;
}

CameraSet LeftSet() {
  CameraSet set;
  set.cameras = {LeftByHand()};
  set.cameras[0].name = "left";
  set.cameras[0].image = "p/\"\"\"\\é.jpg";
  return set;
}

// The first chunk, which GLB's header says how long it is.
json JsonOf(const std::string& glb) {
  uint32_t length;
  std::memcpy(&length, glb.data() + 12, 4);
  return json::parse(glb.substr(20, length));
}
json Numbers(const json& file, size_t camera, const char* key) {
  return file["nodes"][camera][key];
}

TEST(FormatsGltf, TheMeshReadsBack) {
  const TempFolder folder;
  const TriangleMesh mesh = Mesh();
  CameraSet set = LeftSet();
  for (const bool placed : {false, true}) {
    if (placed) set.reference_from_object = LeftByHand().cam_from_reference;
    WriteGltfScene(folder / "s.glb", mesh, set);
    const TriangleMesh back = LoadMesh(folder / "s.glb").mesh;
    ASSERT_EQ(back.vertices.size(), mesh.vertices.size());
    EXPECT_EQ(back.faces, mesh.faces);
    const Rigid3d pose = set.reference_from_object.value_or(Rigid3d());
    const double radius = BoundingSphere(mesh).radius;
    for (size_t i = 0; i < mesh.vertices.size(); ++i) {
      // Floats about the mesh's middle, which itself is a double.
      EXPECT_LT((back.vertices[i] - pose * mesh.vertices[i]).norm(), 1.5e-7 * radius);
    }
  }
}

TEST(FormatsGltf, CameraByHand) {
  CameraSet set = LeftSet();
  set.cameras.push_back(set.cameras[0]);
  set.cameras[1].name = "object";
  set.cameras[1].camera.lens.k1 = 0.1;
  set.cameras[1].camera.cx_px = 320;
  set.cameras[1].camera.cy_px = 240;
  const json file = JsonOf(GltfSceneFiles("s.glb", Mesh(), set)[0].bytes);
  EXPECT_EQ(file["nodes"][0]["name"], "object_mesh");
  EXPECT_EQ(file["scenes"][0]["nodes"], json({0, 1, 2}));
  EXPECT_EQ(file["nodes"][1]["name"], "left");
  EXPECT_EQ(file["nodes"][1]["camera"], 0);
  const json q = Numbers(file, 1, "rotation"), t = Numbers(file, 1, "translation");
  // Half a turn about (1, -1, 0): its columns are right (0, -1, 0), up (-1, 0, 0), back (0, 0, -1).
  const double sign = q[0].get<double>() > 0 ? 1 : -1;
  const double by_hand[] = {kHalf, -kHalf, 0, 0}, place[] = {-2, 1, -3};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(sign * q[i].get<double>(), by_hand[i], 1e-12);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(t[i].get<double>(), place[i], 1e-12);
  const json &first = file["cameras"][0], &second = file["cameras"][1];
  EXPECT_NEAR(first["perspective"]["yfov"].get<double>(), 2 * std::atan(0.6), 1e-15);
  EXPECT_NEAR(first["perspective"]["aspectRatio"].get<double>(), 0.64 / 0.6, 1e-15);
  EXPECT_GT(first["perspective"]["znear"], 0);
  EXPECT_EQ(first["extras"]["cx"], 322);
  EXPECT_EQ(
      first["extras"]["note"],
      "the principal point is off the image's middle by (2, -2) px: glTF has no place for it");
  EXPECT_EQ(second["extras"]["note"], "the lens distorts: glTF has no place for it");
  EXPECT_EQ(second["extras"]["dist"][0], 0.1);
}

// A point by the projection matrix of the glTF specification (section 3.10.3) and the node's pose.
TEST(FormatsGltf, SeesWhatOurCameraSees) {
  CameraSet set = testing::RandomSet("gltf", 0, false);
  for (CalibratedCamera& c : set.cameras) {
    c.camera.cx_px = 0.5 * c.camera.width_px;
    c.camera.cy_px = 0.5 * c.camera.height_px;
  }
  const json file = JsonOf(GltfSceneFiles("s.glb", Mesh(), set)[0].bytes);
  testing::Random random("gltf points", 0);
  for (size_t i = 0; i < set.cameras.size(); ++i) {
    const CalibratedCamera& c = set.cameras[i];
    const Eigen::Vector3d in_cam(random.Uniform(-1, 1), random.Uniform(-1, 1), 3);
    const Eigen::Vector3d x = Inverse(c.cam_from_reference) * in_cam;
    const json q = Numbers(file, i + 1, "rotation"), t = Numbers(file, i + 1, "translation");
    const Eigen::Quaterniond world_from_gl(q[3], q[0], q[1], q[2]);
    const Eigen::Vector3d p = world_from_gl.conjugate() * (x - Eigen::Vector3d(t[0], t[1], t[2]));
    const json& view = file["cameras"][i]["perspective"];
    const double yscale = 1 / std::tan(0.5 * view["yfov"].get<double>());
    const double ndc_x = yscale / view["aspectRatio"].get<double>() * p.x() / -p.z();
    const double ndc_y = yscale * p.y() / -p.z();
    const Eigen::Vector2d px = c.camera.Project(in_cam);
    EXPECT_NEAR(0.5 * (1 + ndc_x) * c.camera.width_px, px.x(), 1e-9);
    EXPECT_NEAR(0.5 * (1 - ndc_y) * c.camera.height_px, px.y(), 1e-9);
  }
}

// Where Blender draws a point of its camera's frame: BKE_camera_params_compute_viewplane with the
// horizontal fit.
Eigen::Vector2d BlenderPx(const json& c, const Eigen::Vector3d& in_gl_cam) {
  const double w = c["width"], h = c["height"];
  const double ycor = c["pixel_aspect_y"].get<double>() / c["pixel_aspect_x"].get<double>();
  const double pixel = c["sensor_width_mm"].get<double>() / (c["lens_mm"].get<double>() * w);
  const double left = (c["shift_x"].get<double>() * w - 0.5 * w) * pixel;
  const double bottom = (c["shift_y"].get<double>() * w - 0.5 * ycor * h) * pixel;
  const double x = in_gl_cam.x() / -in_gl_cam.z(), y = in_gl_cam.y() / -in_gl_cam.z();
  return {(x - left) / pixel, h - (y - bottom) / (pixel * ycor)};
}

json DataOf(const std::string& script) {
  const size_t begin = script.find("r\"\"\"\n") + 5, end = script.rfind("\n\"\"\")");
  return json::parse(script.substr(begin, end - begin));
}

TEST(FormatsGltf, TheScriptHasTheSensorShift) {
  CameraSet set = LeftSet();
  set.cameras.push_back(set.cameras[0]);
  set.cameras[1].camera.fy_px = 700;
  const std::vector<ExportedFile> files = GltfSceneFiles("a/s.glb", Mesh(), set);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].name, "s.glb");
  EXPECT_EQ(files[1].name, "s_blender.py");
  const json data = DataOf(files[1].bytes);
  EXPECT_EQ(data["glb"], "s.glb");
  EXPECT_EQ(data["cameras"][0]["image"], set.cameras[0].image);
  const json& c = data["cameras"][0];
  EXPECT_EQ(c["lens_mm"], 28.125);  // 500 px of 640 on 36 mm
  EXPECT_EQ(c["shift_x"], -2 / 640.0);
  EXPECT_EQ(c["shift_y"], -2.5 / 640);
  EXPECT_EQ(c["pixel_aspect_x"], 1);
  EXPECT_EQ(c["pixel_aspect_y"], 1.25);
  EXPECT_NEAR(data["cameras"][1]["pixel_aspect_x"].get<double>(), 1.4, 1e-15);
  // The point of LeftByHand, in OpenGL's axes.
  const Eigen::Vector2d px = BlenderPx(c, {1.25, -2.5, -5});
  EXPECT_NEAR(px.x(), 447, 1e-10);
  EXPECT_NEAR(px.y(), 438, 1e-10);
  const Eigen::Vector2d other = BlenderPx(data["cameras"][1], {1.25, -2.5, -5});
  EXPECT_NEAR(other.x(), 447, 1e-10);
  EXPECT_NEAR(other.y(), 588, 1e-10);
}

TEST(FormatsGltf, RefusesWhatItCannotWrite) {
  const TempFolder folder;
  const TriangleMesh mesh = Mesh();
  CameraSet set = LeftSet();
  const auto error = [&](const char* name) {
    return ErrorOf([&] { WriteGltfScene(folder / name, mesh, set); });
  };
  EXPECT_PRED2(Contains, error("s.gltf"), "s.gltf: the name must end in .glb");
  set.cameras[0].name = std::string(64, 'a');
  EXPECT_PRED2(Contains, error("s.glb"), "a name of more than 63 bytes");
  set.cameras[0].name = "\xff";
  EXPECT_PRED2(Contains, error("s.glb"), "not UTF-8");
  set.has_poses = false;
  EXPECT_PRED2(Contains, error("s.glb"), "not known");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace ceres_align
