// What the last steps of a solve made of masks that are wrong in places.
#pragma once

#include <memory>
#include <vector>

#include "ceres_align/scene/image_outline.h"
#include "ceres_align/scene/prepared_scene.h"

namespace ceres_align {

/// How image tools grow and shrink binary masks: by the four neighbours of each pixel, or all
/// eight.
enum class PixelStep { kNone, kFour, kEight };

/// Of one view.
struct MaskTreatment {
  /// Pixels count by Tukey's weight of their distance to the mask's outline, none beyond this
  /// distance (px). 0: all count alike.
  double band_px = 0;
  /// Shares of the rendered outline, by length, that lie beyond band_px from the mask's, outside
  /// the mask (a part of it is missing or hidden) and inside it.
  double outside = 0, inside = 0;
  /// The mask is taken as this much larger than the object all along its outline (< 0: smaller),
  /// and its sigma; 0 and 0: it is not.
  double offset_px = 0, offset_sigma_px = 0;
  /// Such a step explains the offset, and has been undone as a whole.
  PixelStep step = PixelStep::kNone;
  /// Rms (px) of the means of the other distances over stretches of about 16 px.
  double coherent_rms_px = 0;
  bool treated() const { return band_px > 0 || offset_px != 0; }
  double left_out() const { return outside + inside; }
};

/// Where a rendered outline lies to a mask's.
struct OutlineOffset {
  OutlinePoint place;  ///< on the rendered outline
  float length_px;     ///< of outline
  float inside_px;     ///< signed distance to the mask's outline, positive inside the mask
  double motion[6];    ///< how far it moves outward, by the canonical [ω, v] (rasterizer.h); px
  float normal[2];     ///< outward, a unit vector
  double by_focal;     ///< how far it moves outward by the log of the focal length, px
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
/// Tukey's band for an outline of that scale, px; of a mask moved by offset_px.
double BandOf_px(const std::vector<OutlineOffset>& outline, double offset_px = 0);
/// Fills the shares of the outline beyond treatment->band_px (0: everything is within) of a mask
/// moved by its offset, and how the rest lies; the farther, the less it counts.
void MeasureTreated(const std::vector<OutlineOffset>& outline, MaskTreatment* treatment);

/// The scene as `masks` (by view) say: masks moved by offset_px, weights in bands of band_px about
/// their outlines.
std::shared_ptr<const PreparedScene> Treated(const PreparedScene& scene, const OutlineMeter& meter,
                                             const std::vector<MaskTreatment>& masks);

}  // namespace ceres_align
