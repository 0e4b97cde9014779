#include "ceres_align/synth/shapes.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "ceres_align/base/error.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/random.h"

namespace ceres_align {
namespace {

using Eigen::Vector3d;

// Two triangles of a quad whose corners are counter-clockwise seen from outside.
void AddQuad(int32_t a, int32_t b, int32_t c, int32_t d, TriangleMesh* mesh) {
  mesh->faces.push_back({a, b, c});
  mesh->faces.push_back({a, c, d});
}

// A polygon in the (x, y) plane, star-shaped seen from each of `fan_order`'s triangles,
// extruded from −half to half along z. `caps` triangulates it, counter-clockwise from +z.
TriangleMesh Extrude(const std::vector<Eigen::Vector2d>& outline,
                     const std::vector<std::array<int32_t, 3>>& caps, double half) {
  TriangleMesh mesh;
  const int32_t n = static_cast<int32_t>(outline.size());
  for (double z : {-half, half}) {
    for (const Eigen::Vector2d& p : outline) mesh.vertices.emplace_back(p.x(), p.y(), z);
  }
  for (const auto& [a, b, c] : caps) {
    mesh.faces.push_back({a, c, b});
    mesh.faces.push_back({a + n, b + n, c + n});
  }
  for (int32_t i = 0; i < n; ++i) {
    const int32_t j = (i + 1) % n;
    AddQuad(i, j, j + n, i + n, &mesh);
  }
  return mesh;
}

// Rings of `segments` vertices from `first_ring` to the equator or the south pole, north first.
TriangleMesh SphereRings(double radius, int rings, int last_ring, int segments) {
  TriangleMesh mesh;
  mesh.vertices.emplace_back(0, 0, radius);
  for (int ring = 1; ring <= last_ring; ++ring) {
    const double polar = M_PI * ring / rings;
    for (int s = 0; s < segments; ++s) {
      const double azimuth = 2 * M_PI * s / segments;
      mesh.vertices.emplace_back(radius * Vector3d(std::sin(polar) * std::cos(azimuth),
                                                   std::sin(polar) * std::sin(azimuth),
                                                   std::cos(polar)));
    }
  }
  const auto at = [&](int ring, int s) { return 1 + (ring - 1) * segments + s % segments; };
  for (int s = 0; s < segments; ++s) {
    mesh.faces.push_back({0, at(1, s), at(1, s + 1)});
    for (int ring = 1; ring < last_ring; ++ring) {
      AddQuad(at(ring, s), at(ring + 1, s), at(ring + 1, s + 1), at(ring, s + 1), &mesh);
    }
  }
  return mesh;
}

void Transform(const Eigen::Affine3d& target_from_source, TriangleMesh* mesh) {
  for (Vector3d& v : mesh->vertices) v = target_from_source * v;
}

TriangleMesh Icosahedron() {
  const double g = (1 + std::sqrt(5.0)) / 2;
  TriangleMesh mesh;
  mesh.vertices = {{-1, g, 0},  {1, g, 0},  {-1, -g, 0}, {1, -g, 0}, {0, -1, g},  {0, 1, g},
                   {0, -1, -g}, {0, 1, -g}, {g, 0, -1},  {g, 0, 1},  {-g, 0, -1}, {-g, 0, 1}};
  mesh.faces = {{0, 11, 5},  {0, 5, 1},  {0, 1, 7},  {0, 7, 10}, {0, 10, 11}, {1, 5, 9}, {5, 11, 4},
                {11, 10, 2}, {10, 7, 6}, {7, 1, 8},  {3, 9, 4},  {3, 4, 2},   {3, 2, 6}, {3, 6, 8},
                {3, 8, 9},   {4, 9, 5},  {2, 4, 11}, {6, 2, 10}, {8, 6, 7},   {9, 8, 1}};
  return mesh;
}

}  // namespace

TriangleMesh MakeCube(double side) {
  return Extrude(
      {{-side / 2, -side / 2}, {side / 2, -side / 2}, {side / 2, side / 2}, {-side / 2, side / 2}},
      {{0, 1, 2}, {0, 2, 3}}, side / 2);
}

TriangleMesh MakeUvSphere(double radius, int rings, int segments) {
  CHECK_GE(rings, 2);
  CHECK_GE(segments, 3);
  TriangleMesh mesh = SphereRings(radius, rings, rings - 1, segments);
  const int32_t south = static_cast<int32_t>(mesh.vertices.size());
  mesh.vertices.emplace_back(0, 0, -radius);
  const int32_t first = south - segments;
  for (int s = 0; s < segments; ++s) {
    mesh.faces.push_back({first + s, south, first + (s + 1) % segments});
  }
  return mesh;
}

TriangleMesh MakeIcosphere(double radius, int levels) {
  TriangleMesh mesh = Icosahedron();
  for (int level = 0;; ++level) {
    for (Vector3d& v : mesh.vertices) v *= radius / v.norm();
    if (level >= levels) return mesh;
    mesh = SubdivideMidpoint(mesh, 1);
  }
}

TriangleMesh MakePrism(double radius, double height, int sides) {
  CHECK_GE(sides, 3);
  std::vector<Eigen::Vector2d> outline;
  std::vector<std::array<int32_t, 3>> caps;
  for (int i = 0; i < sides; ++i) {
    const double azimuth = 2 * M_PI * i / sides;
    outline.emplace_back(radius * std::cos(azimuth), radius * std::sin(azimuth));
    if (i >= 2) caps.push_back({0, i - 1, i});
  }
  return Extrude(outline, caps, height / 2);
}

TriangleMesh MakeCylinder(double radius, double height, int sides) {
  return MakePrism(radius, height, sides);
}

TriangleMesh MakeTorus(double ring_radius, double tube_radius, int ring_segments,
                       int tube_segments) {
  CHECK_GE(ring_segments, 3);
  CHECK_GE(tube_segments, 3);
  TriangleMesh mesh;
  for (int r = 0; r < ring_segments; ++r) {
    const double u = 2 * M_PI * r / ring_segments;
    for (int t = 0; t < tube_segments; ++t) {
      const double v = 2 * M_PI * t / tube_segments;
      const double rho = ring_radius + tube_radius * std::cos(v);
      mesh.vertices.emplace_back(rho * std::cos(u), rho * std::sin(u), tube_radius * std::sin(v));
    }
  }
  const auto at = [&](int r, int t) {
    return (r % ring_segments) * tube_segments + t % tube_segments;
  };
  for (int r = 0; r < ring_segments; ++r) {
    for (int t = 0; t < tube_segments; ++t) {
      AddQuad(at(r, t), at(r + 1, t), at(r + 1, t + 1), at(r, t + 1), &mesh);
    }
  }
  return mesh;
}

TriangleMesh MakeLBracket() {
  return Extrude({{-0.7, -1}, {1.1, -1}, {1.1, -0.4}, {-0.1, -0.4}, {-0.1, 1.3}, {-0.7, 1.3}},
                 {{0, 1, 2}, {0, 2, 3}, {0, 3, 4}, {0, 4, 5}}, 0.35);
}

TriangleMesh MakeHemisphere(double radius, int rings, int segments) {
  CHECK_GE(rings, 1);
  CHECK_GE(segments, 3);
  return SphereRings(radius, 2 * rings, rings, segments);
}

TriangleMesh MakeSheet(double width, double height, int columns, int rows) {
  CHECK_GE(columns, 1);
  CHECK_GE(rows, 1);
  TriangleMesh mesh;
  for (int r = 0; r <= rows; ++r) {
    for (int c = 0; c <= columns; ++c) {
      mesh.vertices.emplace_back(width * (static_cast<double>(c) / columns - 0.5),
                                 height * (static_cast<double>(r) / rows - 0.5), 0);
    }
  }
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      const int32_t v = r * (columns + 1) + c;
      AddQuad(v, v + 1, v + columns + 2, v + columns + 1, &mesh);
    }
  }
  return mesh;
}

TriangleMesh MakeTriangleSoup(int faces, uint64_t seed, double size) {
  CHECK_GE(faces, 0);
  Random random(seed);
  TriangleMesh mesh;
  for (int f = 0; f < faces; ++f) {
    const Vector3d center = std::sqrt(random.Uniform()) * random.UnitVector();
    for (int i = 0; i < 3; ++i) {
      mesh.vertices.emplace_back(center + size * random.Uniform(0.3, 1) * random.UnitVector());
    }
    mesh.faces.push_back({3 * f, 3 * f + 1, 3 * f + 2});
  }
  return mesh;
}

TriangleMesh MakeBumpyBlob(int faces, uint64_t seed, double radius) {
  CHECK_GE(faces, 8);
  Random random(seed);
  // Waves of low degree in random directions; the odd phases leave no symmetry.
  struct Wave {
    Vector3d frequency;
    double phase, amplitude;
  };
  std::vector<Wave> waves;
  for (int i = 0; i < 14; ++i) {
    const double frequency = random.Uniform(1, 4.5);
    waves.push_back({frequency * random.UnitVector(), random.Uniform(0, 2 * M_PI),
                     random.Uniform(0.5, 1) * 0.15 / std::sqrt(frequency)});
  }
  // 2·segments·(rings − 1) faces with segments = 2·rings.
  const int rings = std::max(2, static_cast<int>(std::lround(0.5 + std::sqrt(faces / 4.0))));
  TriangleMesh mesh = MakeUvSphere(1, rings, 2 * rings);
  for (Vector3d& v : mesh.vertices) {
    double bump = 0;
    for (const Wave& w : waves) bump += w.amplitude * std::sin(w.frequency.dot(v) + w.phase);
    v *= radius * std::exp(bump);
  }
  return mesh;
}

TriangleMesh MakeMultiPart(int faces) {
  CHECK_GE(faces, 100);
  const auto rings = [](double count) {
    return std::max(3, static_cast<int>(std::lround(std::sqrt(count) / 2)));
  };
  const int body_rings = rings(0.4 * faces), arm_rings = rings(0.2 * faces);
  const int ring_segments = std::max(4, static_cast<int>(std::lround(std::sqrt(0.3 * faces))));
  TriangleMesh body = MakeUvSphere(1, body_rings, 2 * body_rings);
  Transform(Eigen::Affine3d(Eigen::Scaling(1.1, 0.7, 0.8)), &body);
  TriangleMesh arm = MakeUvSphere(1, arm_rings, 2 * arm_rings);
  Transform(Eigen::Translation3d(0.9, 0.6, 0.2) *
                Eigen::AngleAxisd(0.9, Vector3d(0.2, 0.3, 1).normalized()) *
                Eigen::Scaling(0.9, 0.22, 0.3),
            &arm);
  TriangleMesh ring = MakeTorus(0.45, 0.13, ring_segments, std::max(3, ring_segments / 2));
  Transform(Eigen::Translation3d(-1.2, 0.3, -0.1) *
                Eigen::AngleAxisd(0.7, Vector3d(1, 0.4, -0.2).normalized()),
            &ring);
  TriangleMesh box = MakeCube(0.5);
  Transform(Eigen::Translation3d(0.3, -1.25, 0.5) *
                Eigen::AngleAxisd(0.5, Vector3d(0.3, 1, 0.6).normalized()) *
                Eigen::Scaling(1.0, 0.8, 1.7),
            &box);
  return Concatenate(Concatenate(body, arm), Concatenate(ring, box));
}

}  // namespace ceres_align
