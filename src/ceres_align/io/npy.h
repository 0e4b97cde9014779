// NumPy's .npy files of one or two dimensions. An own reader: Debian 12 has no package for them
// (cnpy is not in it), and messages are to name file and value.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace ceres_align {

struct NpyArray {
  std::vector<int64_t> shape;  ///< one or two sizes; they may be 0
  /// In C order (the last index runs fastest), whatever the file's.
  std::variant<std::vector<float>, std::vector<double>, std::vector<uint8_t>, std::vector<int32_t>,
               std::vector<int64_t>>
      values;
};

/// Reads float32, float64, uint8, int32 and int64, and bool as uint8; little-endian, C or Fortran
/// order, versions 1 to 3. Throws InputError naming the file and what is wrong: no .npy file, a
/// header that cannot be read, another type or byte order, another number of dimensions, a size
/// that does not match the file's.
NpyArray ReadNpy(const std::filesystem::path& path);
/// The same of a file's bytes; `name` begins the messages.
NpyArray ParseNpy(const std::string& bytes, const std::string& name);
/// True if the bytes begin as .npy files do.
bool LooksLikeNpy(const std::string& bytes);

/// The file: version 1, C order. CHECKs that the shape fits the values.
std::string NpyBytes(const NpyArray& array);
/// Writes it whole or not at all. Throws InputError.
void WriteNpy(const std::filesystem::path& path, const NpyArray& array);

/// A two-dimensional array of floats or doubles as a matrix; throws InputError for others.
Eigen::MatrixXd MatrixFromNpy(const NpyArray& array, const std::string& name);
/// As float64.
NpyArray NpyFromMatrix(const Eigen::MatrixXd& matrix);

}  // namespace ceres_align
