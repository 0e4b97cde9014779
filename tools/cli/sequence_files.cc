#include "cli/sequence_files.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/natural_order.h"
#include "ceres_align/report/json_values.h"
#include "cli/glob.h"

namespace ceres_align::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr char kFlag[] = "--sequence";

std::vector<std::string> ImagesIn(const std::string& folder) {
  static const std::set<std::string> kEndings = {".png", ".jpg", ".jpeg", ".bmp",  ".pbm",
                                                 ".pgm", ".ppm", ".tif",  ".tiff", ".npy"};
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    std::string ending = entry.path().extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (entry.is_regular_file() && kEndings.count(ending) > 0) {
      files.push_back(entry.path().string());
    }
  }
  if (files.empty()) throw InputError(std::string(kFlag) + ": no image in " + Quoted(folder));
  std::sort(files.begin(), files.end(), NaturallyBefore);
  return files;
}

std::vector<std::string> FromList(const std::string& list) {
  std::istringstream text(ReadFile(list));
  std::vector<std::string> files;
  for (std::string line; std::getline(text, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const size_t first = line.find_first_not_of(" \t");
    if (first == std::string::npos || line[first] == '#') continue;
    const std::string path = line.substr(first, line.find_last_not_of(" \t") - first + 1);
    files.push_back((fs::path(list).parent_path() / path).string());
  }
  if (files.empty()) throw InputError(std::string(kFlag) + ": " + Quoted(list) + " names no file");
  return files;
}

std::vector<std::string> FramesOfCamera(const std::string& part) {
  if (fs::is_directory(part)) return ImagesIn(part);
  if (fs::path(part).extension() == ".txt") return FromList(part);
  return Glob(part, kFlag);
}

Json LineOf(const TrackedFrame& frame, const std::vector<std::string>& masks) {
  Json line = {{"frame", frame.frame}, {"masks", masks}, {"status", ToString(frame.status)}};
  line["rig_from_world"] = PoseJson(frame.rig_from_world);
  line["iou"] = NumberJson(frame.iou);
  line["contour_rms_px"] = NumberJson(frame.contour_rms_px);
  line["moved_deg"] = NumberJson(frame.moved_deg);
  if (frame.result) {
    line["usable"] = frame.result->IsUsable();
    if (frame.result->accuracy) {
      line["accuracy_deg"] = NumberJson(frame.result->accuracy->rotation_rad * 180 / M_PI);
      line["accuracy_percent"] = NumberJson(100 * frame.result->accuracy->translation_of_distance);
    }
  }
  if (!frame.why.empty()) line["why"] = frame.why;
  return line;
}

// "tx ty tz qx qy qz qw", w not negative.
std::string SevenNumbers(const Rigid3d& pose, char separator) {
  Eigen::Vector4d q = pose.rotation.coeffs();
  if (q.w() < 0) q = -q;
  const Eigen::Vector3d& t = pose.translation;
  std::string text;
  for (const double v : {t.x(), t.y(), t.z(), q.x(), q.y(), q.z(), q.w()}) {
    text += (text.empty() ? "" : std::string(1, separator)) + Format("%.17g", v);
  }
  return text;
}

}  // namespace

std::vector<std::vector<std::string>> ListFrames(const std::string& flag) {
  std::vector<std::vector<std::string>> frames;
  const std::vector<std::string> parts = SplitAtCommas(flag, kFlag);
  for (const std::string& part : parts) {
    std::vector<std::string> files;
    try {
      files = FramesOfCamera(part);
    } catch (const fs::filesystem_error& error) {
      throw InputError(std::string(kFlag) + ": " + Quoted(part) + ": " + error.code().message());
    }
    if (frames.empty()) frames.resize(files.size());
    if (files.size() != frames.size()) {
      throw InputError(Format("%s: %zu frames of camera 1, but %zu in %s", kFlag, frames.size(),
                              files.size(), Quoted(part).c_str()));
    }
    for (size_t f = 0; f < files.size(); ++f) frames[f].push_back(files[f]);
  }
  return frames;
}

std::vector<OutputFile> TrajectoryFiles(const std::vector<TrackedFrame>& track,
                                        const std::vector<std::vector<std::string>>& masks,
                                        const Rigid3d& cam1_from_rig, double fps) {
  std::string lines;
  std::string csv = "frame,status,iou,contour_rms_px,tx,ty,tz,qx,qy,qz,qw\n";
  std::string camera = "# timestamp tx ty tz qx qy qz qw: world_from_cam of camera 1\n";
  std::string object = "# timestamp tx ty tz qx qy qz qw: cam_from_world of camera 1\n";
  for (size_t f = 0; f < track.size(); ++f) {
    const TrackedFrame& frame = track[f];
    lines += LineOf(frame, masks[f]).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    const Rigid3d cam_from_world = cam1_from_rig * frame.rig_from_world;
    csv += Format("%d,%s,%.6g,%.6g,", frame.frame, ToString(frame.status), frame.iou,
                  frame.contour_rms_px) +
           SevenNumbers(cam_from_world, ',') + "\n";
    if (!frame.has_pose()) continue;
    const std::string time = Format("%.9g ", frame.frame / fps);
    camera += time + SevenNumbers(Inverse(cam_from_world), ' ') + "\n";
    object += time + SevenNumbers(cam_from_world, ' ') + "\n";
  }
  return {{"frames.jsonl", lines},
          {"frames.csv", csv},
          {"trajectory_camera.tum", camera},
          {"trajectory_object.tum", object}};
}

}  // namespace ceres_align::cli
