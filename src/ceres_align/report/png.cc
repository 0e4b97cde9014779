// EncodePng, straight from the picture's rows: a large picture is not copied.
#include <png.h>

#include <csetjmp>
#include <stdexcept>

#include "ceres_align/report/draw.h"

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

// False where libpng reported an error. No object with a destructor may be made here.
bool Run(const RgbImage& image, Encoder* encoder) {
  if (setjmp(png_jmpbuf(encoder->png)) != 0) return false;
  png_structp png = encoder->png;
  png_infop info = encoder->info;
  png_set_write_fn(png, encoder, OnWrite, OnFlush);
  png_set_IHDR(png, info, image.width, image.height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  // Long runs of one colour: as small as with the default settings, in a fifth of the time.
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
  png_set_compression_level(png, 1);
  png_set_compression_strategy(png, 3);  // zlib's Z_RLE
  png_write_info(png, info);
  for (int row = 0; row < image.height; ++row) {
    png_write_row(png, reinterpret_cast<png_const_bytep>(image.row(row)));
  }
  png_write_end(png, nullptr);
  return true;
}

}  // namespace

std::string EncodePng(const RgbImage& image) {
  static_assert(sizeof(Rgb) == 3, "rows are written as they are");
  Encoder encoder;
  encoder.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &encoder, OnError, OnWarning);
  CHECK(encoder.png != nullptr);
  encoder.info = png_create_info_struct(encoder.png);
  CHECK(encoder.info != nullptr);
  if (!Run(image, &encoder)) {
    throw std::runtime_error("a PNG could not be encoded: " + encoder.message);
  }
  return std::move(encoder.bytes);
}

}  // namespace ceres_align
