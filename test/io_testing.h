// Helpers of the io tests: a folder that goes away, small files, expected errors.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "ceres_align/base/error.h"
#include "ceres_align/base/image.h"

namespace ceres_align::testing {

class TempFolder {
 public:
  TempFolder() {
    static int counter = 0;
    path_ = std::filesystem::path(::testing::TempDir()) /
            ("ceres_align_io_" + std::to_string(getpid()) + "_" + std::to_string(counter++));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }
  /// Writes a file; returns its path.
  std::filesystem::path Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

/// The message of the InputError that `call` throws; "no error" if it throws none. A message of
/// several lines is a failure.
inline std::string ErrorOf(const std::function<void()>& call) {
  try {
    call();
  } catch (const InputError& error) {
    std::string message = error.what();
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return message;
  }
  return "no error";
}

/// COCO's runs of a mask of 0 and 1: down the columns, the first of zeros.
inline std::vector<int64_t> CocoRuns(const ImageF& mask) {
  std::vector<int64_t> runs = {0};
  float value = 0;
  for (int c = 0; c < mask.width; ++c) {
    for (int r = 0; r < mask.height; ++r) {
      if (mask.at(c, r) != value) {
        runs.push_back(0);
        value = mask.at(c, r);
      }
      ++runs.back();
    }
  }
  return runs;
}

/// For EXPECT_PRED2(Contains, message, part).
inline bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace ceres_align::testing
