// COLMAP's camera models and ours.
#include <array>
#include <cmath>

#include "ceres_align/formats/colmap_model.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/text.h"

namespace ceres_align::colmap_internal {

using io_internal::Fail;

namespace {

// In the order of their numbers.
constexpr CameraModel kModels[] = {
    {0, "SIMPLE_PINHOLE", 3, true},
    {1, "PINHOLE", 4, true},
    {2, "SIMPLE_RADIAL", 4, true},
    {3, "RADIAL", 5, true},
    {4, "OPENCV", 8, true},
    {5, "OPENCV_FISHEYE", 8, false},
    {6, "FULL_OPENCV", 12, true},
    {7, "FOV", 5, false},
    {8, "SIMPLE_RADIAL_FISHEYE", 4, false},
    {9, "RADIAL_FISHEYE", 5, false},
    {10, "THIN_PRISM_FISHEYE", 12, false},
    {11, "RAD_TAN_THIN_PRISM_FISHEYE", 16, false},
    {12, "SIMPLE_DIVISION", 4, false},
    {13, "DIVISION", 5, false},
    {14, "SIMPLE_FISHEYE", 3, false},
    {15, "FISHEYE", 4, false},
    {16, "EUCM", 6, false},
    {17, "EQUIRECTANGULAR", 2, false},
};

Eigen::Matrix3d MatrixOfK(double fx, double fy, double cx, double cy) {
  return (Eigen::Matrix3d() << fx, 0, cx, 0, fy, cy, 0, 0, 1).finished();
}

// The parameters as [fx fy cx cy k1 k2 p1 p2 k3 k4 k5 k6]. A fisheye model would be told apart
// here.
std::array<double, 12> FullOpenCv(const CameraModel& model, const std::vector<double>& p) {
  const std::string_view name = model.name;
  std::array<double, 12> full{};
  if (name == "PINHOLE" || name == "OPENCV" || name == "FULL_OPENCV") {
    for (size_t i = 0; i < p.size(); ++i) full[i] = p[i];
    return full;
  }
  // SIMPLE_PINHOLE, SIMPLE_RADIAL, RADIAL: f cx cy [k1 [k2]].
  full[0] = full[1] = p[0];
  for (size_t i = 1; i < p.size(); ++i) full[i + 1] = p[i];
  return full;
}

}  // namespace

const CameraModel* FindCameraModel(int id) {
  for (const CameraModel& model : kModels) {
    if (model.id == id) return &model;
  }
  return nullptr;
}

const CameraModel* FindCameraModel(std::string_view name) {
  for (const CameraModel& model : kModels) {
    if (name == model.name) return &model;
  }
  return nullptr;
}

Camera CameraOfParams(const CameraModel& model, uint64_t width_px, uint64_t height_px,
                      const std::vector<double>& params, double pixel_center,
                      const std::string& where) {
  if (!model.supported) {
    Fail(where, ": camera model ", model.name,
         " is not supported; undistort the pictures first (colmap image_undistorter)");
  }
  if (params.size() != model.num_params) {
    Fail(where, ": ", model.name, " has ", params.size(), " parameters; ", model.num_params,
         " are needed");
  }
  constexpr uint64_t kMostSide_px = 65535;
  for (const uint64_t side_px : {width_px, height_px}) {
    if (side_px >= 1 && side_px <= kMostSide_px) continue;
    Fail(where, ": the image is ", width_px, "x", height_px, " px; sides from 1 to ", kMostSide_px,
         " are supported");
  }
  const std::array<double, 12> p = FullOpenCv(model, params);
  Camera camera = CameraFromK(MatrixOfK(p[0], p[1], p[2], p[3]), static_cast<int>(width_px),
                              static_cast<int>(height_px), pixel_center, where);
  camera.lens = LensFromOpenCv({p.begin() + 4, p.end()}, where + ": the lens");
  CheckLens(camera, where);
  return camera;
}

ModelAndParams ParamsOfCamera(const Camera& camera) {
  const LensDistortion& l = camera.lens;
  const char* name = "FULL_OPENCV";
  if (l.k3 == 0 && l.k4 == 0 && l.k5 == 0 && l.k6 == 0) name = "OPENCV";
  if (l.IsNone()) name = "PINHOLE";
  const CameraModel* model = FindCameraModel(name);
  std::vector<double> params = {camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px, l.k1, l.k2,
                                l.p1,         l.p2,         l.k3,         l.k4,         l.k5, l.k6};
  params.resize(model->num_params);
  return {model, params};
}

Rigid3d PoseOfNumbers(const double* n, const std::string& where) {
  const Eigen::Quaterniond rotation = UnitQuaternion(n[0], n[1], n[2], n[3], where);
  const Eigen::Vector3d t(n[4], n[5], n[6]);
  if (!t.allFinite()) {
    Fail(where, ": the translation ", t.x(), " ", t.y(), " ", t.z(), " is not finite");
  }
  return Rigid3d(rotation, t);
}

}  // namespace ceres_align::colmap_internal
