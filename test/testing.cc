#include "testing.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/synth/point_sampler.h"

namespace ceres_align::testing {

Random::Random(const std::string& suite, uint64_t index) : state_(0xCBF29CE484222325ull) {
  for (char c : suite) state_ = (state_ ^ static_cast<uint8_t>(c)) * 0x100000001B3ull;
  state_ ^= index * 0x9E3779B97F4A7C15ull;
}

double Random::Uniform(double low, double high) {
  uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  z ^= z >> 31;
  return low + (high - low) * (static_cast<double>(z >> 11) * 0x1p-53);
}

double Random::Normal() {
  const double u = Uniform(1e-300, 1), v = Uniform(0, 2 * M_PI);
  return std::sqrt(-2 * std::log(u)) * std::cos(v);
}

Eigen::Vector3d Random::UnitVector() {
  Eigen::Vector3d v;
  do {
    v = {Normal(), Normal(), Normal()};
  } while (!(v.norm() > 1e-6));
  return v.normalized();
}

Eigen::Quaterniond Random::Rotation() {
  Eigen::Quaterniond q;
  do {
    q.coeffs() << Normal(), Normal(), Normal(), Normal();
  } while (!(q.norm() > 1e-6));
  return q.normalized();
}

Camera TestCamera(int width_px, int height_px) {
  const double f = 0.87 * std::min(width_px, height_px);
  return {width_px, height_px, f, 1.03 * f, 0.51 * width_px, 0.48 * height_px};
}

LensDistortion TestLens() { return {-0.28, 0.09, 0.0012, -0.0008}; }

LensDistortion TestFisheye() { return {0.05, -0.02, 0, 0, 0.003, -0.001, 0, 0, true}; }

std::vector<Camera> LensCameras(int width_px, int height_px) {
  std::vector<Camera> cameras;
  for (const LensDistortion& lens :
       {TestLens(), LensDistortion{0.15, 0.05, -0.003, 0.002, 0.01},
        LensDistortion{0.3, -0.1, 0.002, 0.003, 0.02, 0.1, -0.05, 0.01}, LensDistortion{-0.155},
        LensDistortion{-0.05, 0, 0.03, -0.02}, TestFisheye()}) {
    cameras.push_back(TestCamera(width_px, height_px));
    cameras.back().lens = lens;
  }
  return cameras;
}

Rigid3d RandomPose(const TriangleMesh& mesh, const Camera& camera, double radius_px,
                   Random* random) {
  const Sphere sphere = BoundingSphere(mesh);
  const double depth = sphere.radius * camera.fx_px / radius_px;
  const Eigen::Quaterniond rotation = random->Rotation();
  Eigen::Vector3d center(random->Uniform(-0.2, 0.2) * sphere.radius,
                         random->Uniform(-0.2, 0.2) * sphere.radius,
                         random->Uniform(0.95, 1.05) * depth);
  return Rigid3d(rotation, Eigen::Vector3d(center - rotation * sphere.center));
}

TriangleMesh WithStrays(const TriangleMesh& mesh, int count, double radii) {
  const Sphere sphere = BoundingSphere(mesh);
  TriangleMesh result = mesh;
  Random random("strays", count);
  for (int i = 0; i < count; ++i) {
    const Eigen::Vector3d at = sphere.center + radii * sphere.radius * random.UnitVector();
    const auto first = static_cast<int32_t>(result.vertices.size());
    for (int k = 0; k < 3; ++k) {
      result.vertices.push_back(at + 0.02 * sphere.radius * random.UnitVector());
    }
    result.faces.push_back({first, first + 1, first + 2});
  }
  return result;
}

Rigid3d MovePose(const Rigid3d& cam_from_object, const Eigen::Vector3d& center_in_object,
                 const Eigen::Matrix<double, 6, 1>& delta) {
  const Eigen::Vector3d center = cam_from_object * center_in_object;
  const Eigen::Quaterniond turn = ExpRotation(delta.head<3>());
  return Rigid3d(
      turn * cam_from_object.rotation,
      Eigen::Vector3d(center + turn * (cam_from_object.translation - center) + delta.tail<3>()));
}

Rigid3d TurnedCamera(const Eigen::Vector3d& pivot_in_rig, double angle_rad) {
  const Eigen::Quaterniond turn = ExpRotation({0, angle_rad, 0});
  return Rigid3d(turn, Eigen::Vector3d(pivot_in_rig - turn * pivot_in_rig));
}

Scene SyntheticScene(const TriangleMesh& mesh, const Camera& camera,
                     const std::vector<Rigid3d>& cam_from_rig, const Rigid3d& truth,
                     int samples_per_axis) {
  auto cleaned = std::make_shared<TriangleMesh>(mesh);
  CleanMesh(cleaned.get());
  Scene scene;
  scene.meshes = {cleaned};
  scene.mesh_names = {"mesh"};
  for (const Rigid3d& pose : cam_from_rig) {
    View view;
    view.name = "view" + std::to_string(scene.views.size());
    view.camera = camera;
    view.cam_from_rig = pose;
    view.mask = RenderMask(*cleaned, pose * truth, camera, samples_per_axis);
    scene.views.push_back(view);
  }
  scene.true_rig_from_world = scene.initial_rig_from_world = truth;
  return scene;
}

double RelativeDifference(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return NAN;
  double difference = 0, norm = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    norm += b[i] * b[i];
  }
  return std::sqrt(difference / norm);
}

double JacobianError(const CoverageFunction& coverage, const Rigid3d& pose,
                     const Eigen::Vector3d& center_in_object, double h, double length) {
  std::vector<double> jacobian;
  const Image<double> image = coverage(pose, &jacobian);
  const size_t n = image.pixels.size();
  double worst = 0;
  for (int k = 0; k < 6; ++k) {
    const double scale = k < 3 ? 1.0 : length;
    Eigen::Matrix<double, 6, 1> delta = Eigen::Matrix<double, 6, 1>::Zero();
    delta[k] = h * scale;
    const Image<double> plus = coverage(MovePose(pose, center_in_object, delta), nullptr);
    const Image<double> minus = coverage(MovePose(pose, center_in_object, -delta), nullptr);
    std::vector<double> numeric(n), column(n);
    for (size_t i = 0; i < n; ++i) {
      numeric[i] = (plus.pixels[i] - minus.pixels[i]) / (2 * h);
      column[i] = jacobian[6 * i + k] * scale;
    }
    const double error = RelativeDifference(column, numeric);
    if (std::isnan(error)) return error;
    worst = std::max(worst, error);
  }
  return worst;
}

MeshRenderer::MeshRenderer(const TriangleMesh& mesh, int num_threads)
    : rasterizer_(num_threads),
      mesh_(std::make_shared<ContourMesh>(mesh)),
      id_(rasterizer_.AddMesh(mesh_)) {}

Image<double> MeshRenderer::Coverage(const Camera& camera, const Rigid3d& pose,
                                     std::vector<double>* jacobian) {
  RasterJob job;
  job.mesh = id_;
  job.camera = camera;
  job.cam_from_object = pose;
  return rasterizer_.Coverage(job, jacobian);
}

}  // namespace ceres_align::testing
