// Scaling by area, levels and moments.
#include <gtest/gtest.h>

#include <cmath>

#include "ceres_align/scene/moments.h"
#include "ceres_align/scene/pyramid.h"
#include "ceres_align/synth/shapes.h"
#include "cost_testing.h"

namespace ceres_align {
namespace {

using testing::Random;
using testing::RandomPose;
using testing::SyntheticScene;
using testing::TestCamera;
using testing::TurnedCamera;
using testing::Views;

ImageF RandomImage(int width, int height, double high, Random* random) {
  ImageF image(width, height);
  for (float& v : image.pixels) v = static_cast<float>(random->Uniform(0, high));
  return image;
}

double Sum(const ImageF& image) {
  double sum = 0;
  for (float v : image.pixels) sum += v;
  return sum;
}

// The fraction of pixel [p, p+1) of the source that lies in target pixel i, by definition.
double Share(int p, int i, int from, int to) {
  const double ratio = static_cast<double>(from) / to;
  return std::max(0.0, std::min(p + 1.0, (i + 1) * ratio) - std::max<double>(p, i * ratio));
}

TEST(ScaleByArea, PreservesTheAreaForAnyFactor) {
  for (int trial = 0; trial < 40; ++trial) {
    Random random("area", trial);
    const int width = static_cast<int>(random.Uniform(5, 90)),
              height = static_cast<int>(random.Uniform(5, 70));
    const ImageF image = RandomImage(width, height, 1, &random);
    const int new_width = static_cast<int>(random.Uniform(1, width + 0.99));
    const int new_height = static_cast<int>(random.Uniform(1, height + 0.99));
    const ImageF scaled = ScaleByArea(image, ImageF(), new_width, new_height);
    ASSERT_EQ(scaled.width, new_width);
    ASSERT_EQ(scaled.height, new_height);
    const double pixel_area = static_cast<double>(width) / new_width * height / new_height;
    // Floats hold the averages: 6e-8 of each.
    EXPECT_NEAR(Sum(scaled) * pixel_area / Sum(image), 1, 1e-6)
        << width << "x" << height << " to " << new_width << "x" << new_height;
  }
}

TEST(ScaleByArea, IsTheWeightedAverageOverThePixelsArea) {
  for (int trial = 0; trial < 12; ++trial) {
    Random random("weighted", trial);
    const ImageF image = RandomImage(23, 17, 1, &random);
    ImageF weight;
    if (trial % 2 == 0) weight = RandomImage(23, 17, 3, &random);
    const int width = 1 + trial, height = 2 + trial;
    const ImageF scaled = ScaleByArea(image, weight, width, height);
    for (int r = 0; r < height; ++r) {
      for (int c = 0; c < width; ++c) {
        double sum = 0, total = 0;
        for (int y = 0; y < 17; ++y) {
          for (int x = 0; x < 23; ++x) {
            const double w = (weight.empty() ? 1.0 : weight.at(x, y)) * Share(x, c, 23, width) *
                             Share(y, r, 17, height);
            sum += w * image.at(x, y);
            total += w;
          }
        }
        ASSERT_NEAR(scaled.at(c, r), sum / total, 1e-6);
      }
    }
  }
}

TEST(ScaleByArea, SameSizeIsTheSameImage) {
  Random random("same", 0);
  const ImageF image = RandomImage(31, 22, 1, &random);
  EXPECT_EQ(ScaleByArea(image, ImageF(), 31, 22).pixels, image.pixels);
}

TEST(ScaleByArea, PixelsWithoutWeightDoNotCount) {
  ImageF image(8, 8, 0.25f), weight(8, 8, 1.0f);
  for (int r = 0; r < 8; ++r) {
    for (int c = 0; c < 4; ++c) {
      image.at(c, r) = 1;  // garbage
      weight.at(c, r) = 0;
    }
  }
  const ImageF scaled = ScaleByArea(image, weight, 2, 2);
  EXPECT_EQ(scaled.at(0, 0), 0);  // nothing known
  EXPECT_FLOAT_EQ(scaled.at(1, 0), 0.25f);
  EXPECT_FLOAT_EQ(ScaleByArea(image, weight, 1, 1).at(0, 0), 0.25f);
}

TEST(LevelScales, GrowByTheFactorAndEndAtFullSize) {
  for (double widest : {20.0, 100.0, 306.0, 4096.0}) {
    for (double factor : {1.5, 2.0, 3.0}) {
      const std::vector<double> scales = LevelScales(widest, 0.3 * widest, 12, factor);
      ASSERT_FALSE(scales.empty());
      EXPECT_EQ(scales.back(), 1);
      for (size_t i = 0; i + 1 < scales.size(); ++i) {
        EXPECT_LT(scales[i], scales[i + 1]);
        EXPECT_LE(scales[i + 1] / scales[i], 1.5 * factor);
      }
      EXPECT_GE(scales[0] * widest, std::min(widest, 12.0) - 1e-9);
      EXPECT_LE(scales[0] * widest, std::max(widest, 20.0));
    }
  }
}

TEST(LevelScales, ASmallObjectStartsLarger) {
  const double usual = LevelScales(1000, 500, 12, 2)[0], small = LevelScales(1000, 20, 12, 2)[0];
  EXPECT_GT(small, usual);
  EXPECT_GE(small * 20, 3);  // px of the object at the coarsest level
  EXPECT_EQ(LevelScales(1000, 1, 12, 2), std::vector<double>{1.0});
}

TEST(MakeLevel, ScalesCamerasAndTargetsTogether) {
  const TriangleMesh mesh = MakeMultiPart(1000);
  const Camera camera = TestCamera(150, 110);
  Random random("level", 0);
  const Rigid3d truth = RandomPose(mesh, camera, 40, &random);
  Scene scene = SyntheticScene(mesh, camera, {Rigid3d()}, truth, 8);
  testing::MeshRenderer renderer(mesh);
  for (double scale : {0.2, 0.37, 0.5, 0.81, 1.0}) {
    const PyramidLevel level = MakeLevel(scene, scale);
    EXPECT_EQ(level.scale, scale);
    const Camera& scaled = level.cameras[0];
    EXPECT_NEAR(scaled.width_px, scale * 150, 0.5);
    EXPECT_NEAR(scaled.height_px, scale * 110, 0.5);
    EXPECT_EQ(level.targets[0]->width_px(), scaled.width_px);
    EXPECT_EQ(level.targets[0]->height_px(), scaled.height_px);
    // The scaled camera renders the scaled mask, which has 8 x 8 samples a pixel: the area and its
    // place agree, and every pixel where pixels are made of whole ones.
    const Image<double> rendered = renderer.Coverage(scaled, truth);
    Eigen::Vector3d mask = Eigen::Vector3d::Zero(), render = mask;
    double worst = 0;
    for (int r = 0; r < rendered.height; ++r) {
      for (int c = 0; c < rendered.width; ++c) {
        const double t = level.targets[0]->mask().at(c, r), m = rendered.at(c, r);
        mask += t * Eigen::Vector3d(c + 0.5, r + 0.5, 1);
        render += m * Eigen::Vector3d(c + 0.5, r + 0.5, 1);
        worst = std::max(worst, std::abs(m - t));
      }
    }
    EXPECT_NEAR(mask[2] / render[2], 1, 2e-3) << scale;
    EXPECT_LT((mask / mask[2] - render / render[2]).norm(), 0.02) << scale;
    if (scale == 0.2 || scale == 0.5 || scale == 1) {
      EXPECT_LT(worst, 0.1) << scale;
    }
  }
  scene.views[0].weight = ImageF(150, 110, 0.7f);
  const PyramidLevel level = MakeLevel(scene, 0.31);
  for (float w : level.targets[0]->weight().pixels) EXPECT_NEAR(w, 0.7, 1e-6);
}

TEST(Moments, OfARectangle) {
  ImageF mask(20, 10), weight(20, 10, 1.0f);
  for (int r = 2; r < 5; ++r) {
    for (int c = 4; c < 10; ++c) mask.at(c, r) = 0.5;
  }
  MaskMoments moments = MomentsOf(Target(mask, ImageF()));
  EXPECT_DOUBLE_EQ(moments.area_px, 9);
  EXPECT_DOUBLE_EQ(moments.x_px, 7);
  EXPECT_DOUBLE_EQ(moments.y_px, 3.5);
  for (int r = 0; r < 10; ++r) {
    for (int c = 7; c < 20; ++c) weight.at(c, r) = 0;
  }
  moments = MomentsOf(Target(mask, weight));
  EXPECT_DOUBLE_EQ(moments.area_px, 4.5);
  EXPECT_DOUBLE_EQ(moments.x_px, 5.5);
  moments = MomentsOf(Target(ImageF(20, 10), ImageF()));
  EXPECT_EQ(moments.area_px, 0);
  EXPECT_EQ(moments.x_px, 0);
}

struct MomentCase {
  explicit MomentCase(int trial) {
    const TriangleMesh mesh = MakeMultiPart(1200);
    const Camera camera = TestCamera(120, 100);
    Random random("moments", trial);
    truth = RandomPose(mesh, camera, 28, &random);
    data = std::make_unique<Views>(mesh, truth);
    views = {data->Add(camera, Rigid3d(), Rigid3d(), 8, false),
             data->Add(camera, TurnedCamera(truth.translation, 0.8), Rigid3d(), 8, false)};
    for (int i = 0; i < 2; ++i) masks.push_back(MomentsOf(data->target(i)));
  }
  Rigid3d Shifted(const Eigen::Vector3d& shift) const {
    return Rigid3d(truth.rotation, Eigen::Vector3d(truth.translation + shift));
  }
  // Distance to the truth as a fraction of its own distance.
  double Error(const Rigid3d& pose) const {
    return (pose.translation - truth.translation).norm() / truth.translation.norm();
  }
  MomentFit Fit(const Rigid3d& start, int steps, int* evaluations) const {
    return FitTranslationsToMoments(views, masks, data->rasterizer(), {start}, steps, 1e-6,
                                    evaluations)[0];
  }
  Rigid3d truth;
  std::unique_ptr<Views> data;
  std::vector<SilhouetteView> views;
  std::vector<MaskMoments> masks;
};

TEST(FitTranslation, RecoversAKnownTranslation) {
  for (int trial = 0; trial < 10; ++trial) {
    const MomentCase c(trial);
    Random random("shift", trial);
    const Rigid3d start = c.Shifted(0.25 * c.truth.translation.norm() * random.UnitVector());
    int evaluations = 0;
    const MomentFit fit = c.Fit(start, 10, &evaluations);
    EXPECT_LT(c.Error(fit.rig_from_world), 2e-3) << "trial " << trial;
    EXPECT_EQ(RotationAngle_rad(fit.rig_from_world.rotation, c.truth.rotation), 0);
    EXPECT_GE(evaluations, 2);
    EXPECT_LE(evaluations, 11);
    EXPECT_LT(fit.cost, 60);
  }
}

TEST(FitTranslation, OneViewSuffices) {
  for (int trial = 0; trial < 6; ++trial) {
    MomentCase c(trial);
    c.views.pop_back();
    c.masks.pop_back();
    Random random("one view", trial);
    const Rigid3d start = c.Shifted(0.2 * c.truth.translation.norm() * random.UnitVector());
    int evaluations = 0;
    EXPECT_LT(c.Error(c.Fit(start, 10, &evaluations).rig_from_world), 3e-3) << "trial " << trial;
  }
}

// The same weights on both sides: a uniform one says nothing.
TEST(FitTranslation, AUniformWeightChangesNothing) {
  for (int trial = 0; trial < 6; ++trial) {
    const MomentCase c(trial);
    Random random("weighted moments", trial);
    const Rigid3d start = c.Shifted(0.2 * c.truth.translation.norm() * random.UnitVector());
    int evaluations = 0;
    const Rigid3d plain = c.Fit(start, 10, &evaluations).rig_from_world;
    MomentCase weighted(trial);
    for (int i = 0; i < 2; ++i) {
      const ImageF& mask = c.data->target(i).mask();
      const auto target = std::make_shared<Target>(mask, ImageF(mask.width, mask.height, 0.5f));
      weighted.views[i].target = weighted.data->rasterizer()->AddTarget(target);
      weighted.masks[i] = MomentsOf(*target);
    }
    const Rigid3d fitted = weighted.Fit(start, 10, &evaluations).rig_from_world;
    EXPECT_LT(weighted.Error(fitted), 2e-3) << "trial " << trial;
    EXPECT_LT((fitted.translation - plain.translation).norm(), 1e-9) << "trial " << trial;
  }
}

TEST(FitTranslation, AnEmptyViewIsSkipped) {
  MomentCase c(3);
  c.masks[1] = MaskMoments();  // 0/0 if it were used
  int evaluations = 0;
  const MomentFit fit = c.Fit(c.Shifted({0.4, -0.3, 1}), 10, &evaluations);
  ASSERT_TRUE(fit.rig_from_world.translation.allFinite());
  EXPECT_LT(c.Error(fit.rig_from_world), 3e-3);
}

TEST(FitTranslation, AnOffScreenStartIsBroughtIntoView) {
  for (int trial = 0; trial < 6; ++trial) {
    const MomentCase c(trial);
    const double far = 2.0 * c.truth.translation.norm();
    const Eigen::Vector3d away =
        trial % 2 == 0 ? Eigen::Vector3d(far, 0, 0) : Eigen::Vector3d(-0.5 * far, far, 0.3 * far);
    int evaluations = 0;
    EXPECT_LT(c.Error(c.Fit(c.Shifted(away), 15, &evaluations).rig_from_world), 3e-3)
        << "trial " << trial;
  }
}

TEST(FitTranslation, ManyPosesAreFittedAsEachByItself) {
  const MomentCase c(1);
  std::vector<Rigid3d> starts;
  for (int i = 0; i < 5; ++i) {
    Random random("many", i);
    starts.emplace_back(random.Rotation(), c.Shifted(0.4 * random.UnitVector()).translation);
  }
  int together = 0, single = 0;
  const std::vector<MomentFit> fits =
      FitTranslationsToMoments(c.views, c.masks, c.data->rasterizer(), starts, 4, 1e-6, &together);
  ASSERT_EQ(fits.size(), starts.size());
  for (size_t i = 0; i < starts.size(); ++i) {
    const MomentFit alone = c.Fit(starts[i], 4, &single);
    EXPECT_TRUE(fits[i].rig_from_world.translation == alone.rig_from_world.translation);
    EXPECT_EQ(fits[i].cost, alone.cost);
  }
  EXPECT_EQ(together, single);
}

}  // namespace
}  // namespace ceres_align
