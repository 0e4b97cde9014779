#include "ceres_align/formats/colmap.h"

#include <algorithm>
#include <map>
#include <set>

#include "ceres_align/formats/colmap_model.h"
#include "ceres_align/formats/set_checks.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using colmap_internal::ColmapCamera;
using colmap_internal::ColmapImage;
using colmap_internal::Frame;
using colmap_internal::FrameData;
using colmap_internal::Model;
using colmap_internal::ModelFiles;
using colmap_internal::Rig;
using colmap_internal::Sensor;
using io_internal::Cat;
using io_internal::Fail;
using io_internal::NameOf;

namespace {

namespace fs = std::filesystem;

// By id; throws where one appears twice.
template <typename T>
std::map<uint32_t, const T*> ById(const std::vector<T>& items, const char* what) {
  std::map<uint32_t, const T*> by_id;
  for (const T& item : items) {
    const auto [found, is_new] = by_id.emplace(item.id, &item);
    if (!is_new) {
      Fail(item.place, ": ", what, " ", item.id, " is there already (", found->second->place, ")");
    }
  }
  return by_id;
}

// The poses of images by frames, as COLMAP takes them.
class FramePoses {
 public:
  explicit FramePoses(const Model& model) : rigs_(ById(model.rigs, "rig")) {
    ById(model.frames, "frame");
    for (const Rig& rig : model.rigs) CheckSensors(rig);
    for (const Frame& frame : model.frames) {
      for (const FrameData& data : frame.data) {
        if (!data.is_camera) continue;
        if (!of_image_.emplace(data.id, Entry{&frame, &data}).second) {
          Fail(frame.place, ": image ", data.id, " is in two frames");
        }
      }
    }
  }

  Rigid3d CamFromWorld(const ColmapImage& image) const {
    const auto found = of_image_.find(image.id);
    if (found == of_image_.end()) Fail(image.place, ": image ", image.id, " is in no frame");
    const Frame& frame = *found->second.frame;
    const uint32_t sensor_id = found->second.data->sensor_id;
    if (sensor_id != image.camera_id) {
      Fail(image.place, ": image ", image.id, " is of camera ", image.camera_id, "; its frame (",
           frame.place, ") says ", sensor_id);
    }
    const auto rig = rigs_.find(frame.rig_id);
    if (rig == rigs_.end()) Fail(frame.place, ": rig ", frame.rig_id, " is not in the rigs file");
    for (const Sensor& sensor : rig->second->sensors) {
      if (!sensor.is_camera || sensor.id != sensor_id) continue;
      if (!sensor.sensor_from_rig) {
        Fail(rig->second->place, ": camera ", sensor_id, " has no pose on its rig");
      }
      return *sensor.sensor_from_rig * frame.rig_from_world;
    }
    Fail(frame.place, ": camera ", sensor_id, " is not on rig ", frame.rig_id);
  }

 private:
  struct Entry {
    const Frame* frame;
    const FrameData* data;
  };
  static void CheckSensors(const Rig& rig) {
    std::set<std::pair<bool, uint32_t>> seen;
    for (const Sensor& sensor : rig.sensors) {
      if (seen.insert({sensor.is_camera, sensor.id}).second) continue;
      Fail(rig.place, ": ", sensor.is_camera ? "camera " : "IMU ", sensor.id,
           " is on the rig twice");
    }
  }

  std::map<uint32_t, const Rig*> rigs_;
  std::map<uint64_t, Entry> of_image_;
};

// Six digits of a file's own rounding explain less.
bool Differ(const Rigid3d& a, const Rigid3d& b) {
  constexpr double kRounding = 1e-4;
  return RotationAngle_rad(a.rotation, b.rotation) > kRounding ||
         (a.translation - b.translation).norm() > kRounding * (1 + a.translation.norm());
}

CameraSet SetOfModel(const Model& model) {
  CameraSet set;
  const auto cameras = ById(model.cameras, "camera");
  ById(model.images, "image");
  // As COLMAP: without both files every image has its own pose.
  const bool has_frames = !model.rigs.empty() || !model.frames.empty();
  const FramePoses frames(model);
  size_t num_other = 0;
  for (const ColmapImage& image : model.images) {
    const auto camera = cameras.find(image.camera_id);
    if (camera == cameras.end()) {
      Fail(image.place, ": camera ", image.camera_id, " is not in the cameras file");
    }
    const Rigid3d pose = has_frames ? frames.CamFromWorld(image) : image.cam_from_world;
    num_other += Differ(pose, image.cam_from_world);
    set.cameras.push_back({image.name, camera->second->camera, pose, image.name, ""});
  }
  if (has_frames) set.conventions.push_back("poses are those of COLMAP's rigs and frames");
  if (num_other > 0) {
    set.conventions.push_back(Cat(num_other, " of ", model.images.size(),
                                  " images have another pose in the images file, which COLMAP "
                                  "does not take where there are frames"));
  }
  return set;
}

std::string ImageName(const CalibratedCamera& camera) {
  return camera.image.empty() ? camera.name + ".png" : camera.image;
}

Model ModelOfSet(const CameraSet& set) {
  RequirePoses(set, "colmap");
  RequireIntrinsics(set, "colmap");
  Model model;
  std::set<std::string> names;
  for (const CalibratedCamera& camera : set.cameras) {
    auto same = std::find_if(model.cameras.begin(), model.cameras.end(),
                             [&](const auto& other) { return other.camera == camera.camera; });
    if (same == model.cameras.end()) {
      const uint32_t id = static_cast<uint32_t>(model.cameras.size() + 1);
      model.rigs.push_back({id, {Sensor{true, id, Rigid3d()}}, ""});
      same = model.cameras.insert(model.cameras.end(), ColmapCamera{id, camera.camera, ""});
    }
    const uint32_t id = static_cast<uint32_t>(model.images.size() + 1);
    const std::string name = ImageName(camera);
    if (name.find('\0') != std::string::npos) Fail("colmap: image ", Quoted(name), " has a NUL");
    if (!names.insert(name).second) Fail("colmap: image ", Quoted(name), " is there twice");
    model.frames.push_back({id, same->id, camera.cam_from_reference, {{true, same->id, id}}, ""});
    model.images.push_back({id, camera.cam_from_reference, same->id, name, ""});
  }
  return model;
}

std::vector<ExportedFile> Exported(const ModelFiles& files, const std::string& extension) {
  return {{"rigs" + extension, files.rigs},
          {"cameras" + extension, files.cameras},
          {"frames" + extension, files.frames},
          {"images" + extension, files.images},
          {"points3D" + extension, files.points3d}};
}

}  // namespace

CameraSet ReadColmap(const fs::path& path, const CameraReadOptions& options) {
  const double pixel_center = options.pixel_center.value_or(0.5);
  if (!fs::is_directory(path)) {
    Fail(NameOf(path), ": no such folder; a COLMAP model is a folder with cameras and images");
  }
  const auto has = [&](const char* extension) {
    return fs::exists(path / ("cameras" + std::string(extension))) &&
           fs::exists(path / ("images" + std::string(extension)));
  };
  const bool binary = has(".bin"), text = has(".txt");
  if (!binary && !text) {
    Fail(NameOf(path), ": no COLMAP model: neither cameras.bin and images.bin nor cameras.txt and ",
         "images.txt are there");
  }
  CameraSet set = SetOfModel(binary ? colmap_internal::ReadModelBinary(path, pixel_center)
                                    : colmap_internal::ReadModelText(path, pixel_center));
  set.conventions.insert(
      set.conventions.begin(),
      pixel_center == 0.5
          ? "the first pixel's centre is at (0.5, 0.5), COLMAP's rule: cx and cy as they are"
          : "cx and cy count from the first pixel's centre, as asked for: half a pixel added");
  if (binary && text) {
    set.conventions.push_back("of binary and text files the binary ones are read, as COLMAP does");
  }
  return set;
}

std::vector<ExportedFile> WriteColmapText(const CameraSet& set) {
  const Model model = ModelOfSet(set);
  for (const ColmapImage& image : model.images) {
    if (image.name.find_first_of(" \t\r\n\v\f") == std::string::npos && image.name[0] != '#')
      continue;
    Fail("colmap: image ", Quoted(image.name),
         " has a blank, which COLMAP's text files cannot hold; colmap_bin can");
  }
  return Exported(colmap_internal::ModelText(model), ".txt");
}

std::vector<ExportedFile> WriteColmapBinary(const CameraSet& set) {
  return Exported(colmap_internal::ModelBinary(ModelOfSet(set)), ".bin");
}

}  // namespace ceres_align
