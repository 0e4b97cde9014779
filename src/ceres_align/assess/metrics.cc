#include "ceres_align/assess/metrics.h"

#include <tbb/parallel_invoke.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/scene/image_outline.h"

namespace ceres_align {
namespace {

// Stretches over which a coherent error is told from noise.
constexpr int kStretchPx = 16;
constexpr double kLongStretchOfSize = 0.3;

// The means of a figure over the parts of an outline that lie in one square of an image.
class Stretches {
 public:
  explicit Stretches(int size_px) : size_px_(size_px) {}
  void Add(const OutlinePoint& p, double value) {
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

void MeasureFromRender(const std::vector<OutlinePoint>& outline, const NearestPoint& nearest,
                       const ImageF& mask, int long_stretch_px, ContourErrors* errors) {
  Stretches stretches(kStretchPx), long_stretches(long_stretch_px);
  std::vector<double> distances;
  double sum = 0, squares = 0, far = 0;
  for (const OutlinePoint& p : outline) {
    const double d = std::sqrt(nearest.Squared(p));
    const double side = Bilinear(mask, p.x, p.y) >= 0.5 ? d : -d;
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
  errors->p80_px = quantile(0.8);
  errors->p90_px = quantile(0.9);
  errors->share_far = far / n;
  errors->signed_mean_px = far < n ? sum / (n - far) : 0;
  errors->coherent_rms_px = stretches.Rms();
  errors->long_rms_px = long_stretches.Rms();
}

double SumOfPixels(const ImageF& image) {
  double sum = 0;
  for (float t : image.pixels) sum += t;
  return sum;
}

void AddPixel(double sign, double w, double m, double t, OverlapSums* sums) {
  sums->both += sign * w * std::min(m, t);
  sums->either += sign * w * std::max(m, t);
  sums->object += sign * w * m;
  sums->mask += sign * w * t;
}

}  // namespace

template <typename T>
OverlapSums SumOverlap(const Image<T>& coverage, const ImageF& mask, const ImageF& weight) {
  CHECK(coverage.width == mask.width && coverage.height == mask.height);
  OverlapSums sums;
  for (int r = 0; r < mask.height; ++r) {
    const T* m = coverage.row(r);
    const float* t = mask.row(r);
    int begin = 0, end = mask.width;  // most rows are empty at both sides
    while (begin < end && m[begin] == 0 && t[begin] == 0) ++begin;
    while (begin < end && m[end - 1] == 0 && t[end - 1] == 0) --end;
    for (int c = begin; c < end; ++c) {
      AddPixel(1, weight.empty() ? 1.0 : weight.at(c, r), m[c], t[c], &sums);
    }
  }
  return sums;
}
template OverlapSums SumOverlap(const ImageF&, const ImageF&, const ImageF&);
template OverlapSums SumOverlap(const Image<double>&, const ImageF&, const ImageF&);

double IntersectionOverUnion(const Image<double>& coverage, const ImageF& mask,
                             const ImageF& weight) {
  return SumOverlap(coverage, mask, weight).Iou();
}

ContourErrors MeasureContour(const Image<double>& coverage, const ImageF& mask,
                             const ImageF& weight, double tolerance) {
  return MeasureContour(coverage, mask, weight, tolerance, SumOverlap(coverage, mask, weight));
}

template <typename T>
ContourErrors MeasureContour(const Image<T>& coverage, const ImageF& mask, const ImageF& weight,
                             double tolerance, OverlapSums sums) {
  CHECK(coverage.width == mask.width && coverage.height == mask.height);
  std::vector<OutlinePoint> a, b;
  tbb::parallel_invoke([&] { a = OutlineOf(coverage, weight); },
                       [&] { b = OutlineOf(mask, weight); });
  ContourErrors errors;
  if (a.empty() || b.empty()) return errors;
  const double area = weight.empty() ? sums.mask : SumOfPixels(mask);
  errors.far_px = tolerance * std::max(kFarPx, kFarOfSize * std::sqrt(area));
  const int long_px = std::max(kStretchPx, static_cast<int>(kLongStretchOfSize * std::sqrt(area)));
  std::vector<size_t> specks;
  double squares = 0;
  size_t beyond = 0, holes = 0;
  const auto measure_from_mask = [&] {
    const NearestPoint near_a(a, mask.width, mask.height);
    specks = Specks(mask, b);
    for (const OutlinePoint& p : b) {
      const double squared = near_a.Squared(p);
      squares += squared;
      if (std::sqrt(squared) <= errors.far_px || OnSpeck(mask, specks, p)) continue;
      ++(Bilinear(coverage, p.x, p.y) < 0.5 ? beyond : holes);
    }
  };
  ContourErrors from_render = errors;
  tbb::parallel_invoke(
      [&] {
        MeasureFromRender(a, NearestPoint(b, mask.width, mask.height), mask, long_px, &from_render);
      },
      measure_from_mask);
  errors = from_render;
  squares += errors.rms_px * errors.rms_px * static_cast<double>(a.size());
  errors.both_rms_px = std::sqrt(squares / static_cast<double>(a.size() + b.size()));
  for (size_t i : specks) {
    AddPixel(-1, weight.empty() ? 1.0 : weight.pixels[i], coverage.pixels[i], mask.pixels[i],
             &sums);
  }
  errors.iou = sums.Iou();
  errors.share_beyond = static_cast<double>(beyond) / static_cast<double>(a.size());
  errors.share_holes = static_cast<double>(holes) / static_cast<double>(a.size());
  return errors;
}
template ContourErrors MeasureContour(const ImageF&, const ImageF&, const ImageF&, double,
                                      OverlapSums);
template ContourErrors MeasureContour(const Image<double>&, const ImageF&, const ImageF&, double,
                                      OverlapSums);

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
  return cut / (cut + static_cast<double>(OutlineOf(mask, ImageF()).size()));
}

}  // namespace ceres_align
