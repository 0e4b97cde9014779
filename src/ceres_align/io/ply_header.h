// The header of a PLY file. Internal to io/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ceres_align::io_internal {

enum class PlyFormat { kAscii, kLittleEndian, kBigEndian };
enum class PlyType { kInt8, kUint8, kInt16, kUint16, kInt32, kUint32, kFloat, kDouble };

size_t SizeOf(PlyType type);  ///< bytes in a binary file
bool IsInteger(PlyType type);

struct PlyProperty {
  std::string name;
  PlyType type = PlyType::kFloat;
  bool is_list = false;
  PlyType count_type = PlyType::kUint8;  ///< of a list's length
};

struct PlyElement {
  std::string name;
  int64_t count = 0;
  std::vector<PlyProperty> properties;

  /// Index of the property, or −1.
  int Find(const std::string& property) const;
  /// The fewest bytes that an item takes.
  int64_t MinBytes(PlyFormat format) const;
};

struct PlyHeader {
  PlyFormat format = PlyFormat::kAscii;
  std::vector<PlyElement> elements;
  size_t data_begin = 0;  ///< offset of the first byte behind the header
  int64_t data_line = 1;  ///< and its line
};

/// Throws InputError with the line.
PlyHeader ReadPlyHeader(const std::string& bytes, const std::string& name);

}  // namespace ceres_align::io_internal
