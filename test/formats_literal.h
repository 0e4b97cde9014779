// What the tests of camera formats share: comparison with a camera that was computed by hand, and
// the mistakes that this comparison must see.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "ceres_align/formats/formats.h"
#include "io_testing.h"
#include "testing.h"

namespace ceres_align::testing {

/// The largest difference of any number; NaN if there is one. Names and paths do not count.
inline double DifferenceOf(const CalibratedCamera& a, const CalibratedCamera& b) {
  const auto numbers = [](const CalibratedCamera& c) {
    const LensDistortion& l = c.camera.lens;
    std::vector<double> n = {l.is_fisheye ? 1.0 : 0.0,
                             static_cast<double>(c.camera.width_px),
                             static_cast<double>(c.camera.height_px),
                             c.camera.fx_px,
                             c.camera.fy_px,
                             c.camera.cx_px,
                             c.camera.cy_px,
                             l.k1,
                             l.k2,
                             l.p1,
                             l.p2,
                             l.k3,
                             l.k4,
                             l.k5,
                             l.k6};
    const Eigen::Matrix3d R = c.cam_from_reference.R();
    n.insert(n.end(), R.data(), R.data() + 9);
    const Eigen::Vector3d& t = c.cam_from_reference.translation;
    n.insert(n.end(), t.data(), t.data() + 3);
    return n;
  };
  const std::vector<double> of_a = numbers(a), of_b = numbers(b);
  double most = 0;
  for (size_t i = 0; i < of_a.size(); ++i) {
    const double difference = std::abs(of_a[i] - of_b[i]);
    if (!(difference <= most)) most = difference;  // NaN stays
  }
  return most;
}

/// The camera as readers with one mistake each would have it.
inline std::vector<std::pair<std::string, CalibratedCamera>> MistakesOf(
    const CalibratedCamera& truth) {
  std::vector<std::pair<std::string, CalibratedCamera>> mistakes;
  const auto add = [&](const char* name, const auto& spoil) {
    CalibratedCamera camera = truth;
    spoil(&camera);
    mistakes.emplace_back(name, camera);
  };
  const auto turned = [](CalibratedCamera* c, const Eigen::Matrix3d& R, const Eigen::Vector3d& t) {
    c->cam_from_reference = Rigid3d(R, t);
  };
  add("half a pixel", [](CalibratedCamera* c) {
    c->camera.cx_px += 0.5;
    c->camera.cy_px += 0.5;
  });
  add("R transposed", [&](CalibratedCamera* c) {
    turned(c, truth.cam_from_reference.R().transpose(), truth.cam_from_reference.translation);
  });
  add("world from camera",
      [](CalibratedCamera* c) { c->cam_from_reference = Inverse(c->cam_from_reference); });
  add("row for column", [](CalibratedCamera* c) {
    std::swap(c->camera.cx_px, c->camera.cy_px);
    std::swap(c->camera.width_px, c->camera.height_px);
  });
  add("y up", [&](CalibratedCamera* c) {
    const Eigen::Vector3d g(1, -1, -1);
    turned(c, g.asDiagonal() * truth.cam_from_reference.R(),
           g.asDiagonal() * truth.cam_from_reference.translation);
  });
  add("image from below",
      [](CalibratedCamera* c) { c->camera.cy_px = c->camera.height_px - c->camera.cy_px; });
  return mistakes;
}

/// A quarter turn about z: x_cam = (-y, x, z) + (1, 2, 3), so the camera stands at (-2, 1, -3). It
/// sees (0.5, -0.25, 2) at (1.25, 2.5, 5), pixel (447, 438).
inline CalibratedCamera LeftByHand() {
  CalibratedCamera c;
  c.camera = {640, 480, 500, 400, 322, 238};
  c.cam_from_reference = Rigid3d((Eigen::Matrix3d() << 0, -1, 0, 1, 0, 0, 0, 0, 1).finished(),
                                 Eigen::Vector3d(1, 2, 3));
  return c;
}
/// `found` is the camera computed by hand, and would not be with any of the mistakes.
inline void ExpectCamera(const CalibratedCamera& found, const CalibratedCamera& by_hand,
                         double tolerance = 1e-12) {
  EXPECT_LE(DifferenceOf(found, by_hand), tolerance) << found.name;
  for (const auto& [name, mistaken] : MistakesOf(found)) {
    EXPECT_GT(DifferenceOf(mistaken, by_hand), 0.1) << name << " goes unseen";
  }
}

/// Cameras of all kinds in random poses: pinholes, lenses of four to `lens_coefficients` numbers,
/// a fisheye; two of them are the same camera.
inline CameraSet RandomSet(const std::string& suite, int lens_coefficients = 8,
                           bool with_fisheye = true) {
  CameraSet set;
  Random random(suite, 1);
  for (int i = 0; i < 5 + with_fisheye; ++i) {
    CalibratedCamera camera;
    camera.name = "cam" + std::to_string(i);
    camera.camera = TestCamera(640 + 16 * (i / 2), 480);
    camera.camera.fx_px += 0.1 * (i / 2) + 1 / 3.0;
    LensDistortion& lens = camera.camera.lens;
    if (i >= 2 && lens_coefficients >= 4) lens = {-0.1 + 1 / 70.0, 0.01, 1e-3 / 3, -2e-3 / 7};
    if (i >= 4 && lens_coefficients >= 5) lens.k3 = 1 / 900.0;
    if (i == 5) {
      lens = {-0.01 / 3, 0.001};
      lens.is_fisheye = true;
    } else if (i >= 4 && lens_coefficients >= 8) {
      lens.k4 = 0.01 / 3;
      lens.k5 = -1e-3;
      lens.k6 = 1e-4;
    }
    camera.cam_from_reference =
        Rigid3d(random.Rotation(), Eigen::Vector3d(100 * random.UnitVector()));
    camera.image = "photos/" + camera.name + ".jpg";
    set.cameras.push_back(camera);
  }
  return set;
}

/// Written and read again under the names in the table: every number within 1e-9.
inline void ExpectRoundTrip(const std::string& write_as, const std::string& read_as,
                            const CameraSet& set, const std::filesystem::path& path) {
  WriteCameras(write_as + ":" + path.string(), set);
  const CameraSet back = ReadCameras(read_as + ":" + path.string(), {});
  ASSERT_EQ(back.cameras.size(), set.cameras.size());
  for (size_t i = 0; i < set.cameras.size(); ++i) {
    EXPECT_LE(DifferenceOf(back.cameras[i], set.cameras[i]), 1e-9) << i;
    EXPECT_EQ(back.cameras[i].image, set.cameras[i].image);
    EXPECT_EQ(back.cameras[i].name, set.cameras[i].name);
  }
  EXPECT_TRUE(back.has_poses);
}

}  // namespace ceres_align::testing
