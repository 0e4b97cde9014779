// Files that appear together or not at all.
#pragma once

#include <string>
#include <vector>

namespace ceres_align {

struct OutputFile {
  std::string path;  ///< relative to the output directory, or absolute
  std::string bytes;
};

/// Throws InputError if `directory` cannot become a directory to write into (a file of that name,
/// no permission, no such parent). Creates nothing: for an early answer before a long run.
void CheckOutputDirectory(const std::string& directory);

/// Writes all files: each first into a temporary file beside its destination, then, when all are
/// on the disk, each is renamed. `directory` (and its parents) are made where missing. If
/// anything fails, files that were replaced get their old contents back, new ones and new
/// directories are removed, and InputError says what failed. Other files are left alone. Missing
/// parents of paths outside `directory` are an error.
void WriteFilesTogether(const std::string& directory, const std::vector<OutputFile>& files);

}  // namespace ceres_align
