// Balls inside a solid: what they project to is covered, whatever the folds in front of them.
#pragma once

#include <cstdint>
#include <vector>

#include "ceres_align/base/hd.h"

namespace ceres_align {

struct ContourMesh;

struct InnerBall {
  Vec3 center;  ///< relative to the mesh's centre, object's axes
  double radius;
};
/// A box around an opening of the surface and the cone that would close it.
struct OpeningBox {
  Vec3 low, high;
};

/// Every ray from a point of a ball to infinity, in either direction, hits the mesh or leaves
/// through an opening's cone. So a line of sight that meets a ball and no opening's box hits the
/// mesh, and where it meets a box, nothing is said.
struct InnerBalls {
  std::vector<InnerBall> balls;  ///< by size, the largest first
  std::vector<OpeningBox> openings;
};

/// Balls that reach to about two edge lengths below the surface of a mesh with many folds; none
/// for a smooth mesh, which has few contour edges to save, for a soup, or where more is open than
/// closed. Deterministic. Uses the mesh's vertices, faces, planes, edges and irregular edges.
InnerBalls FindInnerBalls(const ContourMesh& mesh);

}  // namespace ceres_align
