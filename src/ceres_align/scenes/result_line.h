// A scene's result as one line of JSON.
#pragma once

#include <string>

#include "ceres_align/scenes/run_scenes.h"

namespace ceres_align {

/// One JSON object on one line, without the line break:
///
///   {"id": "a", "scene": "set/a.json", "usable": true, "right": true, "status": "converged",
///    "rig_from_world": {"R": rows, "t": [3]}, "accuracy": {"rotation_deg": …, "translation": …,
///    "translation_percent_of_distance": …} or null, "sigma": {"rotation_deg": [3],
///    "translation": [3]} or null, "iou": […], "contour_rms_px": […], "failed": [{"name": …,
///    "message": …}], "searched": true, "unknowns": {…}, "errors": {…}, "warnings": ["…"],
///    "seconds": {"load": …, "prepare": …, "solve": …, "assess": …, "total": …}}
///
/// of a scene of several objects
///
///   {"id": "a", "scene": "set/a.json", "usable": true (all are), "right": true (all are),
///    "rounds": 2, "objects": [{"name": "mug", "usable": …, … "errors": {…}}], "warnings": […],
///    "seconds": {…}}
///
/// or, of a scene that could not be aligned, {"id", "scene", "error": "…", "seconds"}. Poses,
/// accuracy and sigma are result.json's; iou and contour_rms_px are by view; "failed" has the
/// checks that did not pass; "unknowns" (name: value) and "errors" are there where the scene has
/// them. All times are under "seconds", the last key; the rest is the same on every run.
std::string ResultLine(const SceneOutcome& outcome);

/// The line without its "seconds".
std::string WithoutSeconds(const std::string& line);

}  // namespace ceres_align
