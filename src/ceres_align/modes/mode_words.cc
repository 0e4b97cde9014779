#include "ceres_align/modes/mode_words.h"

#include <Eigen/Geometry>
#include <cmath>
#include <cstdio>

namespace ceres_align {

namespace {

constexpr double kAlongAxis = 0.9962;  // cosine of 5°

}  // namespace

using Eigen::Matrix3d;
using Eigen::Vector3d;

std::string AxisInWords(const Vector3d& direction) {
  for (int k = 0; k < 3; ++k) {
    if (std::abs(direction[k]) > kAlongAxis) {
      return std::string("the object's ") + "xyz"[k] + " axis";
    }
  }
  char text[120];
  // One of the two signs: the first component that rounds to something is positive.
  double sign = 1;
  for (int k = 2; k >= 0; --k) {
    if (std::abs(direction[k]) >= 0.005) sign = direction[k] < 0 ? -1 : 1;
  }
  const Vector3d d = sign * direction;
  std::snprintf(text, sizeof(text), "the axis (%.2f, %.2f, %.2f) in the object's axes", d.x(),
                d.y(), d.z());
  return text;
}

std::string TurnInWords(const Matrix3d& turn) {
  const Eigen::AngleAxisd a(turn);
  char text[200];
  std::snprintf(text, sizeof(text), "turned %.0f° about %s", a.angle() * 180 / M_PI,
                AxisInWords(a.axis()).c_str());
  return text;
}

std::string SymmetricTurnInWords(const Matrix3d& turn, const MeshSymmetry& symmetry) {
  const std::string text = TurnInWords(turn);
  if (symmetry.sphere) return text + ": the object is a sphere";
  const Eigen::AngleAxisd a(turn);
  for (const SymmetryAxis& axis : symmetry.axes) {
    if (std::abs(a.axis().dot(axis.direction)) < std::cos(kSymmetry_rad)) continue;
    if (axis.order == SymmetryAxis::kRound) return text + ", about which it is round";
    return text + ", by its " + std::to_string(axis.order) + "-fold symmetry";
  }
  return text + ", one of its symmetries";
}

std::string SymmetryInWords(const MeshSymmetry& symmetry) {
  if (symmetry.sphere) return "the object looks the same however it is turned";
  const SymmetryAxis& axis = symmetry.axes[0];
  char text[240];
  if (symmetry.IsRound()) {
    std::snprintf(text, sizeof(text), "the object looks the same turned by any angle about %s%s",
                  AxisInWords(axis.direction).c_str(),
                  symmetry.rotations.size() > 1 ? ", or turned over" : "");
  } else {
    std::snprintf(text, sizeof(text),
                  "the object looks the same every %.3g° about %s (%s%zu poses)",
                  360.0 / axis.order, AxisInWords(axis.direction).c_str(),
                  symmetry.rotations.size() > size_t(axis.order) ? "with its other axes " : "",
                  symmetry.rotations.size());
  }
  return text;
}

}  // namespace ceres_align
