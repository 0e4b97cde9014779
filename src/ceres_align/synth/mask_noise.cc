#include "ceres_align/synth/mask_noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/synth/random.h"

namespace ceres_align {
namespace {

// Streams of random numbers of one seed.
enum Stream : uint64_t { kWave = 1, kBlobs, kOccluder, kSalt };

Random StreamOf(uint64_t seed, Stream stream) {
  return Random(seed * 0x9E3779B97F4A7C15u + stream * 0xD1B54A32D192ED03u);
}

bool IsBinary(const ImageF& mask) {
  return std::all_of(mask.pixels.begin(), mask.pixels.end(),
                     [](float v) { return v == 0 || v == 1; });
}

double Area_px(const ImageF& mask) {
  double area = 0;
  for (float v : mask.pixels) area += v;
  return area;
}

// A uniformly random pixel of those with coverage above one half; false if there is none.
bool RandomForeground(const ImageF& mask, Random* random, int* column, int* row) {
  std::vector<int64_t> candidates;
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    if (mask.pixels[i] > 0.5f) candidates.push_back(static_cast<int64_t>(i));
  }
  if (candidates.empty()) return false;
  const int64_t pixel = candidates[random->Index(static_cast<int64_t>(candidates.size()))];
  *column = static_cast<int>(pixel % mask.width);
  *row = static_cast<int>(pixel / mask.width);
  return true;
}

// A smooth field of mean 0 and variance 1: a uniform cubic B-spline with random coefficients,
// divided by the standard deviation that it would have at each place.
class SmoothField {
 public:
  SmoothField(int width, int height, double knot_distance, Random* random)
      : scale_(1 / knot_distance),
        columns_(static_cast<int>(width * scale_) + 4),
        rows_(static_cast<int>(height * scale_) + 4) {
    // A random phase, so that the knots do not always lie at the same pixels.
    phase_x_ = random->Uniform();
    phase_y_ = random->Uniform();
    coefficients_.resize(static_cast<size_t>(columns_ + 1) * (rows_ + 1));
    for (double& c : coefficients_) c = random->Normal();
  }
  double At(double x, double y) const {
    const double u = x * scale_ + phase_x_, v = y * scale_ + phase_y_;
    const int column = static_cast<int>(u), row = static_cast<int>(v);
    const std::array<double, 4> wx = Weights(u - column), wy = Weights(v - row);
    double sum = 0, variance = 0;
    for (int j = 0; j < 4; ++j) {
      for (int i = 0; i < 4; ++i) {
        const double w = wx[i] * wy[j];
        sum += w * coefficients_[static_cast<size_t>(row + j) * (columns_ + 1) + column + i];
        variance += w * w;
      }
    }
    return sum / std::sqrt(variance);
  }

 private:
  static std::array<double, 4> Weights(double t) {
    const double s = 1 - t;
    return {s * s * s / 6, (4 - 6 * t * t + 3 * t * t * t) / 6, (4 - 6 * s * s + 3 * s * s * s) / 6,
            t * t * t / 6};
  }
  double scale_, phase_x_, phase_y_;
  int columns_, rows_;
  std::vector<double> coefficients_;
};

// Bilinear between pixel centres, the border's values continued outside.
double Interpolate(const ImageF& mask, double x, double y) {
  const double u = std::clamp(x - 0.5, 0.0, mask.width - 1.0);
  const double v = std::clamp(y - 0.5, 0.0, mask.height - 1.0);
  const int c0 = static_cast<int>(u), r0 = static_cast<int>(v);
  const int c1 = std::min(c0 + 1, mask.width - 1), r1 = std::min(r0 + 1, mask.height - 1);
  const double s = u - c0, t = v - r0;
  return (1 - t) * ((1 - s) * mask.at(c0, r0) + s * mask.at(c1, r0)) +
         t * ((1 - s) * mask.at(c0, r1) + s * mask.at(c1, r1));
}

ImageF WaveEdge(const ImageF& mask, const MaskNoise& noise, uint64_t seed) {
  Random random = StreamOf(seed, kWave);
  const SmoothField dx(mask.width, mask.height, noise.wave_length_px, &random);
  const SmoothField dy(mask.width, mask.height, noise.wave_length_px, &random);
  const bool binary = IsBinary(mask);
  ImageF out(mask.width, mask.height);
  for (int row = 0; row < mask.height; ++row) {
    for (int column = 0; column < mask.width; ++column) {
      const double x = column + 0.5, y = row + 0.5;
      const double value = Interpolate(mask, x + noise.wave_rms_px * dx.At(x, y),
                                       y + noise.wave_rms_px * dy.At(x, y));
      out.at(column, row) = static_cast<float>(binary ? (value > 0.5 ? 1 : 0) : value);
    }
  }
  return out;
}

void RemoveBlobs(const MaskNoise& noise, uint64_t seed, ImageF* mask) {
  Random random = StreamOf(seed, kBlobs);
  const double radius_px = noise.blob_radius * std::sqrt(Area_px(*mask) / M_PI);
  for (int blob = 0; blob < noise.missing_blobs; ++blob) {
    int x = 0, y = 0;
    if (!RandomForeground(*mask, &random, &x, &y)) return;
    for (int row = 0; row < mask->height; ++row) {
      for (int column = 0; column < mask->width; ++column) {
        const double dx = column - x, dy = row - y;
        if (dx * dx + dy * dy <= radius_px * radius_px) mask->at(column, row) = 0;
      }
    }
  }
}

// The occluder at unit scale: size below which a pixel is hidden.
class OccluderShape {
 public:
  OccluderShape(OccluderKind kind, int x, int y, Random* random) : kind_(kind), x_(x), y_(y) {
    const double dx = random->Uniform(-1, 1), dy = random->Uniform(-1, 1);
    const double norm = std::max(std::sqrt(dx * dx + dy * dy), 1e-9);
    cos_ = dx / norm;
    sin_ = dy / norm;
    aspect_ = random->Uniform(1, 2);
  }
  double ScaleAt(int column, int row) const {
    const double dx = column - x_, dy = row - y_;
    const double u = std::abs(cos_ * dx + sin_ * dy) / aspect_;
    const double v = std::abs(cos_ * dy - sin_ * dx);
    return kind_ == OccluderKind::kRectangle ? std::max(u, v) : std::sqrt(u * u + v * v);
  }

 private:
  OccluderKind kind_;
  double x_, y_, cos_, sin_, aspect_;
};

void Occlude(const MaskNoise& noise, uint64_t seed, ImageF* mask) {
  Random random = StreamOf(seed, kOccluder);
  int x = 0, y = 0;
  if (!RandomForeground(*mask, &random, &x, &y)) return;
  const OccluderShape shape(noise.occluder, x, y, &random);
  // The smallest scale that hides enough: pixels in the order of their scale.
  std::vector<std::pair<double, float>> pixels;
  for (int row = 0; row < mask->height; ++row) {
    for (int column = 0; column < mask->width; ++column) {
      const float value = mask->at(column, row);
      if (value > 0) pixels.emplace_back(shape.ScaleAt(column, row), value);
    }
  }
  std::sort(pixels.begin(), pixels.end());
  const double wanted_px = noise.occluded_fraction * Area_px(*mask);
  double scale = 0, hidden_px = 0;
  for (const auto& [at, value] : pixels) {
    scale = at;
    hidden_px += value;
    if (hidden_px >= wanted_px) break;
  }
  for (int row = 0; row < mask->height; ++row) {
    for (int column = 0; column < mask->width; ++column) {
      if (shape.ScaleAt(column, row) <= scale) mask->at(column, row) = 0;
    }
  }
}

void SaltAndPepper(const MaskNoise& noise, uint64_t seed, ImageF* mask) {
  Random random = StreamOf(seed, kSalt);
  for (float& value : mask->pixels) {
    const double draw = random.Uniform();
    if (draw < noise.salt_and_pepper) value = draw < 0.5 * noise.salt_and_pepper ? 0 : 1;
  }
}

// Raises out[i] to the maximum of values over [i − half, i + half].
void RowMaximum(const float* values, int count, int half, std::vector<int>* window, float* out) {
  window->clear();
  size_t front = 0;
  int next = 0;
  for (int i = 0; i < count; ++i) {
    for (; next <= std::min(i + half, count - 1); ++next) {
      while (window->size() > front && values[window->back()] <= values[next]) window->pop_back();
      window->push_back(next);
    }
    while ((*window)[front] < i - half) ++front;
    out[i] = std::max(out[i], values[(*window)[front]]);
  }
}

void CheckRange(double value, double low, double high, const char* name) {
  if (!(value >= low && value <= high)) {
    throw InputError("mask noise: " + std::string(name) + " is " + std::to_string(value) +
                     "; it must lie in [" + std::to_string(low) + ", " + std::to_string(high) +
                     "]");
  }
}

}  // namespace

void MaskNoise::Validate() const {
  CheckRange(wave_rms_px, 0, 1000, "wave_rms_px");
  CheckRange(wave_length_px, 1, 1e6, "wave_length_px");
  CheckRange(dilate_px, -1000, 1000, "dilate_px");
  CheckRange(missing_blobs, 0, 100000, "missing_blobs");
  CheckRange(blob_radius, 0, 10, "blob_radius");
  CheckRange(occluded_fraction, 0, 1, "occluded_fraction");
  CheckRange(salt_and_pepper, 0, 1, "salt_and_pepper");
}

ImageF Dilate(const ImageF& mask, double radius_px) {
  CHECK_GE(radius_px, 0);
  ImageF out(mask.width, mask.height);
  std::vector<int> window;
  const int reach = static_cast<int>(std::min<double>(radius_px, mask.height));
  for (int row = 0; row < mask.height; ++row) {
    for (int dy = -reach; dy <= reach; ++dy) {
      if (row + dy < 0 || row + dy >= mask.height) continue;
      const double half = std::sqrt(std::max(0.0, radius_px * radius_px - double(dy) * dy));
      RowMaximum(mask.row(row + dy), mask.width,
                 static_cast<int>(std::min<double>(half, mask.width)), &window, out.row(row));
    }
  }
  return out;
}

ImageF Erode(const ImageF& mask, double radius_px) {
  ImageF inverse = mask;
  for (float& v : inverse.pixels) v = 1 - v;
  inverse = Dilate(inverse, radius_px);
  for (float& v : inverse.pixels) v = 1 - v;
  return inverse;
}

ImageF ApplyNoise(const ImageF& mask, const MaskNoise& noise, uint64_t seed) {
  noise.Validate();
  ImageF out = mask;
  if (mask.empty()) return out;
  if (noise.wave_rms_px > 0) out = WaveEdge(out, noise, seed);
  if (noise.dilate_px > 0) out = Dilate(out, noise.dilate_px);
  if (noise.dilate_px < 0) out = Erode(out, -noise.dilate_px);
  if (noise.missing_blobs > 0) RemoveBlobs(noise, seed, &out);
  if (noise.occluded_fraction > 0) Occlude(noise, seed, &out);
  if (noise.salt_and_pepper > 0) SaltAndPepper(noise, seed, &out);
  return out;
}

}  // namespace ceres_align
