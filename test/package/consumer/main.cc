// Exits with 0 if the installed headers and libraries do what they do in the build.
#include <cmath>
#include <iostream>
#include <string>

#include "ceres_align/ceres_align.h"
#include "ceres_align/io/cv_mat.h"

int main() {
  using ceres_align::ExpRotation;
  using ceres_align::Rigid3d;
  if (std::string(CERES_ALIGN_VERSION) != EXPECTED_VERSION) {
    std::cerr << "the header's version is " << CERES_ALIGN_VERSION << "\n";
    return 1;
  }
  const Rigid3d camera2_from_camera1(ExpRotation({0, 0.3, 0}), Eigen::Vector3d(1, 0, 0));
  const Rigid3d camera1_from_world(ExpRotation({0.1, 0, 0}), Eigen::Vector3d(0, 0, 5));
  const Rigid3d camera2_from_world = camera2_from_camera1 * camera1_from_world;
  const Eigen::Vector3d x_in_world(0.2, -0.4, 0.7);
  const double difference =
      (camera2_from_world * x_in_world - camera2_from_camera1 * (camera1_from_world * x_in_world))
          .norm();
  std::cout << "difference of the two ways: " << difference << "\n";

  // A square's mask from OpenCV, aligned to the square from a start that is off.
  auto square = std::make_shared<ceres_align::TriangleMesh>();
  square->vertices = {{-1, -1, 0}, {1, -1, 0}, {1, 1, 0}, {-1, 1, 0}};
  square->faces = {{0, 1, 2}, {0, 2, 3}};
  cv::Mat picture(64, 64, CV_8U, cv::Scalar(0));
  picture(cv::Rect(20, 20, 24, 24)) = 255;
  ceres_align::Scene scene;
  scene.meshes = {square};
  scene.views.resize(1);
  scene.views[0].camera = {64, 64, 60, 60, 32, 32};
  scene.views[0].mask = ceres_align::MaskFromMat(picture, "the square").mask;
  scene.initial_rig_from_world = Rigid3d(ExpRotation({0, 0, 0.1}), Eigen::Vector3d(0.3, -0.2, 6));
  const auto rasterizer = ceres_align::MakeRasterizer({"cpu", 1}, nullptr);
  const ceres_align::AlignResult result = ceres_align::Align(scene, rasterizer.get(), {});
  std::cout << "distance of the square: " << result.rig_from_world.translation.z() << "\n";
  // 2 units that span 24 px at 60 px: 5 units away.
  return difference < 1e-12 && std::abs(result.rig_from_world.translation.z() - 5) < 0.05 ? 0 : 1;
}
