// BOP data sets (https://bop.felk.cvut.cz): a scene's cameras, poses and masks, and a model's
// symmetries; and the challenge's results.
#pragma once

#include <filesystem>
#include <vector>

#include "ceres_align/formats/formats.h"

namespace ceres_align {

/// `path` is a scene's folder (…/test/000002). One image's camera: cam_K of scene_camera.json; the
/// object's pose R_m2c, t_m2c of scene_gt.json (mm) becomes reference_from_object, the camera being
/// the reference; the mask is that of mask/ (all of the object), else mask_visib/; the image that
/// of rgb/ or gray/. The size is the mask's, else an option. The name is SCENE_IMAGE_OBJECT
/// ("000002_000003_000005"). The principal point counts from the first pixel's centre. depth_scale
/// is not used. Symmetries of ../../models/models_info.json are told in the conventions.
/// options.image_id and object_id choose; -1: the first. Throws InputError naming file and key.
CameraSet ReadBop(const std::filesystem::path& path, const CameraReadOptions& options);
/// The results file scene_id,im_id,obj_id,score,R,t,time of cameras with such names: score 1, time
/// −1, R and t map the object (the reference where no object's pose is known) to the camera; t as
/// the set has it, which must be mm. Throws InputError for other names.
std::vector<ExportedFile> WriteBopResults(const CameraSet& set);

/// Poses of an object that look the same: object_from_object, mm.
struct BopSymmetries {
  struct Axis {
    Eigen::Vector3d direction, point;  ///< any turn about this line
  };
  std::vector<Rigid3d> discrete;
  std::vector<Axis> continuous;
};
/// Of an object in models_info.json; none where it has none. Throws InputError, also where the
/// object is not in the file.
BopSymmetries ReadBopSymmetries(const std::filesystem::path& models_info, int object_id);

}  // namespace ceres_align
