// JPEG, BMP and TIFF by OpenCV. Its imgcodecs bring GDAL and 120 libraries more, which take 50 ms
// to start, so they are loaded when the first such file comes; PNG, PNM and NPY need none of them.
#include <opencv2/imgcodecs.hpp>
#include <type_traits>

#include "ceres_align/base/late_library.h"
#include "ceres_align/io/raster_file.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

using Imdecode = cv::Mat (*)(cv::InputArray, int);
static_assert(std::is_same_v<decltype(static_cast<Imdecode>(&cv::imdecode)), Imdecode>,
              "the symbol below is this overload's");
[[maybe_unused]] constexpr char kSymbol[] = "_ZN2cv8imdecodeERKNS_11_InputArrayEi";

#ifdef CERES_ALIGN_IMGCODECS_LIBRARY
Imdecode Decoder(const std::string& name) {
  static const auto decode =
      reinterpret_cast<Imdecode>(LateSymbol(CERES_ALIGN_IMGCODECS_LIBRARY, kSymbol));
  if (decode == nullptr) {
    Fail(name, ": JPEG, BMP and TIFF need ", CERES_ALIGN_IMGCODECS_LIBRARY,
         ", which cannot be loaded here; save it as PNG");
  }
  return decode;
}
#else
Imdecode Decoder(const std::string&) { return cv::imdecode; }
#endif

// Row by row to float; `image` is of 8 or 16 bits or float.
void HandOver(const cv::Mat& image, const std::string& name, RasterValues meaning,
              RasterSink* sink) {
  double scale = 1;
  if (image.depth() == CV_8U) {
    scale = 1.0 / 255;
  } else if (image.depth() == CV_16U) {
    scale = 1.0 / 65535;
  } else if (image.depth() != CV_32F && image.depth() != CV_64F) {
    Fail(name, ": pixels of a type that is no mask's (8 or 16 bits or float are read)");
  }
  if (image.channels() > 4) Fail(name, ": ", image.channels(), " channels");
  if (meaning != RasterValues::kFractions) scale = 1;
  cv::Mat values;
  const int channels = image.channels();
  for (int row = 0; row < image.rows; ++row) {
    image.row(row).convertTo(values, CV_32F, scale);
    float* numbers = values.ptr<float>();
    for (int i = 0; channels >= 3 && i < channels * image.cols; i += channels) {
      std::swap(numbers[i], numbers[i + 2]);  // OpenCV has blue first
    }
    sink->Row(numbers, channels);
  }
}

}  // namespace

void DecodeWithOpenCv(const std::string& bytes, const std::string& name, const RasterSize& size,
                      bool is_jpeg, RasterValues values, RasterSink* sink) {
  CheckPixelCount(size.width_px, size.height_px, name);
  sink->Size(static_cast<int>(size.width_px), static_cast<int>(size.height_px), is_jpeg);
  cv::Mat image;
  try {
    image = Decoder(name)(
        cv::Mat(1, static_cast<int>(bytes.size()), CV_8U, const_cast<char*>(bytes.data())),
        cv::IMREAD_UNCHANGED);
  } catch (const cv::Exception&) {
    image.release();
  }
  if (image.empty()) Fail(name, ": damaged image, it cannot be decoded");
  if (image.cols != size.width_px || image.rows != size.height_px) {
    Fail(name, ": damaged image: ", image.cols, "x", image.rows, " pixels, but its header says ",
         size.width_px, "x", size.height_px);
  }
  HandOver(image, name, values, sink);
}

}  // namespace ceres_align::io_internal
