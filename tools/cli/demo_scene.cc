#include "cli/demo_scene.h"

#include <cmath>
#include <filesystem>
#include <future>

#include "ceres_align/base/error.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/synth/point_sampler.h"

namespace ceres_align::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kMesh[] = "rooster_small.obj";
constexpr double kRigAngle_deg = 30;
constexpr double kFov_deg = 60;

fs::path FindMesh() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path candidates[] = {fs::path("data") / kMesh,
                                 program.parent_path() / CERES_ALIGN_DATA_FROM_BIN / kMesh,
                                 fs::path(CERES_ALIGN_SOURCE_DATA) / kMesh};
  for (const fs::path& path : candidates) {
    if (fs::is_regular_file(path, error)) return path;
  }
  throw InputError(std::string("the demo's mesh data/") + kMesh +
                   " was not found here, beside the program or in " + CERES_ALIGN_SOURCE_DATA +
                   "; give --mesh and --masks, or --scene");
}

void RejectFlagsOfUserMasks(const SceneFlags& flags) {
  const std::pair<const char*, bool> given[] = {
      {"--K", !flags.K.empty()},
      {"--fov_range_deg", flags.fov_range_deg.has_value()},
      {"--pixel_center", flags.pixel_center != 0.5},
      {"--dist", !flags.dist.empty()},
      {"--R_rel", !flags.R_rel.empty()},
      {"--T_rel", !flags.T_rel.empty()},
      {"--rig_convention", !flags.rig_convention.empty()},
      {"--mesh_scale", flags.mesh_scale.value_or(1) != 1},
      {"--mesh_unit", !flags.mesh_unit.empty()},
      {"--mesh_up", !flags.mesh_up.empty()},
      {"--mask_threshold", flags.mask_threshold.has_value()}};
  for (const auto& [flag, is_given] : given) {
    if (is_given) {
      throw InputError(std::string(flag) + " needs --mesh and --masks; without them the demo runs");
    }
  }
}

}  // namespace

Scene DemoScene(const SceneFlags& flags) {
  RejectFlagsOfUserMasks(flags);
  const HeightWidth size =
      ParseImageSize(flags.image_size.empty() ? "(256,306)" : flags.image_size, "--image_size");
  const Camera camera =
      CameraFromFov(size.width_px, size.height_px, flags.fov_deg.value_or(kFov_deg), "--fov_deg");
  Scene scene;
  scene.initial_rig_from_world = StartOfCamera1(flags);
  // Looks slightly past the origin, so that the translation has to be found in all directions.
  const Rigid3d reference =
      FromPytorch3d(LookAt({104, 22, 68}, {1.5, -1, 0.5}), "the demo's reference camera");
  scene.true_rig_from_world = reference;

  const fs::path path = FindMesh();
  scene.meshes = {std::make_shared<const TriangleMesh>(LoadMesh(path).mesh)};
  scene.mesh_names = {path.string()};
  const Rigid3d turned_world(ExpRotation({0, kRigAngle_deg * M_PI / 180, 0}),
                             Eigen::Vector3d::Zero());
  for (const bool second : {false, true}) {
    View view;
    view.name = second ? "camera2" : "camera1";
    view.camera = camera;
    if (second) view.cam_from_rig = reference * turned_world * Inverse(reference);
    scene.views.push_back(std::move(view));
  }
  const auto render = [&](View* view) {
    view->mask = RenderMask(*scene.meshes[0], view->cam_from_rig * reference, camera);
  };
  std::future<void> second = std::async(std::launch::async, render, &scene.views[1]);
  render(&scene.views[0]);
  second.get();
  return scene;
}

}  // namespace ceres_align::cli
