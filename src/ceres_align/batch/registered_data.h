// The registered meshes and targets, kept where the stages run. `Executor`: see pipeline.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "ceres_align/batch/layout.h"
#include "ceres_align/batch/memory_pool.h"

namespace ceres_align::batch {

template <typename Executor>
class RegisteredData {
 public:
  explicit RegisteredData(Executor* executor) : uploads_(executor) {}

  void SetMesh(int id, const MeshView& mesh) {
    MeshView view = mesh;
    auto memory =
        Place([&](Layout* layout, bool upload) { TakeMesh(layout, upload, mesh, &view); });
    meshes_.Set(&uploads_, id, mesh, view, std::move(memory));
  }
  void SetTarget(int id, const TargetView& target) {
    TargetView view = target;
    auto memory =
        Place([&](Layout* layout, bool upload) { TakeTarget(layout, upload, target, &view); });
    targets_.Set(&uploads_, id, target, view, std::move(memory));
  }
  void ClearMesh(int id) { meshes_.Clear(id, &pool_); }
  void ClearTarget(int id) { targets_.Clear(id, &pool_); }

  /// Memory of what has been cleared.
  void GiveUpUnused() { pool_.Clear(); }

  /// As it was given: pointers of the host. Only its numbers are good for reading.
  const MeshView& mesh(int id) const { return meshes_.given[id]; }

  /// The tables that the stages read, by id.
  const MeshView* meshes() const { return static_cast<const MeshView*>(meshes_.table.data()); }
  const TargetView* targets() const {
    return static_cast<const TargetView*>(targets_.table.data());
  }

 private:
  using Memory = typename Executor::Memory;

  template <typename View>
  struct Table {
    std::map<int, Memory> entries;
    std::vector<View> given, resident;
    Memory table;

    void Set(StagedUploads<Executor>* uploads, int id, const View& from, const View& to,
             Memory memory) {
      const size_t size = std::max(resident.size(), static_cast<size_t>(id) + 1);
      given.resize(size);
      resident.resize(size);
      given[id] = from;
      resident[id] = to;
      if (size * sizeof(View) > table.capacity_bytes()) {
        Memory larger;  // where there is none, the table stays
        larger.Reserve(std::max(2 * size, size_t{64}) * sizeof(View));
        table = std::move(larger);
        uploads->Copy(table.data(), resident.data(), size * sizeof(View));
      } else {
        uploads->Copy(static_cast<View*>(table.data()) + id, &to, sizeof(View));
      }
      entries[id] = std::move(memory);
    }
    void Clear(int id, MemoryPool<Executor>* pool) {
      const auto found = entries.find(id);
      if (found == entries.end()) return;
      pool->Keep(std::move(found->second));
      entries.erase(found);
    }
  };

  // Measures, makes room, and copies.
  template <typename Take>
  Memory Place(const Take& take) {
    Layout measure(nullptr);
    take(&measure, false);
    Memory memory = pool_.Get(measure.bytes());
    Layout layout(memory.data());
    take(&layout, true);
    return memory;
  }

  template <typename T>
  void TakeArray(Layout* layout, bool upload, const T* from, int64_t count, const T** to) {
    T* const place = layout->Take<T>(count);
    if (upload && count > 0) uploads_.Copy(place, from, count * sizeof(T));
    *to = place;
  }

  void TakeMesh(Layout* layout, bool upload, const MeshView& m, MeshView* out) {
    const auto take = [&](const auto* from, int64_t count, auto* to) {
      TakeArray(layout, upload, from, count, to);
    };
    take(m.vertices, m.num_vertices, &out->vertices);
    take(m.faces, m.num_faces, &out->faces);
    take(m.face_balls, (int64_t{m.num_faces} + kItemEdges - 1) / kItemEdges, &out->face_balls);
    take(m.cluster_bounds, m.num_clusters, &out->cluster_bounds);
    take(m.edge_begin, int64_t{m.num_clusters} + 1, &out->edge_begin);
    take(m.face_begin, int64_t{m.num_clusters} + 1, &out->face_begin);
    take(m.cluster_face, m.num_cluster_faces, &out->cluster_face);
    take(m.plane_x, m.num_cluster_faces, &out->plane_x);
    take(m.plane_y, m.num_cluster_faces, &out->plane_y);
    take(m.plane_z, m.num_cluster_faces, &out->plane_z);
    take(m.plane_offset, m.num_cluster_faces, &out->plane_offset);
    take(m.edges, m.num_edges, &out->edges);
  }

  void TakeTarget(Layout* layout, bool upload, const TargetView& t, TargetView* out) {
    const int64_t pixels = int64_t{t.width_px} * t.height_px;
    TakeArray(layout, upload, t.mask, pixels, &out->mask);
    if (t.weight != nullptr) TakeArray(layout, upload, t.weight, pixels, &out->weight);
    TakeArray(layout, upload, t.prefix, int64_t{t.row_stride} * t.height_px, &out->prefix);
  }

  StagedUploads<Executor> uploads_;
  MemoryPool<Executor> pool_;
  Table<MeshView> meshes_;
  Table<TargetView> targets_;
};

}  // namespace ceres_align::batch
