// Masks as NumPy arrays of two dimensions, rows first.
#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "ceres_align/io/npy.h"
#include "ceres_align/io/raster_file.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

// By what the numbers are divided. Bytes of 0 and 1 are a bool array or a thresholded one.
template <typename Value>
double Scale(const std::vector<Value>& values, RasterValues meaning, const std::string& name) {
  if (meaning != RasterValues::kFractions || std::is_floating_point_v<Value>) return 1;
  const Value most = values.empty() ? Value(0) : *std::max_element(values.begin(), values.end());
  if (most <= 1) return 1;
  if (std::is_same_v<Value, uint8_t>) return 255;
  Fail(name, ": an array of integers up to ", most, "; say which label is the mask (", name,
       ":3), or save it as bool, uint8 or float");
}

}  // namespace

void DecodeNpy(const std::string& bytes, const std::string& name, RasterSink* sink,
               RasterValues meaning) {
  const NpyArray array = ParseNpy(bytes, name);
  if (array.shape.size() != 2) {
    Fail(name, ": an array of one dimension; a mask has rows and columns");
  }
  const int64_t height = array.shape[0], width = array.shape[1];
  CheckPixelCount(width, height, name);
  sink->Size(static_cast<int>(width), static_cast<int>(height), false);
  std::visit(
      [&](const auto& values) {
        const double scale = Scale(values, meaning, name);
        std::vector<float> row(width);
        for (int64_t r = 0; r < height; ++r) {
          for (int64_t c = 0; c < width; ++c) {
            row[c] = static_cast<float>(static_cast<double>(values[r * width + c]) / scale);
          }
          sink->Row(row.data(), 1);
        }
      },
      array.values);
}

}  // namespace ceres_align::io_internal
