#include "ceres_align/scenes/mesh_store.h"

#include <utility>

#include "ceres_align/io/mesh_io.h"

namespace ceres_align {
namespace {

// Of a mesh with its levels of detail and clusters, per byte of the mesh alone (10M faces: 885 MB
// for 240).
constexpr size_t kPreparedFactor = 4;

size_t BytesOf(const TriangleMesh& mesh) {
  return kPreparedFactor * (mesh.vertices.size() * sizeof(mesh.vertices[0]) +
                            mesh.faces.size() * sizeof(mesh.faces[0]));
}

}  // namespace

MeshSource::Mesh MeshStore::Load(const std::filesystem::path& path, const MeshFrame& frame) {
  const Key key(std::filesystem::absolute(path).lexically_normal().string(), frame.scale, frame.up);
  std::promise<Mesh> promise;
  std::shared_future<Mesh> mesh;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto [found, is_new] = entries_.try_emplace(key);
    found->second.last_used = ++clock_;
    if (!is_new) {
      mesh = found->second.mesh;
    } else {
      found->second.mesh = promise.get_future().share();
    }
  }
  if (mesh.valid()) return mesh.get();
  try {
    LoadedMesh loaded = LoadMesh(path, frame);
    Mesh made = {std::make_shared<TriangleMesh>(std::move(loaded.mesh)),
                 std::move(loaded.warnings)};
    const std::lock_guard<std::mutex> lock(mutex_);
    // Before those who wait have it: they ask for it by its address.
    key_of_[made.mesh.get()] = key;
    promise.set_value(made);
    entries_[key].bytes = BytesOf(*made.mesh);
    Forget();
    return made;
  } catch (...) {
    promise.set_exception(std::current_exception());
    const std::lock_guard<std::mutex> lock(mutex_);
    entries_.erase(key);
    throw;
  }
}

std::shared_ptr<const PreparedMesh> MeshStore::PreparedOf(
    const std::shared_ptr<const TriangleMesh>& mesh) {
  std::promise<std::shared_ptr<const PreparedMesh>> promise;
  std::shared_future<std::shared_ptr<const PreparedMesh>> prepared;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto key = key_of_.find(mesh.get());
    if (key == key_of_.end()) return std::make_shared<PreparedMesh>(mesh);
    Entry& entry = entries_.at(key->second);
    if (entry.prepared.valid()) {
      prepared = entry.prepared;
    } else {
      entry.prepared = promise.get_future().share();
    }
  }
  if (prepared.valid()) return prepared.get();
  try {
    auto made = std::make_shared<const PreparedMesh>(mesh);
    promise.set_value(made);
    return made;
  } catch (...) {
    promise.set_exception(std::current_exception());
    throw;
  }
}

PreparedMeshes MeshStore::Prepare(const Scene& scene) {
  PreparedMeshes meshes(scene.meshes.size());
  for (const View& view : scene.views) {
    auto& mesh = meshes[view.mesh_index];
    if (mesh == nullptr) mesh = PreparedOf(scene.meshes[view.mesh_index]);
  }
  return meshes;
}

size_t MeshStore::num_meshes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return entries_.size();
}

void MeshStore::Forget() {
  size_t bytes = 0;
  for (const auto& [key, entry] : entries_) bytes += entry.bytes;
  while (bytes > most_bytes_) {
    auto oldest = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (it->second.bytes == 0) continue;
      // The future's own; what it is prepared to holds one more.
      const long own = it->second.prepared.valid() ? 2 : 1;
      if (it->second.mesh.get().mesh.use_count() > own) continue;
      if (oldest == entries_.end() || it->second.last_used < oldest->second.last_used) oldest = it;
    }
    if (oldest == entries_.end()) return;
    bytes -= oldest->second.bytes;
    key_of_.erase(oldest->second.mesh.get().mesh.get());
    entries_.erase(oldest);
  }
}

}  // namespace ceres_align
