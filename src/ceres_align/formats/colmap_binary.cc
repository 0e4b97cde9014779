// COLMAP's binary files.
#include "ceres_align/formats/byte_reader.h"
#include "ceres_align/formats/colmap_model.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/text.h"

namespace ceres_align::colmap_internal {
namespace {

using formats_internal::AppendBytes;
using formats_internal::ByteReader;
using io_internal::Fail;
using io_internal::NameOf;

constexpr uint64_t kPoseBytes = 7 * sizeof(double);

Rigid3d ReadPose(ByteReader* in) {
  const std::string place = in->Place();
  double n[7];
  for (double& value : n) value = in->Read<double>("a pose");
  return PoseOfNumbers(n, place);
}

bool ReadIsCamera(ByteReader* in) {
  const std::string place = in->Place();
  const int32_t type = in->Read<int32_t>("a sensor's type");
  if (type != 0 && type != 1) {
    Fail(place, ": a sensor's type is ", type, "; 0 (camera) and 1 (IMU) are known");
  }
  return type == 0;
}

std::vector<ColmapCamera> ReadCameras(ByteReader* in, double pixel_center) {
  std::vector<ColmapCamera> cameras;
  // The least camera: id, model, two sides and no parameter.
  const uint64_t count = in->Count<uint64_t>(24, "the number of cameras");
  for (uint64_t i = 0; i < count; ++i) {
    ColmapCamera camera;
    camera.place = in->Place();
    camera.id = in->Read<uint32_t>("a camera's id");
    const int32_t model_id = in->Read<int32_t>("a camera's model");
    const CameraModel* model = FindCameraModel(model_id);
    if (model == nullptr) {
      Fail(camera.place, ": the camera's model is ", model_id, ", which COLMAP does not have");
    }
    const uint64_t width_px = in->Read<uint64_t>("a camera's width");
    const uint64_t height_px = in->Read<uint64_t>("a camera's height");
    std::vector<double> params(model->num_params);
    for (double& value : params) value = in->Read<double>("a camera's parameters");
    camera.camera = CameraOfParams(*model, width_px, height_px, params, pixel_center, camera.place);
    cameras.push_back(camera);
  }
  return cameras;
}

std::vector<Rig> ReadRigs(ByteReader* in) {
  std::vector<Rig> rigs;
  const uint64_t count = in->Count<uint64_t>(8, "the number of rigs");
  for (uint64_t i = 0; i < count; ++i) {
    Rig rig;
    rig.place = in->Place();
    rig.id = in->Read<uint32_t>("a rig's id");
    const uint64_t num_sensors = in->Count<uint32_t>(8, "a rig's number of sensors");
    for (uint64_t k = 0; k < num_sensors; ++k) {
      Sensor sensor;
      sensor.is_camera = ReadIsCamera(in);
      sensor.id = in->Read<uint32_t>("a sensor's id");
      if (k == 0) sensor.sensor_from_rig = Rigid3d();
      if (k > 0 && in->Read<uint8_t>("a sensor's pose") != 0) sensor.sensor_from_rig = ReadPose(in);
      rig.sensors.push_back(sensor);
    }
    rigs.push_back(rig);
  }
  return rigs;
}

std::vector<Frame> ReadFrames(ByteReader* in) {
  std::vector<Frame> frames;
  const uint64_t count = in->Count<uint64_t>(12 + kPoseBytes, "the number of frames");
  for (uint64_t i = 0; i < count; ++i) {
    Frame frame;
    frame.place = in->Place();
    frame.id = in->Read<uint32_t>("a frame's id");
    frame.rig_id = in->Read<uint32_t>("a frame's rig");
    frame.rig_from_world = ReadPose(in);
    const uint64_t num_data = in->Count<uint32_t>(16, "a frame's number of data");
    for (uint64_t k = 0; k < num_data; ++k) {
      FrameData data;
      data.is_camera = ReadIsCamera(in);
      data.sensor_id = in->Read<uint32_t>("a sensor's id");
      data.id = in->Read<uint64_t>("a datum's id");
      frame.data.push_back(data);
    }
    frames.push_back(frame);
  }
  return frames;
}

std::vector<ColmapImage> ReadImages(ByteReader* in) {
  std::vector<ColmapImage> images;
  const uint64_t count = in->Count<uint64_t>(17 + kPoseBytes, "the number of images");
  for (uint64_t i = 0; i < count; ++i) {
    ColmapImage image;
    image.place = in->Place();
    image.id = in->Read<uint32_t>("an image's id");
    image.cam_from_world = ReadPose(in);
    image.camera_id = in->Read<uint32_t>("an image's camera");
    image.name = in->Text("an image's name");
    if (image.name.empty()) Fail(image.place, ": the image has no name");
    constexpr uint64_t kPointBytes = 24;
    in->Skip(kPointBytes * in->Count<uint64_t>(kPointBytes, "an image's number of points"),
             "an image's points");
    images.push_back(image);
  }
  return images;
}

// The whole of a file, by one of the readers above.
template <typename Reader>
auto ReadWhole(const std::filesystem::path& path, const Reader& reader) {
  const std::string bytes = ReadFile(path), name = NameOf(path);
  ByteReader in(bytes, name);
  auto items = reader(&in);
  in.CheckEnd();
  return items;
}

void AppendPose(const Rigid3d& pose, std::string* out) {
  const Eigen::Quaterniond& q = pose.rotation;
  const Eigen::Vector3d& t = pose.translation;
  for (const double v : {q.w(), q.x(), q.y(), q.z(), t.x(), t.y(), t.z()}) AppendBytes(v, out);
}

void AppendSensor(bool is_camera, uint32_t id, std::string* out) {
  AppendBytes<int32_t>(is_camera ? 0 : 1, out);
  AppendBytes<uint32_t>(id, out);
}

void AppendRig(const Rig& rig, std::string* out) {
  AppendBytes<uint32_t>(rig.id, out);
  AppendBytes(static_cast<uint32_t>(rig.sensors.size()), out);
  for (size_t i = 0; i < rig.sensors.size(); ++i) {
    const Sensor& sensor = rig.sensors[i];
    AppendSensor(sensor.is_camera, sensor.id, out);
    if (i == 0) continue;
    AppendBytes<uint8_t>(sensor.sensor_from_rig ? 1 : 0, out);
    if (sensor.sensor_from_rig) AppendPose(*sensor.sensor_from_rig, out);
  }
}

void AppendCamera(const ColmapCamera& camera, std::string* out) {
  const ModelAndParams p = ParamsOfCamera(camera.camera);
  AppendBytes<uint32_t>(camera.id, out);
  AppendBytes<int32_t>(p.model->id, out);
  AppendBytes(static_cast<uint64_t>(camera.camera.width_px), out);
  AppendBytes(static_cast<uint64_t>(camera.camera.height_px), out);
  for (const double v : p.params) AppendBytes(v, out);
}

void AppendFrame(const Frame& frame, std::string* out) {
  AppendBytes<uint32_t>(frame.id, out);
  AppendBytes<uint32_t>(frame.rig_id, out);
  AppendPose(frame.rig_from_world, out);
  AppendBytes(static_cast<uint32_t>(frame.data.size()), out);
  for (const FrameData& data : frame.data) {
    AppendSensor(data.is_camera, data.sensor_id, out);
    AppendBytes<uint64_t>(data.id, out);
  }
}

void AppendImage(const ColmapImage& image, std::string* out) {
  AppendBytes<uint32_t>(image.id, out);
  AppendPose(image.cam_from_world, out);
  AppendBytes<uint32_t>(image.camera_id, out);
  out->append(image.name.c_str(), image.name.size() + 1);
  AppendBytes<uint64_t>(0, out);  // points
}

template <typename T>
std::string Bytes(const std::vector<T>& items, void (*append)(const T&, std::string*)) {
  std::string out;
  AppendBytes(static_cast<uint64_t>(items.size()), &out);
  for (const T& item : items) append(item, &out);
  return out;
}

}  // namespace

Model ReadModelBinary(const std::filesystem::path& folder, double pixel_center) {
  Model model;
  model.cameras = ReadWhole(folder / "cameras.bin",
                            [&](ByteReader* in) { return ReadCameras(in, pixel_center); });
  if (std::filesystem::exists(folder / "rigs.bin")) {
    model.rigs = ReadWhole(folder / "rigs.bin", ReadRigs);
  }
  if (std::filesystem::exists(folder / "frames.bin")) {
    model.frames = ReadWhole(folder / "frames.bin", ReadFrames);
  }
  model.images = ReadWhole(folder / "images.bin", ReadImages);
  return model;
}

ModelFiles ModelBinary(const Model& model) {
  return {Bytes(model.rigs, AppendRig), Bytes(model.cameras, AppendCamera),
          Bytes(model.frames, AppendFrame), Bytes(model.images, AppendImage),
          std::string(sizeof(uint64_t), '\0')};
}

}  // namespace ceres_align::colmap_internal
