// The pixels on the rendered outlines of all views, with what a pose's figures are sums of.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "ceres_align/cost/silhouette_cost_function.h"

namespace ceres_align {

using Vector6d = Eigen::Matrix<double, 6, 1>;

/// A view in a sum of costs: weight · ½ Σ w (M − T)².
struct WeightedView {
  SilhouetteView view;
  const Target* target = nullptr;  ///< the one behind view.target; borrowed
  double weight = 1;               ///< > 0: the factor of its ScaledLoss, 1 without one
};

/// A pixel that a moving outline crosses.
struct OutlinePixel {
  int view, column, row;
  double weight;             ///< of the squared residual: the pixel's times the view's; > 0
  double coverage;           ///< M
  double residual;           ///< M − T
  Vector6d by_pose;          ///< ∂M/∂[ω, v], PoseManifold's tangent of rig_from_world
  Eigen::Vector2d by_shift;  ///< ∂M/∂(x, y) of the outline in the image, per px
  double by_focal;           ///< ∂M by the log of the focal length
  double by_log_fx;          ///< ∂M by the log of fx alone
  Vector6d by_stretch;  ///< ∂M/∂S of X → (1 + S) X about the mesh's centre, in the world's
                        ///< axes: xx, yy, zz, yz, zx, xy
  Eigen::Vector2d from_center_px;  ///< of the outline in the pixel, from the principal point
  /// Of the mask's outline from the rendered one, px: > 0 where the mask is larger. Limited to
  /// ±kMostDisplacement_px.
  double displacement_px;

  double length_px() const { return by_shift.norm(); }  ///< of outline in the pixel
  /// ∂M by an outward offset of the outline, per px.
  double by_offset() const { return length_px(); }
};
constexpr double kMostDisplacement_px = 64;

/// Of all views, those of nonzero weight; by views, rows, columns.
std::vector<OutlinePixel> CollectOutline(const std::vector<WeightedView>& views,
                                         Rasterizer* rasterizer, const Rigid3d& rig_from_world);

}  // namespace ceres_align
