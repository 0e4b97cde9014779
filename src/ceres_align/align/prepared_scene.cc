#include "ceres_align/align/prepared_scene.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "ceres_align/geometry/simplify.h"

namespace ceres_align {
namespace {

// A level of detail stands in for the mesh at all but the last level where its cells are smaller
// than this.
constexpr double kLodCellPx = 1.0;
constexpr int kLodFaces[] = {400, 1500, 8000};
constexpr int kLodSaves = 3;  // at least this factor in faces

}  // namespace

PreparedScene::PreparedScene(const Scene& scene, Rasterizer* rasterizer, double coarsest_width_px,
                             double level_factor)
    : scene_(scene), rasterizer_(rasterizer) {
  CHECK(!scene.views.empty());
  for (const View& view : scene.views) {
    CHECK(view.mask.width == view.camera.width_px && view.mask.height == view.camera.height_px);
    CHECK(view.mesh_index >= 0 && static_cast<size_t>(view.mesh_index) < scene.meshes.size());
    double area = 0;
    for (size_t i = 0; i < view.mask.pixels.size(); ++i) {
      const float t = view.mask.pixels[i];
      if (!view.weight.empty() && !(view.weight.pixels[i] > 0)) continue;
      area += t;
      masks_binary_ = masks_binary_ && (t == 0 || t == 1);
    }
    mask_area_.push_back(area);
  }
  if (std::all_of(mask_area_.begin(), mask_area_.end(), [](double a) { return !(a > 0); })) {
    throw InputError("every view's mask is empty: there is nothing to align to");
  }
  AddMeshes();
  AddLevels(coarsest_width_px, level_factor);
}

PreparedScene::~PreparedScene() {
  for (const auto& lods : lods_) {
    for (const Lod& lod : lods) rasterizer_->ReleaseMesh(lod.id);
  }
  for (const auto& level : target_ids_) {
    for (TargetId id : level) rasterizer_->ReleaseTarget(id);
  }
}

void PreparedScene::AddMeshes() {
  std::vector<std::shared_ptr<const ContourMesh>> prepared;
  const auto add = [&](const TriangleMesh& mesh, double cell) {
    prepared.push_back(std::make_shared<ContourMesh>(mesh));
    const Vec3& c = prepared.back()->center;
    lods_.back().push_back(
        {rasterizer_->AddMesh(prepared.back()), prepared.back(), {c.x, c.y, c.z}, cell});
  };
  std::vector<double> radius;
  for (const auto& mesh : scene_.meshes) {
    lods_.emplace_back();
    for (int faces : kLodFaces) {
      if (mesh->faces.size() < static_cast<size_t>(kLodSaves) * faces) continue;
      const SimplifiedMesh simple = SimplifyByClustering(*mesh, faces);
      if (!simple.mesh.faces.empty()) add(simple.mesh, simple.cell);
    }
    add(*mesh, 0);
    radius.push_back(prepared.back()->radius);
  }
  for (const View& view : scene_.views) {
    center_ += view.world_from_object * lods_[view.mesh_index].back().center;
    radius_ = std::max(radius_, radius[view.mesh_index]);
  }
  center_ /= static_cast<double>(scene_.views.size());
  world_from_run_ = Rigid3d(Eigen::Quaterniond::Identity(), center_);
  run_from_world_ = Rigid3d(Eigen::Quaterniond::Identity(), Eigen::Vector3d(-center_));
}

void PreparedScene::AddLevels(double coarsest_width_px, double level_factor) {
  double widest = 0, smallest_mask = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < scene_.views.size(); ++i) {
    widest = std::max<double>(widest, scene_.views[i].camera.width_px);
    if (!mask_empty(i)) smallest_mask = std::min(smallest_mask, std::sqrt(mask_area_[i]));
  }
  for (double scale : LevelScales(widest, smallest_mask, coarsest_width_px, level_factor)) {
    levels_.push_back(MakeLevel(scene_, scale));
    target_ids_.emplace_back();
    moments_.emplace_back();
    for (const auto& target : levels_.back().targets) {
      target_ids_.back().push_back(rasterizer_->AddTarget(target));
      moments_.back().push_back(MomentsOf(*target));
    }
  }
}

size_t PreparedScene::LevelOfWidth(double width_px) const {
  size_t level = 0;
  while (level < last_level() && levels_[level].cameras[0].width_px < 0.99 * width_px) ++level;
  return level;
}

// A start is of use if some view with a mask can see the object, or can be made to by a shift.
void PreparedScene::CheckStart(const Rigid3d& rig_from_run, bool may_be_moved) const {
  bool in_front = false, on_screen = false;
  double z = 0;
  for (size_t i = 0; i < scene_.views.size(); ++i) {
    if (mask_empty(i)) continue;
    const Camera& camera = scene_.views[i].camera;
    const Eigen::Vector3d center = scene_.views[i].cam_from_rig * rig_from_run.translation;
    z = center.z();
    if (!(center.z() > -radius_)) continue;
    in_front = in_front || center.z() > 0;
    if (center.z() < radius_) {
      on_screen = true;  // around the camera
      continue;
    }
    const Eigen::Vector2d p = camera.Project(center);
    const double margin =
        std::max(camera.fx_px, camera.fy_px) * radius_ / (center.z() - radius_ / 2);
    on_screen = on_screen || (p.x() > -margin && p.x() < camera.width_px + margin &&
                              p.y() > -margin && p.y() < camera.height_px + margin);
  }
  char text[200];
  if (!in_front) {
    std::snprintf(text, sizeof(text),
                  "the start puts the object behind the camera (its centre at depth %.4g) in every "
                  "view that has a mask",
                  z);
    throw InputError(text);
  }
  if (!on_screen && !may_be_moved) {
    throw InputError("the start puts the object off screen in every view that has a mask");
  }
}

const PreparedScene::Lod& PreparedScene::ChooseLod(size_t mesh, size_t level,
                                                   double px_per_unit) const {
  const std::vector<Lod>& lods = lods_[mesh];
  if (level + 1 == levels_.size()) return lods.back();
  for (const Lod& lod : lods) {
    if (lod.cell * px_per_unit <= kLodCellPx) return lod;
  }
  return lods.back();
}

std::vector<SilhouetteView> PreparedScene::ViewsAt(size_t level, double depth) const {
  std::vector<SilhouetteView> views(scene_.views.size());
  for (size_t i = 0; i < views.size(); ++i) {
    const View& view = scene_.views[i];
    views[i].camera = levels_[level].cameras[i];
    const Lod& lod = ChooseLod(view.mesh_index, level, views[i].camera.fx_px / depth);
    views[i].mesh = lod.id;
    views[i].mesh_center_in_object = lod.center;
    views[i].target = target_ids_[level][i];
    views[i].cam_from_rig = view.cam_from_rig;
    views[i].world_from_object = run_from_world_ * view.world_from_object;
  }
  return views;
}

double PreparedScene::MaskEnergy(size_t level) const {
  double sum = 0;
  for (const auto& target : levels_[level].targets) {
    for (int r = 0; r < target->height_px(); ++r) sum += target->RowCost(r, false);
  }
  return sum;
}

double PreparedScene::OutlineLength(size_t level) const {
  double length = 0;
  for (const auto& target : levels_[level].targets) {
    const ImageF& mask = target->mask();
    for (int r = 0; r < mask.height; ++r) {
      for (int c = 0; c < mask.width; ++c) {
        const bool inside = mask.at(c, r) >= 0.5f;
        length += c + 1 < mask.width && inside != (mask.at(c + 1, r) >= 0.5f) ? 1 : 0;
        length += r + 1 < mask.height && inside != (mask.at(c, r + 1) >= 0.5f) ? 1 : 0;
      }
    }
  }
  return length;
}

double PreparedScene::CostAt(size_t level, const Rigid3d& rig_from_run, int window) const {
  std::vector<RasterJob> jobs;
  for (SilhouetteView& view : ViewsAt(level, Depth(rig_from_run))) {
    view.window = window;
    jobs.push_back(view.Job(rig_from_run));
  }
  std::vector<GramResult> results;
  rasterizer_->Evaluate(jobs, &results);
  double cost = 0;
  for (const GramResult& result : results) cost += 0.5 * result.gram[48];
  return cost;
}

double PreparedScene::Depth(const Rigid3d& rig_from_run) const {
  double depth = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < scene_.views.size(); ++i) {
    const Eigen::Vector3d center = scene_.views[i].cam_from_rig * rig_from_run.translation;
    if (!mask_empty(i)) depth = std::min(depth, center.norm());
  }
  return std::max(depth, 0.1 * radius_);
}

}  // namespace ceres_align
