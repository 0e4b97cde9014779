#include "ceres_align/report/scene_renderer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "ceres_align/report/overlay.h"

namespace ceres_align {

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
                             Rasterizer* rasterizer)
    : scene_(scene), rasterizer_(rasterizer) {
  CHECK_EQ(meshes.size(), scene.meshes.size());
  for (const auto& mesh : meshes) {
    meshes_.emplace_back();
    if (mesh != nullptr) {
      meshes_.back() = ResidentMesh(rasterizer, mesh->lods().back().contour);
    }
  }
}

ImageF SceneRenderer::Coverage(int view, const Rigid3d& rig_from_world,
                               const PanelSize& size) const {
  const View& v = scene_.views.at(view);
  RasterJob job;
  job.mesh = meshes_.at(v.mesh_index).id();
  job.camera = v.camera.Scaled(size.width_px, size.height_px);
  job.cam_from_object = v.cam_from_rig * rig_from_world * v.world_from_object;
  std::vector<ImageF> coverage;
  rasterizer_->CoverageBatch({job}, &coverage);
  return std::move(coverage[0]);
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
