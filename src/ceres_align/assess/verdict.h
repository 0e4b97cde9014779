// Whether a result can be trusted, by tests that each catch something.
#pragma once

#include <vector>

#include "ceres_align/assess/assessment.h"

namespace ceres_align {

/// Lengths, pulls and changes of the focal length below are all taken times
/// result.outline_tolerance.
/// All tests of a usable result, passed or not, in this order; a view is one with a mask, its size
/// the root of the mask's area. docs/verdict.md has the reasons for the figures.
///   termination    the solve met its step or cost test
///   masks          a view's mask is empty where the object would be seen, or not where it is not:
///                  wrong masks, a wrong rig
///   frame          more than half of a mask's border lies on the frame's edge: too little outline
///   overlap        IoU without specks below 0.8 in a view, or the mean below 0.85: a wrong pose,
///                  large parts of the mask missing
///   contour        the outline is off (the 90 % quantile of distances over 1 px or 0.8 % of the
///                  size), or stretches of one have no counterpart in the other (5 % of the
///                  render's outline, or 3 % outside it): wrong mesh, swapped masks, occlusion, a
///                  wrong rig
///   stretches      whole stretches of the outline are off to one side (their rms over 0.40 px or
///                  0.32 % of the size, of long ones 0.32 px or 0.26 %; the mean 0.25 px or 0.2 %):
///                  a mesh or rig that is slightly wrong, fat or thin masks
///   views          one view pulls the pose away from the others' by more than its noise: a wrong
///                  rig, swapped masks
///   focal_length   another focal length fits clearly better. Passes where the outlines do not
///                  tell it, and says how well they do; not tested where `overlap` fails
///   lens           another k1 fits clearly better, as where distortion was left out, or cx and cy
///                  that are half a pixel off (only views of a rig can tell), as where pixel_center
///                  was forgotten; not tested where `overlap` fails
///   ambiguity      another pose fits about as well
///   observability  a motion is not determined (only where result.observability is set)
///   prior          the pose is not where it was said to be (SolveOptions::prior)
/// Reads every field of the result but `checks`.
std::vector<Check> ChecksOf(const Assessment& result);

/// Whether overlap, contour and stretches pass: what the views alone say of a pose. Reads
/// result.views.
bool OutlinesFit(const Assessment& result);

}  // namespace ceres_align
