// Room for many numbers that are about to be written: first touched by all threads.
#pragma once

#include <cstddef>

namespace ceres_align {

/// Asks the system for these bytes in large pages and has all threads fetch them, where it can:
/// first touching memory costs more than what is written there. Nothing is changed or needed.
void FetchMemory(void* begin, size_t bytes);

/// container->resize(n), the new room fetched before. For vectors and strings of plain numbers.
template <typename Container>
void ResizeFetched(size_t n, Container* container) {
  container->reserve(n);
  FetchMemory(container->data(), n * sizeof(*container->data()));
  container->resize(n);
}

}  // namespace ceres_align
