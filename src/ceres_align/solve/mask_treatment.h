// What the last steps of a solve made of masks that are wrong in places.
#pragma once

#include <memory>
#include <vector>

#include "ceres_align/scene/image_outline.h"
#include "ceres_align/scene/prepared_scene.h"

namespace ceres_align {

/// Of one view.
struct MaskTreatment {
  /// Pixels count by Tukey's weight of their distance to the mask's outline, none beyond this
  /// distance (px). 0: all count alike.
  double band_px = 0;
  /// Shares of the rendered outline, by length, that lie beyond band_px from the mask's, outside
  /// the mask (a part of it is missing or hidden) and inside it.
  double outside = 0, inside = 0;
  /// Rms (px) of the means of the other distances over stretches of about 16 px.
  double coherent_rms_px = 0;
  double left_out() const { return outside + inside; }
};

/// Where a rendered outline lies to a mask's.
struct OutlineOffset {
  OutlinePoint place;  ///< on the rendered outline
  float length_px;     ///< of outline
  float inside_px;     ///< signed distance to the mask's outline, positive inside the mask
};

/// The masks' outlines at full size, against which rendered ones are measured.
class OutlineMeter {
 public:
  explicit OutlineMeter(const PreparedScene& scene);
  /// By view, at a pose (rig_from_run); distances end at kMost_px, pixels of weight 0 are left out.
  std::vector<std::vector<OutlineOffset>> Measure(const Rigid3d& rig_from_run) const;
  const MaskOutline& mask(size_t view) const { return *masks_[view]; }

  static constexpr double kMost_px = 24;

 private:
  const PreparedScene& scene_;
  std::vector<std::unique_ptr<MaskOutline>> masks_;
};

/// 1.4826 times the median (by length) of the offsets' sizes, px: robust for a standard deviation.
double ScaleOf_px(const std::vector<OutlineOffset>& offsets);
/// Shares of the outline beyond band_px, and how the rest lies; the farther, the less it counts.
MaskTreatment TreatmentOf(const std::vector<OutlineOffset>& offsets, double band_px);

/// The scene with weights in bands about the masks' outlines: band_px[view] wide, 0: as it is.
std::shared_ptr<const PreparedScene> WithBands(const PreparedScene& scene,
                                               const OutlineMeter& meter,
                                               const std::vector<double>& band_px);

}  // namespace ceres_align
