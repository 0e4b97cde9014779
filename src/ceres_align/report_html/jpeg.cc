#include "ceres_align/report_html/jpeg.h"

#include <opencv2/imgcodecs.hpp>
#include <type_traits>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/base/late_library.h"
#include "ceres_align/report/view_window.h"

namespace ceres_align::report_html_internal {
namespace {

using Imencode = bool (*)(const cv::String&, cv::InputArray, std::vector<uchar>&,
                          const std::vector<int>&);
static_assert(std::is_same_v<decltype(static_cast<Imencode>(&cv::imencode)), Imencode>,
              "the symbol below is this function's");
[[maybe_unused]] constexpr char kSymbol[] =
    "_ZN2cv8imencodeERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEERKNS_11_InputArrayE"
    "RSt6vectorIhSaIhEERKSB_IiSaIiEE";

#ifdef CERES_ALIGN_IMGCODECS_LIBRARY
Imencode LoadImencode() {
  const std::string library = CERES_ALIGN_IMGCODECS_LIBRARY;
  void* symbol = LateSymbol(library, kSymbol);
  if (symbol == nullptr) {
    throw InputError("photographs in report.html need " + library +
                     ", which cannot be loaded here");
  }
  return reinterpret_cast<Imencode>(symbol);
}
#else
Imencode LoadImencode() { return cv::imencode; }
#endif

}  // namespace

std::string EncodeJpeg(const RgbImage& image, int quality) {
  static const Imencode encode = LoadImencode();
  cv::Mat blue_first(image.height, image.width, CV_8UC3);
  for (int row = 0; row < image.height; ++row) {
    const Rgb* in = image.row(row);
    cv::Vec3b* out = blue_first.ptr<cv::Vec3b>(row);
    for (int column = 0; column < image.width; ++column) {
      out[column] = {in[column].b, in[column].g, in[column].r};
    }
  }
  std::vector<uchar> bytes;
  const bool ok = encode(".jpg", blue_first, bytes, {cv::IMWRITE_JPEG_QUALITY, quality});
  if (!ok) throw std::runtime_error("a photograph could not be encoded as JPEG");
  return {bytes.begin(), bytes.end()};
}

RgbImage ShrunkPhoto(const RgbImage& image, int width_px, int height_px) {
  if (width_px == image.width && height_px == image.height) return image;
  Camera own;
  own.width_px = image.width;
  own.height_px = image.height;
  return Through(image, own, WholeView(own, {width_px, height_px}));
}

}  // namespace ceres_align::report_html_internal
