#include "ceres_align/io/file_transaction.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"

namespace ceres_align {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Refuse(const fs::path& path, const std::string& why) {
  throw InputError(Shown(path.string()) + ": " + why);
}

[[noreturn]] void RefuseForErrno(const fs::path& path) {
  Refuse(path, std::string("cannot be written: ") + std::strerror(errno));
}

// The path with symbolic links followed; what a dangling link names.
fs::path Followed(const fs::path& path) {
  fs::path at = path;
  std::error_code error;
  for (int links = 0; fs::is_symlink(fs::symlink_status(at, error)); ++links) {
    if (links == 40) Refuse(path, "cannot be written: the symbolic links go in a circle");
    const fs::path target = fs::read_symlink(at, error);
    if (error) Refuse(path, "cannot be written: " + error.message());
    at = at.parent_path() / target;  // an absolute target replaces the folder
  }
  return at;
}

bool IsWrittenThrough(fs::file_type type) {
  return type == fs::file_type::character || type == fs::file_type::fifo;
}

fs::file_type WritableType(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  switch (type) {
    case fs::file_type::not_found:
    case fs::file_type::regular:
    case fs::file_type::character:
    case fs::file_type::fifo:
      return type;
    case fs::file_type::directory:
      Refuse(path, "is a directory, not a file to write");
    case fs::file_type::block:
      Refuse(path, "is a block device, not a file to write");
    case fs::file_type::socket:
      Refuse(path, "is a socket, not a file to write");
    default:
      Refuse(path, "cannot be written" + (error ? ": " + error.message() : ""));
  }
}

void Rename(const std::string& from, const fs::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) RefuseForErrno(to);
}

}  // namespace

void CheckWritable(const fs::path& path) {
  if (WritableType(path) != fs::file_type::not_found) return;
  const fs::path folder = fs::absolute(Followed(path)).parent_path();
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    Refuse(path, "cannot be written: " + Shown(folder.string()) + " is not a directory");
  }
}

FileTransaction::FileTransaction(std::function<bool()> cancelled)
    : cancelled_(std::move(cancelled)) {}

FileTransaction::~FileTransaction() {
  if (!done_) Undo();
}

void FileTransaction::CheckCancelled() const {
  if (cancelled_ && cancelled_()) throw WritingCancelled();
}

void FileTransaction::MakeDirectories(const fs::path& directory) {
  std::vector<fs::path> missing;
  for (fs::path path = directory; !fs::exists(path); path = path.parent_path()) {
    missing.push_back(path);
  }
  for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
    std::error_code error;
    if (!fs::create_directory(*path, error)) {
      Refuse(*path, "cannot make this directory: " + error.message());
    }
    made_directories_.push_back(*path);
  }
}

void FileTransaction::Stage(const fs::path& destination, const std::string& bytes) {
  Step step;
  // Of /dev/stdout and its like only the system knows where the link goes.
  if (IsWrittenThrough(WritableType(destination))) {
    step.destination = destination;
    step.bytes = bytes;
    steps_.push_back(step);
    return;
  }
  step.destination = Followed(destination);
  step.staged = step.destination.string() + ".partial-XXXXXX";
  steps_.push_back(step);
  const int descriptor = mkstemp(steps_.back().staged.data());
  if (descriptor < 0) RefuseForErrno(destination);
  // mkstemp makes files for the owner only; outputs follow the user's umask.
  const mode_t mask = umask(0);
  umask(mask);
  try {
    if (fchmod(descriptor, 0666 & ~mask) != 0) RefuseForErrno(destination);
    WriteAll(descriptor, bytes, destination);
  } catch (...) {
    close(descriptor);
    throw;
  }
  if (close(descriptor) != 0) RefuseForErrno(destination);
}

void FileTransaction::WriteAll(int descriptor, const std::string& bytes,
                               const fs::path& name) const {
  constexpr size_t kAtOnce = size_t{1} << 20;
  for (size_t at = 0; at < bytes.size();) {
    CheckCancelled();
    const ssize_t count =
        write(descriptor, bytes.data() + at, std::min(kAtOnce, bytes.size() - at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) RefuseForErrno(name);
    at += static_cast<size_t>(count);
  }
}

void FileTransaction::WriteThrough(const Step& step) const {
  int descriptor = -1;
  do {  // opening a FIFO waits for its reader
    CheckCancelled();
    descriptor = open(step.destination.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) RefuseForErrno(step.destination);
  try {
    WriteAll(descriptor, step.bytes, step.destination);
  } catch (...) {
    close(descriptor);
    throw;
  }
  if (close(descriptor) != 0) RefuseForErrno(step.destination);
}

void FileTransaction::KeepOld(Step* step) const {
  std::string old = step->staged + ".old";
  // A hard link keeps the old contents while rename replaces the name in one step.
  if (link(step->destination.c_str(), old.c_str()) != 0) {
    Rename(step->destination.string(), old);
  }
  step->old = old;
}

void FileTransaction::Commit() {
  for (const Step& step : steps_) {
    if (step.staged.empty()) WriteThrough(step);
  }
  CheckCancelled();
  for (Step& step : steps_) {
    if (step.staged.empty()) continue;
    if (fs::exists(step.destination)) KeepOld(&step);
    Rename(step.staged, step.destination);
    step.placed = true;
  }
  done_ = true;
  for (const Step& step : steps_) {
    if (!step.old.empty()) std::remove(step.old.c_str());
  }
}

void FileTransaction::Undo() noexcept {
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    if (step->placed && step->old.empty()) std::remove(step->destination.c_str());
    if (!step->old.empty()) {
      std::rename(step->old.c_str(), step->destination.c_str());
      std::remove(step->old.c_str());  // still there if both names were one file
    }
    if (!step->placed && !step->staged.empty()) std::remove(step->staged.c_str());
  }
  for (auto path = made_directories_.rbegin(); path != made_directories_.rend(); ++path) {
    rmdir(path->c_str());
  }
}

}  // namespace ceres_align
