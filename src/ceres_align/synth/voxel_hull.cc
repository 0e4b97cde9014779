#include "ceres_align/synth/voxel_hull.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/synth/grid_cell.h"

namespace ceres_align {
namespace {

using Eigen::Vector3d;
using Eigen::Vector3i;

// As many faces along every edge as against it.
bool IsClosed(const TriangleMesh& mesh) {
  std::vector<std::array<int32_t, 3>> edges;  // lower end, upper end, direction
  edges.reserve(3 * mesh.faces.size());
  for (const auto& face : mesh.faces) {
    for (int i = 0; i < 3; ++i) {
      const int32_t a = face[i], b = face[(i + 1) % 3];
      edges.push_back({std::min(a, b), std::max(a, b), a < b ? 1 : -1});
    }
  }
  std::sort(edges.begin(), edges.end());
  int balance = 0;
  for (size_t i = 0; i < edges.size(); ++i) {
    if (i > 0 && (edges[i][0] != edges[i - 1][0] || edges[i][1] != edges[i - 1][1])) {
      if (balance != 0) return false;
    }
    balance += edges[i][2];
  }
  return balance == 0;
}

struct Grid {
  Vector3d origin;  ///< of point (0, 0, 0)
  double voxel = 0;
  Vector3i points;  ///< along x, y, z; the outermost ones lie outside the shape
  Vector3d At(const Vector3d& p) const { return origin + voxel * p; }
};

Grid GridAround(const TriangleMesh& mesh, double voxel, const Vector3d& phase) {
  Eigen::AlignedBox3d box;
  for (const Vector3d& v : mesh.vertices) box.extend(v);
  Grid grid;
  grid.voxel = voxel;
  const Vector3d cells = (box.max() - box.min()) / voxel;
  if (!(cells.maxCoeff() < 30000)) {
    throw InputError("voxel hull: " + std::to_string(cells.maxCoeff()) +
                     " voxels along an axis; at most 30000 are possible");
  }
  for (int axis = 0; axis < 3; ++axis) {
    const double shift = phase[axis] - std::floor(phase[axis]);
    grid.origin[axis] = box.min()[axis] - (2 - shift) * voxel;
    grid.points[axis] = static_cast<int>(std::ceil(cells[axis])) + 5;
  }
  return grid;
}

// Where the lines of grid points along x cross the shape; line (y, z) has number z·points.y + y.
class LineCrossings {
 public:
  struct Crossing {
    double x;
    int turn;  ///< what the winding number changes by
  };
  LineCrossings(const TriangleMesh& mesh, const Grid& grid) : grid_(grid) {
    begin_.assign(static_cast<size_t>(grid.points.y()) * grid.points.z() + 1, 0);
    ForEachCrossing(mesh, [this](size_t line, double, int) { ++begin_[line + 1]; });
    for (size_t i = 1; i < begin_.size(); ++i) begin_[i] += begin_[i - 1];
    crossings_.resize(begin_.back());
    std::vector<int64_t> next(begin_.begin(), begin_.end() - 1);
    ForEachCrossing(mesh, [this, &next](size_t line, double x, int turn) {
      crossings_[next[line]++] = {x, turn};
    });
  }

  // Ones at the points inside of line (y, z); false if there are none.
  bool Fill(int y, int z, uint8_t* points) {
    std::fill_n(points, grid_.points.x(), 0);
    const size_t line = static_cast<size_t>(z) * grid_.points.y() + y;
    const auto first = crossings_.begin() + begin_[line],
               last = crossings_.begin() + begin_[line + 1];
    std::sort(first, last, [](const Crossing& a, const Crossing& b) { return a.x < b.x; });
    int winding = 0;
    for (auto at = first; at != last; ++at) {
      winding += at->turn;
      if (winding == 0) continue;
      CHECK(at + 1 != last);  // the shape is closed
      const int from = static_cast<int>(std::ceil(at->x)),
                to = static_cast<int>(std::ceil((at + 1)->x));
      std::fill(points + from, points + to, 1);
    }
    return first != last;
  }

 private:
  using Point = std::array<double, 2>;  ///< (y, z), in grid points

  // Which side of the line a → b the point lies on, > 0: left. The same for b → a but for the sign,
  // also where it is rounded: a line meets exactly one of two faces that share an edge.
  static bool IsLeft(const Point& a, const Point& b, double y, double z) {
    const bool swapped = b < a;
    const Point &from = swapped ? b : a, &to = swapped ? a : b;
    const double side = (to[0] - from[0]) * (z - from[1]) - (to[1] - from[1]) * (y - from[0]);
    return (side > 0) != swapped;
  }

  template <typename Visit>
  void ForEachCrossing(const TriangleMesh& mesh, const Visit& visit) const {
    for (const auto& face : mesh.faces) {
      std::array<Vector3d, 3> p;
      std::array<Point, 3> q;
      for (int i = 0; i < 3; ++i) {
        CHECK(face[i] >= 0 && face[i] < static_cast<int64_t>(mesh.vertices.size()));
        p[i] = (mesh.vertices[face[i]] - grid_.origin) / grid_.voxel;
        q[i] = {p[i].y(), p[i].z()};
      }
      const Vector3d normal = (p[1] - p[0]).cross(p[2] - p[0]);
      if (normal.x() == 0) continue;
      const auto [y_low, y_high] = std::minmax({q[0][0], q[1][0], q[2][0]});
      const auto [x_low, x_high] = std::minmax({p[0].x(), p[1].x(), p[2].x()});
      const auto [z_low, z_high] = std::minmax({q[0][1], q[1][1], q[2][1]});
      for (int z = static_cast<int>(std::ceil(z_low)); z <= z_high; ++z) {
        for (int y = static_cast<int>(std::ceil(y_low)); y <= y_high; ++y) {
          const bool left = IsLeft(q[0], q[1], y, z);
          if (IsLeft(q[1], q[2], y, z) != left || IsLeft(q[2], q[0], y, z) != left) continue;
          const double x =
              p[0].x() - (normal.y() * (y - p[0].y()) + normal.z() * (z - p[0].z())) / normal.x();
          // A face seen from its edge: rounding must not carry the crossing away from it.
          visit(static_cast<size_t>(z) * grid_.points.y() + y, std::clamp(x, x_low, x_high),
                left ? -1 : 1);
        }
      }
    }
  }

  const Grid& grid_;
  std::vector<int64_t> begin_;
  std::vector<Crossing> crossings_;
};

// Marching cubes layer by layer: of the points and of the vertices only two layers are kept.
class Marcher {
 public:
  Marcher(const TriangleMesh& closed, const Grid& grid) : grid_(grid), lines_(closed, grid) {
    // Eight points are looked at together, and the word after the last.
    stride_ = (static_cast<size_t>(grid.points.x()) + 15) / 8 * 8;
    for (Layer& layer : layers_) {
      layer.inside.assign(stride_ * grid.points.y(), 0);
      layer.used.assign(grid.points.y(), 0);
      for (auto& vertex : layer.vertex) vertex.resize(stride_ * grid.points.y());
    }
  }

  TriangleMesh Run() {
    FillLayer(0, &layers_[0]);
    for (int z = 0; z + 1 < grid_.points.z(); ++z) {
      Layer* low = &layers_[z & 1];
      Layer* high = &layers_[(z + 1) & 1];
      FillLayer(z + 1, high);
      ForEachMixedRun(*low, *high,
                      [&](size_t at, int x, int y) { AddVertices(z, at, x, y, low, high); });
      ForEachMixedRun(*low, *high, [&](size_t at, int, int) { AddFaces(at, *low, *high); });
    }
    return std::move(mesh_);
  }

 private:
  static constexpr int kRun = 8;
  struct Layer {
    std::vector<uint8_t> inside;
    std::vector<uint8_t> used;  ///< per row: it has points inside
    /// Of the grid's edge along x, y, z from a point; meaningful where the ends differ.
    std::array<std::vector<int32_t>, 3> vertex;
  };

  void FillLayer(int z, Layer* layer) {
    for (int y = 0; y < grid_.points.y(); ++y) {
      layer->used[y] = lines_.Fill(y, z, &layer->inside[stride_ * y]);
    }
  }

  static uint64_t Word(const uint8_t* points) {
    uint64_t word;
    std::memcpy(&word, points, sizeof(word));
    return word;
  }

  // Runs of eight cells (y, x … x + 7) whose corners are not all in or all out.
  template <typename Visit>
  void ForEachMixedRun(const Layer& low, const Layer& high, const Visit& visit) const {
    for (int y = 0; y + 1 < grid_.points.y(); ++y) {
      if (!(low.used[y] || low.used[y + 1] || high.used[y] || high.used[y + 1])) continue;
      for (int x = 0; x < grid_.points.x(); x += kRun) {
        const size_t at = stride_ * y + x;
        bool mixed = false;
        const uint64_t word = Word(&low.inside[at]);
        for (const Layer* layer : {&low, &high}) {
          for (size_t corner : {at, at + stride_}) {
            mixed |=
                Word(&layer->inside[corner]) != word || layer->inside[corner + kRun] != (word & 1);
          }
        }
        if (mixed || (word != 0 && word != 0x0101010101010101u)) visit(at, x, y);
      }
    }
  }

  int32_t AddVertex(double x, double y, double z) {
    mesh_.vertices.push_back(grid_.At({x, y, z}));
    return static_cast<int32_t>(mesh_.vertices.size()) - 1;
  }

  // On the edges along z from `low`, and along x and y in `high`; those in `low` are made already,
  // for the lowest layer has none. Row y + 1 is only made at its own turn.
  void AddVertices(int z, size_t first, int x_first, int y, Layer* low, Layer* high) {
    for (int i = 0; i < kRun; ++i) {
      const size_t at = first + i;
      const double x = x_first + i;
      const uint8_t here = high->inside[at];
      if (low->inside[at] != here) low->vertex[2][at] = AddVertex(x, y, z + 0.5);
      if (high->inside[at + 1] != here) high->vertex[0][at] = AddVertex(x + 0.5, y, z + 1);
      if (high->inside[at + stride_] != here) high->vertex[1][at] = AddVertex(x, y + 0.5, z + 1);
    }
  }

  void AddFaces(size_t first, const Layer& low, const Layer& high) {
    for (size_t at = first; at < first + kRun; ++at) {
      const std::array<const Layer*, 2> layers = {&low, &high};
      int inside = 0;
      for (int corner = 0; corner < 8; ++corner) {
        const size_t point = at + (corner & 1) + (corner >> 1 & 1) * stride_;
        inside |= layers[corner >> 2]->inside[point] << corner;
      }
      if (inside == 0 || inside == 255) continue;
      for (const auto& triangle : CubeTriangles(inside)) {
        std::array<int32_t, 3> face;
        for (int i = 0; i < 3; ++i) {
          const int low_corner = LowCorner(triangle[i]);
          const size_t point = at + (low_corner & 1) + (low_corner >> 1 & 1) * stride_;
          face[i] = layers[low_corner >> 2]->vertex[triangle[i] / 4][point];
        }
        mesh_.faces.push_back(face);
      }
    }
  }

  const Grid& grid_;
  LineCrossings lines_;
  size_t stride_ = 0;
  std::array<Layer, 2> layers_;
  TriangleMesh mesh_;
};

}  // namespace

TriangleMesh MakeVoxelHull(const TriangleMesh& closed, double voxel, const Vector3d& phase) {
  CHECK(voxel > 0) << voxel;
  if (closed.faces.empty()) return {};
  if (!IsClosed(closed)) {
    throw InputError("voxel hull: the shape is not closed and wound consistently");
  }
  const Grid grid = GridAround(closed, voxel, phase);
  return Marcher(closed, grid).Run();
}

}  // namespace ceres_align
