// Procedural meshes for tests, benchmarks and the demo. Closed shapes wind counter-clockwise
// seen from outside. Everything is centred at the origin unless said; units are arbitrary.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ceres_align/geometry/mesh.h"

namespace ceres_align {

/// Closed manifolds.
TriangleMesh MakeCube(double side = 2);                             ///< 12 faces
TriangleMesh MakeUvSphere(double radius, int rings, int segments);  ///< rings >= 2
TriangleMesh MakeIcosphere(double radius, int levels);              ///< 20·4^levels
/// Capped; axis along z, from −height/2 to height/2. sides >= 3.
TriangleMesh MakePrism(double radius, double height, int sides);
TriangleMesh MakeCylinder(double radius, double height, int sides = 64);
/// Axis along z.
TriangleMesh MakeTorus(double ring_radius, double tube_radius, int ring_segments,
                       int tube_segments);
/// Two arms of different length with a square section, extruded along z; 20 faces, centred
/// roughly.
TriangleMesh MakeLBracket();
/// A sphere with seeded smooth bumps of about ±25 % and no symmetry; about `faces` faces
/// (an icosphere's count or a uv-sphere's nearest to it).
TriangleMesh MakeBumpyBlob(int faces, uint64_t seed, double radius = 1);
/// Several closed parts that overlap or stand apart (a body, an arm, a ring, a box), asymmetric;
/// about `faces` faces, bounding radius about 2.
TriangleMesh MakeMultiPart(int faces);
/// A chair without any symmetry, of bars and wires of 0.018 to 0.055 radius that overlap, about 2.6
/// tall: 16 closed parts, 664·4^n faces, the count nearest to `faces` (in ratio).
TriangleMesh MakeThin(int faces);

/// Open surfaces.
TriangleMesh MakeHemisphere(double radius, int rings, int segments);         ///< z >= 0, open below
TriangleMesh MakeSheet(double width, double height, int columns, int rows);  ///< in z = 0

/// `faces` unconnected random triangles with corners within `size` of a random centre in the unit
/// ball.
TriangleMesh MakeTriangleSoup(int faces, uint64_t seed, double size = 0.3);

/// The names MakeShape knows, in the order in which --list prints them.
std::vector<std::string> ShapeNames();
/// A shape by name with about `target_faces` faces (shapes with a fixed count ignore it).
/// Throws InputError for an unknown name or a count that is not positive.
TriangleMesh MakeShape(const std::string& name, int64_t target_faces, uint64_t seed);

}  // namespace ceres_align
