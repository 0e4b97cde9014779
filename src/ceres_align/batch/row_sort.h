// A row's fragments put in order by one warp: by key (types.h).
#pragma once

#include "ceres_align/batch/types.h"

namespace ceres_align::batch {

/// What a warp shares while it sorts.
struct SortShared {
  static constexpr int kMostKeys = 64;
  uint64_t key[kMostKeys];
  int32_t lane_sum[kWarpLanes];
};

/// One row: the arrays of the batch from its first fragment on.
struct RowSlice {
  const Fragment* unsorted;
  const uint64_t* key;
  Fragment* fragment;
  uint64_t* sorted_key;
  int32_t* bucket_begin;  // [n + 1]
  int32_t* bucket_order;  // [n]
  int n;
  int64_t num_columns, num_slots;

  RowSlice() = default;
  CA_HD RowSlice(const Batch& b, const Job& job, int64_t row)
      : n(b.row_count[row]),
        num_columns(job.view.width_px + 1),
        num_slots(kItemEdges * NumItems(b.meshes[job.mesh], job)) {
    const int64_t first = b.row_first[row];
    unsorted = b.unsorted + first;
    key = b.key + first;
    fragment = b.fragment + first;
    sorted_key = b.sorted_key + first;
    bucket_begin = b.bucket_begin + first;
    bucket_order = b.bucket_order + first;
  }

  CA_HD void Put(int i, int place) const {
    fragment[place] = unsorted[i];
    sorted_key[place] = key[i];
  }
  /// Keys in order fall into n buckets in order: by column, and within one by how far the edge is
  /// in the mesh.
  CA_HD int BucketOf(uint64_t k) const {
    constexpr int64_t kParts = 4096;
    const int64_t part = FragmentKey::Slot(k) * kParts / num_slots;
    return static_cast<int>(((FragmentKey::Column(k) + 1) * kParts + part) * n /
                            (num_columns * kParts));
  }
};

namespace internal {

/// Each fragment's place is the number of lower keys.
template <typename Warp>
CA_HD inline void RankAll(const Warp& warp, const RowSlice& row, SortShared& s) {
  warp.ForLanes([&](int lane) {
    for (int i = lane; i < row.n; i += kWarpLanes) s.key[i] = row.key[i];
  });
  warp.ForLanes([&](int lane) {
    for (int i = lane; i < row.n; i += kWarpLanes) {
      const uint64_t key = s.key[i];
      int place = 0;
      for (int k = 0; k < row.n; ++k) place += s.key[k] < key ? 1 : 0;
      row.Put(i, place);
    }
  });
}

/// bucket_begin[k + 1] holds bucket k's count; makes it where the bucket begins, and
/// bucket_begin[0] 0.
template <typename Warp>
CA_HD inline void SumBuckets(const Warp& warp, const RowSlice& row, SortShared& s) {
  const int each = (row.n + kWarpLanes - 1) / kWarpLanes;
  warp.ForLanes([&](int lane) {
    s.lane_sum[lane] = 0;
    for (int k = lane * each; k < Min(row.n, (lane + 1) * each); ++k) {
      s.lane_sum[lane] += row.bucket_begin[k + 1];
    }
  });
  warp.ForLanes([&](int lane) {
    int32_t begin = 0;
    for (int l = 0; l < lane; ++l) begin += s.lane_sum[l];
    if (lane == 0) row.bucket_begin[0] = 0;
    for (int k = lane * each; k < Min(row.n, (lane + 1) * each); ++k) {
      const int32_t count = row.bucket_begin[k + 1];
      row.bucket_begin[k + 1] = begin;
      begin += count;
    }
  });
}

/// A bitonic sort of bucket_order[begin … begin + n) by key. All comparisons put the lower key
/// first, so that what would lie behind the end never moves, and n need not be a power of two.
template <typename Warp>
CA_HD inline void SortBucket(const Warp& warp, const RowSlice& row, int32_t begin, int32_t n) {
  int32_t* const order = row.bucket_order + begin;
  const auto exchange = [&](int32_t mask) {
    warp.ForLanes([&](int lane) {
      for (int32_t i = lane; i < n; i += kWarpLanes) {
        const int32_t partner = i ^ mask;
        if (partner < i || partner >= n) continue;
        const int32_t a = order[i], c = order[partner];
        if (row.key[a] <= row.key[c]) continue;
        order[i] = c;
        order[partner] = a;
      }
    });
  };
  for (int32_t size = 2; size / 2 < n; size *= 2) {
    exchange(size - 1);
    for (int32_t half = size / 4; half > 0; half /= 2) exchange(half);
  }
}

/// Buckets with more fragments are sorted, for ranking takes the square of their number.
constexpr int kMostRanked = 64;

/// Many fragments of like keys: a lens can bend an edge into thousands of pieces in a pixel.
template <typename Warp>
CA_HD inline void SortLargeBuckets(const Warp& warp, const RowSlice& row, SortShared& s) {
  const auto size = [&](int k) { return row.bucket_begin[k + 1] - row.bucket_begin[k]; };
  warp.ForLanes([&](int lane) {
    s.lane_sum[lane] = 0;
    for (int k = lane; k < row.n; k += kWarpLanes) s.lane_sum[lane] += size(k) > kMostRanked;
  });
  int32_t num_large = 0;
  for (int lane = 0; lane < kWarpLanes; ++lane) num_large += s.lane_sum[lane];
  for (int k = 0; num_large > 0; ++k) {
    if (size(k) <= kMostRanked) continue;
    SortBucket(warp, row, row.bucket_begin[k], size(k));
    --num_large;
  }
}

/// The same as RankAll among those of like keys.
template <typename Warp>
CA_HD inline void RankInBuckets(const Warp& warp, const RowSlice& row, SortShared& s) {
  warp.ForLanes([&](int lane) {
    for (int k = lane; k <= row.n; k += kWarpLanes) row.bucket_begin[k] = 0;
  });
  warp.ForLanes([&](int lane) {
    for (int i = lane; i < row.n; i += kWarpLanes) {
      AtomicAdd(row.bucket_begin + row.BucketOf(row.key[i]) + 1, 1);
    }
  });
  SumBuckets(warp, row, s);
  // Now a bucket's begin moves on to its end, which is where the next one has begun.
  warp.ForLanes([&](int lane) {
    for (int i = lane; i < row.n; i += kWarpLanes) {
      const int32_t place = AtomicAdd(row.bucket_begin + row.BucketOf(row.key[i]) + 1, 1);
      row.bucket_order[place] = i;
    }
  });
  SortLargeBuckets(warp, row, s);
  warp.ForLanes([&](int lane) {
    for (int o = lane; o < row.n; o += kWarpLanes) {
      const int i = row.bucket_order[o];
      const uint64_t key = row.key[i];
      const int bucket = row.BucketOf(key);
      const int32_t begin = row.bucket_begin[bucket], end = row.bucket_begin[bucket + 1];
      if (end - begin > kMostRanked) {
        row.Put(i, o);
        continue;
      }
      int32_t place = begin;
      for (int32_t k = begin; k < end; ++k) place += row.key[row.bucket_order[k]] < key ? 1 : 0;
      row.Put(i, place);
    }
  });
}

}  // namespace internal

/// Fills row.fragment and row.sorted_key.
template <typename Warp>
CA_HD inline void SortRow(const Warp& warp, const RowSlice& row, int64_t most_at_once,
                          SortShared& s) {
  if (row.n <= Min<int64_t>(most_at_once, SortShared::kMostKeys)) {
    internal::RankAll(warp, row, s);
  } else {
    internal::RankInBuckets(warp, row, s);
  }
}

}  // namespace ceres_align::batch
