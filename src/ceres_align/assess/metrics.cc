#include "ceres_align/assess/metrics.h"

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

// Where the image passes 0.5 between the centres of two neighbours.
template <typename T>
std::vector<Point> Outline(const Image<T>& image, const ImageF& weight) {
  std::vector<Point> points;
  const size_t width = image.width;
  const auto add = [&](size_t i, size_t next, int c, int r, int dc, int dr) {
    if (!weight.empty() && (weight.pixels[i] == 0 || weight.pixels[next] == 0)) return;
    const double a = image.pixels[i] - 0.5, b = image.pixels[next] - 0.5;
    const double s = a / (a - b);
    points.push_back({static_cast<float>(c + 0.5 + s * dc), static_cast<float>(r + 0.5 + s * dr)});
  };
  for (int r = 0; r < image.height; ++r) {
    const T* row = &image.pixels[r * width];
    const T* below = r + 1 < image.height ? row + width : row;
    bool inside = row[0] >= T(0.5);
    for (int c = 0; c < image.width; ++c) {
      const bool next = c + 1 < image.width ? row[c + 1] >= T(0.5) : inside;
      const size_t i = r * width + c;
      if (next != inside) add(i, i + 1, c, r, 1, 0);
      if ((below[c] >= T(0.5)) != inside) add(i, i + width, c, r, 0, 1);
      inside = next;
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

// The pixels of pieces of at most kSpeckPixels, sorted. Each of them lies at the image's outline.
std::vector<size_t> Specks(const ImageF& image, const std::vector<Point>& outline) {
  const size_t width = image.width;
  std::vector<size_t> specks, piece;
  const auto inside = [&](size_t i) { return image.pixels[i] >= 0.5f; };
  const auto try_from = [&](size_t start) {
    piece.assign(1, start);
    for (size_t k = 0; k < piece.size(); ++k) {
      if (piece.size() > kSpeckPixels) return;
      const size_t i = piece[k];
      const auto visit = [&](bool in_frame, size_t next) {
        if (!in_frame || inside(next) != inside(start)) return;
        if (std::find(piece.begin(), piece.end(), next) == piece.end()) piece.push_back(next);
      };
      visit(i % width > 0, i - 1);
      visit(i % width + 1 < width, i + 1);
      visit(i >= width, i - width);
      visit(i + width < image.pixels.size(), i + width);
    }
    specks.insert(specks.end(), piece.begin(), piece.end());
  };
  for (const Point& p : outline) {
    const int c = std::clamp(static_cast<int>(p.x - 0.25), 0, image.width - 1);
    const int r = std::clamp(static_cast<int>(p.y - 0.25), 0, image.height - 1);
    const int c1 = std::min(c + 1, image.width - 1), r1 = std::min(r + 1, image.height - 1);
    for (int y : {r, r1}) {
      for (int x : {c, c1}) try_from(y * width + x);
    }
  }
  std::sort(specks.begin(), specks.end());
  specks.erase(std::unique(specks.begin(), specks.end()), specks.end());
  return specks;
}

// Whether one of the two pixels that an outline's point lies between is of a speck.
bool OnSpeck(const ImageF& image, const std::vector<size_t>& specks, const Point& p) {
  if (specks.empty()) return false;
  const auto at = [&](double x, double y) {
    const int c = std::clamp(static_cast<int>(x), 0, image.width - 1);
    const int r = std::clamp(static_cast<int>(y), 0, image.height - 1);
    return std::binary_search(specks.begin(), specks.end(),
                              static_cast<size_t>(r) * image.width + c);
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

// Both sums of the IoU over one pixel.
struct Overlap {
  double both = 0, either = 0;
  void Add(double sign, double w, double m, double t) {
    both += sign * w * std::min(m, t);
    either += sign * w * std::max(m, t);
  }
  double Iou() const { return either > 0 ? both / either : 1.0; }
};

Overlap OverlapOf(const Image<double>& coverage, const ImageF& mask, const ImageF& weight) {
  CHECK(coverage.width == mask.width && coverage.height == mask.height);
  Overlap overlap;
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    overlap.Add(1, weight.empty() ? 1.0 : weight.pixels[i], coverage.pixels[i], mask.pixels[i]);
  }
  return overlap;
}

}  // namespace

double IntersectionOverUnion(const Image<double>& coverage, const ImageF& mask,
                             const ImageF& weight) {
  return OverlapOf(coverage, mask, weight).Iou();
}

ContourErrors MeasureContour(const Image<double>& coverage, const ImageF& mask,
                             const ImageF& weight, double tolerance) {
  CHECK(coverage.width == mask.width && coverage.height == mask.height);
  const std::vector<Point> a = Outline(coverage, weight), b = Outline(mask, weight);
  ContourErrors errors;
  if (a.empty() || b.empty()) return errors;
  double area = 0;
  for (float t : mask.pixels) area += t;
  errors.far_px = tolerance * std::max(kFarPx, kFarOfSize * std::sqrt(area));
  const int long_px = std::max(kStretchPx, static_cast<int>(kLongStretchOfSize * std::sqrt(area)));
  MeasureFromRender(a, NearestPoint(b, mask.width, mask.height), mask, long_px, &errors);
  const NearestPoint near_a(a, mask.width, mask.height);
  const std::vector<size_t> specks = Specks(mask, b);
  double squares = errors.rms_px * errors.rms_px * static_cast<double>(a.size());
  size_t beyond = 0, holes = 0;
  for (const Point& p : b) {
    const double squared = near_a.Squared(p);
    squares += squared;
    if (std::sqrt(squared) <= errors.far_px || OnSpeck(mask, specks, p)) continue;
    ++(ValueAt(coverage, p) < 0.5 ? beyond : holes);
  }
  errors.both_rms_px = std::sqrt(squares / static_cast<double>(a.size() + b.size()));
  Overlap overlap = OverlapOf(coverage, mask, weight);
  for (size_t i : specks) {
    overlap.Add(-1, weight.empty() ? 1.0 : weight.pixels[i], coverage.pixels[i], mask.pixels[i]);
  }
  errors.iou = overlap.Iou();
  errors.share_beyond = static_cast<double>(beyond) / static_cast<double>(a.size());
  errors.share_holes = static_cast<double>(holes) / static_cast<double>(a.size());
  return errors;
}

double ContourRms_px(const Image<double>& coverage, const ImageF& mask, const ImageF& weight) {
  return MeasureContour(coverage, mask, weight).both_rms_px;
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
