#include "ceres_align/synth/robot_arm.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/synth/implicit_surface.h"

namespace ceres_align {
namespace {

using Eigen::Vector3d;

// A bar from a to b with a radius at either end; or, where `half` is not zero, a box about a with
// these half sides, rounded by radius_a.
struct Piece {
  Vector3d a, b;
  double radius_a, radius_b;
  Vector3d half = Vector3d::Zero();
};

double Distance(const Piece& piece, const Vector3d& p) {
  if (!piece.half.isZero(0)) {
    const Vector3d q = (p - piece.a).cwiseAbs() - piece.half;
    return q.cwiseMax(0).norm() + std::min(q.maxCoeff(), 0.0) - piece.radius_a;
  }
  const Vector3d along = piece.b - piece.a;
  const double squared = along.squaredNorm();
  const double part = squared > 0 ? std::clamp((p - piece.a).dot(along) / squared, 0.0, 1.0) : 0;
  const double radius = piece.radius_a + part * (piece.radius_b - piece.radius_a);
  return (p - piece.a - part * along).norm() - radius;
}

// A union with fillets of a few millimetres.
double Field(const std::vector<Piece>& pieces, const Vector3d& p) {
  constexpr double kFillet = 0.008;
  double all = 1e9;
  for (const Piece& piece : pieces) {
    const double d = Distance(piece, p);
    const double near = std::max(kFillet - std::abs(all - d), 0.0) / kFillet;
    all = std::min(all, d) - near * near * kFillet / 4;
  }
  return all;
}

TriangleMesh Polygonize(const std::vector<Piece>& pieces, double unit) {
  Vector3d low = Vector3d::Constant(1e9), high = -low;
  for (const Piece& piece : pieces) {
    const Vector3d reach =
        piece.half + Vector3d::Constant(std::max(piece.radius_a, piece.radius_b) + 0.02);
    for (const Vector3d& end : {piece.a, piece.half.isZero(0) ? piece.b : piece.a}) {
      low = low.cwiseMin(end - reach);
      high = high.cwiseMax(end + reach);
    }
  }
  const auto field = [&](const Vector3d& p) { return Field(pieces, p); };
  constexpr double kFirstCell = 0.012, kFaces = 4000;
  const TriangleMesh first = PolygonizeSurface(field, low, high, kFirstCell);
  const double cell = kFirstCell * std::sqrt(static_cast<double>(first.faces.size()) / kFaces);
  TriangleMesh mesh = PolygonizeSurface(field, low, high, cell);
  for (Vector3d& v : mesh.vertices) {
    for (double& x : v) {
      // volatile: without it GCC 12.2 at -O3 did not round the last vertices of two links.
      volatile const float rounded = static_cast<float>(x / unit);
      x = unit * rounded;
    }
  }
  return mesh;
}

std::array<std::vector<Piece>, kArmJoints + 2> PiecesOfLinks() {
  const Vector3d o(0, 0, 0);
  return {{
      // base: a foot with a box for cables on one side
      {{{0, 0, 0.02}, o, 0.01, 0, {0.11, 0.09, 0.015}},
       {{0, 0, 0.04}, {0, 0, 0.18}, 0.085, 0.07},
       {{-0.10, 0.03, 0.06}, o, 0.01, 0, {0.05, 0.04, 0.03}}},
      // 1: shoulder, with a motor behind
      {{{0, 0, 0}, {0.03, 0.01, 0.06}, 0.075, 0.07},
       {{0.03, 0.01, 0.06}, {0.06, 0.03, 0.12}, 0.07, 0.065},
       {{-0.02, -0.07, 0.07}, {-0.01, 0.0, 0.08}, 0.035, 0.04}},
      // 2: upper arm, bent, with a rib
      {{{0, -0.07, 0}, {0, 0.05, 0}, 0.06, 0.055},
       {{0, 0, 0}, {0.025, -0.03, 0.20}, 0.055, 0.042},
       {{0.025, -0.03, 0.20}, {0, -0.04, 0.38}, 0.042, 0.052},
       {{-0.05, 0.0, 0.13}, o, 0.008, 0, {0.02, 0.012, 0.07}}},
      // 3: elbow
      {{{0, -0.05, 0}, {0, 0.06, 0}, 0.05, 0.045},
       {{0, 0, 0}, {0.14, 0, 0.05}, 0.05, 0.044},
       {{0.05, 0.03, 0.07}, o, 0.01, 0, {0.04, 0.02, 0.025}}},
      // 4: forearm (its frame's z along it)
      {{{0, 0, -0.02}, {0, 0.01, 0.12}, 0.043, 0.035},
       {{0, 0.01, 0.12}, {0, 0.02, 0.22}, 0.035, 0.04},
       {{0.04, 0.0, 0.08}, o, 0.006, 0, {0.012, 0.02, 0.05}}},
      // 5: wrist
      {{{0, -0.05, 0}, {0, 0.035, 0}, 0.036, 0.032},
       {{0, 0, 0}, {0.03, 0, 0.13}, 0.036, 0.032},
       {{-0.02, -0.035, 0.05}, {-0.01, -0.01, 0.08}, 0.02, 0.026}},
      // 6: hand, with a horn on one side
      {{{0, 0, -0.01}, {0, 0, 0.07}, 0.034, 0.036},
       {{0.02, 0.03, 0.04}, {0.06, 0.05, 0.05}, 0.018, 0.012}},
      // flange: a plate with a finger
      {{{0, 0, 0.008}, o, 0.004, 0, {0.045, 0.03, 0.006}},
       {{0.035, 0.02, 0.01}, {0.045, 0.03, 0.07}, 0.012, 0.008},
       {{-0.03, -0.02, 0.0}, {-0.05, -0.03, -0.02}, 0.014, 0.01}},
  }};
}

Eigen::Matrix4d Translated(const Vector3d& xyz) {
  Eigen::Matrix4d m = Eigen::Matrix4d::Identity();
  m.topRightCorner<3, 1>() = xyz;
  return m;
}

// About a unit axis, by Rodrigues' formula.
Eigen::Matrix4d Turned(const Vector3d& u, double angle_rad) {
  Eigen::Matrix3d cross;
  cross << 0, -u.z(), u.y(), u.z(), 0, -u.x(), -u.y(), u.x(), 0;
  Eigen::Matrix4d m = Eigen::Matrix4d::Identity();
  m.topLeftCorner<3, 3>() +=
      std::sin(angle_rad) * cross + (1 - std::cos(angle_rad)) * cross * cross;
  return m;
}

}  // namespace

RobotArm MakeRobotArm() {
  const Vector3d x(1, 0, 0), y(0, 1, 0), z(0, 0, 1), none(0, 0, 0);
  RobotArm arm;
  arm.joints = {{
      {{0, 0, 0.18}, none, z, -2.9, 2.9},
      {{0.06, 0.03, 0.12}, {0.04, 0, 0.3}, y, -1.6, 1.9},
      {{0, -0.04, 0.38}, {0.05, -0.1, 0.15}, y, -2.2, 2.2},
      {{0.14, 0, 0.05}, {0.1, 1.5, -0.2}, z, -3.0, 3.0},
      {{0, 0.02, 0.22}, {0, -0.1, 0.05}, y, -2.0, 2.0},
      {{0.03, 0, 0.13}, {-0.08, 0.06, 0}, z, -3.1, 3.1},
      {{0, 0, 0.1}, {0, 0, 0.5}, x, 0, 0},
  }};
  const auto pieces = PiecesOfLinks();
  for (size_t i = 0; i < pieces.size(); ++i) {
    const double unit = i == 2 ? 0.001 : 1;
    arm.links.push_back(Polygonize(pieces[i], unit));
  }
  return arm;
}

ArmPoses ArmLinkPoses(const RobotArm& arm, const ArmState& positions_rad) {
  ArmPoses poses;
  poses[0] = Eigen::Matrix4d::Identity();
  for (int i = 0; i <= kArmJoints; ++i) {
    const ArmJoint& joint = arm.joints[i];
    const Eigen::Matrix4d rotation = Turned(Vector3d::UnitZ(), joint.rpy_rad[2]) *
                                     Turned(Vector3d::UnitY(), joint.rpy_rad[1]) *
                                     Turned(Vector3d::UnitX(), joint.rpy_rad[0]);
    poses[i + 1] = poses[i] * Translated(joint.xyz) * rotation;
    if (i < kArmJoints) poses[i + 1] = poses[i + 1] * Turned(joint.axis, positions_rad[i]);
  }
  return poses;
}

TriangleMesh PosedArm(const RobotArm& arm, const ArmState& positions_rad) {
  const ArmPoses poses = ArmLinkPoses(arm, positions_rad);
  TriangleMesh all;
  for (size_t i = 0; i < arm.links.size(); ++i) {
    const int32_t first = static_cast<int32_t>(all.vertices.size());
    for (const Vector3d& v : arm.links[i].vertices) {
      all.vertices.push_back(poses[i].topLeftCorner<3, 3>() * v + poses[i].topRightCorner<3, 1>());
    }
    for (const auto& f : arm.links[i].faces) {
      all.faces.push_back({f[0] + first, f[1] + first, f[2] + first});
    }
  }
  return all;
}

}  // namespace ceres_align
