#include "ceres_align/report/view_window.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace ceres_align {
namespace {

constexpr double kMargin = 0.07;  // of the longer side
constexpr int kLeastMargin_px = 6;
constexpr double kLeastAspect = 0.5;

// [begin, begin + length) widened about its middle to `wanted`, inside [0, frame).
void Widen(int wanted, int frame, int* begin, int* length) {
  wanted = std::min(std::max(wanted, *length), frame);
  *begin = std::clamp(*begin - (wanted - *length) / 2, 0, frame - wanted);
  *length = wanted;
}

}  // namespace

PanelSize FitPanel(const PanelSize& own, int max_px) {
  const int longer = std::max(own.width_px, own.height_px);
  CHECK_GT(longer, 0);
  if (longer <= max_px) {
    const int factor = max_px / longer;
    return {factor * own.width_px, factor * own.height_px};
  }
  const double scale = static_cast<double>(max_px) / longer;
  return {std::max(1, static_cast<int>(std::lround(scale * own.width_px))),
          std::max(1, static_cast<int>(std::lround(scale * own.height_px)))};
}

PanelSize FitPanel(const Camera& camera, int max_px) {
  return FitPanel(PanelSize{camera.width_px, camera.height_px}, max_px);
}

PixelBox Union(const PixelBox& a, const PixelBox& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  const int x = std::min(a.x, b.x), y = std::min(a.y, b.y);
  return {x, y, std::max(a.x + a.width_px, b.x + b.width_px) - x,
          std::max(a.y + a.height_px, b.y + b.height_px) - y};
}

PixelBox BoxOf(const ImageF& image, float least) {
  int left = image.width, right = 0, top = image.height, bottom = 0;
  for (int r = 0; r < image.height; ++r) {
    const float *row = image.row(r), *end = row + image.width;
    const auto shows = [least](float v) { return v >= least; };
    const float* first = std::find_if(row, end, shows);
    if (first == end) continue;
    const float* last = end - 1;
    while (!shows(*last)) --last;
    left = std::min(left, static_cast<int>(first - row));
    right = std::max(right, static_cast<int>(last - row) + 1);
    top = std::min(top, r);
    bottom = r + 1;
  }
  if (right <= left) return {};
  return {left, top, right - left, bottom - top};
}

ViewWindow WholeView(const Camera& camera, const PanelSize& size) {
  return {{0, 0, camera.width_px, camera.height_px}, size};
}

Camera CameraThrough(const Camera& camera, const ViewWindow& window) {
  Camera part = camera;
  part.width_px = window.part.width_px;
  part.height_px = window.part.height_px;
  part.cx_px -= window.part.x;
  part.cy_px -= window.part.y;
  return part.Scaled(window.size.width_px, window.size.height_px);
}

PixelBox WithMargin(const PixelBox& object, const Camera& camera) {
  if (object.empty()) return {0, 0, camera.width_px, camera.height_px};
  PixelBox box = object;
  const int longer = std::max(box.width_px, box.height_px);
  const int margin = std::max(kLeastMargin_px, static_cast<int>(std::lround(kMargin * longer)));
  const int least = std::max(kLeastWindow_px,
                             static_cast<int>(std::lround(kLeastAspect * (longer + 2 * margin))));
  Widen(std::max(least, box.width_px + 2 * margin), camera.width_px, &box.x, &box.width_px);
  Widen(std::max(least, box.height_px + 2 * margin), camera.height_px, &box.y, &box.height_px);
  return box;
}

ImageF Through(const ImageF& image, const ViewWindow& window) {
  const PixelBox& part = window.part;
  CHECK(part.x >= 0 && part.y >= 0 && part.x + part.width_px <= image.width &&
        part.y + part.height_px <= image.height);
  const cv::Mat in(image.height, image.width, CV_32F, const_cast<float*>(image.pixels.data()));
  const cv::Mat shown = in(cv::Rect(part.x, part.y, part.width_px, part.height_px));
  ImageF out(window.size.width_px, window.size.height_px);
  cv::Mat resized(out.height, out.width, CV_32F, out.pixels.data());
  const bool shrinks = out.width < part.width_px || out.height < part.height_px;
  cv::resize(shown, resized, resized.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_NEAREST);
  CHECK(reinterpret_cast<float*>(resized.data) == out.pixels.data());
  return out;
}

RgbImage Through(const RgbImage& photo, const Camera& camera, const ViewWindow& window) {
  const PixelBox& part = window.part;
  RgbImage out(window.size.width_px, window.size.height_px);
  const cv::Mat in(photo.height, photo.width, CV_8UC3, const_cast<Rgb*>(photo.pixels.data()));
  cv::Mat shown(out.height, out.width, CV_8UC3, out.pixels.data());
  // Photograph's px per px of the view, and per px of the panel.
  const double kx = static_cast<double>(photo.width) / camera.width_px;
  const double ky = static_cast<double>(photo.height) / camera.height_px;
  const double sx = kx * part.width_px / out.width, sy = ky * part.height_px / out.height;
  if (sx > 1 && sy > 1) {  // off by half a pixel of the photograph, and less of the panel
    const int x = std::clamp(static_cast<int>(std::lround(kx * part.x)), 0, photo.width - 1);
    const int y = std::clamp(static_cast<int>(std::lround(ky * part.y)), 0, photo.height - 1);
    const int width = std::max(1, static_cast<int>(std::lround(kx * part.width_px)));
    const int height = std::max(1, static_cast<int>(std::lround(ky * part.height_px)));
    const cv::Rect rect(x, y, std::min(width, photo.width - x), std::min(height, photo.height - y));
    cv::resize(in(rect), shown, shown.size(), 0, 0, cv::INTER_AREA);
  } else {
    const cv::Matx23d in_from_out(sx, 0, kx * part.x + 0.5 * sx - 0.5, 0, sy,
                                  ky * part.y + 0.5 * sy - 0.5);
    cv::warpAffine(in, shown, in_from_out, shown.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                   cv::BORDER_REPLICATE);
  }
  CHECK(reinterpret_cast<Rgb*>(shown.data) == out.pixels.data());
  return out;
}

ImageF Resized(const ImageF& image, int width_px, int height_px) {
  return Through(image, {{0, 0, image.width, image.height}, {width_px, height_px}});
}

}  // namespace ceres_align
