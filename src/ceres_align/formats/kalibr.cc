#include "ceres_align/formats/kalibr.h"

#include <yaml-cpp/yaml.h>

#include <cmath>

#include "ceres_align/formats/set_checks.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/io/table.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::ExactNumber;
using io_internal::Fail;
using io_internal::NameOf;

namespace {

constexpr double kKalibrPixelCenter = 0;

// One camera's keys.
class CameraNode {
 public:
  CameraNode(const YAML::Node& node, const std::string& file, const std::string& camera)
      : node_(node), file_(file), camera_(camera) {
    if (!node.IsMap()) Fail(file, ": ", camera, " must have keys and values");
  }
  bool Has(const char* key) const { return bool(node_[key]); }
  std::string Place(const char* key) const {
    const YAML::Node value = node_[key];
    const YAML::Mark mark = value ? value.Mark() : node_.Mark();
    return Cat(file_, ": line ", mark.line + 1, ": ", camera_, ".", key);
  }
  std::string Text(const char* key) const {
    const YAML::Node value = Require(key);
    if (!value.IsScalar()) Fail(Place(key), " must be one value");
    return value.Scalar();
  }
  std::vector<double> Numbers(const char* key, size_t count) const {
    return List(Require(key), Place(key), count);
  }
  Eigen::Matrix4d Matrix4(const char* key) const {
    const YAML::Node rows = Require(key);
    if (!rows.IsSequence() || rows.size() != 4) Fail(Place(key), " must be four rows of four");
    Eigen::Matrix4d matrix;
    for (int r = 0; r < 4; ++r) {
      const std::vector<double> row = List(rows[r], Cat(Place(key), "[", r, "]"), 4);
      matrix.row(r) = Eigen::Map<const Eigen::RowVector4d>(row.data());
    }
    return matrix;
  }

 private:
  YAML::Node Require(const char* key) const {
    const YAML::Node value = node_[key];
    if (!value) Fail(file_, ": ", camera_, ".", key, " is missing");
    return value;
  }
  static std::vector<double> List(const YAML::Node& list, const std::string& place, size_t count) {
    if (!list.IsSequence()) Fail(place, " must be a list of numbers");
    std::vector<double> numbers;
    for (const YAML::Node& item : list) {
      const std::string text = item.IsScalar() ? item.Scalar() : "(not one value)";
      const char* p = text.data();
      double value = 0;
      const bool is_number = io_internal::IsNumber(text) &&
                             io_internal::ReadNumber(&p, p + text.size(), &value) &&
                             std::isfinite(value);
      if (!is_number) {
        Fail(place, "[", numbers.size(), "] is ", Quoted(text), "; a finite number is needed");
      }
      numbers.push_back(value);
    }
    if (numbers.size() != count) {
      Fail(place, " has ", numbers.size(), " numbers; ", count, " are needed");
    }
    return numbers;
  }

  const YAML::Node node_;
  const std::string& file_;
  const std::string camera_;
};

LensDistortion ReadLens(const CameraNode& camera) {
  const std::string model =
      camera.Has("distortion_model") ? camera.Text("distortion_model") : "none";
  const char* const coefficients = "distortion_coeffs";
  if (model == "radtan") {
    return LensFromOpenCv(camera.Numbers(coefficients, 4), camera.Place(coefficients));
  }
  if (model == "equidistant") {
    return LensFromFisheye(camera.Numbers(coefficients, 4), camera.Place(coefficients));
  }
  if (model != "none") {
    Fail(camera.Place("distortion_model"), " is ", Quoted(model),
         "; radtan, equidistant and none are read");
  }
  if (camera.Has(coefficients)) camera.Numbers(coefficients, 0);
  return {};
}

Camera ReadCamera(const CameraNode& camera, const CameraReadOptions& options,
                  std::vector<std::string>* conventions) {
  if (camera.Has("camera_model") && camera.Text("camera_model") != "pinhole") {
    Fail(camera.Place("camera_model"), " is ", Quoted(camera.Text("camera_model")),
         "; only pinhole is read");
  }
  std::optional<HeightWidth> size;
  if (camera.Has("resolution")) {
    const std::vector<double> sides = camera.Numbers("resolution", 2);
    size = ParseImageSize(Cat(sides[1], ",", sides[0]), camera.Place("resolution"));
  }
  const HeightWidth known = SizeOrOption(size, options, camera.Place("resolution"), conventions);
  const std::vector<double> f = camera.Numbers("intrinsics", 4);
  Eigen::Matrix3d K;
  K << f[0], 0, f[2], 0, f[1], f[3], 0, 0, 1;
  const double center = PixelCenterOf(options, kKalibrPixelCenter, "Kalibr", conventions);
  Camera read = CameraFromK(K, known.width_px, known.height_px, center, camera.Place("intrinsics"));
  read.lens = ReadLens(camera);
  CheckLens(read, camera.Place("distortion_coeffs"));
  return read;
}

Rigid3d ReadStep(const CameraNode& camera) {
  const char* const key = "T_cn_cnm1";
  const Eigen::Matrix4d matrix = camera.Matrix4(key);
  if (matrix.row(3) != Eigen::RowVector4d(0, 0, 0, 1)) {
    Fail(camera.Place(key), ": the last row must be 0 0 0 1");
  }
  return FromOpenCv({matrix.topLeftCorner<3, 3>(), matrix.topRightCorner<3, 1>()},
                    camera.Place(key));
}

std::string List(const std::vector<double>& numbers) {
  std::string text;
  for (const double v : numbers) text += (text.empty() ? "" : ", ") + ExactNumber(v);
  return "[" + text + "]";
}

YAML::Node Load(const std::string& bytes, const std::string& name) {
  try {
    const YAML::Node root = YAML::Load(bytes);
    if (root.IsMap()) return root;
  } catch (const YAML::Exception& error) {
    Fail(name, ": line ", error.mark.line + 1, ": ", Shown(error.msg, 200));
  }
  Fail(name, ": is no camchain: cam0, cam1, ... are needed");
}

}  // namespace

CameraSet ReadKalibr(const std::filesystem::path& path, const CameraReadOptions& options) {
  const std::string name = NameOf(path);
  const YAML::Node root = Load(ReadFile(path), name);
  CameraSet set;
  for (int i = 0; root[Cat("cam", i)]; ++i) {
    const std::string key = Cat("cam", i);
    const CameraNode node(root[key], name, key);
    CalibratedCamera camera;
    camera.name = key;
    camera.camera = ReadCamera(node, options, &set.conventions);
    if (i > 0) camera.cam_from_reference = ReadStep(node) * set.cameras.back().cam_from_reference;
    set.cameras.push_back(camera);
  }
  if (set.cameras.empty()) Fail(name, ": cam0 is missing");
  if (set.cameras.size() > 1) {
    set.conventions.push_back("T_cn_cnm1 maps the camera before to its own; cam0 is the reference");
  }
  return set;
}

std::vector<ExportedFile> WriteKalibr(const CameraSet& set) {
  RequireIntrinsics(set, "kalibr");
  if (set.cameras.size() > 1) RequirePoses(set, "kalibr");
  std::string text;
  for (size_t i = 0; i < set.cameras.size(); ++i) {
    const CalibratedCamera& camera = set.cameras[i];
    const LensDistortion& lens = camera.camera.lens;
    CameraSet alone;
    alone.cameras = {camera};
    if (!lens.is_fisheye) RequireShortLens(alone, 4, "kalibr");
    const Eigen::Matrix3d K = KOfCamera(camera.camera, kKalibrPixelCenter);
    text += Cat("cam", i, ":\n  camera_model: pinhole\n  intrinsics: ",
                List({K(0, 0), K(1, 1), K(0, 2), K(1, 2)}),
                "\n  distortion_model: ", lens.is_fisheye ? "equidistant" : "radtan",
                "\n  distortion_coeffs: ",
                lens.is_fisheye ? List({lens.k1, lens.k2, lens.k3, lens.k4})
                                : List({lens.k1, lens.k2, lens.p1, lens.p2}),
                "\n  resolution: [", camera.camera.width_px, ", ", camera.camera.height_px,
                "]\n  rostopic: /", camera.name, "/image_raw\n");
    if (i == 0) continue;
    const Rigid3d step = camera.cam_from_reference * Inverse(set.cameras[i - 1].cam_from_reference);
    text += "  T_cn_cnm1:\n";
    const Eigen::Matrix4d matrix = MatrixOf(step);
    for (int r = 0; r < 4; ++r) {
      text += "  - " + List({matrix(r, 0), matrix(r, 1), matrix(r, 2), matrix(r, 3)}) + "\n";
    }
  }
  return {{"", text}};
}

}  // namespace ceres_align
