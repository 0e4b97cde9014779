// Files that appear together or not at all.
#pragma once

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace ceres_align {

/// Thrown where the caller asked to stop.
class WritingCancelled : public std::runtime_error {
 public:
  WritingCancelled() : std::runtime_error("writing was interrupted; nothing was written") {}
};

/// Throws InputError unless FileTransaction can write to this path: it is a regular file, a
/// character device or a FIFO (also by way of symbolic links), or does not exist in a folder that
/// does; not a folder, a socket or a block device. For an early answer before a long run.
void CheckWritable(const std::filesystem::path& path);

/// One run of writing. Each file is first written whole beside its destination; Commit then
/// renames all of them. Until Commit returns, the destructor undoes everything: files that were
/// replaced get their old contents back, new ones and new folders are removed. Of a symbolic link
/// the file it names is replaced, not the link. A character device or a FIFO is written to where it
/// is, in Commit, before any file is renamed; that alone cannot be undone.
///
/// Every function throws InputError, which names the path, where the system refuses.
class FileTransaction {
 public:
  /// `cancelled` is asked while bytes are written, and before Commit's first rename; where it says
  /// true, WritingCancelled is thrown. It may be empty. After the first rename nothing stops.
  explicit FileTransaction(std::function<bool()> cancelled = {});
  ~FileTransaction();
  FileTransaction(const FileTransaction&) = delete;
  FileTransaction& operator=(const FileTransaction&) = delete;

  /// Makes a folder and its missing parents; `directory` is absolute.
  void MakeDirectories(const std::filesystem::path& directory);
  void Stage(const std::filesystem::path& destination, const std::string& bytes);
  void Commit();
  size_t num_files() const { return steps_.size(); }

 private:
  struct Step {
    std::filesystem::path destination;  // with links followed
    std::string staged;                 // empty: written through in Commit
    std::string bytes;                  // of those
    std::string old;                    // where the file that was there lies now
    bool placed = false;
  };
  void CheckCancelled() const;
  void WriteAll(int descriptor, const std::string& bytes, const std::filesystem::path& name) const;
  void WriteThrough(const Step& step) const;
  void KeepOld(Step* step) const;
  void Undo() noexcept;

  std::function<bool()> cancelled_;
  std::vector<Step> steps_;
  std::vector<std::filesystem::path> made_directories_;
  bool done_ = false;
};

}  // namespace ceres_align
