#include "ceres_align/batch/host_executor.h"

#include "ceres_align/batch/pipeline.h"

namespace ceres_align::batch {

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

int64_t HostExecutor::StrideFor(int64_t n) {
  int64_t stride = 7 * (n / 11) + 5;
  while (std::gcd(stride, n) != 1) ++stride;
  return stride;
}

std::unique_ptr<Engine> MakeHostEngine(const EngineLimits& limits, HostExecutor::Order order) {
  return std::make_unique<Pipeline<HostExecutor>>(std::make_unique<HostExecutor>(order), limits);
}

}  // namespace ceres_align::batch
