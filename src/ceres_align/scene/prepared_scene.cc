#include "ceres_align/scene/prepared_scene.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "ceres_align/base/error.h"
#include "ceres_align/scene/scene_checks.h"

namespace ceres_align {
namespace {

// A level of detail stands in for the mesh at all but the last level where its cells are smaller
// than this.
constexpr double kLodCellPx = 1.25;

// Every pixel of nonzero weight is 0 or 1.
bool IsBinary(const ImageF& mask, const ImageF& weight) {
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    const float t = mask.pixels[i];
    if (t != 0 && t != 1 && (weight.empty() || weight.pixels[i] > 0)) return false;
  }
  return true;
}

double OutlineLengthOf(const ImageF& mask) {
  size_t length = 0;
  for (int r = 0; r < mask.height; ++r) {
    const float* row = mask.row(r);
    const float* next = r + 1 < mask.height ? mask.row(r + 1) : row;
    for (int c = 0; c + 1 < mask.width; ++c) {
      length += (row[c] >= 0.5f) != (row[c + 1] >= 0.5f);
    }
    for (int c = 0; c < mask.width; ++c) length += (row[c] >= 0.5f) != (next[c] >= 0.5f);
  }
  return static_cast<double>(length);
}

}  // namespace

PreparedMeshes PrepareMeshes(const Scene& scene) {
  std::vector<char> shown(scene.meshes.size());
  for (const View& view : scene.views) {
    const bool known = view.mesh_index >= 0 && static_cast<size_t>(view.mesh_index) < shown.size();
    if (known) shown[view.mesh_index] = true;
  }
  PreparedMeshes meshes(scene.meshes.size());
  tbb::parallel_for(size_t{0}, meshes.size(), [&](size_t i) {
    const auto& mesh = scene.meshes[i];
    if (!shown[i] || mesh == nullptr || mesh->faces.empty()) return;
    meshes[i] = std::make_shared<PreparedMesh>(mesh);
  });
  return meshes;
}

PreparedScene::PreparedScene(const Scene& scene, const PreparedMeshes& meshes,
                             Rasterizer* rasterizer, double coarsest_width_px, double level_factor)
    : scene_(scene), meshes_(meshes), rasterizer_(rasterizer) {
  CheckScene(scene);
  for (const View& view : scene.views) {
    const size_t i = view.mesh_index;
    if (i >= meshes.size() || meshes[i] == nullptr || &meshes[i]->mesh() != scene.meshes[i].get()) {
      throw InputError("view '" + view.name + "': its mesh is not the one that was prepared");
    }
  }
  TakeMasks();
  AddMeshes();
  AddLevels(coarsest_width_px, level_factor);
}

PreparedScene::Level::Level(PyramidLevel level, Rasterizer* rasterizer)
    : images(std::move(level)), moments(images.targets.size()) {
  const size_t n = images.targets.size();
  std::vector<double> lengths(n);
  tbb::parallel_for(size_t{0}, 2 * n, [&](size_t k) {
    if (k % 2 == 0) {
      moments[k / 2] = MomentsOf(*images.targets[k / 2]);
    } else {
      lengths[k / 2] = OutlineLengthOf(images.targets[k / 2]->mask());
    }
  });
  for (size_t i = 0; i < n; ++i) {
    const Target& target = *images.targets[i];
    targets.emplace_back(rasterizer, images.targets[i]);
    for (int r = 0; r < target.height_px(); ++r) mask_energy += target.RowCost(r, false);
    outline_length += lengths[i];
  }
}

PreparedScene::PreparedScene(const PreparedScene& plain,
                             const std::vector<std::shared_ptr<const Target>>& full_size)
    : scene_(plain.scene_),
      meshes_(plain.meshes_),
      rasterizer_(plain.rasterizer_),
      lods_(plain.lods_),
      levels_(plain.levels_),
      mask_area_(plain.mask_area_),
      center_(plain.center_),
      world_from_run_(plain.world_from_run_),
      run_from_world_(plain.run_from_world_),
      radius_(plain.radius_) {
  PyramidLevel images = plain.level(plain.last_level());
  CHECK_EQ(full_size.size(), images.targets.size());
  for (size_t i = 0; i < full_size.size(); ++i) {
    CHECK(full_size[i]->width_px() == images.cameras[i].width_px &&
          full_size[i]->height_px() == images.cameras[i].height_px);
    masks_binary_ = masks_binary_ && IsBinary(full_size[i]->mask(), full_size[i]->weight());
  }
  images.targets = full_size;
  levels_.back() = std::make_shared<Level>(std::move(images), rasterizer_);
}

void PreparedScene::TakeMasks() {
  const size_t num_views = scene_.views.size();
  mask_area_.assign(num_views, 0);
  std::vector<char> binary(num_views);
  tbb::parallel_for(size_t{0}, num_views, [&](size_t i) {
    const View& view = scene_.views[i];
    double area = 0;
    for (size_t p = 0; p < view.mask.pixels.size(); ++p) {
      if (!view.weight.empty() && !(view.weight.pixels[p] > 0)) continue;
      area += view.mask.pixels[p];
    }
    mask_area_[i] = area;
    binary[i] = IsBinary(view.mask, view.weight);
  });
  masks_binary_ = std::all_of(binary.begin(), binary.end(), [](char is) { return is != 0; });
}

void PreparedScene::AddMeshes() {
  lods_ = std::make_shared<std::vector<std::vector<Lod>>>();
  for (const auto& mesh : meshes_) {
    lods_->emplace_back();
    if (mesh == nullptr) continue;
    for (const PreparedMesh::Lod& lod : mesh->lods()) {
      const Vec3& c = lod.contour->center;
      lods_->back().push_back({ResidentMesh(rasterizer_, lod.contour), {c.x, c.y, c.z}, lod.cell});
    }
  }
  for (const View& view : scene_.views) {
    center_ += view.world_from_object * (*lods_)[view.mesh_index].back().center;
    radius_ = std::max(radius_, meshes_[view.mesh_index]->radius());
  }
  center_ /= static_cast<double>(scene_.views.size());
  world_from_run_ = Rigid3d(Eigen::Quaterniond::Identity(), center_);
  run_from_world_ = Rigid3d(Eigen::Quaterniond::Identity(), Eigen::Vector3d(-center_));
}

size_t PreparedScene::FirstWithMask() const {
  size_t i = 0;
  while (mask_empty(i)) ++i;
  return i;
}

void PreparedScene::AddLevels(double coarsest_width_px, double level_factor) {
  double widest = 0, smallest_mask = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < scene_.views.size(); ++i) {
    widest = std::max<double>(widest, scene_.views[i].camera.width_px);
    if (!mask_empty(i)) smallest_mask = std::min(smallest_mask, std::sqrt(mask_area_[i]));
  }
  const std::vector<double> scales =
      LevelScales(widest, smallest_mask, coarsest_width_px, level_factor);
  for (PyramidLevel& level : MakeLevels(scene_, scales)) {
    levels_.push_back(std::make_shared<Level>(std::move(level), rasterizer_));
  }
}

size_t PreparedScene::LevelOfWidth(double width_px) const {
  double full_width_px = 0;
  for (size_t i = 0; i < scene_.views.size(); ++i) {
    if (mask_empty(i)) continue;
    full_width_px = std::max<double>(full_width_px, scene_.views[i].camera.width_px);
  }
  size_t level = 0;
  while (level < last_level() && this->level(level).scale * full_width_px < 0.98 * width_px)
    ++level;
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
    const double margin = camera.MostPxPerUnit() * radius_ / (center.z() - radius_ / 2);
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
  const std::vector<Lod>& lods = (*lods_)[mesh];
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
    views[i].camera = this->level(level).cameras[i];
    const Lod& lod = ChooseLod(view.mesh_index, level, views[i].camera.fx_px / depth);
    views[i].mesh = lod.resident.id();
    views[i].mesh_center_in_object = lod.center;
    views[i].target = levels_[level]->targets[i].id();
    views[i].cam_from_rig = view.cam_from_rig;
    views[i].world_from_object = run_from_world_ * view.world_from_object;
  }
  return views;
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

double PreparedScene::MisfitToBothSides(size_t level, const Rigid3d& rig_from_run) const {
  std::vector<RasterJob> jobs;
  for (const SilhouetteView& view : ViewsAt(level, Depth(rig_from_run))) {
    jobs.push_back(view.Job(rig_from_run));
  }
  std::vector<ImageF> coverages;
  rasterizer_->CoverageBatch(jobs, &coverages);
  double more = 0, less = 0;
  for (size_t i = 0; i < jobs.size(); ++i) {
    const Target& target = *this->level(level).targets[i];
    for (size_t p = 0; p < coverages[i].pixels.size(); ++p) {
      const double d = coverages[i].pixels[p] - target.mask().pixels[p];
      const double w = target.weight().empty() ? 1.0 : target.weight().pixels[p];
      (d > 0 ? more : less) += w * d * d;
    }
  }
  return 2 * std::min(more, less);
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
