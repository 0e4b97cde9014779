#include "ceres_align/render/point_blocks.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ceres_align {

void PointBlocks::Enclose(const Vec3& p, Box* box) {
  box->low = {std::min(box->low.x, p.x), std::min(box->low.y, p.y), std::min(box->low.z, p.z)};
  box->high = {std::max(box->high.x, p.x), std::max(box->high.y, p.y), std::max(box->high.z, p.z)};
}

double PointBlocks::SquaredDistanceToBox(const Vec3& p, const Box& box) {
  const double x = std::max({box.low.x - p.x, 0.0, p.x - box.high.x});
  const double y = std::max({box.low.y - p.y, 0.0, p.y - box.high.y});
  const double z = std::max({box.low.z - p.z, 0.0, p.z - box.high.z});
  return x * x + y * y + z * z;
}

PointBlocks::PointBlocks(std::vector<Vec3> points) : points_(std::move(points)) {
  for (size_t i = 0; i < points_.size(); ++i) {
    if (i % kBlock == 0) blocks_.push_back({points_[i], points_[i]});
    if (i % (kBlock * kGroup) == 0) groups_.push_back({points_[i], points_[i]});
    Enclose(points_[i], &blocks_.back());
    Enclose(points_[i], &groups_.back());
  }
}

double PointBlocks::SearchGroup(const Vec3& p, size_t group, double best) const {
  const size_t last = std::min(blocks_.size(), (group + 1) * kGroup);
  for (size_t b = group * kGroup; b < last; ++b) {
    if (SquaredDistanceToBox(p, blocks_[b]) >= best) continue;
    const size_t end = std::min(points_.size(), (b + 1) * kBlock);
    for (size_t i = b * kBlock; i < end; ++i) {
      const Vec3 d = points_[i] - p;
      best = std::min(best, Dot(d, d));
    }
  }
  return best;
}

double PointBlocks::SquaredDistance(const Vec3& p) const {
  size_t nearest = 0;
  double nearest_box = std::numeric_limits<double>::infinity(), best = nearest_box;
  for (size_t g = 0; g < groups_.size(); ++g) {
    const double d = SquaredDistanceToBox(p, groups_[g]);
    if (d < nearest_box) {
      nearest_box = d;
      nearest = g;
    }
  }
  if (!groups_.empty()) best = SearchGroup(p, nearest, best);
  for (size_t g = 0; g < groups_.size(); ++g) {
    if (g != nearest && SquaredDistanceToBox(p, groups_[g]) < best) best = SearchGroup(p, g, best);
  }
  return best;
}

}  // namespace ceres_align
