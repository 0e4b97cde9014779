#include "ceres_align/cost/rig_cost_function.h"

#include <ceres/autodiff_cost_function.h>
#include <ceres/rotation.h>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

struct RigFunctor {
  Rigid3d measured;
  double rotation_weight, translation_weight;

  template <typename T>
  bool operator()(const T* pose1, const T* pose2, T* residuals) const {
    using Quaternion = Eigen::Quaternion<T>;
    using Vector = Eigen::Matrix<T, 3, 1>;
    const Quaternion q1(pose1[3], pose1[0], pose1[1], pose1[2]);
    const Quaternion q2(pose2[3], pose2[0], pose2[1], pose2[2]);
    const Quaternion q21 = q2 * q1.conjugate();
    const Quaternion error = measured.rotation.conjugate().cast<T>() * q21;
    const T wxyz[4] = {error.w(), error.x(), error.y(), error.z()};
    ceres::QuaternionToAngleAxis(wxyz, residuals);
    const Vector t1(pose1[4], pose1[5], pose1[6]), t2(pose2[4], pose2[5], pose2[6]);
    const Vector translation_error = t2 - q21 * t1 - measured.translation.cast<T>();
    for (int i = 0; i < 3; ++i) {
      residuals[i] *= rotation_weight;
      residuals[i + 3] = translation_weight * translation_error[i];
    }
    return true;
  }
};

}  // namespace

ceres::CostFunction* RigCostFunction::Create(const Rigid3d& measured_cam2_from_cam1,
                                             double sigma_rotation_rad, double sigma_translation) {
  CHECK_GT(sigma_rotation_rad, 0);
  CHECK_GT(sigma_translation, 0);
  return new ceres::AutoDiffCostFunction<RigFunctor, 6, kPoseBlockSize, kPoseBlockSize>(
      new RigFunctor{measured_cam2_from_cam1, 1 / sigma_rotation_rad, 1 / sigma_translation});
}

}  // namespace ceres_align
