#include "cli/import_cameras.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mask_labels.h"

namespace ceres_align::cli {
namespace {

namespace fs = std::filesystem;

void AddOnce(const std::string& sentence, std::vector<std::string>* sentences) {
  if (std::find(sentences->begin(), sentences->end(), sentence) == sentences->end()) {
    sentences->push_back(sentence);
  }
}

void CheckNames(const CameraSet& set) {
  std::set<std::string> names;
  for (const CalibratedCamera& camera : set.cameras) {
    if (!names.insert(camera.name).second) {
      throw InputError("--import: two cameras are named " + Quoted(camera.name) +
                       "; rename one of their files");
    }
  }
}

void Append(CameraSet&& from, CameraSet* to) {
  std::move(from.cameras.begin(), from.cameras.end(), std::back_inserter(to->cameras));
  for (const std::string& sentence : from.conventions) AddOnce(sentence, &to->conventions);
  if (!from.reference_from_object) return;
  if (to->reference_from_object) throw InputError("--import: two files have a pose of the object");
  to->reference_from_object = from.reference_from_object;
}

int FindByName(const CameraSet& set, const std::string& name) {
  for (size_t i = 0; i < set.cameras.size(); ++i) {
    if (set.cameras[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

// The intrinsics of `cameras` put into `poses`.
void Join(const CameraSet& cameras, CameraSet* poses) {
  const size_t n = poses->cameras.size();
  const auto has = [&](const CalibratedCamera& pose) {
    return FindByName(cameras, pose.name) >= 0;
  };
  const auto named = std::count_if(poses->cameras.begin(), poses->cameras.end(), has);
  const bool by_name = named == static_cast<std::ptrdiff_t>(n);
  if (!by_name && cameras.cameras.size() != n) {
    throw InputError(
        Format("--import: %zu cameras with intrinsics alone and %zu with poses alone "
               "do not go together, neither by name nor by number",
               cameras.cameras.size(), n));
  }
  std::string order;
  for (size_t i = 0; i < n; ++i) {
    CalibratedCamera& pose = poses->cameras[i];
    const CalibratedCamera& camera =
        cameras.cameras[by_name ? FindByName(cameras, pose.name) : static_cast<int>(i)];
    if (!by_name) order += (i == 0 ? " " : ", ") + camera.name + " has the pose of " + pose.name;
    pose.camera = camera.camera;
    pose.image = camera.image;
    pose.mask = camera.mask;
    pose.name = camera.name;
  }
  AddOnce(by_name ? "intrinsics and poses matched by the cameras' names"
                  : "intrinsics and poses matched by order, not by name:" + order,
          &poses->conventions);
  for (const std::string& sentence : cameras.conventions) AddOnce(sentence, &poses->conventions);
  poses->has_intrinsics = true;
}

// A camera's index of each mask, -1 where there is none.
std::vector<int> MatchByName(const std::vector<std::string>& masks, const CameraSet& set,
                             MaskCache* cache) {
  std::vector<int> camera_of;
  for (const std::string& mask : masks) {
    int found = -1;
    const std::string of_mask = NameOfMask(mask, cache);
    // "left" of "masks/left.jpg.png", COLMAP's.
    const std::string shorter = fs::path(of_mask).stem().string();
    for (size_t i = 0; i < set.cameras.size(); ++i) {
      const CalibratedCamera& camera = set.cameras[i];
      for (const std::string& name : {camera.name, fs::path(camera.image).stem().string()}) {
        if (!name.empty() && (name == shorter || name == of_mask)) {
          found = static_cast<int>(i);
        }
      }
    }
    camera_of.push_back(found);
  }
  return camera_of;
}

std::string TakeByName(const std::vector<std::string>& masks, const std::vector<int>& camera_of,
                       CameraSet* set) {
  std::string without;
  for (size_t i = 0; i < set->cameras.size(); ++i) {
    CalibratedCamera& camera = set->cameras[i];
    camera.mask.clear();
    for (size_t m = 0; m < masks.size(); ++m) {
      if (camera_of[m] != static_cast<int>(i)) continue;
      if (!camera.mask.empty()) {
        throw InputError("--masks: " + Shown(camera.mask) + " and " + Shown(masks[m]) +
                         " are both for camera " + Quoted(camera.name));
      }
      camera.mask = masks[m];
    }
    if (camera.mask.empty()) without += (without.empty() ? "" : ", ") + camera.name;
  }
  return "Masks matched to cameras by file name" +
         (without.empty() ? "" : "; without a mask, only to be drawn: " + without);
}

std::string TakeByOrder(const std::vector<std::string>& masks, CameraSet* set) {
  if (masks.size() != set->cameras.size()) {
    throw InputError(
        Format("--masks: no mask has a camera's name (%s, ...), and %zu masks cannot "
               "be matched to %zu cameras by order",
               Quoted(set->cameras[0].name).c_str(), masks.size(), set->cameras.size()));
  }
  std::string text = "Masks matched to cameras by order, NOT by name:";
  for (size_t i = 0; i < masks.size(); ++i) {
    set->cameras[i].mask = masks[i];
    const MaskSource source = ParseMaskSource(masks[i]);
    text += (i == 0 ? " " : ", ") + source.file.filename().string() + source.suffix + " is " +
            set->cameras[i].name + "'s";
  }
  return text;
}

// The folders may be links, the file's own name is kept.
std::string Relative(const std::string& path, const fs::path& folder) {
  const fs::path absolute = fs::absolute(path);
  return (fs::proximate(absolute.parent_path(), folder) / absolute.filename())
      .lexically_normal()
      .string();
}

// Labels and the like stay behind it.
std::string RelativeMask(const std::string& mask, const fs::path& folder) {
  const MaskSource source = ParseMaskSource(mask);
  return Relative(source.file.string(), folder) + source.suffix;
}

void CheckSize(const CalibratedCamera& camera, MaskCache* cache) {
  const ImageSize size = ReadImageSize(camera.mask, cache);
  const Camera& own = camera.camera;
  if (size.width_px == own.width_px && size.height_px == own.height_px) return;
  throw InputError(Format("%s is %dx%d px, but camera %s is %dx%d px", Shown(camera.mask).c_str(),
                          size.width_px, size.height_px, Quoted(camera.name).c_str(), own.width_px,
                          own.height_px));
}

}  // namespace

CameraSet ImportCameras(const std::vector<std::string>& imports, const CameraReadOptions& options) {
  if (imports.empty()) throw InputError("--import is missing: which camera files?");
  CameraSet whole, intrinsics, poses;
  for (const std::string& import : imports) {
    CameraSet set = ReadCameras(import, options);
    CameraSet& to = !set.has_poses ? intrinsics : !set.has_intrinsics ? poses : whole;
    Append(std::move(set), &to);
  }
  for (const CameraSet* set : {&whole, &intrinsics, &poses}) CheckNames(*set);
  poses.has_intrinsics = poses.cameras.empty();
  if (!poses.cameras.empty() && !intrinsics.cameras.empty()) {
    Join(intrinsics, &poses);
    intrinsics = CameraSet();
  }
  const bool alone = whole.cameras.empty();
  if (!alone && (!intrinsics.cameras.empty() || !poses.has_intrinsics)) {
    throw InputError(
        "--import: some files have intrinsics and poses, others intrinsics or poses "
        "alone; give the alone ones in pairs");
  }
  whole.has_poses = intrinsics.cameras.empty();
  whole.has_intrinsics = poses.has_intrinsics;
  Append(std::move(intrinsics), &whole);
  Append(std::move(poses), &whole);
  CheckNames(whole);
  if (imports.size() > 1 && whole.has_poses && !alone) {
    AddOnce("all files' poses are taken to be in one reference frame", &whole.conventions);
  }
  return whole;
}

std::string MatchMasks(const std::vector<std::string>& masks, MaskCache* cache, CameraSet* set) {
  const std::vector<int> camera_of = MatchByName(masks, *set, cache);
  const auto unmatched = std::find(camera_of.begin(), camera_of.end(), -1);
  const bool none = std::all_of(camera_of.begin(), camera_of.end(), [](int i) { return i < 0; });
  if (!none && unmatched != camera_of.end()) {
    throw InputError("--masks: " + Shown(masks[unmatched - camera_of.begin()]) +
                     " has no camera's name, though others have");
  }
  return none ? TakeByOrder(masks, set) : TakeByName(masks, camera_of, set);
}

SceneDescription SceneFromCameras(const CameraSet& set, const std::string& mesh,
                                  const std::string& folder, MaskCache* cache) {
  if (!set.has_intrinsics) {
    throw InputError(
        "--import: only the cameras' poses are known; give a file with their "
        "intrinsics as well");
  }
  if (!set.has_poses && set.cameras.size() != 1) {
    throw InputError(
        "--import: only the cameras' intrinsics are known; give a file with their "
        "poses as well");
  }
  if (std::all_of(set.cameras.begin(), set.cameras.end(),
                  [](const CalibratedCamera& camera) { return camera.mask.empty(); })) {
    throw InputError("--masks is missing: no camera has a mask");
  }
  const fs::path root = fs::absolute(folder);
  SceneDescription scene;
  scene.mesh = Relative(mesh, root);
  for (const CalibratedCamera& camera : set.cameras) {
    if (!camera.mask.empty()) CheckSize(camera, cache);
    ViewDescription view;
    view.name = camera.name;
    if (!camera.mask.empty()) view.mask = RelativeMask(camera.mask, root);
    view.width_px = camera.camera.width_px;
    view.height_px = camera.camera.height_px;
    view.K = camera.camera.K();
    view.dist = NumbersOfLens(camera.camera.lens);
    view.is_fisheye = camera.camera.lens.is_fisheye;
    view.cam_from_rig = camera.cam_from_reference;
    scene.views.push_back(view);
  }
  scene.true_rig_from_world = set.reference_from_object;
  return scene;
}

}  // namespace ceres_align::cli
