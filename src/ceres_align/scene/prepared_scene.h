// A scene made ready for alignment: pyramid and levels of detail, resident in a rasterizer.
#pragma once

#include <memory>
#include <vector>

#include "ceres_align/geometry/scene.h"
#include "ceres_align/render/resident.h"
#include "ceres_align/scene/moments.h"
#include "ceres_align/scene/prepared_mesh.h"
#include "ceres_align/scene/pyramid.h"

namespace ceres_align {

/// Of every mesh of a scene, side by side; null where no view shows it. To be kept over many
/// alignments.
using PreparedMeshes = std::vector<std::shared_ptr<const PreparedMesh>>;
PreparedMeshes PrepareMeshes(const Scene& scene);

/// Costs of poses that meet the masks all but exactly do not differ: ratios are taken with this
/// added, per pair of neighbouring pixels that the masks' outlines part (OutlineLength).
constexpr double kCostFloorPerPx = 5e-4;

/// Inside an alignment the world's origin lies in the object ("run" frame: x_world = x_run +
/// center()), so that the manifold's rotation turns the object where it is. Poses taken and
/// returned here are rig_from_run. Constant after construction, so that several descents can
/// share it. Borrows the scene and the rasterizer.
class PreparedScene {
 public:
  /// meshes[i] is scene.meshes[i] prepared. Throws InputError for a scene that CheckScene refuses,
  /// or for meshes that are not the scene's.
  PreparedScene(const Scene& scene, const PreparedMeshes& meshes, Rasterizer* rasterizer,
                double coarsest_width_px, double level_factor);
  /// `plain` with other masks and weights at full size; all else is shared with it. full_size[i],
  /// of view i's size, may be what `plain` has. `plain` may end first, its scene may not.
  PreparedScene(const PreparedScene& plain,
                const std::vector<std::shared_ptr<const Target>>& full_size);
  PreparedScene(const PreparedScene&) = delete;
  PreparedScene& operator=(const PreparedScene&) = delete;

  const Scene& scene() const { return scene_; }
  Rasterizer* rasterizer() const { return rasterizer_; }
  size_t num_views() const { return scene_.views.size(); }
  size_t num_levels() const { return levels_.size(); }
  size_t last_level() const { return levels_.size() - 1; }
  const PyramidLevel& level(size_t i) const { return levels_[i]->images; }
  /// The first level at which the widest view that shows the object is at least this wide; the last
  /// if none is.
  size_t LevelOfWidth(double width_px) const;

  const Eigen::Vector3d& center() const { return center_; }  ///< of the object, in the world
  double radius() const { return radius_; }  ///< of the largest mesh (PreparedMesh::radius)
  /// No pixel of nonzero weight shows the object.
  bool mask_empty(size_t view) const { return !(mask_area_[view] > 0); }
  Rigid3d FromRun(const Rigid3d& rig_from_run) const { return rig_from_run * run_from_world_; }
  Rigid3d ToRun(const Rigid3d& rig_from_world) const { return rig_from_world * world_from_run_; }

  /// The views at a level for an object at this distance: the last level has the mesh itself, the
  /// others the coarsest level of detail that is fine enough there.
  std::vector<SilhouetteView> ViewsAt(size_t level, double depth) const;
  const PreparedMesh& mesh(int mesh_index) const { return *meshes_[mesh_index]; }
  /// The first view whose mask shows the object.
  size_t FirstWithMask() const;
  const std::vector<MaskMoments>& MomentsAt(size_t level) const { return levels_[level]->moments; }
  /// Σ w T² over all views: twice the cost of an empty frame.
  double MaskEnergy(size_t level) const { return levels_[level]->mask_energy; }
  /// Every mask's pixels (of nonzero weight) are 0 or 1.
  bool masks_binary() const { return masks_binary_; }
  /// Pairs of neighbouring pixels at a level on whose two sides of one half the masks lie.
  double OutlineLength(size_t level) const { return levels_[level]->outline_length; }
  double CostAt(size_t level, const Rigid3d& rig_from_run, int window = 1) const;
  /// Twice the smaller of Σ w (M − T)² where the render covers more than the mask and where it
  /// covers less: a wrong pose errs to both sides, a mask with a part missing or hidden to one.
  /// Never above twice the cost.
  double MisfitToBothSides(size_t level, const Rigid3d& rig_from_run) const;
  /// The object's distance from the nearest camera whose mask shows it.
  double Depth(const Rigid3d& rig_from_run) const;
  /// Throws InputError for a start behind the camera in every view that has a mask, or, if it may
  /// not be moved, off screen in all of them.
  void CheckStart(const Rigid3d& rig_from_run, bool may_be_moved) const;

 private:
  // A mesh or one of its levels of detail as the rasterizer knows it.
  struct Lod {
    ResidentMesh resident;
    Eigen::Vector3d center;  // of the mesh
    double cell;             // of the vertex clustering; 0: the mesh itself
  };
  // A level of the pyramid as the rasterizer knows it; by view.
  struct Level {
    Level(PyramidLevel images, Rasterizer* rasterizer);
    PyramidLevel images;
    std::vector<ResidentTarget> targets;
    std::vector<MaskMoments> moments;
    double mask_energy = 0, outline_length = 0;
  };
  void TakeMasks();
  void AddMeshes();
  void AddLevels(double coarsest_width_px, double level_factor);
  const Lod& ChooseLod(size_t mesh, size_t level, double px_per_unit) const;

  const Scene& scene_;
  PreparedMeshes meshes_;
  Rasterizer* rasterizer_;
  std::shared_ptr<std::vector<std::vector<Lod>>> lods_;  // by mesh; the mesh itself last
  std::vector<std::shared_ptr<const Level>> levels_;
  std::vector<double> mask_area_;  // px of nonzero weight
  bool masks_binary_ = true;
  Eigen::Vector3d center_ = Eigen::Vector3d::Zero();
  Rigid3d world_from_run_, run_from_world_;
  double radius_ = 0;
};

}  // namespace ceres_align
