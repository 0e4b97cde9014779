#include "ceres_align/formats/opencv_calibration.h"

#include <algorithm>
#include <cctype>
#include <opencv2/core.hpp>

#include "ceres_align/formats/opencv_nodes.h"
#include "ceres_align/formats/set_checks.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::Fail;
using io_internal::NameOf;

namespace {

const std::vector<std::string> kMatrixKeys = {
    "camera_matrix", "Camera_Matrix", "cameraMatrix", "K", "M", "CM"};
const std::vector<std::string> kLensKeys = {"distortion_coefficients",
                                            "Distortion_Coefficients",
                                            "dist_coeffs",
                                            "distCoeffs",
                                            "distortion_coeffs",
                                            "dist",
                                            "D"};
constexpr char kPoseKey[] = "cam_from_reference";
constexpr char kNameKey[] = "camera_name";
constexpr double kOpenCvPixelCenter = 0;

// What stands behind the keys of one file's cameras.
struct Suffixes {
  std::vector<std::string> of_cameras;
};

// The families of suffixes under which the file has a camera matrix.
std::vector<Suffixes> FindCameras(const OpenCvFile& file) {
  std::vector<Suffixes> found;
  if (file.Find(kMatrixKeys)) found.push_back({{""}});
  for (const char* before : {"", "_"}) {
    // Numbers begin at 0 or at 1.
    const int first = file.Find(kMatrixKeys, Cat(before, 0)) ? 0 : 1;
    Suffixes numbered;
    for (int i = first; file.Find(kMatrixKeys, Cat(before, i)); ++i) {
      numbered.of_cameras.push_back(Cat(before, i));
    }
    if (!numbered.of_cameras.empty()) found.push_back(numbered);
  }
  for (const std::vector<std::string>& pair :
       {std::vector<std::string>{"Left", "Right"}, {"_left", "_right"}}) {
    const bool left = bool(file.Find(kMatrixKeys, pair[0]));
    const bool right = bool(file.Find(kMatrixKeys, pair[1]));
    if (left != right) Fail(file.Find(kMatrixKeys, pair[left ? 1 : 0]).place, " is missing");
    if (left) found.push_back({pair});
  }
  return found;
}

// Whether the camera's lens is cv::fisheye's; the one place where other models are refused.
bool IsFisheye(const OpenCvFile& file, const std::string& suffix) {
  for (const std::string& behind : {suffix, std::string()}) {
    const OpenCvEntry entry = file.Find({"fisheye_model", "fisheye"}, behind);
    if (entry) return OpenCvText(entry) != "0";
  }
  for (const char* key : {"distortion_model", "camera_model", "lens_model", "model_type"}) {
    const OpenCvEntry entry = file.Find({key});
    if (!entry) continue;
    std::string text = OpenCvText(entry);
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (text == "fisheye" || text == "equidistant" || text == "kannala_brandt") return true;
    const std::vector<std::string> known = {
        "pinhole", "opencv",   "perspective",         "radtan",   "plumb_bob", "plumb bob",
        "brown",   "rational", "rational_polynomial", "standard", "none"};
    if (std::find(known.begin(), known.end(), text) != known.end()) continue;
    Fail(entry.place, " is ", Quoted(OpenCvText(entry)),
         "; only pinhole cameras with OpenCV's distortion and cv::fisheye's are read");
  }
  return false;
}

std::optional<HeightWidth> FindSize(const OpenCvFile& file, const std::string& suffix) {
  std::string text, place;
  const OpenCvEntry pair = file.Find({"imageSize", "image_size"}, suffix);
  if (pair) {
    const std::vector<double> size = OpenCvNumbers(pair);
    if (size.size() != 2) Fail(pair.place, " has ", size.size(), " numbers; 2 are needed");
    text = Cat(size[1], ",", size[0]);
    place = pair.place;
  } else {
    const OpenCvEntry width =
        file.Find({"image_width", "image_Width", "Image_Width", "width"}, suffix);
    const OpenCvEntry height =
        file.Find({"image_height", "image_Height", "Image_Height", "height"}, suffix);
    if (!width && !height) return std::nullopt;
    text = Cat(OpenCvNumber(height), ",", OpenCvNumber(width));
    place = width.place + " and height";
  }
  return ParseImageSize(text, place);
}

LensDistortion ReadLens(const OpenCvFile& file, const std::string& suffix,
                        std::vector<std::string>* conventions) {
  const OpenCvEntry entry = file.Find(kLensKeys, suffix);
  if (IsFisheye(file, suffix)) {
    conventions->push_back("the lens is cv::fisheye's: k1, k2, k3, k4");
    return LensFromFisheye(OpenCvNumbers(entry), entry.place);
  }
  if (!entry) {
    conventions->push_back(Cat("no distortion coefficients", suffix.empty() ? "" : " for ", suffix,
                               ": a lens without distortion"));
    return {};
  }
  std::vector<double> list = OpenCvNumbers(entry);
  if (list.size() == 12 || list.size() == 14) {
    for (size_t i = 8; i < list.size(); ++i) {
      if (list[i] == 0) continue;
      Fail(entry.place, "[", i, "] is ", list[i],
           "; the thin prism and tilted models are not supported, it must be 0");
    }
    list.resize(8);
  }
  return LensFromOpenCv(list, entry.place);
}

Rigid3d ReadMatrixPose(const OpenCvEntry& entry) {
  const Eigen::Matrix4d matrix = OpenCvMatrix(entry, 4, 4);
  if (matrix.row(3) != Eigen::RowVector4d(0, 0, 0, 1)) {
    Fail(entry.place, ": the last row must be 0 0 0 1");
  }
  return FromOpenCv({matrix.topLeftCorner<3, 3>(), matrix.topRightCorner<3, 1>()}, entry.place);
}

// R, a matrix or a rotation vector, and T.
std::optional<Rigid3d> FindStereoPose(const OpenCvFile& file) {
  const OpenCvEntry R = file.Find({"R", "rvec"}), T = file.Find({"T", "t", "tvec"});
  if (!R && !T) return std::nullopt;
  const std::vector<double> t = OpenCvNumbers(T), r = OpenCvNumbers(R);
  if (t.size() != 3) Fail(T.place, " has ", t.size(), " numbers; 3 are needed");
  const Eigen::Vector3d translation(t[0], t[1], t[2]);
  if (r.size() == 3) return Rigid3d(ExpRotation({r[0], r[1], r[2]}), translation);
  return FromOpenCv({OpenCvMatrix(R, 3, 3), translation}, R.place);
}

std::string NameOfCamera(const OpenCvFile& file, const std::filesystem::path& path,
                         const std::string& suffix) {
  const OpenCvEntry name = file.Find({kNameKey}, suffix);
  if (name) return OpenCvText(name);
  if (suffix.empty()) return path.stem().string();
  if (suffix == "Left" || suffix == "_left") return "left";
  if (suffix == "Right" || suffix == "_right") return "right";
  return "camera" + suffix.substr(suffix[0] == '_' ? 1 : 0);
}

CalibratedCamera ReadCamera(const OpenCvFile& file, const std::filesystem::path& path,
                            const std::string& suffix, const CameraReadOptions& options,
                            std::vector<std::string>* conventions) {
  std::optional<HeightWidth> size = FindSize(file, suffix);
  if (!size && !suffix.empty()) size = FindSize(file, "");
  const HeightWidth known = SizeOrOption(size, options, file.name(), conventions);
  const OpenCvEntry K = file.Find(kMatrixKeys, suffix);
  const double center = PixelCenterOf(options, kOpenCvPixelCenter, "OpenCV", conventions);
  CalibratedCamera camera;
  camera.name = NameOfCamera(file, path, suffix);
  camera.camera =
      CameraFromK(OpenCvMatrix(K, 3, 3), known.width_px, known.height_px, center, K.place);
  camera.camera.lens = ReadLens(file, suffix, conventions);
  CheckLens(camera.camera, Cat(file.name(), ": ", Shown(camera.name, 40)));
  return camera;
}

void ReadPoses(const OpenCvFile& file, const Suffixes& suffixes, CameraSet* set) {
  size_t with_pose = 0;
  for (size_t i = 0; i < suffixes.of_cameras.size(); ++i) {
    const OpenCvEntry entry = file.Find({kPoseKey}, suffixes.of_cameras[i]);
    if (!entry) continue;
    set->cameras[i].cam_from_reference = ReadMatrixPose(entry);
    ++with_pose;
  }
  const size_t count = set->cameras.size();
  if (with_pose == count) return;
  if (with_pose > 0) Fail(file.name(), ": some cameras have ", kPoseKey, ", others have none");
  const std::optional<Rigid3d> pose = FindStereoPose(file);
  set->has_poses = pose.has_value();
  if (!pose) return;
  if (count > 2) Fail(file.name(), ": R and T are of two cameras; the file has ", count);
  set->cameras.back().cam_from_reference = *pose;
  set->conventions.push_back(count == 2
                                 ? "x2 = R*x1 + T (stereoCalibrate): camera 1 is the reference"
                                 : "R and T of one camera: x_cam = R*x_reference + T");
}

// extrinsics.yml of OpenCV's stereo_calib.
CameraSet PosesAlone(const OpenCvFile& file) {
  CameraSet set;
  const std::optional<Rigid3d> pose = FindStereoPose(file);
  if (!pose) Fail(file.name(), ": has no camera matrix (camera_matrix, K, M1, ...) and no R and T");
  set.has_intrinsics = false;
  set.cameras.resize(2);
  set.cameras[0].name = "camera1";
  set.cameras[1].name = "camera2";
  set.cameras[1].cam_from_reference = *pose;
  set.conventions = {"x2 = R*x1 + T (stereoCalibrate): camera 1 is the reference"};
  return set;
}

cv::Mat MatOf(const Eigen::MatrixXd& matrix) {
  cv::Mat mat(static_cast<int>(matrix.rows()), static_cast<int>(matrix.cols()), CV_64F);
  for (int r = 0; r < mat.rows; ++r) {
    for (int c = 0; c < mat.cols; ++c) mat.at<double>(r, c) = matrix(r, c);
  }
  return mat;
}

void WriteCamera(const CalibratedCamera& camera, const std::string& suffix, cv::FileStorage* out) {
  cv::FileStorage& file = *out;
  const Camera& own = camera.camera;
  const bool several = !suffix.empty();
  file << kNameKey + suffix << camera.name;
  if (several) {
    file << "imageSize" + suffix << cv::Size(own.width_px, own.height_px);
  } else {
    file << "image_width" << own.width_px << "image_height" << own.height_px;
  }
  if (own.lens.is_fisheye) file << "fisheye_model" + suffix << 1;
  std::vector<double> lens = NumbersOfLens(own.lens);
  if (lens.empty()) lens.assign(5, 0.0);
  file << (several ? "cameraMatrix" + suffix : "camera_matrix")
       << MatOf(KOfCamera(own, kOpenCvPixelCenter));
  file << (several ? "distCoeffs" + suffix : "distortion_coefficients")
       << MatOf(Eigen::Map<const Eigen::RowVectorXd>(lens.data(), lens.size()));
}

std::vector<ExportedFile> Write(const CameraSet& set, int format, const char* extension) {
  RequireIntrinsics(set, "opencv");
  cv::FileStorage file(extension, cv::FileStorage::WRITE | cv::FileStorage::MEMORY | format);
  const size_t count = set.cameras.size();
  for (size_t i = 0; i < count; ++i) {
    const std::string suffix = count == 1 ? "" : std::to_string(i + 1);
    WriteCamera(set.cameras[i], suffix, &file);
    if (!set.has_poses) continue;
    file << kPoseKey + suffix << MatOf(MatrixOf(set.cameras[i].cam_from_reference));
  }
  if (count == 2 && set.has_poses) {
    const Rigid3d cam2_from_cam1 =
        set.cameras[1].cam_from_reference * Inverse(set.cameras[0].cam_from_reference);
    file << "R" << MatOf(cam2_from_cam1.R()) << "T" << MatOf(cam2_from_cam1.translation);
  }
  return {{"", file.releaseAndGetString()}};
}

}  // namespace

CameraSet ReadOpenCvCalibration(const std::filesystem::path& path,
                                const CameraReadOptions& options) {
  const OpenCvFile file(ReadFile(path), NameOf(path));
  const std::vector<Suffixes> found = FindCameras(file);
  if (found.empty()) return PosesAlone(file);
  if (found.size() > 1) {
    Fail(file.name(), ": both ", file.Find(kMatrixKeys, found[0].of_cameras[0]).place, " and ",
         file.Find(kMatrixKeys, found[1].of_cameras[0]).place, " are camera matrices");
  }
  CameraSet set;
  for (const std::string& suffix : found[0].of_cameras) {
    set.cameras.push_back(ReadCamera(file, path, suffix, options, &set.conventions));
  }
  ReadPoses(file, found[0], &set);
  return set;
}

std::vector<ExportedFile> WriteOpenCvYaml(const CameraSet& set) {
  return Write(set, cv::FileStorage::FORMAT_YAML, ".yml");
}

std::vector<ExportedFile> WriteOpenCvXml(const CameraSet& set) {
  return Write(set, cv::FileStorage::FORMAT_XML, ".xml");
}

}  // namespace ceres_align
