#include "ceres_align/formats/nerf_transforms.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "ceres_align/formats/set_checks.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/json_reader.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::Fail;
using io_internal::NameOf;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

constexpr double kPixelCenter = 0.5;
constexpr const char* kIntrinsics[] = {"w",  "h",  "fl_x", "fl_y", "camera_angle_x",
                                       "cx", "cy", "k1",   "k2",   "camera_angle_y",
                                       "p1", "p2", "k3",   "k4"};

double Number(const json& value, const std::string& place) {
  if (!value.is_number()) Fail(place, " is ", Quoted(value.dump()), "; a number is needed");
  const double number = value.get<double>();
  if (!std::isfinite(number)) Fail(place, " is not finite");
  return number;
}

// A frame, and the file's own values behind it.
class FrameReader {
 public:
  FrameReader(const json& file, const json& frame, const std::string& name, size_t index)
      : file_(file), frame_(frame), name_(name), place_(Cat(name, ": frames[", index, "]")) {
    if (!frame.is_object()) Fail(place_, " must be an object");
  }

  const std::string& place() const { return place_; }
  bool Has(const char* key) const { return frame_.contains(key) || file_.contains(key); }
  std::string Place(const char* key) const {
    return frame_.contains(key) ? Cat(place_, ".", key) : Cat(name_, ": ", key);
  }
  const json& Value(const char* key) const {
    return frame_.contains(key) ? frame_[key] : file_[key];
  }
  double Get(const char* key, double missing) const {
    return Has(key) ? Number(Value(key), Place(key)) : missing;
  }
  std::string Text(const char* key) const {
    if (!Has(key)) return "";
    if (!Value(key).is_string()) Fail(Place(key), " must be a string");
    const std::string text = Value(key).get<std::string>();
    if (text.find('\0') != std::string::npos) Fail(Place(key), " contains a NUL");
    return text;
  }
  bool Overrides() const {
    return std::any_of(std::begin(kIntrinsics), std::end(kIntrinsics), [&](const char* key) {
      return frame_.contains(key) && file_.contains(key) && frame_[key] != file_[key];
    });
  }

 private:
  const json &file_, &frame_;
  const std::string &name_, place_;
};

void RefuseOtherCameras(const FrameReader& frame) {
  for (const char* key : {"ftheta_p0", "latlong", "equirectangular"}) {
    if (frame.Has(key)) Fail(frame.Place(key), ": this kind of camera is not supported");
  }
  if (!frame.Has("rolling_shutter")) return;
  for (const json& value : frame.Value("rolling_shutter")) {
    if (value != 0) Fail(frame.Place("rolling_shutter"), ": a rolling shutter is not supported");
  }
}

bool IsFisheye(const FrameReader& frame) {
  const std::string model = frame.Text("camera_model");
  for (const char* known : {"", "PINHOLE", "SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL", "OPENCV"}) {
    if (model != known) continue;
    return frame.Has("is_fisheye") && frame.Value("is_fisheye") == true;
  }
  if (model == "OPENCV_FISHEYE") return true;
  Fail(frame.Place("camera_model"), " is ", Quoted(model),
       ", which is not supported; PINHOLE, OPENCV and OPENCV_FISHEYE are");
}

LensDistortion ReadLens(const FrameReader& frame) {
  const double k1 = frame.Get("k1", 0), k2 = frame.Get("k2", 0), k3 = frame.Get("k3", 0),
               k4 = frame.Get("k4", 0), p1 = frame.Get("p1", 0), p2 = frame.Get("p2", 0);
  if (IsFisheye(frame)) {
    if (p1 != 0 || p2 != 0) {
      Fail(frame.Place(p1 != 0 ? "p1" : "p2"), " is ", p1 != 0 ? p1 : p2, "; a fisheye has none");
    }
    return LensFromFisheye({k1, k2, k3, k4}, frame.place());
  }
  if (k4 != 0) {
    Fail(frame.Place("k4"), " is ", k4, "; only a fisheye's is known (OpenCV's k4 is another)");
  }
  return LensFromOpenCv({k1, k2, p1, p2, k3}, frame.place());
}

HeightWidth ReadSize(const FrameReader& frame, const CameraReadOptions& options) {
  if (!frame.Has("w") || !frame.Has("h")) {
    if (options.image_size) return *options.image_size;
    Fail(frame.Place(frame.Has("w") ? "h" : "w"),
         " is missing; --image_size \"(height,width)\" gives the pictures' size");
  }
  const auto side_px = [&](const char* key) {
    const double value = frame.Get(key, 0);
    constexpr double kMostSide_px = 65535;
    if (!(value >= 1 && value <= kMostSide_px && value == std::floor(value))) {
      Fail(frame.Place(key), " is ", value, "; a whole number from 1 to ", kMostSide_px,
           " is needed");
    }
    return static_cast<int>(value);
  };
  return {side_px("h"), side_px("w")};
}

// By fl_x or camera_angle_x; 0 if neither is there.
double ReadFocal_px(const FrameReader& frame, const char* focal, const char* angle, int side_px) {
  if (frame.Has(focal)) return frame.Get(focal, 0);
  if (!frame.Has(angle)) return 0;
  return FocalOfAngle_px(side_px, frame.Get(angle, 0), frame.Place(angle));
}

Camera ReadCamera(const FrameReader& frame, const CameraReadOptions& options) {
  RefuseOtherCameras(frame);
  const HeightWidth size = ReadSize(frame, options);
  const bool has_x = frame.Has("fl_x") || frame.Has("camera_angle_x");
  const bool has_y = frame.Has("fl_y") || frame.Has("camera_angle_y");
  if (!has_x && !has_y) Fail(frame.place(), ": fl_x (or camera_angle_x) is missing");
  const double of_x = ReadFocal_px(frame, "fl_x", "camera_angle_x", size.width_px);
  const double of_y = ReadFocal_px(frame, "fl_y", "camera_angle_y", size.height_px);
  const double pixel_center = options.pixel_center.value_or(kPixelCenter);
  const double middle = pixel_center - 0.5;
  // Numbers first: Eigen's comma list must not be left by an exception.
  const double cx = frame.Get("cx", 0.5 * size.width_px + middle);
  const double cy = frame.Get("cy", 0.5 * size.height_px + middle);
  Eigen::Matrix3d K;
  K << (has_x ? of_x : of_y), 0, cx, 0, (has_y ? of_y : of_x), cy, 0, 0, 1;
  Camera camera = CameraFromK(K, size.width_px, size.height_px, pixel_center, frame.place());
  camera.lens = ReadLens(frame);
  CheckLens(camera, frame.place());
  return camera;
}

Rigid3d ReadPose(const FrameReader& frame) {
  if (!frame.Has("transform_matrix")) Fail(frame.place(), ".transform_matrix is missing");
  const json& rows = frame.Value("transform_matrix");
  const std::string place = frame.Place("transform_matrix");
  if (!rows.is_array() || rows.size() < 3 || rows.size() > 4) {
    Fail(place, " must be a list of three or four rows");
  }
  Eigen::Matrix4d world_from_cam = Eigen::Matrix4d::Identity();
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].is_array() || rows[i].size() != 4) {
      Fail(place, "[", i, "] must be a list of four numbers");
    }
    for (size_t k = 0; k < 4; ++k) {
      world_from_cam(static_cast<int>(i), static_cast<int>(k)) =
          Number(rows[i][k], Cat(place, "[", i, "][", k, "]"));
    }
  }
  return FromOpenGlWorldFromCam(world_from_cam, place);
}

std::vector<std::string> ConventionsOf(const json& file, const CameraReadOptions& options,
                                       bool has_center, bool overrides) {
  std::vector<std::string> said = {
      options.pixel_center.value_or(kPixelCenter) == kPixelCenter
          ? "cx and cy count from the image's corner, as in instant-ngp and nerfstudio: as they are"
          : "cx and cy count from the first pixel's centre, as asked for: half a pixel added",
      "transform_matrix is world from an OpenGL camera (y up, looks along -z)"};
  if (!has_center) said.push_back("without cx and cy the principal point is the image's middle");
  if (overrides) {
    said.push_back(
        "frames' own intrinsics go before the file's, as in instant-ngp (nerfstudio takes the "
        "file's)");
  }
  for (const char* key : {"applied_transform", "applied_scale"}) {
    if (file.contains(key))
      said.push_back(Cat(key, " is not undone: poses are in the file's world"));
  }
  return said;
}

bool SameIntrinsics(const Camera& a, const Camera& b) {
  return a.width_px == b.width_px && a.height_px == b.height_px && a.K() == b.K() &&
         NumbersOfLens(a.lens) == NumbersOfLens(b.lens);
}

void CheckWritable(const CameraSet& set) {
  RequirePoses(set, "transforms");
  RequireIntrinsics(set, "transforms");
  for (const CalibratedCamera& camera : set.cameras) {
    const LensDistortion& l = camera.camera.lens;
    if (l.is_fisheye != set.cameras[0].camera.lens.is_fisheye) {
      Fail("transforms: ", Quoted(camera.name), " and ", Quoted(set.cameras[0].name),
           " are a fisheye and another lens; the format has one camera_model for all");
    }
    if (!l.is_fisheye && (l.k4 != 0 || l.k5 != 0 || l.k6 != 0)) {
      Fail("transforms: ", Quoted(camera.name),
           " has the lens numbers k4, k5, k6, which this format does not have");
    }
  }
}

void AddIntrinsics(const Camera& camera, ordered_json* out) {
  const LensDistortion& l = camera.lens;
  const Eigen::Matrix3d K = KOfCamera(camera, kPixelCenter);
  ordered_json& o = *out;
  o["w"] = camera.width_px;
  o["h"] = camera.height_px;
  o["fl_x"] = K(0, 0);
  o["fl_y"] = K(1, 1);
  o["cx"] = K(0, 2);
  o["cy"] = K(1, 2);
  o["camera_angle_x"] = AngleOfFocal_rad(camera.width_px, camera.fx_px);
  o["camera_angle_y"] = AngleOfFocal_rad(camera.height_px, camera.fy_px);
  o["k1"] = l.k1;
  o["k2"] = l.k2;
  if (l.is_fisheye || l.k3 != 0) o["k3"] = l.k3;
  if (l.is_fisheye) {  // without p1 and p2, which instant-ngp would put in the place of k3 and k4
    o["k4"] = l.k4;
    o["is_fisheye"] = true;
  } else {
    o["p1"] = l.p1;
    o["p2"] = l.p2;
  }
}

ordered_json FrameJson(const CalibratedCamera& camera, bool with_intrinsics) {
  ordered_json frame;
  frame["file_path"] = camera.image.empty() ? camera.name + ".png" : camera.image;
  if (!camera.mask.empty()) frame["mask_path"] = camera.mask;
  const Eigen::Matrix4d m = ToOpenGlWorldFromCam(camera.cam_from_reference);
  ordered_json rows = ordered_json::array();
  for (int i = 0; i < 4; ++i) rows.push_back({m(i, 0), m(i, 1), m(i, 2), m(i, 3)});
  frame["transform_matrix"] = rows;
  if (with_intrinsics) AddIntrinsics(camera.camera, &frame);
  return frame;
}

}  // namespace

CameraSet ReadTransforms(const std::filesystem::path& path, const CameraReadOptions& options) {
  const std::filesystem::path file_path =
      std::filesystem::is_directory(path) ? path / "transforms.json" : path;
  const std::string name = NameOf(file_path);
  const json file = io_internal::ParseJson(ReadFile(file_path), name);
  if (!file.is_object()) Fail(name, ": no transforms.json: an object is needed");
  const auto frames = file.find("frames");
  if (frames == file.end() || !frames->is_array()) Fail(name, ": frames must be a list");
  CameraSet set;
  std::set<std::string> seen;
  bool overrides = false, has_center = true;
  for (size_t i = 0; i < frames->size(); ++i) {
    const FrameReader frame(file, (*frames)[i], name, i);
    CalibratedCamera camera;
    camera.image = frame.Text("file_path");
    camera.name = camera.image.empty() ? Cat("frame", i) : camera.image;
    if (!seen.insert(camera.name).second) {
      Fail(frame.Place("file_path"), " is ", Quoted(camera.name), ", which another frame has");
    }
    camera.mask = frame.Text("mask_path");
    camera.camera = ReadCamera(frame, options);
    camera.cam_from_reference = ReadPose(frame);
    overrides = overrides || frame.Overrides();
    has_center = has_center && frame.Has("cx") && frame.Has("cy");
    set.cameras.push_back(camera);
  }
  set.conventions = ConventionsOf(file, options, has_center, overrides);
  return set;
}

std::vector<ExportedFile> WriteTransforms(const CameraSet& set) {
  CheckWritable(set);
  const bool same = std::all_of(set.cameras.begin(), set.cameras.end(), [&](const auto& camera) {
    return SameIntrinsics(camera.camera, set.cameras[0].camera);
  });
  const bool fisheye = !set.cameras.empty() && set.cameras[0].camera.lens.is_fisheye;
  ordered_json top;
  top["camera_model"] = fisheye ? "OPENCV_FISHEYE" : "OPENCV";
  if (same && !set.cameras.empty()) AddIntrinsics(set.cameras[0].camera, &top);
  // A line for each key and for each frame.
  std::string text = "{\n";
  try {
    for (const auto& item : top.items()) {
      text += "  " + ordered_json(item.key()).dump() + ": " + item.value().dump() + ",\n";
    }
    text += "  \"frames\": [";
    const char* separator = "\n    ";
    for (const CalibratedCamera& camera : set.cameras) {
      text += separator + FrameJson(camera, !same).dump();
      separator = ",\n    ";
    }
  } catch (const json::type_error&) {
    Fail("transforms: a name or path is not UTF-8");
  }
  return {{"", text + "\n  ]\n}\n"}};
}

}  // namespace ceres_align
