// Exits with 0 if the installed headers and libraries do what they do in the build.
#include <cmath>
#include <iostream>
#include <string>

#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/version.h"

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
  return difference < 1e-12 ? 0 : 1;
}
