// COLMAP's text files.
#include <charconv>
#include <cmath>
#include <cstdint>

#include "ceres_align/formats/colmap_model.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/table.h"
#include "ceres_align/io/text.h"

namespace ceres_align::colmap_internal {
namespace {

using io_internal::Cat;
using io_internal::ExactNumber;
using io_internal::Fail;
using io_internal::NameOf;
using io_internal::ReadNumber;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

// A file's lines one after another, and the words of the present one.
class Lines {
 public:
  explicit Lines(const std::filesystem::path& path) : name_(NameOf(path)), bytes_(ReadFile(path)) {}

  /// The next line as it is, blanks at its ends aside; false at the file's end.
  bool NextRaw() {
    if (at_ >= bytes_.size()) return false;
    const size_t end = std::min(bytes_.find('\n', at_), bytes_.size());
    rest_ = std::string_view(bytes_).substr(at_, end - at_);
    at_ = end + 1;
    ++line_;
    SkipBlanks();
    while (!rest_.empty() && IsBlank(rest_.back())) rest_.remove_suffix(1);
    return true;
  }
  /// The next line that is neither empty nor a comment.
  bool Next() {
    while (NextRaw()) {
      if (!rest_.empty() && rest_.front() != '#') return true;
    }
    return false;
  }
  bool AtEnd() const { return rest_.empty(); }
  std::string Place() const { return Cat(name_, ": line ", line_); }
  std::string Rest() const { return std::string(rest_); }

  std::string Word(const char* what) {
    if (rest_.empty()) Fail(Place(), " ends where ", what, " is expected");
    size_t n = 0;
    while (n < rest_.size() && !IsBlank(rest_[n])) ++n;
    const std::string word(rest_.substr(0, n));
    rest_.remove_prefix(n);
    SkipBlanks();
    return word;
  }
  double Number(const char* what) {
    const std::string word = Word(what);
    const char* p = word.data();
    double value;
    if (!ReadNumber(&p, word.data() + word.size(), &value) || p != word.data() + word.size() ||
        !std::isfinite(value)) {
      Fail(Place(), ": ", what, " is ", Quoted(word), "; a finite number is needed");
    }
    return value;
  }
  template <typename T>
  T Whole(const char* what) {
    const std::string word = Word(what);
    T value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) {
      Fail(Place(), ": ", what, " is ", Quoted(word), "; a whole number is needed");
    }
    return value;
  }
  bool IsCamera(const char* what) {
    const std::string word = Word(what);
    if (word != "CAMERA" && word != "IMU") {
      Fail(Place(), ": ", what, " is ", Quoted(word), "; CAMERA and IMU are known");
    }
    return word == "CAMERA";
  }
  Rigid3d Pose() {
    double n[7];
    for (double& value : n) value = Number("a number of QW, QX, QY, QZ, TX, TY, TZ");
    return PoseOfNumbers(n, Place());
  }
  void CheckEnd() const {
    if (!rest_.empty()) Fail(Place(), ": ", Quoted(rest_), " is too much");
  }

 private:
  void SkipBlanks() {
    while (!rest_.empty() && IsBlank(rest_.front())) rest_.remove_prefix(1);
  }

  const std::string name_, bytes_;
  size_t at_ = 0;
  int64_t line_ = 0;
  std::string_view rest_;
};

std::vector<ColmapCamera> ReadCameras(const std::filesystem::path& path, double pixel_center) {
  std::vector<ColmapCamera> cameras;
  for (Lines lines(path); lines.Next();) {
    ColmapCamera camera;
    camera.place = lines.Place();
    camera.id = lines.Whole<uint32_t>("CAMERA_ID");
    const std::string name = lines.Word("MODEL");
    const CameraModel* model = FindCameraModel(name);
    if (model == nullptr) {
      Fail(camera.place, ": MODEL is ", Quoted(name), ", which is no camera model of COLMAP");
    }
    const uint64_t width_px = lines.Whole<uint64_t>("WIDTH");
    const uint64_t height_px = lines.Whole<uint64_t>("HEIGHT");
    std::vector<double> params;
    while (!lines.AtEnd()) params.push_back(lines.Number("a parameter"));
    camera.camera = CameraOfParams(*model, width_px, height_px, params, pixel_center, camera.place);
    cameras.push_back(camera);
  }
  return cameras;
}

std::vector<Rig> ReadRigs(const std::filesystem::path& path) {
  std::vector<Rig> rigs;
  for (Lines lines(path); lines.Next();) {
    Rig rig;
    rig.place = lines.Place();
    rig.id = lines.Whole<uint32_t>("RIG_ID");
    const uint64_t count = lines.Whole<uint64_t>("NUM_SENSORS");
    for (uint64_t i = 0; i < count; ++i) {
      Sensor sensor;
      sensor.is_camera = lines.IsCamera("SENSOR_TYPE");
      sensor.id = lines.Whole<uint32_t>("SENSOR_ID");
      if (i == 0) sensor.sensor_from_rig = Rigid3d();
      if (i > 0 && lines.Whole<int>("HAS_POSE") == 1) sensor.sensor_from_rig = lines.Pose();
      rig.sensors.push_back(sensor);
    }
    lines.CheckEnd();
    rigs.push_back(rig);
  }
  return rigs;
}

std::vector<Frame> ReadFrames(const std::filesystem::path& path) {
  std::vector<Frame> frames;
  for (Lines lines(path); lines.Next();) {
    Frame frame;
    frame.place = lines.Place();
    frame.id = lines.Whole<uint32_t>("FRAME_ID");
    frame.rig_id = lines.Whole<uint32_t>("RIG_ID");
    frame.rig_from_world = lines.Pose();
    const uint64_t count = lines.Whole<uint64_t>("NUM_DATA_IDS");
    for (uint64_t i = 0; i < count; ++i) {
      FrameData data;
      data.is_camera = lines.IsCamera("SENSOR_TYPE");
      data.sensor_id = lines.Whole<uint32_t>("SENSOR_ID");
      data.id = lines.Whole<uint64_t>("DATA_ID");
      frame.data.push_back(data);
    }
    lines.CheckEnd();
    frames.push_back(frame);
  }
  return frames;
}

// Of the second line of an image, which may be empty. A file that leaves it out would lose every
// second image: that line is no list of points then.
void CheckPoints(Lines* lines) {
  size_t count = 0;
  for (; !lines->AtEnd(); ++count) {
    const std::string word = lines->Word("POINTS2D");
    if (io_internal::IsNumber(word)) continue;
    Fail(lines->Place(), ": ", Quoted(word),
         " among POINTS2D is no number; after each image's line ",
         "comes one with its points, empty if there are none");
  }
  if (count % 3 != 0) {
    Fail(lines->Place(), ": POINTS2D has ", count, " numbers; X, Y, POINT3D_ID of each point are ",
         "needed");
  }
}

std::vector<ColmapImage> ReadImages(const std::filesystem::path& path) {
  std::vector<ColmapImage> images;
  for (Lines lines(path); lines.Next();) {
    ColmapImage image;
    image.place = lines.Place();
    image.id = lines.Whole<uint32_t>("IMAGE_ID");
    image.cam_from_world = lines.Pose();
    image.camera_id = lines.Whole<uint32_t>("CAMERA_ID");
    image.name = lines.Rest();
    if (image.name.empty()) Fail(image.place, " ends where NAME is expected");
    images.push_back(image);
    if (lines.NextRaw()) CheckPoints(&lines);
  }
  return images;
}

std::string Numbers(const Rigid3d& pose) {
  const Eigen::Quaterniond& q = pose.rotation;
  const Eigen::Vector3d& t = pose.translation;
  std::string text;
  for (const double v : {q.w(), q.x(), q.y(), q.z(), t.x(), t.y(), t.z()}) {
    text += (text.empty() ? "" : " ") + ExactNumber(v);
  }
  return text;
}

const char* TypeOf(bool is_camera) { return is_camera ? "CAMERA" : "IMU"; }

std::string RigLine(const Rig& rig) {
  std::string line = Cat(rig.id, " ", rig.sensors.size());
  for (size_t i = 0; i < rig.sensors.size(); ++i) {
    const Sensor& sensor = rig.sensors[i];
    line += Cat(" ", TypeOf(sensor.is_camera), " ", sensor.id);
    if (i == 0) continue;
    line += sensor.sensor_from_rig ? " 1 " + Numbers(*sensor.sensor_from_rig) : " 0";
  }
  return line + "\n";
}

std::string FrameLine(const Frame& frame) {
  std::string line =
      Cat(frame.id, " ", frame.rig_id, " ", Numbers(frame.rig_from_world), " ", frame.data.size());
  for (const FrameData& data : frame.data) {
    line += Cat(" ", TypeOf(data.is_camera), " ", data.sensor_id, " ", data.id);
  }
  return line + "\n";
}

}  // namespace

Model ReadModelText(const std::filesystem::path& folder, double pixel_center) {
  Model model;
  model.cameras = ReadCameras(folder / "cameras.txt", pixel_center);
  if (std::filesystem::exists(folder / "rigs.txt")) model.rigs = ReadRigs(folder / "rigs.txt");
  if (std::filesystem::exists(folder / "frames.txt")) {
    model.frames = ReadFrames(folder / "frames.txt");
  }
  model.images = ReadImages(folder / "images.txt");
  return model;
}

ModelFiles ModelText(const Model& model) {
  ModelFiles files;
  files.rigs =
      "# RIG_ID, NUM_SENSORS, REF_SENSOR_TYPE, REF_SENSOR_ID, "
      "SENSORS[] as (SENSOR_TYPE, SENSOR_ID, HAS_POSE, [QW, QX, QY, QZ, TX, TY, TZ])\n";
  for (const Rig& rig : model.rigs) files.rigs += RigLine(rig);
  files.cameras = "# CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]\n";
  for (const ColmapCamera& camera : model.cameras) {
    const ModelAndParams p = ParamsOfCamera(camera.camera);
    files.cameras += Cat(camera.id, " ", p.model->name, " ", camera.camera.width_px, " ",
                         camera.camera.height_px);
    for (const double v : p.params) files.cameras += " " + ExactNumber(v);
    files.cameras += "\n";
  }
  files.frames =
      "# FRAME_ID, RIG_ID, RIG_FROM_WORLD[QW, QX, QY, QZ, TX, TY, TZ], NUM_DATA_IDS, "
      "DATA_IDS[] as (SENSOR_TYPE, SENSOR_ID, DATA_ID)\n";
  for (const Frame& frame : model.frames) files.frames += FrameLine(frame);
  files.images =
      "# IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME\n"
      "# POINTS2D[] as (X, Y, POINT3D_ID)\n";
  for (const ColmapImage& image : model.images) {
    files.images += Cat(image.id, " ", Numbers(image.cam_from_world), " ", image.camera_id, " ",
                        image.name, "\n\n");
  }
  files.points3d = "# POINT3D_ID, X, Y, Z, R, G, B, ERROR, TRACK[] as (IMAGE_ID, POINT2D_IDX)\n";
  return files;
}

}  // namespace ceres_align::colmap_internal
