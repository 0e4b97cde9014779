// Candidates of the search without a start: polar silhouettes, and the poses they suggest.
#include "ceres_align/search/table_search.h"

#include "align_testing.h"
#include "ceres_align/scene/polar_silhouette.h"

namespace ceres_align {
namespace {

using testing::ErrorOf;
using testing::MakeScene;
using testing::Random;
using testing::Solve;

bool Inside(const Eigen::Vector2d& p, const Eigen::Vector2d& a, const Eigen::Vector2d& b,
            const Eigen::Vector2d& c) {
  const auto side = [&](const Eigen::Vector2d& u, const Eigen::Vector2d& v) {
    return (v - u).x() * (p - u).y() - (v - u).y() * (p - u).x() > 0;
  };
  return side(a, b) == side(b, c) && side(b, c) == side(c, a);
}

TEST(BitImage, CoversThePixelCentresInsideATriangle) {
  Random random("bit image", 1);
  for (int trial = 0; trial < 50; ++trial) {
    Eigen::Vector2d corner[3];
    for (Eigen::Vector2d& p : corner) p = {random.Uniform(-30, 90), random.Uniform(-30, 90)};
    BitImage image;
    image.FillTriangle(corner[0], corner[1], corner[2]);
    int expected = 0;
    for (int r = 0; r < BitImage::kSize; ++r) {
      for (int c = 0; c < BitImage::kSize; ++c) {
        const bool inside = Inside({c + 0.5, r + 0.5}, corner[0], corner[1], corner[2]);
        expected += inside;
        ASSERT_EQ(image.Covers(c + 0.5, r + 0.5), inside) << trial << ": " << c << ", " << r;
      }
    }
    Eigen::Vector2d centroid;
    EXPECT_EQ(image.Moments(&centroid), expected);
  }
}

TEST(PolarSilhouette, KnowsItsTurn) {
  // A sector of a disc of 0.9 rad, and the same turned by five sectors.
  const auto wedge = [](double turn) {
    return SamplePolar({3, -2}, 2, [&](double x, double y) {
      const double angle = std::remainder(std::atan2(y + 2, x - 3) - turn, 2 * M_PI);
      return std::abs(angle) < 0.9 && std::hypot(x - 3, y + 2) < 1.5;
    });
  };
  const PolarSilhouette a = wedge(0), b = wedge(5 * 2 * M_PI / PolarSilhouette::kSectors);
  EXPECT_GT(a.Area(), 0);
  EXPECT_EQ(Mismatch(a, 5, b), 0);
  for (int s = 0; s < PolarSilhouette::kSectors; ++s) {
    if (s != 5) {
      EXPECT_GT(Mismatch(a, s, b), 0) << s;
    }
    EXPECT_EQ(Mismatch(a, s, b), Mismatch(a, s - PolarSilhouette::kSectors, b)) << s;
  }
  EXPECT_EQ(Mismatch(a, 32, PolarSilhouette()), a.Area());
}

std::vector<Rigid3d> Candidates(const Scene& scene, Whole whole = Whole::kNearly) {
  CpuRasterizer rasterizer(1);
  const PreparedScene prepared(scene, PrepareMeshes(scene), &rasterizer, 12, 2);
  std::vector<Rigid3d> poses = PosesLikeMasks(prepared, 320, 96, 0.14, whole, {});
  for (Rigid3d& pose : poses) pose = prepared.FromRun(pose);
  return poses;
}

TEST(PosesLikeMasks, OneIsNearTheTruth) {
  for (const TriangleMesh& mesh : {MakeMultiPart(1500), MakeLBracket(), MakeBumpyBlob(1300, 73)}) {
    for (int num_views = 1; num_views <= 2; ++num_views) {
      const Scene scene = MakeScene(mesh, num_views, 500 + num_views, 0);
      const std::vector<Rigid3d> poses = Candidates(scene);
      ASSERT_FALSE(poses.empty());
      double nearest_deg = 180, shift = 1;
      for (const Rigid3d& pose : poses) {
        const PoseError error =
            ComparePoses(pose, *scene.true_rig_from_world, BoundingSphere(mesh).center);
        if (error.rotation_deg > nearest_deg) continue;
        nearest_deg = error.rotation_deg;
        shift = error.translation_percent;
      }
      EXPECT_LT(nearest_deg, 14) << mesh.faces.size() << " faces, views: " << num_views;
      EXPECT_LT(shift, 12) << mesh.faces.size() << " faces, views: " << num_views;
    }
  }
}

TEST(PosesLikeMasks, NoneWhereNoMaskIsWhole) {
  Scene scene = MakeScene(MakeMultiPart(1500), 1, 510, 0);
  EXPECT_FALSE(Candidates(scene).empty());
  Scene hidden = scene;
  View& view = hidden.views[0];
  view.weight = ImageF(view.mask.width, view.mask.height, 1.0f);
  EXPECT_FALSE(Candidates(hidden).empty());
  for (int r = 0; r < view.mask.height; ++r) {
    for (int c = 0; c < view.mask.width; ++c) {
      if (view.mask.at(c, r) > 0 && c < view.mask.width / 2) view.weight.at(c, r) = 0;
    }
  }
  EXPECT_TRUE(Candidates(hidden).empty());
  EXPECT_FALSE(Candidates(hidden, Whole::kPartly).empty());
}

// The left part of the object's width lies left of the frame.
Scene CutOff(double part, int trial) {
  Scene scene = MakeScene(MakeMultiPart(1500), 1, 520 + trial, 0);
  View& view = scene.views[0];
  const ImageF mask = view.mask;
  int left = mask.width, right = 0;
  for (int r = 0; r < mask.height; ++r) {
    for (int c = 0; c < mask.width; ++c) {
      if (mask.at(c, r) > 0) left = std::min(left, c), right = std::max(right, c);
    }
  }
  const int cut = left + static_cast<int>(part * (right - left));
  view.camera.cx_px -= cut;
  view.camera.width_px -= cut;
  view.mask = ImageF(mask.width - cut, mask.height, 0.0f);
  for (int r = 0; r < mask.height; ++r) {
    for (int c = cut; c < mask.width; ++c) view.mask.at(c - cut, r) = mask.at(c, r);
  }
  return scene;
}

TEST(PosesLikeMasks, ALittleCutOffIsPartlyWhole) {
  const Scene scene = CutOff(0.1, 0);
  EXPECT_TRUE(Candidates(scene).empty());
  const std::vector<Rigid3d> poses = Candidates(scene, Whole::kPartly);
  ASSERT_FALSE(poses.empty());
  double nearest_rad = M_PI;
  for (const Rigid3d& pose : poses) {
    nearest_rad = std::min(nearest_rad,
                           RotationAngle_rad(pose.rotation, scene.true_rig_from_world->rotation));
  }
  EXPECT_LT(nearest_rad, 0.35);
}

// A third is cut off: the grid of rotations helps.
TEST(GlobalSearch, FindsAnObjectCutOffByTheFrame) {
  for (int trial = 0; trial < 3; ++trial) {
    const Scene scene = CutOff(1.0 / 3, trial);
    ASSERT_TRUE(Candidates(scene).empty()) << trial;
    const AlignResult result = Solve(scene);
    EXPECT_LT(ErrorOf(scene, result).rotation_deg, 0.5) << trial;
    EXPECT_LT(ErrorOf(scene, result).translation_percent, 1) << trial;
  }
}

}  // namespace
}  // namespace ceres_align
