#include "ceres_align/synth/rooster_field.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <limits>

namespace ceres_align {
namespace {

using Eigen::Vector3d;

// A minimum whose corner is rounded over |a − b| < width (polynomial, C1).
double SmoothMin(double a, double b, double width) {
  const double h = std::max(width - std::abs(a - b), 0.0) / width;
  return std::min(a, b) - 0.25 * h * h * width;
}

double Radians(double degrees) { return degrees * M_PI / 180; }

}  // namespace

RoosterField::RoosterField() {
  AddTrunk();
  AddHead();
  AddTail();
  AddWings();
  AddLegs();
}

double RoosterField::operator()(const Vector3d& p) const {
  double distance = std::numeric_limits<double>::max();
  for (const Part& part : parts_) {
    // A part this far away cannot change the minimum.
    const double reach = distance + part.blend + part.bound_radius;
    if (reach < 1e100 && (p - part.bound_center).squaredNorm() > reach * std::abs(reach)) continue;
    double d = std::numeric_limits<double>::max();
    for (const Primitive& primitive : part.primitives) d = std::min(d, primitive.Distance(p));
    distance = SmoothMin(distance, d, part.blend);
  }
  return distance;
}

double RoosterField::Primitive::Distance(const Vector3d& p) const {
  const Vector3d q = p - origin;
  if (ellipsoid) {
    const double k0 = (to_unit * q).norm();
    const double k1 = (to_gradient * q).norm();
    return k1 > 0 ? k0 * (k0 - 1) / k1 : -radius;
  }
  // The sphere of the family that is nearest to p has its centre at `s` along the axis.
  const double x = q.dot(axis);
  const double y = (q - x * axis).norm();
  const double s = std::clamp(x + slope * y / cosine, 0.0, length);
  return std::sqrt((x - s) * (x - s) + y * y) - (radius + slope * s);
}

void RoosterField::Tube(const std::vector<Knot>& knots, double blend) {
  // Catmull–Rom through the knots, then cones between points of the curve.
  constexpr int kSteps = 6;
  const int last = static_cast<int>(knots.size()) - 1;
  std::vector<Knot> curve = {knots[0]};
  for (int i = 0; i < last; ++i) {
    const Knot &p0 = knots[std::max(i - 1, 0)], &p1 = knots[i], &p2 = knots[i + 1],
               &p3 = knots[std::min(i + 2, last)];
    const int steps = last == 1 ? 1 : kSteps;
    for (int k = 1; k <= steps; ++k) {
      const double t = static_cast<double>(k) / steps;
      const double w0 = 0.5 * t * (t * (2 - t) - 1), w1 = 0.5 * (t * t * (3 * t - 5) + 2);
      const double w2 = 0.5 * t * (t * (4 - 3 * t) + 1), w3 = 0.5 * t * t * (t - 1);
      curve.push_back(
          {w0 * p0.at + w1 * p1.at + w2 * p2.at + w3 * p3.at, (1 - t) * p1.radius + t * p2.radius});
    }
  }
  Part part;
  part.blend = blend;
  for (const Knot& knot : curve) part.bound_center += knot.at / static_cast<double>(curve.size());
  for (size_t i = 0; i < curve.size(); ++i) {
    part.bound_radius =
        std::max(part.bound_radius, (curve[i].at - part.bound_center).norm() + curve[i].radius);
    if (i == 0) continue;
    Primitive cone;
    cone.origin = curve[i - 1].at;
    cone.axis = curve[i].at - cone.origin;
    cone.length = cone.axis.norm();
    cone.axis /= cone.length;
    cone.radius = curve[i - 1].radius;
    cone.slope = (curve[i].radius - cone.radius) / cone.length;
    cone.cosine = std::sqrt(1 - cone.slope * cone.slope);
    part.primitives.push_back(cone);
  }
  parts_.push_back(part);
}

void RoosterField::Ellipsoid(const Vector3d& center, const Vector3d& radii, double yaw_deg,
                             double pitch_deg, double roll_deg, double blend) {
  Primitive primitive;
  primitive.ellipsoid = true;
  primitive.origin = center;
  primitive.radius = radii.minCoeff();
  const Eigen::Matrix3d part_from_field =
      (Eigen::AngleAxisd(Radians(yaw_deg), Vector3d::UnitY()) *
       Eigen::AngleAxisd(Radians(pitch_deg), Vector3d::UnitZ()) *
       Eigen::AngleAxisd(Radians(roll_deg), Vector3d::UnitX()))
          .toRotationMatrix()
          .transpose();
  primitive.to_unit = radii.cwiseInverse().asDiagonal() * part_from_field;
  primitive.to_gradient = radii.cwiseAbs2().cwiseInverse().asDiagonal() * part_from_field;
  parts_.push_back({blend, center, radii.maxCoeff(), {primitive}});
}

void RoosterField::AddTrunk() {
  Ellipsoid({-1, -2.5, 0}, {11.5, 7.6, 6.6}, 0, 14, 0, 3);
  Ellipsoid({5.0, -0.5, 0}, {6.5, 7.2, 5.8}, 0, 20, 0, 4);  // breast
  // Neck with its hackle, bent towards the side to which the head turns.
  Tube({{{5.5, 1, 0}, 6.0}, {{8.4, 7, 0.3}, 4.3}, {{10.6, 12, 0.8}, 2.9}, {{11.6, 15, 1.2}, 2.3}},
       3);
}

void RoosterField::AddHead() {
  const Vector3d head(12.0, 16.0, 1.4);
  const double turn = Radians(35);
  const Vector3d ahead(std::cos(turn), 0, std::sin(turn)), up(0, 1, 0);
  const auto at = [&](double forward, double height, double side) -> Vector3d {
    return head + forward * ahead + height * up + side * ahead.cross(up);
  };
  Ellipsoid(head, {3.6, 2.8, 2.5}, -35, 0, 0, 1.5);
  Tube({{at(2.2, 0.1, 0), 1.7}, {at(5.0, -0.2, 0), 1.0}, {at(7.2, -1.5, 0), 0.4}}, 0.6);  // beak
  // Comb: five points, the middle one highest.
  const double forward[] = {2.3, 1.0, -0.4, -1.8, -3.0};
  const double lean[] = {0.9, 0.4, -0.2, -1.1, -2.1};
  const double height[] = {4.5, 6.1, 6.7, 5.9, 4.1};
  for (int i = 0; i < 5; ++i) {
    Tube({{at(forward[i] * 0.8, 1.9, 0), 1.3},
          {at(forward[i] + lean[i], height[i], 0.15 * i), 0.55}},
         0.5);
  }
  // Wattles, the right one longer, and an ear lobe on one side.
  Tube({{at(3.0, -1.5, 0.7), 0.8}, {at(3.6, -3.6, 0.9), 1.0}, {at(3.6, -5.8, 1.1), 1.3}}, 0.5);
  Tube({{at(2.8, -1.5, -0.7), 0.8}, {at(2.9, -3.2, -0.9), 0.9}, {at(2.7, -4.6, -1.1), 1.1}}, 0.5);
  Ellipsoid(at(-0.6, -1.6, 2.2), {0.9, 1.4, 0.7}, -35, 0, 0, 0.4);
}

void RoosterField::AddTail() {
  // The saddle, then sickle feathers that rise, arch backwards and hang; each on its own side.
  Tube({{{-6.5, 0, 0}, 5.2}, {{-12.5, 5, 0}, 2.8}}, 3);
  Tube({{{-11, 4.5, 0.6}, 2.2},
        {{-13.6, 12, 1.2}, 1.9},
        {{-17.2, 17, 1.9}, 1.6},
        {{-21.4, 16.6, 2.6}, 1.2},
        {{-24.2, 11.8, 3.3}, 0.6}},
       0.8);
  Tube({{{-11.5, 4, -0.8}, 2.1},
        {{-15.2, 9.4, -1.6}, 1.8},
        {{-19.2, 11.2, -2.4}, 1.4},
        {{-22.6, 8.4, -3.2}, 1.1},
        {{-24.4, 3.6, -3.8}, 0.6}},
       0.8);
  Tube({{{-11.5, 3, 1.2}, 2.0},
        {{-16, 6, 2.4}, 1.6},
        {{-19.8, 4.8, 3.2}, 1.2},
        {{-21.8, 0.2, 3.8}, 0.6}},
       0.8);
  Tube({{{-11, 2, -1.2}, 2.0}, {{-15.5, 2.2, -2.2}, 1.5}, {{-18.6, -1.8, -2.8}, 0.7}}, 0.8);
}

void RoosterField::AddWings() {
  // Folded on the right; lifted a little on the left, with the feathers' tips apart.
  Ellipsoid({-1.5, 0, 6.2}, {8.5, 4.6, 1.6}, 6, 16, 8, 0.8);
  Tube({{{-6, -2, 6.0}, 1.6}, {{-10, -3.6, 5.8}, 1.1}, {{-13, -5.8, 5.2}, 0.7}}, 0.8);
  Ellipsoid({-1.5, 1.5, -7.0}, {8.0, 4.4, 1.6}, -8, 10, -35, 0.8);
  Tube({{{-6, 0.5, -8.0}, 1.6}, {{-9.8, -0.2, -9.6}, 1.2}, {{-13, -1.8, -10.8}, 0.7}}, 0.8);
  Tube({{{-4, -0.5, -8.4}, 1.6}, {{-7.4, -2.0, -9.4}, 1.2}, {{-10.0, -4.4, -10.0}, 0.7}}, 0.8);
}

void RoosterField::AddLegs() {
  // Standing on the right leg.
  Tube({{{0, -6.5, 3.0}, 4.2}, {{1.2, -12.5, 3.2}, 1.6}}, 2);
  Tube({{{1.2, -12, 3.2}, 1.5}, {{0.3, -16.5, 3.3}, 0.95}, {{1.0, -21.2, 3.4}, 0.9}}, 0.8);
  Tube({{{0.5, -17.6, 3.2}, 0.7}, {{-1.9, -16.7, 2.5}, 0.4}}, 0.4);  // spur
  const Vector3d foot(1.0, -21.3, 3.4);
  Tube({{foot, 0.9}, {{4.0, -21.2, 3.6}, 0.75}, {{6.8, -21.9, 3.7}, 0.55}}, 0.4);
  Tube({{foot, 0.9}, {{3.3, -21.3, 5.6}, 0.7}, {{5.2, -21.9, 7.4}, 0.55}}, 0.4);
  Tube({{foot, 0.9}, {{3.5, -21.3, 1.5}, 0.7}, {{5.4, -21.9, -0.2}, 0.55}}, 0.4);
  Tube({{foot, 0.8}, {{-2.4, -21.9, 3.0}, 0.55}}, 0.4);
  // The left leg is raised: knee forward, shank back, toes hanging.
  Tube({{{2.5, -6.0, -3.0}, 4.0}, {{7.6, -9.4, -3.6}, 1.7}}, 2);
  Tube({{{7.4, -9.2, -3.6}, 1.6},
        {{9.3, -11.6, -3.7}, 1.2},
        {{8.6, -14.2, -3.7}, 0.95},
        {{7.4, -16.8, -3.8}, 0.9}},
       0.8);
  const Vector3d raised(7.4, -16.8, -3.8);
  Tube({{raised, 0.85}, {{9.6, -17.8, -3.8}, 0.7}, {{10.6, -19.9, -3.7}, 0.5}}, 0.4);
  Tube({{raised, 0.85}, {{8.8, -18.2, -5.6}, 0.7}, {{9.2, -20.2, -6.6}, 0.5}}, 0.4);
  Tube({{raised, 0.85}, {{8.8, -18.3, -2.0}, 0.7}, {{8.8, -20.2, -1.2}, 0.5}}, 0.4);
  Tube({{raised, 0.75}, {{5.2, -18.8, -4.0}, 0.5}}, 0.4);
}

}  // namespace ceres_align
