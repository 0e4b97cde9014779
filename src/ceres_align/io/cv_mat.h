// cv::Mat in and out, for programs that have OpenCV (its core module); nothing else of the
// library's headers names it.
#pragma once

#include <algorithm>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/io/mask_io.h"

namespace ceres_align {

/// A mask of one channel: CV_8U and CV_16U (255 and 65535 are full) or CV_32F and CV_64F in [0, 1],
/// then as MaskFromFractions; rows may have any step. Throws InputError that begins with `name` for
/// other types, an empty mask and values outside [0, 1].
inline LoadedMask MaskFromMat(const cv::Mat& mat, const std::string& name,
                              std::optional<double> threshold = {}) {
  if (mat.empty() || mat.dims != 2) throw InputError(name + ": the mask has no pixels");
  const int depth = mat.depth();
  if (mat.channels() != 1 ||
      (depth != CV_8U && depth != CV_16U && depth != CV_32F && depth != CV_64F)) {
    throw InputError(name + ": the mask is of the type " + cv::typeToString(mat.type()) +
                     "; it must be CV_8U, CV_16U, CV_32F or CV_64F in one channel");
  }
  // As the reader of PNG files has it, to the same bits.
  const float scale = depth == CV_8U ? 1.0f / 255 : depth == CV_16U ? 1.0f / 65535 : 1.0f;
  cv::Mat fractions;
  mat.convertTo(fractions, CV_32F);
  ImageF image(mat.cols, mat.rows);
  for (int row = 0; row < mat.rows; ++row) {
    const float* from = fractions.ptr<float>(row);
    for (int column = 0; column < mat.cols; ++column) {
      const float value = from[column] * scale;
      if (!(value >= 0 && value <= 1)) {
        throw InputError(name + ": the mask has the value " + std::to_string(value) +
                         " at column " + std::to_string(column) + ", row " + std::to_string(row) +
                         "; it must lie in [0, 1]");
      }
      image.at(column, row) = value;
    }
  }
  return MaskFromFractions(std::move(image), name, threshold);
}

/// A copy: CV_32F of floats, CV_64F of doubles (a mask, coverage, depth).
template <typename T>
cv::Mat MatOf(const Image<T>& image) {
  cv::Mat mat(image.height, image.width, cv::traits::Type<T>::value);
  for (int row = 0; row < image.height; ++row) {
    std::copy(image.row(row), image.row(row) + image.width, mat.ptr<T>(row));
  }
  return mat;
}

}  // namespace ceres_align
