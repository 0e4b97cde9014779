// What real masks suffer from, seeded and the same on every machine. A mask of zeros and ones
// stays one (but for soft_edge_px); soft masks stay in [0, 1].
#pragma once

#include <cstdint>

#include "ceres_align/base/image.h"
#include "ceres_align/synth/mask_filters.h"

namespace ceres_align {

enum class OccluderKind { kRectangle, kEllipse };

/// Applied in the order of the fields. Defaults: no noise.
struct MaskNoise {
  /// Opened and closed by a disc of this radius (RoundOff): thin parts are lost, corners round; px.
  double round_px = 0;
  /// Seen by a network whose output is so many times smaller (LowResolution); 1: not.
  int low_resolution = 1;
  /// The edge is displaced by a smooth random field of this rms (each of x and y), px.
  double wave_rms_px = 0;
  /// The field's correlation is 0.49 at this distance and 0.05 at twice it; px, >= 1.
  double wave_length_px = 20;
  /// So many such fields, each twice as long as the one before; their variances add up to the rms.
  int wave_octaves = 1;
  /// Grows (> 0) or shrinks (< 0) the mask by this radius, by a disc; px.
  double dilate_px = 0;
  /// The same by less than a pixel too (ShiftOutline); px.
  double bias_px = 0;
  /// Round bites and bumps, centred on random pixels of the outline, and their radius, as
  /// blob_radius.
  int edge_blobs = 0;
  double edge_blob_radius = 0.06;
  /// Round holes, centred on random pixels of the mask.
  int missing_blobs = 0;
  /// Their radius, of the radius of the disc that has the mask's area.
  double blob_radius = 0.15;
  /// This fraction of the area is missing, beyond a straight line in a random direction.
  double missing_part = 0;
  /// A rectangle or ellipse at a random place over the object hides this fraction of its area.
  double occluded_fraction = 0;
  /// Instead: centred on the outline, it hides this fraction of the outline.
  double occluded_outline = 0;
  OccluderKind occluder = OccluderKind::kRectangle;
  /// Probabilities instead of a sharp edge: a blur of this standard deviation; px.
  double soft_edge_px = 0;
  /// This fraction of all pixels becomes 0 or 1, evenly.
  double salt_and_pepper = 0;

  /// Throws InputError naming the field.
  void Validate() const;
};

/// What a segmentation network's masks have, all together: waves 20 to 80 px long, an outline too
/// far out or in (the same in all masks of one network_seed), rounded corners, lost thin parts, a
/// coarser output, bites and bumps at the outline. rms_px is about what the outline is off by, rms,
/// away from the bites and bumps: 0.5 good, 1 usual, 2 poor; 0: no noise.
MaskNoise SegmentedNoise(double rms_px, uint64_t network_seed);

/// The mask with noise. Each kind has its own stream of random numbers from the seed: changing
/// one kind does not change the others. CHECKs nothing; calls noise.Validate(). `hidden`, if given,
/// becomes an image of 1 where the occluder is, else 0.
ImageF ApplyNoise(const ImageF& mask, const MaskNoise& noise, uint64_t seed,
                  ImageF* hidden = nullptr);

}  // namespace ceres_align
