#include "ceres_align/report/output_files.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"

namespace ceres_align {
namespace {

namespace fs = std::filesystem;

fs::path Absolute(const std::string& directory) {
  if (directory.empty()) throw InputError("the output directory's name is empty");
  fs::path path = fs::absolute(directory).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

bool IsInside(const fs::path& relative) {
  return relative.is_relative() && *relative.lexically_normal().begin() != "..";
}

}  // namespace

void CheckOutputDirectory(const std::string& directory) {
  fs::path path = Absolute(directory);
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error)) {
    throw InputError(Shown(path.string()) + ": is a file, not an output directory");
  }
  while (!fs::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  if (!fs::is_directory(path, error)) {
    throw InputError(Shown(directory) + ": cannot be made, because " + Shown(path.string()) +
                     " is not a directory");
  }
  if (access(path.c_str(), W_OK | X_OK) != 0) {
    throw InputError(Shown(directory) + ": cannot write into " + Shown(path.string()) + ": " +
                     std::strerror(errno));
  }
}

OutputFiles::OutputFiles(const std::string& directory, std::function<bool()> cancelled)
    : root_(Absolute(directory)), transaction_(std::move(cancelled)) {
  CheckOutputDirectory(directory);
}

void OutputFiles::Stage(const OutputFile& file) {
  const fs::path relative(file.path);
  const fs::path destination =
      (relative.is_absolute() ? relative : root_ / relative).lexically_normal();
  if (!destinations_.insert(destination).second) {
    throw InputError(Shown(destination.string()) + ": two outputs have this name");
  }
  transaction_.MakeDirectories(IsInside(relative) ? destination.parent_path() : root_);
  transaction_.Stage(destination, file.bytes);
}

void OutputFiles::StageElsewhere(const fs::path& path, const std::string& bytes) {
  const fs::path destination = path.lexically_normal();
  if (!destinations_.insert(destination).second) {
    throw InputError(Shown(destination.string()) + ": two outputs have this name");
  }
  transaction_.MakeDirectories(destination.parent_path());
  transaction_.Stage(destination, bytes);
}

void WriteFilesTogether(const std::string& directory, const std::vector<OutputFile>& files) {
  OutputFiles outputs(directory);
  for (const OutputFile& file : files) outputs.Stage(file);
  outputs.Commit();
}

}  // namespace ceres_align
