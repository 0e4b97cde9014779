// The pipeline of stages, on any executor. An Executor has
//   Memory                                    grow-only block: Reserve(bytes), which throws, and
//                                             TryReserve, which says false, where there is no more;
//                                             data(), capacity_bytes(). It loses what it held when
//                                             it grows.
//   StagingMemory                             the same on the host, fast to copy from and to
//   FreeBytes()                               how much more memory there is
//   Upload(to, from, bytes), Download(to, from, bytes), FillBytes(to, byte, bytes)
//   ForEach(n, stage)                         stage(0) … stage(n − 1), in any order
//   Select(flags, n, out, count, temp)        indices of nonzero flags, in order, and their number
//   ExclusiveSum(in, out, n, temp)
//   SortPairs(keys, sorted_keys, values, sorted_values, n, bits, temp)   stable, by the low bits
//   TempBytes(most_selected, most_summed, most_sorted)                   what the three need for
//                                             so many elements; they refuse less
//   Run(shape, size, is_small, steps)         runs steps(), which calls only the above; equal
//                                             shapes mean the same calls. Small: launches are
//                                             most of the time.
//   Wait()                                    until everything asked for has been done
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "ceres_align/batch/contour_stages.h"
#include "ceres_align/batch/engine.h"
#include "ceres_align/batch/fragment_stages.h"
#include "ceres_align/batch/layout.h"
#include "ceres_align/batch/registered_data.h"
#include "ceres_align/batch/row_stages.h"
#include "ceres_align/batch/size_estimates.h"

namespace ceres_align::batch {

template <typename Executor>
class Pipeline : public Engine {
 public:
  Pipeline(std::unique_ptr<Executor> executor, const EngineLimits& limits)
      : executor_(std::move(executor)), limits_(limits), registered_(executor_.get()) {}

  void SetMesh(int id, const MeshView& mesh) override {
    registered_.SetMesh(id, mesh);
    estimates_.Forget();
  }
  void SetTarget(int id, const TargetView& target) override { registered_.SetTarget(id, target); }
  void ClearMesh(int id) override { registered_.ClearMesh(id); }
  void ClearTarget(int id) override { registered_.ClearTarget(id); }

  bool Evaluate(const Job* jobs, int32_t num_jobs, JobSums* sums) override {
    if (num_jobs == 0) return true;
    const bool intrinsics =
        std::any_of(jobs, jobs + num_jobs, [](const Job& job) { return job.intrinsics; });
    const int num_entries = JobSums::kEntries + (intrinsics ? JobSums::kIntrinsics : 0);
    const size_t bytes_per_job = sizeof(double) * num_entries;
    const auto stages = [this](const Batch& b) {
      executor_->ForEach(b.fragment_capacity, SweepCells<GramCells>{b, {b}});
      executor_->ForEach(b.num_entries * b.num_chunks, SumChunks{b});
      executor_->ForEach(b.num_entries * int64_t{b.num_jobs}, SumJobs{b});
    };
    const Output output{kSums, bytes_per_job * num_jobs, num_entries};
    if (!RunUntilItFits(jobs, num_jobs, output, stages)) return false;
    for (int32_t j = 0; j < num_jobs; ++j) {
      std::memcpy(sums[j].entry, output_ + sizeof(Needs) + j * bytes_per_job, bytes_per_job);
    }
    return true;
  }

  bool Draw(const Job* jobs, int32_t num_jobs, float* pixels) override {
    return DrawInto(jobs, num_jobs, pixels, nullptr);
  }
  bool DrawExactly(const Job& job, double* pixels, double* jacobian) override {
    return DrawInto(&job, 1, pixels, jacobian);
  }

 private:
  enum Purpose { kSums, kFloatImages, kDoubleImages, kDoubleImagesWithJacobian };
  /// What a run makes beside Needs: bytes of sums or of images.
  struct Output {
    Purpose purpose;
    size_t bytes;
    int num_entries;  ///< of JobSums; 0 for images
  };

  /// Everything host-side of a batch, and the shape that decides which calls a run makes.
  struct Plan {
    Batch batch;
    size_t input_bytes, output_bytes;
    char* inputs;   // on the device
    char* outputs;  // on the device: Needs, then sums or images
    void* temp;
    size_t temp_bytes;
  };

  template <typename Pixel>
  bool DrawInto(const Job* jobs, int32_t num_jobs, Pixel* pixels, double* jacobian) {
    if (num_jobs == 0) return true;
    int64_t num_pixels = 0;
    for (int32_t j = 0; j < num_jobs; ++j)
      num_pixels += int64_t{jobs[j].rows()} * jobs[j].columns();
    const size_t image_bytes = sizeof(Pixel) * num_pixels;
    const size_t jacobian_bytes = jacobian == nullptr ? 0 : 6 * sizeof(double) * num_pixels;
    const Purpose purpose = std::is_same_v<Pixel, float> ? kFloatImages
                            : jacobian == nullptr        ? kDoubleImages
                                                         : kDoubleImagesWithJacobian;
    const auto stages = [&](const Batch& b) {
      char* const images = plan_.outputs + sizeof(Needs);
      auto* const device_pixels = reinterpret_cast<Pixel*>(images);
      auto* const device_jacobian =
          jacobian == nullptr ? nullptr : reinterpret_cast<double*>(images + image_bytes);
      executor_->FillBytes(images, 0, image_bytes + jacobian_bytes);
      executor_->ForEach(b.fragment_capacity,
                         SweepCells<ImageCells<Pixel>>{b, {b, device_pixels, device_jacobian}});
      executor_->ForEach(b.num_rows, FinishRows<Pixel>{b, device_pixels});
    };
    if (!RunUntilItFits(jobs, num_jobs, Output{purpose, image_bytes + jacobian_bytes, 0}, stages)) {
      return false;
    }
    const char* const images = output_ + sizeof(Needs);
    std::memcpy(pixels, images, image_bytes);
    if (jacobian != nullptr) std::memcpy(jacobian, images + image_bytes, jacobian_bytes);
    return true;
  }

  /// Runs a batch, again with more capacity as long as that was too little. False: out of memory.
  template <typename LastStages>
  bool RunUntilItFits(const Job* jobs, int32_t num_jobs, const Output& output,
                      const LastStages& last_stages) {
    StageInputs(jobs, num_jobs);
    for (;;) {
      if (!MakePlan(num_jobs, output)) return false;
      const Batch& b = plan_.batch;
      const int64_t shape[] = {output.purpose,
                               b.num_jobs,
                               b.num_items,
                               b.num_rows,
                               b.num_chunks,
                               b.item_capacity,
                               b.edge_capacity,
                               b.fragment_capacity,
                               b.column_bits,
                               b.has_lens ? 1 : 0,
                               static_cast<int64_t>(output.bytes),
                               Address(block_.data()),
                               Address(staging_in_.data()),
                               Address(b.meshes),
                               Address(staging_out_.data()),
                               Address(b.targets)};
      executor_->Run(shape, sizeof(shape) / sizeof(shape[0]), num_jobs <= kSmallBatch, [&] {
        executor_->Upload(plan_.inputs, staging_in_.data(), plan_.input_bytes);
        RunCommonStages(b);
        last_stages(b);
        executor_->Download(staging_out_.data(), plan_.outputs, plan_.output_bytes);
      });
      executor_->Wait();
      output_ = static_cast<const char*>(staging_out_.data());
      Needs needs;
      std::memcpy(&needs, output_, sizeof(needs));
      if (NoteNeeds(needs)) return true;
    }
  }

  void RunCommonStages(const Batch& b) {
    executor_->ForEach(PrepareBatch::Count(b), PrepareBatch{b});
    executor_->Select(b.item_flag, b.num_items, b.items, b.counts, plan_.temp, plan_.temp_bytes);
    executor_->ForEach(kItemEdges * b.item_capacity, FindEdges{b});
    executor_->Select(b.slot_flag, kItemEdges * b.item_capacity, b.slots, b.counts + 1, plan_.temp,
                      plan_.temp_bytes);
    if (b.has_lens) {
      executor_->ForEach(b.edge_capacity + 1, CountPieces{b});
      executor_->ExclusiveSum(b.piece_count, b.piece_sum, b.edge_capacity + 1, plan_.temp,
                              plan_.temp_bytes);
    }
    executor_->ForEach(b.edge_capacity + 1, ProjectEdges{b});
    executor_->ExclusiveSum(b.fragment_count, b.fragment_sum, NumSummed(b), plan_.temp,
                            plan_.temp_bytes);
    executor_->ForEach(b.edge_capacity, EmitFragments{b});
    if (b.by_rows) {
      executor_->ForEach(b.fragment_capacity, RankFragments{b});
    } else {
      executor_->SortPairs(b.key, b.sorted_key, b.order, b.sorted_order, b.fragment_capacity,
                           b.column_bits + BitsFor(b.num_rows), plan_.temp, plan_.temp_bytes);
      executor_->ForEach(b.fragment_capacity, GatherFragments{b});
    }
    executor_->ForEach(b.num_rows, ProfileRows{b});
  }

  /// Bits that hold 0 … n, so that no row has them all set but one that does not exist.
  static int BitsFor(int64_t n) {
    int bits = 1;
    while ((int64_t{1} << bits) <= n) ++bits;
    return bits;
  }

  /// The inputs of a batch, packed into staging memory: jobs, then four tables.
  void StageInputs(const Job* jobs, int32_t num_jobs) {
    Batch b{};
    Layout measure(nullptr);
    TakeInputs(&measure, num_jobs, &b);
    staging_in_.Reserve(measure.bytes());
    Layout layout(staging_in_.data());
    const InputTables tables = TakeInputs(&layout, num_jobs, &b);
    std::copy(jobs, jobs + num_jobs, tables.jobs);
    kinds_.clear();
    estimates_.ForgetIfMany();
    int widest = 0;
    bool has_lens = false;
    int64_t item = 0, row = 0, chunk = 0, pixel = 0;
    for (int32_t j = 0; j < num_jobs; ++j) {
      tables.item[j] = item;
      tables.row[j] = row;
      tables.chunk[j] = chunk;
      tables.pixel[j] = pixel;
      item += NoteKind(jobs[j]);
      row += jobs[j].rows();
      chunk += (jobs[j].rows() + kChunkRows - 1) / kChunkRows;
      pixel += int64_t{jobs[j].rows()} * jobs[j].columns();
      widest = std::max(widest, jobs[j].view.width_px);
      has_lens = has_lens || jobs[j].view.has_lens;
    }
    tables.item[num_jobs] = item;
    tables.row[num_jobs] = row;
    tables.chunk[num_jobs] = chunk;
    tables.pixel[num_jobs] = pixel;
    counts_ = {item, row, chunk, BitsFor(widest), has_lens};
  }

  /// Counts the jobs of each kind, and returns the job's items.
  int64_t NoteKind(const Job& job) {
    const SizeEstimates::Kind kind = SizeEstimates::KindOf(job);
    // Jobs of a kind mostly follow one another, or alternate between a few views.
    for (size_t i = kinds_.size(); i-- > 0;) {
      if (SizeEstimates::KindOf(kinds_[i].job) == kind) {
        kinds_[i].count += 1;
        return kinds_[i].items;
      }
    }
    kinds_.push_back({job, NumItems(registered_.mesh(job.mesh), job), 1, {}});
    return kinds_.back().items;
  }

  struct InputTables {
    Job* jobs;
    int64_t *item, *row, *chunk, *pixel;
  };
  static InputTables TakeInputs(Layout* layout, int32_t num_jobs, Batch* b) {
    layout->WithoutGuards();
    const InputTables t{layout->Take<Job>(num_jobs), layout->Take<int64_t>(num_jobs + 1),
                        layout->Take<int64_t>(num_jobs + 1), layout->Take<int64_t>(num_jobs + 1),
                        layout->Take<int64_t>(num_jobs + 1)};
    layout->WithGuards();
    b->jobs = t.jobs;
    b->item_begin = t.item;
    b->row_begin = t.row;
    b->chunk_begin = t.chunk;
    b->pixel_begin = t.pixel;
    return t;
  }

  /// Sets the batch's sizes and capacities and gives it memory. False: there is not enough.
  bool MakePlan(int32_t num_jobs, const Output& output) {
    expected_ = BatchSizes{};
    expected_.most_in_row = 0;
    for (JobsOfKind& kind : kinds_) {
      kind.expected = estimates_.Expected(kind.job, kind.items);
      expected_.items += kind.count * kind.expected.items;
      expected_.edges += kind.count * kind.expected.edges;
      expected_.fragments += kind.count * kind.expected.fragments;
      expected_.most_in_row = std::max(expected_.most_in_row, kind.expected.most_in_row);
    }
    // What is selected, summed and sorted is numbered in 32 bits.
    constexpr double kMost = INT32_MAX / 2;
    if (!(static_cast<double>(counts_.items) < kMost && expected_.edges < kMost &&
          kItemEdges * expected_.items < kMost && expected_.fragments < kMost)) {
      return false;
    }
    Batch& b = plan_.batch;
    b = Batch{};
    b.num_jobs = num_jobs;
    b.num_items = counts_.items;
    b.num_rows = counts_.rows;
    b.num_chunks = counts_.chunks;
    b.column_bits = counts_.column_bits;
    b.num_entries = output.num_entries;
    b.has_lens = counts_.has_lens;
    b.by_rows = expected_.most_in_row <= limits_.most_in_row_to_rank;
    b.most_snapshot_steps_per_row = limits_.most_snapshot_steps_per_row;
    b.item_capacity = std::min(SizeEstimates::Rounded(expected_.items), b.num_items);
    b.edge_capacity = SizeEstimates::Rounded(expected_.edges);
    b.fragment_capacity = SizeEstimates::Rounded(expected_.fragments);
    return Place(output);
  }

  bool Place(const Output& output) {
    Batch& b = plan_.batch;
    plan_.temp_bytes = executor_->TempBytes(std::max(b.num_items, kItemEdges * b.item_capacity),
                                            NumSummed(b), b.fragment_capacity);
    Layout measure(nullptr);
    TakeAll(&measure, output);
    const int64_t wanted = static_cast<int64_t>(measure.bytes());
    const int64_t held = static_cast<int64_t>(block_.capacity_bytes());
    if (limits_.bytes > 0 && wanted > limits_.bytes) return false;
    // A tenth is left to whatever else runs there.
    if (wanted > held && wanted > held + executor_->FreeBytes() / 10 * 9) return false;
    if (!block_.TryReserve(measure.bytes())) return false;
    staging_out_.Reserve(plan_.output_bytes);
    Layout layout(block_.data());
    TakeAll(&layout, output);
    b.meshes = registered_.meshes();
    b.targets = output.purpose == kSums ? registered_.targets() : nullptr;
    return true;
  }

  void TakeAll(Layout* layout, const Output& output) {
    Batch& b = plan_.batch;
    plan_.inputs = reinterpret_cast<char*>(TakeInputs(layout, b.num_jobs, &b).jobs);
    plan_.input_bytes = layout->bytes();
    plan_.output_bytes = sizeof(Needs) + output.bytes;
    plan_.outputs = layout->template Take<char>(static_cast<int64_t>(plan_.output_bytes));
    b.needs = reinterpret_cast<Needs*>(plan_.outputs);
    if (output.purpose == kSums) {
      b.job_sums = reinterpret_cast<double*>(plan_.outputs + sizeof(Needs));
      b.chunk_sums = layout->template Take<double>(b.num_entries * b.num_chunks);
      b.terms = layout->template Take<CellTerms>(b.fragment_capacity);
      if (b.num_entries > JobSums::kEntries) {
        b.intrinsics_terms = layout->template Take<IntrinsicsTerms>(b.fragment_capacity);
      }
      b.row_end = layout->template Take<CoverageSums>(b.num_rows);
    }
    plan_.temp = layout->template Take<char>(static_cast<int64_t>(plan_.temp_bytes));
    TakeArrays(layout, &b);
  }

  /// Learns from a run. False: its capacity was too small, and its results are worthless.
  bool NoteNeeds(const Needs& needs) {
    const Batch& b = plan_.batch;
    const auto ratio = [](int64_t needed, double expected) {
      return static_cast<double>(needed) / expected;
    };
    const bool items_fit = needs.items <= b.item_capacity;
    const bool edges_fit = items_fit && needs.edges <= b.edge_capacity;
    const bool fragments_fit = edges_fit && needs.fragments <= b.fragment_capacity;
    BatchSizes r;
    r.items = ratio(needs.items, expected_.items);
    // What was cut short grows at least as much as what it comes from.
    r.edges = std::max(ratio(needs.edges, expected_.edges), items_fit ? 0.0 : 1.0);
    r.fragments = std::max(ratio(needs.fragments, expected_.fragments), edges_fit ? 0.0 : 1.0);
    r.most_in_row = fragments_fit ? needs.most_in_row : BatchSizes::kUnknown;
    for (const JobsOfKind& kind : kinds_) estimates_.Note(kind.job, kind.expected, r);
    return fragments_fit;
  }

  static int64_t Address(const void* p) {
    return static_cast<int64_t>(reinterpret_cast<intptr_t>(p));
  }

  struct JobsOfKind {
    Job job;
    int64_t items;
    int64_t count;
    BatchSizes expected;
  };
  static constexpr int32_t kSmallBatch = 8;
  struct Counts {
    int64_t items = 0, rows = 0, chunks = 0;
    int column_bits = 0;
    bool has_lens = false;
  };

  std::unique_ptr<Executor> executor_;
  const EngineLimits limits_;
  RegisteredData<Executor> registered_;
  typename Executor::Memory block_;
  typename Executor::StagingMemory staging_in_, staging_out_;
  SizeEstimates estimates_;
  BatchSizes expected_;
  std::vector<JobsOfKind> kinds_;
  Counts counts_;
  Plan plan_{};
  const char* output_ = nullptr;
};

}  // namespace ceres_align::batch
