#include "ceres_align/report_html/advice.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ceres_align/base/text.h"

namespace ceres_align::report_html_internal {
namespace {

std::string AfterTermination(AlignStatus status) {
  switch (status) {
    case AlignStatus::kConverged:
      break;
    case AlignStatus::kNotConverged:
      return "Allow more iterations (--loop_num), or begin closer to the answer.";
    case AlignStatus::kNoOverlap:
      return "Give a start at which the object is in the picture, or none: all rotations are then "
             "searched (--search).";
    case AlignStatus::kStopped:
      return "The run was stopped by hand: let it run to its end.";
    case AlignStatus::kFailed:
      return "Check the start and the cameras, or leave the start out (--search).";
  }
  return "";
}

constexpr std::pair<const char*, const char*> kAdvice[] = {
    {"masks",
     "Check that every mask belongs to its camera and to the same moment, and that the cameras' "
     "poses in the rig are right."},
    {"frame", "Use a picture that shows more of the object, or add a view that does."},
    {"overlap",
     "Compare mesh and mask in the pictures below: is it the right mesh, and does the mask show "
     "all of it and nothing else? If the start was far off, search all rotations (--search)."},
    {"contour",
     "Look in the pictures below where the outline is coloured: other meshes, a wrong scale, "
     "swapped masks and a wrong rig look like this."},
    {"views",
     "Check the cameras' poses in the rig, and that the masks are not swapped; align each view "
     "alone to see which one is off."},
    {"focal_length",
     "Calibrate the camera, or let the focal length be found with the pose (--refine focal)."},
    {"lens",
     "Give the lens's distortion (--dist), and say where the first pixel's centre is "
     "(--pixel_center)."},
    {"order", "Check the masks where objects hide each other, and the start's distances."},
    {"ambiguity",
     "Add a view, or say what is known of the pose (--trust_deg, --trust_percent, --distance, "
     "--up_in_world); the other poses are shown below."},
    {"observability",
     "Add a view from another side; if the object looks the same turned about an axis, no view "
     "tells that turn."},
    {"prior",
     "Compare what was said of the pose (--trust_deg, --trust_percent, --distance, "
     "--up_in_world) with the scale and the units of the mesh."},
    {"accuracy",
     "Use larger or cleaner masks, or more views; or accept less (--require_deg, "
     "--require_percent)."}};

int Failed(const AlignResult& result) {
  return static_cast<int>(std::count_if(result.checks.begin(), result.checks.end(),
                                        [](const Check& check) { return !check.passed; }));
}

std::string AccuracyWords(const AlignResult& result) {
  if (!result.accuracy) {
    return result.accuracy_expected ? "How exact the pose is cannot be told from these masks."
                                    : "How exact the pose is was not asked for.";
  }
  std::string text = Format(
      "With 90 %% probability the rotation is right within %.2g\xc2\xb0 and the object's position "
      "within %.2g mesh units (%.2g %% of its distance)",
      result.accuracy->rotation_rad * 180 / M_PI, result.accuracy->translation,
      100 * result.accuracy->translation_of_distance);
  return text + (result.IsRight() ? "." : ", if this is the right pose at all.");
}

}  // namespace

VerdictWords WordsOf(const AlignResult& result) {
  VerdictWords words;
  words.accuracy = AccuracyWords(result);
  if (result.IsUsable()) {
    words.kind = "usable";
    words.headline = "The pose is usable";
    words.explanation = Format(
        "All %zu checks passed: the mesh's outline meets the masks, and "
        "nothing speaks against this pose.",
        result.checks.size());
  } else if (result.IsRight()) {
    words.kind = "inexact";
    words.headline = "The right pose, but not exact enough";
    words.explanation =
        "Nothing speaks against this pose, but it is not known as exactly as "
        "required.";
  } else if (result.ambiguous) {
    words.kind = "ambiguous";
    words.headline = "Ambiguous: the masks allow another pose";
    words.explanation = "Do not use this pose without further knowledge: " + result.ambiguity + ".";
  } else {
    words.kind = "not_trusted";
    words.headline = "Do not trust this pose";
    words.explanation = Format("%d of %zu checks failed.", Failed(result), result.checks.size());
  }
  return words;
}

std::string AdviceFor(const Check& check, AlignStatus status) {
  if (check.name == "termination") return AfterTermination(status);
  for (const auto& [name, advice] : kAdvice) {
    if (check.name == name) return advice;
  }
  return "See docs/verdict.md for what this check tests.";
}

}  // namespace ceres_align::report_html_internal
