// ROS TF: where the cameras' optical frames are in the frame "world".
#pragma once

#include <vector>

#include "ceres_align/formats/formats.h"

namespace ceres_align {

/// One YAML list of geometry_msgs/TransformStamped: header.frame_id world, child_frame_id
/// NAME_optical_frame (+z forward, +x right: REP 103), transform = world_from_cam, quaternion x, y,
/// z, w; with the static_transform_publisher command of each as a comment before it. The unit of
/// length is the set's; ROS means metres.
std::vector<ExportedFile> WriteRosTf(const CameraSet& set);

}  // namespace ceres_align
