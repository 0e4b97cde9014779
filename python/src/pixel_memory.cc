#include "pixel_memory.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

namespace ceres_align::python {
namespace {

// Less than that comes from the heap, whose pages are there.
constexpr size_t kLeastKept = 32768;

struct Kept {
  std::mutex mutex;
  std::deque<std::vector<float>> buffers;  // the oldest first
  size_t count = 0;                        // of values, by capacity
};

// Never destroyed: threads may end after the statics of a module do.
Kept& TheKept() {
  static auto* const kept = new Kept;
  return *kept;
}

}  // namespace

std::vector<float> TakePixels(size_t count) {
  Kept& kept = TheKept();
  std::vector<float> pixels;
  {
    const std::lock_guard<std::mutex> lock(kept.mutex);
    const auto found = std::find_if(kept.buffers.begin(), kept.buffers.end(), [&](const auto& one) {
      return one.capacity() >= count && one.capacity() / 2 <= count;
    });
    if (found != kept.buffers.end()) {
      pixels = std::move(*found);
      kept.buffers.erase(found);
      kept.count -= pixels.capacity();
    }
  }
  pixels.clear();
  pixels.reserve(count);
  return pixels;
}

void KeepPixels(std::vector<float>* pixels) {
  std::vector<float> given = std::move(*pixels);
  pixels->clear();
  if (given.capacity() < kLeastKept || given.capacity() > kMostKeptPixels) return;
  Kept& kept = TheKept();
  const std::lock_guard<std::mutex> lock(kept.mutex);
  kept.count += given.capacity();
  kept.buffers.push_back(std::move(given));
  while (kept.count > kMostKeptPixels) {
    kept.count -= kept.buffers.front().capacity();
    kept.buffers.pop_front();
  }
}

}  // namespace ceres_align::python
