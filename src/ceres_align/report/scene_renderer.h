// Draws the views of a scene at any pose, part and size, through the rasterizer.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ceres_align/geometry/scene.h"
#include "ceres_align/render/resident.h"
#include "ceres_align/report/draw.h"
#include "ceres_align/report/shaded_mesh.h"
#include "ceres_align/report/view_window.h"
#include "ceres_align/scene/prepared_scene.h"

namespace ceres_align {

/// Vertices that become one in a small picture among many are at most so far apart along an axis.
constexpr double kPanelCell_px = 1.5;
/// The same of a surface that is lit, whose outline is not looked at, and at every how many px the
/// light is found.
struct LightDetail {
  double cell_px;
  int step_px;
};
constexpr LightDetail kStillLight = {4, 1}, kMovingLight = {16, 2};

/// Borrows the scene and the rasterizer, which must outlive it; holds the scene's meshes in the
/// rasterizer until it is destroyed. May be used from several threads at once.
class SceneRenderer {
 public:
  /// `meshes`: PrepareMeshes(scene), as Align takes them.
  SceneRenderer(const Scene& scene, const PreparedMeshes& meshes, Rasterizer* rasterizer);
  SceneRenderer(const SceneRenderer&) = delete;
  SceneRenderer& operator=(const SceneRenderer&) = delete;

  const Scene& scene() const { return scene_; }

  /// The coverage of scene.views[view] in a window: exact, rounded to float.
  ImageF Coverage(int view, const Rigid3d& rig_from_world, const ViewWindow& window) const;
  /// The same of the coarsest level of detail whose cells are at most so wide there: for a small
  /// picture among many, or one of a pose that is far off anyway, in a fraction of the time.
  ImageF Panel(int view, const Rigid3d& rig_from_world, const ViewWindow& window,
               double cell_px = kPanelCell_px) const;
  /// How the surface is lit there (ShadedMesh::Light), of the coarsest level of detail that is fine
  /// enough and has at most kMostShadedFaces, spread over all of `coverage`.
  ImageF Light(int view, const Rigid3d& rig_from_world, const ViewWindow& window,
               const ImageF& coverage, const LightDetail& detail = kStillLight) const;
  static constexpr int64_t kMostShadedFaces = 150000;

  /// Of the whole view at another size.
  ImageF Coverage(int view, const Rigid3d& rig_from_world, const PanelSize& size) const;
  ImageF Panel(int view, const Rigid3d& rig_from_world, const PanelSize& size) const;
  /// Target and rendering overlaid at that size (see overlay.h), without light and text.
  RgbImage Overlay(int view, const Rigid3d& rig_from_world, const PanelSize& size) const;

  /// The part of a view in which the mask and the mesh at each of the poses lie, with a margin
  /// (WithMargin). The mesh's box is good to a few pixels.
  PixelBox ObjectIn(int view, const std::vector<Rigid3d>& rig_from_world) const;

  /// Cells for Panel: the farther a pose lies from the one that is compared with it, the coarser.
  double CellFor(int view, const Rigid3d& rig_from_world, const Rigid3d& other,
                 const ViewWindow& window) const;

  /// About how far points of the object move in a panel between two poses, at most.
  double Motion_px(int view, const Rigid3d& a, const Rigid3d& b, const ViewWindow& window) const;

  /// scene.views[view].camera's own size.
  PanelSize FullSize(int view) const;

  /// Runs body(0) … body(n − 1) side by side on the rasterizer's threads; a body may draw.
  void ForEach(size_t n, const std::function<void(size_t)>& body) const {
    rasterizer_->ForEach(n, body);
  }

 private:
  // A mesh or one of its levels of detail.
  struct Level {
    ResidentMesh resident;
    double cell;  // of the vertex clustering; 0: the mesh itself
    std::unique_ptr<std::once_flag> once = std::make_unique<std::once_flag>();
    std::unique_ptr<const ShadedMesh> shaded = {};  // made when first asked for
  };
  double DistanceOfNearest(const View& view, const Rigid3d& rig_from_world) const;
  Level& LevelFor(const View& view, const Rigid3d& rig_from_world, const Camera& camera,
                  double cell_px) const;
  ImageF Draw(const Level& level, const View& view, const Rigid3d& rig_from_world,
              const Camera& camera) const;

  const Scene& scene_;
  Rasterizer* rasterizer_;
  // The mesh itself last; empty where no view shows it.
  mutable std::vector<std::vector<Level>> meshes_;
};

/// Each view's name as part of a file name: control characters and any of / \ : * ? " < > | become
/// '_'; a number is appended where two views would get the same.
std::vector<std::string> FileNamesOfViews(const Scene& scene);

}  // namespace ceres_align
