// Writes an animated GIF into memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ceres_align/report/draw.h"

namespace ceres_align {

/// A picture as indices into a palette.
using IndexedImage = Image<uint8_t>;
/// The nearest of at most 255 colours for each pixel.
IndexedImage Indexed(const RgbImage& image, const std::vector<Rgb>& palette);
/// Of the first rows alone, the others stay. `out` has the image's size.
void IndexRows(const RgbImage& image, const std::vector<Rgb>& palette, int rows, IndexedImage* out);

/// One palette for all frames. A frame stores only the rectangle that changed since the one before
/// it. The animation repeats forever.
class GifEncoder {
 public:
  /// At most 255 colours (one stays free for "unchanged"); sides at most 65,535 px. CHECKed.
  GifEncoder(int width_px, int height_px, const std::vector<Rgb>& palette);
  ~GifEncoder();
  GifEncoder(const GifEncoder&) = delete;
  GifEncoder& operator=(const GifEncoder&) = delete;

  /// `frame` has the encoder's size; it is shown for delay_cs hundredths of a second.
  void AddFrame(const IndexedImage& frame, int delay_cs);
  void AddFrame(const RgbImage& frame, int delay_cs);
  /// The file's bytes; ends the encoding. Every call may throw std::runtime_error with giflib's
  /// message.
  std::string Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ceres_align
