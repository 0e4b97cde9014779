// Numbered items that threads add, look up and remove at once.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "ceres_align/base/error.h"

namespace ceres_align {

/// Shares ownership of its items: what Get has returned outlives a Remove.
template <typename Item>
class Registry {
 public:
  /// The smallest number not in use. CHECKs that there is an item.
  int Add(std::shared_ptr<const Item> item) {
    CHECK(item != nullptr);
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto place = std::find(items_.begin(), items_.end(), nullptr);
    const auto id = static_cast<int>(place - items_.begin());
    if (place == items_.end()) {
      items_.push_back(std::move(item));
    } else {
      *place = std::move(item);
    }
    return id;
  }

  /// CHECKs the number, as Remove does.
  std::shared_ptr<const Item> Get(int id) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    CheckId(id);
    return items_[id];
  }

  void Remove(int id) {
    std::shared_ptr<const Item> removed;  // destroyed after the lock
    const std::lock_guard<std::mutex> lock(mutex_);
    CheckId(id);
    removed = std::move(items_[id]);
  }

 private:
  void CheckId(int id) const {
    CHECK(id >= 0 && static_cast<size_t>(id) < items_.size() && items_[id] != nullptr)
        << "id " << id;
  }

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const Item>> items_;
};

}  // namespace ceres_align
