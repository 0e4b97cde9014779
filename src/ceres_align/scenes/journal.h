// What a batch has done so far, so that it goes on where it was killed.
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace ceres_align {

/// A file of lines that only grows. The first line says what the batch is; every other one is a
/// scene's result. A line is there whole or not at all: each is one write, and what a kill has left
/// of a last one is cut off when the file is opened again.
class Journal {
 public:
  enum class Mode { kGoOn, kAnew };

  /// Opens the file, or makes it (and its folder); one process at a time has it. kGoOn: a file with
  /// another first line than `header` is an error, which quotes both; kAnew: what is there is
  /// thrown away. Throws InputError.
  Journal(const std::filesystem::path& path, const std::string& header, Mode mode);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// The lines after the first that were there when it was opened.
  const std::vector<std::string>& lines() const { return lines_; }
  /// Adds a line (without line breaks), from any thread. Throws InputError.
  void Append(const std::string& line);

 private:
  void Write(const std::string& bytes);
  const std::filesystem::path path_;
  int descriptor_ = -1;
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// The whole lines of a journal that nobody need have closed, without the first; nothing where
/// there is no such file. Throws InputError where the first line is not `header`.
std::vector<std::string> ReadJournal(const std::filesystem::path& path, const std::string& header);

}  // namespace ceres_align
