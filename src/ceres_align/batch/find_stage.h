// Stage 2: items of edges culled, contour edges found, projected, and their fragments counted.
#pragma once

#include "ceres_align/batch/types.h"
#include "ceres_align/render/lens_pieces.h"

namespace ceres_align::batch {

/// The edges of an item.
struct Item {
  enum class Kind { kCluster, kFaces };
  Kind kind;
  int32_t index;  ///< of the cluster, or of the block of faces
};

CA_HD inline Item ItemOf(const MeshView& mesh, int64_t i) {
  const bool is_cluster = i < mesh.num_clusters;
  return {is_cluster ? Item::Kind::kCluster : Item::Kind::kFaces,
          static_cast<int32_t>(is_cluster ? i : i - mesh.num_clusters)};
}

/// False: the item's bounds exclude a contour or a cut.
CA_HD inline bool MayHaveContour(const MeshView& mesh, const Job& job, int64_t i) {
  const Item item = ItemOf(mesh, i);
  if (item.kind == Item::Kind::kFaces) {
    return MayCrossNear(job.view, mesh.face_balls[item.index]);
  }
  if (item.index >= mesh.num_regular_clusters) return true;
  const PlaneBounds& bounds = mesh.cluster_bounds[item.index];
  return !OneSided(bounds, RelativeTo(bounds, job.view.cam_in_object));
}

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

/// A contour edge of the mesh, or the cut of a face, in front of the near plane.
struct FoundEdge {
  EdgePoint p, q;
  int multiplicity;  ///< 0: nothing of the edge is in front
  EndSlides slides;  ///< without a lens
  EdgeSlides lens_slides;
};

CA_HD inline FoundEdge FoundEdgeOf(const MeshView& mesh, const Job& job, const Item& item,
                                   int place) {
  FoundEdge found{};
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

/// Index g: a group of items.
struct FindEdges {
  Batch b;

  static constexpr int kMostLong = 64;
  /// Edges that pass more rows are counted by the whole block, those that there is room for.
  static constexpr int kMostRowsAlone = 8;

  struct Shared {
    int32_t num_kept, num_found, num_long;
    uint8_t kept[kGroupItems];
    uint16_t found[kGroupItems * kItemEdges];  // item of the group · kItemEdges + place
    int64_t first_edge;
    int64_t long_edge[kMostLong];
    bool is_last;
    // Of PlaceRows.
    int32_t room[2][kBlockThreads], left[2][kBlockThreads];
    int32_t total_room, total_left;
    int64_t first_fragment;
  };

  template <typename Block>
  CA_HD void operator()(const Block& block, int64_t group, Shared& s) const {
    const int32_t j = LastBegin(b.group_begin, b.num_jobs, group);
    const Job& job = b.jobs[j];
    const MeshView& mesh = b.meshes[job.mesh];
    const int64_t first_item = (group - b.group_begin[j]) * kGroupItems;
    block.ForThreads([&](int t) {
      if (t == 0) s.num_kept = s.num_found = s.num_long = 0;
    });
    const auto num_items =
        static_cast<int>(Min<int64_t>(kGroupItems, NumItems(mesh, job) - first_item));
    block.ForThreads([&](int t) {
      if (t < num_items && MayHaveContour(mesh, job, first_item + t)) {
        s.kept[AtomicAdd(&s.num_kept, 1)] = static_cast<uint8_t>(t);
      }
    });
    Find(block, mesh, job, first_item, s);
    Project(block, mesh, job, j, first_item, s);
    CountLongEdges(block, job, j, s);
    block.ForThreads([&](int t) {
      if (t != 0) return;
      const auto groups = static_cast<int32_t>(b.group_begin[j + 1] - b.group_begin[j]);
      s.is_last = IsLast(b.groups_done + j, groups);
    });
    if (s.is_last) PlaceRows(block, j, s);
  }

  template <typename Block>
  CA_HD void Find(const Block& block, const MeshView& mesh, const Job& job, int64_t first_item,
                  Shared& s) const {
    const int num_slots = s.num_kept * kItemEdges;
    block.ForThreads([&](int t) {
      for (int slot = t; slot < num_slots; slot += kBlockThreads) {
        const int in_group = s.kept[slot / kItemEdges], place = slot % kItemEdges;
        const Item item = ItemOf(mesh, first_item + in_group);
        NearCut cut{};
        const bool found =
            item.kind == Item::Kind::kFaces
                ? CutOfItem(mesh, item, place, job.view, &cut)
                : EdgeOfCluster(mesh, item.index, place, job.view.cam_in_object).multiplicity != 0;
        if (found) {
          s.found[AtomicAdd(&s.num_found, 1)] =
              static_cast<uint16_t>(in_group * kItemEdges + place);
        }
      }
    });
  }

  /// Takes places for the image's edges and fills those that there are.
  template <typename Block>
  CA_HD void Project(const Block& block, const MeshView& mesh, const Job& job, int32_t j,
                     int64_t first_item, Shared& s) const {
    const int num_found = s.num_found;
    block.ForThreads([&](int t) {
      if (t == 0 && num_found > 0 && !job.view.has_lens) {
        s.first_edge = AtomicAdd(&b.needs->edges, num_found);
      }
    });
    block.ForThreads([&](int t) {
      for (int i = t; i < num_found; i += kBlockThreads) {
        const int64_t slot = first_item * kItemEdges + s.found[i];
        const FoundEdge found =
            FoundEdgeOf(mesh, job, ItemOf(mesh, slot / kItemEdges), s.found[i] % kItemEdges);
        if (job.view.has_lens) {
          ProjectThroughLens(found, job, j, slot, s);
        } else if (s.first_edge + i < b.edge_capacity) {
          ProjectStraight(found, job, j, slot, s.first_edge + i, s);
        }
      }
    });
  }

  CA_HD void ProjectStraight(const FoundEdge& found, const Job& job, int32_t j, int64_t slot,
                             int64_t e, Shared& s) const {
    const EdgePoint &p = found.p, &q = found.q;
    bool swapped = false;
    ImageEdge edge{};
    const bool is_seen = found.multiplicity != 0 &&
                         MakeImageEdge(job.view, p, q, found.multiplicity, &edge, &swapped);
    if (!is_seen) edge = ImageEdge{0, 1, 0, 0, 0, 0, 0};  // no height: RowsOf has none
    b.edges[e] = edge;
    b.edge_job[e] = j;
    if (!is_seen) return;
    EndSlides slides = found.slides;
    if (swapped) slides = EndSlides{slides.bottom, slides.top};
    b.velocity[e] = VelocityOf(job.view, swapped ? q.from_center : p.from_center,
                               swapped ? p.from_center : q.from_center, edge.slope, slides);
    b.edge_id[e] = FragmentKey::EdgeId(slot, 0);
    CountFragments(edge, job, j, e, s);
  }

  struct PieceCounter {
    int64_t count;
    CA_HD void operator()(const PiecePoint&, const PiecePoint&) { ++count; }
  };
  struct PieceWriter {
    const FindEdges& stage;
    const FoundEdge& found;
    const Job& job;
    int32_t j;
    int64_t slot, first, e;
    Shared& s;
    CA_HD void operator()(const PiecePoint& from, const PiecePoint& to) {
      if (e < stage.b.edge_capacity) stage.ProjectPiece(*this, from, to);
      ++e;
    }
  };

  CA_HD void ProjectThroughLens(const FoundEdge& found, const Job& job, int32_t j, int64_t slot,
                                Shared& s) const {
    if (found.multiplicity == 0) return;
    PieceCounter counter{0};
    ForEachImagePiece(job.view, found.p, found.q, counter);
    const int64_t first = AtomicAdd(&b.needs->edges, counter.count);
    PieceWriter writer{*this, found, job, j, slot, first, first, s};
    ForEachImagePiece(job.view, found.p, found.q, writer);
  }

  CA_HD void ProjectPiece(const PieceWriter& w, const PiecePoint& from,
                          const PiecePoint& to) const {
    const ViewGeometry& view = w.job.view;
    bool swapped = false;
    ImageEdge edge{};
    const bool is_seen =
        OrderImageEdge(view, from.px, from.py, to.px, to.py, w.found.multiplicity, &edge, &swapped);
    if (!is_seen) edge = ImageEdge{0, 1, 0, 0, 0, 0, 0};
    b.edges[w.e] = edge;
    b.edge_job[w.e] = w.j;
    if (!is_seen) return;
    const PiecePoint &top = swapped ? to : from, &bottom = swapped ? from : to;
    b.velocity[w.e] =
        LensVelocityOf(view, top.point.from_center, bottom.point.from_center, edge.slope,
                       w.found.lens_slides.At(top.s), w.found.lens_slides.At(bottom.s));
    b.edge_id[w.e] = FragmentKey::EdgeId(w.slot, w.e - w.first);
    CountFragments(edge, w.job, w.j, w.e, w.s);
  }

  /// Room for a row's fragments: the columns that the edge passes there.
  CA_HD void CountRow(const ImageEdge& edge, const ViewGeometry& view, int64_t first_row,
                      int row) const {
    if (view.window != 1 && row % view.window != view.window / 2) return;
    const RowPiece piece = PieceInRow(edge, row);
    if (!(piece.yb > piece.ya)) return;
    const int columns = ColumnsOf(piece, view.width_px).count();
    if (columns > 0) AtomicAdd(b.row_room + first_row + row / view.window, columns);
  }

  CA_HD void CountFragments(const ImageEdge& edge, const Job& job, int32_t j, int64_t e,
                            Shared& s) const {
    const ViewGeometry& view = job.view;
    const EdgeRows rows = RowsOf(edge, view.height_px);
    const PixelWindow window{view.window};
    const int left_begin = window.FirstPixel(rows.left_begin),
              left_end = window.FirstPixel(rows.left_end);
    if (left_begin < left_end) {
      int32_t* const step = b.left_step + b.row_begin[j] + j;
      AtomicAdd(step + left_begin, edge.multiplicity);
      AtomicAdd(step + left_end, -edge.multiplicity);
    }
    if (rows.last - rows.first >= kMostRowsAlone) {
      const int32_t place = AtomicAdd(&s.num_long, 1);
      if (place < kMostLong) {
        s.long_edge[place] = e;
        return;
      }
    }
    for (int row = rows.first; row <= rows.last; ++row) {
      if (!rows.IsLeft(row)) CountRow(edge, view, b.row_begin[j], row);
    }
  }

  template <typename Block>
  CA_HD void CountLongEdges(const Block& block, const Job& job, int32_t j, Shared& s) const {
    const int num_long = Min<int>(s.num_long, kMostLong);
    block.ForThreads([&](int t) {
      for (int i = 0; i < num_long; ++i) {
        const ImageEdge edge = b.edges[s.long_edge[i]];
        const EdgeRows rows = RowsOf(edge, job.view.height_px);
        for (int row = rows.first + t; row <= rows.last; row += kBlockThreads) {
          if (!rows.IsLeft(row)) CountRow(edge, job.view, b.row_begin[j], row);
        }
      }
    });
  }

  /// One more than there are fragments, for what has an end besides.
  CA_HD static int32_t PlacesOf(int32_t room) { return room > 0 ? room + 1 : 0; }

  /// Where the fragments of each of the job's rows begin, and w left of the frame.
  template <typename Block>
  CA_HD void PlaceRows(const Block& block, int32_t j, Shared& s) const {
    const int64_t begin = b.row_begin[j];
    const auto num_rows = static_cast<int>(b.row_begin[j + 1] - begin);
    const int32_t* const room = b.row_room + begin;
    const int32_t* const step = b.left_step + begin + j;
    const int each = (num_rows + kBlockThreads - 1) / kBlockThreads;
    block.ForThreads([&](int t) {
      s.room[0][t] = s.left[0][t] = 0;
      for (int r = t * each; r < Min(num_rows, (t + 1) * each); ++r) {
        s.room[0][t] += PlacesOf(room[r]);
        s.left[0][t] += step[r];
      }
    });
    ExclusiveSums(block, s.room[0], s.room[1], &s.total_room);
    ExclusiveSums(block, s.left[0], s.left[1], &s.total_left);
    block.ForThreads([&](int t) {
      if (t == 0) s.first_fragment = AtomicAdd(&b.needs->fragments, s.total_room);
    });
    block.ForThreads([&](int t) {
      int64_t first = s.first_fragment + s.room[0][t];
      int32_t left = s.left[0][t];
      for (int r = t * each; r < Min(num_rows, (t + 1) * each); ++r) {
        left += step[r];
        b.row_first[begin + r] = first;
        b.row_left[begin + r] = left;
        first += PlacesOf(room[r]);
      }
    });
  }
};

}  // namespace ceres_align::batch
