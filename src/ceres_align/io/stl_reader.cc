// STL, binary and text.
#include <cmath>
#include <cstring>
#include <string_view>

#include "ceres_align/io/mesh_readers.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

constexpr size_t kHeaderBytes = 84;  // 80 of comment, then the count
constexpr size_t kTriangleBytes = 50;

void AddTriangle(const Eigen::Vector3d corners[3], TriangleMesh* mesh) {
  const int32_t first = static_cast<int32_t>(mesh->vertices.size());
  for (int i = 0; i < 3; ++i) mesh->vertices.push_back(corners[i]);
  mesh->faces.push_back({first, first + 1, first + 2});
}

uint32_t LittleEndian32(const char* p) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(p[i]);
  return value;
}

float LittleEndianFloat(const char* p) {
  const uint32_t bits = LittleEndian32(p);
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

RawMesh ReadBinaryStl(const std::string& bytes, const std::string& name, uint32_t count) {
  constexpr uint32_t kMaxTriangles = 700000000;  // three vertices each, as 32-bit indices
  if (count > kMaxTriangles) Fail(name, ": ", count, " triangles are too many");
  RawMesh raw;
  raw.mesh.vertices.reserve(3 * static_cast<size_t>(count));
  raw.mesh.faces.reserve(count);
  for (uint32_t t = 0; t < count; ++t) {
    const char* p = bytes.data() + kHeaderBytes + kTriangleBytes * t + 12;
    Eigen::Vector3d corners[3];
    for (int i = 0; i < 9; ++i) {
      const double value = LittleEndianFloat(p + size_t{4} * i);
      if (!std::isfinite(value)) {
        Fail(name, ": triangle ", t + 1, ": a coordinate is not finite");
      }
      corners[i / 3][i % 3] = value;
    }
    AddTriangle(corners, &raw.mesh);
  }
  return raw;
}

class TextStlReader {
 public:
  TextStlReader(const std::string& bytes, const std::string& name)
      : p_(bytes.data()), end_(bytes.data() + bytes.size()), name_(name) {
    if (bytes.compare(0, 3, "\xEF\xBB\xBF") == 0) p_ += 3;
  }

  RawMesh Read() {
    for (std::string_view word = Word(); !word.empty(); word = Word()) {
      if (word == "solid" || word == "endsolid") {
        SkipLine();
      } else if (word == "facet") {
        ReadFacet();
      } else {
        FailLine("expected \"facet\", found ", Quoted(word));
      }
    }
    return std::move(raw_);
  }

 private:
  template <typename... Args>
  [[noreturn]] void FailLine(const Args&... args) const {
    Fail(name_, ": line ", line_, ": ", args...);
  }
  static bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

  // The next word in lower case; empty at the end of the file.
  std::string_view Word() {
    for (; p_ < end_ && IsSpace(*p_); ++p_) line_ += *p_ == '\n';
    word_.clear();
    for (; p_ < end_ && !IsSpace(*p_); ++p_) {
      word_ += static_cast<char>(std::tolower(static_cast<unsigned char>(*p_)));
    }
    return word_;
  }
  void SkipLine() {
    while (p_ < end_ && *p_ != '\n') ++p_;
  }
  void Expect(const char* expected) {
    const std::string_view word = Word();
    if (word.empty()) FailLine("the file ends early, where \"", expected, "\" should stand");
    if (word != expected) FailLine("expected \"", expected, "\", found ", Quoted(word));
  }
  double Number() {
    const std::string_view word = Word();
    if (word.empty()) FailLine("the file ends early, where a number should stand");
    const char* p = word.data();
    double value;
    if (!ReadNumber(&p, word.data() + word.size(), &value) || p != word.data() + word.size()) {
      FailLine(Quoted(word), " is not a number");
    }
    return value;
  }

  void ReadFacet() {
    Expect("normal");
    for (int i = 0; i < 3; ++i) Number();  // some writers put NaN here: it is not used
    Expect("outer");
    Expect("loop");
    Eigen::Vector3d corners[3];
    for (Eigen::Vector3d& corner : corners) {
      Expect("vertex");
      for (int i = 0; i < 3; ++i) {
        corner[i] = Number();
        if (!std::isfinite(corner[i])) FailLine("coordinate ", Quoted(word_), " is not finite");
      }
    }
    Expect("endloop");
    Expect("endfacet");
    AddTriangle(corners, &raw_.mesh);
  }

  const char* p_;
  const char* const end_;
  const std::string& name_;
  int64_t line_ = 1;
  std::string word_;
  RawMesh raw_;
};

// Text begins with "solid"; so do some binary files, but those have the size that they claim.
bool LooksLikeText(const std::string& bytes) {
  size_t i = bytes.compare(0, 3, "\xEF\xBB\xBF") == 0 ? 3 : 0;
  while (i < bytes.size() && std::isspace(static_cast<unsigned char>(bytes[i]))) ++i;
  if (bytes.size() < i + 5) return false;
  for (int k = 0; k < 5; ++k) {
    if (std::tolower(static_cast<unsigned char>(bytes[i + k])) != "solid"[k]) return false;
  }
  return bytes.find('\0') == std::string::npos;
}

}  // namespace

RawMesh ReadStl(const std::string& bytes, const std::string& name) {
  uint32_t count = 0;
  if (bytes.size() >= kHeaderBytes) {
    count = LittleEndian32(bytes.data() + 80);
    if (bytes.size() == kHeaderBytes + kTriangleBytes * static_cast<uint64_t>(count)) {
      return ReadBinaryStl(bytes, name, count);
    }
  }
  if (LooksLikeText(bytes)) return TextStlReader(bytes, name).Read();
  if (bytes.size() < kHeaderBytes) Fail(name, ": ", bytes.size(), " bytes are no STL file");
  Fail(name, ": the file's size does not match its triangle count: ", count, " triangles need ",
       kHeaderBytes + kTriangleBytes * static_cast<uint64_t>(count), " bytes, the file has ",
       bytes.size());
}

}  // namespace ceres_align::io_internal
