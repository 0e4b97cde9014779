#include "ceres_align/assess/observability.h"

#include <Eigen/Geometry>
#include <cmath>
#include <cstdio>

#include "ceres_align/geometry/symmetric_matrix.h"
#include "ceres_align/modes/mode_words.h"

namespace ceres_align {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;
using Matrix6d = Eigen::Matrix<double, 6, 6>;
using Vector6d = Eigen::Matrix<double, 6, 1>;

constexpr double kAlongRay = 0.966;  // cosine of 15°

Matrix6d InformationAt(const PreparedScene& prepared, int window, const Rigid3d& rig_from_run) {
  std::vector<SilhouetteView> views =
      prepared.ViewsAt(prepared.last_level(), prepared.Depth(rig_from_run));
  std::vector<RasterJob> jobs;
  for (SilhouetteView& view : views) {
    view.window = window;
    jobs.push_back(view.Job(rig_from_run));
  }
  std::vector<GramResult> results;
  prepared.rasterizer()->Evaluate(jobs, &results);
  Matrix6d H = Matrix6d::Zero();
  for (size_t i = 0; i < views.size(); ++i) {
    H += views[i].Gram(results[i], rig_from_run).topLeftCorner<6, 6>();
  }
  return H;
}

// Names motions [radius·ω, v] given in the rig's axes.
class Words {
 public:
  Words(const PreparedScene& prepared, const Rigid3d& rig_from_run) {
    const View& view = prepared.scene().views[prepared.FirstWithMask()];
    cam_from_rig_ = view.cam_from_rig.R();
    object_from_rig_ =
        (prepared.FromRun(rig_from_run).R() * view.world_from_object.R()).transpose();
    ray_in_cam_ = (view.cam_from_rig * rig_from_run.translation).normalized();
  }
  std::string Rotation(const Vector3d& w) const {
    return "rotation about " + AxisInWords(object_from_rig_ * w.normalized());
  }
  std::string Shift(const Vector3d& v) const {
    const Vector3d in_cam = (cam_from_rig_ * v).normalized();
    if (std::abs(in_cam.dot(ray_in_cam_)) > kAlongRay) {
      return "distance along the first camera's viewing ray";
    }
    char text[120];
    std::snprintf(text, sizeof(text), "shift along (%.2f, %.2f, %.2f) in the first camera's axes",
                  in_cam.x(), in_cam.y(), in_cam.z());
    return text;
  }
  std::string Motion(const Vector6d& u) const {
    const Vector3d w = u.head<3>(), v = u.tail<3>();
    return w.squaredNorm() >= 0.5 * u.squaredNorm() ? Rotation(w) : Shift(v);
  }
  const Vector3d& ray_in_cam() const { return ray_in_cam_; }
  const Matrix3d& cam_from_rig() const { return cam_from_rig_; }

 private:
  Matrix3d cam_from_rig_, object_from_rig_;
  Vector3d ray_in_cam_;
};

}  // namespace

std::optional<Observability> ObservabilityAt(const PreparedScene& prepared, int window,
                                             double unobserved, const Rigid3d& rig_from_run) {
  const Matrix6d H = InformationAt(prepared, window, rig_from_run);
  const double radius = prepared.radius();
  Vector6d unit = Vector6d::Ones();  // δ = unit ∘ [radius·ω, v]
  unit.head<3>() /= radius;
  const Matrix6d scaled = unit.asDiagonal() * H * unit.asDiagonal();
  const SymmetricEigen<6> eigen = EigenOf<6>(scaled);
  const double largest = eigen.values[5];
  if (!(largest > 0)) return std::nullopt;

  const Words words(prepared, rig_from_run);
  Observability seen;
  seen.eigenvalues = eigen.values / largest;
  seen.directions = eigen.vectors;
  seen.weakest = words.Motion(seen.directions.col(0));

  // The same with the viewing ray of the first camera in units of the distance per radius.
  const Vector3d ray = words.cam_from_rig().transpose() * words.ray_in_cam();
  const double stretch = std::max(1.0, prepared.Depth(rig_from_run) / radius);
  Matrix6d balance = Matrix6d::Identity();
  balance.bottomRightCorner<3, 3>() += (stretch - 1) * ray * ray.transpose();
  const SymmetricEigen<6> balanced = EigenOf<6>(balance * scaled * balance);
  const double best_shift = EigenOf<3>(scaled.bottomRightCorner<3, 3>()).values[2];
  seen.least = balanced.values[0] / best_shift;
  std::vector<Vector6d> lost;
  int rotations = 0;
  for (int i = 0; i < 6; ++i) {
    if (!(balanced.values[i] < unobserved * best_shift)) continue;
    const Vector6d u = balanced.vectors.col(i);
    lost.push_back(u);
    rotations += u.head<3>().squaredNorm() >= 0.5 ? 1 : 0;
  }
  if (rotations == 3) seen.unobserved.emplace_back("any rotation about the object's centre");
  for (const Vector6d& u : lost) {
    if (rotations == 3 && u.head<3>().squaredNorm() >= 0.5) continue;
    seen.unobserved.push_back(words.Motion(u));
  }
  return seen;
}

}  // namespace ceres_align
