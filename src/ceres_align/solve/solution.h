// Where a solve ended.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ceres_align/solve/level_solver.h"
#include "ceres_align/solve/mask_treatment.h"

namespace ceres_align {

enum class AlignStatus {
  kConverged,     ///< the last level met its step or cost test
  kNotConverged,  ///< iteration limit on the last level
  kNoOverlap,     ///< at the final pose the object is outside every view that has a mask
  kStopped,       ///< the callback asked to stop
  kFailed,        ///< the solver could not take a step from the start (see termination)
};
/// "converged", "not_converged", "no_overlap", "stopped", "failed".
const char* ToString(AlignStatus status);
AlignStatus StatusOf(const LevelResult& result);

/// Poses are rig_from_run (see PreparedScene).
struct Solution {
  Rigid3d rig_from_run;
  double initial_cost = 0, final_cost = 0;  ///< at full size, by the weights in effect (`seen`)
  AlignStatus status = AlignStatus::kFailed;
  std::string termination;  ///< one sentence: which test ended the run, at which figures
  bool restarted = false;   ///< the fit from the start was poor; others were tried too
  bool sharpened = false;   ///< the last steps compared the middles of the pixels (sharp_window)
  bool searched = false;    ///< all rotations were searched
  /// The scene by whose weights the last steps were made; null: the masks as they are.
  std::shared_ptr<const PreparedScene> seen;
  std::vector<MaskTreatment> masks;  ///< by view, of `seen`; empty without it
  std::vector<Rigid3d> others;       ///< where a search's other finalists ended, best first
  int iterations = 0;
  int evaluations = 0;  ///< poses at which all views were rasterized
};

}  // namespace ceres_align
