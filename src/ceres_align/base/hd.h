// Host/device basics for the mathematics that CPU and CUDA share. Depends on nothing.
#pragma once

#include <cmath>

#if defined(__CUDACC__)
#define CA_HD __host__ __device__
#else
#define CA_HD
#endif

namespace ceres_align {

/// A point or direction in double; the frame is in the variable's name.
struct Vec3 {
  double x, y, z;
};

CA_HD inline Vec3 operator+(const Vec3& a, const Vec3& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
CA_HD inline Vec3 operator-(const Vec3& a, const Vec3& b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
CA_HD inline Vec3 operator*(double s, const Vec3& a) { return {s * a.x, s * a.y, s * a.z}; }
CA_HD inline double Dot(const Vec3& a, const Vec3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
CA_HD inline Vec3 Cross(const Vec3& a, const Vec3& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
CA_HD inline double Norm(const Vec3& a) { return sqrt(Dot(a, a)); }

/// A 3x3 matrix, rows in order: m[3 * row + column].
struct Mat3 {
  double m[9];
};

CA_HD inline Vec3 operator*(const Mat3& a, const Vec3& b) {
  return {a.m[0] * b.x + a.m[1] * b.y + a.m[2] * b.z, a.m[3] * b.x + a.m[4] * b.y + a.m[5] * b.z,
          a.m[6] * b.x + a.m[7] * b.y + a.m[8] * b.z};
}
/// aᵀ·b.
CA_HD inline Vec3 TransposeTimes(const Mat3& a, const Vec3& b) {
  return {a.m[0] * b.x + a.m[3] * b.y + a.m[6] * b.z, a.m[1] * b.x + a.m[4] * b.y + a.m[7] * b.z,
          a.m[2] * b.x + a.m[5] * b.y + a.m[8] * b.z};
}

template <typename T>
CA_HD inline T Min(T a, T b) {
  return b < a ? b : a;
}
template <typename T>
CA_HD inline T Max(T a, T b) {
  return a < b ? b : a;
}

}  // namespace ceres_align
