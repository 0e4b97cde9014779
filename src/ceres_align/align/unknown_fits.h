// What is known of the unknowns at the end, and of the pose with all of them free.
#pragma once

#include "ceres_align/align/align_unknowns.h"
#include "ceres_align/scene/prepared_scene.h"

namespace ceres_align {

/// Fills result->align.unknowns, and puts the joint covariance of the pose, the accuracy and the
/// checks into result->align. `scene` is the scene with the values in it as the solve saw it;
/// `window` that of the residual whose optimum the pose is.
void AddUnknownFits(const PreparedScene& scene, const SharedCameras& shared,
                    const UnknownOptions& unknowns, const UnknownValues& priors, int window,
                    const Rigid3d& rig_from_run, UnknownsResult* result);

}  // namespace ceres_align
