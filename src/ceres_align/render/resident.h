// Registrations in a rasterizer that end with their owner.
#pragma once

#include <memory>
#include <utility>

#include "ceres_align/render/rasterizer.h"

namespace ceres_align {

/// Registers an item when it is made and releases it when it ends, also when something throws in
/// between. Borrows the rasterizer, which must live longer. Movable; empty after that, and where
/// nothing was given.
template <typename Item, int (Rasterizer::*Add)(std::shared_ptr<const Item>),
          void (Rasterizer::*Release)(int)>
class Resident {
 public:
  Resident() = default;
  /// Throws what the rasterizer throws where there is no room for the item.
  Resident(Rasterizer* rasterizer, std::shared_ptr<const Item> item)
      : rasterizer_(rasterizer), item_(item), id_((rasterizer->*Add)(std::move(item))) {}
  ~Resident() {
    if (rasterizer_ != nullptr) (rasterizer_->*Release)(id_);
  }
  Resident(Resident&& other) noexcept { Swap(other); }
  Resident& operator=(Resident&& other) noexcept {
    Resident taken(std::move(other));
    Swap(taken);
    return *this;
  }
  Resident(const Resident&) = delete;
  Resident& operator=(const Resident&) = delete;

  bool empty() const { return rasterizer_ == nullptr; }
  int id() const { return id_; }
  const std::shared_ptr<const Item>& item() const { return item_; }

 private:
  void Swap(Resident& other) noexcept {
    std::swap(rasterizer_, other.rasterizer_);
    std::swap(item_, other.item_);
    std::swap(id_, other.id_);
  }
  Rasterizer* rasterizer_ = nullptr;
  std::shared_ptr<const Item> item_;
  int id_ = -1;
};

using ResidentMesh = Resident<ContourMesh, &Rasterizer::AddMesh, &Rasterizer::ReleaseMesh>;
using ResidentTarget = Resident<Target, &Rasterizer::AddTarget, &Rasterizer::ReleaseTarget>;

}  // namespace ceres_align
