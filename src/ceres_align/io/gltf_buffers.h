// A glTF document's JSON and its binary buffers, with every access checked. Internal to io/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ceres_align::io_internal {

/// A typed run of numbers inside a buffer; the range has been checked.
struct GltfAccessor {
  const unsigned char* data = nullptr;
  int64_t count = 0;
  int64_t stride = 0;      ///< bytes from item to item
  int component_type = 0;  ///< 5120 int8, 5121 uint8, 5122 int16, 5123 uint16, 5125 uint32, 5126
  int components = 0;      ///< 1 for SCALAR, 3 for VEC3
  bool normalized = false;

  /// Component k of item i; normalised integers are mapped to [−1, 1] or [0, 1].
  double At(int64_t i, int k) const;
};

class GltfBuffers {
 public:
  /// Splits GLB into its chunks or takes the bytes as JSON, and loads the buffers (chunk, data
  /// URI, file beside `path`). Throws InputError. `bytes` must outlive this object.
  GltfBuffers(const std::string& bytes, const std::filesystem::path& path);

  const nlohmann::json& document() const { return document_; }
  /// Throws InputError unless the accessor exists, has that type and lies inside its buffer.
  GltfAccessor Accessor(int64_t index, const char* type) const;
  /// document()[array][index]; throws InputError if there is none.
  const nlohmann::json& Item(const char* array, int64_t index) const;
  /// object[key] as an integer, or `missing`; throws InputError if it is not one.
  int64_t Integer(const nlohmann::json& object, const char* key, int64_t missing) const;

 private:
  std::string ReadGlbJson(const std::string& bytes);
  void LoadBuffers(const std::filesystem::path& path);
  void LoadBuffer(size_t index, const std::filesystem::path& folder);

  std::string name_;
  nlohmann::json document_;
  const char* chunk_ = nullptr;  ///< GLB's binary chunk
  size_t chunk_bytes_ = 0;
  std::vector<std::string> storage_;
  struct Buffer {
    const unsigned char* data;
    int64_t bytes;
  };
  std::vector<Buffer> buffers_;
};

}  // namespace ceres_align::io_internal
