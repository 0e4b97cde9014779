// Helpers shared by tests; testing_test.cc shows that each of them can fail.
#pragma once

#include <Eigen/Core>
#include <Eigen/Geometry>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/mesh.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/geometry/scene.h"
#include "ceres_align/render/cpu_rasterizer.h"

namespace ceres_align::testing {

/// Reproducible on any machine: splitmix64 seeded by (suite, case).
class Random {
 public:
  Random(const std::string& suite, uint64_t index);
  double Uniform(double low, double high);
  double Normal();
  Eigen::Vector3d UnitVector();
  Eigen::Quaterniond Rotation();

 private:
  uint64_t state_;
};

/// A camera with off-centre principal point and fx != fy.
Camera TestCamera(int width_px, int height_px);

/// The lens of the README's figures: a mild barrel with some tangential part.
LensDistortion TestLens();
LensDistortion TestFisheye();

/// TestCamera with lenses of many kinds that reach all of the frame: a barrel, a pincushion, the
/// rational model, one that folds just outside the frame, and a strongly tangential one.
std::vector<Camera> LensCameras(int width_px, int height_px);

/// A pose that shows the mesh's bounding sphere at `radius_px` (about) near the image's centre.
Rigid3d RandomPose(const TriangleMesh& mesh, const Camera& camera, double radius_px,
                   Random* random);

/// With `count` small faces in random directions at so many radii from the mesh's centre.
TriangleMesh WithStrays(const TriangleMesh& mesh, int count, double radii);

/// cam_from_object moved by δ = [ω, v] as rasterizer.h says: about the mesh's centre, in the
/// camera's axes.
Rigid3d MovePose(const Rigid3d& cam_from_object, const Eigen::Vector3d& center_in_object,
                 const Eigen::Matrix<double, 6, 1>& delta);

/// cam_from_rig of a camera turned about the vertical axis through `pivot_in_rig`, which it sees at
/// the same place as the rig's own camera does.
Rigid3d TurnedCamera(const Eigen::Vector3d& pivot_in_rig, double angle_rad);

/// A cleaned mesh seen from cameras of a rig at `truth`: masks from the independent renderer with
/// n x n samples a pixel (1: binary), names "view0", "view1", …; the start is the truth.
Scene SyntheticScene(const TriangleMesh& mesh, const Camera& camera,
                     const std::vector<Rigid3d>& cam_from_rig, const Rigid3d& truth,
                     int samples_per_axis);

/// Relative L2 difference |a − b| / |b| over all entries; NaN if anything is NaN.
double RelativeDifference(const std::vector<double>& a, const std::vector<double>& b);

/// A coverage image with its six derivatives per pixel.
using CoverageFunction =
    std::function<Image<double>(const Rigid3d& pose, std::vector<double>* jacobian)>;
/// The relative L2 error of the Jacobian image against central differences with step h (rad; and
/// h·length in mesh units for translations), of the worst of the six columns; NaN if any is.
double JacobianError(const CoverageFunction& coverage, const Rigid3d& pose,
                     const Eigen::Vector3d& center_in_object, double h, double length);

/// A rasterizer with one mesh.
class MeshRenderer {
 public:
  explicit MeshRenderer(const TriangleMesh& mesh, int num_threads = 1);
  Image<double> Coverage(const Camera& camera, const Rigid3d& pose,
                         std::vector<double>* jacobian = nullptr);
  const ContourMesh& contour_mesh() const { return *mesh_; }
  Eigen::Vector3d center() const { return {mesh_->center.x, mesh_->center.y, mesh_->center.z}; }
  CpuRasterizer& rasterizer() { return rasterizer_; }
  MeshId id() const { return id_; }

 private:
  CpuRasterizer rasterizer_;
  std::shared_ptr<const ContourMesh> mesh_;
  MeshId id_;
};

}  // namespace ceres_align::testing
