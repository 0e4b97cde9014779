#include "ceres_align/scenes/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/files.h"

namespace ceres_align {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Fail(const fs::path& path, const std::string& what) {
  throw InputError(Shown(path.u8string()) + ": " + what);
}

// The whole lines; *bytes becomes their length in the file.
std::vector<std::string> LinesOf(const std::string& text, size_t* bytes) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  *bytes = begin;
  return lines;
}

void CheckHeader(const fs::path& path, const std::string& found, const std::string& header) {
  if (found == header) return;
  size_t same = 0;
  while (same < found.size() && same < header.size() && found[same] == header[same]) ++same;
  const size_t from = same < 20 ? 0 : same - 20;
  Fail(path, "belongs to another batch: it begins with " + Quoted(found.substr(from)) +
                 " where this one has " + Quoted(header.substr(from)) +
                 "; --restart throws it away");
}

}  // namespace

Journal::Journal(const fs::path& path, const std::string& header, Mode mode) : path_(path) {
  CHECK(header.find('\n') == std::string::npos);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  descriptor_ = open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) Fail(path, std::strerror(errno));
  try {
    if (flock(descriptor_, LOCK_EX | LOCK_NB) != 0) Fail(path, "another process is at this batch");
    size_t whole = 0;
    if (mode == Mode::kGoOn) lines_ = LinesOf(ReadFile(path), &whole);
    if (!lines_.empty()) CheckHeader(path, lines_[0], header);
    if (ftruncate(descriptor_, static_cast<off_t>(whole)) != 0) Fail(path, std::strerror(errno));
    if (lines_.empty()) {
      Write(header + "\n");
    } else {
      lines_.erase(lines_.begin());
    }
  } catch (...) {
    close(descriptor_);
    throw;
  }
}

Journal::~Journal() { close(descriptor_); }

void Journal::Append(const std::string& line) {
  CHECK(line.find('\n') == std::string::npos);
  const std::lock_guard<std::mutex> lock(mutex_);
  Write(line + "\n");
}

void Journal::Write(const std::string& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) Fail(path_, std::strerror(errno));
    done += static_cast<size_t>(n);
  }
}

std::vector<std::string> ReadJournal(const fs::path& path, const std::string& header) {
  std::error_code error;
  if (!fs::exists(path, error)) return {};
  size_t whole = 0;
  std::vector<std::string> lines = LinesOf(ReadFile(path), &whole);
  if (lines.empty()) return lines;
  CheckHeader(path, lines[0], header);
  lines.erase(lines.begin());
  return lines;
}

}  // namespace ceres_align
