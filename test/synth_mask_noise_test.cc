#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/synth/mask_noise.h"
#include "ceres_align/synth/random.h"

namespace ceres_align {
namespace {

double Area_px(const ImageF& mask) {
  double area = 0;
  for (float v : mask.pixels) area += v;
  return area;
}
ImageF Disc(int size, double radius) {
  ImageF mask(size, size);
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      mask.at(x, y) = std::hypot(x + 0.5 - size / 2.0, y + 0.5 - size / 2.0) <= radius ? 1 : 0;
    }
  }
  return mask;
}
bool IsBinary(const ImageF& mask) {
  for (float v : mask.pixels) {
    if (v != 0 && v != 1) return false;
  }
  return true;
}

TEST(Random, IsTheSameEverywhere) {
  // std::mt19937_64's 10000th number is fixed by the standard.
  Random random(5489);
  for (int i = 0; i < 9999; ++i) random.Bits();
  EXPECT_EQ(random.Bits(), 9981545732273789042u);
  EXPECT_EQ(Random(1).Uniform(), Random(1).Uniform());
  EXPECT_NE(Random(1).Uniform(), Random(2).Uniform());
}

TEST(Random, HasItsMoments) {
  Random random(7);
  double sum = 0, squares = 0;
  Eigen::Vector3d direction = Eigen::Vector3d::Zero();
  const int n = 40000;
  for (int i = 0; i < n; ++i) {
    const double x = random.Normal();
    sum += x;
    squares += x * x;
    const Eigen::Vector3d u = random.UnitVector();
    ASSERT_NEAR(u.norm(), 1, 1e-14);
    direction += u;
    ASSERT_NEAR(random.Rotation().norm(), 1, 1e-14);
    ASSERT_LT(random.Index(3), 3);
  }
  EXPECT_NEAR(sum / n, 0, 0.02);
  EXPECT_NEAR(squares / n, 1, 0.03);
  EXPECT_LT(direction.norm() / n, 0.02);
}

TEST(MaskNoise, DilationAndErosionAreByADisc) {
  ImageF dot(15, 15);
  dot.at(7, 7) = 1;
  const ImageF grown = Dilate(dot, 3);
  for (int y = 0; y < 15; ++y) {
    for (int x = 0; x < 15; ++x) {
      EXPECT_EQ(grown.at(x, y), (x - 7) * (x - 7) + (y - 7) * (y - 7) <= 9 ? 1 : 0);
    }
  }
  EXPECT_EQ(Erode(grown, 3).pixels, dot.pixels);
  EXPECT_EQ(Dilate(dot, 0).pixels, dot.pixels);
  // By area: a disc of radius 40 becomes one of 43 or 37.
  MaskNoise noise;
  noise.dilate_px = 3;
  EXPECT_NEAR(Area_px(ApplyNoise(Disc(120, 40), noise, 1)), M_PI * 43 * 43, 60);
  noise.dilate_px = -3;
  EXPECT_NEAR(Area_px(ApplyNoise(Disc(120, 40), noise, 1)), M_PI * 37 * 37, 60);
}

TEST(MaskNoise, ErosionSparesTheFrame) {
  ImageF full(20, 10, 1.0f);
  EXPECT_EQ(Erode(full, 4).pixels, full.pixels);
}

TEST(MaskNoise, SoftMasksStaySoft) {
  ImageF dot(9, 9);
  dot.at(4, 4) = 0.25f;
  EXPECT_EQ(Dilate(dot, 1).at(4, 5), 0.25f);
  EXPECT_EQ(Area_px(Dilate(dot, 1)), 5 * 0.25);
}

TEST(MaskNoise, BlobsHaveTheirRadius) {
  // One hole well inside: its area is (blob_radius)² of the mask's.
  const ImageF disc = Disc(400, 150);
  MaskNoise noise;
  noise.missing_blobs = 1;
  noise.blob_radius = 0.2;
  double largest = 0;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const double removed = 1 - Area_px(ApplyNoise(disc, noise, seed)) / Area_px(disc);
    EXPECT_GT(removed, 0.01);
    largest = std::max(largest, removed);
  }
  EXPECT_NEAR(largest, 0.04, 0.001);
}

TEST(MaskNoise, SaltAndPepperHasItsFraction) {
  ImageF half(300, 300);
  for (int y = 0; y < 150; ++y) std::fill(half.row(y), half.row(y) + 300, 1.0f);
  MaskNoise noise;
  noise.salt_and_pepper = 0.1;
  const ImageF noisy = ApplyNoise(half, noise, 3);
  int holes = 0, specks = 0;
  for (int i = 0; i < 45000; ++i) {
    holes += noisy.pixels[i] == 0;
    specks += noisy.pixels[45000 + i] == 1;
  }
  EXPECT_NEAR(holes, 45000 * 0.05, 150);
  EXPECT_NEAR(specks, 45000 * 0.05, 150);
}

TEST(MaskNoise, OccluderHidesItsFraction) {
  const ImageF disc = Disc(200, 70);
  for (const OccluderKind kind : {OccluderKind::kRectangle, OccluderKind::kEllipse}) {
    for (const double fraction : {0.1, 0.3, 1.0}) {
      MaskNoise noise;
      noise.occluder = kind;
      noise.occluded_fraction = fraction;
      const double left = Area_px(ApplyNoise(disc, noise, 11)) / Area_px(disc);
      EXPECT_NEAR(left, 1 - fraction, 0.01);
    }
  }
}

TEST(MaskNoise, WavyEdgeHasItsRmsAndCorrelation) {
  // A straight edge, half covered: where the noise puts it, row by row. The position is the row's
  // area (the edge is steep: rms 1.5 px over 20 px).
  const int width = 80, height = 4000;
  ImageF half(width, height);
  for (int y = 0; y < height; ++y) std::fill(half.row(y), half.row(y) + width / 2, 1.0f);
  MaskNoise noise;
  noise.wave_rms_px = 1.5;
  noise.wave_length_px = 20;
  const ImageF noisy = ApplyNoise(half, noise, 5);
  EXPECT_TRUE(IsBinary(noisy));
  std::vector<double> offset(height);
  double mean = 0, square = 0, lagged = 0, far = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) offset[y] += noisy.at(x, y);
    offset[y] -= width / 2;
    mean += offset[y] / height;
    square += offset[y] * offset[y] / height;
  }
  for (int y = 0; y + 40 < height; ++y) {
    lagged += offset[y] * offset[y + 20] / (height - 40);
    far += offset[y] * offset[y + 40] / (height - 40);
  }
  EXPECT_NEAR(mean, 0, 0.35);
  EXPECT_NEAR(std::sqrt(square), 1.5, 0.25);
  EXPECT_NEAR(lagged / square, 0.49, 0.15);
  EXPECT_NEAR(far / square, 0.05, 0.2);
}

TEST(MaskNoise, SeedsDecideAndKindsAreIndependent) {
  const ImageF disc = Disc(120, 40);
  MaskNoise all;
  all.wave_rms_px = 1;
  all.dilate_px = 1;
  all.missing_blobs = 2;
  all.occluded_fraction = 0.1;
  all.salt_and_pepper = 0.05;
  const ImageF noisy = ApplyNoise(disc, all, 9);
  EXPECT_TRUE(IsBinary(noisy));
  EXPECT_EQ(ApplyNoise(disc, all, 9).pixels, noisy.pixels);
  EXPECT_NE(ApplyNoise(disc, all, 10).pixels, noisy.pixels);
  EXPECT_EQ(ApplyNoise(disc, MaskNoise(), 9).pixels, disc.pixels);
  // The salt falls on the same pixels with and without blobs.
  MaskNoise salt, both;
  salt.salt_and_pepper = both.salt_and_pepper = 0.05;
  both.missing_blobs = 1;
  const ImageF a = ApplyNoise(disc, salt, 9), b = ApplyNoise(disc, both, 9);
  EXPECT_EQ(a.at(3, 3), b.at(3, 3));
  int specks_a = 0, specks_b = 0;
  for (int x = 0; x < 120; ++x) {
    specks_a += a.at(x, 0) == 1;
    specks_b += b.at(x, 0) == 1;
  }
  EXPECT_GT(specks_a, 0);
  EXPECT_EQ(specks_a, specks_b);
}

TEST(MaskNoise, EmptyMasksStayEmptyAndBadOptionsAreRefused) {
  MaskNoise noise;
  noise.missing_blobs = 3;
  noise.occluded_fraction = 0.5;
  noise.wave_rms_px = 2;
  EXPECT_EQ(Area_px(ApplyNoise(ImageF(30, 20), noise, 1)), 0);
  noise.salt_and_pepper = 1.5;
  EXPECT_THROW(ApplyNoise(ImageF(30, 20), noise, 1), InputError);
  noise.salt_and_pepper = std::nan("");
  EXPECT_THROW(noise.Validate(), InputError);
}

}  // namespace
}  // namespace ceres_align
