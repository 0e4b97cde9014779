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
constexpr double kLongStretchOfSize = 0.3;

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

// Bilinear between pixel centres.
template <typename T>
double ValueAt(const Image<T>& image, const Point& p) {
  const double u = std::clamp(p.x - 0.5, 0.0, image.width - 1.0);
  const double v = std::clamp(p.y - 0.5, 0.0, image.height - 1.0);
  const int c0 = static_cast<int>(u), r0 = static_cast<int>(v);
  const int c1 = std::min(c0 + 1, image.width - 1), r1 = std::min(r0 + 1, image.height - 1);
  const double s = u - c0, t = v - r0;
  return (1 - t) * ((1 - s) * image.at(c0, r0) + s * image.at(c1, r0)) +
         t * ((1 - s) * image.at(c0, r1) + s * image.at(c1, r1));
}

// Marks the pixels of pieces of at most kSpeckPixels.
std::vector<char> Specks(const ImageF& image) {
  std::vector<char> speck(image.pixels.size(), 0), seen(image.pixels.size(), 0);
  std::vector<size_t> piece, stack;
  for (size_t start = 0; start < image.pixels.size(); ++start) {
    if (seen[start]) continue;
    const bool inside = image.pixels[start] >= 0.5f;
    piece.clear();
    stack.assign(1, start);
    seen[start] = 1;
    const auto visit = [&](bool in_frame, size_t next) {
      if (!in_frame || seen[next] || (image.pixels[next] >= 0.5f) != inside) return;
      seen[next] = 1;
      stack.push_back(next);
    };
    while (!stack.empty()) {
      const size_t i = stack.back(), width = image.width;
      stack.pop_back();
      if (piece.size() <= kSpeckPixels) piece.push_back(i);
      visit(i % width > 0, i - 1);
      visit(i % width + 1 < width, i + 1);
      visit(i >= width, i - width);
      visit(i + width < image.pixels.size(), i + width);
    }
    if (piece.size() > kSpeckPixels) continue;
    for (size_t i : piece) speck[i] = 1;
  }
  return speck;
}

// Whether one of the two pixels that an outline's point lies between is of a speck.
bool OnSpeck(const ImageF& image, const std::vector<char>& speck, const Point& p) {
  const auto at = [&](double x, double y) {
    const int c = std::clamp(static_cast<int>(x), 0, image.width - 1);
    const int r = std::clamp(static_cast<int>(y), 0, image.height - 1);
    return speck[static_cast<size_t>(r) * image.width + c] != 0;
  };
  return at(p.x - 0.5, p.y) || at(p.x + 0.5, p.y) || at(p.x, p.y - 0.5) || at(p.x, p.y + 0.5);
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

// The means of a figure over the parts of an outline that lie in one square of an image.
class Stretches {
 public:
  explicit Stretches(int size_px) : size_px_(size_px) {}
  void Add(const Point& p, double value) {
    Sum& sum = sums_[{static_cast<int>(p.x) / size_px_, static_cast<int>(p.y) / size_px_}];
    sum.sum += value;
    ++sum.count;
  }
  // Weighted by their lengths; 0 if there are none.
  double Rms() const {
    double squares = 0, count = 0;
    for (const auto& [place, s] : sums_) {
      squares += s.sum * s.sum / s.count;
      count += s.count;
    }
    return count > 0 ? std::sqrt(squares / count) : 0;
  }

 private:
  struct Sum {
    double sum = 0, count = 0;
  };
  int size_px_;
  std::map<std::pair<int, int>, Sum> sums_;
};

void MeasureFromRender(const std::vector<Point>& outline, const NearestPoint& nearest,
                       const ImageF& mask, int long_stretch_px, ContourErrors* errors) {
  Stretches stretches(kStretchPx), long_stretches(long_stretch_px);
  std::vector<double> distances;
  double sum = 0, squares = 0, far = 0;
  for (const Point& p : outline) {
    const double d = std::sqrt(nearest.Squared(p));
    const double side = ValueAt(mask, p) >= 0.5 ? d : -d;
    distances.push_back(d);
    squares += d * d;
    if (d > errors->far_px) {
      ++far;
      continue;
    }
    sum += side;
    stretches.Add(p, side);
    long_stretches.Add(p, side);
  }
  std::sort(distances.begin(), distances.end());
  const auto quantile = [&](double q) {
    return distances[static_cast<size_t>(q * static_cast<double>(distances.size() - 1))];
  };
  const double n = static_cast<double>(outline.size());
  errors->rms_px = std::sqrt(squares / n);
  errors->median_px = quantile(0.5);
  errors->p90_px = quantile(0.9);
  errors->share_far = far / n;
  errors->signed_mean_px = far < n ? sum / (n - far) : 0;
  errors->coherent_rms_px = stretches.Rms();
  errors->long_rms_px = long_stretches.Rms();
}

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

ContourErrors MeasureContour(const Image<double>& coverage, const ImageF& mask,
                             const ImageF& weight) {
  CHECK(coverage.width == mask.width && coverage.height == mask.height);
  const std::vector<Point> a = Outline(coverage, weight), b = Outline(mask, weight);
  ContourErrors errors;
  if (a.empty() || b.empty()) return errors;
  double area = 0;
  for (float t : mask.pixels) area += t;
  errors.far_px = std::max(kFarPx, kFarOfSize * std::sqrt(area));
  MeasureFromRender(a, NearestPoint(b, mask.width, mask.height), mask,
                    std::max(kStretchPx, static_cast<int>(kLongStretchOfSize * std::sqrt(area))),
                    &errors);
  const NearestPoint near_a(a, mask.width, mask.height);
  const std::vector<char> speck = Specks(mask);
  size_t beyond = 0, holes = 0;
  for (const Point& p : b) {
    if (std::sqrt(near_a.Squared(p)) <= errors.far_px || OnSpeck(mask, speck, p)) continue;
    ++(ValueAt(coverage, p) < 0.5 ? beyond : holes);
  }
  ImageF without_specks = weight.empty() ? ImageF(mask.width, mask.height, 1.0f) : weight;
  for (size_t i = 0; i < speck.size(); ++i) {
    if (speck[i]) without_specks.pixels[i] = 0;
  }
  errors.iou = IntersectionOverUnion(coverage, mask, without_specks);
  errors.share_beyond = static_cast<double>(beyond) / static_cast<double>(a.size());
  errors.share_holes = static_cast<double>(holes) / static_cast<double>(a.size());
  return errors;
}

double CutShare(const ImageF& mask) {
  double cut = 0;
  const auto count = [&](int c, int r) { cut += mask.at(c, r) >= 0.5f; };
  for (int c = 0; c < mask.width; ++c) {
    count(c, 0);
    count(c, mask.height - 1);
  }
  for (int r = 0; r < mask.height; ++r) {
    count(0, r);
    count(mask.width - 1, r);
  }
  if (cut == 0) return 0;
  return cut / (cut + static_cast<double>(Outline(mask, ImageF()).size()));
}

}  // namespace ceres_align
