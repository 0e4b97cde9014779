// The answer of a hand-eye calibration for people and for ROS.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "ceres_align/align/align_result.h"
#include "ceres_align/hand_eye/joint_offsets.h"

namespace ceres_align {

/// The covariance of base_from_cam (flange_from_cam) of the first camera, [rotation (rad), the
/// camera's place (m)], both along the axes of the base (flange): the answer is
/// Exp(rotation)·R, t + place. From the result's own, which is of the camera's axes about the
/// object's centre; absent where that is.
std::optional<Eigen::Matrix<double, 6, 6>> MountCovariance(const AlignResult& result);

/// Whether a view pulls the answer away from the others' by more than the verdict allows for clean
/// masks (VerdictLimits).
bool PullsTheAnswer(const ViewPull& pull, const AlignResult& result);

struct HandEyeFrames {
  std::string parent;  ///< the base's or the flange's link
  std::string camera;
};

/// A line for each joint that seems off, or, if `taken` (TakeOffsets), for every joint.
std::string OffsetsText(const JointOffsets& offsets, bool taken);

/// Matrix (column vectors, camera to parent), accuracy, sigmas; a table with a row a view: its
/// state, IoU, outlines' distance, pull. `masks` are the views' files, in the scene's order.
std::string HandEyeText(const HandEyeFrames& frames, const std::vector<std::string>& masks,
                        const AlignResult& result);

/// YAML: frames, matrix, quaternion, translation, sigmas, covariance, and the same table; 17
/// digits.
std::string HandEyeYaml(const HandEyeFrames& frames, const std::vector<std::string>& masks,
                        const AlignResult& result, const JointOffsets* offsets, bool taken);

}  // namespace ceres_align
