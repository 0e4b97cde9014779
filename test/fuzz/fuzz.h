// Fuzz targets: one function per reader that takes a file's bytes. A damaged file must be read, or
// refused by an InputError of one short line that names the file; anything else ends the program:
// another exception, a CHECK, a sanitizer's report, more than kMostSeconds of processor time.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "ceres_align/geometry/mesh.h"

namespace ceres_align::fuzz {

struct Target {
  const char* name;  ///< of the corpus's folder too
  void (*run)(const std::string& bytes);
};

/// All of them.
const std::vector<Target>& Targets();
std::vector<Target> MeshTargets();
std::vector<Target> ImageTargets();
std::vector<Target> SceneTargets();
std::vector<Target> CameraTargets();
std::vector<Target> RobotTargets();

/// Between the files of a reader of several.
constexpr char kCut[] = "--8<--\n";
constexpr double kMostSeconds = 5;  ///< under sanitizers, of which 1 is allowed without them

/// A folder in memory (in /dev/shm where there is one) for the files of readers that take paths;
/// it goes away when the program ends well.
const std::filesystem::path& Folder();
/// Writes a file there and returns its path; a file of the same name is replaced.
std::filesystem::path Write(const std::string& name, const std::string& bytes);
/// Writes the input's pieces as `names` (missing pieces: no file, and none from before). Returns
/// the first one's path.
std::filesystem::path WritePieces(const std::string& bytes, const std::vector<const char*>& names);

/// Calls the reader. Aborts unless it returns or throws an InputError as above; `name` is a part of
/// the file's name. The variable CERES_ALIGN_FUZZ_TELL has it print what came of each call.
void Expect(const std::string& name, const std::function<void()>& reader);
/// Aborts with the text, which says what does not hold.
void Require(bool holds, const char* what);
/// Finite vertices, indices in range.
void RequireMesh(const TriangleMesh& mesh);

}  // namespace ceres_align::fuzz
