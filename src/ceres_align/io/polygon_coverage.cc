#include "ceres_align/io/polygon_coverage.h"

#include <algorithm>
#include <cmath>

namespace ceres_align::io_internal {
namespace {

// Signed areas to the right of the edges: a pixel's entry is by how much its coverage is larger
// than its left neighbour's. Only of the columns and rows that the polygon reaches.
class EdgeAreas {
 public:
  EdgeAreas(const Polygon& polygon, const ImageF& image) {
    double x_least = image.width, x_most = 0, y_least = image.height, y_most = 0;
    for (const auto& [x, y] : polygon) {
      x_least = std::min(x_least, x);
      x_most = std::max(x_most, x);
      y_least = std::min(y_least, y);
      y_most = std::max(y_most, y);
    }
    left_ = static_cast<int>(std::floor(std::max(x_least, 0.0)));
    top_ = static_cast<int>(std::floor(std::max(y_least, 0.0)));
    const int right = static_cast<int>(std::ceil(std::min<double>(x_most, image.width)));
    const int bottom = static_cast<int>(std::ceil(std::min<double>(y_most, image.height)));
    changes_ = Image<double>(std::max(right - left_, 0), std::max(bottom - top_, 0));
  }

  void AddEdge(std::array<double, 2> from, std::array<double, 2> to) {
    const double sign = from[1] < to[1] ? 1 : -1;
    if (sign < 0) std::swap(from, to);
    const double height = to[1] - from[1];
    const double begin = std::max<double>(from[1], top_);
    const double end = std::min<double>(to[1], top_ + changes_.height);
    if (!(begin < end) || changes_.width == 0) return;
    const auto x_at = [&](double y) {
      return from[0] + (to[0] - from[0]) * ((y - from[1]) / height) - left_;
    };
    for (int row = static_cast<int>(begin); row < end; ++row) {
      const double y0 = std::max<double>(row, begin), y1 = std::min<double>(row + 1, end);
      AddInRow(x_at(y0), x_at(y1), sign * (y1 - y0), changes_.row(row - top_));
    }
  }

  // By the even-odd rule.
  void AddTo(ImageF* coverage) const {
    for (int row = 0; row < changes_.height; ++row) {
      float* out = coverage->row(top_ + row) + left_;
      double winding = 0;
      for (int column = 0; column < changes_.width; ++column) {
        winding += changes_.at(column, row);
        double share = std::fmod(std::abs(winding), 2);
        if (share > 1) share = 2 - share;
        // What rounding leaves outside would be foreground.
        if (share > 1e-9) out[column] = std::min(1.0f, out[column] + static_cast<float>(share));
      }
    }
  }

 private:
  // A piece of an edge within one row, `height` high with its sign, from x0 to x1.
  void AddInRow(double x0, double x1, double height, double* row) const {
    if (x0 > x1) std::swap(x0, x1);
    const double width = changes_.width;
    if (x0 >= width) return;
    if (x1 <= 0) {
      row[0] += height;
      return;
    }
    const auto part = [&](double a, double b) { return height * ((b - a) / (x1 - x0)); };
    if (x0 < 0) row[0] += part(x0, 0);
    const double begin = std::max(x0, 0.0), end = std::min(x1, width);
    const int first = static_cast<int>(begin);
    if (end <= first + 1) {
      const double inside = x1 > x0 ? part(begin, end) : height;
      AddPart(first, 0.5 * (begin + end), inside, row);
      return;
    }
    for (int column = first; column < end; ++column) {
      const double a = std::max<double>(begin, column), b = std::min<double>(end, column + 1);
      AddPart(column, 0.5 * (a + b), part(a, b), row);
    }
  }

  // Within one pixel: what is right of the edge there, and all of the pixels behind.
  void AddPart(int column, double middle, double height, double* row) const {
    const double left_share = middle - column;
    row[column] += height * (1 - left_share);
    if (column + 1 < changes_.width) row[column + 1] += height * left_share;
  }

  int left_ = 0, top_ = 0;
  Image<double> changes_;
};

}  // namespace

void AddPolygon(const Polygon& polygon, ImageF* coverage) {
  if (polygon.empty()) return;
  EdgeAreas areas(polygon, *coverage);
  for (size_t i = 0; i < polygon.size(); ++i) {
    areas.AddEdge(polygon[i], polygon[(i + 1) % polygon.size()]);
  }
  areas.AddTo(coverage);
}

}  // namespace ceres_align::io_internal
