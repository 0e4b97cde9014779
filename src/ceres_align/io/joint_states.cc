#include "ceres_align/io/joint_states.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/io/files.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/io/npy.h"
#include "ceres_align/io/table.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Fail;
using io_internal::NameOf;
using io_internal::TableRow;

namespace {

using Names = std::vector<std::string>;

bool HasName(const TableRow& row, const Names& joint_names) {
  return std::any_of(row.cells.begin(), row.cells.end(), [&](const std::string& cell) {
    return std::find(joint_names.begin(), joint_names.end(), cell) != joint_names.end();
  });
}

bool IsHeader(const TableRow& row, const Names& joint_names) {
  if (row.comment) return HasName(row, joint_names);
  return std::none_of(row.cells.begin(), row.cells.end(), io_internal::IsNumber);
}

// The column of every joint in the header.
std::vector<size_t> ColumnsOf(const TableRow& header, const Names& joint_names,
                              const std::string& name) {
  std::vector<size_t> columns;
  for (const std::string& joint : joint_names) {
    const auto found = std::find(header.cells.begin(), header.cells.end(), joint);
    if (found == header.cells.end()) {
      Fail(name, ": line ", header.line, ": no column is named ", Quoted(joint));
    }
    if (std::find(found + 1, header.cells.end(), joint) != header.cells.end()) {
      Fail(name, ": line ", header.line, ": two columns are named ", Quoted(joint));
    }
    columns.push_back(found - header.cells.begin());
  }
  return columns;
}

Eigen::MatrixXd ParseText(const std::string& bytes, const Names& joint_names,
                          const std::string& name) {
  std::vector<TableRow> rows = io_internal::ReadTable(bytes);
  std::vector<size_t> columns(joint_names.size());
  for (size_t i = 0; i < columns.size(); ++i) columns[i] = i;
  size_t expected = columns.size();
  std::string named_by = "the robot has " + std::to_string(expected) + " movable joints";
  const auto first_data = std::find_if(rows.begin(), rows.end(), [&](const TableRow& row) {
    return !row.comment || HasName(row, joint_names);
  });
  if (first_data != rows.end() && IsHeader(*first_data, joint_names)) {
    columns = ColumnsOf(*first_data, joint_names, name);
    expected = first_data->cells.size();
    named_by = "line " + std::to_string(first_data->line) + " names " + std::to_string(expected);
    rows.erase(rows.begin(), first_data + 1);
  }
  rows.erase(std::remove_if(rows.begin(), rows.end(), [](const TableRow& r) { return r.comment; }),
             rows.end());
  Eigen::MatrixXd states(rows.size(), joint_names.size());
  for (size_t r = 0; r < rows.size(); ++r) {
    if (rows[r].cells.size() != expected) {
      Fail(name, ": line ", rows[r].line, ": ", rows[r].cells.size(), " values; ", named_by);
    }
    for (size_t c = 0; c < columns.size(); ++c) {
      states(r, c) = io_internal::TableNumber(rows[r], columns[c], name);
    }
  }
  return states;
}

Eigen::MatrixXd ParseBinary(const std::string& bytes, const Names& joint_names,
                            const std::string& name) {
  const Eigen::MatrixXd states = MatrixFromNpy(ParseNpy(bytes, name), name);
  if (states.cols() != static_cast<Eigen::Index>(joint_names.size())) {
    Fail(name, ": ", states.cols(), " columns; the robot has ", joint_names.size(),
         " movable joints");
  }
  for (Eigen::Index r = 0; r < states.rows(); ++r) {
    for (Eigen::Index c = 0; c < states.cols(); ++c) {
      if (std::isfinite(states(r, c))) continue;
      Fail(name, ": row ", r + 1, ": column ", c + 1, " is not finite");
    }
  }
  return states;
}

}  // namespace

Eigen::MatrixXd ReadJointStates(const std::filesystem::path& path, const Names& joint_names) {
  const std::string bytes = ReadFile(path), name = NameOf(path);
  Eigen::MatrixXd states = LooksLikeNpy(bytes) ? ParseBinary(bytes, joint_names, name)
                                               : ParseText(bytes, joint_names, name);
  if (states.rows() == 0) Fail(name, ": has no joint states");
  return states;
}

std::string JointStatesCsv(const Eigen::MatrixXd& states, const Names& joint_names) {
  CHECK_EQ(states.cols(), static_cast<Eigen::Index>(joint_names.size()));
  std::string text;
  for (const std::string& joint : joint_names) text += (text.empty() ? "" : ",") + joint;
  return text + '\n' + MatrixCsv(states);
}

}  // namespace ceres_align
