#include "ceres_align/report/scene_renderer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "ceres_align/report/overlay.h"

namespace ceres_align {
namespace {

// Of a picture in which the mesh is only looked for.
constexpr int kLookedAt_px = 256;
constexpr double kLookedCell_px = 2.5;
constexpr float kShown = 0.5f;

// Of a picture of the view at another size, as the view's pixels, rounded outwards.
PixelBox Grown(const PixelBox& box, const ImageF& picture, const Camera& camera) {
  if (box.empty()) return {};
  const double sx = static_cast<double>(camera.width_px) / picture.width;
  const double sy = static_cast<double>(camera.height_px) / picture.height;
  const auto low = [](double v) { return static_cast<int>(std::floor(v)); };
  const auto high = [](double v, int most) {
    return std::min(most, static_cast<int>(std::ceil(v)));
  };
  const int x = low(sx * box.x), y = low(sy * box.y);
  return {x, y, high(sx * (box.x + box.width_px), camera.width_px) - x,
          high(sy * (box.y + box.height_px), camera.height_px) - y};
}

}  // namespace

SceneRenderer::SceneRenderer(const Scene& scene, const PreparedMeshes& meshes,
                             Rasterizer* rasterizer)
    : scene_(scene), rasterizer_(rasterizer) {
  CHECK_EQ(meshes.size(), scene.meshes.size());
  for (const auto& mesh : meshes) {
    meshes_.emplace_back();
    if (mesh == nullptr) continue;
    for (const PreparedMesh::Lod& lod : mesh->lods()) {
      meshes_.back().push_back({ResidentMesh(rasterizer, lod.contour), lod.cell});
    }
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

double SceneRenderer::DistanceOfNearest(const View& view, const Rigid3d& rig_from_world) const {
  const ContourMesh& mesh = *meshes_.at(view.mesh_index).back().resident.item();
  const Rigid3d cam_from_object = view.cam_from_rig * rig_from_world * view.world_from_object;
  const Eigen::Vector3d center(mesh.center.x, mesh.center.y, mesh.center.z);
  return (cam_from_object * center).norm() - mesh.bulk_radius;
}

SceneRenderer::Level& SceneRenderer::LevelFor(const View& view, const Rigid3d& rig_from_world,
                                              const Camera& camera, double cell_px) const {
  std::vector<Level>& levels = meshes_.at(view.mesh_index);
  const double nearest = DistanceOfNearest(view, rig_from_world);
  for (Level& level : levels) {
    if (level.cell * camera.fx_px <= cell_px * nearest) return level;
  }
  return levels.back();
}

ImageF SceneRenderer::Coverage(int view, const Rigid3d& rig_from_world,
                               const ViewWindow& window) const {
  const View& v = scene_.views.at(view);
  return Draw(meshes_.at(v.mesh_index).back(), v, rig_from_world, CameraThrough(v.camera, window));
}

ImageF SceneRenderer::Panel(int view, const Rigid3d& rig_from_world, const ViewWindow& window,
                            double cell_px) const {
  const View& v = scene_.views.at(view);
  const Camera camera = CameraThrough(v.camera, window);
  return Draw(LevelFor(v, rig_from_world, camera, cell_px), v, rig_from_world, camera);
}

ImageF SceneRenderer::Light(int view, const Rigid3d& rig_from_world, const ViewWindow& window,
                            const ImageF& coverage, const LightDetail& detail) const {
  const View& v = scene_.views.at(view);
  ViewWindow coarse = window;
  coarse.size.width_px = std::max(1, window.size.width_px / detail.step_px);
  coarse.size.height_px = std::max(1, window.size.height_px / detail.step_px);
  const Camera camera = CameraThrough(v.camera, coarse);
  Level* level = &LevelFor(v, rig_from_world, camera, detail.cell_px / detail.step_px);
  const Level* const first = meshes_.at(v.mesh_index).data();
  while (level != first && level->resident.item()->num_faces() > kMostShadedFaces) --level;
  std::call_once(*level->once,
                 [&] { level->shaded = std::make_unique<ShadedMesh>(*level->resident.item()); });
  ImageF light = level->shaded->Light(camera, v.cam_from_rig * rig_from_world * v.world_from_object,
                                      rasterizer_);
  if (detail.step_px > 1) light = Resized(light, coverage.width, coverage.height);
  SpreadLight(coverage, &light);
  return light;
}

ImageF SceneRenderer::Coverage(int view, const Rigid3d& rig_from_world,
                               const PanelSize& size) const {
  return Coverage(view, rig_from_world, WholeView(scene_.views.at(view).camera, size));
}

ImageF SceneRenderer::Panel(int view, const Rigid3d& rig_from_world, const PanelSize& size) const {
  return Panel(view, rig_from_world, WholeView(scene_.views.at(view).camera, size));
}

RgbImage SceneRenderer::Overlay(int view, const Rigid3d& rig_from_world,
                                const PanelSize& size) const {
  const View& v = scene_.views.at(view);
  return DrawOverlay(Through(v.mask, WholeView(v.camera, size)),
                     Coverage(view, rig_from_world, size));
}

PixelBox SceneRenderer::ObjectIn(int view, const std::vector<Rigid3d>& rig_from_world) const {
  const View& v = scene_.views.at(view);
  PixelBox box = BoxOf(v.mask, kShown);
  PanelSize size = FullSize(view);
  if (std::max(size.width_px, size.height_px) > kLookedAt_px) size = FitPanel(size, kLookedAt_px);
  const ViewWindow whole = WholeView(v.camera, size);
  for (const Rigid3d& pose : rig_from_world) {
    const ImageF picture = Panel(view, pose, whole, kLookedCell_px);
    box = Union(box, Grown(BoxOf(picture, 0.05f), picture, v.camera));
  }
  return WithMargin(box, v.camera);
}

double SceneRenderer::Motion_px(int view, const Rigid3d& a, const Rigid3d& b,
                                const ViewWindow& window) const {
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
  return CameraThrough(v.camera, window).fx_px * motion / nearest;
}

double SceneRenderer::CellFor(int view, const Rigid3d& rig_from_world, const Rigid3d& other,
                              const ViewWindow& window) const {
  constexpr double kShareOfMotion = 0.5, kMostCell_px = 6;
  const double motion_px = Motion_px(view, rig_from_world, other, window);
  return std::clamp(kShareOfMotion * motion_px, kPanelCell_px, kMostCell_px);
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
