// Shared libraries that only some input needs: loaded when that comes, for each costs start-up time.
#pragma once

#include <string>

namespace ceres_align {

/// The address of `symbol` in the shared library `library` (a file name as the linker knows it,
/// "libassimp.so.5"), which is loaded if it is not yet, and stays. Null where there is no such
/// library or symbol on this machine. Its own names stay private to it. Safe from several threads.
void* LateSymbol(const std::string& library, const char* symbol);

}  // namespace ceres_align
