// What an alignment returns: the pose, how it was reached, and what is found out about it.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/assess/assessment.h"

namespace ceres_align {

struct AlignResult : Assessment {
  Rigid3d rig_from_world;
  double initial_cost = 0;  ///< at full size, as AlignIteration::cost; final <= initial
  double final_cost = 0;
  int iterations = 0;
  int evaluations = 0;     ///< poses at which all views were rasterized
  bool restarted = false;  ///< the fit from the start was poor; others were tried too
  bool sharpened = false;  ///< the last steps compared the middles of the pixels (sharp_window)
  /// Whether all rotations were searched; else `alternatives` holds only what the object's own
  /// symmetries and the exchange of near and far suggest (modes.h).
  bool searched = false;
  double prepare_seconds = 0;  ///< meshes (0 if they were prepared before), pyramid
  double solve_seconds = 0;    ///< all that may move the pose: descents, search, other modes
  double assess_seconds = 0;   ///< all that judges it
  /// What the last steps made of the masks (SolveOptions::robust), by view; empty: they were taken
  /// as they are. Both costs are then by the weights that were in effect.
  std::vector<MaskTreatment> masks;
  std::string backend;
};

}  // namespace ceres_align
