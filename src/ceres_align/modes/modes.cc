#include "ceres_align/modes/modes.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <set>
#include <utility>

#include "ceres_align/modes/mode_frame.h"
#include "ceres_align/modes/mode_words.h"
#include "ceres_align/modes/pose_comparison.h"
#include "ceres_align/scene/symmetry.h"
#include "ceres_align/solve/descent.h"

namespace ceres_align {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;

// How far an alternative's rotation may lie from the answer's exact exchange of near and far, which
// perspective bends.
constexpr double kTwin_rad = 25 * M_PI / 180;
constexpr double kReflection_rad = 15 * M_PI / 180;  // off a pure one
// Poses that cost more are no alternatives; of those that have not been refined, if they cost more
// than the second.
constexpr double kListedRatio = 5, kRefinedRatio = 30;
// An exchange of near and far is refined where its outlines lie within the first rms distance of
// the answer's at this width, and after that at full size where they lie within the second.
constexpr double kGlance_px = 1.2, kCoarse_px = 0.25, kGlanceWidthPx = 48;
constexpr double kOtherSide_rad = 15 * M_PI / 180;
constexpr size_t kMostTurns = 6;
// An alternative below this is the better answer.
constexpr double kBetterRatio = 0.99;
constexpr int kMostMoves = 3;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Of equal symmetric poses another must be nearer the start by this.
constexpr double kNearer_rad = M_PI / 180;
constexpr double kDistinct_rad = 4 * M_PI / 180;  // as the search's

class ModeFinder {
 public:
  ModeFinder(const PreparedScene& prepared, const SolveOptions& options, const PriorTest& prior,
             const MeshSymmetry& symmetry, Solution* solution)
      : prepared_(prepared),
        prior_(prior),
        symmetry_(symmetry),
        rig_from_run_(solution->rig_from_run),
        solution_(solution),
        descent_(prepared, options, no_callback_),
        sharp_window_(options.sharp_window),
        frame_(prepared, prepared.FromRun(rig_from_run_), symmetry_.center),
        outline_px_(prepared.OutlineLength(prepared.last_level())) {}

  void Run() {
    for (const Rigid3d& other_from_run : solution_->others) {
      const Rigid3d other = prepared_.FromRun(other_from_run);
      Add(other, CompareRefined(other));
    }
    TryTurns();
    if (symmetry_.mirror || symmetry_.rough_mirror) TryExchange();
    std::stable_sort(
        alternatives_.begin(), alternatives_.end(),
        [](const Alternative& a, const Alternative& b) { return a.cost_ratio < b.cost_ratio; });
    if (alternatives_.size() > kMostListed) alternatives_.resize(kMostListed);
    solution_->iterations += descent_.iterations();
    solution_->evaluations += evaluations_ + descent_.evaluations();
  }

  /// Makes the best alternative the answer if it costs less; the result's alternatives are then to
  /// be explained again.
  bool Improve() {
    const std::vector<Alternative>& list = alternatives_;
    if (list.empty() || !(list[0].cost_ratio < kBetterRatio)) return false;
    const double plain = Plain().cost;
    const Rigid3d pose = prepared_.ToRun(list[0].rig_from_world);
    const double cost = prepared_.CostAt(prepared_.last_level(), pose);
    ++solution_->evaluations;
    if (!(cost < plain) || !(cost < solution_->final_cost) || SharplyWorse(pose, cost))
      return false;
    MoveTo(pose, cost, "; then its twin (near and far exchanged) was found to fit better");
    return true;
  }

  /// Turns the answer by one of the object's own symmetries to where the prior and the start want
  /// it; then as Improve.
  bool TurnToPreferred() {
    const auto& start = prepared_.scene().initial_rig_from_world;
    if ((!start && !prior_.any()) || symmetry_.sphere || symmetry_.IsRound()) return false;
    const auto penalty = [&](const Rigid3d& rig_from_world) {
      const double angle_rad =
          start ? RotationAngle_rad(rig_from_world.rotation, start->rotation) : 0;
      return angle_rad + (prior_.Allows(prepared_.ToRun(rig_from_world)) ? 0 : 2 * M_PI);
    };
    const Rigid3d answer = prepared_.FromRun(rig_from_run_);
    double least = penalty(answer) - kNearer_rad;
    Rigid3d preferred = answer;
    for (size_t i = 1; i < symmetry_.rotations.size(); ++i) {
      const Rigid3d turned = frame_.Turned(symmetry_.rotations[i]);
      if (penalty(turned) >= least) continue;
      least = penalty(turned);
      preferred = turned;
    }
    if (least == penalty(answer) - kNearer_rad) return false;
    if (CompareTurned(preferred).cost_ratio > 1 / kBetterRatio) return false;
    const size_t last = prepared_.last_level();
    const LevelResult refined = descent_.Climb(prepared_.ToRun(preferred), last, last, true);
    if (refined.failed || refined.final_cost > solution_->initial_cost) return false;
    MoveTo(refined.rig_from_world, refined.final_cost,
           "; then turned by the object's own symmetry to where it was expected");
    return true;
  }

  /// The object is round about an axis, and the masks allow that turn.
  bool FoundRound() const {
    return (symmetry_.IsRound() || symmetry_.sphere) &&
           std::any_of(alternatives_.begin(), alternatives_.end(), [](const Alternative& other) {
             return other.kind == ModeKind::kSymmetry && other.fits;
           });
  }

  std::vector<Alternative> TakeAlternatives() { return std::move(alternatives_); }

 private:
  // Where only the middles of the pixels are compared (sharp_window).
  bool SharplyWorse(const Rigid3d& pose, double cost) {
    LevelResult sharp;
    sharp.rig_from_world = pose;
    sharp.final_cost = cost;
    if (!solution_->sharpened || !descent_.Sharpen(kInfinity, &sharp)) return false;
    const size_t last = prepared_.last_level();
    return prepared_.CostAt(last, sharp.rig_from_world, sharp_window_) >
           prepared_.CostAt(last, rig_from_run_, sharp_window_);
  }

  // The old answer becomes the first alternative, to be explained with the others.
  void MoveTo(const Rigid3d& pose, double cost, const char* why) {
    const int iterations = descent_.iterations(), evaluations = descent_.evaluations();
    LevelResult reached;
    reached.rig_from_world = pose;
    reached.final_cost = cost;
    solution_->sharpened = descent_.Sharpen(solution_->initial_cost, &reached);
    solution_->iterations += descent_.iterations() - iterations;
    solution_->evaluations += descent_.evaluations() - evaluations;
    solution_->others.assign(1, rig_from_run_);
    for (const Alternative& other : alternatives_) {
      solution_->others.push_back(prepared_.ToRun(other.rig_from_world));
    }
    solution_->rig_from_run = reached.rig_from_world;
    solution_->final_cost = reached.final_cost;
    solution_->termination += why;
  }

  // What tells a pose from others: equal keys, equal but for a symmetry that is listed once.
  struct Key {
    ModeKind kind;
    size_t index;
    bool operator<(const Key& other) const {
      return kind != other.kind ? kind < other.kind : index < other.index;
    }
  };

  Key Classify(Alternative* other) {
    const Matrix3d turn = frame_.TurnTo(other->rig_from_world);
    if (symmetry_.HasRotations() && symmetry_.AngleTo(turn) < kSymmetry_rad) {
      other->kind = ModeKind::kSymmetry;
      other->relation = SymmetricTurnInWords(turn, symmetry_);
      return {other->kind, symmetry_.Nearest(turn)};
    }
    const Matrix3d mirror = frame_.ReflectionTo(other->rig_from_world);
    if (symmetry_.mirror && symmetry_.AngleTo(symmetry_.mirror->transpose() * mirror) < kTwin_rad) {
      other->kind = ModeKind::kMirrorTwin;
      other->relation =
          "mirror twin: near and far exchanged; a second view or a shorter lens would tell";
      return {other->kind, 0};
    }
    if (Resembles(mirror)) {
      other->kind = ModeKind::kReversal;
      other->relation =
          "reversal: near and far exchanged, though the object is only roughly its own mirror "
          "image; a second view or a shorter lens would tell";
      return {other->kind, 0};
    }
    other->relation = TurnInWords(turn);
    return {ModeKind::kOther, others_++};
  }

  // Whether the nearest pure reflection to an improper rotation leaves the outlines roughly so.
  bool Resembles(const Matrix3d& mirror) const {
    const Eigen::AngleAxisd half_turn(Matrix3d(-mirror));
    if (half_turn.angle() < M_PI - kReflection_rad) return false;
    const MeshId mesh = MeshOf(prepared_);
    OutlineComparer comparer(prepared_.rasterizer(), mesh, mesh, symmetry_.center,
                             symmetry_.radius);
    const Vector3d& n = half_turn.axis();
    return comparer.Deficit(Matrix3d::Identity() - 2 * n * n.transpose(), kRoughDeficit) <
           kRoughDeficit;
  }

  bool Fits(const Alternative& other, double rise) const {
    if (other.cost_ratio <= kAmbiguousRatio) return true;
    if (other.kind != ModeKind::kMirrorTwin && other.kind != ModeKind::kReversal) return false;
    // The rms distance between its outlines and the answer's by the costs: where the answer meets
    // the masks but for noise, ½ Σ (M − T)² grows by half the outline's length times its square.
    const double apart_px = std::sqrt(std::max(0.0, 2 * rise / outline_px_));
    return apart_px <= kNeverTell_px ||
           (apart_px <= kTellNearFar_px && other.cost_ratio <= kFarWorse);
  }

  void Add(const Rigid3d& rig_from_world, const ComparisonResult& comparison) {
    const auto same = [&](const Rigid3d& pose) {
      return RotationAngle_rad(pose.rotation, rig_from_world.rotation) < kDistinct_rad;
    };
    if (same(prepared_.FromRun(rig_from_run_))) return;
    if (!prior_.Allows(prepared_.ToRun(rig_from_world))) return;
    for (const Alternative& listed : alternatives_) {
      if (same(listed.rig_from_world)) return;
    }
    Alternative other;
    other.rig_from_world = rig_from_world;
    const Key key = Classify(&other);
    other.cost_ratio = comparison.cost_ratio;
    other.view_iou = comparison.view_iou;
    other.fits = Fits(other, comparison.rise);
    if (!other.fits && other.cost_ratio > kListedRatio) return;
    if (keys_.insert(key).second) alternatives_.push_back(std::move(other));
  }

  // The answer where its cost is lowest without sharp_window, as refined poses are.
  struct PlainAnswer {
    Rigid3d rig_from_run;
    double cost;
  };
  const PlainAnswer& Plain() {
    if (!plain_answer_) {
      const size_t last = prepared_.last_level();
      plain_answer_ = PlainAnswer{rig_from_run_, solution_->final_cost};
      if (solution_->sharpened) {
        const LevelResult plain = descent_.Climb(rig_from_run_, last, last, true);
        if (plain.final_cost < plain_answer_->cost) {
          plain_answer_ = PlainAnswer{plain.rig_from_world, plain.final_cost};
        }
      }
    }
    return *plain_answer_;
  }

  // Of the answer moved as it is, by a symmetry.
  ComparisonResult CompareTurned(const Rigid3d& rig_from_world) {
    if (!as_it_is_) as_it_is_.emplace(prepared_, rig_from_run_);
    ++evaluations_;
    return as_it_is_->With(prepared_.ToRun(rig_from_world));
  }

  // Of a pose where its cost is lowest without sharp_window.
  ComparisonResult CompareRefined(const Rigid3d& rig_from_world) {
    if (!plain_) plain_.emplace(prepared_, Plain().rig_from_run);
    ++evaluations_;
    return plain_->With(prepared_.ToRun(rig_from_world));
  }

  // Levels from `first` on; listed if it then fits.
  void AddRefined(const Rigid3d& rig_from_world, size_t first) {
    const LevelResult refined =
        descent_.Climb(prepared_.ToRun(rig_from_world), first, prepared_.last_level(), true);
    const Rigid3d pose = prepared_.FromRun(refined.rig_from_world);
    Add(pose, CompareRefined(pose));
  }

  void TryTurns() {
    std::vector<Matrix3d> turns;
    const auto quarter = [](const Vector3d& axis) {
      return Eigen::AngleAxisd(M_PI / 2, axis).toRotationMatrix();
    };
    if (symmetry_.sphere) turns.push_back(quarter(Vector3d::UnitZ()));
    if (symmetry_.IsRound()) turns.push_back(quarter(symmetry_.axes[0].direction));
    for (size_t i = 1; i < symmetry_.rotations.size() && turns.size() < kMostTurns; ++i) {
      turns.push_back(symmetry_.rotations[i]);
    }
    for (const Matrix3d& turn : turns) {
      if (keys_.count({ModeKind::kSymmetry, symmetry_.Nearest(turn)})) continue;
      const Rigid3d turned = frame_.Turned(turn);
      const ComparisonResult comparison = CompareTurned(turned);
      if (comparison.cost_ratio <= kAmbiguousRatio) {
        Add(turned, comparison);
      } else if (comparison.cost_ratio <= kRefinedRatio) {
        AddRefined(turned, prepared_.last_level());
      }
    }
  }

  // Whether two views with masks see the object along rays that differ: near and far of the one are
  // not near and far of the other.
  bool SeenFromTwoSides() const {
    std::vector<Vector3d> rays;
    for (size_t i = 0; i < prepared_.num_views(); ++i) {
      if (prepared_.mask_empty(i)) continue;
      const Rigid3d& cam_from_rig = prepared_.scene().views[i].cam_from_rig;
      rays.push_back(cam_from_rig.rotation.conjugate() *
                     (cam_from_rig * rig_from_run_.translation).normalized());
    }
    return std::any_of(rays.begin(), rays.end(), [&](const Vector3d& ray) {
      return ray.cross(rays[0]).norm() > std::sin(kOtherSide_rad);
    });
  }

  void TryExchange() {
    if (keys_.count({symmetry_.mirror ? ModeKind::kMirrorTwin : ModeKind::kReversal, 0})) return;
    if (SeenFromTwoSides()) return;
    const Rigid3d twin =
        frame_.Exchanged(symmetry_.mirror ? *symmetry_.mirror : *symmetry_.rough_mirror);
    // Seen along a plane of symmetry it is the answer, or a symmetry of it.
    if (symmetry_.AngleTo(frame_.TurnTo(twin)) < kSymmetry_rad) return;
    const size_t glance = prepared_.LevelOfWidth(kGlanceWidthPx);
    const double answer = prepared_.CostAt(glance, rig_from_run_);
    const double length = prepared_.OutlineLength(glance);
    const auto within = [&](double cost, double limit_px) {
      return 2 * (cost - answer) <= limit_px * limit_px * length;
    };
    evaluations_ += 2;
    if (!within(prepared_.CostAt(glance, prepared_.ToRun(twin)), kGlance_px)) return;
    const LevelResult coarse = descent_.Climb(prepared_.ToRun(twin), glance, glance, true);
    if (!within(coarse.final_cost, kCoarse_px)) return;
    AddRefined(prepared_.FromRun(coarse.rig_from_world),
               std::min(glance + 1, prepared_.last_level()));
  }

  const PreparedScene& prepared_;
  const PriorTest& prior_;
  const MeshSymmetry& symmetry_;
  const Rigid3d rig_from_run_;
  Solution* solution_;
  std::vector<Alternative> alternatives_;
  const AlignCallback no_callback_;
  Descent descent_;
  const int sharp_window_;
  const ModeFrame frame_;
  const double outline_px_;
  std::set<Key> keys_;
  std::optional<PlainAnswer> plain_answer_;
  std::optional<PoseComparison> plain_, as_it_is_;  // made when first needed
  size_t others_ = 0;
  int evaluations_ = 0;
};

}  // namespace

OtherModes FindOtherModes(const PreparedScene& prepared, const SolveOptions& options,
                          const PriorTest& prior, Solution* solution) {
  const MeshSymmetry& symmetry = SymmetryOf(prepared);
  for (int pass = 0;; ++pass) {
    ModeFinder finder(prepared, options, prior, symmetry, solution);
    finder.Run();
    if (pass < kMostMoves && (finder.Improve() || finder.TurnToPreferred())) continue;
    const bool found_round = finder.FoundRound();
    return {finder.TakeAlternatives(), found_round};
  }
}

}  // namespace ceres_align
