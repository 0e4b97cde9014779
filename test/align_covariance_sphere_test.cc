// The covariance of a pose that only a mesh's facets determine.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "align_testing.h"

namespace ceres_align {
namespace {

using testing::MakeScene;
using testing::Random;

// A ball of facets: its outline says next to nothing of its rotation. Either there is no
// covariance, or its sigmas must keep what they promise: errors within three of them.
TEST(Covariance, DoesNotPromiseASpheresRotation) {
  const TriangleMesh sphere = MakeIcosphere(1, 4);
  int broken = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const Scene scene = MakeScene(sphere, 2, 300 + trial, 3);
    CpuRasterizer rasterizer(1);
    const AlignResult result = Align(scene, &rasterizer, AlignOptions());
    if (!result.covariance) continue;
    const double error_rad =
        RotationAngle_rad(result.rig_from_world.rotation, scene.true_rig_from_world->rotation);
    const double sigma_rad = std::sqrt(result.covariance->topLeftCorner<3, 3>().trace());
    std::printf("  error %.2f deg, sigma %.2f deg\n", error_rad * 180 / M_PI,
                sigma_rad * 180 / M_PI);
    broken += error_rad > 3 * sigma_rad ? 1 : 0;
  }
  EXPECT_LE(broken, 1);
}

}  // namespace
}  // namespace ceres_align
