// The exact union of triangles by polygon clipping, independent of the rasterizer. Link
// polyclipping.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cmath>
#include <polyclipping/clipper.hpp>
#include <vector>

namespace ceres_align::testing {

using Triangle2d = std::array<Eigen::Vector2d, 3>;

/// The area of the union of the triangles inside pixel (column, row), to about 1e-8.
inline double UnionAreaInPixel(const std::vector<Triangle2d>& triangles, int column, int row) {
  constexpr double kUnitsPerPx = 1 << 28;
  const auto to_path = [](const auto& corners) {
    ClipperLib::Path path;
    for (const Eigen::Vector2d& p : corners) {
      path.emplace_back(std::llround(p.x() * kUnitsPerPx), std::llround(p.y() * kUnitsPerPx));
    }
    if (!ClipperLib::Orientation(path)) ClipperLib::ReversePath(path);
    return path;
  };
  ClipperLib::Clipper clipper;
  for (const Triangle2d& t : triangles) clipper.AddPath(to_path(t), ClipperLib::ptSubject, true);
  const double c = column, r = row;
  const std::array<Eigen::Vector2d, 4> pixel = {Eigen::Vector2d(c, r), Eigen::Vector2d(c + 1, r),
                                                Eigen::Vector2d(c + 1, r + 1),
                                                Eigen::Vector2d(c, r + 1)};
  clipper.AddPath(to_path(pixel), ClipperLib::ptClip, true);
  ClipperLib::Paths inside;
  clipper.Execute(ClipperLib::ctIntersection, inside, ClipperLib::pftNonZero,
                  ClipperLib::pftNonZero);
  double area = 0;
  for (const auto& path : inside) area += ClipperLib::Area(path);
  return area / (kUnitsPerPx * kUnitsPerPx);
}

}  // namespace ceres_align::testing
