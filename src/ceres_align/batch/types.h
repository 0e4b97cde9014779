// The data of the batched rasterizer: plain types and pointers, of the host or of a device.
//
// A batch of jobs (views of meshes) goes through the stages of contour_stages.h, fragment_stages.h
// and row_stages.h. Each stage is a function of an index: it reads what earlier stages wrote and
// writes places of its own, so indices may run in any order or at once (where they share
// one, they add integers atomically, which does not depend on the order either). pipeline.h runs
// them in sequence.
#pragma once

#include <cstdint>

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

/// Rows are summed in chunks of this many, chunks in order of rows.
constexpr int kChunkRows = 4;

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

/// What one swept cell adds to the sums of its job, the pixels between it and the cell on its left
/// included.
struct CellTerms {
  double v[7];    ///< J and r
  double weight;  ///< 0 unless the cell is on the outline
  double sum[5];  ///< cost off the outline, area, moments in x and y, 1 on the outline
};

/// The derivatives of a swept cell by [fx, fy, cx, cy]; 0 where its job does not ask for them.
struct IntrinsicsTerms {
  double v[IntrinsicsSums::kColumns];
};

/// The profile (silhouette_cell.h) on the left of a cell.
struct ProfileSnapshot {
  int64_t first_step;
  int32_t num_steps;
  int32_t top;
};

/// The sums of one job: 28 products, those of CellTerms, and IntrinsicsSums if some job of its
/// batch asks for them.
struct JobSums {
  static constexpr int kProducts = 28, kEntries = 33;
  static constexpr int kIntrinsics = IntrinsicsSums::kColumns * IntrinsicsSums::kAll;
  double entry[kEntries + kIntrinsics];
};

/// What a run needed, whether it had the capacity or not. A number is exact where those before it
/// fit.
struct Needs {
  int64_t items, edges, fragments;  ///< items that survive culling, edges of the image, fragments
  int64_t most_in_row;              ///< fragments; at most 0 where fragments did not fit
};

/// One batch: all arrays of all stages. Passed to every stage by value.
struct Batch {
  const MeshView* meshes;
  const TargetView* targets;  ///< null when drawing images
  const Job* jobs;
  /// Job j has the items [item_begin[j], item_begin[j+1]), likewise pixel rows, chunks of rows
  /// and pixels of images.
  const int64_t *item_begin, *row_begin, *chunk_begin, *pixel_begin;
  int32_t num_jobs;
  int64_t num_items, num_rows, num_chunks;
  /// For what only the run finds out. What exceeds it is left out, and Needs tells.
  int64_t item_capacity, edge_capacity, fragment_capacity;
  int column_bits;  ///< of keys
  /// Of JobSums: kEntries, and kIntrinsics more if some job asks for those; 0 for images.
  int num_entries;
  /// Some job has a lens: an edge's image is a curve of pieces, and those are what later stages
  /// call edges. Without, the piece arrays have no places, and an edge is one.
  bool has_lens;
  /// How fragments get into order; both ways give the same. True: each is put into its row and
  /// compared with all of the row, best where rows have few. False: sorted by key.
  bool by_rows;
  int64_t most_snapshot_steps_per_row;  ///< tests lower it to force the serial path

  uint8_t* item_flag;  // [num_items]
  int32_t* items;      // [num_items], the flagged ones in order
  uint8_t* slot_flag;  // [kItemEdges·item_capacity]
  int32_t* slots;      // [kItemEdges·item_capacity], the flagged ones in order
  int32_t* counts;     // [2]: items, slots
  int64_t *piece_count,
      *piece_sum;          // [edge_capacity + 1], with a lens: of slots; sums of all before
  ImageEdge* edges;        // [edge_capacity]
  EdgeVelocity* velocity;  // [edge_capacity]
  int32_t* edge_job;       // [edge_capacity]

  // Three arrays one after the other and their running sums, made in one go.
  int64_t* fragment_count;                     // [edge_capacity + 1], the last is 0
  int64_t* left_step;                          // [num_lefts()]: steps of w left of the frame
  int64_t* row_count;                          // [num_rows + 1]: fragments, the last is 0
  int64_t *fragment_sum, *left_sum, *row_sum;  // sums of all before

  Fragment* unsorted;             // [fragment_capacity]
  uint64_t *key, *sorted_key;     // [fragment_capacity]
  int32_t *order, *sorted_order;  // [fragment_capacity], for sorting
  int32_t* row_of;                // [fragment_capacity], by rows
  int64_t* row_cursor;            // [num_rows], by rows
  Fragment* fragment;             // sorted by row, column and order of emission

  int32_t* row_top;                    // [num_rows]: w right of all fragments
  uint8_t* row_is_serial;              // [num_rows]
  CoverageSums* row_end;               // [num_rows]: right of all fragments; not for images
  RowProfile::Step *step, *kept_step;  // [2·(fragment_capacity + num_rows)]: working, snapshots
  ProfileSnapshot* snapshot;           // [fragment_capacity], at first fragments of cells
  double *x, *crossing, *since, *piece0, *piece1;  // [fragment_capacity]: CellScratch
  int *sign, *active, *cell_order;
  CellTerms* terms;  // [fragment_capacity], 0 but at first fragments of cells; not for images
  IntrinsicsTerms* intrinsics_terms;  // [fragment_capacity], likewise; null where no job asks

  double* chunk_sums;  // [num_entries·num_chunks]
  Needs* needs;        // [1]
  double* job_sums;    // [num_entries·num_jobs]

  /// Contour edges of the mesh that there is room for.
  CA_HD int64_t num_slots() const { return Min<int64_t>(counts[1], edge_capacity); }
  /// Places that edges of the image need; too few where the mesh's did not fit.
  CA_HD int64_t needed_edges() const {
    return has_lens ? Max<int64_t>(counts[1], piece_sum[edge_capacity]) : counts[1];
  }
  CA_HD int64_t num_edges() const {
    return Min<int64_t>(has_lens ? piece_sum[edge_capacity] : counts[1], edge_capacity);
  }
  CA_HD int64_t num_lefts() const { return num_rows + num_jobs; }
  CA_HD int64_t needed_fragments() const { return fragment_sum[edge_capacity]; }
  /// 0 if the capacity is too small for all: the batch runs again then.
  CA_HD int64_t num_fragments() const {
    return needed_fragments() <= fragment_capacity ? needed_fragments() : 0;
  }
  /// The first fragment of row r, or the end of row r − 1. The steps left of the frame, which are
  /// summed before the rows, add up to 0.
  CA_HD int64_t FirstOfRow(int64_t r) const {
    return num_fragments() == 0 ? 0 : row_sum[r] - needed_fragments();
  }
  CA_HD int64_t RowOfKey(uint64_t k) const { return static_cast<int64_t>(k >> column_bits); }
  /// −1: left of the frame.
  CA_HD int ColumnOfKey(uint64_t k) const {
    return static_cast<int>(k & ((uint64_t{1} << column_bits) - 1)) - 1;
  }
  /// Row of the batch and column, as one number to sort by.
  CA_HD uint64_t KeyOf(int64_t row, int column) const {
    return static_cast<uint64_t>(row) << column_bits | static_cast<uint64_t>(column + 1);
  }
  CA_HD bool StartsCell(int64_t i) const {
    return ColumnOfKey(sorted_key[i]) >= 0 && (i == 0 || sorted_key[i - 1] != sorted_key[i]);
  }
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

/// Returns what was there before. Integer sums do not depend on the order of the additions.
CA_HD inline int64_t AtomicAdd(int64_t* to, int64_t value) {
#if defined(__CUDA_ARCH__)
  return static_cast<int64_t>(
      atomicAdd(reinterpret_cast<unsigned long long*>(to), static_cast<unsigned long long>(value)));
#else
  return __atomic_fetch_add(to, value, __ATOMIC_RELAXED);
#endif
}

/// For values that are not negative.
CA_HD inline void AtomicMax(int64_t* to, int64_t value) {
#if defined(__CUDA_ARCH__)
  atomicMax(reinterpret_cast<unsigned long long*>(to), static_cast<unsigned long long>(value));
#else
  int64_t before = __atomic_load_n(to, __ATOMIC_RELAXED);
  while (before < value && !__atomic_compare_exchange_n(to, &before, value, true, __ATOMIC_RELAXED,
                                                        __ATOMIC_RELAXED)) {
  }
#endif
}

}  // namespace ceres_align::batch
