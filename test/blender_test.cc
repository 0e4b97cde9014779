// Blender opens the .glb by the script beside it, and its cameras see what ours do. Skipped where
// there is no Blender: CERES_ALIGN_BLENDER, else `blender` in PATH.
#include <gtest/gtest.h>

#include <cstdlib>

#include "ceres_align/formats/gltf_scene.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"
#include "io_testing.h"
#include "testing.h"

namespace ceres_align {
namespace {

// Principal points off the middle by up to a tenth of the image, pixels wider or higher than they
// are high or wide.
CameraSet Cameras(const TriangleMesh& mesh) {
  CameraSet set;
  testing::Random random("blender", 0);
  const Sphere sphere = BoundingSphere(mesh);
  for (int i = 0; i < 4; ++i) {
    CalibratedCamera camera;
    camera.name = "cam" + std::to_string(i);
    camera.camera = {320,          240, 260.0 + 40 * i, i % 2 == 1 ? 250.0 : 360.0, 160.0 + 11 * i,
                     120.0 - 8 * i};
    const Eigen::Quaterniond rotation = random.Rotation();
    const Eigen::Vector3d at(0.1 * sphere.radius, 0, 3.2 * sphere.radius);
    camera.cam_from_reference = Rigid3d(rotation, Eigen::Vector3d(at - rotation * sphere.center));
    set.cameras.push_back(camera);
  }
  return set;
}

double Iou(const ImageF& a, const ImageF& b) {
  double both = 0, either = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    const bool in_a = a.pixels[i] > 0.5, in_b = b.pixels[i] > 0.5;
    both += in_a && in_b;
    either += in_a || in_b;
  }
  return both / either;
}

TEST(Blender, SeesWhatOurCamerasSee) {
  const char* const given = std::getenv("CERES_ALIGN_BLENDER");
  const std::string blender = given != nullptr ? given : "blender";
  if (std::system((blender + " --version > /dev/null 2>&1").c_str()) != 0) {
    GTEST_SKIP() << "no Blender";
  }
  const testing::TempFolder folder;
  TriangleMesh mesh = MakeMultiPart(3000);
  CleanMesh(&mesh);
  const CameraSet set = Cameras(mesh);
  WriteGltfScene(folder / "scene.glb", mesh, set);
  const std::string command = blender + " -b --python \"" + (folder / "scene_blender.py").string() +
                              "\" -- --render \"" + (folder / "out").string() + "\" > \"" +
                              (folder / "log").string() + "\" 2>&1";
  ASSERT_EQ(std::system(command.c_str()), 0);
  for (const CalibratedCamera& c : set.cameras) {
    const ImageF mask = RenderMask(mesh, c.cam_from_reference, c.camera);
    const ImageF seen = LoadMask(folder / ("out/" + c.name + ".png")).mask;
    ASSERT_EQ(seen.pixels.size(), mask.pixels.size());
    const double iou = Iou(seen, mask);
    RecordProperty(c.name, std::to_string(iou));
    EXPECT_GE(iou, 0.995) << c.name;
    // Half a pixel off would be seen.
    Camera shifted = c.camera;
    shifted.cx_px += 0.5;
    shifted.cy_px += 0.5;
    const double off = Iou(seen, RenderMask(mesh, c.cam_from_reference, shifted));
    RecordProperty(c.name + "_half_pixel_off", std::to_string(off));
    EXPECT_LT(off, 0.995) << c.name;
  }
}

}  // namespace
}  // namespace ceres_align
