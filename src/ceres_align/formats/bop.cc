#include "ceres_align/formats/bop.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "ceres_align/formats/set_checks.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/json_reader.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/table.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

namespace fs = std::filesystem;
using io_internal::Cat;
using io_internal::ExactNumber;
using io_internal::Fail;
using io_internal::NameOf;
using nlohmann::json;

namespace {

constexpr double kBopPixelCenter = 0;

json ReadObject(const fs::path& path) {
  json document = io_internal::ParseJson(ReadFile(path), NameOf(path));
  if (!document.is_object()) Fail(NameOf(path), ": must be an object");
  return document;
}

const json& Require(const json& object, const char* key, const std::string& place) {
  if (!object.is_object()) Fail(place, " must be an object");
  const auto found = object.find(key);
  if (found == object.end()) Fail(place, ".", key, " is missing");
  return *found;
}

std::vector<double> Numbers(const json& object, const char* key, size_t count,
                            const std::string& place) {
  const json& list = Require(object, key, place);
  if (!list.is_array() || list.size() != count) {
    Fail(place, ".", key, " must be a list of ", count, " numbers");
  }
  std::vector<double> numbers;
  for (const json& item : list) {
    if (!item.is_number()) {
      Fail(place, ".", key, "[", numbers.size(), "] is ", Quoted(item.dump()),
           "; a number is needed");
    }
    numbers.push_back(item.get<double>());
  }
  return numbers;
}

Eigen::Matrix3d Matrix3(const json& object, const char* key, const std::string& place) {
  const std::vector<double> v = Numbers(object, key, 9, place);
  return Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(v.data());
}

Eigen::Vector3d Vector3(const json& object, const char* key, const std::string& place) {
  const std::vector<double> v = Numbers(object, key, 3, place);
  return {v[0], v[1], v[2]};
}

int ObjectId(const json& truth, const std::string& place) {
  const json& id = Require(truth, "obj_id", place);
  if (!id.is_number_integer()) Fail(place, ".obj_id is ", Quoted(id.dump()), "; no whole number");
  return id.get<int>();
}

// The image's number: the option's, else the least of the file's keys.
int ChooseImage(const json& scene_camera, int wanted, const std::string& name) {
  int least = -1;
  for (const auto& item : scene_camera.items()) {
    const std::string& key = item.key();
    const bool is_number =
        !key.empty() && key.size() <= 9 && key.find_first_not_of("0123456789") == std::string::npos;
    if (!is_number) Fail(name, ": ", Quoted(key), " is no image's number");
    const int id = std::stoi(key);
    if (id == wanted) return id;
    if (least < 0 || id < least) least = id;
  }
  if (wanted >= 0) Fail(name, ": has no image ", wanted, " (--image_id)");
  if (least < 0) Fail(name, ": has no image");
  return least;
}

// The place of the wanted object (or of the first) among the image's.
size_t ChooseObject(const json& truths, int wanted, const std::string& place,
                    std::vector<std::string>* conventions) {
  if (!truths.is_array() || truths.empty()) Fail(place, " must be a list of objects");
  size_t found = truths.size();
  int same = 0;
  for (size_t i = 0; i < truths.size(); ++i) {
    const int id = ObjectId(truths[i], Cat(place, "[", i, "]"));
    if (wanted >= 0 && id != wanted) continue;
    if (found == truths.size()) found = i;
    if (id == ObjectId(truths[found], place)) ++same;
  }
  if (found == truths.size()) Fail(place, " has no object ", wanted, " (--object_id)");
  if (same > 1) {
    conventions->push_back(Cat("the image has ", same, " of this object: the first is taken"));
  }
  return found;
}

std::string ExistingFile(const fs::path& folder, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    std::error_code error;
    if (fs::is_regular_file(folder / name, error)) return (folder / name).string();
  }
  return "";
}

void TellSymmetries(const fs::path& scene, int object, std::vector<std::string>* conventions) {
  const fs::path dataset = fs::absolute(scene).lexically_normal().parent_path().parent_path();
  const std::string info =
      ExistingFile(dataset, {"models/models_info.json", "models_eval/models_info.json"});
  if (info.empty()) return;
  const BopSymmetries found = ReadBopSymmetries(info, object);
  if (found.discrete.empty() && found.continuous.empty()) return;
  conventions->push_back(Cat("models_info.json: the object has ", found.discrete.size(),
                             " discrete and ", found.continuous.size(),
                             " continuous symmetries; poses that differ by one are equally right"));
}

// "48" and so on of "000048_000003_000005"; empty for other names.
std::vector<int> NumbersOfName(const std::string& name) {
  std::vector<int> numbers;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('_', begin), name.size());
    const std::string part = name.substr(begin, end - begin);
    const bool is_number = !part.empty() && part.size() <= 9 &&
                           part.find_first_not_of("0123456789") == std::string::npos;
    if (!is_number) return {};
    numbers.push_back(std::stoi(part));
    begin = end + 1;
  }
  return numbers.size() == 3 ? numbers : std::vector<int>();
}

}  // namespace

CameraSet ReadBop(const fs::path& path, const CameraReadOptions& options) {
  const fs::path camera_file = path / "scene_camera.json", truth_file = path / "scene_gt.json";
  const json scene_camera = ReadObject(camera_file), scene_gt = ReadObject(truth_file);
  const int image = ChooseImage(scene_camera, options.image_id, NameOf(camera_file));
  const std::string key = std::to_string(image), camera_place = NameOf(camera_file) + ": " + key;
  const json& own = Require(scene_camera, key.c_str(), camera_place);
  const std::string truths_place = NameOf(truth_file) + ": " + key;
  const json& truths = Require(scene_gt, key.c_str(), NameOf(truth_file) + ": images");
  CameraSet set;
  const size_t index = ChooseObject(truths, options.object_id, truths_place, &set.conventions);
  const std::string place = Cat(truths_place, "[", index, "]");
  const json& truth = truths[index];
  const int object = ObjectId(truth, place);

  CalibratedCamera camera;
  const std::string scene = fs::absolute(path / "x").lexically_normal().parent_path().filename();
  camera.name = scene + Format("_%06d_%06d", image, object);
  const std::string mask_name = Format("%06d_%06d.png", image, static_cast<int>(index));
  camera.mask = ExistingFile(path, {"mask/" + mask_name, "mask_visib/" + mask_name});
  const std::string image_name = Format("%06d", image);
  camera.image = ExistingFile(path, {"rgb/" + image_name + ".png", "rgb/" + image_name + ".jpg",
                                     "gray/" + image_name + ".tif", "gray/" + image_name + ".png"});
  std::optional<HeightWidth> size;
  if (!camera.mask.empty()) {
    const ImageSize of_mask = ReadImageSize(camera.mask);
    size = {of_mask.height_px, of_mask.width_px};
    set.conventions.push_back("mask: " + Shown(camera.mask));
  }
  const HeightWidth known = SizeOrOption(size, options, camera_place, &set.conventions);
  const double center = PixelCenterOf(options, kBopPixelCenter, "BOP", &set.conventions);
  camera.camera = CameraFromK(Matrix3(own, "cam_K", camera_place), known.width_px, known.height_px,
                              center, camera_place + ".cam_K");
  set.reference_from_object =
      FromOpenCv({Matrix3(truth, "cam_R_m2c", place), Vector3(truth, "cam_t_m2c", place)}, place);
  set.cameras.push_back(camera);
  set.conventions.push_back(Cat("image ", image, ", object ", object,
                                "; its pose R_m2c, t_m2c is the truth; lengths in mm"));
  TellSymmetries(path, object, &set.conventions);
  return set;
}

std::vector<ExportedFile> WriteBopResults(const CameraSet& set) {
  RequirePoses(set, "bop");
  std::string text = "scene_id,im_id,obj_id,score,R,t,time\n";
  for (const CalibratedCamera& camera : set.cameras) {
    const std::vector<int> ids = NumbersOfName(camera.name);
    if (ids.empty()) {
      Fail("bop: camera ", Quoted(camera.name),
           " must be named SCENE_IMAGE_OBJECT, three numbers, to be in BOP's results");
    }
    const Rigid3d cam_from_object =
        camera.cam_from_reference * set.reference_from_object.value_or(Rigid3d());
    const Eigen::Matrix3d R = cam_from_object.R();
    std::string rotation, translation;
    for (int i = 0; i < 9; ++i) rotation += (i > 0 ? " " : "") + ExactNumber(R(i / 3, i % 3));
    for (int i = 0; i < 3; ++i) {
      translation += (i > 0 ? " " : "") + ExactNumber(cam_from_object.translation[i]);
    }
    text += Cat(ids[0], ",", ids[1], ",", ids[2], ",1,", rotation, ",", translation, ",-1\n");
  }
  return {{"", text}};
}

BopSymmetries ReadBopSymmetries(const fs::path& models_info, int object_id) {
  const json document = ReadObject(models_info);
  const std::string key = std::to_string(object_id), name = NameOf(models_info);
  const json& object = Require(document, key.c_str(), name + ": models");
  const std::string place = name + ": " + key;
  if (!object.is_object()) Fail(place, " must be an object");
  BopSymmetries found;
  const json none = json::array();
  const auto list = [&](const char* kind) -> const json& {
    const auto at = object.find(kind);
    if (at == object.end()) return none;
    if (!at->is_array()) Fail(place, ".", kind, " must be a list");
    return *at;
  };
  for (size_t i = 0; i < list("symmetries_discrete").size(); ++i) {
    const json wrapped = {{"matrix", list("symmetries_discrete")[i]}};
    const std::string at = Cat(place, ".symmetries_discrete[", i, "]");
    const std::vector<double> v = Numbers(wrapped, "matrix", 16, at);
    const Eigen::Map<const Eigen::Matrix<double, 4, 4, Eigen::RowMajor>> m(v.data());
    found.discrete.push_back(FromOpenCv({m.topLeftCorner<3, 3>(), m.topRightCorner<3, 1>()}, at));
  }
  for (size_t i = 0; i < list("symmetries_continuous").size(); ++i) {
    const json& axis = list("symmetries_continuous")[i];
    const std::string at = Cat(place, ".symmetries_continuous[", i, "]");
    const Eigen::Vector3d direction = Vector3(axis, "axis", at);
    if (!(direction.norm() > 0) || !direction.allFinite()) Fail(at, ".axis is no direction");
    found.continuous.push_back({direction.normalized(), Vector3(axis, "offset", at)});
  }
  return found;
}

}  // namespace ceres_align
