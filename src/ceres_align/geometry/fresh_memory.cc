#include "ceres_align/geometry/fresh_memory.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cstdint>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace ceres_align {

#if defined(__linux__) && defined(MADV_HUGEPAGE)
void FetchMemory(void* begin, size_t bytes) {
  constexpr uintptr_t kLargePage = uintptr_t{1} << 21, kPiece = 8 * kLargePage;
  const uintptr_t first = (reinterpret_cast<uintptr_t>(begin) + kLargePage - 1) & ~(kLargePage - 1);
  const uintptr_t last = (reinterpret_cast<uintptr_t>(begin) + bytes) & ~(kLargePage - 1);
  if (last < first + kPiece) return;
  madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_WRITE
  const size_t pieces = (last - first + kPiece - 1) / kPiece;
  tbb::parallel_for(size_t{0}, pieces, [&](size_t i) {
    const uintptr_t at = first + i * kPiece;
    madvise(reinterpret_cast<void*>(at), std::min(kPiece, last - at), MADV_POPULATE_WRITE);
  });
#endif
}
#else
void FetchMemory(void* /*begin*/, size_t /*bytes*/) {}
#endif

}  // namespace ceres_align
