#include "ceres_align/report/output_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

namespace fs = std::filesystem;

fs::path Absolute(const std::string& directory) {
  if (directory.empty()) throw InputError("the output directory's name is empty");
  fs::path path = fs::absolute(directory).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

std::string Reason() { return std::strerror(errno); }

/// One run of writing: what was done so far, so that the destructor can undo it.
class Transaction {
 public:
  ~Transaction() {
    if (!done_) Undo();
  }

  void MakeDirectories(const fs::path& directory) {
    std::vector<fs::path> missing;
    for (fs::path path = directory; !fs::exists(path); path = path.parent_path()) {
      missing.push_back(path);
    }
    for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
      std::error_code error;
      if (!fs::create_directory(*path, error)) {
        throw InputError(path->string() + ": cannot make this directory: " + error.message());
      }
      made_directories_.push_back(*path);
    }
  }

  void Stage(const fs::path& destination, const std::string& bytes) {
    if (fs::is_directory(destination)) {
      throw InputError(destination.string() + ": is a directory, not a file to write");
    }
    std::string name = destination.string() + ".partial-XXXXXX";
    const int descriptor = mkstemp(name.data());
    if (descriptor < 0) throw InputError(destination.string() + ": cannot be written: " + Reason());
    steps_.push_back({destination, name, "", false});
    const bool written = WriteAll(descriptor, bytes);
    const int error = errno;
    const bool closed = close(descriptor) == 0;
    if (!written || !closed) {
      throw InputError(destination.string() +
                       ": cannot be written: " + std::strerror(written ? errno : error));
    }
  }

  void Commit() {
    for (Step& step : steps_) {
      if (fs::exists(step.destination)) KeepOld(&step);
      Rename(step.staged, step.destination);
      step.placed = true;
    }
    done_ = true;
    for (const Step& step : steps_) {
      if (!step.old.empty()) std::remove(step.old.c_str());
    }
  }

 private:
  struct Step {
    fs::path destination;
    std::string staged;
    std::string old;  // where the file that was at the destination lies now
    bool placed;
  };

  static bool WriteAll(int descriptor, const std::string& bytes) {
    // mkstemp makes files for the owner only; outputs follow the user's umask.
    const mode_t mask = umask(0);
    umask(mask);
    if (fchmod(descriptor, 0666 & ~mask) != 0) return false;
    for (size_t at = 0; at < bytes.size();) {
      const ssize_t count = write(descriptor, bytes.data() + at, bytes.size() - at);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      at += static_cast<size_t>(count);
    }
    return true;
  }

  static void Rename(const std::string& from, const fs::path& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) {
      throw InputError(to.string() + ": cannot be written: " + Reason());
    }
  }

  void KeepOld(Step* step) {
    std::string old = step->staged + ".old";
    // A hard link keeps the old contents while rename replaces the name in one step.
    if (link(step->destination.c_str(), old.c_str()) != 0) {
      Rename(step->destination.string(), old);
    }
    step->old = old;
  }

  void Undo() noexcept {
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
      if (step->placed && step->old.empty()) std::remove(step->destination.c_str());
      if (!step->old.empty()) {
        std::rename(step->old.c_str(), step->destination.c_str());
        std::remove(step->old.c_str());  // still there if both names were one file
      }
      if (!step->placed) std::remove(step->staged.c_str());
    }
    for (auto path = made_directories_.rbegin(); path != made_directories_.rend(); ++path) {
      rmdir(path->c_str());
    }
  }

  std::vector<Step> steps_;
  std::vector<fs::path> made_directories_;
  bool done_ = false;
};

}  // namespace

void CheckOutputDirectory(const std::string& directory) {
  fs::path path = Absolute(directory);
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error)) {
    throw InputError(path.string() + ": is a file, not an output directory");
  }
  while (!fs::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  if (!fs::is_directory(path, error)) {
    throw InputError(directory + ": cannot be made, because " + path.string() +
                     " is not a directory");
  }
  if (access(path.c_str(), W_OK | X_OK) != 0) {
    throw InputError(directory + ": cannot write into " + path.string() + ": " + Reason());
  }
}

void WriteFilesTogether(const std::string& directory, const std::vector<OutputFile>& files) {
  CheckOutputDirectory(directory);
  const fs::path root = Absolute(directory);
  Transaction transaction;
  transaction.MakeDirectories(root);
  std::set<fs::path> destinations;
  for (const OutputFile& file : files) {
    const fs::path relative(file.path);
    const fs::path destination =
        (relative.is_absolute() ? relative : root / relative).lexically_normal();
    if (!destinations.insert(destination).second) {
      throw InputError(destination.string() + ": two outputs have this name");
    }
    transaction.Stage(destination, file.bytes);
  }
  transaction.Commit();
}

}  // namespace ceres_align
