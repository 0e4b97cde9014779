// What an alignment returns: the pose, how it was reached, and what is found out about it.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/assess/assessment.h"

namespace ceres_align {

/// One number that was solved for beside the pose.
struct UnknownFit {
  std::string name;  ///< "scale", "focal length", "cx", …
  std::string of;    ///< the first view that has it; empty: the whole scene's
  double value = 0;  ///< scale: the factor; focal length: fx, px; cx, cy: px; rig: the distance
                     ///< from its prior, rad or mesh units
  double prior = 0;  ///< where it was said to be, in the same unit
  double sigma = 0;  ///< of value; NaN where there is none
  double prior_sigma = 0;  ///< in the unit of value; infinity: nothing was known
  double moved = 0;        ///< from the prior, in sigmas of the prior (0 if nothing was known)
  /// The masks tell it: sigma is well below prior_sigma. If not, `why` says so in a sentence.
  bool determined = false;
  std::string why;
};

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
  std::vector<UnknownFit> unknowns;  ///< of AlignUnknowns; empty from Align
};

}  // namespace ceres_align
