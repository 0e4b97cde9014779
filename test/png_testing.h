// PNG files of every kind, written by libpng.
#pragma once

#include <gtest/gtest.h>
#include <png.h>

#include <cstdio>
#include <filesystem>
#include <vector>

namespace ceres_align::testing {

/// What a PNG's header and chunks are to be.
struct PngKind {
  int bits = 8;
  int colour_type = PNG_COLOR_TYPE_GRAY;
  std::vector<png_color> palette = {};
  std::vector<png_byte> palette_alpha = {};  ///< tRNS
  bool one_byte_a_pixel = false;             ///< the rows given, of less than 8 bits
};

/// The rows have the bytes that the file is to have (16 bits: high byte first). Returns the path.
inline std::filesystem::path WritePng(const std::filesystem::path& path, int width,
                                      const PngKind& kind,
                                      const std::vector<std::vector<png_byte>>& rows) {
  FILE* file = std::fopen(path.c_str(), "wb");
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_init_io(png, file);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(rows.size()),
               kind.bits, kind.colour_type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
               PNG_FILTER_TYPE_BASE);
  if (!kind.palette.empty()) {
    png_set_PLTE(png, info, kind.palette.data(), static_cast<int>(kind.palette.size()));
  }
  if (!kind.palette_alpha.empty()) {
    png_set_tRNS(png, info, kind.palette_alpha.data(), static_cast<int>(kind.palette_alpha.size()),
                 nullptr);
  }
  png_write_info(png, info);
  if (kind.one_byte_a_pixel) png_set_packing(png);
  for (const std::vector<png_byte>& row : rows) png_write_row(png, row.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  std::fclose(file);
  return path;
}

}  // namespace ceres_align::testing
