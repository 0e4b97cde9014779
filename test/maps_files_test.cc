// The files of maps: what they say is what independent readers get out of them.
#include <ImfChannelList.h>
#include <ImfFrameBuffer.h>
#include <ImfHeader.h>
#include <ImfInputFile.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ceres_align/io/files.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/maps/camera_maps.h"
#include "ceres_align/maps/image_files.h"
#include "ceres_align/maps/photo.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"
#include "testing.h"

namespace ceres_align {
namespace {

namespace fs = std::filesystem;
using Eigen::Vector3d;
using nlohmann::json;

struct Floats {
  int width, height;
  std::vector<float> values;
  float at(int c, int row) const { return values[static_cast<size_t>(row) * width + c]; }
};

// By OpenEXR's own reader, which converts halves.
Floats ReadExr(const fs::path& path, const char* channel) {
  Imf::InputFile file(path.c_str());
  EXPECT_NE(file.header().channels().findChannel(channel), nullptr) << path << " " << channel;
  const auto box = file.header().dataWindow();
  Floats out{box.max.x + 1, box.max.y + 1, {}};
  out.values.resize(static_cast<size_t>(out.width) * out.height);
  Imf::FrameBuffer buffer;
  buffer.insert(channel, Imf::Slice(Imf::FLOAT, reinterpret_cast<char*>(out.values.data()),
                                    sizeof(float), sizeof(float) * out.width));
  file.setFrameBuffer(buffer);
  file.readPixels(0, out.height - 1);
  return out;
}

// A sphere of radius 1, 5 away on the camera's axis, seen from the world's −x.
class MapsTest : public ::testing::Test {
 protected:
  MapsTest() : folder_(fs::path(::testing::TempDir()) / "maps_test") {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    MakeIcosphere();
    // x_cam = −y, y_cam = −z, z_cam = x + 5.
    cam_from_world_ =
        Rigid3d(Eigen::Quaterniond((Eigen::Matrix3d() << 0, -1, 0, 0, 0, -1, 1, 0, 0).finished()),
                Vector3d(0, 0, 5));
  }
  ~MapsTest() override { fs::remove_all(folder_); }

  void MakeIcosphere() {
    auto mesh = std::make_shared<TriangleMesh>(MakeShape("icosphere", 20000, 1));
    const Sphere sphere = BoundingSphere(*mesh);
    for (Vector3d& v : mesh->vertices) v = (v - sphere.center) / sphere.radius;
    mesh_ = mesh;
  }

  CameraMaps Draw(MapOptions options, RgbImage photo = {}) {
    options.kinds = ParseMapKinds("all", "test");
    const DrawableMesh drawable(mesh_, options, &rasterizer_);
    MapView view{"cam", camera_, cam_from_world_, Rigid3d(), &drawable, std::move(photo)};
    CameraMaps maps = DrawMaps(view, options, &rasterizer_);
    for (const OutputFile& file : maps.files) WriteFileWhole(folder_ / file.path, file.bytes);
    return maps;
  }
  // Where the ray of a pixel's centre meets the unit sphere: depth; NaN: nowhere.
  double SphereDepth(int c, int row) const {
    const Vector3d ray = camera_.Ray(c + 0.5, row + 0.5);
    const Vector3d center(0, 0, 5);
    const double a = ray.squaredNorm(), b = ray.dot(center), d = b * b - a * 24;
    return d < 0 ? NAN : (b - std::sqrt(d)) / a;
  }

  const fs::path folder_;
  CpuRasterizer rasterizer_{2};
  std::shared_ptr<const TriangleMesh> mesh_;
  const Camera camera_{64, 48, 80, 80, 32.3, 23.6};
  Rigid3d cam_from_world_;
};

TEST_F(MapsTest, FilesHoldDepthNormalsAndPlaces) {
  const CameraMaps maps = Draw({});
  EXPECT_EQ(maps.files.size(), 10u);
  EXPECT_DOUBLE_EQ(maps.depth_step, 1e-4);
  const Floats depth = ReadExr(folder_ / "cam_depth.exr", "Y");
  ASSERT_EQ(depth.width, 64);
  ASSERT_EQ(depth.height, 48);
  Floats normal[3], world[3], place[3];
  for (int i = 0; i < 3; ++i) {
    const char* channel = i == 0 ? "R" : i == 1 ? "G" : "B";
    normal[i] = ReadExr(folder_ / "cam_normal_cam.exr", channel);
    world[i] = ReadExr(folder_ / "cam_normal_world.exr", channel);
    place[i] = ReadExr(folder_ / "cam_position.exr", channel);
  }
  const LoadedMask depth_png = LoadMask(folder_ / "cam_depth.png");
  const RgbImage normal_png = LoadPhoto(folder_ / "cam_normal_world.png");
  int seen = 0;
  for (int row = 0; row < 48; ++row) {
    for (int c = 0; c < 64; ++c) {
      const double z = SphereDepth(c, row);
      if (std::isnan(z)) {
        EXPECT_EQ(depth.at(c, row), 0);
        EXPECT_EQ(depth_png.mask.at(c, row), 0);
        continue;
      }
      const Vector3d in_cam = z * camera_.Ray(c + 0.5, row + 0.5);
      const Vector3d outer = in_cam - Vector3d(0, 0, 5);
      if (outer.z() > -0.5) continue;  // the rim, where facets matter
      ++seen;
      EXPECT_NEAR(depth.at(c, row), z, 2e-3);
      EXPECT_NEAR(depth_png.mask.at(c, row) * 65535 * maps.depth_step, depth.at(c, row), 0.51e-4);
      const Vector3d on_sphere(outer.z(), -outer.x(), -outer.y());  // in the world
      for (int i = 0; i < 3; ++i) {
        EXPECT_NEAR(normal[i].at(c, row), outer[i], 0.02);
        EXPECT_NEAR(world[i].at(c, row), on_sphere[i], 0.02);
        EXPECT_NEAR(place[i].at(c, row), on_sphere[i], 5e-3);
      }
      const Rgb pixel = normal_png.at(c, row);
      EXPECT_NEAR(pixel.r, 127.5 * (world[0].at(c, row) + 1), 0.6);
      EXPECT_NEAR(pixel.g, 127.5 * (world[1].at(c, row) + 1), 0.6);
      EXPECT_NEAR(pixel.b, 127.5 * (world[2].at(c, row) + 1), 0.6);
    }
  }
  EXPECT_GT(seen, 500);
}

TEST_F(MapsTest, MaskAndAlphaAreTheExactCoverage) {
  Draw({});
  const ImageF truth = RenderMask(*mesh_, cam_from_world_, camera_, 24);
  const ImageF mask = LoadMask(folder_ / "cam_mask.png").mask;
  const ImageF alpha = LoadMask(folder_ / "cam_normal_cam.png").mask;
  for (size_t i = 0; i < truth.pixels.size(); ++i) {
    EXPECT_NEAR(mask.pixels[i], truth.pixels[i], 0.02);
    EXPECT_EQ(alpha.pixels[i], mask.pixels[i]);
  }
}

// Two balls, the smaller one half in front of the other.
TEST_F(MapsTest, LabelsTellTheObjectsAndCoverageIsOfAll) {
  MapOptions options;
  options.kinds = ParseMapKinds("all", "test");
  TriangleMesh small = *mesh_;
  for (Vector3d& v : small.vertices) v *= 0.4;
  const Rigid3d aside(Eigen::Quaterniond::Identity(), Vector3d(-2, -0.5, 0));
  const DrawableMesh both({{mesh_, Rigid3d()}, {std::make_shared<TriangleMesh>(small), aside}},
                          options, &rasterizer_);
  const MapView view{"two", camera_, cam_from_world_, Rigid3d(), &both, {}};
  for (const OutputFile& file : DrawMaps(view, options, &rasterizer_).files) {
    WriteFileWhole(folder_ / file.path, file.bytes);
  }
  const ImageF far = RenderMask(*mesh_, cam_from_world_, camera_, 24);
  const ImageF near = RenderMask(small, cam_from_world_ * aside, camera_, 24);
  const ImageF mask = LoadMask(folder_ / "two_mask.png").mask;
  const auto labels = [&](const char* label) {
    return LoadMask((folder_ / "two_label.png").string() + label).mask;
  };
  const ImageF of_far = labels(":1"), of_near = labels(":2");
  int hidden = 0;
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    const float f = far.pixels[i], n = near.pixels[i];
    if (f == 1 && n == 1) ++hidden;
    EXPECT_GE(mask.pixels[i], std::max(f, n) - 0.02) << i;
    if ((f > 0 && f < 1) || (n > 0 && n < 1)) continue;
    EXPECT_NEAR(mask.pixels[i], std::max(f, n), 0.02) << i;
    EXPECT_EQ(of_near.pixels[i], n) << i;
    EXPECT_EQ(of_far.pixels[i], n == 1 ? 0 : f) << i;
  }
  EXPECT_GT(hidden, 20);
}

TEST_F(MapsTest, AxesAndFacesAreAsAsked) {
  MapOptions options;
  options.opengl_normals = true;
  options.smooth_normals = false;
  Draw(options);
  // The middle of the sphere looks at the camera: +z in OpenGL's axes.
  EXPECT_GT(ReadExr(folder_ / "cam_normal_cam.exr", "B").at(32, 23), 0.99f);
  // Above the middle it looks up: +y.
  EXPECT_GT(ReadExr(folder_ / "cam_normal_cam.exr", "G").at(32, 14), 0.4f);
  options.depth_step = 1e-5;
  EXPECT_THROW(Draw(options), InputError);  // 4 does not fit into 65535 steps
}

// The nearest half, as OpenEXR's own conversion has it; zeros are +0.
TEST_F(MapsTest, HalvesAreTheNearest) {
  std::vector<float> values = {0.0f, -0.0f, 1.0f, -1.0f, 65503.0f, -2.5f, 6.1035156e-5f, 6.1e-5f};
  testing::Random random("halves", 1);
  for (int i = 0; i < 50000; ++i) {
    const double size = std::exp2(random.Uniform(-30, 15));
    values.push_back(static_cast<float>(random.Uniform(0, 1) < 0.5 ? size : -size));
    // Half way between two halves.
    values.push_back(static_cast<float>((2 * (i % 1024) + 2049) * std::exp2(i % 16 - 14)));
  }
  while (values.size() % 3 != 0) values.push_back(0.1f);
  // Of a normal they keep the direction to 0.025 degrees.
  double worst_deg = 0;
  for (int i = 0; i < 20000; ++i) {
    const Vector3d n = random.UnitVector();
    Vector3d rounded;
    for (int k = 0; k < 3; ++k) rounded[k] = float(half(static_cast<float>(n[k])));
    worst_deg =
        std::max(worst_deg, 180 / M_PI * std::atan2(n.cross(rounded).norm(), n.dot(rounded)));
  }
  EXPECT_LT(worst_deg, 0.025);
  const auto width = static_cast<int>(values.size() / 3);
  WriteFileWhole(folder_ / "h.exr",
                 EncodeExr(width, 1, values.data(), {"R", "G", "B"}, ExrType::kHalf, ""));
  for (int i = 0; i < 3; ++i) {
    const Floats read = ReadExr(folder_ / "h.exr", i == 0 ? "R" : i == 1 ? "G" : "B");
    for (int c = 0; c < width; ++c) {
      const float value = values[3 * c + i], expected = value == 0 ? 0 : float(half(value));
      ASSERT_EQ(read.at(c, 0), expected) << value;
      ASSERT_EQ(std::signbit(read.at(c, 0)), std::signbit(expected)) << value;
    }
  }
}

TEST_F(MapsTest, OverlayHasThePhotographsSize) {
  const Rgb sky = {10, 200, 30};
  Draw({}, RgbImage(128, 96, sky));
  const RgbImage overlay = LoadPhoto(folder_ / "cam_overlay.png");
  EXPECT_EQ(overlay.width, 128);
  EXPECT_EQ(overlay.at(2, 2), sky);
  EXPECT_FALSE(overlay.at(64, 47) == sky);
  EXPECT_THROW(Draw({}, RgbImage(128, 128, sky)), InputError);
}

TEST_F(MapsTest, RenderSceneDrawsCamerasWithoutAMask) {
  WritePly(folder_ / "m.ply", *mesh_);
  const json identity = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  json view = {{"name", "a"},
               {"width", 64},
               {"height", 48},
               {"K", {{80, 0, 32.3}, {0, 80, 23.6}, {0, 0, 1}}}};
  json scene = {{"mesh", "m.ply"},
                {"views", json::array({view})},
                {"initial", {{"rig_from_world", {{"R", identity}, {"t", {0, 0, 5}}}}}}};
  view["name"] = "b";
  view["cam_from_rig"] = {{"R", identity}, {"t", {0.2, 0, 0}}};
  view["fisheye"] = {0.01, 0, 0, 0};
  scene["views"].push_back(view);
  WriteFileWhole(folder_ / "scene.json", scene.dump());
  const std::string program = std::string(CERES_ALIGN_TOOLS_DIR) + "/render_scene --scene " +
                              (folder_ / "scene.json").string() + " --out_dir " +
                              (folder_ / "out").string();
  const auto run = [&](const std::string& flags) {
    return std::system((program + " " + flags + " > /dev/null 2>&1").c_str());
  };
  ASSERT_EQ(run("--pose initial --render depth,mask --formats png --render_size 2"), 0);
  const json maps = json::parse(ReadFile(folder_ / "out" / "maps.json"));
  ASSERT_EQ(maps["cameras"].size(), 2u);
  EXPECT_EQ(maps["cameras"][1]["name"], "b");
  EXPECT_EQ(maps["cameras"][1]["width"], 128);
  EXPECT_EQ(maps["cameras"][1]["fisheye"].size(), 4u);
  EXPECT_EQ(LoadMask(folder_ / "out" / "a_depth.png").mask.width, 128);
  EXPECT_FALSE(fs::exists(folder_ / "out" / "a_depth.exr"));
  for (const char* bad : {"--pose truth", "--pose nowhere.json", "--pose initial --render dept",
                          "--pose initial --render_size 0", "--pose initial --photos /nowhere",
                          "--pose initial --normal_axes up", "--pose initial --formats jpg", ""}) {
    EXPECT_EQ(WEXITSTATUS(run(bad)), 1) << bad;
  }
}

}  // namespace
}  // namespace ceres_align
