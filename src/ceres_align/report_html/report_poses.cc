#include "ceres_align/report_html/report_poses.h"

#include <algorithm>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/report/run_story.h"

namespace ceres_align::report_html_internal {

std::vector<ReportPose> PosesOfPath(const Scene& scene,
                                    const std::vector<AlignIteration>& iterations,
                                    const AlignResult& result, int most) {
  CHECK_GE(most, 2);
  std::vector<const AlignIteration*> steps;
  for (const AlignIteration& step : iterations) {
    if (step.candidates > 0 || (step.accepted && step.iteration > 0)) steps.push_back(&step);
  }
  std::vector<ReportPose> poses;
  if (scene.initial_rig_from_world) {
    poses.push_back({"start", *scene.initial_rig_from_world});
  } else if (!steps.empty()) {
    poses.push_back({"first pose of the search", steps[0]->rig_from_world});
    steps.erase(steps.begin());
  } else {
    poses.push_back({"final", result.rig_from_world});  // no start is known: nothing to move
  }
  const int room = most - 2;
  if (room >= 2) {
    for (const int index : ThinnedFrames(static_cast<int>(steps.size()), room)) {
      const AlignIteration& step = *steps[index];
      std::string label = step.candidates > 0
                              ? Format("search, stage %d", step.iteration)
                              : Format("level %d of %d, iteration %d", step.level + 1,
                                       step.num_levels, step.iteration);
      poses.push_back({std::move(label), step.rig_from_world});
    }
  }
  poses.push_back({"final", result.rig_from_world});
  return poses;
}

std::vector<ReportPose> PosesOfAlternatives(const AlignResult& result) {
  std::vector<ReportPose> poses;
  for (const Alternative& other : result.alternatives) {
    if (poses.size() == kMostAlternatives) break;
    poses.push_back(
        {Format("other pose %zu: cost x%.3g, turned by %.1f deg%s", poses.size() + 1,
                other.cost_ratio,
                RotationAngle_rad(other.rig_from_world.rotation, result.rig_from_world.rotation) *
                    180 / M_PI,
                other.fits ? ", fits as well" : ""),
         other.rig_from_world});
  }
  return poses;
}

}  // namespace ceres_align::report_html_internal
