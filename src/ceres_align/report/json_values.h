// What the JSON of results is made of. Internal to report/, report_html/, scenes/ and the programs.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

/// Null where it is not finite.
inline nlohmann::ordered_json NumberJson(double value) {
  if (!std::isfinite(value)) return nullptr;
  return value;
}

/// {"R": three rows, "t": [x, y, z]}: x_target = R·x_source + t.
inline nlohmann::ordered_json PoseJson(const Rigid3d& pose) {
  const Eigen::Matrix3d R = pose.R();
  nlohmann::ordered_json rows = nlohmann::ordered_json::array(), t = rows;
  for (int r = 0; r < 3; ++r) {
    rows.push_back({NumberJson(R(r, 0)), NumberJson(R(r, 1)), NumberJson(R(r, 2))});
    t.push_back(NumberJson(pose.translation[r]));
  }
  return {{"R", rows}, {"t", t}};
}

}  // namespace ceres_align
