// How much larger or smaller than the object a mask is, all along its outline.
#pragma once

#include <memory>
#include <vector>

#include "ceres_align/solve/mask_treatment.h"

namespace ceres_align {

/// By this much (px) a mask's outline lies outside the object's; < 0: inside.
struct MaskOffset {
  double offset_px = 0;
  double sigma_px = 0;  ///< of the estimate, errors of stretches of 16 px taken as independent
};

struct OffsetFit {
  Rigid3d rig_from_run;
  std::vector<MaskOffset> masks;  ///< by view; 0 where a view's mask has no outline
  int evaluations = 0;
};

/// The pose and one offset for each mask that together bring the rendered outlines to where the
/// masks' are, by Gauss–Newton on Σ length · Tukey(e) e², e = (signed distance of the rendered
/// outline inside the mask) − offset. With it a prior of sigma 1 px on every offset: what the
/// outlines do not tell from a change of depth stays 0.
OffsetFit FitOffsets(const PreparedScene& scene, const OutlineMeter& meter,
                     const Rigid3d& rig_from_run);

/// How far inside a mask's outline a rendered one lies in the mean, what is far from `about_px`
/// counting less.
MaskOffset MeanOffset(const std::vector<OutlineOffset>& outline, double about_px);

/// `mask` shrunk by offset_px (< 0: grown): along its outline a ramp one pixel wide about the line
/// that is offset_px inside it. The mask itself, bit for bit, where offset_px is 0.
ImageF MovedMask(const ImageF& mask, const ImageF& weight, double offset_px);

/// A binary mask shrunk (or grown) by one step: the pixels all of whose neighbours (or any) it has.
/// The frame's outside counts as the pixel itself.
ImageF SteppedBack(const ImageF& mask, PixelStep step, bool shrink);

/// By how much such a step moves outlines in the mean over all directions: 0.90 px by four
/// neighbours, 1.27 px by eight; 0 for none.
double SizeOf_px(PixelStep step);

}  // namespace ceres_align
