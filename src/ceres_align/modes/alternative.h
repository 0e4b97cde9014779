// Another pose that the masks allow.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/scene/prepared_scene.h"

namespace ceres_align {

/// Why another pose fits about as well as the answer.
enum class ModeKind {
  kOther,       ///< it looks alike, though the object is not symmetric: the masks do not tell
  kSymmetry,    ///< the object looks the same turned into it: its own rotational symmetry
  kMirrorTwin,  ///< the object is its own mirror image, and the masks hardly tell near from far
  kReversal,    ///< the same without the object's mirror symmetry: depth-reversed, by a long lens
};
/// "other", "symmetry", "mirror_twin", "reversal".
const char* ToString(ModeKind kind);

/// Another pose that the masks allow.
struct Alternative {
  Rigid3d rig_from_world;
  /// (its cost + floor) / (the answer's + floor) at full size, both without sharp_window, over the
  /// pixels in which the two are not both empty or both full (pose_comparison.h); floor =
  /// kCostFloorPerPx · the pairs of neighbouring pixels that the masks' outlines part, for between
  /// poses that meet the masks exactly there is nothing to choose.
  double cost_ratio = std::numeric_limits<double>::infinity();
  std::vector<double> view_iou;  ///< one per view, as ViewResult::iou
  ModeKind kind = ModeKind::kOther;
  /// It fits about as well as the answer, which is thus ambiguous: cost_ratio <= kAmbiguousRatio,
  /// or a twin or reversal whose outlines lie within kTellNearFar_px of the answer's, unless the
  /// masks are so clean that its cost is over kFarWorse times the answer's; within kNeverTell_px
  /// always.
  bool fits = false;
  std::string relation;  ///< in words: how it lies to the answer
};

constexpr double kAmbiguousRatio = 1.3;
/// rms; what tells near from far through a long lens is less than what masks usually err by.
constexpr double kTellNearFar_px = 0.5, kNeverTell_px = 0.2, kFarWorse = 10;

}  // namespace ceres_align
