#include "ceres_align/scene/prepared_mesh.h"

#include <tbb/parallel_invoke.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "ceres_align/base/error.h"
#include "ceres_align/geometry/simplify.h"
#include "ceres_align/geometry/strays.h"
#include "ceres_align/render/resident.h"

namespace ceres_align {
namespace {

constexpr int kLodFaces[] = {400, 1500, 8000, 40000};
constexpr int kLodSaves = 3;  // at least this factor in faces
// The series of distances, in radii, by this factor; beyond the last, perspective changes nothing.
constexpr double kDistanceStep = 1.15, kFarthest = 40;

}  // namespace

PreparedMesh::PreparedMesh(std::shared_ptr<const TriangleMesh> mesh) : mesh_(std::move(mesh)) {
  if (mesh_ == nullptr || mesh_->faces.empty()) {
    throw InputError("a mesh without faces cannot be aligned");
  }
  std::shared_ptr<const ContourMesh> full;
  tbb::parallel_invoke([&] { full = std::make_shared<const ContourMesh>(*mesh_); },
                       [&] { MakeCoarser(); });
  lods_.push_back({std::move(full), 0});
}

void PreparedMesh::MakeCoarser() {
  const std::optional<TriangleMesh> body = WithoutStrays(*mesh_);
  has_strays_ = body.has_value();
  const TriangleMesh& shown = has_strays_ ? *body : *mesh_;
  std::vector<int> targets;
  for (const int faces : kLodFaces) {
    if (shown.faces.size() >= static_cast<size_t>(kLodSaves) * faces) targets.push_back(faces);
  }
  for (const SimplifiedMesh& simple : LevelsOfDetail(shown, targets)) {
    if (simple.mesh.faces.empty()) continue;
    lods_.push_back({std::make_shared<ContourMesh>(simple.mesh), simple.cell});
  }
  if (has_strays_ && lods_.empty()) lods_.push_back({std::make_shared<ContourMesh>(*body), 0});
}

// Drawn outside the lock: a thread that waits for its part may be given another alignment's work,
// which asks here too. The first one that is done stays.
const MeshSymmetry& PreparedMesh::Symmetry(Rasterizer* rasterizer) const {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (symmetry_ != nullptr) return *symmetry_;
  }
  std::optional<TriangleMesh> body;
  if (has_strays_) body = WithoutStrays(*mesh_);
  const ResidentMesh full(
      rasterizer, has_strays_ ? std::make_shared<const ContourMesh>(*body) : lods_.back().contour);
  const size_t second = lods_.size() > 1 ? lods_.size() - 2 : 0;
  const ResidentMesh coarse(rasterizer, lods_[second].contour);
  auto found = std::make_unique<const MeshSymmetry>(
      FindSymmetry(has_strays_ ? *body : *mesh_, rasterizer, full.id(),
                   lods_.size() > 1 ? coarse.id() : full.id()));
  const std::lock_guard<std::mutex> lock(mutex_);
  if (symmetry_ == nullptr) symmetry_ = std::move(found);
  return *symmetry_;
}

const SilhouetteTable& PreparedMesh::LooksFrom(double distance, int directions,
                                               Rasterizer* rasterizer) const {
  const double radius = coarsest().radius;
  const double radii = std::clamp(distance / radius, 1.0, kFarthest);
  const int step = static_cast<int>(std::lround(std::log(radii) / std::log(kDistanceStep)));
  const std::pair<int, int> key(step, directions);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = tables_.find(key);
    if (found != tables_.end()) return *found->second;
  }
  auto table = std::make_unique<SilhouetteTable>(
      lods_.front().contour, radius * std::pow(kDistanceStep, step), directions, rasterizer);
  table->PrepareLookup();
  const std::lock_guard<std::mutex> lock(mutex_);
  return *tables_.emplace(key, std::move(table)).first->second;
}

}  // namespace ceres_align
