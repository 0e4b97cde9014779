#include "fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>

#include "ceres_align/base/error.h"

namespace ceres_align::fuzz {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Die(const char* what, const std::string& detail) {
  std::fprintf(stderr, "fuzz: %s: %s\n", what, detail.c_str());
  std::abort();
}

// Without the folder, which no user typed.
void CheckMessage(std::string message, const std::string& name) {
  constexpr size_t kLongest = 320;
  if (message.find(name) == std::string::npos) Die("the message does not name the file", message);
  const std::string folder = Folder().string() + "/";
  for (size_t at; (at = message.find(folder)) != std::string::npos;) {
    message.erase(at, folder.size());
  }
  if (message.size() > kLongest) Die("the message is too long", message);
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) Die("the message has a control character", message);
  }
}

double ProcessorSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

fs::path MakeFolder() {
  std::error_code error;
  const fs::path memory = "/dev/shm";
  const fs::path parent = fs::is_directory(memory, error) ? memory : fs::temp_directory_path();
  std::string name = (parent / "ceres_align_fuzz_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) Die("cannot make a folder", name);
  return name;
}

}  // namespace

const std::vector<Target>& Targets() {
  static const std::vector<Target> all = [] {
    std::vector<Target> targets;
    for (const auto& part :
         {MeshTargets(), ImageTargets(), SceneTargets(), CameraTargets(), RobotTargets()}) {
      targets.insert(targets.end(), part.begin(), part.end());
    }
    return targets;
  }();
  return all;
}

const fs::path& Folder() {
  static const fs::path folder = MakeFolder();
  static const bool removed_at_exit = [] {
    std::atexit([] {
      std::error_code ignored;
      fs::remove_all(folder, ignored);
    });
    return true;
  }();
  static_cast<void>(removed_at_exit);
  return folder;
}

fs::path Write(const std::string& name, const std::string& bytes) {
  fs::path path = Folder() / name;
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) Die("cannot write", path.string());
  const ssize_t written = write(file, bytes.data(), bytes.size());
  close(file);
  if (written != static_cast<ssize_t>(bytes.size())) Die("cannot write", path.string());
  return path;
}

fs::path WritePieces(const std::string& bytes, const std::vector<const char*>& names) {
  size_t begin = 0;
  for (const char* name : names) {
    if (begin == std::string::npos) {
      unlink((Folder() / name).c_str());
      continue;
    }
    const size_t end = bytes.find(kCut, begin);
    Write(name, bytes.substr(begin, end == std::string::npos ? end : end - begin));
    begin = end == std::string::npos ? end : end + sizeof(kCut) - 1;
  }
  return Folder() / names[0];
}

void Expect(const std::string& name, const std::function<void()>& reader) {
  static const bool tell = std::getenv("CERES_ALIGN_FUZZ_TELL") != nullptr;
  const double begin = ProcessorSeconds();
  try {
    reader();
    if (tell) std::fprintf(stderr, "fuzz: read\n");
  } catch (const InputError& error) {
    if (tell) std::fprintf(stderr, "fuzz: %s\n", error.what());
    CheckMessage(error.what(), name);
  } catch (const std::exception& error) {
    Die("another exception than InputError", error.what());
  }
  const double seconds = ProcessorSeconds() - begin;
  if (seconds > kMostSeconds) Die("too slow, seconds", std::to_string(seconds));
}

void Require(bool holds, const char* what) {
  if (!holds) Die("does not hold", what);
}

void RequireMesh(const TriangleMesh& mesh) {
  for (const auto& vertex : mesh.vertices) Require(vertex.allFinite(), "vertices are finite");
  const auto count = static_cast<int64_t>(mesh.vertices.size());
  for (const auto& face : mesh.faces) {
    for (const int32_t index : face) Require(index >= 0 && index < count, "indices are in range");
  }
}

}  // namespace ceres_align::fuzz
