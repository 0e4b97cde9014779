#include "ceres_align/io/table.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

std::string Unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return std::string(quoted ? text.substr(1, text.size() - 2) : text);
}

bool HasSeparator(std::string_view line) {
  bool quoted = false;
  for (char c : line) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == ',' || c == ';')) return true;
  }
  return false;
}

std::vector<std::string> Cells(std::string_view line) {
  const bool separated = HasSeparator(line);
  std::vector<std::string> cells;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i <= line.size(); ++i) {
    const bool end = i == line.size();
    if (!end && line[i] == '"') quoted = !quoted;
    if (!end && quoted) continue;
    const bool ends_cell = end || (separated ? line[i] == ',' || line[i] == ';' : IsBlank(line[i]));
    if (!ends_cell) continue;
    const std::string_view cell = Trimmed(line.substr(begin, i - begin));
    if (separated || !cell.empty()) cells.push_back(Unquoted(cell));
    begin = i + 1;
  }
  return cells;
}

}  // namespace

std::vector<TableRow> ReadTable(const std::string& bytes) {
  std::string_view text = bytes;
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  std::vector<TableRow> rows;
  int64_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    TableRow row;
    row.line = number;
    if (!line.empty() && line.front() == '#') {
      row.comment = true;
      line = Trimmed(line.substr(1));
    }
    if (line.empty()) continue;
    row.cells = Cells(line);
    rows.push_back(std::move(row));
  }
  return rows;
}

bool IsNumber(const std::string& text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  double value;
  return ReadNumber(&p, end, &value) && p == end;
}

double TableNumber(const TableRow& row, size_t cell, const std::string& name) {
  const std::string& text = row.cells[cell];
  if (!IsNumber(text)) {
    Fail(name, ": line ", row.line, ": cell ", cell + 1, " is ", Quoted(text),
         "; a number is needed");
  }
  const char* p = text.data();
  double value;
  ReadNumber(&p, p + text.size(), &value);
  if (!std::isfinite(value)) {
    Fail(name, ": line ", row.line, ": cell ", cell + 1, " is ", Quoted(text),
         "; a finite number is needed");
  }
  return value;
}

std::string ExactNumber(double value) {
  char buffer[40];
  const auto [end, error] =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::general, 17);
  CHECK(error == std::errc());
  return std::string(buffer, end);
}

}  // namespace ceres_align::io_internal
