#include "ceres_align/objects/depth_range.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

struct Corner {
  Eigen::Vector2d px;
  double inverse_depth;  // linear in the image, unlike the depth
};

void Take(float depth, int column, int row, DepthRange* depths) {
  float &nearest = depths->nearest.at(column, row), &farthest = depths->farthest.at(column, row);
  nearest = nearest == 0 ? depth : std::min(nearest, depth);
  farthest = std::max(farthest, depth);
}

// First and one past the last of the pixels whose centres lie in [low, high].
int FirstPixel(double low) { return static_cast<int>(std::ceil(std::max(low, 0.0) - 0.5)); }
int EndPixel(double high, int size) {
  return static_cast<int>(std::floor(std::min(high, static_cast<double>(size)) - 0.5)) + 1;
}

void Draw(const Corner& a, const Corner& b, const Corner& c, DepthRange* depths) {
  const Eigen::Vector2d low = a.px.cwiseMin(b.px).cwiseMin(c.px);
  const Eigen::Vector2d high = a.px.cwiseMax(b.px).cwiseMax(c.px);
  const ImageF& image = depths->nearest;
  if (!(high.x() >= 0 && high.y() >= 0 && low.x() <= image.width && low.y() <= image.height))
    return;
  const Eigen::Vector2d ab = b.px - a.px, ac = c.px - a.px;
  const double area2 = ab.x() * ac.y() - ab.y() * ac.x();
  if (area2 == 0) return;
  for (int row = FirstPixel(low.y()); row < EndPixel(high.y(), image.height); ++row) {
    for (int column = FirstPixel(low.x()); column < EndPixel(high.x(), image.width); ++column) {
      const Eigen::Vector2d p = Eigen::Vector2d(column + 0.5, row + 0.5) - a.px;
      const double of_b = (p.x() * ac.y() - p.y() * ac.x()) / area2;
      const double of_c = (ab.x() * p.y() - ab.y() * p.x()) / area2;
      if (of_b < 0 || of_c < 0 || of_b + of_c > 1) continue;
      const double inverse =
          (1 - of_b - of_c) * a.inverse_depth + of_b * b.inverse_depth + of_c * c.inverse_depth;
      Take(static_cast<float>(1 / inverse), column, row, depths);
    }
  }
}

}  // namespace

DepthRange RenderDepthRange(const TriangleMesh& mesh, const Rigid3d& cam_from_object,
                            const Camera& camera) {
  DepthRange depths;
  depths.nearest = depths.farthest = ImageF(camera.width_px, camera.height_px);
  const Projection projection(camera);
  const Eigen::Matrix3d R = cam_from_object.R();
  std::vector<Corner> corners;
  corners.reserve(mesh.vertices.size());
  for (const Eigen::Vector3d& vertex : mesh.vertices) {
    const Eigen::Vector3d point = R * vertex + cam_from_object.translation;
    const bool in_front = point.z() > 0;
    corners.push_back({in_front ? projection.Px(point) : Eigen::Vector2d::Zero(),
                       in_front ? 1 / point.z() : 0.0});
  }
  for (const auto& face : mesh.faces) {
    const Corner &a = corners[face[0]], &b = corners[face[1]], &c = corners[face[2]];
    if (a.inverse_depth > 0 && b.inverse_depth > 0 && c.inverse_depth > 0) Draw(a, b, c, &depths);
  }
  const std::vector<float>& pixels = depths.nearest.pixels;
  if (std::all_of(pixels.begin(), pixels.end(), [](float depth) { return depth == 0; })) return {};
  return depths;
}

DepthRange SpreadOverImage(const DepthRange& depths) {
  DepthRange spread = depths;
  if (depths.empty()) return spread;
  const int width = depths.nearest.width, height = depths.nearest.height;
  std::vector<int> queue;
  queue.reserve(depths.nearest.pixels.size());
  for (size_t i = 0; i < depths.nearest.pixels.size(); ++i) {
    if (depths.nearest.pixels[i] > 0) queue.push_back(static_cast<int>(i));
  }
  for (size_t next = 0; next < queue.size(); ++next) {
    const int from = queue[next], x = from % width, y = from / width;
    for (int v = std::max(y - 1, 0); v <= std::min(y + 1, height - 1); ++v) {
      for (int u = std::max(x - 1, 0); u <= std::min(x + 1, width - 1); ++u) {
        const auto to = static_cast<size_t>(v) * width + u;
        if (spread.nearest.pixels[to] > 0) continue;
        spread.nearest.pixels[to] = spread.nearest.pixels[from];
        spread.farthest.pixels[to] = spread.farthest.pixels[from];
        queue.push_back(static_cast<int>(to));
      }
    }
  }
  return spread;
}

}  // namespace ceres_align
