// Whole files in and out.
#pragma once

#include <filesystem>
#include <string>

namespace ceres_align {

/// The bytes of a regular file. Throws InputError ("a.obj: no such file", "a.obj: is a
/// directory", "a.obj: cannot be read").
std::string ReadFile(const std::filesystem::path& path);

/// Writes a file whole or not at all, as FileTransaction does. Makes missing folders. Throws
/// InputError naming the path.
void WriteFileWhole(const std::filesystem::path& path, const std::string& bytes);

/// True for a name that is safe as a part of a file name everywhere: not empty, at most 100
/// bytes, no control characters, none of / \ : * ? " < > | and no leading or trailing dot or
/// space. Other UTF-8 is fine.
bool IsFileNameSafe(const std::string& name);

}  // namespace ceres_align
