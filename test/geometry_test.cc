#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/mesh.h"
#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {
namespace {

TEST(Rigid3d, ExpAndLogAreInverse) {
  for (double angle : {0.0, 1e-12, 1e-6, 1e-4, 0.3, 3.0}) {
    const Eigen::Vector3d w = angle * Eigen::Vector3d(1, -2, 0.5).normalized();
    EXPECT_NEAR((LogRotation(ExpRotation(w)) - w).norm(), 0, 1e-14) << angle;
  }
}

TEST(Rigid3d, ComposesAsItsNameSays) {
  const Rigid3d c_from_b(ExpRotation({0.1, 0.7, -0.4}), Eigen::Vector3d(1, 2, 3));
  const Rigid3d b_from_a(ExpRotation({-1.1, 0.2, 0.9}), Eigen::Vector3d(-4, 0.5, 9));
  const Eigen::Vector3d x_in_a(0.3, -0.8, 2.0);
  EXPECT_NEAR(((c_from_b * b_from_a) * x_in_a - c_from_b * (b_from_a * x_in_a)).norm(), 0, 1e-13);
  EXPECT_NEAR((Inverse(b_from_a) * (b_from_a * x_in_a) - x_in_a).norm(), 0, 1e-13);
  EXPECT_NEAR((b_from_a * b_from_a.TargetOriginInSource()).norm(), 0, 1e-13);
}

TEST(Rigid3d, PoseBlockOrderIsXyzwThenTranslation) {
  const Rigid3d pose(ExpRotation({0.1, 0.7, -0.4}), Eigen::Vector3d(1, 2, 3));
  double block[kPoseBlockSize];
  ToPoseBlock(pose, block);
  EXPECT_EQ(block[0], pose.rotation.x());
  EXPECT_EQ(block[3], pose.rotation.w());
  EXPECT_EQ(block[6], 3);
  EXPECT_NEAR(RotationAngle_rad(FromPoseBlock(block).rotation, pose.rotation), 0, 1e-15);
}

TEST(Rigid3d, PoseErrorIsTakenAtTheObjectsCentre) {
  const Eigen::Vector3d center(100, 0, 0);
  const Rigid3d truth(Eigen::Quaterniond::Identity(), Eigen::Vector3d(-100, 0, 10));
  const Eigen::Quaterniond turn = ExpRotation({0, 0, 0.01});
  // Turned about the object's centre: no translation error there.
  const Rigid3d turned(turn, truth * center - turn * center);
  const PoseError error = ComparePoses(turned, truth, center);
  EXPECT_NEAR(error.rotation_deg, 0.01 * 180 / M_PI, 1e-12);
  EXPECT_NEAR(error.translation, 0, 1e-12);
}

TEST(Camera, ScalingKeepsThePixelRule) {
  const Camera camera{306, 256, 221.7, 230.1, 150.2, 131.9};
  const Eigen::Vector3d point(0.2, -0.1, 1.7);
  const Eigen::Vector2d full = camera.Project(point);
  const Eigen::Vector2d half = camera.Scaled(153, 128).Project(point);
  EXPECT_NEAR((full * 0.5 - half).norm(), 0, 1e-12);
  // With the other rule (first centre at 0) the halves would differ by a quarter pixel.
  EXPECT_GT((((full.array() - 0.5) * 0.5 + 0.0).matrix() - half).norm(), 0.2);
}

// Values of cv::projectPoints (OpenCV 4.6) for (0.3, -0.2, 1) and (-0.5, 0.4, 1).
TEST(Lens, FollowsOpenCvsModel) {
  struct Case {
    LensDistortion lens;
    double distorted[2][2];
  };
  const double points[2][2] = {{0.3, -0.2}, {-0.5, 0.4}};
  for (const Case& c : {Case{{-0.2, 0.05, 0.001, -0.002},
                             {{0.29171349999999996, -0.19451900000000003},
                              {-0.46542249999999996, 0.37209200000000003}}},
                        Case{{-0.2, 0.05, 0.001, -0.002, 0.01},
                             {{0.29172009099999996, -0.19452339400000004},
                              {-0.46576710499999996, 0.37236768400000003}}},
                        Case{{0.3, -0.1, 0.002, 0.003, 0.02, 0.1, -0.05, 0.01},
                             {{0.30815222372556056, -0.20491481581704041},
                              {-0.5340156813919571, 0.42901654511356574}}}}) {
    for (int i = 0; i < 2; ++i) {
      const LensPoint at = Distorted(c.lens, points[i][0], points[i][1]);
      EXPECT_NEAR(at.x, c.distorted[i][0], 1e-15);
      EXPECT_NEAR(at.y, c.distorted[i][1], 1e-15);
    }
  }
}

// Values of cv::fisheye::distortPoints (OpenCV 4.6).
TEST(Lens, FollowsOpenCvsFisheye) {
  const LensDistortion lenses[] = {{0.05, -0.02, 0, 0, 0.003, -0.001, 0, 0, true},
                                   {0, 0, 0, 0, 0, 0, 0, 0, true}};
  const double points[4][2] = {{0.3, -0.2}, {-0.5, 0.4}, {2.5, 1.5}, {0.01, -0.02}};
  const float distorted[2][4][2] = {{{0.28957124830198933f, -0.19304749886799288f},
                                     {-0.45104959818725693f, 0.36083967854980559f},
                                     {1.100739601665472f, 0.66044376099928326f},
                                     {0.0099985836582585242f, -0.019997167316517048f}},
                                    {{0.28792845070109141f, -0.19195230046739431f},
                                     {-0.44473196094800399f, 0.35578556875840323f},
                                     {1.0636116548825698f, 0.63816699292954182f},
                                     {0.0099983338331548332f, -0.019996667666309666f}}};
  for (int l = 0; l < 2; ++l) {
    for (int i = 0; i < 4; ++i) {
      const LensPoint at = Distorted(lenses[l], points[i][0], points[i][1]);
      EXPECT_NEAR(at.x, distorted[l][i][0], 1e-7);  // cv::fisheye's are single
      EXPECT_NEAR(at.y, distorted[l][i][1], 1e-7);
    }
  }
}

// The series near the axis meets the closed form, in the second derivative too.
TEST(Lens, TheFisheyesFactorIsSmooth) {
  const LensDistortion lens{0.05, -0.02, 0, 0, 0.003, -0.001, 0, 0, true};
  for (const double r2 : {1e-12, 1e-4, 0.0199, 0.02, 0.0201, 0.5, 9.0}) {
    const double h = 1e-5 * (r2 + 0.01);
    const RadialFactor at = RadialFactorOf(lens, r2), up = RadialFactorOf(lens, r2 + h);
    const RadialFactor down = RadialFactorOf(lens, r2 < h ? r2 : r2 - h);
    const double width = r2 < h ? h : 2 * h, bound = r2 < h ? 1e-6 : 1e-8;
    EXPECT_NEAR(at.d1, (up.s - down.s) / width, bound) << r2;
    EXPECT_NEAR(at.d2, (up.d1 - down.d1) / width, 10 * bound) << r2;
    LensDistortion other = lens;
    other.k1 += 1e-4;
    EXPECT_NEAR(RadialSlopeByK1(lens, r2), (RadialFactorOf(other, r2).s - at.s) / 1e-4, 1e-11);
  }
}

std::vector<Camera> CamerasWithLenses() {
  std::vector<Camera> cameras;
  for (const LensDistortion& lens :
       {LensDistortion{-0.28, 0.09, 0.0012, -0.0008},
        LensDistortion{0.15, 0.05, -0.003, 0.002, 0.01},
        LensDistortion{0.3, -0.1, 0.002, 0.003, 0.02, 0.1, -0.05, 0.01}, LensDistortion{-0.155},
        LensDistortion{-0.05, 0, 0.03, -0.02},
        LensDistortion{0.05, -0.02, 0, 0, 0.003, -0.001, 0, 0, true},
        LensDistortion{0, 0, 0, 0, 0, 0, 0, 0, true}}) {
    cameras.push_back({160, 130, 113, 116, 81.6, 62.4, lens});
  }
  return cameras;
}

// The derivative by differences, and no fold: as far out as the disc is wide, and beyond.
TEST(Lens, IsContinuedWithoutAFold) {
  for (const Camera& camera : CamerasWithLenses()) {
    EXPECT_EQ(WhyNoLens(camera), "");
    const LensMap map = MakeLensMap(camera);
    EXPECT_GT(map.clearance, 0);
    double last_out = 0;
    for (double r = 0.02; r < 50; r *= 1.09) {
      double least_out = 1e300;
      for (int k = 0; k < 36; ++k) {
        const double x = r * std::cos(k * M_PI / 18), y = r * std::sin(k * M_PI / 18);
        const LensPoint at = Distorted(map, x, y);
        EXPECT_GT(at.xx * at.yy - at.xy * at.yx, 0);
        const double h = 1e-6 * r;
        if (std::abs(r - map.radius) < 2 * h) continue;
        const LensPoint xp = Distorted(map, x + h, y), xm = Distorted(map, x - h, y);
        const LensPoint yp = Distorted(map, x, y + h), ym = Distorted(map, x, y - h);
        EXPECT_NEAR(at.xx, (xp.x - xm.x) / (2 * h), 1e-7);
        EXPECT_NEAR(at.yx, (xp.y - xm.y) / (2 * h), 1e-7);
        EXPECT_NEAR(at.xy, (yp.x - ym.x) / (2 * h), 1e-7);
        EXPECT_NEAR(at.yy, (yp.y - ym.y) / (2 * h), 1e-7);
        least_out = std::min(least_out, std::hypot(at.x, at.y));
      }
      if (r > map.radius) {  // outside the disc nothing comes near the frame
        EXPECT_GT(least_out, std::hypot(82.0 / 113, 68.0 / 116));
        EXPECT_GT(least_out, last_out);
      }
      last_out = least_out;
    }
  }
}

// The bound on how far an edge's image leaves its chord holds, and is not ten times too large.
TEST(Lens, BendBoundHolds) {
  for (const Camera& camera : CamerasWithLenses()) {
    const LensMap map = MakeLensMap(camera);
    double least_ratio = 1e300;
    for (int i = 0; i < 2000; ++i) {
      const double r = map.radius * std::sqrt((i % 40 + 0.5) / 40), turn = 0.1 * i;
      const double length = 0.05 * map.radius * (1 + i % 7);
      const Eigen::Vector2d a(r * std::cos(turn), r * std::sin(turn));
      const Eigen::Vector2d b = a + length * Eigen::Vector2d(std::cos(3.7 * i), std::sin(3.7 * i));
      if (b.norm() > map.radius) continue;
      const LensPoint a_image = Distorted(map, a.x(), a.y()),
                      b_image = Distorted(map, b.x(), b.y());
      const Eigen::Vector2d chord =
          Eigen::Vector2d(b_image.x - a_image.x, b_image.y - a_image.y).normalized();
      double bend = 0;
      for (double s = 0.05; s < 1; s += 0.05) {
        const Eigen::Vector2d on = (1 - s) * a + s * b;
        const LensPoint image = Distorted(map, on.x(), on.y());
        bend = std::max(
            bend, std::abs(chord.x() * (image.y - a_image.y) - chord.y() * (image.x - a_image.x)));
      }
      const double bound = BendBound(map, a.x(), a.y(), b.x(), b.y());
      EXPECT_LE(bend, bound);
      least_ratio = std::min(least_ratio, bound / bend);
    }
    EXPECT_LT(least_ratio, 10);
  }
}

TEST(Lens, RayIsTheInverseOfProject) {
  for (const Camera& camera : CamerasWithLenses()) {
    const Projection projection(camera);
    for (double x = -400; x <= 600; x += 23.7) {
      for (double y = -300; y <= 500; y += 31.3) {
        double shrinkage;
        const Eigen::Vector3d ray = projection.Ray(x, y, &shrinkage);
        EXPECT_NEAR((projection.Px(2.5 * ray) - Eigen::Vector2d(x, y)).norm(), 0, 1e-8);
        const Eigen::Matrix<double, 2, 3> slope = projection.Slope(ray);
        EXPECT_NEAR(slope.leftCols<2>().determinant() * shrinkage / (113 * 116), 1, 1e-9);
        EXPECT_NEAR((slope * ray).norm(), 0, 1e-9);
      }
    }
    const Eigen::Vector2d half = camera.Scaled(80, 65).Project({0.2, -0.3, 1});
    EXPECT_NEAR((0.5 * camera.Project({0.2, -0.3, 1}) - half).norm(), 0, 1e-12);
  }
}

TEST(Lens, FoldsAreFound) {
  Camera camera{64, 48, 60, 60, 32, 24, {-5, 3}};
  EXPECT_NE(WhyNoLens(camera), "");
  // The corner is 0.667 from the centre. r − 0.3 r³ turns back at 0.70, r − 0.4 r³ at 0.61.
  camera.lens = {-0.3};
  EXPECT_EQ(WhyNoLens(camera), "");
  camera.lens = {-0.4};
  EXPECT_NE(WhyNoLens(camera), "");
  camera.lens = {0, 0, 0, 0, 0, 8};  // r / (1 + 8 r²)
  EXPECT_NE(WhyNoLens(camera), "");
  camera.lens = {};
  EXPECT_EQ(WhyNoLens(camera), "");
}

TEST(Mesh, WeldsAndDropsDegenerateFaces) {
  TriangleMesh mesh;
  mesh.vertices = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0.0, 1, -0.0}, {2, 0, 0}, {9, 9, 9}};
  mesh.faces = {{0, 1, 2}, {0, 3, 1}, {2, 3, 0}, {0, 1, 4}};
  const CleanReport report = CleanMesh(&mesh);
  EXPECT_EQ(report.welded_vertices, 1);
  EXPECT_EQ(report.repeated_indices, 1);
  EXPECT_EQ(report.zero_area, 1);
  ASSERT_EQ(mesh.faces.size(), 2u);
  EXPECT_EQ(mesh.vertices.size(), 3u);
  EXPECT_EQ(mesh.faces[1], (std::array<int32_t, 3>{0, 2, 1}));
  const Sphere sphere = BoundingSphere(mesh);
  EXPECT_NEAR(sphere.radius, std::sqrt(0.5), 1e-15);
}

// Against the plain way, with many vertices at the same places, zeros of both signs among them.
TEST(Mesh, CleanMeshWeldsAsAMapDoes) {
  TriangleMesh mesh;
  uint64_t state = 0x9E3779B97F4A7C15ull;
  const auto random = [&](uint64_t below) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (state >> 33) % below;
  };
  // More than the threads take at a time.
  for (int i = 0; i < 150000; ++i) {
    const double zero = random(2) == 0 ? 0.0 : -0.0;
    mesh.vertices.emplace_back(random(40) * 0.1, random(40) * 0.3 + zero, random(20) + zero);
  }
  for (int i = 0; i < 150000; ++i) {
    const auto index = [&] { return static_cast<int32_t>(random(mesh.vertices.size())); };
    mesh.faces.push_back({index(), index(), index()});
  }
  std::map<std::array<double, 3>, int32_t> places;  // −0 and +0 compare as equal
  std::vector<int32_t> first;
  for (size_t i = 0; i < mesh.vertices.size(); ++i) {
    const Eigen::Vector3d& p = mesh.vertices[i];
    first.push_back(places.emplace(std::array<double, 3>{p.x(), p.y(), p.z()}, i).first->second);
  }
  TriangleMesh cleaned = mesh;
  const CleanReport report = CleanMesh(&cleaned);
  EXPECT_EQ(report.welded_vertices, static_cast<int64_t>(mesh.vertices.size() - places.size()));
  size_t at = 0;
  int64_t repeated = 0, flat = 0;
  for (const auto& face : mesh.faces) {
    const int32_t a = first[face[0]], b = first[face[1]], c = first[face[2]];
    const Eigen::Vector3d ab = mesh.vertices[b] - mesh.vertices[a],
                          ac = mesh.vertices[c] - mesh.vertices[a];
    if (a == b || b == c || c == a) {
      ++repeated;
    } else if (ab.cross(ac).norm() < 1e-9) {
      ++flat;
    } else {
      ASSERT_LT(at, cleaned.faces.size());
      for (int k = 0; k < 3; ++k) {
        EXPECT_EQ(cleaned.vertices[cleaned.faces[at][k]], mesh.vertices[face[k]]);
      }
      ++at;
    }
  }
  EXPECT_EQ(at, cleaned.faces.size());
  EXPECT_EQ(report.repeated_indices, repeated);
  EXPECT_EQ(report.zero_area, flat);
  TriangleMesh by_one_thread = mesh;
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  CleanMesh(&by_one_thread);
  EXPECT_EQ(by_one_thread.vertices, cleaned.vertices);
  EXPECT_EQ(by_one_thread.faces, cleaned.faces);
}

// What is right already stays as it is; of a large mesh one face of the middle goes.
TEST(Mesh, CleanMeshDropsOneOfManyFaces) {
  constexpr int kSide = 300;
  TriangleMesh mesh;
  for (int i = 0; i < kSide * kSide; ++i) mesh.vertices.emplace_back(i % kSide, i / kSide, 0);
  for (int i = 0; i + kSide < kSide * kSide; ++i) {
    if (i % kSide + 1 == kSide) continue;
    mesh.faces.push_back({i, i + 1, i + kSide});
    mesh.faces.push_back({i + 1, i + kSide + 1, i + kSide});
  }
  TriangleMesh cleaned = mesh;
  CleanReport report = CleanMesh(&cleaned);
  EXPECT_EQ(report.welded_vertices + report.repeated_indices + report.zero_area, 0);
  EXPECT_EQ(cleaned.vertices, mesh.vertices);
  EXPECT_EQ(cleaned.faces, mesh.faces);
  TriangleMesh with = mesh;
  with.faces.insert(with.faces.begin() + 100000, {0, 1, 2});
  with.vertices.emplace_back(-1, 0, 0);
  report = CleanMesh(&with);
  EXPECT_EQ(report.zero_area, 1);
  EXPECT_EQ(with.vertices, mesh.vertices);
  EXPECT_EQ(with.faces, mesh.faces);
}

}  // namespace
}  // namespace ceres_align
