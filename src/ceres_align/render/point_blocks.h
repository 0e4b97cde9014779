// Points in blocks with boxes, for the distance to the nearest of them.
#pragma once

#include <cstddef>
#include <vector>

#include "ceres_align/base/hd.h"

namespace ceres_align {

/// Neighbours in the list should be neighbours in space (a Morton curve).
class PointBlocks {
 public:
  PointBlocks() = default;
  explicit PointBlocks(std::vector<Vec3> points);

  /// To the nearest point; infinite without points.
  double SquaredDistance(const Vec3& p) const;

 private:
  static constexpr size_t kBlock = 16, kGroup = 32;
  struct Box {
    Vec3 low, high;
  };
  static void Enclose(const Vec3& p, Box* box);
  static double SquaredDistanceToBox(const Vec3& p, const Box& box);
  double SearchGroup(const Vec3& p, size_t group, double best) const;

  std::vector<Vec3> points_;
  std::vector<Box> blocks_, groups_;
};

}  // namespace ceres_align
