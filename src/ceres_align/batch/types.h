// The data of the batched rasterizer: plain types and pointers, of the host or of a device.
//
// A batch of jobs (views of meshes) goes through four stages (block.h says what a stage is):
//   BeginBatch    begin_stage.h   fetches the jobs, clears the counters
//   FindEdges     find_stage.h    contour edges found, projected, and their fragments counted by
//                                 row; whoever is last with a job gives its rows their places
//   EmitFragments emit_stage.h    fragments written into their rows
//   SweepRows     row_stage.h     rows put in order, their cells swept and summed; whoever is last
//                                 with a job adds its rows
// Within a stage indices may run in any order or at once: what lands where in memory depends on it,
// results do not. Edges have numbers of their mesh's (Batch::edge_id), and a row's fragments are
// sorted by column and those.
#pragma once

#include <cstdint>

#include "ceres_align/batch/block.h"
#include "ceres_align/render/contour_edges.h"
#include "ceres_align/render/silhouette_gram.h"

namespace ceres_align::batch {

/// A ContourMesh by pointers.
struct MeshView {
  const Vec3* vertices;
  const MeshFace* faces;
  const FaceBall* face_balls;  ///< of kItemEdges faces each
  const PlaneBounds* cluster_bounds;
  const int32_t *edge_begin, *face_begin;  ///< one more than clusters
  const int32_t* cluster_face;
  const float *plane_x, *plane_y, *plane_z, *plane_offset;
  const ClusterEdge* edges;
  int32_t num_vertices, num_faces, num_clusters, num_regular_clusters;
  int32_t num_edges, num_cluster_faces;
};

/// Edges are looked at in items of this many: a cluster's, or the near-plane cuts of so many faces.
constexpr int kItemEdges = 64;
/// Items that one block looks at, all of one job.
constexpr int kGroupItems = 32;
/// Rows that one block sweeps, all of one job: one a warp.
constexpr int kChunkRows = kBlockWarps;

struct Job {
  ViewGeometry view;
  int32_t mesh, target;
  bool in_front;    ///< something of the bounding sphere is in front of the near plane
  bool clips;       ///< the bounding sphere crosses it
  bool intrinsics;  ///< asks for the columns of [fx, fy, cx, cy] too

  CA_HD int rows() const { return view.height_px / view.window; }  ///< pixels of the image
  CA_HD int columns() const { return view.width_px / view.window; }
};

/// The number of items of a job: clusters, then faces if it clips.
CA_HD inline int64_t NumItems(const MeshView& mesh, const Job& job) {
  if (!job.in_front) return 0;
  const int64_t face_items = (static_cast<int64_t>(mesh.num_faces) + kItemEdges - 1) / kItemEdges;
  return mesh.num_clusters + (job.clips ? face_items : 0);
}

/// The derivatives of a swept cell by [fx, fy, cx, cy]; 0 where its job does not ask for them.
struct IntrinsicsTerms {
  double v[IntrinsicsSums::kColumns];
};

/// What one swept cell adds to the sums of its job, the pixels between it and the cell on its left
/// included.
struct CellTerms {
  double v[7];    ///< J and r
  double weight;  ///< 0 unless the cell is on the outline
  double sum[5];  ///< cost off the outline, area, moments in x and y, 1 on the outline
  IntrinsicsTerms intrinsics;
};

/// The sums of one job: 28 products, those of CellTerms, and IntrinsicsSums if some job of its
/// batch asks for them.
struct JobSums {
  static constexpr int kProducts = 28, kEntries = 33;
  static constexpr int kIntrinsics = IntrinsicsSums::kColumns * IntrinsicsSums::kAll;
  double entry[kEntries + kIntrinsics];
};

/// What a run needed, whether it had the capacity or not.
struct Needs {
  int64_t edges;      ///< of the image: contour edges, through a lens their pieces
  int64_t fragments;  ///< places of rows; too few where the edges did not fit
};

/// What the host waits for and reads. The ticket is written last.
struct Report {
  Needs needs;
  uint64_t ticket;
};

/// The order of fragments in a row: by column, edge of the mesh, piece of the edge. A straight
/// piece passes a pixel once, so keys of a row differ (an edge would have to be in more than 2¹⁶
/// pieces).
struct FragmentKey {
  static constexpr int kPieceBits = 16, kSlotBits = 32, kColumnBits = 16;
  static constexpr int kMostColumns = (1 << kColumnBits) - 2;
  /// `slot`: place in the job's items.
  CA_HD static uint64_t EdgeId(int64_t slot, int64_t piece) {
    constexpr int64_t kMostPiece = (int64_t{1} << kPieceBits) - 1;
    return static_cast<uint64_t>(slot) << kPieceBits |
           static_cast<uint64_t>(Min(piece, kMostPiece));
  }
  CA_HD static uint64_t Of(int column, uint64_t edge_id) {
    return static_cast<uint64_t>(column + 1) << (kPieceBits + kSlotBits) | edge_id;
  }
  CA_HD static int64_t Slot(uint64_t key) {
    return static_cast<int64_t>(key >> kPieceBits & ((uint64_t{1} << kSlotBits) - 1));
  }
  /// −1: left of the frame.
  CA_HD static int Column(uint64_t key) {
    return static_cast<int>(key >> (kPieceBits + kSlotBits)) - 1;
  }
};

/// One batch: all arrays of all stages. Passed to every stage by value.
struct Batch {
  const MeshView* meshes;
  const TargetView* targets;  ///< null when drawing images
  /// Where the host has put what `input` shall hold, and the ticket of the run.
  const uint64_t* staged_input;
  uint64_t* input;  // [input_words]: ticket, jobs, the four tables
  int64_t input_words;
  uint64_t* cleared;  // [cleared_words]: the counters below
  int64_t cleared_words;

  const uint64_t* ticket;  // [1]
  const Job* jobs;
  /// Job j has the groups of items [group_begin[j], group_begin[j+1]), likewise pixel rows, chunks
  /// of rows and pixels of images. Every job has a group, if an empty one.
  const int64_t *group_begin, *row_begin, *chunk_begin, *pixel_begin;
  int32_t num_jobs;
  int64_t num_groups, num_rows, num_chunks;
  /// For what only the run finds out. What exceeds it is left out, and Needs tells.
  int64_t edge_capacity, fragment_capacity;
  /// Of JobSums: kEntries, and kIntrinsics more if some job asks for those; 0 for images.
  int num_entries;
  /// Rows with more are sorted in parts, and profiles with more steps found again: tests lower
  /// these (EngineLimits).
  int64_t most_ranked_at_once, most_start_steps;

  // Counters.
  Needs* needs;                        // [1]
  int32_t *groups_done, *chunks_done;  // [num_jobs]
  int32_t* jobs_done;                  // [1]
  int32_t* left_step;                  // [num_lefts()]: steps of w left of the frame
  int32_t* row_room;                   // [num_rows]: columns that edges pass
  int32_t* row_count;                  // [num_rows]: fragments

  ImageEdge* edges;        // [edge_capacity]
  EdgeVelocity* velocity;  // [edge_capacity]
  uint64_t* edge_id;       // [edge_capacity]
  int32_t* edge_job;       // [edge_capacity]

  /// The place of its first fragment. A row with fragments has one place more than those, in all
  /// arrays of fragments; rows of different jobs lie in any order.
  int64_t* row_first;  // [num_rows]
  int32_t* row_left;   // [num_rows]: w left of the frame

  Fragment *unsorted, *fragment;                   // [fragment_capacity]
  uint64_t *key, *sorted_key;                      // [fragment_capacity]
  int32_t *bucket_order, *bucket_begin;            // [fragment_capacity]
  RowProfile::Step *net_step, *work_step;          // [2·fragment_capacity]
  RowProfile::Step* start_step;                    // [4·fragment_capacity]
  double *x, *crossing, *since, *piece0, *piece1;  // [fragment_capacity]: CellScratch
  int *sign, *active, *cell_order;

  double* chunk_sums;  // [num_entries·num_chunks]
  Report* report;      // [1]
  double* job_sums;    // [num_entries·num_jobs]

  CA_HD int64_t num_lefts() const { return num_rows + num_jobs; }
  CA_HD bool EdgesFit() const { return needs->edges <= edge_capacity; }
  /// After FindEdges; false: the batch runs again, with more capacity.
  CA_HD bool Fits() const { return EdgesFit() && needs->fragments <= fragment_capacity; }
};

/// The last j in [0, n) with begin[j] <= i, for growing begin with begin[0] <= i.
CA_HD inline int32_t LastBegin(const int64_t* begin, int32_t n, int64_t i) {
  int32_t low = 0, high = n;  // begin[low] <= i < begin[high]
  while (high - low > 1) {
    const int32_t middle = low + (high - low) / 2;
    (begin[middle] <= i ? low : high) = middle;
  }
  return low;
}

}  // namespace ceres_align::batch
