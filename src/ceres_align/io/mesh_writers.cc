// WriteObj and WritePly.
#include <charconv>
#include <cstring>

#include "ceres_align/base/error.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/mesh_io.h"

namespace ceres_align {
namespace {

template <typename T>
void AppendNumber(T value, std::string* out) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  CHECK(error == std::errc());
  out->append(buffer, end);
}

template <typename T>
void AppendLittleEndian(T value, std::string* out) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(value));
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "memcpy fills the low bytes");
  for (size_t i = 0; i < sizeof(value); ++i) out->push_back(static_cast<char>(bits >> (8 * i)));
}

}  // namespace

void WriteObj(const std::filesystem::path& path, const TriangleMesh& mesh) {
  std::string out;
  out.reserve(40 * mesh.vertices.size() + 24 * mesh.faces.size());
  for (const Eigen::Vector3d& v : mesh.vertices) {
    out += 'v';
    for (int i = 0; i < 3; ++i) {
      out += ' ';
      AppendNumber(v[i], &out);
    }
    out += '\n';
  }
  for (const auto& face : mesh.faces) {
    out += 'f';
    for (int32_t v : face) {
      out += ' ';
      AppendNumber(v + 1, &out);
    }
    out += '\n';
  }
  WriteFileWhole(path, out);
}

void WritePly(const std::filesystem::path& path, const TriangleMesh& mesh) {
  std::string out = "ply\nformat binary_little_endian 1.0\nelement vertex ";
  AppendNumber(mesh.vertices.size(), &out);
  out += "\nproperty double x\nproperty double y\nproperty double z\nelement face ";
  AppendNumber(mesh.faces.size(), &out);
  out += "\nproperty list uchar int vertex_indices\nend_header\n";
  out.reserve(out.size() + 24 * mesh.vertices.size() + 13 * mesh.faces.size());
  for (const Eigen::Vector3d& v : mesh.vertices) {
    for (int i = 0; i < 3; ++i) AppendLittleEndian(v[i], &out);
  }
  for (const auto& face : mesh.faces) {
    out.push_back(3);
    for (int32_t v : face) AppendLittleEndian(v, &out);
  }
  WriteFileWhole(path, out);
}

}  // namespace ceres_align
