#include "ceres_align/report_html/report_views.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "ceres_align/base/text.h"
#include "ceres_align/report/png_rows.h"
#include "ceres_align/report/run_story.h"
#include "ceres_align/report_html/base64.h"
#include "ceres_align/report_html/jpeg.h"
#include "ceres_align/report_html/outline_paths.h"

namespace ceres_align::report_html_internal {
namespace {

constexpr double kThinned_px = 0.05;  // of the picture in which an outline was traced
// What moves by less between two steps shows the same outline, in a picture of kLargestStep_px.
constexpr double kSameOutline_px = 0.2;
constexpr double kMisfitUnit = 256, kMostMisfit_px = 127;
constexpr size_t kBytesPerPoint = 6, kBytesPerMisfit = 3;  // as text
constexpr int kJpegQuality = 82;

// Shares of a view's bytes.
struct Shares {
  double mask, photo, final_outline, outlines;
};
constexpr Shares kWithPhoto = {0.2, 0.45, 0.15, 0.2}, kWithout = {0.45, 0, 0.25, 0.3};

PanelSize Fitted(const PanelSize& own, int most_px) {
  return std::max(own.width_px, own.height_px) <= most_px ? own : FitPanel(own, most_px);
}

PanelSize SizeOf(const View& view) { return {view.camera.width_px, view.camera.height_px}; }

std::string GrayPng(const ImageF& image) {
  std::vector<uint8_t> row(image.width);
  const PngLayout layout = {image.width, image.height, 8, 1};
  return EncodePngRows(layout, [&](int r) {
    const float* in = image.row(r);
    for (int c = 0; c < image.width; ++c) {
      row[c] = static_cast<uint8_t>(255 * std::clamp(in[c], 0.0f, 1.0f) + 0.5f);
    }
    return row.data();
  });
}

// The largest picture whose text has at most so many bytes, or the smallest.
std::string DataUrl(const char* type, const PanelSize& own, size_t most_bytes,
                    const std::function<std::string(const PanelSize&)>& encode) {
  int most_px = kLargestPicture_px;
  while (true) {
    const PanelSize size = Fitted(own, most_px);
    const std::string bytes = encode(size);
    const double ratio = static_cast<double>(most_bytes) / (4.0 / 3 * bytes.size());
    const int longer = std::max(size.width_px, size.height_px);
    if (ratio >= 1 || longer <= 32) {
      return std::string("data:image/") + type + ";base64," + Base64(bytes.data(), bytes.size());
    }
    most_px = std::max(32, static_cast<int>(longer * std::clamp(0.9 * std::sqrt(ratio), 0.3, 0.9)));
  }
}

struct Outline {
  std::vector<OutlinePath> paths;
  PanelSize size;
  size_t points = 0;
};

// Traced in a picture that is made smaller until the outline has at most so many points. Of a level
// of detail with cells of at most cell_px there, and thinned; 0: of the mesh itself, as it is.
Outline OutlineAt(const SceneRenderer& renderer, size_t view, const Rigid3d& rig_from_world,
                  int most_px, size_t most_points, double cell_px) {
  const int index = static_cast<int>(view);
  while (true) {
    Outline outline;
    outline.size = Fitted(renderer.FullSize(index), most_px);
    const ViewWindow window = WholeView(renderer.scene().views[index].camera, outline.size);
    outline.paths =
        TraceOutline(cell_px == 0 ? renderer.Coverage(index, rig_from_world, window)
                                  : renderer.Panel(index, rig_from_world, window, cell_px));
    for (OutlinePath& path : outline.paths) {
      if (cell_px > 0) path = Thinned(path, kThinned_px);
      outline.points += path.size();
    }
    const int longer = std::max(outline.size.width_px, outline.size.height_px);
    if (outline.points <= most_points || longer <= 32) return outline;
    most_px = std::max(32, longer / 2);
  }
}

Json OutlineJson(const Outline& outline) {
  std::vector<uint16_t> xy;
  Json starts = Json::array();
  const auto of_frame = [](double value, int length_px) {
    return static_cast<uint16_t>(std::lround(65535 * std::clamp(value / length_px, 0.0, 1.0)));
  };
  for (const OutlinePath& path : outline.paths) {
    starts.push_back(xy.size() / 2);
    for (const OutlinePoint& p : path) {
      xy.push_back(of_frame(p.x, outline.size.width_px));
      xy.push_back(of_frame(p.y, outline.size.height_px));
    }
  }
  return {{"xy", Base64(xy)}, {"starts", starts}};
}

// Where the mask has no outline, the misfit is the largest that can be shown.
std::vector<int16_t> MisfitAlong(const Outline& outline, const View& view) {
  const bool own_size = outline.size.width_px == view.camera.width_px;
  const ImageF mask =
      own_size ? view.mask : Resized(view.mask, outline.size.width_px, outline.size.height_px);
  const ImageF weight = own_size || view.weight.empty()
                            ? view.weight
                            : Resized(view.weight, outline.size.width_px, outline.size.height_px);
  const MaskOutline target(mask, weight);
  const double px = static_cast<double>(view.camera.width_px) / outline.size.width_px;
  std::vector<int16_t> misfit;
  for (const OutlinePath& path : outline.paths) {
    for (const OutlinePoint& p : path) {
      const double off_px = px * target.SignedDistance_px(p, kMostMisfit_px / px);
      misfit.push_back(static_cast<int16_t>(
          std::lround(kMisfitUnit * std::clamp(off_px, -kMostMisfit_px, kMostMisfit_px))));
    }
  }
  return misfit;
}

// `on_the_way`: a pose far from the result is drawn coarsely, as far as it is off.
Json Outlines(const ReportPictures& pictures, size_t view, const std::vector<ReportPose>& poses,
              size_t most_points, bool on_the_way) {
  const SceneRenderer& renderer = pictures.renderer;
  const int index = static_cast<int>(view);
  const PanelSize size = Fitted(renderer.FullSize(index), kLargestStep_px);
  const ViewWindow window = WholeView(renderer.scene().views[index].camera, size);
  const Rigid3d& result = pictures.poses.back().rig_from_world;
  std::vector<size_t> drawn;  // the others look like the last of these before them
  std::vector<size_t> like(poses.size());
  for (size_t i = 0; i < poses.size(); ++i) {
    const bool same =
        !drawn.empty() && renderer.Motion_px(index, poses[drawn.back()].rig_from_world,
                                             poses[i].rig_from_world, window) < kSameOutline_px;
    if (!same) drawn.push_back(i);
    like[i] = drawn.size() - 1;
  }
  std::vector<Json> outlines(drawn.size());
  renderer.ForEach(drawn.size(), [&](size_t i) {
    const Rigid3d& pose = poses[drawn[i]].rig_from_world;
    const double cell_px =
        on_the_way ? renderer.CellFor(index, pose, result, window) : kPanelCell_px;
    outlines[i] =
        OutlineJson(OutlineAt(renderer, view, pose, kLargestStep_px, most_points, cell_px));
  });
  Json list = Json::array();
  for (const size_t i : like) list.push_back(outlines[i]);
  return list;
}

}  // namespace

std::vector<size_t> ShownViews(const AlignResult& result) {
  return WorstViews(result, kMostShownViews);
}

int PosesThatFit(size_t most_bytes) {
  constexpr double kBytesOfAPose = 5000;
  return std::clamp(static_cast<int>(kWithout.outlines * most_bytes / kBytesOfAPose), 2, 18);
}

Json ViewJson(const ReportPictures& pictures, size_t view, size_t most_bytes) {
  const View& v = pictures.renderer.scene().views.at(view);
  const bool has_photo = view < pictures.photos.size() && !pictures.photos[view].empty();
  const Shares& shares = has_photo ? kWithPhoto : kWithout;
  const auto share = [&](double part) { return static_cast<size_t>(part * most_bytes); };
  Json json = {{"index", view},
               {"name", Shown(v.name)},
               {"width", v.camera.width_px},
               {"height", v.camera.height_px}};
  json["mask"] = DataUrl("png", SizeOf(v), share(shares.mask), [&](const PanelSize& size) {
    if (size.width_px == v.mask.width && size.height_px == v.mask.height) return GrayPng(v.mask);
    return GrayPng(Resized(v.mask, size.width_px, size.height_px));
  });
  json["photo"] = nullptr;
  if (has_photo) {
    const RgbImage& photo = pictures.photos[view];
    const PanelSize own = {photo.width, photo.height};
    json["photo"] = DataUrl("jpeg", own, share(shares.photo), [&](const PanelSize& size) {
      return EncodeJpeg(ShrunkPhoto(photo, size.width_px, size.height_px), kJpegQuality);
    });
  }
  const Outline outline =
      OutlineAt(pictures.renderer, view, pictures.poses.back().rig_from_world, kLargestOutline_px,
                share(shares.final_outline) / (kBytesPerPoint + kBytesPerMisfit), 0);
  json["final"] = OutlineJson(outline);
  json["final"]["misfit"] = Base64(MisfitAlong(outline, v));
  const size_t count = pictures.poses.size() + pictures.other_poses.size();
  const size_t most_points = share(shares.outlines) / (count * kBytesPerPoint);
  json["poses"] = Outlines(pictures, view, pictures.poses, most_points, true);
  json["others"] = Outlines(pictures, view, pictures.other_poses, most_points, false);
  return json;
}

}  // namespace ceres_align::report_html_internal
