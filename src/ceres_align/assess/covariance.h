// The pose's covariance from the residuals' spatial structure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ceres_align/cost/silhouette_cost_function.h"

namespace ceres_align {

/// A view in a sum of costs: weight · ½ Σ w (M − T)².
struct WeightedView {
  SilhouetteView view;
  const Target* target = nullptr;  ///< the one behind view.target; borrowed
  double weight = 1;               ///< > 0: the factor of its ScaledLoss, 1 without one
};

/// The sandwich H⁻¹ (Σ_t a_t a_tᵀ) H⁻¹ of the tangent [ω, v] of rig_from_world (PoseManifold):
/// H = Σ JᵀJ over all pixels; over tile t, H_t = Σ JᵀJ, g_t = Σ Jᵀr and
/// a_t = (I − H_t H⁻¹)^(−½) g_t, for the optimum has made the residuals of a tile smaller the more
/// of H comes from it (Bell and McCaffrey's CR2, Survey Methodology 28, 2002; symmetric where H is
/// the identity). The mean of four tilings shifted by half a tile. Residuals of a mask are
/// correlated along its edge, so pixels are no independent samples; tiles are. Tiles are 32 px
/// wide, less where that leaves fewer than 32 that the outline passes.
///
/// Absent where the views do not determine all six degrees of freedom, where they determine a
/// rotation only as weakly as the facets of a round object's mesh feign it (`radius` is the
/// object's), or where fewer than 8 tiles remain.
/// Assumes that errors of different tiles are independent: a bias common to the whole mask (a
/// dilated mask, a wrong focal length) is not in it. targets[i] belongs to views[i].
std::optional<Matrix6d> SandwichCovariance(const std::vector<SilhouetteView>& views,
                                           const std::vector<const Target*>& targets,
                                           Rasterizer* rasterizer, double radius,
                                           const Rigid3d& rig_from_world);

/// The same where the pose is the optimum of weighted views and of residuals of other kinds whose
/// noise is white (independent, unit variance) and whose JᵀJ is `other_information` H₀:
///   H⁻¹ (Σ_t a_t a_tᵀ + H₀) H⁻¹,  H = H₀ + Σ_v s_v H_v,
/// with H_t and g_t of view v's tiles multiplied by its weight s_v, so that s_v enters the inner
/// term squared (M-estimators: Huber, Robust Statistics, 1981, 6.3; the other residuals' part of
/// it is their expectation). The limit that facets feign is of Σ s_v H_v's translations.
///
/// If absent, `why` (may be null) says it in a sentence. Bad arguments are CHECKed.
std::optional<Matrix6d> SandwichCovariance(const std::vector<WeightedView>& views,
                                           const Matrix6d& other_information,
                                           Rasterizer* rasterizer, double radius,
                                           const Rigid3d& rig_from_world, std::string* why);

}  // namespace ceres_align
