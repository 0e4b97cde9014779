// The pipeline of stages, on any executor. An Executor has
//   Memory                       grow-only block: Reserve(bytes), which throws, and TryReserve,
//                                which says false, where there is no more; data(),
//                                capacity_bytes(). It loses what it held when it grows.
//   StagingMemory                the same on the host, where stages can read and write too: they
//                                find it at device_data()
//   kHasGuards                   Memory is the host's: mark the ground between arrays, and look
//   FreeBytes()                  how much more memory there is
//   Upload(to, from, bytes), Download(to, from, bytes), FillBytes(to, byte, bytes)
//   Load<Stage>()                makes a stage ready, so that Run can record it
//   ForBlocks(n, stage)          a stage's indices 0 … n − 1, in any order (block.h)
//   Run(shape, size, is_small, steps)   runs steps(), which calls only the above; equal shapes
//                                mean the same calls. Small: launches are most of the time.
//   WaitForTicket(at, ticket)    until a stage has published it (block.h)
//   Wait()                       until everything asked for has been done
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/batch/begin_stage.h"
#include "ceres_align/batch/emit_stage.h"
#include "ceres_align/batch/engine.h"
#include "ceres_align/batch/find_stage.h"
#include "ceres_align/batch/layout.h"
#include "ceres_align/batch/registered_data.h"
#include "ceres_align/batch/row_stage.h"
#include "ceres_align/batch/size_estimates.h"

namespace ceres_align::batch {

template <typename Executor>
class Pipeline : public Engine {
 public:
  Pipeline(std::unique_ptr<Executor> executor, const EngineLimits& limits)
      : executor_(std::move(executor)), limits_(limits), registered_(executor_.get()) {
    executor_->template Load<BeginBatch>();
    executor_->template Load<FindEdges>();
    executor_->template Load<EmitFragments>();
    executor_->template Load<SweepRows<GramCells>>();
    executor_->template Load<SweepRows<ImageCells>>();
  }

  void SetMesh(int id, const MeshView& mesh) override { registered_.SetMesh(id, mesh); }
  void SetTarget(int id, const TargetView& target) override { registered_.SetTarget(id, target); }
  void ClearMesh(int id) override { registered_.ClearMesh(id); }
  void ClearTarget(int id) override { registered_.ClearTarget(id); }

  bool Evaluate(const Job* jobs, int32_t num_jobs, JobSums* sums) override {
    if (num_jobs == 0) return true;
    const bool intrinsics =
        std::any_of(jobs, jobs + num_jobs, [](const Job& job) { return job.intrinsics; });
    const int num_entries = JobSums::kEntries + (intrinsics ? JobSums::kIntrinsics : 0);
    const size_t bytes_per_job = sizeof(double) * num_entries;
    const auto last_stage = [this](const Batch& b) {
      executor_->ForBlocks(b.num_chunks, SweepRows<GramCells>{b, {b}});
    };
    const Output output{kSums, bytes_per_job * num_jobs, num_entries};
    if (!RunUntilItFits(jobs, num_jobs, output, last_stage)) return false;
    for (int32_t j = 0; j < num_jobs; ++j) {
      std::memcpy(sums[j].entry, Results() + j * bytes_per_job, bytes_per_job);
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
  using Memory = typename Executor::Memory;
  using StagingMemory = typename Executor::StagingMemory;
  enum Purpose { kSums, kFloatImages, kDoubleImages, kDoubleImagesWithJacobian };
  /// What a run makes beside its Report: bytes of sums or of images.
  struct Output {
    Purpose purpose;
    size_t bytes;
    int num_entries;  ///< of JobSums; 0 for images
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
      ImageCells cells{b, nullptr, nullptr, nullptr};
      if (std::is_same_v<Pixel, float>) {
        cells.floats = reinterpret_cast<float*>(images_);
      } else {
        cells.doubles = reinterpret_cast<double*>(images_);
      }
      if (jacobian != nullptr) cells.jacobian = reinterpret_cast<double*>(images_ + image_bytes);
      executor_->FillBytes(images_, 0, image_bytes + jacobian_bytes);
      executor_->ForBlocks(b.num_chunks, SweepRows<ImageCells>{b, cells});
      executor_->Download(Results(), images_, image_bytes + jacobian_bytes);
    };
    if (!RunUntilItFits(jobs, num_jobs, Output{purpose, image_bytes + jacobian_bytes, 0}, stages)) {
      return false;
    }
    std::memcpy(pixels, Results(), image_bytes);
    if (jacobian != nullptr) std::memcpy(jacobian, Results() + image_bytes, jacobian_bytes);
    return true;
  }

  /// Runs a batch, again with more capacity as long as that was too little. False: out of memory.
  template <typename LastStages>
  bool RunUntilItFits(const Job* jobs, int32_t num_jobs, const Output& output,
                      const LastStages& last_stages) {
    for (int32_t j = 0; j < num_jobs; ++j) {
      if (jobs[j].view.width_px > FragmentKey::kMostColumns) return false;
    }
    StageInputs(jobs, num_jobs);
    for (;;) {
      if (!MakePlan(num_jobs, output)) return false;
      RunOnce(num_jobs, output, last_stages);
      CHECK(guards_ == nullptr || guards_->GuardsStand()) << "a stage wrote beyond its array";
      if (NoteNeeds(HostReport()->needs)) return true;
    }
  }

  template <typename LastStages>
  void RunOnce(int32_t num_jobs, const Output& output, const LastStages& last_stages) {
    const Batch& b = batch_;
    const int64_t shape[] = {output.purpose,
                             num_jobs,
                             b.num_groups,
                             b.num_rows,
                             b.num_chunks,
                             b.edge_capacity,
                             b.fragment_capacity,
                             b.num_entries,
                             static_cast<int64_t>(output.bytes),
                             Address(block_->data()),
                             Address(staging_in_->data()),
                             Address(b.meshes),
                             Address(staging_out_->data()),
                             Address(b.targets)};
    *static_cast<uint64_t*>(staging_in_->data()) = ++ticket_;
    HostReport()->ticket = 0;
    executor_->Run(shape, sizeof(shape) / sizeof(shape[0]), num_jobs <= kSmallBatch, [&] {
      executor_->ForBlocks(BeginBatch::NumBlocks(b), BeginBatch{b});
      executor_->ForBlocks(b.num_groups, FindEdges{b});
      executor_->ForBlocks(EmitFragments::NumBlocks(b), EmitFragments{b});
      last_stages(b);
    });
    // Images come after the ticket.
    if (output.purpose == kSums) {
      executor_->WaitForTicket(&HostReport()->ticket, ticket_);
    } else {
      executor_->Wait();
    }
  }

  Report* HostReport() { return static_cast<Report*>(staging_out_->data()); }
  char* Results() { return static_cast<char*>(staging_out_->data()) + kReportBytes; }

  struct InputTables {
    Job* jobs;
    int64_t *group, *row, *chunk, *pixel;
  };
  /// The ticket, the jobs and four tables.
  static InputTables TakeInputs(Layout* layout, int32_t num_jobs, Batch* b) {
    layout->WithoutGuards();
    const size_t begin = layout->bytes();
    b->input = layout->Take<uint64_t>(1);
    const InputTables t{layout->Take<Job>(num_jobs), layout->Take<int64_t>(num_jobs + 1),
                        layout->Take<int64_t>(num_jobs + 1), layout->Take<int64_t>(num_jobs + 1),
                        layout->Take<int64_t>(num_jobs + 1)};
    b->input_words = static_cast<int64_t>((layout->bytes() - begin) / sizeof(uint64_t));
    layout->WithGuards();
    b->ticket = b->input;
    b->jobs = t.jobs;
    b->group_begin = t.group;
    b->row_begin = t.row;
    b->chunk_begin = t.chunk;
    b->pixel_begin = t.pixel;
    return t;
  }

  void StageInputs(const Job* jobs, int32_t num_jobs) {
    Batch b{};
    Layout measure(nullptr);
    TakeInputs(&measure, num_jobs, &b);
    staging_in_ = inputs_.Get(measure.bytes(), kLeastStaging);
    Layout layout(staging_in_->data());
    const InputTables tables = TakeInputs(&layout, num_jobs, &b);
    std::copy(jobs, jobs + num_jobs, tables.jobs);
    kinds_.clear();
    estimates_.ForgetIfMany();
    counts_ = {};
    for (int32_t j = 0; j < num_jobs; ++j) {
      WriteTables(tables, j);
      const int64_t items = NoteKind(jobs[j]);
      counts_.groups += std::max<int64_t>(1, (items + kGroupItems - 1) / kGroupItems);
      counts_.rows += jobs[j].rows();
      counts_.chunks += (jobs[j].rows() + kChunkRows - 1) / kChunkRows;
      counts_.pixels += int64_t{jobs[j].rows()} * jobs[j].columns();
    }
    WriteTables(tables, num_jobs);
  }
  void WriteTables(const InputTables& tables, int32_t j) const {
    tables.group[j] = counts_.groups;
    tables.row[j] = counts_.rows;
    tables.chunk[j] = counts_.chunks;
    tables.pixel[j] = counts_.pixels;
  }

  /// Counts the jobs of each kind, and returns the job's items.
  int64_t NoteKind(const Job& job) {
    const MeshView& mesh = registered_.mesh(job.mesh);
    const SizeEstimates::Kind kind = SizeEstimates::KindOf(mesh, job);
    // Jobs of a kind mostly follow one another, or alternate between a few views.
    for (size_t i = kinds_.size(); i-- > 0;) {
      if (kinds_[i].kind == kind) {
        kinds_[i].count += 1;
        return kinds_[i].items;
      }
    }
    kinds_.push_back({kind, job, NumItems(mesh, job), 1, {}});
    return kinds_.back().items;
  }

  /// Sets the batch's sizes and capacities and gives it memory. False: there is not enough.
  bool MakePlan(int32_t num_jobs, const Output& output) {
    expected_ = BatchSizes{};
    for (JobsOfKind& kind : kinds_) {
      kind.expected = estimates_.Expected(kind.kind, kind.job, kind.items);
      expected_.edges += kind.count * kind.expected.edges;
      expected_.fragments += kind.count * kind.expected.fragments;
    }
    // Edges and a row's fragments are numbered in 32 bits.
    constexpr double kMost = INT32_MAX / 2;
    if (!(expected_.edges < kMost && expected_.fragments < kMost)) return false;
    Batch& b = batch_;
    b = Batch{};
    b.num_jobs = num_jobs;
    b.num_groups = counts_.groups;
    b.num_rows = counts_.rows;
    b.num_chunks = counts_.chunks;
    b.num_entries = output.num_entries;
    b.most_ranked_at_once = limits_.most_ranked_at_once;
    b.most_start_steps = limits_.most_start_steps;
    b.edge_capacity = SizeEstimates::Rounded(expected_.edges);
    b.fragment_capacity = SizeEstimates::Rounded(expected_.fragments);
    if (num_jobs <= kSmallBatch) KeepCapacities(output);
    return Place(output);
  }

  /// Small batches of a shape keep the capacities that they have had: what has been recorded for
  /// them serves again, and the memory is there.
  void KeepCapacities(const Output& output) {
    Batch& b = batch_;
    if (capacities_.size() > kMostShapes) capacities_.clear();
    auto& [edges, fragments] = capacities_[{output.purpose, b.num_jobs, b.num_groups, b.num_rows,
                                            static_cast<int64_t>(output.bytes)}];
    edges = b.edge_capacity = std::max(edges, b.edge_capacity);
    fragments = b.fragment_capacity = std::max(fragments, b.fragment_capacity);
  }

  bool Place(const Output& output) {
    Batch& b = batch_;
    Layout measure(nullptr, Executor::kHasGuards);
    TakeAll(&measure, output);
    if (limits_.bytes > 0 && static_cast<int64_t>(measure.bytes()) > limits_.bytes) return false;
    block_ = FindBlock(measure.bytes());
    if (block_ == nullptr) return false;
    staging_out_ = outputs_.Get(kReportBytes + output.bytes, kLeastStaging);
    auto layout = std::make_unique<Layout>(block_->data(), Executor::kHasGuards);
    TakeAll(layout.get(), output);
    guards_ = Executor::kHasGuards ? std::move(layout) : nullptr;
    b.staged_input = static_cast<const uint64_t*>(staging_in_->device_data());
    auto* const out = static_cast<char*>(staging_out_->device_data());
    b.report = reinterpret_cast<Report*>(out);
    b.job_sums = reinterpret_cast<double*>(out + kReportBytes);
    b.meshes = registered_.meshes();
    b.targets = output.purpose == kSums ? registered_.targets() : nullptr;
    return true;
  }

  /// Null: there is not enough memory, whatever is given up.
  Memory* FindBlock(size_t bytes) {
    if (Memory* const found = blocks_.Find(bytes)) return found;
    // A tenth is left to whatever else runs there.
    const auto has_room = [&] {
      return static_cast<int64_t>(bytes) <= executor_->FreeBytes() / 10 * 9;
    };
    Memory* block = has_room() ? blocks_.TryGet(bytes, kLeastBlock) : nullptr;
    if (block != nullptr) return block;
    registered_.GiveUpUnused();
    blocks_.Clear();
    return has_room() ? blocks_.TryGet(bytes) : nullptr;
  }

  void TakeAll(Layout* layout, const Output& output) {
    Batch& b = batch_;
    TakeInputs(layout, b.num_jobs, &b);
    if (output.purpose == kSums) {
      b.chunk_sums = layout->template Take<double>(b.num_entries * b.num_chunks);
    } else {
      images_ = layout->template Take<char>(static_cast<int64_t>(output.bytes));
    }
    TakeArrays(layout, &b);
  }

  /// Learns from a run. False: its capacity was too small, and its results are worthless.
  bool NoteNeeds(const Needs& needs) {
    const Batch& b = batch_;
    const bool edges_fit = needs.edges <= b.edge_capacity;
    const bool fragments_fit = edges_fit && needs.fragments <= b.fragment_capacity;
    BatchSizes ratio;
    ratio.edges = static_cast<double>(needs.edges) / expected_.edges;
    ratio.fragments = static_cast<double>(needs.fragments) / expected_.fragments;
    // What was cut short grows at least as much as what it comes from.
    if (!edges_fit) ratio.fragments = std::max(ratio.fragments, 1.0);
    for (const JobsOfKind& kind : kinds_) estimates_.Note(kind.kind, kind.expected, ratio);
    return fragments_fit;
  }

  static int64_t Address(const void* p) {
    return static_cast<int64_t>(reinterpret_cast<intptr_t>(p));
  }

  struct JobsOfKind {
    SizeEstimates::Kind kind;
    Job job;
    int64_t items;
    int64_t count;
    BatchSizes expected;
  };
  static constexpr int32_t kSmallBatch = 8;
  static constexpr size_t kMostShapes = 4096;
  static constexpr size_t kLeastBlock = size_t{4} << 20, kLeastStaging = size_t{1} << 16;
  static constexpr size_t kReportBytes = 256;
  static_assert(sizeof(Report) <= kReportBytes);
  struct Counts {
    int64_t groups = 0, rows = 0, chunks = 0, pixels = 0;
  };

  std::unique_ptr<Executor> executor_;
  const EngineLimits limits_;
  RegisteredData<Executor> registered_;
  StableBlocks<Memory> blocks_;
  StableBlocks<StagingMemory> inputs_, outputs_;
  // Those of the run.
  Memory* block_ = nullptr;
  StagingMemory *staging_in_ = nullptr, *staging_out_ = nullptr;
  std::unique_ptr<Layout> guards_;
  SizeEstimates estimates_;
  std::map<std::array<int64_t, 5>, std::pair<int64_t, int64_t>> capacities_;
  BatchSizes expected_;
  std::vector<JobsOfKind> kinds_;
  Counts counts_;
  Batch batch_{};
  char* images_ = nullptr;  // on the device
  uint64_t ticket_ = 0;
};

}  // namespace ceres_align::batch
