// result.json: everything about a run, for programs to read.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/geometry/scene.h"

namespace ceres_align {

/// Wall time of a run's parts that the aligner does not measure itself; seconds.
struct RunSeconds {
  double load = 0;   ///< reading (or making) meshes, masks and cameras
  double draw = 0;   ///< drawing and encoding the pictures
  double write = 0;  ///< writing them; not of result.json, which says it
  double total = 0;  ///< from the program's start: all parts together
};

/// The JSON text, with a final newline:
///
///   { "status": "converged", "usable": true, "termination": "…", "backend": "cpu",
///     "rig_from_world": <pose>,
///     "views": [ {"name": "left", "cam_from_world": <pose>, "camera_center": [x, y, z],
///                 "iou": …, "contour_rms_px": …, "mask_empty": false,
///                 "mask_touches_frame": false, "object_in_frame": true} ],
///     "covariance": 6x6 rows or null, "sigma": {"rotation_deg": [3], "translation": [3]} or null,
///     "searched": true, "restarted": false, "sharpened": true,
///     "ambiguous": false,
///     "alternatives": [ {"rig_from_world": <pose>, "cost_ratio": …} ],
///     "cost": {"initial": …, "final": …}, "iterations": …, "evaluations": …,
///     "seconds": {"load": …, "prepare": …, "solve": …, "assess": …, "draw": …, "write": …,
///                 "total": …},
///     "warnings": ["…"],
///     "errors": {"rotation_deg": …, "translation": …, "translation_percent_of_distance": …},
///     "options": {…} }
///
/// <pose> is {"R": rows, "t": [3], "quaternion_xyzw": [4], "pytorch3d": {"R": rows, "T": [3]}}:
/// R, t and the quaternion (w >= 0) are OpenCV's x_cam = R·x_world + t; pytorch3d's are
/// X_cam = X_world·R + T. The covariance is of [rotation (rad) about the object's centre,
/// translation of that centre], axes of the rig's frame; null where the masks do not determine
/// the pose. "ambiguous" is null and "alternatives" is empty unless all rotations were searched.
/// "warnings" are of the scene, as LoadedScene has them. "errors" is there only if the scene has
/// the truth. A number that is not finite is null. Numbers read back to the same bits. All times
/// lie under "seconds"; the rest is the same on every run and for any number of threads, so that
/// number is not recorded.
std::string ResultJson(const Scene& scene, const AlignResult& result, const AlignOptions& options,
                       const RunSeconds& seconds, const std::vector<std::string>& warnings = {});

/// "options" of ResultJson alone, on one line.
std::string OptionsJson(const AlignOptions& options);

/// Pretty-printed JSON with lists of numbers alone on one line each.
std::string WithShortLists(const std::string& json);

/// Sigma per degree of freedom, from the covariance's diagonal: rotation in degrees (3) then
/// translation (3). The covariance must be present (CHECKed).
Eigen::Matrix<double, 6, 1> SigmasOf(const AlignResult& result);

/// The result against scene.true_rig_from_world, at the object's centre; empty without a truth.
std::optional<PoseError> ErrorsOf(const Scene& scene, const AlignResult& result);

}  // namespace ceres_align
