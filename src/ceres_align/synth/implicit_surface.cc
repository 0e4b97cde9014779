#include "ceres_align/synth/implicit_surface.h"

#include <Eigen/Geometry>
#include <array>
#include <cmath>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/synth/grid_cell.h"
#include "ceres_align/synth/mesh_damage.h"

namespace ceres_align {
namespace {

using Eigen::Vector3d;
using Eigen::Vector3i;

Vector3d Gradient(const ScalarField& field, const Vector3d& p, double step) {
  Vector3d gradient;
  for (int axis = 0; axis < 3; ++axis) {
    const Vector3d offset = step * Vector3d::Unit(axis);
    gradient[axis] = (field(p + offset) - field(p - offset)) / (2 * step);
  }
  return gradient;
}

// Newton along the gradient, no farther than `limit` from the start.
Vector3d ProjectAlongGradient(const ScalarField& field, const Vector3d& start, double limit) {
  Vector3d p = start;
  for (int i = 0; i < 4; ++i) {
    const Vector3d gradient = Gradient(field, p, 1e-4 * limit);
    const double squared = gradient.squaredNorm();
    if (squared < 1e-6) break;
    const Vector3d next = p - field(p) / squared * gradient;
    if ((next - start).norm() > limit) break;
    p = next;
  }
  return p;
}

// Secant steps along a unit direction; at most `limit` from the start.
Vector3d ProjectAlongDirection(const ScalarField& field, const Vector3d& start,
                               const Vector3d& direction, double limit) {
  double s0 = 0, f0 = field(start);
  double s1 = -f0;
  for (int i = 0; i < 6; ++i) {
    if (std::abs(s1) > limit) return start;
    const double f1 = field(start + s1 * direction);
    if (std::abs(f1) < 1e-10 * limit || f1 == f0) break;
    const double s2 = s1 - f1 * (s1 - s0) / (f1 - f0);
    s0 = s1;
    f0 = f1;
    s1 = s2;
  }
  return std::abs(s1) > limit ? start : start + s1 * direction;
}

std::vector<Vector3d> VertexNormals(const TriangleMesh& mesh) {
  std::vector<Vector3d> normals(mesh.vertices.size(), Vector3d::Zero());
  for (const auto& [a, b, c] : mesh.faces) {
    const Vector3d normal =
        (mesh.vertices[b] - mesh.vertices[a]).cross(mesh.vertices[c] - mesh.vertices[a]);
    for (int32_t v : {a, b, c}) normals[v] += normal;
  }
  for (Vector3d& normal : normals) {
    if (normal.squaredNorm() > 0) normal.normalize();
  }
  return normals;
}

Vector3i CornerOffset(int corner) { return {corner & 1, corner >> 1 & 1, corner >> 2}; }

// Which crossed edges of a cell belong to one sheet of the surface, given the corners inside.
// A face with two inside corners on its diagonal keeps them apart, seen from both its cells.
// Returns the number of sheets.
int LabelSheets(int inside, std::array<int8_t, 12>* sheet) {
  std::array<std::array<int, 2>, 12> links;
  std::array<int, 12> link_count{};
  const auto link = [&](int a, int b) {
    links[a][link_count[a]++] = b;
    links[b][link_count[b]++] = a;
  };
  for (int face = 0; face < 6; ++face) {
    const int axis = face / 2, side = face % 2;
    const std::array<int, 4> ring = {CornerOf(axis, side, 0, 0), CornerOf(axis, side, 1, 0),
                                     CornerOf(axis, side, 1, 1), CornerOf(axis, side, 0, 1)};
    const auto is_inside = [&](int i) { return (inside >> ring[i & 3] & 1) != 0; };
    // From each entry into the inside, round the face, to the next exit.
    for (int i = 0; i < 4; ++i) {
      if (is_inside(i) || !is_inside(i + 1)) continue;
      int exit = i + 1;
      while (is_inside(exit + 1)) ++exit;
      link(EdgeBetween(ring[i], ring[(i + 1) & 3]),
           EdgeBetween(ring[exit & 3], ring[(exit + 1) & 3]));
    }
  }
  sheet->fill(-1);
  int sheets = 0;
  for (int start = 0; start < 12; ++start) {
    if (link_count[start] == 0 || (*sheet)[start] >= 0) continue;
    for (int at = start; (*sheet)[at] < 0;) {
      (*sheet)[at] = static_cast<int8_t>(sheets);
      at = (*sheet)[links[at][0]] < 0 ? links[at][0] : links[at][1];
    }
    ++sheets;
  }
  return sheets;
}

// The grid's node values and the vertices of the cells that the surface passes through.
class SurfaceNets {
 public:
  SurfaceNets(const ScalarField& field, const Vector3d& low, const Vector3d& high, double cell)
      : field_(field), low_(low), cell_(cell) {
    for (int axis = 0; axis < 3; ++axis) {
      nodes_[axis] = static_cast<int>(std::ceil((high[axis] - low[axis]) / cell)) + 1;
      CHECK_GE(nodes_[axis], 2);
    }
    values_.resize(static_cast<size_t>(nodes_[0]) * nodes_[1] * nodes_[2]);
    for (int z = 0; z < nodes_[2]; z += kBlock) {
      for (int y = 0; y < nodes_[1]; y += kBlock) {
        for (int x = 0; x < nodes_[0]; x += kBlock) FillBlock({x, y, z});
      }
    }
    cell_number_.assign(values_.size(), -1);
  }

  TriangleMesh Build() {
    ForEachNode([this](const Vector3i& at) { AddCellVertices(at); });
    for (Vector3d& v : mesh_.vertices) v = ProjectAlongGradient(field_, v, 0.5 * cell_);
    ForEachNode([this](const Vector3i& at) {
      for (int axis = 0; axis < 3; ++axis) AddQuad(at, axis);
    });
    return std::move(mesh_);
  }

 private:
  static constexpr int kBlock = 4;
  struct Cell {
    int32_t first_vertex;
    std::array<int8_t, 12> sheet;  ///< of each edge; −1: not crossed
  };
  template <typename Visit>
  void ForEachNode(const Visit& visit) {
    for (int z = 0; z + 1 < nodes_[2]; ++z) {
      for (int y = 0; y + 1 < nodes_[1]; ++y) {
        for (int x = 0; x + 1 < nodes_[0]; ++x) visit({x, y, z});
      }
    }
  }
  // Node values of a block. Far from the surface they are not needed one by one: the field is
  // about a distance, so the centre's value bounds it (with a factor of 2 in hand).
  void FillBlock(const Vector3i& first) {
    const Vector3i end =
        (first + Vector3i::Constant(kBlock)).cwiseMin(Vector3i(nodes_[0], nodes_[1], nodes_[2]));
    const double half = 0.5 * (kBlock - 1);
    const double at_center = field_(Position(first) + Vector3d::Constant(half * cell_));
    const bool far = std::abs(at_center) > 2 * std::sqrt(3.0) * half * cell_;
    for (int z = first.z(); z < end.z(); ++z) {
      for (int y = first.y(); y < end.y(); ++y) {
        for (int x = first.x(); x < end.x(); ++x) {
          const Vector3i at(x, y, z);
          values_[Index(at)] = far ? at_center : field_(Position(at));
        }
      }
    }
  }
  size_t Index(const Vector3i& at) const {
    return (static_cast<size_t>(at.z()) * nodes_[1] + at.y()) * nodes_[0] + at.x();
  }
  Vector3d Position(const Vector3i& at) const { return low_ + cell_ * at.cast<double>(); }
  bool IsInside(const Vector3i& at) const { return values_[Index(at)] < 0; }

  // One vertex for each sheet of the surface in the cell whose lowest node is `at`: the mean of
  // that sheet's crossings of the cell's edges.
  void AddCellVertices(const Vector3i& at) {
    int inside = 0;
    for (int corner = 0; corner < 8; ++corner)
      inside |= IsInside(at + CornerOffset(corner)) << corner;
    if (inside == 0 || inside == 255) return;
    Cell cell;
    const int sheets = LabelSheets(inside, &cell.sheet);
    cell.first_vertex = static_cast<int32_t>(mesh_.vertices.size());
    for (int sheet = 0; sheet < sheets; ++sheet) {
      Vector3d sum = Vector3d::Zero();
      int crossings = 0;
      for (int edge = 0; edge < 12; ++edge) {
        if (cell.sheet[edge] != sheet) continue;
        const int axis = edge / 4;
        const Vector3i from = at + CornerOffset(LowCorner(edge));
        const double f0 = values_[Index(from)], f1 = values_[Index(from + Vector3i::Unit(axis))];
        sum += Position(from) + cell_ * (f0 / (f0 - f1)) * Vector3d::Unit(axis);
        ++crossings;
      }
      mesh_.vertices.emplace_back(sum / crossings);
    }
    cell_number_[Index(at)] = static_cast<int32_t>(cells_.size());
    cells_.push_back(cell);
  }

  // The vertex of the sheet that crosses `edge` of the cell.
  int32_t VertexAt(const Vector3i& cell_at, int edge) const {
    const Cell& cell = cells_[cell_number_[Index(cell_at)]];
    return cell.first_vertex + cell.sheet[edge];
  }

  // The face across the edge from `at` along `axis`, if the surface crosses it: the vertices of
  // the four cells around the edge, split along the shorter diagonal.
  void AddQuad(const Vector3i& at, int axis) {
    const bool inside = IsInside(at);
    if (inside == IsInside(at + Vector3i::Unit(axis))) return;
    const Vector3i u = Vector3i::Unit((axis + 1) % 3), v = Vector3i::Unit((axis + 2) % 3);
    CHECK(at.dot(u) > 0 && at.dot(v) > 0) << "the surface reaches the box";
    std::array<int32_t, 4> quad = {VertexAt(at - u - v, 4 * axis + 3),
                                   VertexAt(at - v, 4 * axis + 2), VertexAt(at, 4 * axis),
                                   VertexAt(at - u, 4 * axis + 1)};
    if (!inside) std::swap(quad[1], quad[3]);
    const auto squared = [this](int32_t a, int32_t b) {
      return (mesh_.vertices[a] - mesh_.vertices[b]).squaredNorm();
    };
    const int first = squared(quad[0], quad[2]) <= squared(quad[1], quad[3]) ? 0 : 1;
    const auto corner = [&](int i) { return quad[(first + i) % 4]; };
    mesh_.faces.push_back({corner(0), corner(1), corner(2)});
    mesh_.faces.push_back({corner(0), corner(2), corner(3)});
  }

  const ScalarField& field_;
  Vector3d low_;
  double cell_;
  std::array<int, 3> nodes_;
  std::vector<double> values_;
  std::vector<int32_t> cell_number_;  ///< into cells_, by the cell's lowest node; −1: none
  std::vector<Cell> cells_;
  TriangleMesh mesh_;
};

}  // namespace

TriangleMesh PolygonizeSurface(const ScalarField& field, const Vector3d& box_low,
                               const Vector3d& box_high, double cell) {
  CHECK(cell > 0) << cell;
  return SurfaceNets(field, box_low, box_high, cell).Build();
}

TriangleMesh RefineOnSurface(const TriangleMesh& mesh, const ScalarField& field) {
  const std::vector<Vector3d> normals = VertexNormals(mesh);
  std::vector<std::array<int32_t, 2>> ends;
  TriangleMesh fine = SplitFaces(mesh, &ends);
  for (size_t i = 0; i < ends.size(); ++i) {
    const auto& [a, b] = ends[i];
    Vector3d& p = fine.vertices[mesh.vertices.size() + i];
    const Vector3d direction = normals[a] + normals[b];
    if (direction.squaredNorm() < 0.01) continue;
    const double limit = 0.5 * (mesh.vertices[a] - mesh.vertices[b]).norm();
    p = ProjectAlongDirection(field, p, direction.normalized(), limit);
  }
  return fine;
}

}  // namespace ceres_align
