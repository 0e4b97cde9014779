// A run's output files: into one folder, together or not at all.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "ceres_align/io/file_transaction.h"

namespace ceres_align {

struct OutputFile {
  std::string path;  ///< relative to the output directory, or absolute
  std::string bytes;
};

/// Throws InputError if `directory` cannot become a directory to write into (a file of that name,
/// no permission, no such parent). Creates nothing: for an early answer before a long run.
void CheckOutputDirectory(const std::string& directory);

/// A FileTransaction (which see) of files in one folder.
class OutputFiles {
 public:
  /// Throws InputError as CheckOutputDirectory does; `cancelled`: as FileTransaction's.
  explicit OutputFiles(const std::string& directory, std::function<bool()> cancelled = {});

  /// Writes the file beside its destination. The folder, its parents and folders
  /// in it are made where missing;
  /// missing parents of paths outside it are an error, as is a second file of the same name.
  void Stage(const OutputFile& file);
  /// The same for an absolute path whose folders are made where missing.
  void StageElsewhere(const std::filesystem::path& path, const std::string& bytes);
  /// Puts all of them in their places.
  void Commit() { transaction_.Commit(); }

 private:
  const std::filesystem::path root_;
  FileTransaction transaction_;
  std::set<std::filesystem::path> destinations_;
};

/// All of it at once.
void WriteFilesTogether(const std::string& directory, const std::vector<OutputFile>& files);

}  // namespace ceres_align
