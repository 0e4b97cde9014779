// Whether the views agree with each other and with the cameras given (focal length, lens, pixel
// rule), at the pose found.
#pragma once

#include <vector>

#include "ceres_align/assess/assessment.h"
#include "ceres_align/assess/misfit.h"
#include "ceres_align/assess/outline_pixels.h"

namespace ceres_align {

/// First order at `rig_from_world`, from the pixels i on the outlines: r_i = M_i − T_i, J_i =
/// ∂M_i/∂[ω, v] (PoseManifold's tangent), q_i = ∂M_i/∂log f, k_i = Misfit::Curvature.
///
/// Pulls. g_v = Σ_{i in v} w Jᵀr of one view, H = Σ w k JᵀJ of all: at the optimum Σ g_v = 0, and
/// H⁻¹ g_v is how far the view v pulls the pose against the others. Its noise is that of the tiles
/// (see SandwichCovariance), of the residuals that are left when each view has a pose of its own:
/// with M_v = Σ_t g_t g_tᵀ and A_v = I − H_v H⁻¹, Cov(g_v) = A_v M_v A_vᵀ + Σ_{u≠v} (H_v H⁻¹) M_u
/// (H_v H⁻¹)ᵀ (Wald's test of the hypothesis that the views share a pose).
///
/// Focal length. Gauss–Newton steps of [pose, log f] of all views, a few of them where the first is
/// suspicious, and f's sandwich sigma at the last.
///
/// k1, pixel shift. The one Gauss–Newton step of [pose, number], the number shared by all views. An
/// image point moves by ∂u per unit of it, and coverage by the outline's ∂M/∂u · ∂u. Distortion
/// that was left out shows first in k1; a `pixel_center` of 0 that was forgotten is a shift of 0.5.
///
/// `pixels` are the views' outlines at rig_from_world; `radius` is the object's. Views of which too
/// little outline is seen take no part.
Consistency MeasureConsistency(const std::vector<WeightedView>& views,
                               const std::vector<OutlinePixel>& pixels, const Misfit& misfit,
                               Rasterizer* rasterizer, double radius,
                               const Rigid3d& rig_from_world);

}  // namespace ceres_align
