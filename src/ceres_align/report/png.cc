// PNG files, straight from the picture's rows: a large picture is not copied.
#include <png.h>

#include <csetjmp>
#include <cstdint>
#include <stdexcept>

#include "ceres_align/report/draw.h"
#include "ceres_align/report/png_rows.h"

namespace ceres_align {
namespace {

// libpng leaves by longjmp: everything with a destructor lives in here, outside the jump.
struct Encoder {
  std::string bytes;
  std::string message;
  png_structp png = nullptr;
  png_infop info = nullptr;
  ~Encoder() {
    if (png != nullptr) png_destroy_write_struct(&png, &info);
  }
};

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  static_cast<Encoder*>(png_get_error_ptr(png))->message = message;
  png_longjmp(png, 1);
}
void OnWarning(png_structp, png_const_charp) {}
void OnWrite(png_structp png, png_bytep data, size_t size) {
  static_cast<Encoder*>(png_get_io_ptr(png))->bytes.append(reinterpret_cast<char*>(data), size);
}
void OnFlush(png_structp) {}

bool IsLittleEndian() {
  const uint16_t one = 1;
  return *reinterpret_cast<const uint8_t*>(&one) == 1;
}

// False where libpng reported an error. No object with a destructor may be made here.
bool Run(const PngLayout& layout, const std::function<const void*(int)>& row, Encoder* encoder) {
  if (setjmp(png_jmpbuf(encoder->png)) != 0) return false;
  png_structp png = encoder->png;
  png_infop info = encoder->info;
  png_set_write_fn(png, encoder, OnWrite, OnFlush);
  const int color = layout.channels == 1   ? PNG_COLOR_TYPE_GRAY
                    : layout.channels == 3 ? PNG_COLOR_TYPE_RGB
                                           : PNG_COLOR_TYPE_RGB_ALPHA;
  png_set_IHDR(png, info, layout.width_px, layout.height_px, layout.bits, color, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  // Long runs of one colour: as small as with the default settings, in a fifth of the time.
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
  png_set_compression_level(png, 1);
  png_set_compression_strategy(png, 3);  // zlib's Z_RLE
  png_write_info(png, info);
  // PNG has the high byte first.
  if (layout.bits == 16 && IsLittleEndian()) png_set_swap(png);
  for (int r = 0; r < layout.height_px; ++r) {
    png_write_row(png, static_cast<png_const_bytep>(row(r)));
  }
  png_write_end(png, nullptr);
  return true;
}

}  // namespace

std::string EncodePngRows(const PngLayout& layout, const std::function<const void*(int)>& row) {
  Encoder encoder;
  encoder.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &encoder, OnError, OnWarning);
  CHECK(encoder.png != nullptr);
  encoder.info = png_create_info_struct(encoder.png);
  CHECK(encoder.info != nullptr);
  if (!Run(layout, row, &encoder)) {
    throw std::runtime_error("a PNG could not be encoded: " + encoder.message);
  }
  return std::move(encoder.bytes);
}

std::string EncodePng(const RgbImage& image) {
  static_assert(sizeof(Rgb) == 3, "rows are written as they are");
  return EncodePngRows({image.width, image.height, 8, 3}, [&](int row) { return image.row(row); });
}

}  // namespace ceres_align
