#include "ceres_align/report_html/jpeg.h"

#include <dlfcn.h>

#include <opencv2/imgcodecs.hpp>
#include <type_traits>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/report/view_window.h"

namespace ceres_align::report_html_internal {
namespace {

using Imencode = bool (*)(const cv::String&, cv::InputArray, std::vector<uchar>&,
                          const std::vector<int>&);
static_assert(std::is_same_v<decltype(static_cast<Imencode>(&cv::imencode)), Imencode>,
              "the symbol below is this function's");
constexpr char kSymbol[] =
    "_ZN2cv8imencodeERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEERKNS_11_InputArrayE"
    "RSt6vectorIhSaIhEERKSB_IiSaIiEE";

Imencode LoadImencode() {
  const std::string name =
      Format("libopencv_imgcodecs.so.%d%02d", CV_VERSION_MAJOR, CV_VERSION_MINOR);
  void* library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* symbol = library == nullptr ? nullptr : dlsym(library, kSymbol);
  if (symbol == nullptr) {
    throw InputError("photographs in report.html need " + name + ", which cannot be loaded here");
  }
  return reinterpret_cast<Imencode>(symbol);
}

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
