// For programs that read, compute and end.
#pragma once

#include <cstdlib>  // says which libc it is

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace ceres_align::cli {

/// Memory that is freed stays with the program, and the heap grows by `step_bytes` at least: pages
/// given back and taken again cost more than what is done with them.
inline void KeepMemory([[maybe_unused]] int step_bytes) {
#if defined(__GLIBC__)
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, step_bytes);
#endif
}

}  // namespace ceres_align::cli
