// A silhouette renderer by point sampling, independent of render/ (of its lens too): it projects
// every triangle and tests sample points, in double. Reference masks for demos and tests come from
// here.
#pragma once

#include "ceres_align/base/image.h"
#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/mesh.h"
#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

/// What happens to a sample that lies exactly on a triangle's edge (in double).
enum class EdgeRule {
  /// As if the sample lay an infinitesimal step right of (then below) where it is: neighbouring
  /// triangles share no sample and leave no hole between them.
  kHalfOpen,
  /// It is outside: a sample counts only strictly inside a triangle. PyTorch3D's rule; samples
  /// exactly on an edge between two triangles are lost.
  kStrict,
};

struct SamplerOptions {
  /// n: every pixel is sampled on a regular n x n grid, at ((i + ½)/n, (j + ½)/n). 1 samples the
  /// pixel's centre and gives a binary mask.
  int samples_per_axis = 1;
  /// Only the parts of triangles with depth Z > near_z are seen; mesh units, > 0.
  double near_z = 1e-6;
  EdgeRule edge_rule = EdgeRule::kHalfOpen;
};

/// The coverage of each pixel by the union of the projected triangles (no culling, any winding),
/// in [0, 1]: the fraction of its samples that lie in a triangle. camera.width_px x height_px.
///
/// Through a lens, each sample is undistorted: nothing is approximated, and it is some ten times
/// slower. The lens must be one to one over the frame (WhyNoLens in camera.h).
///
/// Any size and any position of the mesh: in front, behind, around the camera, out of frame.
/// Memory is bounded for any sample count; single-threaded, the same bits on every run.
/// CHECKs the options, the camera's size and the mesh's indices.
ImageF RenderMask(const TriangleMesh& mesh, const Rigid3d& cam_from_object, const Camera& camera,
                  const SamplerOptions& options);

/// The same with samples_per_axis given and the other options at their defaults.
ImageF RenderMask(const TriangleMesh& mesh, const Rigid3d& cam_from_object, const Camera& camera,
                  int samples_per_axis = 1);

}  // namespace ceres_align
