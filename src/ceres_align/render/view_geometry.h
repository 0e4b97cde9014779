// What the kernels need of a camera and a pose.
#pragma once

#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/render/contour_mesh.h"
#include "ceres_align/render/silhouette_math.h"

namespace ceres_align {

/// The near plane lies at this fraction of the radius of the mesh's bulk in front of the camera.
constexpr double kNearOverRadius = 1e-4;

/// With a window (see RasterJob) the view is `window` times as large. CHECKs that it is odd.
ViewGeometry MakeViewGeometry(const ContourMesh& mesh, const Camera& camera,
                              const Rigid3d& cam_from_object, int window = 1);

/// The matrix A (6x6) with δ_canonical = A·δ, where the canonical [ω, v] of rasterizer.h moves
/// the object about the mesh's centre in the camera's axes, and δ = [ω, v] moves it in the rig's
/// frame as X_rig → pivot + exp(ω)(X_rig − pivot) + v. First order, exact as a derivative.
Eigen::Matrix<double, 6, 6> CanonicalFromRig(const Eigen::Quaterniond& cam_from_rig,
                                             const Eigen::Vector3d& mesh_center_in_rig,
                                             const Eigen::Vector3d& pivot_in_rig);

}  // namespace ceres_align
