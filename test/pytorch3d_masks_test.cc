// Hard masks that PyTorch3D rendered, reproduced pixel by pixel by the point sampler.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "ceres_align/io/conventions.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/synth/point_sampler.h"

namespace ceres_align {
namespace {

using nlohmann::json;

const std::filesystem::path kFolder =
    std::filesystem::path(CERES_ALIGN_SHARED_DATA) / "pytorch3d_ref";
const char* const kSizes[] = {"256x256", "306x256", "256x306", "612x512"};

Eigen::Matrix3d Matrix(const json& rows) {
  Eigen::Matrix3d m;
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 3; ++c) m(r, c) = rows[r][c].get<double>();
  }
  return m;
}
Eigen::Vector3d Vector(const json& list) {
  return {list[0].get<double>(), list[1].get<double>(), list[2].get<double>()};
}

int64_t CountDifferent(const ImageF& a, const ImageF& b) {
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.height, b.height);
  int64_t count = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i)
    count += (a.pixels[i] > 0.5f) != (b.pixels[i] > 0.5f);
  return count;
}

class Pytorch3dMasks : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << kFolder << " is absent";
    mesh_ = LoadMesh(kFolder / (std::string(GetParam()) + ".obj")).mesh;
  }
  static json ReadCase(const std::string& name) {
    std::ifstream file(kFolder / (name + ".json"));
    return json::parse(file);
  }
  static Camera CameraOf(const json& scene, const json& opencv) {
    return CameraFromK(Matrix(opencv["K"]), scene["W"], scene["H"], 0.5, "K");
  }
  TriangleMesh mesh_;
};

TEST_P(Pytorch3dMasks, NoPixelDiffersWithEitherEdgeRule) {
  int masks = 0;
  for (const char* size : kSizes) {
    const json scene = ReadCase(std::string(GetParam()) + "_" + size);
    for (const json& camera : scene["cameras"]) {
      const json& opencv = camera["opencv"];
      const Rigid3d pose = FromOpenCv({Matrix(opencv["R"]), Vector(opencv["t"])}, "opencv");
      const ImageF expected = LoadMask(kFolder / camera["mask"].get<std::string>()).mask;
      SamplerOptions options;
      for (const EdgeRule rule : {EdgeRule::kStrict, EdgeRule::kHalfOpen}) {
        options.edge_rule = rule;
        const ImageF mask = RenderMask(mesh_, pose, CameraOf(scene, opencv), options);
        EXPECT_EQ(CountDifferent(mask, expected), 0) << camera["mask"];
      }
      ++masks;
    }
  }
  EXPECT_EQ(masks, 8);
}

TEST_P(Pytorch3dMasks, PyTorch3dsOwnRAndTAndFieldOfViewGiveTheSameMasks) {
  for (const char* size : kSizes) {
    const json scene = ReadCase(std::string(GetParam()) + "_" + size);
    for (const json& camera : scene["cameras"]) {
      const json& p3d = camera["pytorch3d"];
      const Rigid3d pose = FromPytorch3d({Matrix(p3d["R"]), Vector(p3d["T"])}, "pytorch3d");
      const Camera view = CameraFromFov(scene["W"], scene["H"], p3d["fov_deg"], "fov_deg");
      const ImageF expected = LoadMask(kFolder / camera["mask"].get<std::string>()).mask;
      EXPECT_EQ(CountDifferent(RenderMask(mesh_, pose, view), expected), 0) << camera["mask"];
    }
  }
}

TEST_P(Pytorch3dMasks, AQuarterOfAPixelIsNoticed) {
  const json scene = ReadCase(std::string(GetParam()) + "_306x256");
  const json& camera = scene["cameras"][0];
  const json& opencv = camera["opencv"];
  const Rigid3d pose = FromOpenCv({Matrix(opencv["R"]), Vector(opencv["t"])}, "opencv");
  const ImageF expected = LoadMask(kFolder / camera["mask"].get<std::string>()).mask;
  Camera shifted = CameraOf(scene, opencv);
  shifted.cx_px += 0.25;
  EXPECT_GT(CountDifferent(RenderMask(mesh_, pose, shifted), expected), 20);
}

INSTANTIATE_TEST_SUITE_P(Meshes, Pytorch3dMasks, testing::Values("cow", "teapot"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace ceres_align
