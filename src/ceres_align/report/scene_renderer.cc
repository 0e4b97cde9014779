#include "ceres_align/report/scene_renderer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "ceres_align/geometry/simplify.h"
#include "ceres_align/report/overlay.h"

namespace ceres_align {
namespace {

// Drawing fewer faces takes too little time to be worth another level of detail, making the level
// of more takes too long.
constexpr int64_t kFewestFaces = 150000, kMostFaces = 2000000;
constexpr int kPanelFaces = 50000;

}  // namespace

PanelSize FitPanel(const Camera& camera, int max_px) {
  const int longer = std::max(camera.width_px, camera.height_px);
  CHECK_GT(longer, 0);
  if (longer <= max_px) {
    const int factor = max_px / longer;
    return {factor * camera.width_px, factor * camera.height_px};
  }
  const double scale = static_cast<double>(max_px) / longer;
  return {std::max(1, static_cast<int>(std::lround(scale * camera.width_px))),
          std::max(1, static_cast<int>(std::lround(scale * camera.height_px)))};
}

SceneRenderer::SceneRenderer(const Scene& scene, const PreparedMeshes& meshes,
                             Rasterizer* rasterizer, bool for_animation)
    : scene_(scene), rasterizer_(rasterizer) {
  CHECK_EQ(meshes.size(), scene.meshes.size());
  for (const auto& mesh : meshes) {
    meshes_.emplace_back();
    if (mesh == nullptr) continue;
    for (const PreparedMesh::Lod& lod : mesh->lods()) {
      meshes_.back().push_back({ResidentMesh(rasterizer, lod.contour), lod.cell});
    }
    const int64_t faces = mesh->finest().num_faces();
    if (!for_animation || faces < kFewestFaces || faces > kMostFaces) continue;
    const SimplifiedMesh simple = SimplifyByClustering(mesh->mesh(), kPanelFaces);
    if (simple.mesh.faces.empty()) continue;
    meshes_.back().insert(
        meshes_.back().end() - 1,
        {ResidentMesh(rasterizer, std::make_shared<const ContourMesh>(simple.mesh)), simple.cell});
  }
}

ImageF SceneRenderer::Draw(const Level& level, const View& view, const Rigid3d& rig_from_world,
                           const Camera& camera) const {
  RasterJob job;
  job.mesh = level.resident.id();
  job.camera = camera;
  job.cam_from_object = view.cam_from_rig * rig_from_world * view.world_from_object;
  std::vector<ImageF> coverage;
  rasterizer_->CoverageBatch({job}, &coverage);
  return std::move(coverage[0]);
}

ImageF SceneRenderer::Coverage(int view, const Rigid3d& rig_from_world,
                               const PanelSize& size) const {
  const View& v = scene_.views.at(view);
  return Draw(meshes_.at(v.mesh_index).back(), v, rig_from_world,
              v.camera.Scaled(size.width_px, size.height_px));
}

ImageF SceneRenderer::Panel(int view, const Rigid3d& rig_from_world, const PanelSize& size) const {
  const View& v = scene_.views.at(view);
  const std::vector<Level>& levels = meshes_.at(v.mesh_index);
  const ContourMesh& mesh = *levels.back().resident.item();
  const Rigid3d cam_from_object = v.cam_from_rig * rig_from_world * v.world_from_object;
  const Camera camera = v.camera.Scaled(size.width_px, size.height_px);
  const double nearest =
      (cam_from_object * Eigen::Vector3d(mesh.center.x, mesh.center.y, mesh.center.z)).norm() -
      mesh.bulk_radius;
  for (const Level& level : levels) {
    if (level.cell * camera.fx_px <= kPanelCell_px * nearest) {
      return Draw(level, v, rig_from_world, camera);
    }
  }
  return Draw(levels.back(), v, rig_from_world, camera);
}

double SceneRenderer::Motion_px(int view, const Rigid3d& a, const Rigid3d& b,
                                const PanelSize& size) const {
  const View& v = scene_.views.at(view);
  const ContourMesh& mesh = *meshes_.at(v.mesh_index).back().resident.item();
  const Eigen::Vector3d center(mesh.center.x, mesh.center.y, mesh.center.z);
  const Rigid3d at_a = v.cam_from_rig * a * v.world_from_object;
  const Rigid3d at_b = v.cam_from_rig * b * v.world_from_object;
  const Eigen::Vector3d center_a = at_a * center, center_b = at_b * center;
  const double nearest = std::min(center_a.z(), center_b.z()) - mesh.bulk_radius;
  if (!(nearest > 0)) return std::numeric_limits<double>::infinity();
  const double motion = (center_b - center_a).norm() +
                        mesh.bulk_radius * RotationAngle_rad(at_a.rotation, at_b.rotation);
  return v.camera.Scaled(size.width_px, size.height_px).fx_px * motion / nearest;
}

RgbImage SceneRenderer::Overlay(int view, const Rigid3d& rig_from_world,
                                const PanelSize& size) const {
  const ImageF target = Resized(scene_.views.at(view).mask, size.width_px, size.height_px);
  return DrawOverlay(target, Coverage(view, rig_from_world, size));
}

PanelSize SceneRenderer::FullSize(int view) const {
  const Camera& camera = scene_.views.at(view).camera;
  return {camera.width_px, camera.height_px};
}

std::vector<std::string> FileNamesOfViews(const Scene& scene) {
  std::vector<std::string> names;
  std::set<std::string> used;
  for (const View& view : scene.views) {
    std::string name = view.name.empty() ? "view" : view.name;
    for (char& c : name) {
      const bool unsafe = static_cast<unsigned char>(c) < ' ' || c == 127 ||
                          std::strchr("/\\:*?\"<>|", c) != nullptr;
      if (unsafe) c = '_';
    }
    std::string unique = name;
    for (int i = 2; !used.insert(unique).second; ++i) unique = name + "_" + std::to_string(i);
    names.push_back(unique);
  }
  return names;
}

}  // namespace ceres_align
