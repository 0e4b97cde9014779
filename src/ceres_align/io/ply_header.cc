#include "ceres_align/io/ply_header.h"

#include <charconv>
#include <string_view>

#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

constexpr size_t kMaxHeaderLine = 4096;

class HeaderReader {
 public:
  HeaderReader(const std::string& bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  PlyHeader Read() {
    if (NextLine() != "ply") FailLine("the file does not begin with \"ply\"");
    bool has_format = false;
    while (true) {
      const std::vector<std::string> words = Words(NextLine());
      if (words.empty() || words[0] == "comment" || words[0] == "obj_info") continue;
      if (words[0] == "end_header") break;
      if (words[0] == "format") {
        ReadFormat(words);
        has_format = true;
      } else if (words[0] == "element") {
        ReadElement(words);
      } else if (words[0] == "property") {
        ReadProperty(words);
      } else {
        FailLine("unknown header line ", Quoted(words[0]));
      }
    }
    if (!has_format) Fail(name_, ": the PLY header has no format line");
    header_.data_begin = position_;
    header_.data_line = line_ + 1;
    return std::move(header_);
  }

 private:
  template <typename... Args>
  [[noreturn]] void FailLine(const Args&... args) const {
    Fail(name_, ": line ", line_, ": ", args...);
  }

  std::string_view NextLine() {
    ++line_;
    const size_t end = bytes_.find('\n', position_);
    if (end == std::string::npos) FailLine("the file ends inside the PLY header");
    if (end - position_ > kMaxHeaderLine) FailLine("header line too long; this is no PLY file");
    std::string_view line(bytes_.data() + position_, end - position_);
    position_ = end + 1;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) {
      line.remove_suffix(1);
    }
    return line;
  }

  static std::vector<std::string> Words(std::string_view line) {
    std::vector<std::string> words;
    std::istringstream in{std::string(line)};
    for (std::string word; in >> word;) words.push_back(word);
    return words;
  }

  void ReadFormat(const std::vector<std::string>& words) {
    const std::string format = words.size() > 1 ? words[1] : "";
    if (format == "ascii") {
      header_.format = PlyFormat::kAscii;
    } else if (format == "binary_little_endian") {
      header_.format = PlyFormat::kLittleEndian;
    } else if (format == "binary_big_endian") {
      header_.format = PlyFormat::kBigEndian;
    } else {
      FailLine("unknown PLY format ", Quoted(format));
    }
  }

  void ReadElement(const std::vector<std::string>& words) {
    if (words.size() != 3) FailLine("an element needs a name and a count");
    PlyElement element;
    element.name = words[1];
    const std::string& count = words[2];
    const auto [end, error] =
        std::from_chars(count.data(), count.data() + count.size(), element.count);
    if (error != std::errc() || end != count.data() + count.size() || element.count < 0) {
      FailLine("element count ", Quoted(count), " is not a count");
    }
    for (const PlyElement& other : header_.elements) {
      if (other.name == element.name) FailLine("element ", Quoted(element.name), " appears twice");
    }
    header_.elements.push_back(element);
  }

  PlyType ReadType(const std::string& word) const {
    static constexpr struct {
      const char* name;
      PlyType type;
    } kTypes[] = {
        {"char", PlyType::kInt8},     {"int8", PlyType::kInt8},     {"uchar", PlyType::kUint8},
        {"uint8", PlyType::kUint8},   {"short", PlyType::kInt16},   {"int16", PlyType::kInt16},
        {"ushort", PlyType::kUint16}, {"uint16", PlyType::kUint16}, {"int", PlyType::kInt32},
        {"int32", PlyType::kInt32},   {"uint", PlyType::kUint32},   {"uint32", PlyType::kUint32},
        {"float", PlyType::kFloat},   {"float32", PlyType::kFloat}, {"double", PlyType::kDouble},
        {"float64", PlyType::kDouble}};
    for (const auto& known : kTypes) {
      if (word == known.name) return known.type;
    }
    FailLine("unknown type ", Quoted(word));
  }

  void ReadProperty(const std::vector<std::string>& words) {
    if (header_.elements.empty()) FailLine("a property before any element");
    PlyProperty property;
    if (words.size() == 5 && words[1] == "list") {
      property.is_list = true;
      property.count_type = ReadType(words[2]);
      property.type = ReadType(words[3]);
      property.name = words[4];
      if (!IsInteger(property.count_type)) FailLine("a list's length must be an integer");
    } else if (words.size() == 3) {
      property.type = ReadType(words[1]);
      property.name = words[2];
    } else {
      FailLine("a property needs a type and a name");
    }
    header_.elements.back().properties.push_back(property);
  }

  const std::string& bytes_;
  const std::string& name_;
  size_t position_ = 0;
  int64_t line_ = 0;
  PlyHeader header_;
};

}  // namespace

size_t SizeOf(PlyType type) {
  static constexpr size_t kSizes[] = {1, 1, 2, 2, 4, 4, 4, 8};
  return kSizes[static_cast<int>(type)];
}

bool IsInteger(PlyType type) { return type != PlyType::kFloat && type != PlyType::kDouble; }

int PlyElement::Find(const std::string& property) const {
  for (size_t i = 0; i < properties.size(); ++i) {
    if (properties[i].name == property) return static_cast<int>(i);
  }
  return -1;
}

int64_t PlyElement::MinBytes(PlyFormat format) const {
  int64_t bytes = 0;
  for (const PlyProperty& property : properties) {
    if (format == PlyFormat::kAscii) {
      bytes += 2;  // a digit and what separates it
    } else {
      bytes += static_cast<int64_t>(SizeOf(property.is_list ? property.count_type : property.type));
    }
  }
  return bytes;
}

PlyHeader ReadPlyHeader(const std::string& bytes, const std::string& name) {
  return HeaderReader(bytes, name).Read();
}

}  // namespace ceres_align::io_internal
