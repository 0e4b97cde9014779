#include "ceres_align/align/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

// Stretches over which a coherent error is told from noise.
constexpr int kStretchPx = 16;

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

// A subpixel point of another image's outline, by bilinear interpolation between pixel centres.
bool Inside(const ImageF& image, const Point& p) {
  const double u = std::clamp(p.x - 0.5, 0.0, image.width - 1.0);
  const double v = std::clamp(p.y - 0.5, 0.0, image.height - 1.0);
  const int c0 = static_cast<int>(u), r0 = static_cast<int>(v);
  const int c1 = std::min(c0 + 1, image.width - 1), r1 = std::min(r0 + 1, image.height - 1);
  const double s = u - c0, t = v - r0;
  return (1 - t) * ((1 - s) * image.at(c0, r0) + s * image.at(c1, r0)) +
             t * ((1 - s) * image.at(c0, r1) + s * image.at(c1, r1)) >=
         0.5;
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

ImageF WithoutSpecks(const ImageF& image) {
  ImageF out = image;
  std::vector<char> seen(image.pixels.size(), 0);
  std::vector<std::pair<int, int>> piece, stack;
  for (int r = 0; r < image.height; ++r) {
    for (int c = 0; c < image.width; ++c) {
      if (seen[static_cast<size_t>(r) * image.width + c]) continue;
      const bool inside = image.at(c, r) >= 0.5f;
      piece.clear();
      stack.assign(1, {c, r});
      seen[static_cast<size_t>(r) * image.width + c] = 1;
      while (!stack.empty()) {
        const auto [x, y] = stack.back();
        stack.pop_back();
        if (piece.size() <= kSpeckPixels) piece.emplace_back(x, y);
        for (const auto& [dx, dy] : {std::pair(1, 0), {-1, 0}, {0, 1}, {0, -1}}) {
          const int u = x + dx, v = y + dy;
          if (u < 0 || v < 0 || u >= image.width || v >= image.height) continue;
          char& mark = seen[static_cast<size_t>(v) * image.width + u];
          if (mark || (image.at(u, v) >= 0.5f) != inside) continue;
          mark = 1;
          stack.emplace_back(u, v);
        }
      }
      if (piece.size() > kSpeckPixels) continue;
      for (const auto& [x, y] : piece) out.at(x, y) = inside ? 0.0f : 1.0f;
    }
  }
  return out;
}

ContourErrors MeasureContour(const Image<double>& coverage, const ImageF& mask,
                             const ImageF& weight) {
  CHECK(coverage.width == mask.width && coverage.height == mask.height);
  ImageF rendered(coverage.width, coverage.height);
  std::copy(coverage.pixels.begin(), coverage.pixels.end(), rendered.pixels.begin());
  rendered = WithoutSpecks(rendered);
  const ImageF cleaned = WithoutSpecks(mask);
  const std::vector<Point> a = Outline(rendered, weight), b = Outline(cleaned, weight);
  ContourErrors errors;
  if (a.empty() || b.empty()) return errors;
  const NearestPoint near_a(a, mask.width, mask.height), near_b(b, mask.width, mask.height);
  std::vector<double> distances;
  std::map<std::pair<int, int>, std::pair<double, int>> stretches;
  double sum_signed = 0, sum_squared = 0;
  for (const Point& p : a) {
    const double d = std::sqrt(near_b.Squared(p));
    const double side = Inside(cleaned, p) ? d : -d;
    distances.push_back(d);
    sum_signed += side;
    auto& [sum, count] =
        stretches[{static_cast<int>(p.x) / kStretchPx, static_cast<int>(p.y) / kStretchPx}];
    sum += side;
    ++count;
  }
  for (const Point& p : b) distances.push_back(std::sqrt(near_a.Squared(p)));
  double coherent = 0;
  for (const auto& [place, stretch] : stretches) {
    coherent += stretch.first * stretch.first / stretch.second;
  }
  std::sort(distances.begin(), distances.end());
  const auto quantile = [&](double q) {
    return distances[static_cast<size_t>(q * static_cast<double>(distances.size() - 1))];
  };
  for (double d : distances) sum_squared += d * d;
  const double n = static_cast<double>(distances.size());
  errors.rms = std::sqrt(sum_squared / n);
  errors.median = quantile(0.5);
  errors.p90 = quantile(0.9);
  errors.p99 = quantile(0.99);
  errors.share_far =
      static_cast<double>(distances.end() -
                          std::upper_bound(distances.begin(), distances.end(), kFarPx)) /
      n;
  errors.signed_mean = sum_signed / static_cast<double>(a.size());
  errors.coherent_rms = std::sqrt(coherent / static_cast<double>(a.size()));
  return errors;
}

}  // namespace ceres_align
