// One job's contour on one CPU thread: found, projected, with its velocities.
#pragma once

#include <cstdint>
#include <vector>

#include "ceres_align/render/contour_edges.h"
#include "ceres_align/render/contour_extract.h"
#include "ceres_align/render/contour_mesh.h"
#include "ceres_align/render/hidden_edges.h"
#include "ceres_align/render/lens_pieces.h"

namespace ceres_align {

/// Grow-only working memory of one thread.
class CpuEdges {
 public:
  /// Finds the contour of `mesh` in `view`. Borrows the mesh until the next call.
  void Find(const ContourMesh& mesh, const ViewGeometry& view);
  size_t num_found() const { return contour_.size(); }
  /// Projects what was found. What `hidden` takes is not kept.
  void Project(HiddenEdges* hidden);

  /// num_edges() of them.
  const ImageEdge* edges() const { return edges_.data(); }
  size_t num_edges() const { return num_edges_; }
  /// ∂(outline)/∂p of an edge.
  EdgeVelocity Velocity(int edge) const;

 private:
  // An edge's ends, upper end first: vertices of the mesh, or, where the near plane cut it, the
  // first is ~(place in cuts_).
  struct Ends {
    int32_t top, bottom;
  };
  // Ends bound to no vertex, from the mesh's centre, camera's axes; slides are 0 unless it is a
  // cut.
  struct CutEnds {
    Vec3 top, bottom;
    EndSlides slides;
  };

  // A piece of a curve, upper end first, from the mesh's centre in the camera's axes; slides: into
  // piece_slides_, −1: both ends are bound to the mesh.
  struct PieceEnds {
    Vec3 top, bottom;
    int32_t slides;
  };

  void ProjectContour(HiddenEdges* hidden);
  void AddClippedEdges();
  void AddNearCuts();
  void Add(const ImageEdge& edge, const Ends& ends);
  // With a lens.
  void AddCurves(bool crosses_near);
  void AddCurve(const EdgePoint& p, const EdgePoint& q, int m, const EdgeSlides* slides);
  EdgeVelocity PieceVelocity(int edge) const;
  void AddCutEdge(const EdgePoint& p, const EdgePoint& q, int m, const EndSlides& slides);

  const ContourMesh* mesh_ = nullptr;
  ViewGeometry view_{};
  std::vector<ContourEdge> contour_;
  size_t num_edges_ = 0;
  std::vector<ImageEdge> edges_;  // room for more
  std::vector<Ends> ends_;
  std::vector<CutEnds> cuts_;
  std::vector<PieceEnds> pieces_;         // with a lens, one per edge; ends_ and cuts_ without
  std::vector<EdgeSlides> piece_slides_;  // p: the upper end
};

}  // namespace ceres_align
