// Whether masks that seem larger or smaller than the object all round are so, or something else is
// wrong that looks like it.
#pragma once

#include "ceres_align/solve/mask_treatment.h"

namespace ceres_align {

/// What is left of the outlines' distances by each way to explain them, the pose always being free:
/// the mean square of the means over stretches of 16 px, per stretch and degree of freedom; px².
struct OffsetEvidence {
  double by_pose = 0;     ///< the masks are right
  double by_offsets = 0;  ///< an offset for each mask
  /// Another focal length, k1 or size of the object, or (with several views) a pose for each view.
  double by_focal = 0, by_lens = 0, by_size = 0, by_views = 0;
  double spare = 0;  ///< stretches beyond the parameters of the largest of these fits

  double LeastOfRivals() const;
  /// Offsets leave less than half of what the pose alone does.
  bool AllowsOffsets() const;
  /// And clearly less than any rival: the outlines are off by the same all round, which nothing
  /// else explains.
  bool SpeaksForOffsets() const;
};

/// To first order at a pose near that of the masks.
OffsetEvidence WeighOffsets(const PreparedScene& scene, const OutlineMeter& meter,
                            const Rigid3d& rig_from_run);

}  // namespace ceres_align
