// Decoding of image files, before any meaning is given to the values. Internal to io/.
#pragma once

#include <cstdint>
#include <string>

namespace ceres_align::io_internal {

/// What the numbers of a row are.
enum class RasterValues {
  /// Divided by the type's full value (255 or 65535; of PNM the file's own); palettes are applied.
  /// Float images are as stored.
  kFractions,
  /// As stored in the file; a palette's indices. Not of BMP, nor of TIFF with a palette, which
  /// throw InputError.
  kNumbers,
  /// As stored; palettes are applied.
  kColours,
};

/// Takes an image as it is decoded, so that it is never held whole with all its channels.
class RasterSink {
 public:
  virtual ~RasterSink() = default;
  /// From the file's header, before anything is decoded; may throw to stop there.
  virtual void Size(int width_px, int height_px, bool is_jpeg) = 0;
  /// The next row, top to bottom: width × channels values. Channels: 1 gray, 2 gray + alpha, 3
  /// red, green and blue, 4 with alpha.
  virtual void Row(const float* values, int channels) = 0;
};

/// Largest number of pixels that is read.
constexpr int64_t kMaxImagePixels = int64_t{1} << 27;

/// PNG, JPEG, BMP, PNM, TIFF or .npy by content. Throws InputError for anything else and for
/// damage: PNG checksums, early ends, data that contradict the header. Nothing is printed for PNG
/// and PNM; OpenCV may print for a damaged file of the others.
void DecodeImage(const std::string& bytes, const std::string& name, RasterSink* sink,
                 RasterValues values = RasterValues::kFractions);

/// Its part that needs OpenCV, for JPEG, BMP and TIFF, of the size that the header says.
struct RasterSize;
void DecodeWithOpenCv(const std::string& bytes, const std::string& name, const RasterSize& size,
                      bool is_jpeg, RasterValues values, RasterSink* sink);
/// Those that do without.
void DecodePng(const std::string& bytes, const std::string& name, RasterSink* sink,
               RasterValues values);
void DecodePnm(const std::string& bytes, const std::string& name, RasterSink* sink,
               RasterValues values);
/// NumPy's .npy: height x width of bool, uint8, int32, int64 or floats. Bytes above 1 are divided
/// by 255; integers above 1 are labels.
void DecodeNpy(const std::string& bytes, const std::string& name, RasterSink* sink,
               RasterValues values);
/// Throws InputError unless the size is positive and at most kMaxImagePixels.
void CheckPixelCount(int64_t width_px, int64_t height_px, const std::string& name);

struct RasterSize {
  int64_t width_px = 0, height_px = 0;
  bool has_palette = false;  ///< of TIFF
};
/// The sizes that the headers of files of these formats promise.
RasterSize JpegSize(const std::string& bytes, const std::string& name);
RasterSize BmpSize(const std::string& bytes, const std::string& name);
RasterSize TiffSize(const std::string& bytes, const std::string& name);

}  // namespace ceres_align::io_internal
