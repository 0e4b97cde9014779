// Seeded random numbers that are the same on every machine: std::mt19937_64 is standardised, the
// standard library's distributions are not. Only + − × ÷ and sqrt are used, so no libm enters.
#pragma once

#include <Eigen/Core>
#include <Eigen/Geometry>
#include <cmath>
#include <cstdint>
#include <random>

namespace ceres_align {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  uint64_t Bits() { return engine_(); }
  /// Uniform in [0, 1), 53 bits.
  double Uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }
  /// Uniform in {0, …, count − 1}; the bias is below count / 2⁵³.
  int64_t Index(int64_t count) { return static_cast<int64_t>(Uniform() * count); }
  /// Mean 0, variance 1; the sum of twelve uniforms (so never beyond ±6).
  double Normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += Uniform();
    return sum;
  }
  /// Uniform on the unit sphere.
  Eigen::Vector3d UnitVector() {
    while (true) {
      const double x = Uniform(-1, 1), y = Uniform(-1, 1), z = Uniform(-1, 1);
      const double squared = x * x + y * y + z * z;
      if (squared > 1e-4 && squared <= 1) return Eigen::Vector3d(x, y, z) / std::sqrt(squared);
    }
  }
  /// Uniform over all rotations.
  Eigen::Quaterniond Rotation() {
    while (true) {
      const double x = Uniform(-1, 1), y = Uniform(-1, 1), z = Uniform(-1, 1), w = Uniform(-1, 1);
      const double squared = x * x + y * y + z * z + w * w;
      if (squared > 1e-4 && squared <= 1) {
        const double scale = 1 / std::sqrt(squared);
        return {w * scale, x * scale, y * scale, z * scale};
      }
    }
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace ceres_align
