// IoU and the outlines' distance, against closed forms and brute force.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "ceres_align/assess/metrics.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::Random;

Image<double> Rectangle(int width, int height, int x0, int y0, int x1, int y1) {
  Image<double> image(width, height, 0.0);
  for (int r = y0; r < y1; ++r) {
    for (int c = x0; c < x1; ++c) image.at(c, r) = 1;
  }
  return image;
}
ImageF ToMask(const Image<double>& image) {
  ImageF mask(image.width, image.height);
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    mask.pixels[i] = static_cast<float>(image.pixels[i]);
  }
  return mask;
}

TEST(IntersectionOverUnion, ClosedForms) {
  const Image<double> a = Rectangle(40, 30, 5, 5, 15, 15);
  EXPECT_EQ(IntersectionOverUnion(a, ToMask(a), ImageF()), 1);
  // 10 x 10 squares shifted by 5: 50 of 150.
  EXPECT_DOUBLE_EQ(IntersectionOverUnion(a, ToMask(Rectangle(40, 30, 10, 5, 20, 15)), ImageF()),
                   1.0 / 3);
  EXPECT_EQ(IntersectionOverUnion(a, ToMask(Rectangle(40, 30, 20, 5, 30, 15)), ImageF()), 0);
  EXPECT_EQ(IntersectionOverUnion(a, ImageF(40, 30), ImageF()), 0);
  EXPECT_EQ(IntersectionOverUnion(Image<double>(40, 30), ToMask(a), ImageF()), 0);
  EXPECT_EQ(IntersectionOverUnion(Image<double>(40, 30), ImageF(40, 30), ImageF()), 1);
  // Soft values: min 0.25, max 0.75.
  EXPECT_DOUBLE_EQ(IntersectionOverUnion(Image<double>(4, 4, 0.25), ImageF(4, 4, 0.75f), ImageF()),
                   1.0 / 3);
}

TEST(IntersectionOverUnion, CountsPixelsByTheirWeight) {
  const Image<double> a = Rectangle(40, 30, 5, 5, 15, 15);
  const ImageF b = ToMask(Rectangle(40, 30, 10, 5, 20, 15));
  ImageF weight(40, 30, 1.0f);
  for (int r = 0; r < 30; ++r) {
    for (int c = 15; c < 40; ++c) weight.at(c, r) = 0;  // what only b covers is ignored
  }
  EXPECT_DOUBLE_EQ(IntersectionOverUnion(a, b, weight), 0.5);
  for (float& w : weight.pixels) w *= 3;
  EXPECT_DOUBLE_EQ(IntersectionOverUnion(a, b, weight), 0.5);
  EXPECT_EQ(IntersectionOverUnion(a, b, ImageF(40, 30, 0.0f)), 1);  // nothing is compared
}

// A half plane left of column x: its outline is one vertical line.
TEST(ContourRms, OfAShiftedHalfPlaneIsTheShift) {
  for (int shift : {0, 1, 2, 7, 30}) {
    const Image<double> a = Rectangle(60, 40, 0, 0, 10, 40);
    const ImageF b = ToMask(Rectangle(60, 40, 0, 0, 10 + shift, 40));
    EXPECT_NEAR(ContourRms_px(a, b, ImageF()), shift, 1e-6);
  }
}

TEST(ContourRms, LocatesOutlinesToSubpixels) {
  const Image<double> a = Rectangle(60, 40, 0, 0, 10, 40);
  for (double part : {0.25, 0.5, 0.75}) {
    ImageF b = ToMask(a);
    for (int r = 0; r < 40; ++r) b.at(10, r) = static_cast<float>(part);
    // Linear between pixel centres: within a tenth of a pixel of the area's place.
    EXPECT_NEAR(ContourRms_px(a, b, ImageF()), part, 0.1);
  }
}

// A square of side n shifted diagonally by (d, d): every outline point by definition.
TEST(ContourRms, OfShiftedSquares) {
  const int n = 20;
  EXPECT_EQ(ContourRms_px(Rectangle(60, 60, 10, 10, 10 + n, 10 + n),
                          ToMask(Rectangle(60, 60, 10, 10, 10 + n, 10 + n)), ImageF()),
            0);
  // Sideways by 1: of each square's 80 points, 20 on one side lie 1 off, 20 on the other lie
  // within the rounding of a corner, √½ or 1 off; the top and bottom points coincide but for the
  // last, which is √½ (from the other side's corner point) or 1 away.
  const double rms = ContourRms_px(Rectangle(60, 60, 10, 10, 10 + n, 10 + n),
                                   ToMask(Rectangle(60, 60, 11, 10, 11 + n, 10 + n)), ImageF());
  EXPECT_GT(rms, std::sqrt((36 * 1.0 + 4 * 0.5) / 80));
  EXPECT_LT(rms, std::sqrt((44 * 1.0) / 80));
}

struct Point {
  double x, y;
};
template <typename T>
std::vector<Point> OutlineByDefinition(const Image<T>& image) {
  std::vector<Point> points;
  for (int r = 0; r < image.height; ++r) {
    for (int c = 0; c < image.width; ++c) {
      const double here = image.at(c, r);
      if (c + 1 < image.width) {
        const double next = image.at(c + 1, r);
        if ((here < 0.5) != (next < 0.5)) {
          points.push_back({c + 0.5 + (0.5 - here) / (next - here), r + 0.5});
        }
      }
      if (r + 1 < image.height) {
        const double next = image.at(c, r + 1);
        if ((here < 0.5) != (next < 0.5)) {
          points.push_back({c + 0.5, r + 0.5 + (0.5 - here) / (next - here)});
        }
      }
    }
  }
  return points;
}
double BruteForceRms(const std::vector<Point>& a, const std::vector<Point>& b) {
  double sum = 0;
  for (const auto& [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    for (const Point& p : *from) {
      double best = 1e300;
      for (const Point& q : *to) {
        best = std::min(best, (p.x - q.x) * (p.x - q.x) + (p.y - q.y) * (p.y - q.y));
      }
      sum += best;
    }
  }
  return std::sqrt(sum / static_cast<double>(a.size() + b.size()));
}

// Outlines anywhere, near and far from each other: the search by buckets misses none.
TEST(ContourRms, EqualsBruteForceOnRandomImages) {
  for (int trial = 0; trial < 60; ++trial) {
    Random random("brute force", trial);
    const int width = static_cast<int>(random.Uniform(9, 140)),
              height = static_cast<int>(random.Uniform(9, 120));
    const auto blob = [&] {
      Image<double> image(width, height, 0.0);
      const double x = random.Uniform(0, width), y = random.Uniform(0, height);
      const double radius = random.Uniform(1.5, 0.3 * std::min(width, height) + 2);
      for (int r = 0; r < height; ++r) {
        for (int c = 0; c < width; ++c) {
          const double d = std::hypot(c + 0.5 - x, r + 0.5 - y) - radius;
          image.at(c, r) = std::clamp(0.5 - d, 0.0, 1.0);
        }
      }
      return image;
    };
    const Image<double> a = blob(), b = blob();
    const ImageF mask = ToMask(b);
    const double rms = ContourRms_px(a, mask, ImageF());
    const std::vector<Point> pa = OutlineByDefinition(a), pb = OutlineByDefinition(mask);
    if (pa.empty() || pb.empty()) {
      EXPECT_TRUE(std::isnan(rms));
    } else {
      EXPECT_NEAR(rms, BruteForceRms(pa, pb), 1e-4) << "trial " << trial;
    }
  }
}

TEST(ContourRms, IsNanWithoutAnOutline) {
  const Image<double> a = Rectangle(40, 30, 5, 5, 15, 15);
  EXPECT_TRUE(std::isnan(ContourRms_px(a, ImageF(40, 30), ImageF())));
  EXPECT_TRUE(std::isnan(ContourRms_px(a, ImageF(40, 30, 1.0f), ImageF())));
  EXPECT_TRUE(std::isnan(ContourRms_px(Image<double>(40, 30), ToMask(a), ImageF())));
  EXPECT_TRUE(std::isnan(ContourRms_px(a, ToMask(a), ImageF(40, 30, 0.0f))));
}

TEST(ContourRms, IgnoresPixelsOfWeightZero) {
  const Image<double> a = Rectangle(60, 40, 0, 0, 10, 40);
  ImageF b = ToMask(a), weight(60, 40, 1.0f);
  for (int r = 20; r < 40; ++r) {
    for (int c = 0; c < 60; ++c) {
      b.at(c, r) = c < 30 ? 1.0f : 0.0f;  // garbage
      weight.at(c, r) = 0;
    }
  }
  EXPECT_GT(ContourRms_px(a, b, ImageF()), 5);
  EXPECT_EQ(ContourRms_px(a, b, weight), 0);
}

}  // namespace
}  // namespace ceres_align
