#include "cli/hand_eye_input.h"

#include <map>
#include <set>
#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/hand_eye/calibrate.h"
#include "ceres_align/io/camera_info.h"
#include "ceres_align/io/joint_states.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/io/mesh_io.h"
#include "cli/glob.h"

namespace ceres_align::cli {
namespace {

UrdfOptions OptionsOfUrdf(const HandEyeFlags& flags) {
  UrdfOptions options;
  if (flags.geometry == "collision") {
    options.geometry = UrdfOptions::Geometry::kCollision;
  } else if (flags.geometry != "visual") {
    throw InputError("--geometry is " + Quoted(flags.geometry) +
                     "; it must be visual or collision");
  }
  for (const std::string& item : SplitAtCommas(flags.packages, "--packages")) {
    const size_t equals = item.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == item.size()) {
      throw InputError("--packages: " + Quoted(item) + " is not NAME=FOLDER");
    }
    options.packages[item.substr(0, equals)] = item.substr(equals + 1);
  }
  for (const std::string& root : SplitAtCommas(flags.package_roots, "--package_roots")) {
    options.package_roots.emplace_back(root);
  }
  return options;
}

void RequireFlag(const std::string& value, const char* flag) {
  if (value.empty()) throw InputError(std::string(flag) + " is missing");
}

void CheckHandFlags(const HandEyeFlags& flags) {
  const std::pair<const char*, const std::string*> of_hand[] = {
      {"--flange", &flags.flange},
      {"--object", &flags.object},
      {"--base_from_object", &flags.base_from_object}};
  for (const auto& [name, value] : of_hand) {
    if (flags.eye_in_hand && value->empty()) {
      throw InputError(std::string("--eye_in_hand is given without ") + name);
    }
    if (!flags.eye_in_hand && !value->empty()) {
      throw InputError(std::string(name) + " is given without --eye_in_hand");
    }
  }
  const int stereo = !flags.stereo_masks.empty() + !flags.stereo_camera.empty() +
                     !flags.stereo_cam_from_cam.empty();
  if (stereo != 0 && stereo != 3) {
    throw InputError(
        "--stereo_masks, --stereo_camera and --stereo_cam_from_cam go together; give all or none");
  }
}

Camera FirstCamera(const HandEyeFlags& flags) {
  if (flags.camera.empty() == flags.K.empty()) {
    throw InputError(flags.K.empty() ? "--camera (or --K) is missing"
                                     : "--camera and --K are both given; give one");
  }
  if (!flags.camera.empty()) {
    if (flags.width != 0 || flags.height != 0) {
      throw InputError("--width or --height is given with --camera, which says the size itself");
    }
    return ReadCameraInfo(flags.camera);
  }
  if (flags.width <= 0 || flags.height <= 0) {
    throw InputError("--K is given without --width and --height, in px");
  }
  return ReadCameraMatrix(flags.K, flags.width, flags.height, flags.pixel_center);
}

// 0: masks as they are.
std::optional<double> MaskThreshold(const HandEyeFlags& flags) {
  if (flags.mask_threshold == 0) return std::nullopt;
  CheckMaskThreshold(flags.mask_threshold, "--mask_threshold");
  return flags.mask_threshold;
}

HandEyeCamera ReadMasks(const std::vector<std::string>& files, const Camera& camera,
                        std::optional<double> threshold, MaskCache* cache,
                        std::vector<std::string>* warnings) {
  HandEyeCamera seen{camera, {}, {}};
  for (const std::string& file : files) {
    LoadedMask loaded =
        LoadMask(file, ImageSize{camera.width_px, camera.height_px}, threshold, cache);
    warnings->insert(warnings->end(), loaded.warnings.begin(), loaded.warnings.end());
    seen.masks.push_back(std::move(loaded.mask));
  }
  return seen;
}

// One for each state, before any is read.
std::vector<std::string> MaskFiles(const std::string& pattern, const char* flag, size_t num_states,
                                   const std::string& joints) {
  std::vector<std::string> files = GlobMasks(pattern, flag);
  if (files.size() == num_states) return files;
  throw InputError(Format("%s %s: %zu masks, but %s has %zu joint states; every state needs a mask",
                          flag, Shown(pattern).c_str(), files.size(), Shown(joints).c_str(),
                          num_states));
}

void ReadCameras(const HandEyeFlags& flags, HandEyeInput* input) {
  const size_t n = input->problem.num_states();
  const Camera camera = FirstCamera(flags);
  std::vector<std::vector<std::string>> files = {
      MaskFiles(flags.masks, "--masks", n, flags.joints)};
  if (!flags.stereo_masks.empty()) {
    files.push_back(MaskFiles(flags.stereo_masks, "--stereo_masks", n, flags.joints));
  }
  MaskCache cache;
  const std::optional<double> threshold = MaskThreshold(flags);
  input->problem.cameras.push_back(
      ReadMasks(files[0], camera, threshold, &cache, &input->warnings));
  if (files.size() > 1) {
    const Camera second = ReadCameraInfo(flags.stereo_camera);
    const Rigid3d cam_from_first = ReadRigid(flags.stereo_cam_from_cam);
    input->problem.cameras.push_back(
        ReadMasks(files[1], second, threshold, &cache, &input->warnings));
    input->problem.cameras.back().cam_from_first = cam_from_first;
  }
  for (size_t s = 0; s < n; ++s) {
    for (const auto& of_camera : files) input->mask_files.push_back(of_camera[s]);
  }
}

void ReadObject(const HandEyeFlags& flags, HandEyeInput* input) {
  HandEyeObject object;
  object.flange_link = input->problem.model.FindLink(flags.flange);
  LoadedMesh loaded = LoadMesh(flags.object);
  input->warnings.insert(input->warnings.end(), loaded.warnings.begin(), loaded.warnings.end());
  object.mesh = std::move(loaded.mesh);
  object.base_from_object = ReadRigid(flags.base_from_object);
  input->problem.object = std::move(object);
  input->parent = flags.flange;
}

}  // namespace

HandEyeInput ReadHandEye(const HandEyeFlags& flags) {
  RequireFlag(flags.urdf, "--urdf");
  RequireFlag(flags.joints, "--joints");
  RequireFlag(flags.masks, "--masks");
  CheckHandFlags(flags);
  HandEyeInput input;
  HandEyeProblem& problem = input.problem;
  problem.model = ReadUrdf(flags.urdf, OptionsOfUrdf(flags));
  problem.states = ReadJointStates(flags.joints, problem.model.variable_names);
  const std::string beyond = FirstStateBeyondLimits(problem);
  if (!beyond.empty()) input.warnings.push_back(Shown(flags.joints) + ": " + beyond);
  input.parent = problem.model.links[0].name;
  ReadCameras(flags, &input);
  if (flags.eye_in_hand) {
    if (flags.links != "all")
      throw InputError(
          "--links is given with --eye_in_hand, where the "
          "masks show the object");
    ReadObject(flags, &input);
  } else {
    const std::vector<std::string> only =
        flags.links == "all" ? std::vector<std::string>() : SplitAtCommas(flags.links, "--links");
    problem.links = ReadLinkMeshes(problem.model, only, &input.warnings);
  }
  if (!flags.start.empty()) input.start = Inverse(ReadRigid(flags.start));
  return input;
}

}  // namespace ceres_align::cli
