// Matrices and numbers of a cv::FileStorage, with errors that name the key. Internal to formats/.
#pragma once

#include <Eigen/Core>
#include <array>
#include <opencv2/core/persistence.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ceres_align {

/// A value and the key that it was found under.
struct OpenCvEntry {
  cv::FileNode node;
  std::string place;  ///< "stereo.yml: M1"
  explicit operator bool() const { return !node.empty(); }
};

/// A FileStorage in memory. OpenCV's own reader of matrices is not used: it believes sizes before
/// it looks at the data.
class OpenCvFile {
 public:
  /// Throws InputError for what cv::FileStorage cannot parse, and for deep nesting.
  OpenCvFile(const std::string& bytes, const std::string& name);

  /// Under the first of the keys, each with `suffix` behind it, that there is; else empty.
  OpenCvEntry Find(const std::vector<std::string>& keys, const std::string& suffix = "") const;
  const std::string& name() const { return name_; }

 private:
  cv::FileStorage storage_;
  std::string name_;
};

/// The numbers of an opencv-matrix, a list, or a list of lists; `shape` (may be null) gets its rows
/// and columns, 0 for a list. Throws InputError for other things and values that are not finite.
std::vector<double> OpenCvNumbers(const OpenCvEntry& entry, std::array<int, 2>* shape = nullptr);
/// rows x columns in rows; a list of so many numbers will do.
Eigen::MatrixXd OpenCvMatrix(const OpenCvEntry& entry, int rows, int columns);
double OpenCvNumber(const OpenCvEntry& entry);
/// A text, or a number as text.
std::string OpenCvText(const OpenCvEntry& entry);

}  // namespace ceres_align
