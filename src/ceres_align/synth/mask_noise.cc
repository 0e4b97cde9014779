#include "ceres_align/synth/mask_noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/synth/random.h"
#include "ceres_align/synth/smooth_field.h"

namespace ceres_align {
namespace {

// Streams of random numbers of one seed.
enum Stream : uint64_t { kWave = 1, kBlobs, kOccluder, kSalt, kEdgeBlobs, kPart, kNetwork };

Random StreamOf(uint64_t seed, Stream stream) {
  return Random(seed * 0x9E3779B97F4A7C15u + stream * 0xD1B54A32D192ED03u);
}

double Area_px(const ImageF& mask) {
  double area = 0;
  for (float v : mask.pixels) area += v;
  return area;
}

// Foreground has coverage above one half. Its outline: the pixels with a neighbour, of four, that
// is none; the frame's outside is no neighbour.
std::vector<int64_t> ForegroundPixels(const ImageF& mask) {
  std::vector<int64_t> pixels;
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    if (mask.pixels[i] > 0.5f) pixels.push_back(static_cast<int64_t>(i));
  }
  return pixels;
}
std::vector<int64_t> OutlinePixels(const ImageF& mask) {
  std::vector<int64_t> pixels;
  for (int64_t i : ForegroundPixels(mask)) {
    const int x = static_cast<int>(i % mask.width), y = static_cast<int>(i / mask.width);
    if ((x > 0 && mask.at(x - 1, y) <= 0.5f) || (y > 0 && mask.at(x, y - 1) <= 0.5f) ||
        (x + 1 < mask.width && mask.at(x + 1, y) <= 0.5f) ||
        (y + 1 < mask.height && mask.at(x, y + 1) <= 0.5f)) {
      pixels.push_back(i);
    }
  }
  return pixels;
}

// A uniformly random one of some pixels; false if there is none.
bool RandomPixel(const std::vector<int64_t>& pixels, int width, Random* random, int* column,
                 int* row) {
  if (pixels.empty()) return false;
  const int64_t pixel = pixels[random->Index(static_cast<int64_t>(pixels.size()))];
  *column = static_cast<int>(pixel % width);
  *row = static_cast<int>(pixel / width);
  return true;
}

ImageF WaveEdge(const ImageF& mask, const MaskNoise& noise, uint64_t seed) {
  Random random = StreamOf(seed, kWave);
  std::vector<SmoothField> fields;  // dx, dy of each octave
  fields.reserve(2 * noise.wave_octaves);
  for (int i = 0; i < 2 * noise.wave_octaves; ++i) {
    const double length_px = noise.wave_length_px * static_cast<double>(1 << i / 2);
    fields.emplace_back(mask.width, mask.height, length_px, &random);
  }
  const double rms_px = noise.wave_rms_px / std::sqrt(noise.wave_octaves);
  const bool binary = IsBinary(mask);
  ImageF out(mask.width, mask.height);
  for (int row = 0; row < mask.height; ++row) {
    for (int column = 0; column < mask.width; ++column) {
      const double x = column + 0.5, y = row + 0.5;
      double dx = 0, dy = 0;
      for (size_t i = 0; i < fields.size(); i += 2) {
        dx += rms_px * fields[i].At(x, y);
        dy += rms_px * fields[i + 1].At(x, y);
      }
      const double value = Interpolate(mask, x + dx, y + dy);
      out.at(column, row) = static_cast<float>(binary ? (value > 0.5 ? 1 : 0) : value);
    }
  }
  return out;
}

void FillDisc(int x, int y, double radius_px, float value, ImageF* mask) {
  for (int row = 0; row < mask->height; ++row) {
    for (int column = 0; column < mask->width; ++column) {
      const double dx = column - x, dy = row - y;
      if (dx * dx + dy * dy <= radius_px * radius_px) mask->at(column, row) = value;
    }
  }
}

void RemoveBlobs(const MaskNoise& noise, uint64_t seed, ImageF* mask) {
  Random random = StreamOf(seed, kBlobs);
  const double radius_px = noise.blob_radius * std::sqrt(Area_px(*mask) / M_PI);
  for (int blob = 0; blob < noise.missing_blobs; ++blob) {
    int x = 0, y = 0;
    if (!RandomPixel(ForegroundPixels(*mask), mask->width, &random, &x, &y)) return;
    FillDisc(x, y, radius_px, 0, mask);
  }
}

void AddEdgeBlobs(const MaskNoise& noise, uint64_t seed, ImageF* mask) {
  Random random = StreamOf(seed, kEdgeBlobs);
  const double radius_px = noise.edge_blob_radius * std::sqrt(Area_px(*mask) / M_PI);
  for (int blob = 0; blob < noise.edge_blobs; ++blob) {
    int x = 0, y = 0;
    if (!RandomPixel(OutlinePixels(*mask), mask->width, &random, &x, &y)) return;
    FillDisc(x, y, radius_px, random.Index(2) == 0 ? 0 : 1, mask);
  }
}

// Of the pixels in the order of their key, the key of the one with which their values reach
// `wanted`.
double KeyWhereSumReaches(double wanted, std::vector<std::pair<double, double>>* pixels) {
  std::sort(pixels->begin(), pixels->end());
  double key = 0, sum = 0;
  for (const auto& [at, value] : *pixels) {
    key = at;
    sum += value;
    if (sum >= wanted) break;
  }
  return key;
}

void RemovePart(const MaskNoise& noise, uint64_t seed, ImageF* mask) {
  Random random = StreamOf(seed, kPart);
  const Eigen::Vector3d direction = random.UnitVector();
  const auto along = [&](int column, int row) {
    return direction.x() * column + direction.y() * row;
  };
  std::vector<std::pair<double, double>> pixels;
  for (int row = 0; row < mask->height; ++row) {
    for (int column = 0; column < mask->width; ++column) {
      if (mask->at(column, row) > 0) pixels.emplace_back(along(column, row), mask->at(column, row));
    }
  }
  const double last = KeyWhereSumReaches(noise.missing_part * Area_px(*mask), &pixels);
  for (int row = 0; row < mask->height; ++row) {
    for (int column = 0; column < mask->width; ++column) {
      if (along(column, row) <= last) mask->at(column, row) = 0;
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

// The occluder's pixels in `hidden` are set to 1.
void Occlude(const MaskNoise& noise, uint64_t seed, ImageF* mask, ImageF* hidden) {
  Random random = StreamOf(seed, kOccluder);
  const bool by_outline = noise.occluded_outline > 0;
  const std::vector<int64_t> outline = OutlinePixels(*mask), all = ForegroundPixels(*mask);
  int x = 0, y = 0;
  if (!RandomPixel(by_outline ? outline : all, mask->width, &random, &x, &y)) return;
  const OccluderShape shape(noise.occluder, x, y, &random);
  // The smallest scale that hides enough.
  std::vector<std::pair<double, double>> pixels;
  if (by_outline) {
    for (int64_t i : outline) {
      pixels.emplace_back(
          shape.ScaleAt(static_cast<int>(i % mask->width), static_cast<int>(i / mask->width)), 1);
    }
  } else {
    for (int row = 0; row < mask->height; ++row) {
      for (int column = 0; column < mask->width; ++column) {
        const double value = mask->at(column, row);
        if (value > 0) pixels.emplace_back(shape.ScaleAt(column, row), value);
      }
    }
  }
  const double wanted = by_outline ? noise.occluded_outline * static_cast<double>(outline.size())
                                   : noise.occluded_fraction * Area_px(*mask);
  const double scale = KeyWhereSumReaches(wanted, &pixels);
  for (int row = 0; row < mask->height; ++row) {
    for (int column = 0; column < mask->width; ++column) {
      if (shape.ScaleAt(column, row) > scale) continue;
      mask->at(column, row) = 0;
      if (hidden != nullptr) hidden->at(column, row) = 1;
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

void CheckRange(double value, double low, double high, const char* name) {
  if (!(value >= low && value <= high)) {
    throw InputError("mask noise: " + std::string(name) + " is " + std::to_string(value) +
                     "; it must lie in [" + std::to_string(low) + ", " + std::to_string(high) +
                     "]");
  }
}

}  // namespace

void MaskNoise::Validate() const {
  CheckRange(round_px, 0, 1000, "round_px");
  CheckRange(low_resolution, 1, 1000, "low_resolution");
  CheckRange(wave_rms_px, 0, 1000, "wave_rms_px");
  CheckRange(wave_length_px, 1, 1e6, "wave_length_px");
  CheckRange(wave_octaves, 1, 10, "wave_octaves");
  CheckRange(dilate_px, -1000, 1000, "dilate_px");
  CheckRange(bias_px, -100, 100, "bias_px");
  CheckRange(edge_blobs, 0, 100000, "edge_blobs");
  CheckRange(edge_blob_radius, 0, 10, "edge_blob_radius");
  CheckRange(missing_blobs, 0, 100000, "missing_blobs");
  CheckRange(blob_radius, 0, 10, "blob_radius");
  CheckRange(missing_part, 0, 1, "missing_part");
  CheckRange(occluded_fraction, 0, 1, "occluded_fraction");
  CheckRange(occluded_outline, 0, 1, "occluded_outline");
  if (occluded_fraction > 0 && occluded_outline > 0) {
    throw InputError("mask noise: occluded_fraction and occluded_outline exclude each other");
  }
  CheckRange(soft_edge_px, 0, 100, "soft_edge_px");
  CheckRange(salt_and_pepper, 0, 1, "salt_and_pepper");
}

MaskNoise SegmentedNoise(double rms_px, uint64_t network_seed) {
  CheckRange(rms_px, 0, 100, "rms_px");
  MaskNoise noise;
  if (rms_px == 0) return noise;
  Random random = StreamOf(network_seed, kNetwork);
  noise.round_px = rms_px;
  noise.low_resolution = std::clamp(static_cast<int>(std::lround(1 + 1.5 * rms_px)), 1, 4);
  noise.wave_rms_px = 0.8 * rms_px;
  noise.wave_length_px = 20;
  noise.wave_octaves = 3;
  noise.bias_px = 0.6 * rms_px * random.Uniform(-1, 1);
  noise.edge_blobs = static_cast<int>(std::lround(2 * rms_px));
  noise.edge_blob_radius = 0.06;
  return noise;
}

ImageF ApplyNoise(const ImageF& mask, const MaskNoise& noise, uint64_t seed, ImageF* hidden) {
  noise.Validate();
  if (hidden != nullptr) *hidden = ImageF(mask.width, mask.height);
  ImageF out = mask;
  if (mask.empty()) return out;
  if (noise.round_px > 0) out = RoundOff(out, noise.round_px);
  if (noise.low_resolution > 1) out = LowResolution(out, noise.low_resolution);
  if (noise.wave_rms_px > 0) out = WaveEdge(out, noise, seed);
  if (noise.dilate_px > 0) out = Dilate(out, noise.dilate_px);
  if (noise.dilate_px < 0) out = Erode(out, -noise.dilate_px);
  if (noise.bias_px != 0) out = ShiftOutline(out, noise.bias_px);
  if (noise.edge_blobs > 0) AddEdgeBlobs(noise, seed, &out);
  if (noise.missing_blobs > 0) RemoveBlobs(noise, seed, &out);
  if (noise.missing_part > 0) RemovePart(noise, seed, &out);
  if (noise.occluded_fraction > 0 || noise.occluded_outline > 0) Occlude(noise, seed, &out, hidden);
  if (noise.soft_edge_px > 0) out = Blur(out, noise.soft_edge_px);
  if (noise.salt_and_pepper > 0) SaltAndPepper(noise, seed, &out);
  return out;
}

}  // namespace ceres_align
