#include "ceres_align/report/run_story.h"

#include <algorithm>
#include <numeric>

#include "ceres_align/base/text.h"

namespace ceres_align {
namespace {

constexpr int kHoldFirst_cs = 80, kHoldSearched_cs = 30, kHoldBest_cs = 70, kHoldLast_cs = 200;

std::string StepTitle(const AlignIteration& step) {
  return "level " + std::to_string(step.level + 1) + "/" + std::to_string(step.num_levels) + "  " +
         std::to_string(step.width_px) + "x" + std::to_string(step.height_px) + " px   iteration " +
         std::to_string(step.iteration) + "   cost " + Format("%.5g", step.cost);
}

std::string FinalTitle(const AlignResult& result) {
  return std::string("final: ") + ToString(result.status) + " after " +
         std::to_string(result.iterations) + " iterations   cost " +
         Format("%.5g", result.final_cost) + "   mean IoU " + Format("%.4f", result.MeanIou());
}

std::string SearchedTitle(const AlignIteration& stage, size_t rank) {
  const std::string of =
      Format("%ssearch, stage %d: ", stage.thorough ? "second " : "", stage.iteration);
  if (rank == 0) return of + Format("the best of %d, cost %.5g", stage.candidates, stage.cost);
  return of + Format("another of %d, cost %.5g", stage.candidates, stage.searched[rank].cost);
}

std::vector<Told> StagePoses(const AlignIteration& stage) {
  std::vector<Told> told;
  for (size_t rank = stage.searched.size(); rank-- > 0;) {
    told.push_back({stage.searched[rank].rig_from_world,
                    {SearchedTitle(stage, rank), rank == 0 ? kHoldBest_cs : kHoldSearched_cs}});
  }
  return told;
}

/// All that is told of the run; steps have no delay yet.
std::vector<Told> TellSteps(const std::vector<AlignIteration>& iterations) {
  std::vector<Told> told;
  for (const AlignIteration& step : iterations) {
    if (step.candidates > 0) {
      for (Told& pose : StagePoses(step)) told.push_back(std::move(pose));
    } else if (step.accepted || step.iteration == 0) {
      told.push_back({step.rig_from_world, {StepTitle(step), 0}});
    }
  }
  return told;
}

}  // namespace

std::vector<Told> TellRun(const Scene& scene, const std::vector<AlignIteration>& iterations,
                          const AlignResult& result, int max_frames) {
  const std::vector<Told> run = TellSteps(iterations);
  std::vector<Told> told;
  if (scene.initial_rig_from_world) {
    told.push_back({*scene.initial_rig_from_world, {"start", kHoldFirst_cs}});
  } else if (!run.empty() && run[0].caption.delay_cs == 0) {
    told.push_back({run[0].rig_from_world, {"found by a search of all rotations", kHoldFirst_cs}});
  }
  const std::vector<int> kept = ThinnedFrames(static_cast<int>(run.size()), max_frames - 2);
  const int delay_cs = std::clamp(600 / std::max<int>(1, static_cast<int>(kept.size())), 5, 25);
  for (const int index : kept) {
    told.push_back(run[index]);
    if (told.back().caption.delay_cs == 0) told.back().caption.delay_cs = delay_cs;
  }
  told.push_back({result.rig_from_world, {FinalTitle(result), kHoldLast_cs}});
  return told;
}

std::vector<int> ThinnedFrames(int count, int max_frames) {
  CHECK_GE(max_frames, 2);
  std::vector<int> kept;
  const int frames = std::min(count, max_frames);
  for (int i = 0; i < frames; ++i) {
    const int64_t last = count - 1;
    kept.push_back(frames == 1 ? 0 : static_cast<int>(last * i / (frames - 1)));
  }
  return kept;
}

std::vector<size_t> WorstViews(const AlignResult& result, size_t most) {
  std::vector<size_t> views(result.views.size());
  std::iota(views.begin(), views.end(), size_t{0});
  if (views.size() <= most) return views;
  std::stable_sort(views.begin(), views.end(),
                   [&](size_t a, size_t b) { return result.views[a].iou < result.views[b].iou; });
  views.resize(most);
  std::sort(views.begin(), views.end());
  return views;
}

}  // namespace ceres_align
