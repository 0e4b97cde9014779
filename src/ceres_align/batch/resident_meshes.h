// Which meshes an engine holds. A mesh that nobody uses any more stays as long as somebody keeps
// it, so that the next alignment with it finds it there; it goes when memory is short.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "ceres_align/render/contour_mesh.h"

namespace ceres_align::batch {

/// Not thread-safe. Numbers are the engine's.
class ResidentMeshes {
 public:
  using Upload = std::function<void(int id, const ContourMesh& mesh)>;
  using Clear = std::function<void(int id)>;
  /// `upload` may throw where there is no memory; `clear` throws nothing.
  ResidentMeshes(Upload upload, Clear clear)
      : upload_(std::move(upload)), clear_(std::move(clear)) {}

  /// The mesh's number; uploads it if it is not there. Throws what `upload` throws, after a second
  /// attempt without the meshes that are not in use.
  int Use(const std::shared_ptr<const ContourMesh>& mesh) {
    ClearLost();
    const auto found = held_.find(mesh.get());
    if (found != held_.end()) {
      ++found->second.users;
      return found->second.id;
    }
    int id = 0;
    while (taken_.count(id) > 0) ++id;
    try {
      upload_(id, *mesh);
    } catch (...) {
      if (!ClearUnused()) throw;
      upload_(id, *mesh);
    }
    taken_.insert(id);
    held_[mesh.get()] = {mesh, id, 1};
    return id;
  }
  /// One user less; call it while the mesh still lives.
  void Leave(const ContourMesh* mesh) { --held_.at(mesh).users; }
  /// Of meshes that nobody uses and nobody keeps.
  void ClearLost() {
    ClearIf([](const Held& held) { return held.users == 0 && held.mesh.expired(); });
  }
  /// Of all that nobody uses. False: there is none.
  bool ClearUnused() {
    return ClearIf([](const Held& held) { return held.users == 0; });
  }

 private:
  struct Held {
    std::weak_ptr<const ContourMesh> mesh;
    int id, users;
  };

  template <typename Condition>
  bool ClearIf(const Condition& condition) {
    bool any = false;
    for (auto it = held_.begin(); it != held_.end();) {
      if (!condition(it->second)) {
        ++it;
        continue;
      }
      clear_(it->second.id);
      taken_.erase(it->second.id);
      it = held_.erase(it);
      any = true;
    }
    return any;
  }

  const Upload upload_;
  const Clear clear_;
  std::map<const ContourMesh*, Held> held_;
  std::set<int> taken_;
};

}  // namespace ceres_align::batch
