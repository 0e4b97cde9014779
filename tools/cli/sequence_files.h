// The mask files of a sequence, and the trajectory that comes of it.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/report/output_files.h"
#include "ceres_align/track/tracker.h"

namespace ceres_align::cli {

/// frames[f][camera]: paths of masks. `flag` has for each camera a folder (its image files), a
/// pattern (* ? [a-z]) or a file name.txt (a path a line, relative to it; # begins a comment),
/// separated by commas; frames are in natural order, those of a list in its own. Throws InputError,
/// also where cameras have different numbers of frames.
std::vector<std::vector<std::string>> ListFrames(const std::string& flag);

/// frames.jsonl, frames.csv (cam_from_world of camera 1: x_cam = R(q)·x_world + t),
/// trajectory_camera.tum (world_from_cam of camera 1) and trajectory_object.tum (cam_from_world of
/// camera 1), where time is frame / fps; frames without a pose are not in the trajectories.
std::vector<OutputFile> TrajectoryFiles(const std::vector<TrackedFrame>& track,
                                        const std::vector<std::vector<std::string>>& masks,
                                        const Rigid3d& cam1_from_rig, double fps);

}  // namespace ceres_align::cli
