#include "ceres_align/synth/rooster.h"

#include <Eigen/Geometry>
#include <cmath>
#include <string>

#include "ceres_align/base/error.h"
#include "ceres_align/synth/decimate.h"
#include "ceres_align/synth/implicit_surface.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/rooster_field.h"

namespace ceres_align {
namespace {

using Eigen::Vector3d;

constexpr int64_t kMinFaces = 1000, kMaxFaces = 10'000'000;
/// Grids of this many faces and more resolve every part of the surface.
constexpr int64_t kMinBaseFaces = 28'000;
/// Faces of the polygonized surface times the square of the grid's cell: 7916 within 1 %.
constexpr double kFacesTimesCellSquared = 7916;

// The surface at about `faces` faces: of one piece, a closed manifold without handles.
TriangleMesh Polygonize(const ScalarField& field, int64_t faces) {
  double cell = std::sqrt(kFacesTimesCellSquared / static_cast<double>(faces));
  // A grid may by chance bridge two toes or feathers; another one nearby does not.
  for (int attempt = 0; attempt < 8; ++attempt, cell *= 0.995) {
    TriangleMesh mesh =
        PolygonizeSurface(field, RoosterField::BoxLow(), RoosterField::BoxHigh(), cell);
    const Connectivity shape = Analyze(mesh);
    if (shape.closed_manifold() && shape.components == 1 && shape.euler == 2) return mesh;
  }
  LOG(FATAL) << "no grid of about " << faces << " faces resolves the rooster";
  return {};
}

}  // namespace

TriangleMesh MakeRooster(int64_t target_faces) {
  if (target_faces < kMinFaces || target_faces > kMaxFaces) {
    throw InputError("the rooster has 1000 to 10000000 faces, not " + std::to_string(target_faces));
  }
  const RoosterField rooster;
  const ScalarField field = [&rooster](const Vector3d& p) { return rooster(p); };
  TriangleMesh mesh;
  if (target_faces < kMinBaseFaces) {
    mesh = DecimateManifold(Polygonize(field, 5 * kMinBaseFaces / 4), target_faces);
  } else {
    int levels = 0;
    while (target_faces >> 2 * (levels + 1) >= kMinBaseFaces) ++levels;
    mesh = Polygonize(field, target_faces >> 2 * levels);
    for (int level = 0; level < levels; ++level) mesh = RefineOnSurface(mesh, field);
  }
  const Vector3d center(-3.4, 0.4, -1.7);
  const double half_sqrt3 = std::sqrt(0.75);  // cos 30°, and sin 30° = ½: no libm's rounding
  for (Vector3d& v : mesh.vertices) {
    const Vector3d p = v - center;
    v = {half_sqrt3 * p.x() + 0.5 * p.z(), p.y(), half_sqrt3 * p.z() - 0.5 * p.x()};
  }
  return mesh;
}

}  // namespace ceres_align
