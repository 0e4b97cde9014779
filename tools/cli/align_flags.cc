#include "cli/align_flags.h"

#include <gflags/gflags.h>

#include <cmath>
#include <string>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/conventions.h"
#include "cli/choice_flag.h"

using ceres_align::AlignOptions;

DEFINE_bool(search_if_poor, AlignOptions().search_if_poor,
            "Where the fit from a start stays poor, search all rotations as well. "
            "--nosearch_if_poor: believe the start.");
DEFINE_double(trust_deg, 0,
              "The pose is within so many degrees of the start: nothing else is searched, and an "
              "answer outside is not usable. 0: not known.");
DEFINE_double(trust_percent, 0,
              "The object is within so many percent of its distance from where the start has it. "
              "0: not known.");
DEFINE_string(distance, "",
              "\"least,most\": how far the object's centre is from camera 1, in the mesh's units.");
DEFINE_string(up_in_world, "",
              "The direction of the world (the mesh's frame) that points up, x,y,z: it is "
              "--up_in_camera to within --max_tilt_deg.");
DEFINE_string(up_in_camera, "0,-1,0",
              "Where up is for camera 1 (OpenCV axes: +x right, +y down, +z forward). A camera "
              "that looks down by 30 degrees has 0,-0.866,-0.5.");
DEFINE_double(max_tilt_deg, 30, "How far from --up_in_camera --up_in_world may be.");

DEFINE_int32(
    loop_num, AlignOptions().max_iterations,
    "Upper limit of iterations from a start, all levels and restarts together. In a search "
    "each candidate has so many in each of its stages.");
DEFINE_int32(level_loop_num, AlignOptions().max_iterations_per_level,
             "Upper limit of iterations at each level of the image pyramid; the run goes on to the "
             "next level, and on the last has not converged.");
DEFINE_int32(
    restarts, AlignOptions().restarts,
    "Rotations around the start that are tried as well where its own fit is poor; 0: none.");
DEFINE_int32(search_rotations, AlignOptions().search_rotations,
             "Rotations tried where there is no start and the frame cuts every mask off.");
DEFINE_int32(
    search_directions, AlignOptions().search_directions,
    "Directions from which the mesh is compared with whole masks where there is no start.");
DEFINE_double(coarsest_width_px, AlignOptions().coarsest_width_px, "Width of the first level.");
DEFINE_double(level_factor, AlignOptions().level_factor, "Growth from level to level.");
DEFINE_double(final_step_px, AlignOptions().final_step_px,
              "The last level ends when a step moves "
              "the outline by less than this.");
DEFINE_double(final_cost_change, AlignOptions().final_cost_change,
              "... or lowers the cost by less "
              "than this fraction.");
DEFINE_bool(moment_translation, AlignOptions().moment_translation,
            "First match the masks' centroids and areas by translation (a search always does).");
DEFINE_string(
    robust, ToString(AlignOptions().robust),
    "auto, off or on: what lies far from the masks' outlines does not count in the last "
    "steps. auto: where parts of a mask are missing, hidden or wrong and the rest fits well.");
DEFINE_string(mask_offset, ToString(AlignOptions().offset),
              "auto, off or on: how much larger or smaller than the object each mask is, all along "
              "its outline, is estimated and undone in the last steps. auto: where nothing else "
              "explains it.");
DEFINE_bool(covariance, AlignOptions().covariance, "Estimate the pose's covariance.");

DEFINE_double(require_deg, AlignOptions().require_rad * 180 / M_PI,
              "How exact the rotation has to be to be usable, with 90 % probability, in degrees.");
DEFINE_double(require_percent, 100 * AlignOptions().require_of_distance,
              "... and the object's place, in percent of its distance.");
DEFINE_double(outline_tolerance, AlignOptions().outline_tolerance,
              "The checks' lengths are taken times this. 1 is for all usual masks, those of a "
              "segmentation network too.");

namespace ceres_align::cli {

double PositiveFlag(double value, const char* name) {
  if (value > 0 && std::isfinite(value)) return value;
  throw InputError("--" + std::string(name) + " is " + std::to_string(value) +
                   "; it must be above 0");
}

namespace {

PosePrior PriorFromFlags() {
  PosePrior prior;
  if (FlagWasGiven("trust_deg")) {
    prior.max_rotation_rad = PositiveFlag(FLAGS_trust_deg, "trust_deg") * M_PI / 180;
  }
  if (FlagWasGiven("trust_percent")) {
    prior.max_shift = PositiveFlag(FLAGS_trust_percent, "trust_percent") / 100;
  }
  if (!FLAGS_distance.empty()) {
    const std::vector<double> range = ParseNumbers(FLAGS_distance, "--distance");
    if (range.size() != 2 || !(range[0] >= 0) || !(range[1] > range[0])) {
      throw InputError("--distance is " + Quoted(FLAGS_distance) +
                       "; it must be two numbers, least,most, least not negative");
    }
    prior.min_distance = range[0];
    prior.max_distance = range[1];
  }
  if (!FLAGS_up_in_world.empty()) {
    prior.up_in_world = ParseVector3(FLAGS_up_in_world, "--up_in_world");
    prior.up_in_cam = ParseVector3(FLAGS_up_in_camera, "--up_in_camera");
    if (prior.up_in_world.isZero(0)) throw InputError("--up_in_world is zero, no direction");
    if (prior.up_in_cam.isZero(0)) throw InputError("--up_in_camera is zero, no direction");
    prior.max_tilt_rad = PositiveFlag(FLAGS_max_tilt_deg, "max_tilt_deg") * M_PI / 180;
  } else if (FlagWasGiven("max_tilt_deg") || FlagWasGiven("up_in_camera")) {
    throw InputError("--max_tilt_deg or --up_in_camera is given without --up_in_world");
  }
  return prior;
}

}  // namespace

AlignOptions OptionsFromFlags() {
  if (FLAGS_loop_num < 1) {
    throw InputError("--loop_num is " + std::to_string(FLAGS_loop_num) + "; it must be at least 1");
  }
  AlignOptions options;
  options.max_iterations = FLAGS_loop_num;
  options.max_iterations_per_level = FLAGS_level_loop_num;
  options.restarts = FLAGS_restarts;
  options.search_rotations = FLAGS_search_rotations;
  options.search_directions = FLAGS_search_directions;
  options.coarsest_width_px = FLAGS_coarsest_width_px;
  options.level_factor = FLAGS_level_factor;
  options.final_step_px = FLAGS_final_step_px;
  options.final_cost_change = FLAGS_final_cost_change;
  options.moment_translation = FLAGS_moment_translation;
  options.robust = ChoiceFlag("robust", FLAGS_robust);
  options.offset = ChoiceFlag("mask_offset", FLAGS_mask_offset);
  options.covariance = FLAGS_covariance;
  options.search_if_poor = FLAGS_search_if_poor;
  options.outline_tolerance = FLAGS_outline_tolerance;
  options.require_rad = PositiveFlag(FLAGS_require_deg, "require_deg") * M_PI / 180;
  options.require_of_distance = PositiveFlag(FLAGS_require_percent, "require_percent") / 100;
  options.prior = PriorFromFlags();
  options.Validate();
  return options;
}

FlagGroup PriorFlagGroup() {
  return {
      "What is known of the pose (optional; an answer that breaks it is not usable)",
      {"trust_deg", "trust_percent", "distance", "up_in_world", "up_in_camera", "max_tilt_deg"}};
}

FlagGroup SolveFlagGroup() {
  return {"Solve",
          {"loop_num", "level_loop_num", "restarts", "search_directions", "search_rotations",
           "backend", "num_threads", "coarsest_width_px", "level_factor", "final_step_px",
           "final_cost_change", "moment_translation", "robust", "mask_offset", "covariance",
           "require_deg", "require_percent", "outline_tolerance"}};
}

}  // namespace ceres_align::cli
