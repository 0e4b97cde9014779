// What the page shows of each view. Internal to report_html/.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "ceres_align/report/scene_renderer.h"
#include "ceres_align/report_html/report_poses.h"

namespace ceres_align::report_html_internal {

using Json = nlohmann::ordered_json;

/// The views that are shown, in the scene's order: all, or those that fit worst where there are
/// more than kMostShownViews.
std::vector<size_t> ShownViews(const AlignResult& result);
constexpr size_t kMostShownViews = 48;

/// Longer sides are reduced to this before they become pictures or outlines of steps, px.
constexpr int kLargestPicture_px = 1920, kLargestStep_px = 512, kLargestOutline_px = 4096;

struct ReportPictures {
  const SceneRenderer& renderer;
  const AlignResult& result;
  const std::vector<RgbImage>& photos;   ///< by view; empty, or empty images: none
  const std::vector<ReportPose>& poses;  ///< of the path; the last is the result
  const std::vector<ReportPose>& other_poses;
};

/// {"name", "width", "height", "mask": data URL, "photo": data URL or null,
///  "final": {"xy", "starts", "misfit"}, "poses": [{"xy", "starts"}], "others": […]}: outlines
/// are lines of points, 16 bit of the frame's width and height; `starts` are the indices of the
/// lines' first points; misfit is signed, in 1/256 px of the view (above 0: the mask is larger).
/// At most about `most_bytes` of text: pictures are made smaller, outlines coarser until they fit.
Json ViewJson(const ReportPictures& pictures, size_t view, size_t most_bytes);

/// About how many poses of the path can be shown with so many bytes for a view.
int PosesThatFit(size_t most_bytes);

}  // namespace ceres_align::report_html_internal
