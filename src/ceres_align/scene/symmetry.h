// An object's own symmetries, as its outlines show them.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "ceres_align/geometry/mesh.h"
#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

struct SymmetryAxis {
  Eigen::Vector3d direction = Eigen::Vector3d::UnitZ();  ///< unit, object's frame
  int order = 1;                                         ///< turns by 360°/order; kRound: by any
  static constexpr int kRound = 0;
};

/// The turns and reflections about `center` under which every outline stays the same, to within
/// kAlikeDeficit; object's frame.
struct MeshSymmetry {
  Eigen::Vector3d center = Eigen::Vector3d::Zero();
  double radius = 0;               ///< of the farthest vertex from there
  bool sphere = false;             ///< any rotation; axes and rotations are then not filled
  std::vector<SymmetryAxis> axes;  ///< the main one first, if there are any
  /// The group that the axes generate, the identity first; of a round axis only what turns it
  /// over. At most kMaxRotations.
  std::vector<Eigen::Matrix3d> rotations = {Eigen::Matrix3d::Identity()};
  std::optional<Eigen::Matrix3d> mirror;  ///< one symmetry of determinant −1
  /// Where there is none: one under which outlines stay the same to within kRoughDeficit.
  std::optional<Eigen::Matrix3d> rough_mirror;

  bool HasRotations() const { return sphere || !axes.empty(); }
  bool IsRound() const { return !axes.empty() && axes[0].order == SymmetryAxis::kRound; }
  /// The angle (rad) between a rotation and the nearest that is a symmetry.
  double AngleTo(const Eigen::Matrix3d& rotation) const;
  /// Index of that symmetry in `rotations` (0 for a sphere).
  size_t Nearest(const Eigen::Matrix3d& rotation) const;

  static constexpr size_t kMaxRotations = 2 * 72;
};

/// Compares outlines of a mesh with those of the mesh transformed, from fixed directions.
class OutlineComparer {
 public:
  /// `mesh` is the rasterizer's; `center` (object's frame) is what transformations leave where it
  /// is, `radius` reaches all vertices from there. `coarse`: a simpler stand-in for the mesh, which
  /// settles what is far from alike, or `mesh` itself.
  OutlineComparer(Rasterizer* rasterizer, MeshId mesh, MeshId coarse, const Eigen::Vector3d& center,
                  double radius);

  /// 1 − IoU of the worst direction so far, ending at the first one above `give_up`; where the
  /// stand-in shows that it is above, a lower bound of it. `transform` is orthogonal, of
  /// determinant 1 or −1.
  double Deficit(const Eigen::Matrix3d& transform, double give_up);

 private:
  std::vector<ImageF> Draw(MeshId mesh, const Eigen::Matrix3d& transform, size_t first,
                           size_t end) const;
  void AddCoarse(size_t first, size_t end);
  double WorstOf(MeshId mesh, const std::vector<ImageF>& own, const Eigen::Matrix3d& transform,
                 size_t first, size_t end) const;

  Rasterizer* rasterizer_;
  MeshId mesh_, coarse_;
  Eigen::Vector3d center_;
  double radius_;
  // Of the first directions, as far as they were needed.
  std::vector<ImageF> own_, coarse_own_;
  double stand_in_ = 0;  // how unlike the two are, at most
};

/// Candidates are the principal axes of the surface's moments, turns by 360/k degrees, k = 2…12
/// and multiples that fit, and reflections; each is tested by `comparer`. An object whose three
/// principal moments differ by more than 3 % costs about seven small images. `coarse` as for
/// OutlineComparer.
MeshSymmetry FindSymmetry(const TriangleMesh& mesh, Rasterizer* rasterizer, MeshId id,
                          MeshId coarse);

/// Outlines are called alike below this: 1 − IoU (see docs/modes.md for what was measured).
constexpr double kAlikeDeficit = 0.02;
/// And roughly alike below this.
constexpr double kRoughDeficit = 0.12;

}  // namespace ceres_align
