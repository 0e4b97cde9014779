// Text tables: a row a line, cells between commas, semicolons or blanks. Internal to io/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ceres_align::io_internal {

struct TableRow {
  int64_t line = 0;      ///< from 1
  bool comment = false;  ///< the line begins with '#', which is left out of the cells
  std::vector<std::string> cells;
};

/// The rows that are not blank. Where a line has a comma or a semicolon outside quotes, cells lie
/// between those and blanks around them do not count; elsewhere blanks separate. A cell may stand
/// in double quotes. A byte order mark and CRLF are accepted.
std::vector<TableRow> ReadTable(const std::string& bytes);

/// A cell as a finite number; throws InputError naming file, line, cell (from 1) and value.
double TableNumber(const TableRow& row, size_t cell, const std::string& name);

/// True if the text is a number, finite or not.
bool IsNumber(const std::string& text);

/// A number with 17 significant digits at most, which reads back to the same bits.
std::string ExactNumber(double value);

}  // namespace ceres_align::io_internal
