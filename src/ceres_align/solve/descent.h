// Coarse-to-fine Levenberg–Marquardt from a start, with restarts around it.
#pragma once

#include <optional>

#include "ceres_align/scene/prepared_scene.h"
#include "ceres_align/solve/level_solver.h"
#include "ceres_align/solve/solution.h"
#include "ceres_align/solve/solve_options.h"

namespace ceres_align {

struct RobustFinish;

/// Where the last level ended, and where the last steps on middles of pixels did (sharp_window).
struct Reached {
  LevelResult plain;
  bool tried_sharp = false;
  std::optional<LevelResult> sharp;  ///< with the plain cost there
  double sharp_misfit = 0;  ///< mean squared residual of the middles, per px of the masks' outline
};

/// One run's solves and their counts. Thread-compatible; several descents may share a scene.
class Descent {
 public:
  Descent(const PreparedScene& scene, const SolveOptions& options, const AlignCallback& callback);

  /// All of it: translation by moments, levels up to about 80 px, restarts where the fit is poor,
  /// the remaining levels. The cost never ends above the start's.
  Solution Run(const Rigid3d& start);

  /// The last steps on binary masks (SolveOptions::sharp_window), from where the last level ended.
  /// Returns whether it moved `reached` (its cost stays that of whole pixels); not if the masks are
  /// not binary, the fit is too poor for it to mean something, or the cost rose above `cost_limit`.
  bool Sharpen(double cost_limit, LevelResult* reached);

  /// The same, once, whatever its cost then is.
  void Sharpen(Reached* reached);

  /// The last steps: Sharpen, and what masks ask for that are wrong in places or all along
  /// (SolveOptions::robust, offset). From where the last level ended: fills the solution's pose,
  /// status, seen, masks, sharpened and both costs, the first of them `start`'s (null: an empty
  /// frame's), which must be given and stays above.
  void Finish(const Rigid3d* start, const LevelResult& plain, Solution* solution);

  /// On a sharpened solution of clean masks: steps on narrower middles of the pixels, as narrow as
  /// leaves enough pixels whose middle the outline passes (SolveOptions::finest_window). Moves its
  /// pose and final_cost where that succeeds.
  void Narrow(Solution* solution);

  /// Levels first..last from `start`; without progress reports if `silent`.
  LevelResult Climb(const Rigid3d& start, size_t first, size_t last, bool silent);

  int iterations() const { return iterations_; }
  int evaluations() const { return evaluations_; }

 private:
  Rigid3d FitTranslation(const Rigid3d& start);
  LevelOptions OptionsOf(size_t level, double depth) const;
  LevelResult SolveOne(size_t level, const Rigid3d& start, bool silent);
  LevelResult ClimbWithRestarts(const Rigid3d& start, bool* restarted, bool* finished);
  Rigid3d Restart(const Rigid3d& start, const LevelResult& reached, size_t check_level);
  std::optional<RobustFinish> Treat(Reached* reached);
  std::optional<LevelResult> SharpFrom(const LevelResult& plain, int window, double* misfit);
  int NarrowestWindow() const;
  bool CanSharpen() const;
  double MostSharpCost() const;
  bool Exhausted() const { return iterations_ >= options_.max_iterations; }

  const PreparedScene& scene_;
  const SolveOptions& options_;
  const AlignCallback callback_;  // its own: a caller may hand over a temporary
  bool sharpens_later_ = false;
  int iterations_ = 0, evaluations_ = 0;
};

}  // namespace ceres_align
