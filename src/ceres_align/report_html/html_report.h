// report.html: everything about a run on one page that needs nothing else.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/report/draw.h"
#include "ceres_align/report/scene_renderer.h"

namespace ceres_align {

/// The page is smaller than this, whatever the scene: pictures get smaller, outlines coarser, steps
/// fewer, and of more than 48 views those that fit worst are shown.
constexpr size_t kMostReportBytes = 3000000;

struct HtmlReportInput {
  const Scene& scene;
  const AlignResult& result;
  const std::vector<AlignIteration>& iterations;  ///< of the callback; may be empty
  /// ResultJson of the run: its figures make the page's table, its warnings are shown. Of its
  /// seconds only what is known before the page is written.
  const std::string& result_json;
  /// By view, of all that the camera sees, in any size; empty, or empty images: none.
  const std::vector<RgbImage>& photos;
  std::string title;  ///< for the reader; any text
};

/// The bytes of one HTML file: verdict in words, every view's mask (and photograph) with the
/// outline along the way from the start to the result and its misfit in colour, the mesh with
/// cameras, start, other poses and the covariance in space, plots of cost and step, all figures.
/// It opens from file:// and loads nothing; a browser with WebGL shows all of it. Texts of the
/// user's stand only in its JSON block, in which no tag can begin. The same bytes for the same
/// input, whatever the number of threads. `renderer`: of the same scene; views are drawn side by
/// side on its threads. Throws InputError where photographs cannot be encoded.
std::string HtmlReport(const HtmlReportInput& input, const SceneRenderer& renderer);

}  // namespace ceres_align
