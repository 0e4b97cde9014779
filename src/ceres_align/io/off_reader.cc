// OFF: counts, positions, polygons; colours behind a polygon's indices are left out.
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

#include "ceres_align/io/mesh_readers.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

// Words between blanks; '#' ends a line.
class Words {
 public:
  Words(const std::string& bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  int64_t line() const { return line_; }
  std::string_view Next(const char* what) {
    SkipBlanks(true);
    if (at_ == bytes_.size()) Fail(name_, " line ", line_, ": ends before ", what);
    const size_t begin = at_;
    while (at_ < bytes_.size() && !IsBlank(bytes_[at_]) && bytes_[at_] != '#') ++at_;
    return std::string_view(bytes_).substr(begin, at_ - begin);
  }
  template <typename Value>
  Value Number(const char* what) {
    std::string_view word = Next(what);
    if (!word.empty() && word[0] == '+') word.remove_prefix(1);
    Value value{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) {
      Fail(name_, " line ", line_, ": ", what, " is ", Quoted(word));
    }
    return value;
  }
  void SkipLine() {
    while (at_ < bytes_.size() && bytes_[at_] != '\n') ++at_;
  }

 private:
  static bool IsBlank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
  }
  void SkipBlanks(bool comments) {
    while (at_ < bytes_.size()) {
      if (comments && bytes_[at_] == '#') SkipLine();
      if (at_ == bytes_.size() || !IsBlank(bytes_[at_])) return;
      line_ += bytes_[at_++] == '\n';
    }
  }
  const std::string& bytes_;
  const std::string& name_;
  size_t at_ = 0;
  int64_t line_ = 1;
};

int64_t ReadCount(Words* words, const char* what, size_t bytes, const std::string& name) {
  const int64_t count = words->Number<int64_t>(what);
  // Each takes two bytes at the least: no room is made for what cannot be there.
  if (count < 0 || count > static_cast<int64_t>(bytes / 2)) {
    Fail(name, " line ", words->line(), ": ", what, " is ", count, "; the file has ", bytes,
         " bytes");
  }
  return count;
}

}  // namespace

RawMesh ReadOff(const std::string& bytes, const std::string& name) {
  Words words(bytes, name);
  const std::string_view header = words.Next("the header");
  if (header != "OFF" && header != "COFF") {
    Fail(name, " line ", words.line(), ": begins with ", Quoted(header),
         "; OFF and COFF are read (no normals, no other dimensions, not binary)");
  }
  const int64_t num_vertices = ReadCount(&words, "the number of vertices", bytes.size(), name);
  const int64_t num_faces = ReadCount(&words, "the number of faces", bytes.size(), name);
  words.Number<int64_t>("the number of edges");
  words.SkipLine();
  RawMesh raw;
  raw.mesh.vertices.reserve(num_vertices);
  for (int64_t v = 0; v < num_vertices; ++v) {
    Eigen::Vector3d at;
    for (double& x : at) {
      x = words.Number<double>("a coordinate");
      if (!std::isfinite(x)) Fail(name, " line ", words.line(), ": a coordinate is not finite");
    }
    raw.mesh.vertices.push_back(at);
    words.SkipLine();
  }
  PolygonCollector polygons;
  std::vector<int32_t> corners;
  for (int64_t f = 0; f < num_faces; ++f) {
    const int64_t count = ReadCount(&words, "the number of corners", bytes.size(), name);
    corners.clear();
    for (int64_t i = 0; i < count; ++i) {
      const int64_t index = words.Number<int64_t>("an index");
      if (index < 0 || index >= num_vertices) {
        Fail(name, " line ", words.line(), ": a face names vertex ", index, " of ", num_vertices,
             " (counted from 0)");
      }
      corners.push_back(static_cast<int32_t>(index));
    }
    polygons.Add(corners, words.line());
    words.SkipLine();
  }
  polygons.Finish(name, &raw);
  return raw;
}

}  // namespace ceres_align::io_internal
