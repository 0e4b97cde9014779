// COLMAP's camera models and ours.
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
    {0, "SIMPLE_PINHOLE", 3, 1, LensKind::kOpenCv},
    {1, "PINHOLE", 4, 2, LensKind::kOpenCv},
    {2, "SIMPLE_RADIAL", 4, 1, LensKind::kOpenCv},
    {3, "RADIAL", 5, 1, LensKind::kOpenCv},
    {4, "OPENCV", 8, 2, LensKind::kOpenCv},
    {5, "OPENCV_FISHEYE", 8, 2, LensKind::kFisheye},
    {6, "FULL_OPENCV", 12, 2, LensKind::kOpenCv},
    {7, "FOV", 5, 2, LensKind::kOther},
    {8, "SIMPLE_RADIAL_FISHEYE", 4, 1, LensKind::kFisheye},
    {9, "RADIAL_FISHEYE", 5, 1, LensKind::kFisheye},
    {10, "THIN_PRISM_FISHEYE", 12, 2, LensKind::kOther},
    {11, "RAD_TAN_THIN_PRISM_FISHEYE", 16, 2, LensKind::kOther},
    {12, "SIMPLE_DIVISION", 4, 1, LensKind::kOther},
    {13, "DIVISION", 5, 2, LensKind::kOther},
    {14, "SIMPLE_FISHEYE", 3, 1, LensKind::kFisheye},
    {15, "FISHEYE", 4, 2, LensKind::kFisheye},
    {16, "EUCM", 6, 2, LensKind::kOther},
    {17, "EQUIRECTANGULAR", 2, 0, LensKind::kOther},
};

Eigen::Matrix3d MatrixOfK(double fx, double fy, double cx, double cy) {
  return (Eigen::Matrix3d() << fx, 0, cx, 0, fy, cy, 0, 0, 1).finished();
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
  if (model.lens == LensKind::kOther) {
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
  // The focal length or two, the principal point, the lens.
  const double* const center = params.data() + model.num_focal_lengths;
  Camera camera =
      CameraFromK(MatrixOfK(params[0], center[-1], center[0], center[1]),
                  static_cast<int>(width_px), static_cast<int>(height_px), pixel_center, where);
  std::vector<double> lens(center + 2, params.data() + params.size());
  const bool is_fisheye = model.lens == LensKind::kFisheye;
  lens.resize(is_fisheye ? 4 : 8);  // the short models' are the first ones
  camera.lens = is_fisheye ? LensFromFisheye(lens, where + ": the lens")
                           : LensFromOpenCv(lens, where + ": the lens");
  CheckLens(camera, where);
  return camera;
}

ModelAndParams ParamsOfCamera(const Camera& camera) {
  std::vector<double> lens = NumbersOfLens(camera.lens);
  if (lens.size() == 5) lens.resize(8);
  const char* const name = lens.empty()             ? "PINHOLE"
                           : camera.lens.is_fisheye ? "OPENCV_FISHEYE"
                           : lens.size() == 4       ? "OPENCV"
                                                    : "FULL_OPENCV";
  std::vector<double> params = {camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px};
  params.insert(params.end(), lens.begin(), lens.end());
  return {FindCameraModel(name), params};
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
