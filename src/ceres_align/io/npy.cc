#include "ceres_align/io/npy.h"

#include <cstring>
#include <limits>
#include <string_view>

#include "ceres_align/io/files.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Fail;
using io_internal::NameOf;

namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are copied as they lie");
constexpr char kMagic[] = "\x93NUMPY";
constexpr size_t kMagicBytes = 6;

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<int64_t> shape;
  size_t data_begin = 0;
};

// The header is a dictionary as Python prints it; numpy writes these three keys.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Header Parse() {
    Header header;
    bool has_descr = false, has_order = false, has_shape = false;
    Expect('{');
    while (!Take('}')) {
      const std::string key = String();
      Expect(':');
      if (key == "descr") {
        // A list describes a record of several fields.
        if (Peek() == '[') Fail(name_, ": records (several fields a value) are not read");
        header.descr = String();
        has_descr = true;
      } else if (key == "fortran_order") {
        header.fortran_order = Boolean();
        has_order = true;
      } else if (key == "shape") {
        header.shape = Shape();
        has_shape = true;
      } else {
        Fail(name_, ": the header has an unknown key ", Quoted(key));
      }
      if (!Take(',') && Peek() != '}') Bad();
    }
    if (!has_descr || !has_order || !has_shape) {
      Fail(name_, ": the header lacks descr, fortran_order or shape");
    }
    return header;
  }

 private:
  [[noreturn]] void Bad() const { Fail(name_, ": the header cannot be read: ", Quoted(text_)); }
  char Peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    if (at_ == text_.size()) Bad();
    return text_[at_];
  }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  void Expect(char c) {
    if (!Take(c)) Bad();
  }
  std::string String() {
    const char quote = Peek();
    if (quote != '\'' && quote != '"') Bad();
    const size_t end = text_.find(quote, ++at_);
    if (end == std::string_view::npos) Bad();
    const std::string value(text_.substr(at_, end - at_));
    at_ = end + 1;
    return value;
  }
  bool Boolean() {
    Peek();
    for (const char* word : {"True", "False"}) {
      if (text_.substr(at_, std::strlen(word)) != word) continue;
      at_ += std::strlen(word);
      return *word == 'T';
    }
    Bad();
  }
  std::vector<int64_t> Shape() {
    std::vector<int64_t> shape;
    Expect('(');
    while (!Take(')')) {
      int64_t size = 0;
      const char first = Peek();
      if (first < '0' || first > '9') Bad();
      for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
        size = size * 10 + (text_[at_] - '0');
        if (size > (int64_t{1} << 40)) Fail(name_, ": the array is too large");
      }
      shape.push_back(size);
      if (!Take(',') && Peek() != ')') Bad();
    }
    return shape;
  }

  std::string_view text_;
  size_t at_ = 0;
  const std::string& name_;
};

Header ReadHeader(const std::string& bytes, const std::string& name) {
  if (!LooksLikeNpy(bytes)) Fail(name, ": is no .npy file");
  const auto byte = [&](size_t i) { return static_cast<size_t>(static_cast<uint8_t>(bytes[i])); };
  if (bytes.size() < kMagicBytes + 6) Fail(name, ": the file ends in its header");
  const size_t version = byte(kMagicBytes);
  if (version < 1 || version > 3) Fail(name, ": version ", version, " of .npy is not known");
  const size_t length_bytes = version == 1 ? 2 : 4;
  size_t length = 0;
  for (size_t i = length_bytes; i-- > 0;) length = length << 8 | byte(kMagicBytes + 2 + i);
  const size_t begin = kMagicBytes + 2 + length_bytes;
  if (length > bytes.size() - begin) Fail(name, ": the file ends in its header");
  Header header = HeaderParser(std::string_view(bytes).substr(begin, length), name).Parse();
  header.data_begin = begin + length;
  return header;
}

template <typename T>
std::vector<T> ReadValues(const std::string& bytes, const Header& header, const std::string& name) {
  const size_t rows = header.shape[0];
  const size_t columns = header.shape.size() == 2 ? header.shape[1] : 1;
  const size_t available = bytes.size() - header.data_begin;
  const bool fits = columns == 0 || rows <= std::numeric_limits<size_t>::max() / 8 / columns;
  if (!fits || rows * columns * sizeof(T) != available) {
    Fail(name, ": ", rows, " x ", columns, " values of ", sizeof(T), " bytes do not match the ",
         available, " bytes of data");
  }
  std::vector<T> values(rows * columns);
  const char* data = bytes.data() + header.data_begin;
  if (!values.empty()) std::memcpy(values.data(), data, available);
  if (!header.fortran_order) return values;
  std::vector<T> transposed(values.size());
  if (values.empty()) return transposed;  // with sizes that may be huge
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < columns; ++c) transposed[r * columns + c] = values[c * rows + r];
  }
  return transposed;
}

const char* DescrOf(const NpyArray& array) {
  constexpr const char* kDescr[] = {"<f4", "<f8", "|u1", "<i4", "<i8"};
  return kDescr[array.values.index()];
}

}  // namespace

bool LooksLikeNpy(const std::string& bytes) { return bytes.compare(0, kMagicBytes, kMagic) == 0; }

NpyArray ParseNpy(const std::string& bytes, const std::string& name) {
  const Header header = ReadHeader(bytes, name);
  NpyArray array;
  array.shape = header.shape;
  if (array.shape.empty() || array.shape.size() > 2) {
    Fail(name, ": the array has ", array.shape.size(), " dimensions; 1 or 2 are read");
  }
  const std::string& descr = header.descr;
  if (descr == "<f4") {
    array.values = ReadValues<float>(bytes, header, name);
  } else if (descr == "<f8") {
    array.values = ReadValues<double>(bytes, header, name);
  } else if (descr == "|u1" || descr == "|b1") {
    array.values = ReadValues<uint8_t>(bytes, header, name);
  } else if (descr == "<i4") {
    array.values = ReadValues<int32_t>(bytes, header, name);
  } else if (descr == "<i8") {
    array.values = ReadValues<int64_t>(bytes, header, name);
  } else {
    Fail(name, ": values of type ", Quoted(descr),
         " are not read; float32, float64, uint8, bool, int32 and int64 are, little-endian");
  }
  return array;
}

NpyArray ReadNpy(const std::filesystem::path& path) {
  return ParseNpy(ReadFile(path), NameOf(path));
}

std::string NpyBytes(const NpyArray& array) {
  CHECK(array.shape.size() == 1 || array.shape.size() == 2) << array.shape.size();
  size_t count = 1;
  std::string shape;
  for (int64_t size : array.shape) {
    CHECK_GE(size, 0);
    count *= size;
    shape += std::to_string(size) + (array.shape.size() == 1 || shape.empty() ? ", " : "");
  }
  std::string header = std::string("{'descr': '") + DescrOf(array) +
                       "', 'fortran_order': False, 'shape': (" + shape + "), }";
  constexpr size_t kBefore = kMagicBytes + 4, kAlignment = 64;
  header.resize((kBefore + header.size() + kAlignment) / kAlignment * kAlignment - kBefore, ' ');
  header.back() = '\n';
  std::string bytes = kMagic;
  bytes += '\1';
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 0xFF);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  std::visit(
      [&](const auto& values) {
        CHECK_EQ(values.size(), count);
        bytes.append(reinterpret_cast<const char*>(values.data()),
                     values.size() * sizeof(values[0]));
      },
      array.values);
  return bytes;
}

void WriteNpy(const std::filesystem::path& path, const NpyArray& array) {
  WriteFileWhole(path, NpyBytes(array));
}

Eigen::MatrixXd MatrixFromNpy(const NpyArray& array, const std::string& name) {
  if (array.shape.size() != 2) {
    Fail(name, ": the array has ", array.shape.size(), " dimension; 2 are needed (rows, columns)");
  }
  const Eigen::Index rows = array.shape[0], columns = array.shape[1];
  if (rows == 0 || columns == 0) Fail(name, ": the array is empty, ", rows, " x ", columns);
  Eigen::MatrixXd matrix(rows, columns);
  const auto fill = [&](const auto& values) {
    for (Eigen::Index r = 0; r < rows; ++r) {
      for (Eigen::Index c = 0; c < columns; ++c) matrix(r, c) = values[r * columns + c];
    }
  };
  if (const auto* floats = std::get_if<std::vector<float>>(&array.values)) {
    fill(*floats);
  } else if (const auto* doubles = std::get_if<std::vector<double>>(&array.values)) {
    fill(*doubles);
  } else {
    Fail(name, ": values of type ", Quoted(DescrOf(array)), "; float32 or float64 are needed");
  }
  return matrix;
}

NpyArray NpyFromMatrix(const Eigen::MatrixXd& matrix) {
  std::vector<double> values;
  values.reserve(matrix.size());
  for (Eigen::Index r = 0; r < matrix.rows(); ++r) {
    for (Eigen::Index c = 0; c < matrix.cols(); ++c) values.push_back(matrix(r, c));
  }
  return {{matrix.rows(), matrix.cols()}, std::move(values)};
}

}  // namespace ceres_align
