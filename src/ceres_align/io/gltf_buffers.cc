#include "ceres_align/io/gltf_buffers.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "ceres_align/io/files.h"
#include "ceres_align/io/json_reader.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {

using nlohmann::json;

namespace {

constexpr uint32_t kMagic = 0x46546C67;      // "glTF"
constexpr uint32_t kJsonChunk = 0x4E4F534A;  // "JSON"
constexpr uint32_t kBinChunk = 0x004E4942;   // "BIN\0"

uint64_t LittleEndian(const unsigned char* p, int bytes) {
  uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; --i) value = value << 8 | p[i];
  return value;
}
uint32_t Word(const std::string& bytes, size_t at) {
  return static_cast<uint32_t>(
      LittleEndian(reinterpret_cast<const unsigned char*>(bytes.data()) + at, 4));
}

int ComponentBytes(int64_t component_type) {
  switch (component_type) {
    case 5120:
    case 5121:
      return 1;
    case 5122:
    case 5123:
      return 2;
    case 5125:
    case 5126:
      return 4;
    default:
      return 0;
  }
}

int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

bool DecodeBase64(const std::string& text, size_t begin, std::string* bytes) {
  uint32_t bits = 0;
  int count = 0;
  for (size_t i = begin; i < text.size() && text[i] != '='; ++i) {
    const int value = Base64Value(text[i]);
    if (value < 0) return false;
    bits = (bits << 6 | static_cast<uint32_t>(value)) & 0xFFFFFF;
    if (++count % 4 != 1) bytes->push_back(static_cast<char>(bits >> (6 - 2 * ((count - 1) % 4))));
  }
  return true;
}

// "my%20mesh.bin" → "my mesh.bin".
std::string PercentDecoded(const std::string& uri) {
  std::string decoded;
  for (size_t i = 0; i < uri.size(); ++i) {
    if (uri[i] == '%' && i + 2 < uri.size() &&
        std::isxdigit(static_cast<unsigned char>(uri[i + 1])) &&
        std::isxdigit(static_cast<unsigned char>(uri[i + 2]))) {
      decoded += static_cast<char>(std::stoi(uri.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      decoded += uri[i];
    }
  }
  return decoded;
}

}  // namespace

double GltfAccessor::At(int64_t i, int k) const {
  const int size = ComponentBytes(component_type);
  const uint64_t bits = LittleEndian(data + i * stride + int64_t{k} * size, size);
  switch (component_type) {
    case 5120: {
      const int8_t value = static_cast<int8_t>(bits);
      return normalized ? std::max(value / 127.0, -1.0) : value;
    }
    case 5122: {
      const int16_t value = static_cast<int16_t>(bits);
      return normalized ? std::max(value / 32767.0, -1.0) : value;
    }
    case 5121:
      return static_cast<double>(bits) / (normalized ? 255.0 : 1.0);
    case 5123:
      return static_cast<double>(bits) / (normalized ? 65535.0 : 1.0);
    case 5126: {
      const uint32_t low = static_cast<uint32_t>(bits);
      float value;
      std::memcpy(&value, &low, sizeof(value));
      return value;
    }
    default:
      return static_cast<double>(bits);
  }
}

GltfBuffers::GltfBuffers(const std::string& bytes, const std::filesystem::path& path)
    : name_(NameOf(path)) {
  const bool is_glb = bytes.size() >= 4 && Word(bytes, 0) == kMagic;
  document_ = ParseJson(is_glb ? ReadGlbJson(bytes) : bytes, name_);
  if (!document_.is_object()) Fail(name_, ": no glTF document");
  LoadBuffers(path);
}

std::string GltfBuffers::ReadGlbJson(const std::string& bytes) {
  if (bytes.size() < 20) Fail(name_, ": the file ends early, inside the GLB header");
  if (Word(bytes, 4) != 2) Fail(name_, ": GLB version ", Word(bytes, 4), "; only 2 is read");
  const uint32_t length = Word(bytes, 8);
  if (length > bytes.size()) {
    Fail(name_, ": the file ends early: its header promises ", length, " bytes, it has ",
         bytes.size());
  }
  std::string text;
  for (size_t at = 12; at + 8 <= length;) {
    const size_t size = Word(bytes, at);
    const uint32_t type = Word(bytes, at + 4);
    at += 8;
    if (size > length - at) Fail(name_, ": a GLB chunk of ", size, " bytes ends behind the file");
    if (type == kJsonChunk && text.empty()) text = bytes.substr(at, size);
    if (type == kBinChunk && chunk_ == nullptr) {
      chunk_ = bytes.data() + at;
      chunk_bytes_ = size;
    }
    at += size;
  }
  while (!text.empty() && text.back() == '\0') text.pop_back();  // some writers pad with zeros
  if (text.empty()) Fail(name_, ": the GLB file has no JSON chunk");
  return text;
}

const json& GltfBuffers::Item(const char* array, int64_t index) const {
  const auto found = document_.find(array);
  if (found == document_.end() || !found->is_array() || index < 0 ||
      index >= static_cast<int64_t>(found->size()) || !(*found)[index].is_object()) {
    Fail(name_, ": ", array, "[", index, "] is missing");
  }
  return (*found)[static_cast<size_t>(index)];
}

int64_t GltfBuffers::Integer(const json& object, const char* key, int64_t missing) const {
  const auto found = object.find(key);
  if (found == object.end()) return missing;
  constexpr double kMax = 1e15;
  if (!found->is_number() || !(std::abs(found->get<double>()) < kMax) ||
      found->get<double>() != std::floor(found->get<double>())) {
    Fail(name_, ": ", key, " is not an integer");
  }
  return static_cast<int64_t>(found->get<double>());
}

void GltfBuffers::LoadBuffers(const std::filesystem::path& path) {
  const auto buffers = document_.find("buffers");
  if (buffers == document_.end()) return;
  if (!buffers->is_array()) Fail(name_, ": buffers is not a list");
  storage_.resize(buffers->size());
  for (size_t i = 0; i < buffers->size(); ++i) LoadBuffer(i, path.parent_path());
}

void GltfBuffers::LoadBuffer(size_t index, const std::filesystem::path& folder) {
  const json& buffer = Item("buffers", static_cast<int64_t>(index));
  const int64_t promised = Integer(buffer, "byteLength", -1);
  const char* data = chunk_;
  size_t bytes = chunk_bytes_;
  const auto uri = buffer.find("uri");
  if (uri != buffer.end()) {
    if (!uri->is_string()) Fail(name_, ": buffers[", index, "].uri is not a string");
    const std::string& text = uri->get_ref<const std::string&>();
    std::string& storage = storage_[index];
    if (text.compare(0, 5, "data:") == 0) {
      const size_t comma = text.find(";base64,");
      if (comma == std::string::npos || !DecodeBase64(text, comma + 8, &storage)) {
        Fail(name_, ": buffers[", index, "] is no base64 data");
      }
    } else {
      try {
        storage = ReadFile(folder / std::filesystem::u8path(PercentDecoded(text)));
      } catch (const InputError& error) {
        Fail(name_, ": buffers[", index, "].uri: ", error.what());
      }
    }
    data = storage.data();
    bytes = storage.size();
  } else if (index != 0 || chunk_ == nullptr) {
    Fail(name_, ": buffers[", index, "] has no data");
  }
  if (promised < 0 || promised > static_cast<int64_t>(bytes)) {
    Fail(name_, ": buffers[", index, "] promises ", promised, " bytes, but has ", bytes);
  }
  buffers_.push_back({reinterpret_cast<const unsigned char*>(data), promised});
}

GltfAccessor GltfBuffers::Accessor(int64_t index, const char* type) const {
  const json& accessor = Item("accessors", index);
  const std::string where = Cat(name_, ": accessors[", index, "]");
  if (accessor.contains("sparse")) Fail(where, " is sparse; this is not supported");
  if (!accessor.contains("bufferView")) Fail(where, " has no data");
  if (accessor.value("type", std::string()) != type) Fail(where, " is not of type ", type);
  GltfAccessor result;
  result.components = std::strcmp(type, "VEC3") == 0 ? 3 : 1;
  result.component_type = static_cast<int>(Integer(accessor, "componentType", 0));
  result.normalized = accessor.value("normalized", false);
  result.count = Integer(accessor, "count", -1);
  const json& view = Item("bufferViews", Integer(accessor, "bufferView", -1));
  if (view.contains("extensions") && view["extensions"].contains("EXT_meshopt_compression")) {
    Fail(name_, ": meshopt compression is not supported");
  }
  const int64_t item_bytes = int64_t{result.components} * ComponentBytes(result.component_type);
  result.stride = Integer(view, "byteStride", item_bytes);
  const int64_t buffer = Integer(view, "buffer", -1);
  const int64_t view_begin = Integer(view, "byteOffset", 0);
  const int64_t view_bytes = Integer(view, "byteLength", -1);
  const int64_t offset = Integer(accessor, "byteOffset", 0);
  if (item_bytes == 0 || result.count < 0 || result.stride < item_bytes || result.stride > 65535 ||
      buffer < 0 || buffer >= static_cast<int64_t>(buffers_.size())) {
    Fail(where, " is damaged");
  }
  if (view_begin < 0 || view_bytes < 0 || view_begin > buffers_[buffer].bytes ||
      view_bytes > buffers_[buffer].bytes - view_begin) {
    Fail(where, ": its bufferView lies outside the buffer of ", buffers_[buffer].bytes, " bytes");
  }
  if (offset < 0 || offset > view_bytes ||
      (result.count > 0 &&
       (item_bytes > view_bytes - offset ||
        result.count - 1 > (view_bytes - offset - item_bytes) / result.stride))) {
    Fail(where, ": ", result.count, " items do not fit into its bufferView of ", view_bytes,
         " bytes");
  }
  result.data = buffers_[buffer].data + view_begin + offset;
  return result;
}

}  // namespace ceres_align::io_internal
