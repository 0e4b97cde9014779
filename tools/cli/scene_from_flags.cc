#include "cli/scene_from_flags.h"

#include <filesystem>
#include <set>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/refine_text.h"
#include "cli/mesh_frame.h"

namespace ceres_align::cli {
namespace {

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    std::string part = text.substr(begin, end - begin);
    part.erase(0, part.find_first_not_of(' '));
    part.erase(part.find_last_not_of(' ') + 1);
    parts.push_back(part);
    begin = end + 1;
  }
  return parts;
}

std::string Joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

std::string Numbered(const char* flag, size_t i, size_t count) {
  return count == 1 ? flag : std::string(flag) + " (number " + std::to_string(i + 1) + ")";
}

/// Throws for the first of the flags that is given although `reason` excludes it.
void Exclude(const std::vector<std::pair<const char*, bool>>& given, const std::string& reason) {
  for (const auto& [flag, is_given] : given) {
    if (is_given) throw InputError(std::string(flag) + " " + reason);
  }
}

std::vector<std::string> MaskPaths(const SceneFlags& flags) {
  const bool old = !flags.mask_path.empty() || !flags.mask_path_2.empty();
  if (!flags.frame_masks.empty()) {
    if (old || !flags.masks.empty()) {
      throw InputError("--sequence takes the place of --masks and --mask_path; give one of them");
    }
    return flags.frame_masks;
  }
  if (old && !flags.masks.empty()) {
    throw InputError("--mask_path and --masks are both given; they mean the same, give one");
  }
  std::vector<std::string> paths;
  if (old) {
    if (flags.mask_path.empty()) throw InputError("--mask_path_2 is given without --mask_path");
    paths.push_back(flags.mask_path);
    if (!flags.mask_path_2.empty()) paths.push_back(flags.mask_path_2);
  } else if (!flags.masks.empty()) {
    paths = Split(flags.masks, ',');
  }
  if (paths.empty()) {
    throw InputError("--mesh is given without --masks (without both, the demo runs)");
  }
  for (const std::string& path : paths) {
    if (path.empty())
      throw InputError("--masks: " + Quoted(flags.masks) + " has an empty file name");
  }
  return paths;
}

/// The masks' names (NameOfMask) where these are distinct and safe.
void NameViews(const std::vector<std::string>& masks, MaskCache* cache,
               std::vector<ViewDescription>* views) {
  std::vector<std::string> names;
  for (const std::string& mask : masks) {
    names.push_back(NameOfMask(mask, cache));
    if (!IsFileNameSafe(names.back())) return;
  }
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size()) return;
  for (size_t i = 0; i < masks.size(); ++i) (*views)[i].name = names[i];
}

ImageSize SizeOf(const std::string& mask, const SceneFlags& flags, MaskCache* cache) {
  if (flags.image_size.empty()) {
    return ReadImageSize(mask, cache);
  }
  const HeightWidth size = ParseImageSize(flags.image_size, "--image_size");
  return {size.width_px, size.height_px};
}

void SetIntrinsics(const SceneFlags& flags, std::vector<ViewDescription>* views) {
  if (flags.fov_deg && !flags.K.empty()) {
    throw InputError("--fov_deg and --K are both given; give one");
  }
  if (flags.fov_range_deg && (flags.fov_deg || !flags.K.empty())) {
    throw InputError("--fov_range_deg takes the place of --fov_deg and --K; give one of them");
  }
  if (!flags.fov_deg && !flags.fov_range_deg && flags.K.empty()) {
    throw InputError(
        "the cameras' focal length is missing: give --fov_deg (PyTorch3D's, over the "
        "shorter side) or --K, or --fov_range_deg where it is not known");
  }
  const std::vector<std::string> ks = Split(flags.K, ';');
  if (!flags.K.empty() && ks.size() != 1 && ks.size() != views->size()) {
    throw InputError("--K has " + std::to_string(ks.size()) + " cameras, but there are " +
                     std::to_string(views->size()) + " masks; give one for all or one for each");
  }
  for (size_t i = 0; i < views->size(); ++i) {
    ViewDescription& view = (*views)[i];
    if (flags.fov_range_deg) {
      view.K =
          MiddleCamera(view.width_px, view.height_px, *flags.fov_range_deg, "--fov_range_deg").K();
      view.pixel_center = 0.5;
    } else if (flags.fov_deg) {
      view.K = CameraFromFov(view.width_px, view.height_px, *flags.fov_deg, "--fov_deg").K();
      view.pixel_center = 0.5;
    } else {
      const size_t k = ks.size() == 1 ? 0 : i;
      const std::string where = Numbered("--K", k, ks.size());
      view.K = ParseK(ks[k], where);
      view.pixel_center = flags.pixel_center;
      // For messages that name the flag; the scene checks the same again.
      CameraFromK(view.K, view.width_px, view.height_px, view.pixel_center, where);
    }
  }
}

void SetLenses(const SceneFlags& flags, std::vector<ViewDescription>* views) {
  if (flags.dist.empty()) return;
  const std::vector<std::string> lists = Split(flags.dist, ';');
  if (lists.size() != 1 && lists.size() != views->size()) {
    throw InputError("--dist has " + std::to_string(lists.size()) + " cameras, but there are " +
                     std::to_string(views->size()) + " masks; give one for all or one for each");
  }
  for (size_t i = 0; i < views->size(); ++i) {
    const size_t k = lists.size() == 1 ? 0 : i;
    const LensDistortion lens = ParseLens(lists[k], Numbered("--dist", k, lists.size()));
    (*views)[i].dist = NumbersOfLens(lens);
    (*views)[i].is_fisheye = lens.is_fisheye;
  }
}

void SetRig(const SceneFlags& flags, std::vector<ViewDescription>* views) {
  const size_t count = views->size() - 1;
  const bool given = !flags.R_rel.empty() || !flags.T_rel.empty();
  if (!given && count == 0) return;
  if (flags.R_rel.empty() || flags.T_rel.empty()) {
    throw InputError(std::string(flags.R_rel.empty() ? "--R_rel" : "--T_rel") +
                     " is missing: the poses of cameras 2, 3, ... relative to camera 1 take both "
                     "--R_rel and --T_rel");
  }
  if (flags.rig_convention.empty()) {
    throw InputError(
        "--rig_convention is missing: how are --R_rel and --T_rel to be read? "
        "pytorch3d_row (R2 = R1*R_rel, T2 = T1*R_rel + T_rel), pytorch3d_column "
        "(R2 = R_rel*R1, T2 = R_rel*T1 + T_rel) or opencv (x2 = R_rel*x1 + T_rel)");
  }
  const RigForm form = ParseRigForm(flags.rig_convention, "--rig_convention");
  const std::vector<std::string> rotations = Split(flags.R_rel, ';');
  const std::vector<std::string> translations = Split(flags.T_rel, ';');
  if (rotations.size() != count || translations.size() != count) {
    throw InputError(
        "--R_rel has " + std::to_string(rotations.size()) + " and --T_rel " +
        std::to_string(translations.size()) + " entries for " + std::to_string(views->size()) +
        " masks; each must have one per camera after " + "the first, separated by ';'");
  }
  for (size_t i = 0; i < count; ++i) {
    const std::string where = Numbered("--R_rel", i, count);
    PoseMatrices relative;
    relative.R = ParseRotation(rotations[i], where);
    relative.T = ParseVector3(translations[i], Numbered("--T_rel", i, count));
    (*views)[i + 1].cam_from_rig = Cam2FromCam1(relative, form, where);
  }
}

// 0: masks as they are, whatever the scene says.
void SetThreshold(const SceneFlags& flags, SceneDescription* description) {
  if (!flags.mask_threshold) return;
  description->mask_threshold.reset();
  if (*flags.mask_threshold == 0) return;
  CheckMaskThreshold(*flags.mask_threshold, "--mask_threshold");
  description->mask_threshold = flags.mask_threshold;
}

LoadedScene FromMeshAndMasks(const SceneFlags& flags, MaskCache* cache) {
  if (flags.mesh.empty()) throw InputError("masks are given without --mesh");
  const std::vector<std::string> masks = MaskPaths(flags);
  SceneDescription description;
  description.mesh = flags.mesh;
  description.mesh_frame = MeshFrameFromFlags(flags.mesh_unit, flags.mesh_scale, flags.mesh_up);
  description.initial_rig_from_world = StartOfCamera1(flags);
  for (const std::string& mask : masks) {
    ViewDescription view;
    view.mask = mask;
    const ImageSize size = SizeOf(mask, flags, cache);
    view.width_px = size.width_px;
    view.height_px = size.height_px;
    description.views.push_back(view);
  }
  if (flags.frame_masks.empty()) NameViews(masks, cache, &description.views);
  SetIntrinsics(flags, &description.views);
  SetLenses(flags, &description.views);
  SetRig(flags, &description.views);
  description.fov_range_deg = flags.fov_range_deg;
  SetThreshold(flags, &description);
  return BuildScene(description, "", Shown(Joined(masks), 100), nullptr, cache);
}

void ExcludeBesideScene(const SceneFlags& flags) {
  Exclude({{"--mesh", !flags.mesh.empty()},
           {"--masks", !flags.masks.empty()},
           {"--mask_path", !flags.mask_path.empty()},
           {"--mask_path_2", !flags.mask_path_2.empty()},
           {"--mesh_scale", flags.mesh_scale.value_or(1) != 1},
           {"--mesh_unit", !flags.mesh_unit.empty()},
           {"--mesh_up", !flags.mesh_up.empty()},
           {"--fov_deg", flags.fov_deg.has_value()},
           {"--fov_range_deg", flags.fov_range_deg.has_value()},
           {"--K", !flags.K.empty()},
           {"--pixel_center", flags.pixel_center != 0.5},
           {"--dist", !flags.dist.empty()},
           {"--image_size", !flags.image_size.empty()},
           {"--R_rel", !flags.R_rel.empty()},
           {"--T_rel", !flags.T_rel.empty()},
           {"--rig_convention", !flags.rig_convention.empty()}},
          "cannot be given together with --scene, which holds it");
}

void SetMasks(const SceneFlags& flags, SceneDescription* description) {
  if (flags.frame_masks.size() != description->views.size()) {
    throw InputError(Format("--sequence has %zu cameras, the scene has %zu",
                            flags.frame_masks.size(), description->views.size()));
  }
  for (size_t i = 0; i < flags.frame_masks.size(); ++i) {
    description->views[i].mask = std::filesystem::absolute(flags.frame_masks[i]).string();
  }
}

LoadedScene FromSceneFile(const SceneFlags& flags, MaskCache* cache) {
  ExcludeBesideScene(flags);
  const std::filesystem::path path = flags.scene;
  SceneDescription description = ReadSceneDescription(
      path, flags.frame_masks.empty() ? Masks::kOneAtLeast : Masks::kNotNeeded);
  SetThreshold(flags, &description);
  if (!flags.frame_masks.empty()) SetMasks(flags, &description);
  LoadedScene loaded =
      BuildScene(description, path.parent_path(), Shown(path.string(), 100), nullptr, cache);
  Scene& scene = loaded.scene;
  if (const auto cam1_from_world = StartOfCamera1(flags)) {
    scene.initial_rig_from_world = Inverse(scene.views.at(0).cam_from_rig) * *cam1_from_world;
  } else if (flags.search) {
    scene.initial_rig_from_world.reset();
  }
  return loaded;
}

}  // namespace

std::optional<Rigid3d> StartOfCamera1(const SceneFlags& flags) {
  const bool rotation = !flags.camera_rotation.empty();
  const bool translation = !flags.camera_translation.empty();
  if (flags.search) {
    Exclude({{"--camera_location", flags.camera_location.has_value()},
             {"--camera_rotation", rotation},
             {"--camera_translation", translation}},
            "is a start and cannot be given together with --search, which takes none");
  }
  if (!flags.HasStart()) return std::nullopt;
  if (translation && flags.camera_location) {
    throw InputError("--camera_location and --camera_translation are both given; give one");
  }
  if (translation && !rotation) {
    throw InputError("--camera_translation is given without --camera_rotation");
  }
  if (rotation && !translation && !flags.camera_location) {
    throw InputError(
        "--camera_rotation is given without --camera_translation or --camera_location");
  }
  Pytorch3dPose pose;
  if (!rotation) {
    CHECK(flags.camera_location.has_value());
    const Eigen::Vector3d eye = ParseVector3(*flags.camera_location, "--camera_location");
    if (eye.isZero(0)) {
      throw InputError(
          "--camera_location is the world's origin, at which the camera looks; with "
          "--camera_rotation it may be there");
    }
    pose = LookAt(eye);
    return FromPytorch3d(pose, "--camera_location");
  }
  pose.R = NearestRotation(ParseRotation(flags.camera_rotation, "--camera_rotation"),
                           "--camera_rotation");
  pose.T = translation ? ParseVector3(flags.camera_translation, "--camera_translation")
                       : Eigen::Vector3d(-pose.R.transpose() *
                                         ParseVector3(*flags.camera_location, "--camera_location"));
  return FromPytorch3d(pose, "--camera_rotation");
}

LoadedScene SceneFromFlags(const SceneFlags& flags, MaskCache* masks) {
  MaskCache own_masks;
  if (masks == nullptr) masks = &own_masks;
  LoadedScene loaded =
      flags.scene.empty() ? FromMeshAndMasks(flags, masks) : FromSceneFile(flags, masks);
  if (!flags.refine.empty()) loaded.estimate_offset = SetUnknowns(flags, &loaded.scene);
  return loaded;
}

LoadedObjects ObjectsFromFlags(const SceneFlags& flags) {
  if (flags.scene.empty()) return {};
  ExcludeBesideScene(flags);
  SceneDescription description = ReadSceneDescription(flags.scene);
  if (description.objects.empty()) return {};
  SetThreshold(flags, &description);
  Exclude({{"--camera_location", flags.camera_location.has_value()},
           {"--camera_rotation", !flags.camera_rotation.empty()},
           {"--camera_translation", !flags.camera_translation.empty()},
           {"--refine", !flags.refine.empty()}},
          "cannot be given for a scene of several objects");
  for (ObjectDescription& object : description.objects) {
    if (flags.search) object.initial_rig_from_world.reset();
  }
  const std::filesystem::path path = flags.scene;
  std::vector<LoadedObject> objects =
      BuildObjects(description, path.parent_path(), Shown(path.string(), 100));
  return {std::move(description), std::move(objects)};
}

bool SetUnknowns(const SceneFlags& flags, Scene* scene) {
  UnknownOptions given;
  given.least_focal_factor = scene->unknowns.least_focal_factor;
  given.most_focal_factor = scene->unknowns.most_focal_factor;
  if (given.most_focal_factor > given.least_focal_factor) {
    given.focal_sigma = scene->unknowns.focal_sigma;
  }
  const bool offset =
      ReadUnknowns(Split(flags.refine, ','), scene->views[0].camera.width_px, "--refine", &given);
  scene->unknowns = given;
  return offset;
}

}  // namespace ceres_align::cli
