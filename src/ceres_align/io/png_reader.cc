// PNG through libpng, with its messages turned into exceptions. OpenCV's reader would print them
// and return what it could decode.
#include <png.h>

#include <csetjmp>
#include <cstring>
#include <vector>

#include "ceres_align/io/raster_file.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

// Deflate packs at most 1032 to 1, interlacing and expansion to channels of a byte at most 32 more.
constexpr size_t kMaxExpansion = size_t{1032} * 32;

// Of what a compressed text or profile unpacks to.
constexpr size_t kMaxChunkBytes = size_t{1} << 26;

// libpng leaves by longjmp: everything with a destructor lives in here, outside the jump.
struct Decoder {
  const std::string* bytes = nullptr;
  RasterSink* sink = nullptr;
  RasterValues meaning = RasterValues::kFractions;
  size_t position = 0;
  std::string message;
  std::vector<unsigned char> pixels;  // of one row; of all where they are interlaced
  std::vector<png_bytep> rows;
  std::vector<float> values;  // of one row
  png_structp png = nullptr;
  png_infop info = nullptr;
  png_uint_32 width_px = 0, height_px = 0;
  int channels = 0;
  int bit_depth = 0;

  ~Decoder() {
    if (png != nullptr) png_destroy_read_struct(&png, &info, nullptr);
  }
};

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  static_cast<Decoder*>(png_get_error_ptr(png))->message = message;
  png_longjmp(png, 1);
}

// Warnings are of two kinds: what libpng puts right (an odd colour profile) and damage. Damage of
// the picture is an error in its own right (checksums of critical chunks, missing data).
void OnWarning(png_structp, png_const_charp) {}

void OnRead(png_structp png, png_bytep out, size_t size) {
  Decoder* decoder = static_cast<Decoder*>(png_get_io_ptr(png));
  if (size > decoder->bytes->size() - decoder->position) png_error(png, "the file ends early");
  std::memcpy(out, decoder->bytes->data() + decoder->position, size);
  decoder->position += size;
}

// Of those up to the first of type `last`: libpng makes room for a chunk before it reads it.
bool ChunksEndInFile(const std::string& bytes, const char* last) {
  constexpr size_t kSignature = 8, kAround = 12;  // length, type, checksum
  for (size_t at = kSignature; at + kAround <= bytes.size();) {
    size_t length = 0;
    for (size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<uint8_t>(bytes[at + i]);
    if (bytes.compare(at + 4, 4, last) == 0) return true;
    if (length > bytes.size() - at - kAround) return false;
    at += kAround + length;
  }
  return false;
}

// Everything to 8 or 16 bits per channel; palettes and transparent colours applied, unless it is
// the numbers that are wanted.
void SetTransformations(png_structp png, png_infop info, RasterValues meaning) {
  if (meaning == RasterValues::kNumbers) {
    png_set_packing(png);
  } else {
    png_set_expand(png);
  }
  if (png_get_bit_depth(png, info) == 16) png_set_swap(png);  // little-endian hosts
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

// The row as numbers, to the sink.
void HandOver(const unsigned char* row, Decoder* decoder) {
  const bool wide = decoder->bit_depth == 16;
  const float scale = decoder->meaning != RasterValues::kFractions ? 1.0f
                      : wide                                       ? 1.0f / 65535
                                                                   : 1.0f / 255;
  for (size_t i = 0; i < decoder->values.size(); ++i) {
    uint16_t value = row[wide ? 2 * i : i];
    if (wide) value |= static_cast<uint16_t>(row[2 * i + 1] << 8);
    decoder->values[i] = scale * value;
  }
  decoder->sink->Row(decoder->values.data(), decoder->channels);
}

// False where libpng reported an error. No object with a destructor may be made here.
bool Run(Decoder* decoder) {
  if (setjmp(png_jmpbuf(decoder->png)) != 0) return false;
  png_structp png = decoder->png;
  png_infop info = decoder->info;
  png_set_read_fn(png, decoder, OnRead);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
  png_set_user_limits(png, 1 << 20, 1 << 20);
  png_set_chunk_malloc_max(png, kMaxChunkBytes);
  png_read_info(png, info);
  decoder->width_px = png_get_image_width(png, info);
  decoder->height_px = png_get_image_height(png, info);
  if (static_cast<int64_t>(decoder->width_px) * decoder->height_px > kMaxImagePixels) {
    png_error(png, "the image is too large");
  }
  SetTransformations(png, info, decoder->meaning);
  decoder->channels = png_get_channels(png, info);
  decoder->bit_depth = png_get_bit_depth(png, info);
  const size_t row_bytes = png_get_rowbytes(png, info);
  if (row_bytes * decoder->height_px / kMaxExpansion > decoder->bytes->size()) {
    png_error(png, "the header promises more pixels than the file can hold");
  }
  decoder->sink->Size(static_cast<int>(decoder->width_px), static_cast<int>(decoder->height_px),
                      false);
  if (!ChunksEndInFile(*decoder->bytes, "IEND")) png_error(png, "the file ends early");
  decoder->values.resize(static_cast<size_t>(decoder->width_px) * decoder->channels);
  const bool interlaced = png_get_interlace_type(png, info) != PNG_INTERLACE_NONE;
  decoder->pixels.resize(row_bytes * (interlaced ? decoder->height_px : 1));
  if (interlaced) {
    decoder->rows.resize(decoder->height_px);
    for (size_t r = 0; r < decoder->height_px; ++r) {
      decoder->rows[r] = decoder->pixels.data() + row_bytes * r;
    }
    png_read_image(png, decoder->rows.data());
  }
  for (size_t r = 0; r < decoder->height_px; ++r) {
    if (!interlaced) png_read_row(png, decoder->pixels.data(), nullptr);
    HandOver(interlaced ? decoder->rows[r] : decoder->pixels.data(), decoder);
  }
  png_read_end(png, nullptr);
  return true;
}

}  // namespace

void DecodePng(const std::string& bytes, const std::string& name, RasterSink* sink,
               RasterValues values) {
  if (!ChunksEndInFile(bytes, "IDAT")) Fail(name, ": damaged PNG: the file ends early");
  Decoder decoder;
  decoder.meaning = values;
  decoder.bytes = &bytes;
  decoder.sink = sink;
  decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, OnError, OnWarning);
  CHECK(decoder.png != nullptr);
  decoder.info = png_create_info_struct(decoder.png);
  CHECK(decoder.info != nullptr);
  if (!Run(&decoder)) Fail(name, ": damaged PNG: ", decoder.message);
}

}  // namespace ceres_align::io_internal
