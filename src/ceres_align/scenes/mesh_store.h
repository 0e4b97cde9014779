// Meshes that many scenes share: loaded once, prepared once, forgotten when memory is short.
#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "ceres_align/io/scene_io.h"
#include "ceres_align/scene/prepared_scene.h"

namespace ceres_align {

/// All of it may be used from several threads at once; who asks for a mesh that another thread is
/// loading waits for it. A file that changes while the store lives is not read again.
class MeshStore : public MeshSource {
 public:
  /// Meshes that no scene is using are forgotten, the longest unused first, while all together
  /// take more than about `most_bytes`.
  explicit MeshStore(size_t most_bytes) : most_bytes_(most_bytes) {}

  Mesh Load(const std::filesystem::path& path, const MeshFrame& frame) override;
  /// As PrepareMeshes(scene); meshes of this store are prepared once.
  PreparedMeshes Prepare(const Scene& scene);
  size_t num_meshes() const;

 private:
  using Key = std::tuple<std::string, double, UpAxis>;
  struct Entry {
    std::shared_future<Mesh> mesh;
    std::shared_future<std::shared_ptr<const PreparedMesh>> prepared;  // invalid: nobody asked yet
    size_t bytes = 0;                                                  // 0: being loaded
    uint64_t last_used = 0;
  };
  std::shared_ptr<const PreparedMesh> PreparedOf(const std::shared_ptr<const TriangleMesh>& mesh);
  void Forget();  // with mutex_ held

  const size_t most_bytes_;
  mutable std::mutex mutex_;
  std::map<Key, Entry> entries_;
  std::map<const TriangleMesh*, Key> key_of_;
  uint64_t clock_ = 0;
};

}  // namespace ceres_align
