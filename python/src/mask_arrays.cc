// Masks and weights from arrays of any numbers.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "arrays.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/mask_scan.h"
#include "ceres_align/io/raster_file.h"
#include "pixel_memory.h"

namespace ceres_align::python {
namespace {

using io_internal::MaskScan;

// All values of an array of two dimensions and this type, rows in order; `owner` keeps them.
template <typename T>
const T* Values(const py::array& array, py::object* owner) {
  const auto packed = py::array_t<T, py::array::c_style | py::array::forcecast>(array);
  *owner = packed;
  return packed.data();
}

std::string PlaceOf(py::ssize_t i, const py::array& array) {
  return Format("at row %d, column %d", static_cast<int>(i / array.shape(1)),
                static_cast<int>(i % array.shape(1)));
}

py::array AsImage(py::handle value, const std::string& where) {
  py::array array = AsArray(value, where);
  if (array.ndim() != 2) {
    Refuse(where, "has the shape " + ShapeText(array) + "; it must be (height, width)");
  }
  if (array.size() == 0) Refuse(where, "is empty: its shape is " + ShapeText(array));
  io_internal::CheckPixelCount(array.shape(1), array.shape(0), where);
  return array;
}

// The rows of an array of two dimensions and this type, where they lie if a row's values lie beside
// each other.
template <typename T>
class Rows {
 public:
  explicit Rows(py::array array) : array_(std::move(array)) {
    const auto is_aligned = [&] {
      return reinterpret_cast<uintptr_t>(array_.data()) % alignof(T) == 0 &&
             array_.strides(0) % static_cast<py::ssize_t>(alignof(T)) == 0;
    };
    if (array_.strides(1) != sizeof(T) || !is_aligned()) {
      array_ = py::array(array_.attr("copy")());
    }
  }
  const T* row(int r) const { return static_cast<const T*>(array_.data(r, 0)); }
  int width() const { return static_cast<int>(array_.shape(1)); }
  int height() const { return static_cast<int>(array_.shape(0)); }

 private:
  py::array array_;
};

// Row by row, so that what looks at a row finds it in the cache: convert(from, to) makes one.
template <typename T, typename Convert>
ImageF ImageOf(const Rows<T>& rows, const Convert& convert) {
  ImageF image;
  image.width = rows.width();
  image.height = rows.height();
  image.pixels = TakePixels(static_cast<size_t>(image.width) * static_cast<size_t>(image.height));
  std::vector<float> row(static_cast<size_t>(image.width));
  for (int r = 0; r < image.height; ++r) {
    convert(rows.row(r), row.data());
    image.pixels.insert(image.pixels.end(), row.begin(), row.end());
  }
  return image;
}

template <typename T>
ImageF FloatFractions(const py::array& array, const std::string& where, MaskScan* seen) {
  const Rows<T> rows(array);
  const int width = rows.width();
  ImageF image = ImageOf(rows, [&](const T* from, float* to) {
    std::copy(from, from + width, to);
    seen->Add(to, static_cast<size_t>(width));
  });
  if (seen->InRange()) return image;
  for (int r = 0; r < rows.height(); ++r) {
    for (int c = 0; c < width; ++c) {
      const auto value = static_cast<float>(rows.row(r)[c]);
      if (value >= 0 && value <= 1) continue;
      Refuse(where, Format("has the value %g at row %d, column %d; it must lie in [0, 1]",
                           static_cast<double>(rows.row(r)[c]), r, c));
    }
  }
  return image;
}

// All values, each bit that any has: at most 1 where all are 0 and 1.
template <typename T>
T BitsOf(const Rows<T>& rows) {
  T bits = 0;
  for (int r = 0; r < rows.height(); ++r) {
    const T* values = rows.row(r);
    for (int c = 0; c < rows.width(); ++c) bits |= values[c];
  }
  return bits;
}

// Bytes and 16-bit values above 1 are fractions of full; of other integers above 1 nobody knows.
template <typename T>
ImageF IntegerFractions(const py::array& array, const std::string& where, MaskScan* seen) {
  const Rows<T> rows(array);
  const int width = rows.width();
  const T bits = BitsOf(rows);
  if (static_cast<T>(bits & ~T{1}) == 0) {
    return ImageOf(rows, [&](const T* from, float* to) {
      int ones = 0;
      for (int c = 0; c < width; ++c) ones += from[c] != 0 ? 1 : 0;
      std::copy(from, from + width, to);
      seen->AddBinary(static_cast<size_t>(ones), static_cast<size_t>(width));
    });
  }
  if (!std::is_same_v<T, uint8_t> && !std::is_same_v<T, uint16_t>) {
    T least = 0, most = 0;
    for (int r = 0; r < rows.height(); ++r) {
      least = std::min(least, *std::min_element(rows.row(r), rows.row(r) + width));
      most = std::max(most, *std::max_element(rows.row(r), rows.row(r) + width));
    }
    Refuse(where, "has integers from " + std::to_string(least) + " to " + std::to_string(most) +
                      "; say which label is the mask (array == label), or give bool, uint8, "
                      "uint16 or floats");
  }
  // As the reader of PNG files has it, to the same bits.
  const float scale = 1.0f / static_cast<float>(std::numeric_limits<T>::max());
  return ImageOf(rows, [&](const T* from, float* to) {
    for (int c = 0; c < width; ++c) to[c] = static_cast<float>(from[c]) * scale;
    seen->Add(to, static_cast<size_t>(width));
  });
}

ImageF SignedFractions(const py::array& array, const std::string& where, MaskScan* seen) {
  switch (array.itemsize()) {
    case 1:
      return IntegerFractions<int8_t>(array, where, seen);
    case 2:
      return IntegerFractions<int16_t>(array, where, seen);
    case 4:
      return IntegerFractions<int32_t>(array, where, seen);
    default:
      return IntegerFractions<int64_t>(array, where, seen);
  }
}

ImageF UnsignedFractions(const py::array& array, const std::string& where, MaskScan* seen) {
  switch (array.itemsize()) {
    case 1:
      return IntegerFractions<uint8_t>(array, where, seen);
    case 2:
      return IntegerFractions<uint16_t>(array, where, seen);
    case 4:
      return IntegerFractions<uint32_t>(array, where, seen);
    default:
      return IntegerFractions<uint64_t>(array, where, seen);
  }
}

ImageF Fractions(py::handle value, const std::string& where, MaskScan* seen) {
  const py::array array = AsImage(value, where);
  switch (array.dtype().kind()) {
    case 'f':
      return array.itemsize() == 4 ? FloatFractions<float>(array, where, seen)
                                   : FloatFractions<double>(array, where, seen);
    case 'b':
      return IntegerFractions<uint8_t>(py::array(array.attr("view")("u1")), where, seen);
    case 'i':
      return SignedFractions(array, where, seen);
    default:
      return UnsignedFractions(array, where, seen);
  }
}

}  // namespace

ImageF AsFractions(py::handle value, const std::string& where) {
  MaskScan seen;
  return Fractions(value, where, &seen);
}

LoadedMask AsMask(py::handle value, const std::string& where, std::optional<double> threshold) {
  MaskScan seen;
  ImageF fractions = Fractions(value, where, &seen);
  return io_internal::MaskFromScanned(std::move(fractions), seen, where, threshold);
}

ImageF AsWeights(py::handle value, const std::string& where) {
  const py::array array = AsImage(value, where);
  ImageF image(static_cast<int>(array.shape(1)), static_cast<int>(array.shape(0)));
  py::object owner;
  const float* weights = Values<float>(array, &owner);
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    if (!(weights[i] >= 0 && std::isfinite(weights[i]))) {
      Refuse(where, Format("has the value %g ", static_cast<double>(weights[i])) +
                        PlaceOf(static_cast<py::ssize_t>(i), array) +
                        "; weights are finite and not negative");
    }
    image.pixels[i] = weights[i];
  }
  return image;
}

}  // namespace ceres_align::python
