// A mesh with all that is found out about it once: levels of detail, contour clusters, symmetry,
// what it looks like from everywhere. Keep it over many alignments.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "ceres_align/geometry/mesh.h"
#include "ceres_align/render/contour_mesh.h"
#include "ceres_align/render/rasterizer.h"
#include "ceres_align/scene/silhouette_table.h"
#include "ceres_align/scene/symmetry.h"

namespace ceres_align {

/// Constant as seen from outside: all of it may be used from several threads at once. The same
/// bits whoever asks first, and in whatever order.
class PreparedMesh {
 public:
  /// The mesh or a coarser stand-in for it.
  struct Lod {
    std::shared_ptr<const ContourMesh> contour;
    double cell;  ///< of the vertex clustering, mesh units; 0: the mesh itself
  };

  /// `mesh` is cleaned (CleanMesh). Throws InputError if it is null or has no faces.
  explicit PreparedMesh(std::shared_ptr<const TriangleMesh> mesh);

  const TriangleMesh& mesh() const { return *mesh_; }
  /// Coarsest first; the mesh itself last. All others leave out a few stray faces far away
  /// (WithoutStrays), and so does what is said of symmetry, looks and size.
  const std::vector<Lod>& lods() const { return lods_; }
  const ContourMesh& coarsest() const { return *lods_.front().contour; }
  const ContourMesh& finest() const { return *lods_.back().contour; }
  /// Around finest().center.
  double radius() const { return has_strays_ ? finest().bulk_radius : finest().radius; }

  /// Found when first asked for (some small images); the rasterizer is only borrowed for that.
  const MeshSymmetry& Symmetry(Rasterizer* rasterizer) const;

  /// What the coarsest level of detail looks like from `directions` directions at about `distance`
  /// (mesh units, from the centre): drawn for the nearest of a fixed series of distances when
  /// first asked for, with its lookup.
  const SilhouetteTable& LooksFrom(double distance, int directions, Rasterizer* rasterizer) const;

 private:
  void MakeCoarser();

  std::shared_ptr<const TriangleMesh> mesh_;
  bool has_strays_ = false;
  std::vector<Lod> lods_;
  mutable std::mutex mutex_;  // of what is filled later
  mutable std::unique_ptr<const MeshSymmetry> symmetry_;
  mutable std::map<std::pair<int, int>, std::unique_ptr<const SilhouetteTable>> tables_;
};

}  // namespace ceres_align
