// The pose's covariance from the residuals' spatial structure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ceres_align/assess/misfit.h"
#include "ceres_align/assess/outline_pixels.h"

namespace ceres_align {

/// The sandwich H⁻¹ (Σ_t a_t a_tᵀ + Σ_v σ_v² b_v b_vᵀ + H₀) H⁻¹ of the tangent [ω, v] of
/// rig_from_world (PoseManifold), where the pose is the optimum of weighted views and of residuals
/// of other kinds whose noise is white (independent, unit variance) and whose JᵀJ is
/// `other_information` H₀.
///
///   H = H₀ + Σ k JᵀJ over the outline's pixels, k = Misfit::Curvature: the second derivative of
///   the expected cost on the scale of the misfit. Gauss–Newton's (k = 1) is that of masks which
///   are right to half a pixel; where they are off by pixels it is far too large (misfit.h).
///
///   Over tile t, H_t and g_t = Σ Jᵀr; a_t = (I − H_t H⁻¹)^(−½) g_t, for the optimum has made the
///   residuals of a tile smaller the more of H comes from it (Bell and McCaffrey's CR2, Survey
///   Methodology 28, 2002; symmetric where H is the identity). The mean of four tilings shifted by
///   half a tile. Residuals of a mask are correlated along its edge, so pixels are no independent
///   samples; tiles are. They are 32 px wide, less where that leaves fewer than 32 that the outline
///   passes, and twice as wide as long as that makes the sum grow by a fifth: then errors are
///   correlated over more than a tile.
///
///   b_v stands for four columns: what a displacement of view v's whole outline by a pixel does to
///   the gradient (outwards, along x, along y, away from its middle). σ_v is the rms by which
///   stretches of it are off (Misfit::long_px), 0 where the misfit's scale is half a pixel. Such
///   a displacement is what all pixels of a mask, or a lens, have in common; most of it the pose
///   has taken up, so it is in no residual.
///
/// A view's weight s_v enters the inner term squared (M-estimators: Huber, Robust Statistics, 1981,
/// 6.3; the other residuals' part of it is their expectation).
///
/// Absent where the views do not determine all six degrees of freedom, where they determine a
/// rotation only as weakly as the facets of a round object's mesh feign it (`radius` is the
/// object's), or where fewer than 8 tiles remain; `why` (may be null) says it in a sentence.
std::optional<Matrix6d> SandwichCovariance(const std::vector<OutlinePixel>& pixels,
                                           const Misfit& misfit, const Matrix6d& other_information,
                                           double radius, std::string* why);

/// The same from the views themselves, which have one window; the misfit is measured on whole
/// pixels. Bad arguments are CHECKed.
std::optional<Matrix6d> SandwichCovariance(const std::vector<WeightedView>& views,
                                           const Matrix6d& other_information,
                                           Rasterizer* rasterizer, double radius,
                                           const Rigid3d& rig_from_world, std::string* why);
std::optional<Matrix6d> SandwichCovariance(const std::vector<SilhouetteView>& views,
                                           const std::vector<const Target*>& targets,
                                           Rasterizer* rasterizer, double radius,
                                           const Rigid3d& rig_from_world);

/// Where among the unknowns there is a pose of the object: its six numbers are [ω, v], ω about the
/// object's centre, v in the units of `radius`, the object's.
struct PoseAmongUnknowns {
  Eigen::Index first;
  double radius;
};

/// The same for any unknowns: column i of `by_unknowns` (n rows) is ∂M/∂(unknowns) of pixel i, and
/// `other_information` is n x n. A rotation of one of the `poses` that outlines and other residuals
/// determine no better than facets feign it is an absent result, as above.
std::optional<Eigen::MatrixXd> SandwichCovariance(const std::vector<OutlinePixel>& pixels,
                                                  const Eigen::MatrixXd& by_unknowns,
                                                  const Misfit& misfit,
                                                  const Eigen::MatrixXd& other_information,
                                                  const std::vector<PoseAmongUnknowns>& poses,
                                                  std::string* why);

/// The same sandwich for any unknowns: column i of `by_unknowns` (n rows) is ∂M/∂(unknowns) of
/// pixel i. Their prior's information is known in its own units (1/sigma²); in the cost it counts
/// times s², the mean squared residual per px of outline, and its part of the middle is s⁴ times
/// it. Absent where a combination of the unknowns is determined by nothing; `why` (not null) says
/// it.
std::optional<Eigen::MatrixXd> JointCovariance(const std::vector<OutlinePixel>& pixels,
                                               const Eigen::MatrixXd& by_unknowns,
                                               const Misfit& misfit,
                                               const Eigen::MatrixXd& prior_information,
                                               std::string* why);

}  // namespace ceres_align
