#include "ceres_align/formats/opencv_nodes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <stdexcept>

#include "ceres_align/io/text.h"
#include "ceres_align/io/xml_nesting.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::Fail;

namespace {

// The parsers call themselves once per level.
void CheckNesting(const std::string& bytes, const std::string& name) {
  constexpr int kMostLevels = 64;
  int depth = 0, dashes = 0;
  for (const char c : bytes) {
    depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    dashes = c == '-' ? dashes + 1 : c == ' ' ? dashes : 0;
    if (depth > kMostLevels) Fail(name, ": nested deeper than ", kMostLevels, " levels");
    if (dashes > kMostLevels) Fail(name, ": ", kMostLevels, " dashes in a row");
  }
}

// The last part of "OpenCV(4.6.0) ./modules/…: error: (-212:Parsing error) file(3): Missing ':' in
// function 'parseKey'".
std::string Reason(const cv::Exception& error) {
  std::string text = error.err;
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return Shown(text, 120);
}

double Number(const cv::FileNode& node, const std::string& place) {
  if (!node.isInt() && !node.isReal()) {
    const std::string what = node.isString() ? Quoted(std::string(node)) : "no number";
    Fail(place, " is ", what, "; a number is needed");
  }
  const double value = static_cast<double>(node);
  if (std::isnan(value)) Fail(place, " is nan; a finite number is needed");
  if (std::isinf(value)) Fail(place, " is infinite; a finite number is needed");
  return value;
}

int Size(const cv::FileNode& node, const std::string& place) {
  if (node.empty()) Fail(place, " is missing");
  const double size = Number(node, place);
  constexpr int kMost = 1 << 20;
  if (!(size >= 1 && size <= kMost) || size != std::floor(size)) {
    Fail(place, " is ", size, "; a whole number from 1 to ", kMost, " is needed");
  }
  return static_cast<int>(size);
}

std::vector<double> ListNumbers(const cv::FileNode& list, const std::string& place) {
  std::vector<double> numbers;
  if (!list.isSeq()) {
    numbers.push_back(Number(list, place));
    return numbers;
  }
  for (size_t i = 0; i < list.size(); ++i) {
    numbers.push_back(Number(list[static_cast<int>(i)], Cat(place, "[", i, "]")));
  }
  return numbers;
}

}  // namespace

OpenCvFile::OpenCvFile(const std::string& bytes, const std::string& name) : name_(name) {
  const size_t begin = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (begin == std::string::npos) Fail(name, ": the file is empty");
  const bool xml = bytes[begin] == '<';
  if (!xml && bytes[begin] != '{' && bytes.compare(begin, 5, "%YAML") != 0) {
    Fail(name, ": is no FileStorage of OpenCV: these begin with %YAML:1.0, <?xml or {");
  }
  if (bytes.find('\0') != std::string::npos) Fail(name, ": contains a NUL");
  if (xml) {
    // OpenCV 4.6 reads from address 0 where a file ends within a tag.
    const std::string end = "</opencv_storage>";
    const size_t last = bytes.find_last_not_of(" \t\r\n") + 1;
    if (last < end.size() || bytes.compare(last - end.size(), end.size(), end) != 0) {
      Fail(name, ": does not end with ", end);
    }
    CheckXmlNesting(bytes, name);
  }
  CheckNesting(bytes, name);
  try {
    storage_.open(bytes.substr(begin), cv::FileStorage::READ | cv::FileStorage::MEMORY);
  } catch (const cv::Exception& error) {
    Fail(name, ": OpenCV cannot read it: ", Reason(error));
  } catch (const std::logic_error&) {  // a key that begins with a colon (OpenCV 4.6)
    Fail(name, ": OpenCV cannot read it: a key is empty");
  }
  if (!storage_.isOpened()) Fail(name, ": OpenCV cannot read it");
  if (!storage_.root().isMap()) Fail(name, ": has no keys");
}

OpenCvEntry OpenCvFile::Find(const std::vector<std::string>& keys,
                             const std::string& suffix) const {
  for (const std::string& key : keys) {
    const cv::FileNode node = storage_[key + suffix];
    if (!node.empty()) return {node, Cat(name_, ": ", key, suffix)};
  }
  return {cv::FileNode(), Cat(name_, ": ", keys[0], suffix)};
}

std::vector<double> OpenCvNumbers(const OpenCvEntry& entry, std::array<int, 2>* shape) {
  if (!entry) Fail(entry.place, " is missing");
  std::array<int, 2> ignored;
  std::array<int, 2>& size = shape != nullptr ? *shape : ignored;
  size = {0, 0};
  const cv::FileNode& node = entry.node;
  if (node.isMap()) {
    size = {Size(node["rows"], entry.place + ".rows"), Size(node["cols"], entry.place + ".cols")};
    if (node["data"].empty()) Fail(entry.place, ".data is missing");
    const std::vector<double> numbers = ListNumbers(node["data"], entry.place + ".data");
    if (static_cast<double>(numbers.size()) != static_cast<double>(size[0]) * size[1]) {
      Fail(entry.place, ".data has ", numbers.size(), " numbers; ", size[0], " x ", size[1],
           " are needed");
    }
    return numbers;
  }
  if (!node.isSeq() || node.size() == 0 || !node[0].isSeq()) return ListNumbers(node, entry.place);
  std::vector<double> numbers;
  for (size_t row = 0; row < node.size(); ++row) {
    const std::string place = Cat(entry.place, "[", row, "]");
    const std::vector<double> more = ListNumbers(node[static_cast<int>(row)], place);
    const int columns = static_cast<int>(more.size());
    if (row > 0 && columns != size[1]) {
      Fail(place, " has ", columns, " numbers; the rows above have ", size[1]);
    }
    size[1] = columns;
    numbers.insert(numbers.end(), more.begin(), more.end());
  }
  size[0] = static_cast<int>(node.size());
  return numbers;
}

Eigen::MatrixXd OpenCvMatrix(const OpenCvEntry& entry, int rows, int columns) {
  std::array<int, 2> size;
  const std::vector<double> numbers = OpenCvNumbers(entry, &size);
  const bool is_list = size[0] == 0 && static_cast<int>(numbers.size()) == rows * columns;
  if (!is_list && (size[0] != rows || size[1] != columns)) {
    const std::string found =
        size[0] == 0 ? Cat("a list of ", numbers.size()) : Cat(size[0], " x ", size[1]);
    Fail(entry.place, " is ", found, "; ", rows, " x ", columns, " is needed");
  }
  using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const Rows>(numbers.data(), rows, columns);
}

double OpenCvNumber(const OpenCvEntry& entry) {
  if (!entry) Fail(entry.place, " is missing");
  return Number(entry.node, entry.place);
}

std::string OpenCvText(const OpenCvEntry& entry) {
  if (entry.node.isString()) return std::string(entry.node);
  return Cat(Number(entry.node, entry.place));
}

}  // namespace ceres_align
