// A strict OBJ reader: vertices and faces in double, errors with line numbers.
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

#include "ceres_align/io/mesh_readers.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

constexpr int32_t kMaxVertices = std::numeric_limits<int32_t>::max() - 1;

class ObjReader {
 public:
  ObjReader(const std::string& bytes, const std::string& name)
      : p_(bytes.data()), end_(bytes.data() + bytes.size()), name_(name) {
    if (bytes.compare(0, 3, "\xEF\xBB\xBF") == 0) p_ += 3;
  }

  RawMesh Read() {
    while (p_ < end_) {
      ReadStatement();
      SkipRestOfLine();
    }
    if (largest_index_ >= static_cast<int64_t>(raw_.mesh.vertices.size())) {
      line_ = largest_index_line_;
      FailIndexRange(Cat(largest_index_ + 1));
    }
    polygons_.Finish(name_, &raw_);
    if (unknown_ > 0) {
      raw_.warnings.push_back(
          Cat(name_, ": ", first_unknown_, " ignored; ", unknown_, " unknown statements in all"));
    }
    return std::move(raw_);
  }

 private:
  template <typename... Args>
  [[noreturn]] void FailLine(const Args&... args) const {
    Fail(name_, ": line ", line_, ": ", args...);
  }
  [[noreturn]] void FailIndexRange(std::string_view index) const {
    FailLine("vertex index ", index, " is out of range; the file has ", raw_.mesh.vertices.size(),
             " vertices");
  }

  static bool IsBlank(char c) { return c == ' ' || c == '\t'; }
  static bool IsEndOfLine(char c) { return c == '\n' || c == '\r'; }
  bool AtEndOfWord() const { return p_ == end_ || IsBlank(*p_) || IsEndOfLine(*p_); }

  void TakeEndOfLine() {
    if (*p_ == '\r' && p_ + 1 < end_ && p_[1] == '\n') ++p_;
    ++p_;
    ++line_;
  }
  // Blanks, and a backslash that continues the statement on the next line.
  void SkipBlanks() {
    while (p_ < end_) {
      if (IsBlank(*p_)) {
        ++p_;
      } else if (*p_ == '\\' && p_ + 1 < end_ && IsEndOfLine(p_[1])) {
        ++p_;
        TakeEndOfLine();
      } else {
        return;
      }
    }
  }
  void SkipRestOfLine() {
    while (p_ < end_ && !IsEndOfLine(*p_)) ++p_;
    if (p_ < end_) TakeEndOfLine();
  }
  bool AtEndOfStatement() {
    SkipBlanks();
    return p_ == end_ || IsEndOfLine(*p_) || *p_ == '#';
  }
  std::string_view WordFrom(const char* begin) {
    while (!AtEndOfWord()) ++p_;
    return {begin, static_cast<size_t>(p_ - begin)};
  }

  void ReadStatement() {
    if (AtEndOfStatement()) return;
    const unsigned char c = static_cast<unsigned char>(*p_);
    if (c < 0x20 || c == 0x7F) FailLine("byte ", int{c}, " is not text; this is no OBJ file");
    const std::string_view word = WordFrom(p_);
    if (word == "v") {
      ReadVertex();
    } else if (word == "f" || word == "fo") {
      ReadFace();
    } else if (!IsIgnored(word) && unknown_++ == 0) {
      first_unknown_ = Cat("line ", line_, ": statement ", Quoted(word));
    }
  }

  static bool IsIgnored(std::string_view word) {
    for (const char* known :
         {"vt", "vn", "vp", "g", "o", "s", "mg", "mtllib", "usemtl", "maplib", "usemap", "l", "p",
          "lod", "bevel", "c_interp", "d_interp", "shadow_obj", "trace_obj"}) {
      if (word == known) return true;
    }
    return false;
  }

  // More columns (a weight, a colour) are ignored.
  void ReadVertex() {
    Eigen::Vector3d position;
    for (int i = 0; i < 3; ++i) {
      if (AtEndOfStatement()) FailLine("vertex with ", i, " coordinates; 3 are needed");
      const char* begin = p_;
      if (!ReadNumber(&p_, end_, &position[i]) || !AtEndOfWord()) {
        FailLine("coordinate ", Quoted(WordFrom(begin)), " is not a number");
      }
      if (!std::isfinite(position[i])) {
        FailLine("coordinate ", Quoted({begin, static_cast<size_t>(p_ - begin)}), " is not finite");
      }
    }
    if (raw_.mesh.vertices.size() >= kMaxVertices) FailLine("too many vertices");
    raw_.mesh.vertices.push_back(position);
  }

  void ReadFace() {
    corners_.clear();
    const int64_t line = line_;
    while (!AtEndOfStatement()) corners_.push_back(ReadCorner());
    polygons_.Add(corners_, line);
  }

  // "7", "7/1", "7//3", "7/1/3"; negative indices count back from the latest vertex.
  int32_t ReadCorner() {
    const char* begin = p_;
    int64_t index = 0;
    if (ReadPlainIndex(&index)) return VertexOf(index);
    const auto [last, error] = std::from_chars(p_, end_, index);
    p_ = last;
    const std::string_view word = WordFrom(begin);
    if (error == std::errc::result_out_of_range) FailIndexRange(Quoted(word));
    const std::string_view rest = word.substr(static_cast<size_t>(last - begin));
    if (error != std::errc() || rest.find_first_not_of("0123456789-/") != std::string_view::npos ||
        (!rest.empty() && rest[0] != '/')) {
      FailLine("face corner ", Quoted(word), " is not an index");
    }
    return VertexOf(index);
  }

  // The most of all corners: up to nine digits, alone. Moves on only then.
  bool ReadPlainIndex(int64_t* index) {
    const char* p = p_;
    int64_t value = 0;
    for (; p < end_ && p - p_ < 9 && *p >= '0' && *p <= '9'; ++p) value = 10 * value + (*p - '0');
    if (p == p_ || (p < end_ && !IsBlank(*p) && !IsEndOfLine(*p))) return false;
    p_ = p;
    *index = value;
    return true;
  }

  int32_t VertexOf(int64_t index) {
    const int64_t count = static_cast<int64_t>(raw_.mesh.vertices.size());
    if (index == 0) FailLine("vertex index 0; OBJ counts from 1");
    if (index < -count || index > kMaxVertices) FailIndexRange(Cat(index));
    const int64_t vertex = index > 0 ? index - 1 : count + index;
    if (vertex > largest_index_) {
      largest_index_ = vertex;
      largest_index_line_ = line_;
    }
    return static_cast<int32_t>(vertex);
  }

  const char* p_;
  const char* const end_;
  const std::string& name_;
  int64_t line_ = 1;
  RawMesh raw_;
  PolygonCollector polygons_;
  std::vector<int32_t> corners_;
  int64_t largest_index_ = -1;
  int64_t largest_index_line_ = 0;
  int64_t unknown_ = 0;
  std::string first_unknown_;
};

}  // namespace

RawMesh ReadObj(const std::string& bytes, const std::string& name) {
  return ObjReader(bytes, name).Read();
}

}  // namespace ceres_align::io_internal
