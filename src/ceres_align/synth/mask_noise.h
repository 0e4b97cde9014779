// What real masks suffer from, seeded and the same on every machine. A mask of zeros and ones
// stays one; soft masks stay in [0, 1].
#pragma once

#include <cstdint>

#include "ceres_align/base/image.h"

namespace ceres_align {

enum class OccluderKind { kRectangle, kEllipse };

/// Applied in the order of the fields. Defaults: no noise.
struct MaskNoise {
  /// The edge is displaced by a smooth random field of this rms (each of x and y), px.
  double wave_rms_px = 0;
  /// The field's correlation is 0.49 at this distance and 0.05 at twice it; px, >= 1.
  double wave_length_px = 20;
  /// Grows (> 0) or shrinks (< 0) the mask by this radius, by a disc; px.
  double dilate_px = 0;
  /// Round holes, centred on random pixels of the mask.
  int missing_blobs = 0;
  /// Their radius, of the radius of the disc that has the mask's area.
  double blob_radius = 0.15;
  /// A rectangle or ellipse at a random place over the object hides this fraction of its area.
  double occluded_fraction = 0;
  OccluderKind occluder = OccluderKind::kRectangle;
  /// This fraction of all pixels becomes 0 or 1, evenly.
  double salt_and_pepper = 0;

  /// Throws InputError naming the field.
  void Validate() const;
};

/// The mask with noise. Each kind has its own stream of random numbers from the seed: changing
/// one kind does not change the others. CHECKs nothing; calls noise.Validate().
ImageF ApplyNoise(const ImageF& mask, const MaskNoise& noise, uint64_t seed);

/// Maximum over a disc: pixels whose centres are within radius_px. The frame's outside is 0.
ImageF Dilate(const ImageF& mask, double radius_px);
/// Minimum over a disc; the outside of the frame does not count, so an object cut by the frame
/// is not eroded along it.
ImageF Erode(const ImageF& mask, double radius_px);

}  // namespace ceres_align
