// The point sampler's way through a lens: not the mesh is distorted but each sample undistorted,
// so that triangles keep straight edges and nothing is approximated. Internal to synth/.
#pragma once

#include "ceres_align/synth/point_sampler.h"

namespace ceres_align::synth_internal {

/// RenderMask for a camera with a lens. Samples are undistorted by OpenCV's fixed-point iteration;
/// CHECKs that it converges everywhere in the frame. Of a sample exactly on a triangle's edge,
/// kHalfOpen says inside.
ImageF RenderMaskThroughLens(const TriangleMesh& mesh, const Rigid3d& cam_from_object,
                             const Camera& camera, const SamplerOptions& options);

}  // namespace ceres_align::synth_internal
