#include <Eigen/Geometry>
#include <array>
#include <cmath>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/shapes.h"

namespace ceres_align {
namespace {

using Eigen::Vector3d;

struct Bar {
  Vector3d from, to;
  double radius;
  int sides;  ///< 4: a square section
};

// A prism from one point to the other, refined along its length.
TriangleMesh MakeBar(const Bar& bar, int rings) {
  const Vector3d axis = bar.to - bar.from;
  TriangleMesh mesh = MakePrism(bar.radius, axis.norm(), bar.sides);
  const Eigen::Affine3d place =
      Eigen::Translation3d(0.5 * (bar.from + bar.to)) * RotationBetween(Vector3d::UnitZ(), axis);
  for (Vector3d& v : mesh.vertices) v = place * v;
  return SubdivideMidpoint(mesh, rings);
}

// A chair: splayed legs, two stretchers, a back of slats and wires, one arm.
std::vector<Bar> ChairBars() {
  return {{{-0.50, -1.30, -0.55}, {-0.36, 0.00, -0.40}, 0.045, 16},  // legs
          {{0.55, -1.30, -0.50}, {0.40, 0.00, -0.38}, 0.045, 16},
          {{0.52, -1.30, 0.58}, {0.38, 0.00, 0.40}, 0.045, 16},
          {{-0.54, -1.30, 0.52}, {-0.38, 0.00, 0.38}, 0.045, 16},
          {{-0.45, -0.80, -0.49}, {0.49, -0.75, -0.46}, 0.025, 12},  // stretchers
          {{0.48, -0.95, -0.47}, {0.48, -0.90, 0.53}, 0.025, 12},
          {{-0.42, 0.00, 0.38}, {-0.52, 1.30, 0.60}, 0.040, 16},  // back
          {{0.42, 0.00, 0.38}, {0.46, 1.15, 0.58}, 0.040, 16},
          {{-0.52, 1.28, 0.60}, {0.46, 1.13, 0.58}, 0.055, 4},
          {{-0.46, 0.70, 0.50}, {0.44, 0.62, 0.48}, 0.035, 4},
          {{-0.25, 0.00, 0.38}, {-0.28, 1.25, 0.59}, 0.018, 8},  // wires
          {{-0.05, 0.00, 0.38}, {-0.04, 1.20, 0.59}, 0.018, 8},
          {{0.18, 0.00, 0.38}, {0.22, 1.17, 0.59}, 0.018, 8},
          {{-0.47, 0.50, 0.47}, {-0.60, 0.52, -0.30}, 0.035, 12},  // arm
          {{-0.60, 0.54, -0.30}, {-0.40, 0.00, -0.34}, 0.030, 12}};
}

}  // namespace

TriangleMesh MakeThin(int faces) {
  CHECK_GE(faces, 100);
  TriangleMesh seat = MakeCube(1);
  for (Vector3d& v : seat.vertices) v = v.cwiseProduct(Vector3d(0.94, 0.05, 0.92));
  // The level that comes nearest, in ratio; a level has four times the faces of the one before.
  double base = static_cast<double>(seat.faces.size());
  for (const Bar& bar : ChairBars()) base += 4 * bar.sides - 4;
  int level = 0;
  while (base * std::pow(4, level) * 2 < faces) ++level;
  TriangleMesh all = SubdivideMidpoint(seat, level);
  for (const Bar& bar : ChairBars()) all = Concatenate(all, MakeBar(bar, level));
  return all;
}

}  // namespace ceres_align
