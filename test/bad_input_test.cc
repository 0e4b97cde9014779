// Malformed files: one line that says what is wrong, no other exception, no crash (run this under
// ASan and UBSan). What the programs make of them is in the cli tests.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/raster_file.h"
#include "ceres_align/io/scene_io.h"
#include "io_testing.h"

namespace ceres_align::testing {
namespace {

using nlohmann::json;

const std::string kBad = std::string(CERES_ALIGN_SHARED_DATA) + "/bad/";

class BadFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kBad)) GTEST_SKIP() << kBad << " is absent";
  }
};

TEST_F(BadFiles, Meshes) {
  struct Case {
    const char* name;
    const char* message;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"inf_vertex.obj", "line 7: coordinate \"inf\" is not finite"},
           {"index_zero.obj", "line 21: vertex index 0"},
           {"index_overflow.obj", "line 9: vertex index \"99999999999999999999\" is out of range"},
           {"empty.obj", "the file is empty"},
           {"truncated_line.obj", "line 21: vertex with 2 coordinates"},
           {"binary_garbage.obj", "is not text"},
           {"all_degenerate.obj", "all 2 triangles have zero area"},
           {"overflow_1e400.obj", "line 7: coordinate \"1e400\" is not finite"},
           {"nul_bytes.obj", "line 9: byte 0 is not text"},
           {"ply_count_lies.ply", "the file ends early"},
           {"ply_bad_list.ply", "a list of 255 values, but the file ends early"},
           {"stl_count_lies.stl", "size does not match its triangle count"},
           {"truncated.glb", "the file ends early"}}) {
    const std::string message = ErrorOf([&] { LoadMesh(kBad + c.name); });
    EXPECT_PRED2(Contains, message, c.message);
    EXPECT_PRED2(Contains, message, c.name);
  }
  for (const char* name : {"cube_ok.obj", "utf8_bom.obj", "face_two_vertices.obj"}) {
    const LoadedMesh loaded = LoadMesh(kBad + name);
    EXPECT_EQ(loaded.mesh.vertices.size(), 8u) << name;
    EXPECT_EQ(loaded.mesh.faces.size(), 12u) << name;
  }
  const LoadedMesh two = LoadMesh(kBad + "face_two_vertices.obj");
  ASSERT_EQ(two.warnings.size(), 1u);
  EXPECT_PRED2(Contains, two.warnings[0], "line 9: face with 2 corners");
}

TEST_F(BadFiles, FarMeshKeepsItsShape) {
  const TriangleMesh near = LoadMesh(kBad + "cube_ok.obj").mesh;
  const TriangleMesh far = LoadMesh(kBad + "far_from_origin.obj").mesh;
  ASSERT_EQ(far.faces, near.faces);
  const Eigen::Vector3d offset(1e7, -2e7, 3e6);
  for (size_t i = 0; i < near.vertices.size(); ++i) {
    EXPECT_EQ(far.vertices[i] - offset, near.vertices[i]);
  }
}

TEST_F(BadFiles, Masks) {
  for (const auto& [name, message] : std::initializer_list<std::pair<const char*, const char*>>{
           {"mask_zero_bytes.png", "the file is empty"},
           {"mask_bad_crc.png", "damaged PNG"},
           {"mask_interlaced_claim.png", "damaged PNG"}}) {
    const std::string error = ErrorOf([&, n = name] { LoadMask(kBad + n); });
    EXPECT_PRED2(Contains, error, message);
    EXPECT_PRED2(Contains, error, name);
  }
  const LoadedMask ok = LoadMask(kBad + "mask_ok.png", ImageSize{64, 48});
  EXPECT_EQ(ok.area_px, 400);
  EXPECT_TRUE(ok.warnings.empty());
  for (const char* name : {"mask_16bit.png", "mask_0_1.png", "mask_rgba_alpha.png",
                           "mask_rgb_coloured.png", "mask_jpeg_named.png"}) {
    EXPECT_EQ(LoadMask(kBad + name).mask.pixels, ok.mask.pixels) << name;
  }
  for (const char* name : {"mask_0_1.png", "mask_jpeg_named.png", "mask_one_pixel.png"}) {
    EXPECT_EQ(LoadMask(kBad + name).warnings.size(), 1u) << name;
  }
  const LoadedMask swapped = LoadMask(kBad + "mask_paletted_swapped.png");
  for (size_t i = 0; i < ok.mask.pixels.size(); ++i) {
    EXPECT_EQ(swapped.mask.pixels[i], 1 - ok.mask.pixels[i]);
  }
  EXPECT_TRUE(LoadMask(kBad + "mask_empty.png").IsEmpty());
}

/// A generic camera file of the folder as the only view of a scene.
std::string SceneOf(const std::string& name) {
  std::ifstream in(kBad + name);
  json camera = json::parse(in);
  json view = {{"mask", kBad + "mask_ok.png"}};
  for (const char* key : {"width", "height", "K", "dist"}) {
    if (camera.contains(key)) view[key] = camera[key];
  }
  json pose;
  for (const char* key : {"R", "t"}) {
    if (camera.contains(key)) pose[key] = camera[key];
  }
  json scene = {{"mesh", kBad + "cube_ok.obj"}, {"views", {view}}};
  scene["initial"]["rig_from_world"] = pose;
  return scene.dump();
}

TEST_F(BadFiles, Cameras) {
  const TempFolder folder;
  const auto error = [&](const std::string& scene) {
    const std::filesystem::path path = folder.Write("scene.json", scene);
    return ErrorOf([&] { LoadScene(path); });
  };
  for (const auto& [name, message] : std::initializer_list<std::pair<const char*, const char*>>{
           {"camera_ok.json", "no error"},
           {"camera_9_element_K.json", "no error"},
           {"camera_R_rounded.json", "no error"},
           {"camera_behind.json", "no error"},  // the aligner's to refuse
           {"camera_missing_K.json", "scene.json: views[0].K is missing"},
           {"camera_missing_t.json", "initial.rig_from_world.t is missing"},
           {"camera_null.json", "initial.rig_from_world.t is null"},
           {"camera_R_reflection.json", "initial.rig_from_world.R: det R is -1"},
           {"camera_negative_focal.json", "K[0][0] is -60"},
           {"camera_K_last_row.json", "must be 0 0 1"},
           {"camera_negative_size.json", "width is -64"},
           {"camera_dist_strong.json", "folds over inside the image"}}) {
    EXPECT_PRED2(Contains, error(SceneOf(name)), message) << name;
  }
  // Files that no JSON reader reads, as they are.
  for (const auto& [name, message] : std::initializer_list<std::pair<const char*, const char*>>{
           {"camera_inf.json", "line 1, column 36: number 1e999 is out of range, not finite"},
           {"camera_truncated.json", "line 1, column"},
           {"camera_deep_nesting.json", "line 1, column 65: nested deeper than 64"},
           {"camera_eight_of_nine.yaml", "line 1, column"}}) {
    std::ostringstream text;
    text << std::ifstream(kBad + name).rdbuf();
    EXPECT_PRED2(Contains, error(text.str()), message) << name;
  }
}

// Random damage to small valid files.
class Fuzz : public ::testing::Test {
 protected:
  static std::string Bytes(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  uint32_t Random(size_t below) {  // xorshift; seeded by the constant
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<uint32_t>((state_ >> 20) % below);
  }
  std::string Damage(std::string bytes) {
    for (uint32_t n = 1 + Random(4); n > 0 && !bytes.empty(); --n) {
      const size_t at = Random(bytes.size());
      switch (Random(6)) {
        case 0:
          bytes[at] = static_cast<char>(Random(256));
          break;
        case 1:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << Random(8)));
          break;
        case 2:
          bytes.resize(at);
          break;
        case 3:
          bytes.insert(at, bytes.substr(Random(bytes.size()), Random(30)));
          break;
        case 4:
          bytes.replace(at, 1, std::string("-9e99") + "{[\"\\/,:"[Random(8)]);
          break;
        default:
          for (size_t i = at; i < std::min(at + 4, bytes.size()); ++i) bytes[i] = '\xFF';
      }
    }
    return bytes;
  }
  /// Loads damaged copies; anything but an InputError fails the test.
  void Run(const std::string& name, const std::string& bytes, int rounds,
           const std::function<void(const std::string& damaged)>& load) {
    int errors = 0;
    for (int i = 0; i < rounds; ++i) {
      const std::string damaged = Damage(bytes);
      try {
        load(damaged);
      } catch (const InputError&) {
        ++errors;
      }
    }
    EXPECT_GT(errors, 0) << name;
    EXPECT_LE(errors, rounds) << name;
  }

  TempFolder folder_;
  uint64_t state_ = 0x9E3779B97F4A7C15ull;
};

constexpr int kRounds = 4000;

TEST_F(Fuzz, Meshes) {
  TriangleMesh mesh;
  mesh.vertices = {{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}, {0.5, 0.5, 2}};
  mesh.faces = {{0, 1, 2}, {0, 2, 3}, {0, 1, 4}, {1, 2, 4}};
  WriteObj(folder_ / "good.obj", mesh);
  WritePly(folder_ / "good.ply", mesh);
  const auto run = [this](const char* name, const std::string& bytes, int rounds) {
    Run(name, bytes, rounds, [name](const std::string& damaged) { ParseMesh(damaged, name); });
  };
  run("a.obj", Bytes(folder_ / "good.obj") + "f 1 2 3 4\nf -1 -2 -3\nvn 0 0 1\n", kRounds);
  run("b.ply", Bytes(folder_ / "good.ply"), kRounds);
  run("c.ply",
      "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\n"
      "property float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
      "0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3\n",
      kRounds);
  run("d.stl",
      "solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\n"
      "endloop\nendfacet\nendsolid\n",
      kRounds);
  if (!std::filesystem::exists(kBad)) GTEST_SKIP() << kBad << " is absent";
  const std::string meshes = kBad + "../mesh/";
  run("e.stl", Bytes(meshes + "soup.stl"), kRounds / 5);
  run("f.glb", Bytes(meshes + "pins.glb"), kRounds / 5);
}

TEST_F(Fuzz, GltfJson) {
  const std::string text =
      R"({"scene":0,"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0,
      "translation":[1,2,3],"children":[1]},{"matrix":[1,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1],"mesh":0}],
      "meshes":[{"primitives":[{"attributes":{"POSITION":0},"indices":1,"mode":5}]}],
      "accessors":[{"bufferView":0,"componentType":5126,"count":4,"type":"VEC3"},
      {"bufferView":1,"componentType":5123,"count":6,"type":"SCALAR","byteOffset":0}],
      "bufferViews":[{"buffer":0,"byteLength":48,"byteStride":12},
      {"buffer":0,"byteOffset":48,"byteLength":12}],"buffers":[{"byteLength":60,
      "uri":"data:application/octet-stream;base64,)"
      "AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAACAPwAAgD8AAAAAAAAAAAAAgD8AAAAAAAABAAIAAAACAAMA\"}]}";
  Run("g.gltf", text, 2 * kRounds,
      [](const std::string& damaged) { ParseMesh(damaged, "g.gltf"); });
}

TEST_F(Fuzz, Masks) {
  ImageF mask(20, 10);
  for (size_t i = 0; i < mask.pixels.size(); ++i) mask.pixels[i] = (i * 5 % 256) / 255.0f;
  SaveMask(folder_ / "good.png", mask);
  struct Sink : io_internal::RasterSink {
    void Size(int, int, bool) override {}
    void Row(const float*, int) override {}
  };
  const auto load = [](const std::string& damaged) {
    Sink sink;
    io_internal::DecodeImage(damaged, "mask", &sink);
  };
  Run("a.png", Bytes(folder_ / "good.png"), kRounds, load);
  std::string pgm = "P5\n20 10\n255\n";
  for (int i = 0; i < 200; ++i) pgm += static_cast<char>(i);
  Run("b.pgm", pgm, kRounds, load);
}

TEST_F(Fuzz, Scenes) {
  folder_.Write("cube.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n");
  ImageF mask(20, 10, 1.0f);
  SaveMask(folder_ / "m.png", mask);
  SceneDescription scene;
  scene.mesh = "cube.obj";
  scene.views.resize(2);
  for (ViewDescription& view : scene.views) {
    view.mask = "m.png";
    view.width_px = 20;
    view.height_px = 10;
    view.K << 20, 0, 10, 0, 20, 5, 0, 0, 1;
    view.dist = {0.01, 0, 0, 0};
    view.cam_from_rig = Rigid3d();
  }
  scene.initial_rig_from_world = Rigid3d();
  SaveScene(folder_ / "good.json", scene);
  Run("a.json", Bytes(folder_ / "good.json"), 300,
      [this](const std::string& damaged) { LoadScene(folder_.Write("a.json", damaged)); });
}

}  // namespace
}  // namespace ceres_align::testing
