#include "ceres_align/io/files.h"

#include <fstream>
#include <system_error>

#include "ceres_align/geometry/fresh_memory.h"
#include "ceres_align/io/file_transaction.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

namespace fs = std::filesystem;
using io_internal::Fail;
using io_internal::NameOf;

std::string ReadFile(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) Fail(NameOf(path), ": no such file");
  if (fs::is_directory(status)) Fail(NameOf(path), ": is a directory, not a file");
  if (!fs::is_regular_file(status)) Fail(NameOf(path), ": is not a regular file");
  const uintmax_t size = fs::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  if (error || !in) Fail(NameOf(path), ": cannot be read");
  std::string bytes;
  ResizeFetched(static_cast<size_t>(size), &bytes);
  in.read(bytes.data(), static_cast<std::streamsize>(size));
  if (static_cast<uintmax_t>(in.gcount()) != size)
    Fail(NameOf(path), ": cannot be read to its end");
  return bytes;
}

void WriteFileWhole(const fs::path& path, const std::string& bytes) {
  FileTransaction transaction;
  transaction.MakeDirectories(fs::absolute(path).parent_path());
  transaction.Stage(path, bytes);
  transaction.Commit();
}

bool IsFileNameSafe(const std::string& name) {
  constexpr size_t kMaxBytes = 100;
  if (name.empty() || name.size() > kMaxBytes) return false;
  for (char c : {name.front(), name.back()}) {
    if (c == '.' || c == ' ') return false;
  }
  for (unsigned char c : name) {
    if (c < 0x20 || c == 0x7F) return false;
  }
  return name.find_first_of("/\\:*?\"<>|") == std::string::npos;
}

}  // namespace ceres_align
