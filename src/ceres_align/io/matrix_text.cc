#include "ceres_align/io/matrix_text.h"

#include "ceres_align/io/conventions.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/npy.h"
#include "ceres_align/io/table.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Fail;
using io_internal::NameOf;
using io_internal::TableRow;

namespace {

Eigen::MatrixXd ParseTextMatrix(const std::string& bytes, const std::string& name) {
  std::vector<std::vector<double>> rows;
  for (const TableRow& row : io_internal::ReadTable(bytes)) {
    if (row.comment) continue;
    std::vector<double> values;
    for (size_t i = 0; i < row.cells.size(); ++i) {
      values.push_back(io_internal::TableNumber(row, i, name));
    }
    if (!rows.empty() && values.size() != rows[0].size()) {
      Fail(name, ": line ", row.line, ": ", values.size(), " numbers; the rows above have ",
           rows[0].size());
    }
    rows.push_back(std::move(values));
  }
  if (rows.empty()) Fail(name, ": has no numbers");
  Eigen::MatrixXd matrix(rows.size(), rows[0].size());
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t c = 0; c < rows[r].size(); ++c) matrix(r, c) = rows[r][c];
  }
  return matrix;
}

void CheckSize(const Eigen::MatrixXd& matrix, Eigen::Index size, const std::string& name) {
  if (matrix.rows() == size && matrix.cols() == size) return;
  Fail(name, ": a matrix of ", matrix.rows(), " x ", matrix.cols(), "; ", size, " x ", size,
       " is needed");
}

}  // namespace

Eigen::MatrixXd ReadMatrix(const std::filesystem::path& path) {
  const std::string bytes = ReadFile(path), name = NameOf(path);
  if (!LooksLikeNpy(bytes)) return ParseTextMatrix(bytes, name);
  const Eigen::MatrixXd matrix = MatrixFromNpy(ParseNpy(bytes, name), name);
  for (Eigen::Index r = 0; r < matrix.rows(); ++r) {
    if (!matrix.row(r).allFinite()) Fail(name, ": row ", r + 1, ": a value is not finite");
  }
  return matrix;
}

Eigen::Matrix3d ReadMatrix3(const std::filesystem::path& path) {
  const Eigen::MatrixXd matrix = ReadMatrix(path);
  CheckSize(matrix, 3, NameOf(path));
  return matrix;
}

Rigid3d ReadRigid(const std::filesystem::path& path) {
  const std::string name = NameOf(path);
  const Eigen::MatrixXd matrix = ReadMatrix(path);
  CheckSize(matrix, 4, name);
  for (int i = 0; i < 4; ++i) {
    if (matrix(3, i) == (i == 3 ? 1 : 0)) continue;
    Fail(name, ": the last row is ", matrix.row(3), "; it must be 0 0 0 1");
  }
  const Eigen::Matrix3d R = matrix.topLeftCorner<3, 3>();
  const double deviation = (R.transpose() * R - Eigen::Matrix3d::Identity()).cwiseAbs().maxCoeff();
  if (!(deviation <= kRigidFileTolerance)) {
    Fail(name, ": not a rigid transformation: R^T*R differs from the identity by ", deviation,
         "; at most ", kRigidFileTolerance, " is taken for rounding");
  }
  return FromOpenCv({R, matrix.topRightCorner<3, 1>()}, name);
}

Camera ReadCameraMatrix(const std::filesystem::path& path, int width_px, int height_px,
                        double pixel_center) {
  return CameraFromK(ReadMatrix3(path), width_px, height_px, pixel_center, NameOf(path));
}

Eigen::Matrix4d MatrixOf(const Rigid3d& pose) {
  Eigen::Matrix4d matrix = Eigen::Matrix4d::Identity();
  matrix.topLeftCorner<3, 3>() = pose.R();
  matrix.topRightCorner<3, 1>() = pose.translation;
  return matrix;
}

std::string MatrixCsv(const Eigen::MatrixXd& matrix) {
  std::string text;
  for (Eigen::Index r = 0; r < matrix.rows(); ++r) {
    for (Eigen::Index c = 0; c < matrix.cols(); ++c) {
      text += (c > 0 ? "," : "") + io_internal::ExactNumber(matrix(r, c));
    }
    text += '\n';
  }
  return text;
}

void WriteMatrix(const std::filesystem::path& path, const Eigen::MatrixXd& matrix) {
  const bool npy = path.extension() == ".npy";
  WriteFileWhole(path, npy ? NpyBytes(NpyFromMatrix(matrix)) : MatrixCsv(matrix));
}

}  // namespace ceres_align
