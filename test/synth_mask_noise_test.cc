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

// Straight edge: ones left of column `edge`.
ImageF LeftOf(int width, int height, int edge) {
  ImageF mask(width, height);
  for (int y = 0; y < height; ++y) std::fill(mask.row(y), mask.row(y) + edge, 1.0f);
  return mask;
}

TEST(MaskFilters, BlurHasItsSigmaAndKeepsTheMean) {
  ImageF dot(41, 41);
  dot.at(20, 20) = 1;
  for (const double sigma : {0.5, 1.0, 2.0}) {
    const ImageF soft = Blur(dot, sigma);
    double sum = 0, xx = 0, yy = 0;
    for (int y = 0; y < 41; ++y) {
      for (int x = 0; x < 41; ++x) {
        sum += soft.at(x, y);
        xx += soft.at(x, y) * (x - 20) * (x - 20);
        yy += soft.at(x, y) * (y - 20) * (y - 20);
      }
    }
    EXPECT_NEAR(sum, 1, 1e-5);
    // The pixel's own width adds 1/12, about (Sheppard), where the bell is a pixel wide or more.
    EXPECT_NEAR(xx, sigma * sigma + 1.0 / 12, 0.01);
    EXPECT_NEAR(yy, xx, 1e-5);
  }
  EXPECT_EQ(Blur(ImageF(9, 7, 1.0f), 2).at(0, 0), 1);
}

TEST(MaskFilters, ShiftMovesTheOutlineByPartsOfAPixel) {
  for (const double shift : {-2.0, -0.4, 0.3, 1.7}) {
    // A binary outline has lost its place in the pixel where it runs along them: 0.1 px.
    const double radius = 60;
    const double area = Area_px(ShiftOutline(Disc(160, radius), shift));
    EXPECT_NEAR(std::sqrt(area / M_PI) - radius, shift, 0.12) << shift;
  }
  EXPECT_TRUE(IsBinary(ShiftOutline(Disc(160, 50), 0.3)));
  ImageF soft = LeftOf(40, 5, 20);
  for (int y = 0; y < 5; ++y) soft.at(20, y) = 0.25f;
  const ImageF moved = ShiftOutline(soft, 0.5);
  double length = 0;
  for (int x = 0; x < 40; ++x) length += moved.at(x, 2);
  EXPECT_NEAR(length, 20.75, 0.1);
}

TEST(MaskFilters, RoundingOffLosesThinPartsAndKeepsBroadOnes) {
  ImageF mask(60, 60);
  for (int y = 10; y < 40; ++y) std::fill(mask.row(y) + 10, mask.row(y) + 40, 1.0f);
  for (int y = 40; y < 55; ++y) std::fill(mask.row(y) + 20, mask.row(y) + 23, 1.0f);  // 3 px wide
  const ImageF out = RoundOff(mask, 2);
  EXPECT_EQ(out.at(21, 50), 0);
  EXPECT_EQ(out.at(10, 10), 0);
  EXPECT_EQ(out.at(10, 25), 1);
  EXPECT_EQ(RoundOff(mask, 1).at(21, 50), 1);
}

TEST(MaskFilters, LowResolutionKeepsStraightEdgesAndBlursTheRest) {
  const ImageF edge = LeftOf(64, 32, 30);
  const ImageF coarse = LowResolution(edge, 4);
  EXPECT_TRUE(IsBinary(coarse));
  double different = 0;
  for (size_t i = 0; i < edge.pixels.size(); ++i) different += edge.pixels[i] != coarse.pixels[i];
  EXPECT_LE(different / 32, 1);
  ImageF line(64, 32);
  for (int y = 0; y < 32; ++y) line.at(20, y) = 1;
  EXPECT_EQ(Area_px(LowResolution(line, 4)), 0);
  EXPECT_EQ(LowResolution(edge, 1).pixels, edge.pixels);
}

TEST(MaskNoise, OccluderHidesItsShareOfTheOutlineAndTellsWhere) {
  const ImageF disc = Disc(200, 70);
  MaskNoise noise;
  noise.occluded_outline = 0.3;
  for (uint64_t seed = 0; seed < 5; ++seed) {
    ImageF hidden;
    const ImageF out = ApplyNoise(disc, noise, seed, &hidden);
    int outline = 0, hidden_outline = 0;
    for (int y = 1; y < 199; ++y) {
      for (int x = 1; x < 199; ++x) {
        if (hidden.at(x, y) == 1) {
          EXPECT_EQ(out.at(x, y), 0);
        } else {
          EXPECT_EQ(out.at(x, y), disc.at(x, y));
        }
        if (disc.at(x, y) == 0) continue;
        if (disc.at(x - 1, y) == 1 && disc.at(x + 1, y) == 1 && disc.at(x, y - 1) == 1 &&
            disc.at(x, y + 1) == 1) {
          continue;
        }
        ++outline;
        hidden_outline += hidden.at(x, y) == 1;
      }
    }
    EXPECT_NEAR(static_cast<double>(hidden_outline) / outline, 0.3, 0.02);
  }
  noise.occluded_fraction = 0.1;
  EXPECT_THROW(noise.Validate(), InputError);
}

TEST(MaskNoise, MissingPartIsItsShareBeyondALine) {
  const ImageF disc = Disc(200, 70);
  MaskNoise noise;
  noise.missing_part = 0.2;
  const ImageF cut = ApplyNoise(disc, noise, 4);
  EXPECT_NEAR(Area_px(cut) / Area_px(disc), 0.8, 0.01);
  EXPECT_NE(ApplyNoise(disc, noise, 5).pixels, cut.pixels);
}

TEST(MaskNoise, SegmentedIsOffByItsRmsAndSoftOnlyIfAsked) {
  const double radius = 80;
  const ImageF disc = Disc(240, radius);
  for (const double rms : {0.5, 1.0, 2.0}) {
    // Where the noisy edge lies, ray by ray; bites and bumps apart.
    double squares = 0;
    int rays = 0;
    for (uint64_t seed = 0; seed < 8; ++seed) {
      MaskNoise noise = SegmentedNoise(rms, seed);
      EXPECT_GT(noise.edge_blobs, 0);
      noise.edge_blobs = 0;
      const ImageF out = ApplyNoise(disc, noise, seed + 100);
      EXPECT_TRUE(IsBinary(out));
      for (int i = 0; i < 360; ++i) {
        const double c = std::cos(i * M_PI / 180), s = std::sin(i * M_PI / 180);
        double length = 0;
        for (double r = 0.05; r < 110; r += 0.1) {
          length += 0.1 * out.at(static_cast<int>(120 + r * c), static_cast<int>(120 + r * s));
        }
        squares += (length - radius) * (length - radius);
        ++rays;
      }
    }
    EXPECT_NEAR(std::sqrt(squares / rays), rms, 0.25 * rms);
  }
  EXPECT_EQ(ApplyNoise(disc, SegmentedNoise(0, 1), 1).pixels, disc.pixels);
  MaskNoise soft = SegmentedNoise(1, 1);
  soft.soft_edge_px = 1.5;
  EXPECT_FALSE(IsBinary(ApplyNoise(disc, soft, 1)));
  // One network, one bias.
  EXPECT_EQ(SegmentedNoise(1, 5).bias_px, SegmentedNoise(1, 5).bias_px);
  EXPECT_NE(SegmentedNoise(1, 5).bias_px, SegmentedNoise(1, 6).bias_px);
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
