// Small matrices as text or .npy: rigid transformations (4x4) and camera matrices (3x3).
#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <string>

#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/rigid3d.h"

namespace ceres_align {

/// A matrix from a file: .npy (told by its content; float32 or float64), or text with a row a line,
/// numbers between commas, semicolons or blanks, '#' for comments. Throws InputError naming file,
/// line and value, also for rows of unequal length and for values that are not finite.
Eigen::MatrixXd ReadMatrix(const std::filesystem::path& path);
/// The same, and InputError for another size.
Eigen::Matrix3d ReadMatrix3(const std::filesystem::path& path);

/// Largest |RᵀR − I| of a transformation in a file: six digits pass.
constexpr double kRigidFileTolerance = 1e-4;
/// A rigid transformation from a 4x4 [R t; 0 0 0 1]. R must be a rotation within
/// kRigidFileTolerance and det R > 0, or InputError is thrown; the nearest rotation (by SVD) is
/// taken.
Rigid3d ReadRigid(const std::filesystem::path& path);

/// A pinhole from a 3x3 K whose first pixel's centre lies at `pixel_center`: 0 (OpenCV, ROS) or
/// 0.5. Throws InputError as CameraFromK in conventions.h does.
Camera ReadCameraMatrix(const std::filesystem::path& path, int width_px, int height_px,
                        double pixel_center);

/// [R t; 0 0 0 1].
Eigen::Matrix4d MatrixOf(const Rigid3d& pose);
/// Rows of numbers between commas, 17 significant digits: they read back to the same bits.
std::string MatrixCsv(const Eigen::MatrixXd& matrix);
/// Writes .npy (float64) where the path ends so, else CSV; whole or not at all. Throws InputError.
void WriteMatrix(const std::filesystem::path& path, const Eigen::MatrixXd& matrix);

}  // namespace ceres_align
