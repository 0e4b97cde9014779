// What the tests of the camera formats share: sets to write, comparisons that see the usual
// mistakes, a camera that was computed by hand, and damaged files.
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

/// The largest difference of two cameras' parameters (px, and the lens's coefficients).
inline double CameraDifference(const Camera& a, const Camera& b) {
  if (a.width_px != b.width_px || a.height_px != b.height_px) return HUGE_VAL;
  if (a.lens.is_fisheye != b.lens.is_fisheye) return HUGE_VAL;
  const LensDistortion &l = a.lens, &m = b.lens;
  const double differences[] = {a.fx_px - b.fx_px, a.fy_px - b.fy_px, a.cx_px - b.cx_px,
                                a.cy_px - b.cy_px, l.k1 - m.k1,       l.k2 - m.k2,
                                l.p1 - m.p1,       l.p2 - m.p2,       l.k3 - m.k3,
                                l.k4 - m.k4,       l.k5 - m.k5,       l.k6 - m.k6};
  double most = 0;
  for (const double d : differences) most = std::isnan(d) ? HUGE_VAL : std::max(most, std::abs(d));
  return most;
}

inline double PoseDifference(const Rigid3d& a, const Rigid3d& b) {
  const double most = std::max((a.R() - b.R()).cwiseAbs().maxCoeff(),
                               (a.translation - b.translation).cwiseAbs().maxCoeff());
  return std::isnan(most) ? HUGE_VAL : most;
}

/// Of everything but names and paths.
inline double DifferenceOf(const CalibratedCamera& a, const CalibratedCamera& b) {
  return std::max(CameraDifference(a.camera, b.camera),
                  PoseDifference(a.cam_from_reference, b.cam_from_reference));
}

/// Names, cameras (where both sets have them) and poses (likewise).
inline double SetDifference(const CameraSet& a, const CameraSet& b) {
  if (a.cameras.size() != b.cameras.size() || a.has_poses != b.has_poses ||
      a.has_intrinsics != b.has_intrinsics) {
    return HUGE_VAL;
  }
  double most = 0;
  for (size_t i = 0; i < a.cameras.size(); ++i) {
    const CalibratedCamera &x = a.cameras[i], &y = b.cameras[i];
    if (x.name != y.name) return HUGE_VAL;
    if (a.has_intrinsics) most = std::max(most, CameraDifference(x.camera, y.camera));
    if (!a.has_poses) continue;
    most = std::max(most, PoseDifference(x.cam_from_reference, y.cam_from_reference));
  }
  return most;
}

/// The mistakes that a reader may make, each planted into what was read rightly.
struct Mistake {
  const char* what;
  bool is_of_pose;
  void (*spoil)(CalibratedCamera* camera);
};
inline const std::vector<Mistake>& Mistakes() {
  static const std::vector<Mistake> mistakes = {
      {"half a pixel in x", false, [](CalibratedCamera* c) { c->camera.cx_px += 0.5; }},
      {"half a pixel in y", false, [](CalibratedCamera* c) { c->camera.cy_px -= 0.5; }},
      {"fx for fy", false,
       [](CalibratedCamera* c) { std::swap(c->camera.fx_px, c->camera.fy_px); }},
      {"cx for cy", false,
       [](CalibratedCamera* c) { std::swap(c->camera.cx_px, c->camera.cy_px); }},
      {"width for height", false,
       [](CalibratedCamera* c) { std::swap(c->camera.width_px, c->camera.height_px); }},
      {"image from below", false,
       [](CalibratedCamera* c) { c->camera.cy_px = c->camera.height_px - c->camera.cy_px; }},
      {"R transposed", true,
       [](CalibratedCamera* c) {
         c->cam_from_reference.rotation = c->cam_from_reference.rotation.conjugate();
       }},
      {"row for column", true,
       [](CalibratedCamera* c) {
         Rigid3d& pose = c->cam_from_reference;
         pose.rotation = pose.rotation.conjugate();
         pose.translation = pose.rotation * pose.translation;
       }},
      {"pose inverted", true,
       [](CalibratedCamera* c) { c->cam_from_reference = Inverse(c->cam_from_reference); }},
      {"y up", true, [](CalibratedCamera* c) {
         const Rigid3d y_up(Eigen::Quaterniond(0, 1, 0, 0), Eigen::Vector3d::Zero());
         c->cam_from_reference = y_up * c->cam_from_reference;
       }}};
  return mistakes;
}

/// The same to 1e-9; and the case is one in which each of the mistakes would have been seen.
inline void ExpectSet(const CameraSet& read, const CameraSet& expected) {
  EXPECT_LT(SetDifference(read, expected), 1e-9);
  for (const Mistake& mistake : Mistakes()) {
    if (!(mistake.is_of_pose ? expected.has_poses : expected.has_intrinsics)) continue;
    CameraSet wrong = expected;
    for (CalibratedCamera& camera : wrong.cameras) mistake.spoil(&camera);
    EXPECT_GT(SetDifference(read, wrong), 1e-3) << mistake.what;
  }
}

/// `found` is the camera computed by hand, and would not be with any of the mistakes.
inline void ExpectCamera(const CalibratedCamera& found, const CalibratedCamera& by_hand,
                         double tolerance = 1e-12) {
  EXPECT_LE(DifferenceOf(found, by_hand), tolerance) << found.name;
  for (const Mistake& mistake : Mistakes()) {
    CalibratedCamera wrong = found;
    mistake.spoil(&wrong);
    EXPECT_GT(DifferenceOf(wrong, by_hand), 0.1) << mistake.what << " goes unseen";
  }
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

/// Cameras of different sizes, with poses that no mistake maps onto themselves. `coefficients`
/// of the lens: 0, 4, 5 or 8.
inline CameraSet SomeCameras(int count, int coefficients, uint64_t seed) {
  Random random("formats", seed);
  CameraSet set;
  for (int i = 0; i < count; ++i) {
    CalibratedCamera camera;
    camera.name = "cam" + std::to_string(i);
    camera.camera = {640 + 16 * i,
                     480,
                     random.Uniform(500, 700),
                     random.Uniform(500, 700),
                     random.Uniform(300, 340),
                     random.Uniform(220, 260)};
    LensDistortion& lens = camera.camera.lens;
    if (coefficients >= 4) {
      lens = {random.Uniform(-0.1, 0.1), random.Uniform(-0.02, 0.02), random.Uniform(-2e-3, 2e-3),
              random.Uniform(-2e-3, 2e-3)};
    }
    if (coefficients >= 5) lens.k3 = random.Uniform(-2e-3, 2e-3);
    if (coefficients >= 8) {
      lens.k4 = random.Uniform(-0.05, 0.05);
      lens.k5 = random.Uniform(-0.01, 0.01);
      lens.k6 = random.Uniform(-0.01, 0.01);
    }
    camera.cam_from_reference = Rigid3d(random.Rotation(), 3 * random.UnitVector());
    set.cameras.push_back(camera);
  }
  return set;
}

/// The same poses with the first camera as the reference.
inline CameraSet FromFirstCamera(CameraSet set) {
  const Rigid3d reference_from_first = Inverse(set.cameras[0].cam_from_reference);
  for (CalibratedCamera& camera : set.cameras) {
    camera.cam_from_reference = camera.cam_from_reference * reference_from_first;
  }
  return set;
}

/// `text` with the first `from` replaced; fails where there is none.
inline std::string With(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// Reads `text`, written as `name`, cut off everywhere and with `damages` random bytes changed: it
/// is read, or an InputError of one line that names the file is thrown, nothing else. Returns how
/// many were refused.
inline int ReadDamaged(const std::string& format, const std::string& name, const std::string& text,
                       const CameraReadOptions& options, int damages) {
  const TempFolder folder;
  int refused = 0;
  const auto read = [&](const std::string& bytes) {
    const std::string path = folder.Write(name, bytes).string();
    const std::string message = ErrorOf([&] { ReadCameras(format + ":" + path, options); });
    if (message == "no error") return;
    ++refused;
    EXPECT_PRED2(Contains, message, name) << bytes;
  };
  const size_t step = std::max<size_t>(1, text.size() / 300);
  for (size_t length = 0; length < text.size(); length += step) read(text.substr(0, length));
  Random random("ReadDamaged", text.size());
  constexpr char kBytes[] = "[]{}()<>-:,.#%!&*'\"\n\t 0123456789eEnaix\\|>\x80\xff";
  for (int i = 0; i < damages; ++i) {
    std::string bytes = text;
    for (int change = 0; change < 1 + i % 4; ++change) {
      const auto at = static_cast<size_t>(random.Uniform(0, static_cast<double>(bytes.size())));
      const auto byte = static_cast<size_t>(random.Uniform(0, sizeof(kBytes) - 1));
      if (i % 3 == 0) {
        bytes.erase(at, 1);
      } else if (i % 3 == 1) {
        bytes.insert(at, 1, kBytes[byte]);
      } else {
        bytes[at] = kBytes[byte];
      }
    }
    read(bytes);
  }
  return refused;
}

}  // namespace ceres_align::testing
