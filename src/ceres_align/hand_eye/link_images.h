// A robot drawn link by link: whose outline a pixel has, and how it moves. Internal to hand_eye/.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <memory>
#include <vector>

#include "ceres_align/assess/outline_pixels.h"
#include "ceres_align/hand_eye/hand_eye_scene.h"
#include "ceres_align/render/resident.h"
#include "ceres_align/scene/pyramid.h"

namespace ceres_align::hand_eye_internal {

/// What the masks show at a pose and offsets.
struct LinkImages {
  /// By view: the robot's coverage; kShared where two links cover a pixel in part.
  std::vector<ImageF> coverage;
  /// Pixels of single links' outlines, `view` being the scene's; column i of `by_unknowns` is
  /// ∂M/∂[ω, v, offsets] of pixel i.
  std::vector<OutlinePixel> pixels;
  Eigen::MatrixXd by_unknowns;
  /// Of each pixel: the camera's first view in which its link stands where it stands in the pixel's
  /// view, as the base does in all states. Those images are one image, and so are their errors.
  std::vector<int> first_alike;
};
constexpr float kShared = -1;

/// One view's pixels.
struct LinkCoverage {
  /// Of the robot: the union of its links; kShared where several cover a pixel in part.
  Image<double> robot;
  Image<uint16_t> num_links;  ///< that cover some of the pixel

  /// Whether links other than the one whose own coverage this is cover some of the pixel.
  bool HasOthers(int column, int row, double own) const;
};

/// Images of one size; `window` as RasterJob's.
struct Look {
  PyramidLevel level;
  int window = 1;
};

class LinkDrawer {
 public:
  /// Registers the links (eye in hand: the object). Borrows all three.
  LinkDrawer(const HandEyeProblem& problem, const Scene& scene, Rasterizer* rasterizer);

  /// Offsets by joint variable, added to every state.
  LinkImages At(const Look& look, const Rigid3d& rig_from_world,
                const Eigen::VectorXd& offsets) const;
  /// The first part of it alone.
  std::vector<ImageF> CoverageAt(const Look& look, const Rigid3d& rig_from_world,
                                 const Eigen::VectorXd& offsets) const;

  /// One view's links alone; for a view they are drawn by the calling thread.
  LinkCoverage CoverageOf(const Look& look, size_t view, const Rigid3d& rig_from_world,
                          const Eigen::VectorXd& offsets) const;
  /// [J r]ᵀ[J r] of that view, J by [ω, v, offsets] and r last, over all pixels that are not
  /// kShared, those without a derivative in r · r alone.
  Eigen::MatrixXd GramOf(const Look& look, size_t view, const Rigid3d& rig_from_world,
                         const Eigen::VectorXd& offsets) const;

  const HandEyeProblem& problem() const { return problem_; }

 private:
  // A link in a state: where it is, and how it moves in the world by each joint variable.
  struct Body {
    size_t mesh;
    Rigid3d world_from_body;
    std::vector<Twist> by_joint;
    size_t first_alike;  // the first state in which it is there
  };
  std::vector<Body> BodiesAt(size_t state, const Eigen::VectorXd& offsets) const;
  std::vector<std::vector<Body>> AllBodies(const Eigen::VectorXd& offsets) const;  // by states
  WeightedView ViewOf(const Look& look, size_t view, const Body& body) const;
  LinkCoverage DrawView(const Look& look, size_t view, const Rigid3d& rig_from_world,
                        const std::vector<Body>& bodies) const;
  std::vector<LinkCoverage> Draw(const Look& look, const Rigid3d& rig_from_world,
                                 const std::vector<std::vector<Body>>& by_state) const;

  const HandEyeProblem& problem_;
  const Scene& scene_;
  Rasterizer* rasterizer_;
  std::vector<ResidentMesh> meshes_;
  std::vector<int> link_of_mesh_;
};

}  // namespace ceres_align::hand_eye_internal
