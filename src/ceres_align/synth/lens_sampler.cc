#include "ceres_align/synth/lens_sampler.h"

#include <Eigen/Core>
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace ceres_align::synth_internal {
namespace {

using Eigen::AlignedBox2d;
using Eigen::Vector2d;
using Eigen::Vector3d;

constexpr size_t kMaxBandBytes = size_t{48} << 20;
constexpr int kLeaf = 8;  // samples along a side of a block that is not divided further

// The angle off the axis by Newton's method on θ (1 + k1 θ² + …) = |seen|.
Vector2d UndistortedFisheye(const LensDistortion& lens, const Vector2d& seen) {
  const double seen_radius = seen.norm();
  if (seen_radius < 1e-9) return seen;
  double angle = seen_radius;
  for (int i = 0; i < 100; ++i) {
    const double a2 = angle * angle, a4 = a2 * a2, a6 = a4 * a2, a8 = a4 * a4;
    const double value = angle * (1 + lens.k1 * a2 + lens.k2 * a4 + lens.k3 * a6 + lens.k4 * a8);
    const double slope =
        1 + 3 * lens.k1 * a2 + 5 * lens.k2 * a4 + 7 * lens.k3 * a6 + 9 * lens.k4 * a8;
    const double change = (value - seen_radius) / slope;
    angle -= change;
    if (std::abs(change) < 1e-15) return std::tan(angle) / seen_radius * seen;
  }
  CHECK(false) << "the lens cannot be inverted at " << seen.transpose();
  return seen;
}

// The point of the plane Z = 1 that is seen at `seen` (on the same plane, after the lens): OpenCV's
// iteration x ← (x_seen − tangential(x)) / radial(x).
Vector2d Undistorted(const LensDistortion& lens, const Vector2d& seen, const Vector2d& guess) {
  if (lens.is_fisheye) return UndistortedFisheye(lens, seen);
  Vector2d at = guess;
  for (int i = 0; i < 500; ++i) {
    const double x = at.x(), y = at.y(), q = at.squaredNorm();
    const double numerator = 1 + lens.k1 * q + lens.k2 * q * q + lens.k3 * q * q * q;
    const double denominator = 1 + lens.k4 * q + lens.k5 * q * q + lens.k6 * q * q * q;
    const Vector2d tangential(2 * lens.p1 * x * y + lens.p2 * (q + 2 * x * x),
                              lens.p1 * (q + 2 * y * y) + 2 * lens.p2 * x * y);
    const Vector2d next = (seen - tangential) * (denominator / numerator);
    const double change = (next - at).lpNorm<Eigen::Infinity>();
    at = next;
    if (change < 1e-12) return at;
  }
  CHECK(false) << "the lens cannot be inverted at " << seen.transpose();
  return at;
}

// A triangle's part in front of the camera, on the plane Z = 1.
class Polygon {
 public:
  Polygon(const Vector2d* corners, int count, EdgeRule rule) : count_(count), rule_(rule) {
    for (int i = 0; i < count; ++i) box_.extend(corners[i]);
    double area = 0;
    for (int i = 0; i < count; ++i) {
      const Vector2d &a = corners[i], &b = corners[(i + 1) % count];
      area += a.x() * b.y() - a.y() * b.x();
      // One order of the ends, so that two triangles at an edge get the same bits.
      const bool swap = b.x() < a.x() || (b.x() == a.x() && b.y() < a.y());
      edges_[i] = swap ? Edge{b, a - b, -1} : Edge{a, b - a, 1};
    }
    for (int i = 0; i < count; ++i) edges_[i].sign *= area > 0 ? 1 : -1;
    is_empty_ = area == 0;
  }
  bool is_empty() const { return is_empty_; }
  const AlignedBox2d& box() const { return box_; }
  bool Contains(const Vector2d& p) const {
    for (int i = 0; i < count_; ++i) {
      const Edge& e = edges_[i];
      const double side = e.sign * (e.d.x() * (p.y() - e.a.y()) - e.d.y() * (p.x() - e.a.x()));
      if (side < 0 || (side == 0 && rule_ == EdgeRule::kStrict)) return false;
    }
    return true;
  }

 private:
  struct Edge {
    Vector2d a, d;
    double sign;
  };
  int count_;
  EdgeRule rule_;
  Edge edges_[4];
  AlignedBox2d box_;
  bool is_empty_;
};

// The samples of some rows: where each looks on the plane Z = 1, whether it is covered, and a tree
// of boxes to find those near a polygon.
class LookingSamples {
 public:
  LookingSamples(const Camera& camera, int samples_per_axis, int64_t first_row, int64_t rows)
      : columns_(int64_t{samples_per_axis} * camera.width_px),
        rows_(rows),
        looks_(columns_ * rows),
        covered_(columns_ * rows, 0) {
    const double n = samples_per_axis;
    // What the lens did to the last two samples tells what it will do to the next.
    Vector2d offset = Vector2d::Zero(), before = offset;
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = 0; column < columns_; ++column) {
        const double u = (static_cast<double>(column) + 0.5) / n;
        const double v = (static_cast<double>(first_row + row) + 0.5) / n;
        const Vector2d seen((u - camera.cx_px) / camera.fx_px, (v - camera.cy_px) / camera.fy_px);
        Vector2d& look = looks_[row * columns_ + column];
        const Vector2d guess = column < 2 ? seen : Vector2d(seen + 2 * offset - before);
        look = Undistorted(camera.lens, seen, guess);
        before = std::exchange(offset, look - seen);
      }
    }
    BuildTree();
  }

  void Cover(const Polygon& polygon) {
    const auto [rows, columns] = level_sizes_.back();
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) Visit(polygon, tree_.size() - 1, r, c);
    }
  }
  bool IsCovered(int64_t row, int64_t column) const { return covered_[row * columns_ + column]; }

 private:
  void BuildTree() {
    const auto blocks = [](int64_t n, int64_t per) { return (n + per - 1) / per; };
    level_sizes_ = {{blocks(rows_, kLeaf), blocks(columns_, kLeaf)}};
    tree_.emplace_back(level_sizes_[0].first * level_sizes_[0].second);
    for (int64_t r = 0; r < rows_; ++r) {
      for (int64_t c = 0; c < columns_; ++c) {
        tree_[0][r / kLeaf * level_sizes_[0].second + c / kLeaf].extend(looks_[r * columns_ + c]);
      }
    }
    while (tree_.back().size() > 4) {
      const auto [rows, columns] = level_sizes_.back();
      const int64_t up_rows = blocks(rows, 2), up_columns = blocks(columns, 2);
      std::vector<AlignedBox2d> up(up_rows * up_columns);
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t c = 0; c < columns; ++c) {
          up[r / 2 * up_columns + c / 2].extend(tree_.back()[r * columns + c]);
        }
      }
      level_sizes_.emplace_back(up_rows, up_columns);
      tree_.push_back(std::move(up));
    }
  }

  void Visit(const Polygon& polygon, size_t level, int64_t row, int64_t column) {
    const auto [rows, columns] = level_sizes_[level];
    if (!tree_[level][row * columns + column].intersects(polygon.box())) return;
    if (level == 0) return CoverLeaf(polygon, row, column);
    const auto [below_rows, below_columns] = level_sizes_[level - 1];
    for (int64_t r = 2 * row; r < std::min(2 * row + 2, below_rows); ++r) {
      for (int64_t c = 2 * column; c < std::min(2 * column + 2, below_columns); ++c) {
        Visit(polygon, level - 1, r, c);
      }
    }
  }
  void CoverLeaf(const Polygon& polygon, int64_t row, int64_t column) {
    for (int64_t r = kLeaf * row; r < std::min(kLeaf * (row + 1), rows_); ++r) {
      for (int64_t c = kLeaf * column; c < std::min(kLeaf * (column + 1), columns_); ++c) {
        const int64_t i = r * columns_ + c;
        if (covered_[i] == 0 && polygon.Contains(looks_[i])) covered_[i] = 1;
      }
    }
  }

  const int64_t columns_, rows_;
  std::vector<Vector2d> looks_;
  std::vector<uint8_t> covered_;
  std::vector<std::vector<AlignedBox2d>> tree_;  // leaves first
  std::vector<std::pair<int64_t, int64_t>> level_sizes_;
};

// The triangles' parts in front of the near plane.
std::vector<Polygon> PolygonsOf(const TriangleMesh& mesh, const Rigid3d& cam_from_object,
                                const SamplerOptions& options) {
  std::vector<Vector3d> in_camera;
  in_camera.reserve(mesh.vertices.size());
  const Eigen::Matrix3d rotation = cam_from_object.R();
  for (const Vector3d& vertex : mesh.vertices) {
    in_camera.emplace_back(rotation * vertex + cam_from_object.translation);
  }
  const auto in_front = [&](int32_t v) { return in_camera[v].z() > options.near_z; };
  std::vector<Polygon> polygons;
  for (const std::array<int32_t, 3>& face : mesh.faces) {
    Vector2d corners[4];
    int count = 0;
    for (int i = 0; i < 3; ++i) {
      int32_t from = face[i], to = face[(i + 1) % 3];
      if (in_front(from)) corners[count++] = in_camera[from].hnormalized();
      if (in_front(from) == in_front(to)) continue;
      if (to < from) std::swap(from, to);
      const Vector3d &a = in_camera[from], &b = in_camera[to];
      Vector3d cut = a + (options.near_z - a.z()) / (b.z() - a.z()) * (b - a);
      cut.z() = options.near_z;
      corners[count++] = cut.hnormalized();
    }
    if (count < 3) continue;
    const Polygon polygon(corners, count, options.edge_rule);
    if (!polygon.is_empty()) polygons.push_back(polygon);
  }
  return polygons;
}

}  // namespace

ImageF RenderMaskThroughLens(const TriangleMesh& mesh, const Rigid3d& cam_from_object,
                             const Camera& camera, const SamplerOptions& options) {
  const std::vector<Polygon> polygons = PolygonsOf(mesh, cam_from_object, options);
  const int n = options.samples_per_axis;
  const size_t bytes_per_pixel_row = size_t(n) * n * camera.width_px * (sizeof(Vector2d) + 1);
  const int rows_per_band = static_cast<int>(
      std::max<size_t>(1, std::min<size_t>(camera.height_px, kMaxBandBytes / bytes_per_pixel_row)));
  ImageF mask(camera.width_px, camera.height_px, 0.0f);
  for (int first = 0; first < camera.height_px; first += rows_per_band) {
    const int rows = std::min(rows_per_band, camera.height_px - first);
    LookingSamples samples(camera, n, int64_t{n} * first, int64_t{n} * rows);
    for (const Polygon& polygon : polygons) samples.Cover(polygon);
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < camera.width_px; ++column) {
        int count = 0;
        for (int64_t i = 0; i < int64_t{n} * n; ++i) {
          count += samples.IsCovered(int64_t{n} * row + i / n, int64_t{n} * column + i % n) ? 1 : 0;
        }
        mask.at(column, first + row) =
            static_cast<float>(count / (static_cast<double>(n) * static_cast<double>(n)));
      }
    }
  }
  return mask;
}

}  // namespace ceres_align::synth_internal
