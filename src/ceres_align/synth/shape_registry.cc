#include <algorithm>
#include <cmath>
#include <functional>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/rooster.h"
#include "ceres_align/synth/scan.h"
#include "ceres_align/synth/shapes.h"

namespace ceres_align {
namespace {

struct Shape {
  const char* name;
  std::function<TriangleMesh(int faces, uint64_t seed)> make;
};

int RootOf(double x, int at_least) {
  return std::max(at_least, static_cast<int>(std::lround(std::sqrt(x))));
}

// Levels of 1:4 subdivision that come nearest to `faces` from `base`, in ratio.
int Levels(double base, double faces) {
  return std::max(0, static_cast<int>(std::lround(std::log2(std::max(1.0, faces / base)) / 2)));
}

TriangleMesh Subdivided(const TriangleMesh& base, int faces) {
  return SubdivideMidpoint(base, Levels(static_cast<double>(base.faces.size()), faces));
}

// A scan of another shape; a patchy one has holes and fragments.
std::function<TriangleMesh(int, uint64_t)> ScanOf(const char* shape, bool patchy = false) {
  return [shape, patchy](int faces, uint64_t seed) {
    ScanOptions options;
    options.target_faces = faces;
    options.holes = patchy ? 6 : 0;
    options.fragments = patchy ? 20 : 0;
    options.seed = seed;
    return MakeScanOfShape(shape, options);
  };
}

const std::vector<Shape>& Shapes() {
  static const auto* shapes = new std::vector<Shape>{
      {"rooster", [](int n, uint64_t) { return MakeRooster(n); }},
      {"cube", [](int n, uint64_t) { return Subdivided(MakeCube(), n); }},
      {"uv_sphere",
       [](int n, uint64_t) {
         const int rings = RootOf(n / 4.0, 2);
         return MakeUvSphere(1, rings, 2 * rings);
       }},
      {"icosphere", [](int n, uint64_t) { return MakeIcosphere(1, Levels(20, n)); }},
      {"cylinder", [](int n, uint64_t) { return MakeCylinder(0.6, 2, std::max(3, n / 4 + 1)); }},
      {"prism", [](int n, uint64_t) { return Subdivided(MakePrism(0.8, 2, 7), n); }},
      {"torus",
       [](int n, uint64_t) {
         const int tube = RootOf(n / 4.0, 3);
         return MakeTorus(1, 0.35, 2 * tube, tube);
       }},
      {"l_bracket", [](int n, uint64_t) { return Subdivided(MakeLBracket(), n); }},
      {"blob", [](int n, uint64_t seed) { return MakeBumpyBlob(std::max(n, 8), seed); }},
      {"multi_part", [](int n, uint64_t) { return MakeMultiPart(std::max(n, 100)); }},
      {"thin", [](int n, uint64_t) { return MakeThin(std::max(n, 100)); }},
      {"hemisphere",
       [](int n, uint64_t) {
         const int rings = RootOf(n / 8.0, 1);
         return MakeHemisphere(1, rings, std::max(3, 4 * rings));
       }},
      {"sheet",
       [](int n, uint64_t) {
         const int rows = RootOf(n / 2.0, 1);
         return MakeSheet(2, 1.5, rows, rows);
       }},
      {"soup", [](int n, uint64_t seed) { return MakeTriangleSoup(n, seed); }},
      {"scan_rooster", ScanOf("rooster")},
      {"scan_blob", ScanOf("blob")},
      {"scan_thin", ScanOf("thin")},
      {"scan_multi_part", ScanOf("multi_part")},
      {"scan_rooster_patchy", ScanOf("rooster", true)},
      {"blob_flipped",
       [](int n, uint64_t seed) {
         return FlipRandomWinding(MakeBumpyBlob(std::max(n, 8), seed), 0.5, seed + 1);
       }},
      {"blob_holes",
       [](int n, uint64_t seed) {
         return RemoveRandomFaces(MakeBumpyBlob(std::max(n, 8), seed), 0.1, seed + 1);
       }},
      {"blob_fins",
       [](int n, uint64_t seed) {
         return AddFins(MakeBumpyBlob(std::max(n, 8), seed), std::max(1, n / 50), 3, seed + 1);
       }},
      {"blob_unwelded",
       [](int n, uint64_t seed) { return Unweld(MakeBumpyBlob(std::max(n, 8), seed)); }},
      {"blob_slivers",
       [](int n, uint64_t seed) {
         const TriangleMesh blob = MakeBumpyBlob(std::max(n, 8), seed);
         return AddSliversAndTJunctions(blob, static_cast<int>(blob.faces.size()) / 10, seed + 1);
       }},
  };
  return *shapes;
}

}  // namespace

std::vector<std::string> ShapeNames() {
  std::vector<std::string> names;
  for (const Shape& shape : Shapes()) names.emplace_back(shape.name);
  return names;
}

TriangleMesh MakeShape(const std::string& name, int64_t target_faces, uint64_t seed) {
  if (target_faces <= 0 || target_faces > 500'000'000) {
    throw InputError("a mesh of " + std::to_string(target_faces) +
                     " faces cannot be made; 1 to 500000000 can");
  }
  for (const Shape& shape : Shapes()) {
    if (name == shape.name) return shape.make(static_cast<int>(target_faces), seed);
  }
  std::string known;
  for (const std::string& other : ShapeNames()) known += (known.empty() ? "" : ", ") + other;
  throw InputError("there is no shape " + Quoted(name) + "; there are " + known);
}

}  // namespace ceres_align
