#include "ceres_align/formats/ros_tf.h"

#include "ceres_align/formats/set_checks.h"
#include "ceres_align/io/table.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::ExactNumber;

std::vector<ExportedFile> WriteRosTf(const CameraSet& set) {
  RequirePoses(set, "ros_tf");
  std::string text =
      "# world_from_cam of each camera's optical frame; lengths as the scene has them (ROS: m)\n";
  for (const CalibratedCamera& camera : set.cameras) {
    const Rigid3d world_from_cam = Inverse(camera.cam_from_reference);
    const Eigen::Vector3d& t = world_from_cam.translation;
    const Eigen::Vector4d q = world_from_cam.rotation.coeffs();  // x, y, z, w
    const std::string child = camera.name + "_optical_frame";
    const std::string names[] = {"x", "y", "z", "w"};
    std::string arguments, translation, rotation;
    for (int i = 0; i < 3; ++i) {
      arguments += " --" + names[i] + " " + ExactNumber(t[i]);
      translation += (i > 0 ? ", " : "") + names[i] + ": " + ExactNumber(t[i]);
    }
    for (int i = 0; i < 4; ++i) {
      arguments += " --q" + names[i] + " " + ExactNumber(q[i]);
      rotation += (i > 0 ? ", " : "") + names[i] + ": " + ExactNumber(q[i]);
    }
    text += Cat("# ros2 run tf2_ros static_transform_publisher", arguments,
                " --frame-id world --child-frame-id ", child, "\n- header: {frame_id: \"world\"}\n",
                "  child_frame_id: \"", child, "\"\n  transform:\n    translation: {", translation,
                "}\n    rotation: {", rotation, "}\n");
  }
  return {{"", text}};
}

}  // namespace ceres_align
