// Draws the views of a scene at any pose and size, through the rasterizer.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ceres_align/geometry/scene.h"
#include "ceres_align/render/resident.h"
#include "ceres_align/report/draw.h"
#include "ceres_align/scene/prepared_scene.h"

namespace ceres_align {

struct PanelSize {
  int width_px;
  int height_px;
};
/// The size at which a view is shown in a panel of at most max_px by max_px: shrunk to fit, or
/// grown by a whole factor.
PanelSize FitPanel(const Camera& camera, int max_px);

/// Vertices that become one in a panel of the animation are at most so far apart along an axis.
constexpr double kPanelCell_px = 1.5;

/// Borrows the scene and the rasterizer, which must outlive it; holds the scene's meshes in the
/// rasterizer until it is destroyed.
class SceneRenderer {
 public:
  /// `meshes`: PrepareMeshes(scene), as Align takes them. For an animation of large meshes another
  /// level of detail is made, which Panel uses.
  SceneRenderer(const Scene& scene, const PreparedMeshes& meshes, Rasterizer* rasterizer,
                bool for_animation = false);
  SceneRenderer(const SceneRenderer&) = delete;
  SceneRenderer& operator=(const SceneRenderer&) = delete;

  const Scene& scene() const { return scene_; }

  /// The coverage of scene.views[view], the camera scaled to size: exact, rounded to float.
  ImageF Coverage(int view, const Rigid3d& rig_from_world, const PanelSize& size) const;
  /// The same of the coarsest level of detail whose cells are at most kPanelCell_px wide there: for
  /// a small picture among many, in a fraction of the time.
  ImageF Panel(int view, const Rigid3d& rig_from_world, const PanelSize& size) const;

  /// Target and rendering overlaid at that size (see overlay.h), without text.
  RgbImage Overlay(int view, const Rigid3d& rig_from_world, const PanelSize& size) const;

  /// About how far points of the object move in the picture between two poses, at most.
  double Motion_px(int view, const Rigid3d& a, const Rigid3d& b, const PanelSize& size) const;

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
  };
  ImageF Draw(const Level& level, const View& view, const Rigid3d& rig_from_world,
              const Camera& camera) const;

  const Scene& scene_;
  Rasterizer* rasterizer_;
  std::vector<std::vector<Level>> meshes_;  // the mesh itself last; empty where no view shows it
};

/// Each view's name as part of a file name: control characters and any of / \ : * ? " < > | become
/// '_'; a number is appended where two views would get the same.
std::vector<std::string> FileNamesOfViews(const Scene& scene);

}  // namespace ceres_align
