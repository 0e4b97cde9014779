// The rooster as a scalar field: a smooth union of ellipsoids and round cones. Internal to synth.
#pragma once

#include <Eigen/Core>
#include <vector>

namespace ceres_align {

/// Frame: x forward, y up, z to the rooster's right; the surface lies inside the box.
class RoosterField {
 public:
  RoosterField();
  /// About the signed distance; negative inside.
  double operator()(const Eigen::Vector3d& p) const;

  static Eigen::Vector3d BoxLow() { return {-27, -26, -15}; }
  static Eigen::Vector3d BoxHigh() { return {24, 27, 16}; }

 private:
  /// The hull of two spheres, or the unit sphere under an affine map.
  struct Primitive {
    bool ellipsoid = false;
    Eigen::Vector3d origin = Eigen::Vector3d::Zero();
    // Round cone: from the origin along the unit axis; radius at the origin, its fall per length.
    Eigen::Vector3d axis = Eigen::Vector3d::Zero();
    double length = 0, radius = 0, slope = 0, cosine = 1;
    // Ellipsoid: to_unit maps p − origin to the unit sphere, to_gradient has 1/r² for 1/r.
    Eigen::Matrix3d to_unit = Eigen::Matrix3d::Zero(), to_gradient = Eigen::Matrix3d::Zero();
    double Distance(const Eigen::Vector3d& p) const;
  };
  /// The union of some primitives, which melts into the parts before it over the width `blend`.
  struct Part {
    double blend = 0;
    Eigen::Vector3d bound_center = Eigen::Vector3d::Zero();
    double bound_radius = 0;
    std::vector<Primitive> primitives;
  };
  struct Knot {
    Eigen::Vector3d at;
    double radius;
  };

  /// Round cones along a smooth curve through the knots.
  void Tube(const std::vector<Knot>& knots, double blend);
  /// Radii along the part's own axes x, y, z, which are turned by yaw (about y), pitch (about
  /// z), roll (about x): R = yaw·pitch·roll.
  void Ellipsoid(const Eigen::Vector3d& center, const Eigen::Vector3d& radii, double yaw_deg,
                 double pitch_deg, double roll_deg, double blend);

  void AddTrunk();
  void AddHead();
  void AddTail();
  void AddWings();
  void AddLegs();

  std::vector<Part> parts_;
};

}  // namespace ceres_align
