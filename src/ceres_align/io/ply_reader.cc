// PLY: ascii and both binary formats, any scalar types, unknown elements and properties skipped.
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

#include "ceres_align/io/mesh_readers.h"
#include "ceres_align/io/ply_blocks.h"
#include "ceres_align/io/ply_header.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

// Reads scalars one after another; every read is checked against the file's end.
class Cursor {
 public:
  Cursor(const std::string& bytes, const PlyHeader& header, const std::string& name)
      : p_(bytes.data() + header.data_begin),
        end_(bytes.data() + bytes.size()),
        format_(header.format),
        line_(header.data_line),
        name_(name) {}

  int64_t BytesLeft() const { return end_ - p_; }
  const char* data() const { return p_; }
  void Advance(int64_t bytes) { p_ += bytes; }

  void BeginItem(const PlyElement& element, int64_t index) {
    element_ = &element;
    index_ = index;
    if (format_ != PlyFormat::kAscii) return;
    for (; p_ < end_ && IsSpace(*p_); ++p_) line_ += *p_ == '\n';  // empty lines
  }
  // A text item is one line; MeshLab, for one, has written more values than its header names.
  void EndItem() {
    if (format_ != PlyFormat::kAscii) return;
    SkipBlanks();
    if (p_ < end_ && *p_ != '\n' && lines_with_more_++ == 0) first_with_more_ = line_;
    while (p_ < end_ && *p_ != '\n') ++p_;
  }
  /// About values that the header does not name, or "".
  std::string Warning() const {
    if (lines_with_more_ == 0) return "";
    return Cat(name_, ": line ", first_with_more_, ": more values than the header names, ignored; ",
               lines_with_more_, " such lines in all");
  }

  double Scalar(PlyType type) {
    if (format_ == PlyFormat::kAscii) return TextScalar();
    const size_t size = SizeOf(type);
    if (BytesLeft() < static_cast<int64_t>(size)) FailItem("the file ends early");
    unsigned char raw[8];
    std::memcpy(raw, p_, size);
    p_ += size;
    uint64_t bits = 0;
    for (size_t i = 0; i < size; ++i) {
      bits = bits << 8 | raw[format_ == PlyFormat::kBigEndian ? i : size - 1 - i];
    }
    return FromBits(bits, type);
  }

  int64_t Integer(PlyType type) {
    const double value = Scalar(type);
    if (!(std::abs(value) < 1e15) || value != std::floor(value)) {
      FailItem(value, " is not an integer");
    }
    return static_cast<int64_t>(value);
  }

  int64_t ListLength(const PlyProperty& property) {
    const int64_t length = Integer(property.count_type);
    const int64_t bytes =
        format_ == PlyFormat::kAscii ? 2 : static_cast<int64_t>(SizeOf(property.type));
    if (length < 0) FailItem("a list of length ", length);
    if (length > (BytesLeft() + 1) / bytes) {
      FailItem("a list of ", length, " values, but the file ends early");
    }
    return length;
  }

  void Skip(const PlyProperty& property) {
    const int64_t values = property.is_list ? ListLength(property) : 1;
    for (int64_t i = 0; i < values; ++i) Scalar(property.type);
  }

  template <typename... Args>
  [[noreturn]] void FailItem(const Args&... args) const {
    const std::string place = format_ == PlyFormat::kAscii ? Cat("line ", line_, ": ") : "";
    Fail(name_, ": ", place, Shown(element_->name, 40), " ", index_, " of ", element_->count, ": ",
         args...);
  }

 private:
  static bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
  void SkipBlanks() {
    while (p_ < end_ && IsSpace(*p_) && *p_ != '\n') ++p_;
  }

  double TextScalar() {
    SkipBlanks();
    if (p_ == end_) FailItem("the file ends early");
    if (*p_ == '\n') FailItem("fewer values than the header names");
    const char* begin = p_;
    double value;
    if (!ReadNumber(&p_, end_, &value) || (p_ < end_ && !IsSpace(*p_))) {
      while (p_ < end_ && !IsSpace(*p_)) ++p_;
      FailItem(Quoted({begin, static_cast<size_t>(p_ - begin)}), " is not a number");
    }
    return value;
  }

  static double FromBits(uint64_t bits, PlyType type) {
    switch (type) {
      case PlyType::kInt8:
        return static_cast<int8_t>(bits);
      case PlyType::kInt16:
        return static_cast<int16_t>(bits);
      case PlyType::kInt32:
        return static_cast<int32_t>(bits);
      case PlyType::kFloat: {
        const uint32_t low = static_cast<uint32_t>(bits);
        float value;
        std::memcpy(&value, &low, sizeof(value));
        return value;
      }
      case PlyType::kDouble: {
        double value;
        std::memcpy(&value, &bits, sizeof(value));
        return value;
      }
      default:
        return static_cast<double>(bits);
    }
  }

  const char* p_;
  const char* const end_;
  const PlyFormat format_;
  int64_t line_;
  const std::string& name_;
  const PlyElement* element_ = nullptr;
  int64_t index_ = 0;
  int64_t lines_with_more_ = 0;
  int64_t first_with_more_ = 0;
};

class PlyReader {
 public:
  PlyReader(const std::string& bytes, const std::string& name)
      : name_(name), header_(ReadPlyHeader(bytes, name)), cursor_(bytes, header_, name) {}

  RawMesh Read() {
    for (const PlyElement& element : header_.elements) {
      CheckCount(element);
      if (element.properties.empty()) continue;
      if (element.name == "vertex") {
        ReadVertices(element);
      } else if (element.name == "face") {
        ReadFaces(element);
      } else if (element.name == "tristrips") {
        ReadStrips(element);
      } else {
        SkipElement(element);
      }
    }
    if (largest_index_ >= static_cast<int64_t>(raw_.mesh.vertices.size())) {
      Fail(name_, ": face ", largest_index_face_, ": vertex index ", largest_index_,
           " is out of range; the file has ", raw_.mesh.vertices.size(), " vertices");
    }
    polygons_.Finish(name_, &raw_);
    raw_.mesh.faces.insert(raw_.mesh.faces.end(), strip_faces_.begin(), strip_faces_.end());
    if (!cursor_.Warning().empty()) raw_.warnings.push_back(cursor_.Warning());
    return std::move(raw_);
  }

 private:
  // The last line of a text file may lack its end.
  void CheckCount(const PlyElement& element) const {
    const int64_t bytes = element.MinBytes(header_.format);
    if (bytes == 0 || element.count <= (cursor_.BytesLeft() + 1) / bytes) return;
    Fail(name_, ": the file ends early: its header promises ", element.count, " of element ",
         Shown(element.name, 40), ", but only ", cursor_.BytesLeft(), " bytes are left");
  }

  void ReadVertices(const PlyElement& element) {
    int axis_of[3];
    for (int axis = 0; axis < 3; ++axis) {
      const std::string property(1, static_cast<char>('x' + axis));
      axis_of[axis] = element.Find(property);
      if (axis_of[axis] < 0 || element.properties[axis_of[axis]].is_list) {
        Fail(name_, ": element vertex has no property ", property);
      }
    }
    if (element.count >= std::numeric_limits<int32_t>::max()) Fail(name_, ": too many vertices");
    const PlySource source(cursor_.data(), cursor_.BytesLeft());
    PlyBlocks blocks(element, source, 0);
    if (header_.format == PlyFormat::kLittleEndian &&
        blocks.ReadVertices(axis_of, &raw_.mesh.vertices)) {
      cursor_.Advance(blocks.bytes_read());
      return;
    }
    raw_.mesh.vertices.resize(static_cast<size_t>(element.count));
    for (int64_t i = 0; i < element.count; ++i) {
      cursor_.BeginItem(element, i);
      Eigen::Vector3d& position = raw_.mesh.vertices[i];
      for (int k = 0; k < static_cast<int>(element.properties.size()); ++k) {
        const PlyProperty& property = element.properties[k];
        const int axis = k == axis_of[0] ? 0 : k == axis_of[1] ? 1 : k == axis_of[2] ? 2 : -1;
        if (axis < 0) {
          cursor_.Skip(property);
          continue;
        }
        position[axis] = cursor_.Scalar(property.type);
        if (!std::isfinite(position[axis])) cursor_.FailItem(property.name, " is not finite");
      }
      cursor_.EndItem();
    }
  }

  void ReadFaces(const PlyElement& element) {
    int list = element.Find("vertex_indices");
    if (list < 0) list = element.Find("vertex_index");
    if (list < 0 || !element.properties[list].is_list ||
        !IsInteger(element.properties[list].type)) {
      Fail(name_, ": element face has no integer list vertex_indices");
    }
    const PlySource source(cursor_.data(), cursor_.BytesLeft());
    PlyBlocks blocks(element, source, 0);
    if (header_.format == PlyFormat::kLittleEndian &&
        blocks.ReadTriangles(raw_.mesh.vertices.size(), &raw_.mesh.faces)) {
      cursor_.Advance(blocks.bytes_read());
      return;
    }
    raw_.mesh.faces.clear();
    std::vector<int32_t> corners;
    for (int64_t i = 0; i < element.count; ++i) {
      cursor_.BeginItem(element, i);
      for (int k = 0; k < static_cast<int>(element.properties.size()); ++k) {
        if (k == list) {
          ReadCorners(element.properties[k], i, &corners);
        } else {
          cursor_.Skip(element.properties[k]);
        }
      }
      cursor_.EndItem();
      polygons_.Add(corners, 0);
    }
  }

  void ReadCorners(const PlyProperty& property, int64_t face, std::vector<int32_t>* corners) {
    const int64_t n = cursor_.ListLength(property);
    corners->clear();
    for (int64_t i = 0; i < n; ++i) {
      const int64_t index = cursor_.Integer(property.type);
      if (index < 0 || index >= std::numeric_limits<int32_t>::max()) {
        cursor_.FailItem("vertex index ", index, " is out of range");
      }
      if (index > largest_index_) {
        largest_index_ = index;
        largest_index_face_ = face;
      }
      corners->push_back(static_cast<int32_t>(index));
    }
  }

  // Lists of strips, each ended by −1; as Stanford's scans have them.
  void ReadStrips(const PlyElement& element) {
    const int list = element.Find("vertex_indices");
    if (list < 0 || !element.properties[list].is_list ||
        !IsInteger(element.properties[list].type)) {
      Fail(name_, ": element tristrips has no integer list vertex_indices");
    }
    for (int64_t i = 0; i < element.count; ++i) {
      cursor_.BeginItem(element, i);
      for (int k = 0; k < static_cast<int>(element.properties.size()); ++k) {
        if (k == list) {
          ReadStripList(element.properties[k]);
        } else {
          cursor_.Skip(element.properties[k]);
        }
      }
      cursor_.EndItem();
    }
  }

  void ReadStripList(const PlyProperty& property) {
    const int64_t n = cursor_.ListLength(property);
    const auto num_vertices = static_cast<int64_t>(raw_.mesh.vertices.size());
    int64_t corners = 0;  // of this strip
    int32_t previous[2] = {};
    for (int64_t i = 0; i < n; ++i) {
      const int64_t index = cursor_.Integer(property.type);
      if (index == -1) {
        if (corners < 3) {
          cursor_.FailItem("strip with ", corners, corners == 1 ? " corner" : " corners",
                           " before ", "value ", i, "; it needs 3");
        }
        corners = 0;
        continue;
      }
      if (index < 0 || index >= num_vertices) {
        cursor_.FailItem("vertex index ", index, " is out of range; ", num_vertices,
                         " vertices stand before the strips");
      }
      const auto corner = static_cast<int32_t>(index);
      if (corners >= 2) AddStripTriangle(previous, corner, corners % 2 == 1);
      previous[0] = previous[1];
      previous[1] = corner;
      ++corners;
    }
    if (corners > 0) cursor_.FailItem("the last strip does not end with -1");
  }

  // Every second triangle is wound the other way. Those with a repeated corner join strips.
  void AddStripTriangle(const int32_t previous[2], int32_t corner, bool flipped) {
    const int32_t a = previous[flipped ? 1 : 0], b = previous[flipped ? 0 : 1];
    if (a == b || a == corner || b == corner) return;
    strip_faces_.push_back({a, b, corner});
  }

  void SkipElement(const PlyElement& element) {
    for (int64_t i = 0; i < element.count; ++i) {
      cursor_.BeginItem(element, i);
      for (const PlyProperty& property : element.properties) cursor_.Skip(property);
      cursor_.EndItem();
    }
  }

  const std::string& name_;
  const PlyHeader header_;
  Cursor cursor_;
  RawMesh raw_;
  PolygonCollector polygons_;
  std::vector<std::array<int32_t, 3>> strip_faces_;
  int64_t largest_index_ = -1;
  int64_t largest_index_face_ = 0;
};

}  // namespace

RawMesh ReadPly(const std::string& bytes, const std::string& name) {
  return PlyReader(bytes, name).Read();
}

}  // namespace ceres_align::io_internal
