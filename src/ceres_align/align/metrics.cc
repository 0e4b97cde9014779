#include "ceres_align/align/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

struct Point {
  float x, y;
};

double ValueOf(double v) { return v; }

// Where the image passes 0.5 between the centres of two neighbours.
template <typename T>
std::vector<Point> Outline(const Image<T>& image, const ImageF& weight) {
  std::vector<Point> points;
  const auto add = [&](int c, int r, int dc, int dr) {
    const double a = ValueOf(image.at(c, r)) - 0.5, b = ValueOf(image.at(c + dc, r + dr)) - 0.5;
    if ((a < 0) == (b < 0)) return;
    if (!weight.empty() && (weight.at(c, r) == 0 || weight.at(c + dc, r + dr) == 0)) return;
    const double s = a / (a - b);
    points.push_back({static_cast<float>(c + 0.5 + s * dc), static_cast<float>(r + 0.5 + s * dr)});
  };
  for (int r = 0; r < image.height; ++r) {
    for (int c = 0; c < image.width; ++c) {
      if (c + 1 < image.width) add(c, r, 1, 0);
      if (r + 1 < image.height) add(c, r, 0, 1);
    }
  }
  return points;
}

// Points in square buckets, for the nearest of them.
class NearestPoint {
 public:
  NearestPoint(const std::vector<Point>& points, int width, int height)
      : columns_(width / kCell + 1), rows_(height / kCell + 1), cells_(columns_ * rows_) {
    for (const Point& p : points) {
      cells_[static_cast<size_t>(p.y) / kCell * columns_ + static_cast<size_t>(p.x) / kCell]
          .push_back(p);
    }
  }
  // Rings of cells until none farther out can be nearer.
  double Squared(const Point& p) const {
    const int c = static_cast<int>(p.x) / kCell, r = static_cast<int>(p.y) / kCell;
    double best = std::numeric_limits<double>::infinity();
    const int rings = static_cast<int>(std::max(columns_, rows_));
    for (int ring = 0; ring <= rings; ++ring) {
      const double nearest = (ring - 1) * kCell;
      if (ring > 0 && nearest > 0 && nearest * nearest > best) break;
      for (int y = r - ring; y <= r + ring; ++y) {
        const bool whole = y == r - ring || y == r + ring;
        for (int x = c - ring; x <= c + ring; x += whole ? 1 : std::max(1, 2 * ring)) {
          Visit(x, y, p, &best);
        }
      }
    }
    return best;
  }

 private:
  static constexpr int kCell = 8;
  void Visit(int x, int y, const Point& p, double* best) const {
    if (x < 0 || y < 0 || x >= static_cast<int>(columns_) || y >= static_cast<int>(rows_)) return;
    for (const Point& q : cells_[y * columns_ + x]) {
      const double dx = q.x - p.x, dy = q.y - p.y;
      *best = std::min(*best, dx * dx + dy * dy);
    }
  }
  size_t columns_, rows_;
  std::vector<std::vector<Point>> cells_;
};

}  // namespace

double IntersectionOverUnion(const Image<double>& coverage, const ImageF& mask,
                             const ImageF& weight) {
  CHECK(coverage.width == mask.width && coverage.height == mask.height);
  double both = 0, either = 0;
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    const double w = weight.empty() ? 1.0 : weight.pixels[i];
    const double m = coverage.pixels[i], t = mask.pixels[i];
    both += w * std::min(m, t);
    either += w * std::max(m, t);
  }
  return either > 0 ? both / either : 1.0;
}

double ContourRms_px(const Image<double>& coverage, const ImageF& mask, const ImageF& weight) {
  CHECK(coverage.width == mask.width && coverage.height == mask.height);
  const std::vector<Point> a = Outline(coverage, weight), b = Outline(mask, weight);
  if (a.empty() || b.empty()) return std::numeric_limits<double>::quiet_NaN();
  const NearestPoint near_a(a, mask.width, mask.height), near_b(b, mask.width, mask.height);
  double sum = 0;
  for (const Point& p : a) sum += near_b.Squared(p);
  for (const Point& p : b) sum += near_a.Squared(p);
  return std::sqrt(sum / static_cast<double>(a.size() + b.size()));
}

}  // namespace ceres_align
