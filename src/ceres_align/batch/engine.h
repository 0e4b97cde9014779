// What evaluates batches: the pipeline of stages on some executor. Plain types only: compiled by
// nvcc too, and knows no Eigen.
#pragma once

#include <cstdint>
#include <vector>

#include "ceres_align/batch/types.h"

namespace ceres_align::batch {

/// Not thread-safe: one call at a time.
class Engine {
 public:
  virtual ~Engine() = default;

  /// Copies what the pointers show to where the stages run. `id`: any small number not in use.
  /// Where it throws (DoesNotFit: there is no memory), nothing is kept.
  virtual void SetMesh(int id, const MeshView& mesh) = 0;
  virtual void SetTarget(int id, const TargetView& target) = 0;
  /// Throw nothing.
  virtual void ClearMesh(int id) = 0;
  virtual void ClearTarget(int id) = 0;

  /// sums[i] belongs to jobs[i]. False, and nothing written: so many jobs at once do not fit in
  /// memory. The bits do not depend on what else is in the batch.
  virtual bool Evaluate(const Job* jobs, int32_t num_jobs, JobSums* sums) = 0;

  /// Coverage of all jobs, one image after the other, row-major. False as above.
  virtual bool Draw(const Job* jobs, int32_t num_jobs, float* pixels) = 0;
  /// Coverage of a job and, if `jacobian` is not null, six derivatives per pixel. False as above.
  virtual bool DrawExactly(const Job& job, double* pixels, double* jacobian) = 0;
};

/// How an engine meets its limits.
struct EngineLimits {
  /// Memory for batches, in bytes; 0: what the executor says is free.
  int64_t bytes = 0;
  /// See Batch; tests lower them. At most SortShared::kMostKeys are ranked at once.
  int64_t most_ranked_at_once = INT64_MAX;
  int64_t most_start_steps = INT64_MAX;
};

}  // namespace ceres_align::batch
