#include "ceres_align/batch/host_executor.h"

#include <algorithm>
#include <numeric>

#include "ceres_align/base/error.h"
#include "ceres_align/batch/pipeline.h"

namespace ceres_align::batch {
namespace {

void UseTemp(void* temp, size_t given, size_t needed) {
  CHECK_GE(given, needed) << "temporary memory";
  if (needed > 0) std::memset(temp, 0xA5, needed);
}

}  // namespace

void HostExecutor::Memory::Reserve(size_t bytes) {
  if (bytes <= capacity_) return;
  constexpr size_t kAlign = 256;
  owned_.reset();
  owned_.reset(new unsigned char[bytes + kAlign]);
  size_t space = bytes + kAlign;
  data_ = owned_.get();
  data_ = std::align(kAlign, bytes, data_, space);
  std::memset(data_, 0xA5, bytes);
  capacity_ = bytes;
}

size_t HostExecutor::TempBytes(int64_t most_selected, int64_t most_summed, int64_t most_sorted) {
  return static_cast<size_t>(std::max({most_selected, 2 * most_summed, 4 * most_sorted}));
}

void HostExecutor::Select(const uint8_t* flags, int64_t n, int32_t* out, int32_t* count, void* temp,
                          size_t temp_bytes) {
  UseTemp(temp, temp_bytes, TempBytes(n, 0, 0));
  int32_t found = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (flags[i] != 0) out[found++] = static_cast<int32_t>(i);
  }
  *count = found;
}

void HostExecutor::ExclusiveSum(const int64_t* in, int64_t* out, int64_t n, void* temp,
                                size_t temp_bytes) {
  UseTemp(temp, temp_bytes, TempBytes(0, n, 0));
  int64_t sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t value = in[i];
    out[i] = sum;
    sum += value;
  }
}

void HostExecutor::SortPairs(const uint64_t* keys, uint64_t* sorted_keys, const int32_t* values,
                             int32_t* sorted_values, int64_t n, int bits, void* temp,
                             size_t temp_bytes) {
  UseTemp(temp, temp_bytes, TempBytes(0, 0, n));
  const uint64_t low_bits = bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  std::vector<int64_t> place(n);
  std::iota(place.begin(), place.end(), int64_t{0});
  std::stable_sort(place.begin(), place.end(), [&](int64_t a, int64_t b) {
    return (keys[a] & low_bits) < (keys[b] & low_bits);
  });
  for (int64_t i = 0; i < n; ++i) {
    sorted_keys[i] = keys[place[i]];
    sorted_values[i] = values[place[i]];
  }
}

int64_t HostExecutor::StrideFor(int64_t n) {
  int64_t stride = 7 * (n / 11) + 5;
  while (std::gcd(stride, n) != 1) ++stride;
  return stride;
}

std::unique_ptr<Engine> MakeHostEngine(const EngineLimits& limits, HostExecutor::Order order) {
  return std::make_unique<Pipeline<HostExecutor>>(std::make_unique<HostExecutor>(order), limits);
}

}  // namespace ceres_align::batch
