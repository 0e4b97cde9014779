#include "ceres_align/synth/point_sampler.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "ceres_align/synth/lens_sampler.h"

namespace ceres_align {
namespace {

using Eigen::Vector2d;
using Eigen::Vector3d;

constexpr size_t kMaxBandBytes = size_t{48} << 20;

// The half-plane on the inner side of a polygon's edge. Sample (i, j) lies at (i + ½, j + ½).
class HalfPlane {
 public:
  // Inside is where cross(b − a, p − a) > 0. The end points are put in one order, so that the
  // two triangles at an edge get the same bits with opposite signs.
  HalfPlane(Vector2d a, Vector2d b, EdgeRule rule) : rule_(rule) {
    const bool swap = b.x() < a.x() || (b.x() == a.x() && b.y() < a.y());
    if (swap) std::swap(a, b);
    sign_ = swap ? -1 : 1;
    a_ = a;
    d_ = b - a;
  }
  void StartRow(double y) { row_term_ = d_.x() * (y - a_.y()); }
  double SlopeAlongRow() const { return -sign_ * d_.y(); }
  double RootOnRow() const { return a_.x() + row_term_ / d_.y(); }
  // Monotone in x in floating point too: every operation in it is.
  bool Inside(double x) const {
    const double value = sign_ * (row_term_ - d_.y() * (x - a_.x()));
    if (value != 0) return value > 0;
    if (rule_ == EdgeRule::kStrict) return false;
    return SlopeAlongRow() != 0 ? SlopeAlongRow() > 0 : sign_ * d_.x() > 0;
  }

 private:
  EdgeRule rule_;
  double sign_;
  Vector2d a_, d_;
  double row_term_ = 0;
};

double Center(int64_t i) { return static_cast<double>(i) + 0.5; }

// The smallest i of [low, high] with inside(i) == want, or high + 1, for an `inside` that changes
// once at most from !want to want. `guess` is near it.
template <typename Inside>
int64_t FirstWith(bool want, int64_t low, int64_t high, double guess, const Inside& inside) {
  int64_t end = high + 1;
  const double clamped = std::min(std::max(guess, static_cast<double>(low)), double(high) + 1);
  const int64_t g = static_cast<int64_t>(clamped);
  const bool here = g > high || inside(g) == want;
  const bool before = g > low && inside(g - 1) == want;
  if (here && !before) return g;
  if (here) {
    end = g - 1;
  } else {
    low = g + 1;
  }
  while (low < end) {
    const int64_t mid = low + (end - low) / 2;
    if (inside(mid) == want) {
      end = mid;
    } else {
      low = mid + 1;
    }
  }
  return low;
}

// The samples of some rows, one bit each.
class SampleBand {
 public:
  SampleBand(int64_t columns, int64_t rows, int64_t first_row)
      : columns_(columns),
        first_(first_row),
        words_((columns + 63) / 64),
        bits_(rows * words_, 0) {}
  int64_t columns() const { return columns_; }
  int64_t first_row() const { return first_; }
  int64_t end_row() const { return first_ + static_cast<int64_t>(bits_.size()) / words_; }

  void SetSpan(int64_t row, int64_t begin, int64_t end) {
    uint64_t* words = &bits_[(row - first_) * words_];
    const int64_t w0 = begin >> 6, w1 = (end - 1) >> 6;
    const uint64_t head = ~uint64_t{0} << (begin & 63);
    const uint64_t tail = ~uint64_t{0} >> (63 - ((end - 1) & 63));
    if (w0 == w1) {
      words[w0] |= head & tail;
      return;
    }
    words[w0] |= head;
    for (int64_t w = w0 + 1; w < w1; ++w) words[w] = ~uint64_t{0};
    words[w1] |= tail;
  }
  int CountBits(int64_t row, int64_t begin, int64_t end) const {
    const uint64_t* words = &bits_[(row - first_) * words_];
    int count = 0;
    while (begin < end) {
      const int64_t stop = std::min(end, (begin | 63) + 1);
      const uint64_t field = words[begin >> 6] >> (begin & 63);
      const int64_t n = stop - begin;
      count += __builtin_popcountll(n == 64 ? field : field & ((uint64_t{1} << n) - 1));
      begin = stop;
    }
    return count;
  }

 private:
  int64_t columns_, first_, words_;
  std::vector<uint64_t> bits_;
};

// First and last sample of [0, count) whose centre may lie in [low, high].
std::pair<int64_t, int64_t> SampleRange(double low, double high, int64_t begin, int64_t end) {
  const double first = std::max(std::ceil(low - 0.5), static_cast<double>(begin));
  const double last = std::min(std::floor(high - 0.5), static_cast<double>(end - 1));
  if (!(first <= last)) return {0, -1};
  return {static_cast<int64_t>(first), static_cast<int64_t>(last)};
}

// Marks the samples inside a convex polygon of 3 or 4 corners.
void FillPolygon(const Vector2d* corners, int count, EdgeRule rule, SampleBand* band) {
  Vector2d low = corners[0], high = corners[0];
  for (int i = 1; i < count; ++i) {
    low = low.cwiseMin(corners[i]);
    high = high.cwiseMax(corners[i]);
  }
  const auto [row0, row1] = SampleRange(low.y(), high.y(), band->first_row(), band->end_row());
  if (row1 < row0) return;
  const auto [column0, column1] = SampleRange(low.x(), high.x(), 0, band->columns());
  if (column1 < column0) return;
  double area = 0;
  for (int i = 2; i < count; ++i) {
    const Vector2d a = corners[i - 1] - corners[0], b = corners[i] - corners[0];
    area += a.x() * b.y() - a.y() * b.x();
  }
  if (area == 0) return;
  HalfPlane planes[4] = {{low, low, rule}, {low, low, rule}, {low, low, rule}, {low, low, rule}};
  for (int i = 0; i < count; ++i) {
    const Vector2d& a = corners[i];
    const Vector2d& b = corners[i + 1 == count ? 0 : i + 1];
    planes[i] = area > 0 ? HalfPlane(a, b, rule) : HalfPlane(b, a, rule);
  }
  for (int64_t row = row0; row <= row1; ++row) {
    int64_t begin = column0, last = column1;
    for (int i = 0; i < count && begin <= last; ++i) {
      planes[i].StartRow(Center(row));
      const auto inside = [&](int64_t column) { return planes[i].Inside(Center(column)); };
      const double slope = planes[i].SlopeAlongRow();
      if (slope == 0) {
        if (!inside(begin)) last = begin - 1;
        continue;
      }
      const double guess = std::ceil(planes[i].RootOnRow() - 0.5);
      const int64_t change = FirstWith(slope > 0, begin, last, guess, inside);
      (slope > 0 ? begin : last) = slope > 0 ? change : change - 1;
    }
    if (begin <= last) band->SetSpan(row, begin, last + 1);
  }
}

// The mesh in the camera's frame and on the image plane, in units of samples.
class ProjectedMesh {
 public:
  ProjectedMesh(const TriangleMesh& mesh, const Rigid3d& cam_from_object, const Camera& camera,
                const SamplerOptions& options)
      : mesh_(mesh), camera_(camera), options_(options) {
    in_camera_.reserve(mesh.vertices.size());
    projected_.reserve(mesh.vertices.size());
    const Eigen::Matrix3d rotation = cam_from_object.R();
    for (const Vector3d& vertex : mesh.vertices) {
      in_camera_.emplace_back(rotation * vertex + cam_from_object.translation);
      const Vector3d& p = in_camera_.back();
      projected_.push_back(p.z() > options.near_z ? Project(p) : Vector2d::Zero());
    }
  }

  void Fill(SampleBand* band) const {
    for (const std::array<int32_t, 3>& face : mesh_.faces) {
      const int visible = Visible(face[0]) + Visible(face[1]) + Visible(face[2]);
      Vector2d corners[4];
      int count = 3;
      if (visible == 3) {
        for (int i = 0; i < 3; ++i) corners[i] = projected_[face[i]];
      } else if (visible > 0) {
        count = Clip(face, corners);
      } else {
        continue;
      }
      FillPolygon(corners, count, options_.edge_rule, band);
    }
  }

 private:
  bool Visible(int32_t v) const { return in_camera_[v].z() > options_.near_z; }
  Vector2d Project(const Vector3d& p) const {
    return options_.samples_per_axis * Vector2d(camera_.fx_px * p.x() / p.z() + camera_.cx_px,
                                                camera_.fy_px * p.y() / p.z() + camera_.cy_px);
  }
  // The part of a face with Z > near_z: 3 or 4 corners.
  int Clip(const std::array<int32_t, 3>& face, Vector2d* corners) const {
    int count = 0;
    for (int i = 0; i < 3; ++i) {
      int32_t from = face[i], to = face[(i + 1) % 3];
      if (Visible(from)) corners[count++] = projected_[from];
      if (Visible(from) == Visible(to)) continue;
      // One order of the end points, so that both faces at the edge get the same bits.
      if (to < from) std::swap(from, to);
      const Vector3d &a = in_camera_[from], &b = in_camera_[to];
      Vector3d cut = a + (options_.near_z - a.z()) / (b.z() - a.z()) * (b - a);
      cut.z() = options_.near_z;
      corners[count++] = Project(cut);
    }
    return count;
  }

  const TriangleMesh& mesh_;
  const Camera& camera_;
  const SamplerOptions& options_;
  std::vector<Vector3d> in_camera_;
  std::vector<Vector2d> projected_;
};

void CheckInput(const TriangleMesh& mesh, const Camera& camera, const SamplerOptions& options) {
  CHECK_GE(options.samples_per_axis, 1);
  CHECK(options.near_z > 0) << options.near_z;
  CHECK_GT(camera.width_px, 0);
  CHECK_GT(camera.height_px, 0);
  const int64_t size = static_cast<int64_t>(mesh.vertices.size());
  for (const std::array<int32_t, 3>& face : mesh.faces) {
    for (int32_t v : face) CHECK(v >= 0 && v < size) << v;
  }
}

}  // namespace

ImageF RenderMask(const TriangleMesh& mesh, const Rigid3d& cam_from_object, const Camera& camera,
                  const SamplerOptions& options) {
  CheckInput(mesh, camera, options);
  if (!camera.lens.IsNone()) {
    return synth_internal::RenderMaskThroughLens(mesh, cam_from_object, camera, options);
  }
  const int64_t n = options.samples_per_axis;
  const ProjectedMesh projected(mesh, cam_from_object, camera, options);
  ImageF mask(camera.width_px, camera.height_px, 0.0f);
  const size_t bytes_per_pixel_row = static_cast<size_t>((n * camera.width_px + 63) / 64 * 8 * n);
  const int rows_per_band = static_cast<int>(
      std::max<size_t>(1, std::min<size_t>(camera.height_px, kMaxBandBytes / bytes_per_pixel_row)));
  for (int first = 0; first < camera.height_px; first += rows_per_band) {
    const int rows = std::min(rows_per_band, camera.height_px - first);
    SampleBand band(n * camera.width_px, n * rows, n * first);
    projected.Fill(&band);
    for (int row = first; row < first + rows; ++row) {
      for (int column = 0; column < camera.width_px; ++column) {
        int64_t count = 0;
        for (int64_t j = 0; j < n; ++j) {
          count += band.CountBits(n * row + j, n * column, n * (column + 1));
        }
        mask.at(column, row) =
            static_cast<float>(static_cast<double>(count) / static_cast<double>(n * n));
      }
    }
  }
  return mask;
}

ImageF RenderMask(const TriangleMesh& mesh, const Rigid3d& cam_from_object, const Camera& camera,
                  int samples_per_axis) {
  SamplerOptions options;
  options.samples_per_axis = samples_per_axis;
  return RenderMask(mesh, cam_from_object, camera, options);
}

}  // namespace ceres_align
