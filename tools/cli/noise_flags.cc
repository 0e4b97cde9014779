#include "cli/noise_flags.h"

#include <gflags/gflags.h>

#include "ceres_align/base/error.h"

using ceres_align::MaskNoise;

DEFINE_double(segmented, 0,
              "Noise: masks as of a segmentation network, the outline off by so many px rms: 0.5 "
              "good, 1 usual, 2 poor. The other noise flags change single kinds of it.");
DEFINE_double(round_px, MaskNoise().round_px,
              "Noise: corners and thin parts are lost, by opening and closing with a disc.");
DEFINE_int32(low_resolution, MaskNoise().low_resolution,
             "Noise: seen by a network whose output is so many times smaller.");
DEFINE_double(wave_rms_px, MaskNoise().wave_rms_px, "Noise: rms displacement of a wavy edge.");
DEFINE_double(wave_length_px, MaskNoise().wave_length_px, "Noise: its correlation length.");
DEFINE_int32(wave_octaves, MaskNoise().wave_octaves,
             "Noise: so many such waves, each twice as long as the one before.");
DEFINE_double(dilate_px, MaskNoise().dilate_px, "Noise: grow (> 0) or shrink (< 0) by a disc.");
DEFINE_double(bias_px, MaskNoise().bias_px, "Noise: the same by parts of a pixel too.");
DEFINE_int32(edge_blobs, MaskNoise().edge_blobs,
             "Noise: number of bites and bumps at the outline.");
DEFINE_double(edge_blob_radius, MaskNoise().edge_blob_radius,
              "Noise: their radius, as blob_radius.");
DEFINE_int32(missing_blobs, MaskNoise().missing_blobs, "Noise: number of round holes.");
DEFINE_double(blob_radius, MaskNoise().blob_radius,
              "Noise: the holes' radius, of the radius of the disc with the mask's area.");
DEFINE_double(missing_part, MaskNoise().missing_part,
              "Noise: part of the area that is missing, beyond a straight line.");
DEFINE_double(occluded_fraction, MaskNoise().occluded_fraction,
              "Noise: part of the object's area that an occluder hides.");
DEFINE_double(occluded_outline, MaskNoise().occluded_outline,
              "Noise: instead, part of the object's outline that it hides.");
DEFINE_string(occluder, "rectangle", "Noise: rectangle or ellipse.");
DEFINE_bool(mark_occluder, false, "The occluder is known: its pixels are to be ignored.");
DEFINE_double(soft_edge_px, MaskNoise().soft_edge_px,
              "Noise: probabilities instead of sharp edges, by a blur of this sigma.");
DEFINE_double(salt_and_pepper, MaskNoise().salt_and_pepper,
              "Noise: part of all pixels that become 0 or 1.");

namespace ceres_align::cli {
namespace {

template <typename T>
void Set(const char* flag, T value, T* field) {
  const bool given = !gflags::GetCommandLineFlagInfoOrDie(flag).is_default;
  if (given || FLAGS_segmented == 0) *field = value;
}

}  // namespace

std::vector<std::string> NoiseFlagNames() {
  return {"segmented",      "round_px",          "low_resolution",   "wave_rms_px",
          "wave_length_px", "wave_octaves",      "dilate_px",        "bias_px",
          "edge_blobs",     "edge_blob_radius",  "missing_blobs",    "blob_radius",
          "missing_part",   "occluded_fraction", "occluded_outline", "occluder",
          "mark_occluder",  "soft_edge_px",      "salt_and_pepper"};
}

MaskNoise NoiseOfFlags(uint64_t network_seed) {
  MaskNoise noise = SegmentedNoise(FLAGS_segmented, network_seed);
  Set("round_px", FLAGS_round_px, &noise.round_px);
  Set("low_resolution", FLAGS_low_resolution, &noise.low_resolution);
  Set("wave_rms_px", FLAGS_wave_rms_px, &noise.wave_rms_px);
  Set("wave_length_px", FLAGS_wave_length_px, &noise.wave_length_px);
  Set("wave_octaves", FLAGS_wave_octaves, &noise.wave_octaves);
  Set("dilate_px", FLAGS_dilate_px, &noise.dilate_px);
  Set("bias_px", FLAGS_bias_px, &noise.bias_px);
  Set("edge_blobs", FLAGS_edge_blobs, &noise.edge_blobs);
  Set("edge_blob_radius", FLAGS_edge_blob_radius, &noise.edge_blob_radius);
  Set("missing_blobs", FLAGS_missing_blobs, &noise.missing_blobs);
  Set("blob_radius", FLAGS_blob_radius, &noise.blob_radius);
  Set("missing_part", FLAGS_missing_part, &noise.missing_part);
  Set("occluded_fraction", FLAGS_occluded_fraction, &noise.occluded_fraction);
  Set("occluded_outline", FLAGS_occluded_outline, &noise.occluded_outline);
  Set("soft_edge_px", FLAGS_soft_edge_px, &noise.soft_edge_px);
  Set("salt_and_pepper", FLAGS_salt_and_pepper, &noise.salt_and_pepper);
  if (FLAGS_occluder == "ellipse") {
    noise.occluder = OccluderKind::kEllipse;
  } else if (FLAGS_occluder != "rectangle") {
    throw InputError("--occluder is '" + FLAGS_occluder + "'; it must be rectangle or ellipse");
  }
  noise.Validate();
  return noise;
}

bool MarkOccluder() {
  if (FLAGS_mark_occluder && FLAGS_occluded_fraction == 0 && FLAGS_occluded_outline == 0) {
    throw InputError("--mark_occluder needs --occluded_fraction or --occluded_outline");
  }
  return FLAGS_mark_occluder;
}

}  // namespace ceres_align::cli
