// Memory that is used again, and copies that do not wait. `Executor`: see pipeline.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>
#include <iterator>
#include <map>
#include <utility>

namespace ceres_align::batch {

/// Keeps blocks that are given back for who wants as much next. Work asked for before on the same
/// executor comes before what the next owner asks for, so nothing waits.
template <typename Executor>
class MemoryPool {
 public:
  using Memory = typename Executor::Memory;

  /// A block of at least so many bytes. Throws as Reserve does, after giving up all that it keeps.
  Memory Get(size_t bytes) {
    const size_t wanted = Rounded(bytes);
    const auto found = kept_.lower_bound(wanted);
    if (found != kept_.end() && found->first <= 2 * wanted) {
      Memory memory = std::move(found->second);
      kept_bytes_ -= found->first;
      kept_.erase(found);
      return memory;
    }
    Memory memory;
    if (!memory.TryReserve(wanted)) {
      Clear();
      memory.Reserve(wanted);
    }
    return memory;
  }
  void Keep(Memory memory) {
    const size_t bytes = memory.capacity_bytes();
    if (bytes > kMostBytes) return;
    while (kept_bytes_ + bytes > kMostBytes) {
      const auto largest = std::prev(kept_.end());
      kept_bytes_ -= largest->first;
      kept_.erase(largest);
    }
    kept_bytes_ += bytes;
    kept_.emplace(bytes, std::move(memory));
  }
  void Clear() {
    kept_.clear();
    kept_bytes_ = 0;
  }

 private:
  static constexpr size_t kMostBytes = size_t{1} << 30;

  // A quarter more at most, so that much alike finds itself again.
  static size_t Rounded(size_t bytes) {
    size_t step = 4096;
    while (step * 4 < bytes) step *= 2;
    return std::max<size_t>(1, (bytes + step - 1) / step) * step;
  }

  std::multimap<size_t, Memory> kept_;
  size_t kept_bytes_ = 0;
};

/// Memory for one use at a time that stays where it is: who asks for as much again gets the same
/// place, however much others have asked for meanwhile.
template <typename Memory>
class StableBlocks {
 public:
  /// Null where there is no block so large yet.
  Memory* Find(size_t bytes) {
    for (Memory& block : blocks_) {
      if (block.capacity_bytes() >= bytes) return &block;
    }
    return nullptr;
  }
  /// Null: there is no memory. Each new block is at least twice as large as the one before, if
  /// there is so much.
  Memory* TryGet(size_t bytes, size_t least = 4096) {
    if (Memory* const found = Find(bytes)) return found;
    const size_t twice = blocks_.empty() ? least : 2 * blocks_.back().capacity_bytes();
    Memory block;
    if (!block.TryReserve(std::max(bytes, twice)) && !block.TryReserve(bytes)) return nullptr;
    blocks_.push_back(std::move(block));
    return &blocks_.back();
  }
  /// Throws as Reserve does.
  Memory* Get(size_t bytes, size_t least = 4096) {
    if (Memory* const block = TryGet(bytes, least)) return block;
    Memory block;
    block.Reserve(bytes);
    blocks_.push_back(std::move(block));
    return &blocks_.back();
  }
  void Clear() { blocks_.clear(); }
  bool empty() const { return blocks_.empty(); }

 private:
  std::deque<Memory> blocks_;
};

/// Uploads by way of memory that a device can read while the host goes on.
template <typename Executor>
class StagedUploads {
 public:
  explicit StagedUploads(Executor* executor) : executor_(executor) {}

  /// `from` may go when this returns.
  void Copy(void* to, const void* from, size_t bytes) {
    if (staging_.data() == nullptr) staging_.Reserve(kBytes);
    for (size_t at = 0; at < bytes;) {
      if (used_ == kBytes) {
        executor_->Wait();
        used_ = 0;
      }
      const size_t part = std::min(bytes - at, kBytes - used_);
      char* const staged = static_cast<char*>(staging_.data()) + used_;
      std::memcpy(staged, static_cast<const char*>(from) + at, part);
      executor_->Upload(static_cast<char*>(to) + at, staged, part);
      used_ = std::min(kBytes, (used_ + part + kAlign - 1) / kAlign * kAlign);
      at += part;
    }
  }

 private:
  static constexpr size_t kBytes = size_t{16} << 20, kAlign = 256;
  Executor* executor_;
  typename Executor::StagingMemory staging_;
  size_t used_ = 0;
};

}  // namespace ceres_align::batch
