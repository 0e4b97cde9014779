// Stages 1 to 3: items of edges culled, contour edges found, projected and counted.
#pragma once

#include "ceres_align/batch/types.h"
#include "ceres_align/render/lens_pieces.h"

namespace ceres_align::batch {

/// The edges of an item.
struct Item {
  enum class Kind { kCluster, kFaces };
  Kind kind;
  int32_t job;
  int32_t index;  ///< of the cluster, or of the block of faces
};

CA_HD inline Item ItemOf(const Batch& b, int64_t i) {
  Item item{};
  item.job = LastBegin(b.item_begin, b.num_jobs, i);
  const MeshView& mesh = b.meshes[b.jobs[item.job].mesh];
  const int64_t local = i - b.item_begin[item.job];
  const bool is_cluster = local < mesh.num_clusters;
  item.kind = is_cluster ? Item::Kind::kCluster : Item::Kind::kFaces;
  item.index = static_cast<int32_t>(is_cluster ? local : local - mesh.num_clusters);
  return item;
}

/// Index i < PrepareBatch::Count: flags the i-th item if its bounds do not exclude a contour or a
/// cut, and clears the i-th places of what later stages add to.
struct PrepareBatch {
  Batch b;

  static int64_t Count(const Batch& b) {
    const int64_t sums = b.num_lefts() + b.num_rows + 1;
    return Max(Max(b.num_items, sums), b.by_rows ? 0 : b.fragment_capacity);
  }

  CA_HD void operator()(int64_t i) const {
    if (i < b.num_items) b.item_flag[i] = MayHaveContour(i) ? 1 : 0;
    if (i < b.num_lefts()) b.left_step[i] = 0;
    if (i <= b.num_rows) b.row_count[i] = 0;
    if (i < b.num_rows) b.row_cursor[i] = 0;
    if (i == 0) *b.needs = Needs{};
    if (!b.by_rows && i < b.fragment_capacity) {
      b.key[i] = ~uint64_t{0};  // a place that no fragment takes is sorted behind all others
      b.order[i] = static_cast<int32_t>(i);
    }
  }

  CA_HD bool MayHaveContour(int64_t i) const {
    const Item item = ItemOf(b, i);
    const Job& job = b.jobs[item.job];
    const MeshView& mesh = b.meshes[job.mesh];
    if (item.kind == Item::Kind::kFaces) {
      return MayCrossNear(job.view, mesh.face_balls[item.index]);
    }
    if (item.index >= mesh.num_regular_clusters) return true;
    const PlaneBounds& bounds = mesh.cluster_bounds[item.index];
    return !OneSided(bounds, RelativeTo(bounds, job.view.cam_in_object));
  }
};

/// 1 where the camera is on the positive side of a cluster's face: in float, and in double where
/// float cannot tell, so that all edges of a face agree.
CA_HD inline int ClusterFaceSide(const MeshView& mesh, int32_t cluster, int32_t local_face,
                                 const FloatView& v, const Vec3& camera) {
  const int32_t i = mesh.face_begin[cluster] + local_face;
  const float value =
      PlaneValue(mesh.plane_x[i], mesh.plane_y[i], mesh.plane_z[i], mesh.plane_offset[i], v);
  if (fabsf(value) < PlaneTolerance(mesh.cluster_bounds[cluster], v)) {
    return SideOfFace(mesh.vertices, mesh.faces[mesh.cluster_face[i]], camera) > 0 ? 1 : 0;
  }
  return value > 0 ? 1 : 0;
}

/// The contour edge in a place of a cluster; multiplicity 0: there is none, or it is part of the
/// edge in an earlier place.
CA_HD inline ContourEdge EdgeOfCluster(const MeshView& mesh, int32_t c, int place,
                                       const Vec3& camera) {
  const int32_t first = mesh.edge_begin[c] + place, end = mesh.edge_begin[c + 1];
  if (first >= end || mesh.edges[first].continues()) return {0, 0, 0};
  const FloatView v = RelativeTo(mesh.cluster_bounds[c], camera);
  int m = 0;
  for (int32_t e = first; e < end && (e == first || mesh.edges[e].continues()); ++e) {
    const ClusterEdge edge = mesh.edges[e];
    m += edge.Multiplicity(ClusterFaceSide(mesh, c, edge.along(), v, camera),
                           ClusterFaceSide(mesh, c, edge.back(), v, camera));
  }
  const ClusterEdge edge = mesh.edges[first];
  const MeshFace& face = mesh.faces[mesh.cluster_face[mesh.face_begin[c] + edge.along()]];
  return {face.v[edge.corner()], face.v[(edge.corner() + 1) % 3], m};
}

/// The near-plane cut of a face in a place of an item. False: there is none.
CA_HD inline bool CutOfItem(const MeshView& mesh, const Item& item, int place,
                            const ViewGeometry& view, NearCut* cut) {
  const int64_t f = static_cast<int64_t>(item.index) * kItemEdges + place;
  return f < mesh.num_faces && MakeNearCut(view, mesh.vertices, mesh.faces[f], cut);
}

/// Index i: place i % kItemEdges of kept item i / kItemEdges. Flags contour edges and cuts.
struct FindEdges {
  Batch b;
  CA_HD void operator()(int64_t i) const {
    const int64_t kept = i / kItemEdges;
    const int place = static_cast<int>(i % kItemEdges);
    bool found = false;
    if (kept < b.counts[0]) {
      const Item item = ItemOf(b, b.items[kept]);
      const Job& job = b.jobs[item.job];
      const MeshView& mesh = b.meshes[job.mesh];
      NearCut cut{};
      found =
          item.kind == Item::Kind::kFaces
              ? CutOfItem(mesh, item, place, job.view, &cut)
              : EdgeOfCluster(mesh, item.index, place, job.view.cam_in_object).multiplicity != 0;
    }
    b.slot_flag[i] = found ? 1 : 0;
  }
};

/// Counts an edge's fragments, by row too.
struct FragmentCounter {
  int64_t* row_count;  // of the job's first row
  int window;
  int64_t count;
  CA_HD void operator()(const Fragment& f) {
    AtomicAdd(row_count + f.row / window, 1);
    ++count;
  }
};

/// Notes where an edge passes whole rows left of the frame.
struct LeftCounter {
  int64_t* step;  // of the job's first row
  PixelWindow window;
  int multiplicity;
  CA_HD void operator()(int begin, int end) const {
    begin = window.FirstPixel(begin);
    end = window.FirstPixel(end);
    if (begin == end) return;
    AtomicAdd(step + begin, multiplicity);
    AtomicAdd(step + end, -multiplicity);
  }
};

/// A contour edge of the mesh, or the cut of a face, in front of the near plane.
struct FoundEdge {
  EdgePoint p, q;
  int multiplicity;  ///< 0: nothing of the edge is in front
  EndSlides slides;  ///< without a lens
  EdgeSlides lens_slides;
};

CA_HD inline FoundEdge FoundEdgeOf(const Batch& b, const Item& item, const Job& job, int place) {
  FoundEdge found{};
  const MeshView& mesh = b.meshes[job.mesh];
  if (item.kind == Item::Kind::kFaces) {
    NearCut cut{};
    if (!CutOfItem(mesh, item, place, job.view, &cut)) return found;
    found.p = cut.from;
    found.q = cut.to;
    found.slides = cut.slides;
    found.lens_slides = SlidesOf(cut);
    found.multiplicity = cut.multiplicity;
    return found;
  }
  const ContourEdge edge = EdgeOfCluster(mesh, item.index, place, job.view.cam_in_object);
  found.p = ToCamera(job.view, mesh.vertices[edge.v0], edge.v0);
  found.q = ToCamera(job.view, mesh.vertices[edge.v1], edge.v1);
  found.multiplicity = edge.multiplicity;
  if (!job.clips) return found;
  const bool in_front = job.view.has_lens
                            ? ClipEdge(job.view, edge, &found.p, &found.q, &found.lens_slides)
                            : ClipEdge(job.view, edge, &found.p, &found.q);
  if (!in_front) found.multiplicity = 0;
  return found;
}

/// Index s: a contour edge of the mesh, where some job has a lens. Counts the pieces of its image.
/// One index beyond the room gets the count 0, so that the sums of counts end with their total.
struct CountPieces {
  Batch b;
  struct Counter {
    int64_t count;
    CA_HD void operator()(const PiecePoint&, const PiecePoint&) { ++count; }
  };

  CA_HD void operator()(int64_t s) const {
    b.piece_count[s] = s < b.num_slots() ? Count(b.slots[s]) : 0;
  }
  CA_HD int64_t Count(int32_t slot) const {
    const Item item = ItemOf(b, b.items[slot / kItemEdges]);
    const Job& job = b.jobs[item.job];
    if (!job.view.has_lens) return 1;
    const FoundEdge found = FoundEdgeOf(b, item, job, slot % kItemEdges);
    if (found.multiplicity == 0) return 0;
    Counter counter{0};
    ForEachImagePiece(job.view, found.p, found.q, counter);
    return counter.count;
  }
};

/// Index s: a contour edge of the mesh. Projects it and counts the fragments of what becomes of it:
/// an edge of the image or, with a lens, pieces. An index that no edge of the image has gets the
/// count 0; one is beyond the room, so that the sums of counts end with their total.
struct ProjectEdges {
  Batch b;
  CA_HD void operator()(int64_t s) const {
    if (s >= b.num_edges()) b.fragment_count[s] = 0;
    if (s >= b.num_slots()) return;
    const int32_t slot = b.slots[s];
    const Item item = ItemOf(b, b.items[slot / kItemEdges]);
    const Job& job = b.jobs[item.job];
    const FoundEdge found = FoundEdgeOf(b, item, job, slot % kItemEdges);
    if (!job.view.has_lens) {
      const int64_t e = b.has_lens ? b.piece_sum[s] : s;
      if (e < b.edge_capacity) b.fragment_count[e] = Project(found, item.job, e);
    } else if (found.multiplicity != 0) {
      PieceWriter writer{*this, found, item.job, b.piece_sum[s]};
      ForEachImagePiece(job.view, found.p, found.q, writer);
    }
  }

  struct PieceWriter {
    const ProjectEdges& stage;
    const FoundEdge& found;
    int32_t job;
    int64_t e;
    CA_HD void operator()(const PiecePoint& from, const PiecePoint& to) {
      if (e < stage.b.edge_capacity) {
        stage.b.fragment_count[e] = stage.ProjectPiece(found, from, to, job, e);
      }
      ++e;
    }
  };

  CA_HD int64_t Project(const FoundEdge& found, int32_t j, int64_t e) const {
    const ViewGeometry& view = b.jobs[j].view;
    const EdgePoint &p = found.p, &q = found.q;
    bool swapped = false;
    if (found.multiplicity == 0 ||
        !MakeImageEdge(view, p, q, found.multiplicity, &b.edges[e], &swapped)) {
      return Nothing(j, e);
    }
    EndSlides slides = found.slides;
    if (swapped) slides = EndSlides{slides.bottom, slides.top};
    b.velocity[e] = VelocityOf(view, swapped ? q.from_center : p.from_center,
                               swapped ? p.from_center : q.from_center, b.edges[e].slope, slides);
    return CountFragments(j, e);
  }

  CA_HD int64_t ProjectPiece(const FoundEdge& found, const PiecePoint& from, const PiecePoint& to,
                             int32_t j, int64_t e) const {
    const ViewGeometry& view = b.jobs[j].view;
    bool swapped = false;
    if (!OrderImageEdge(view, from.px, from.py, to.px, to.py, found.multiplicity, &b.edges[e],
                        &swapped)) {
      return Nothing(j, e);
    }
    const PiecePoint &top = swapped ? to : from, &bottom = swapped ? from : to;
    b.velocity[e] =
        LensVelocityOf(view, top.point.from_center, bottom.point.from_center, b.edges[e].slope,
                       found.lens_slides.At(top.s), found.lens_slides.At(bottom.s));
    return CountFragments(j, e);
  }

  CA_HD int64_t Nothing(int32_t j, int64_t e) const {
    b.edge_job[e] = j;
    b.edges[e] = ImageEdge{0, 1, 0, 0, 0, 0, 0};  // no height: SplitEdge emits nothing
    return 0;
  }
  CA_HD int64_t CountFragments(int32_t j, int64_t e) const {
    const ViewGeometry& view = b.jobs[j].view;
    b.edge_job[e] = j;
    const int64_t first_row = b.row_begin[j];
    FragmentCounter counter{b.row_count + first_row, view.window, 0};
    LeftCounter left{b.left_step + first_row + j, PixelWindow{view.window},
                     b.edges[e].multiplicity};
    SplitEdge(b.edges[e], 0, view, counter, left);
    return counter.count;
  }
};

}  // namespace ceres_align::batch
