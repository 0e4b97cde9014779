#include "ceres_align/geometry/simplify.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

using Face = std::array<int32_t, 3>;

bool HasThreeCorners(const Face& f) { return f[0] != f[1] && f[1] != f[2] && f[2] != f[0]; }

// A cell of a grid, as one number: 21 bits for each axis.
constexpr double kMostCells = 1 << 20;
uint64_t KeyOf(uint64_t x, uint64_t y, uint64_t z) { return x | y << 21 | z << 42; }
uint64_t KeyAt(const Eigen::Vector3d& p) {
  return KeyOf(static_cast<uint64_t>(p.x()), static_cast<uint64_t>(p.y()),
               static_cast<uint64_t>(p.z()));
}
// Of the cell k times as large that contains a cell.
uint64_t Coarser(uint64_t key, uint32_t k) {
  constexpr uint64_t kAxis = (uint64_t{1} << 21) - 1;
  return KeyOf(static_cast<uint32_t>(key & kAxis) / k, static_cast<uint32_t>(key >> 21 & kAxis) / k,
               static_cast<uint32_t>(key >> 42) / k);
}

// Numbers keys in the order in which they are first asked for.
class KeyNumbers {
 public:
  explicit KeyNumbers(size_t expected) {
    size_t capacity = 64;
    while (capacity < 2 * expected) capacity *= 2;
    slots_.resize(capacity);
  }
  /// True: the key is new.
  bool Number(uint64_t key, int32_t* number) {
    if (key == last_key_) {
      *number = last_;
      return false;
    }
    size_t slot = Find(key);
    const bool is_new = slots_[slot].number < 0;
    if (is_new) {
      if (2 * static_cast<size_t>(count_) >= slots_.size()) {
        Grow();
        slot = Find(key);
      }
      slots_[slot] = {key, count_++};
    }
    last_key_ = key;
    last_ = *number = slots_[slot].number;
    return is_new;
  }

 private:
  struct Slot {
    uint64_t key = 0;
    int32_t number = -1;
  };
  size_t Find(uint64_t key) const {
    size_t slot = key * 0x9E3779B97F4A7C15ull >> 20 & (slots_.size() - 1);
    while (slots_[slot].number >= 0 && slots_[slot].key != key) {
      slot = (slot + 1) & (slots_.size() - 1);
    }
    return slot;
  }
  void Grow() {
    std::vector<Slot> old(2 * slots_.size());
    old.swap(slots_);
    for (const Slot& s : old) {
      if (s.number >= 0) slots_[Find(s.key)] = s;
    }
  }
  std::vector<Slot> slots_;
  int32_t count_ = 0;
  uint64_t last_key_ = ~uint64_t{0};
  int32_t last_ = -1;
};

// The cells of a grid that have vertices, and the faces between them.
struct CellMesh {
  double cell = 0;
  Eigen::Vector3d low = Eigen::Vector3d::Zero();
  std::vector<uint64_t> key;
  std::vector<Eigen::Vector3d> sum;  // of the vertices, from `low`
  std::vector<int32_t> count;
  std::vector<Face> faces;
};

// The faces that keep three corners when corner v becomes number[v].
std::vector<Face> Renumbered(const std::vector<Face>& faces, const std::vector<int32_t>& number) {
  constexpr size_t kFacesPerTask = 1 << 16;
  std::vector<std::vector<Face>> parts((faces.size() + kFacesPerTask - 1) / kFacesPerTask);
  tbb::parallel_for(size_t{0}, parts.size(), [&](size_t part) {
    const size_t end = std::min(faces.size(), (part + 1) * kFacesPerTask);
    for (size_t i = part * kFacesPerTask; i < end; ++i) {
      const Face f = {number[faces[i][0]], number[faces[i][1]], number[faces[i][2]]};
      if (HasThreeCorners(f)) parts[part].push_back(f);
    }
  });
  size_t total = 0;
  for (const auto& part : parts) total += part.size();
  std::vector<Face> all;
  all.reserve(total);
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// Gathers items (vertices or cells) into cells: adds item i, of a key, a sum and a count.
template <typename KeyOfItem, typename SumOfItem, typename CountOfItem>
std::vector<int32_t> Gather(size_t n, const KeyOfItem& key_of, const SumOfItem& sum_of,
                            const CountOfItem& count_of, CellMesh* cells) {
  std::vector<int32_t> number(n);
  KeyNumbers numbers(1024);
  for (size_t i = 0; i < n; ++i) {
    const uint64_t key = key_of(i);
    if (numbers.Number(key, &number[i])) {
      cells->key.push_back(key);
      cells->sum.emplace_back(Eigen::Vector3d::Zero());
      cells->count.push_back(0);
    }
    cells->sum[number[i]] += sum_of(i);
    cells->count[number[i]] += count_of(i);
  }
  return number;
}

CellMesh Cluster(const TriangleMesh& mesh, const Eigen::Vector3d& low, double cell) {
  CellMesh cells{cell, low, {}, {}, {}, {}};
  const std::vector<int32_t> number = Gather(
      mesh.vertices.size(), [&](size_t i) { return KeyAt((mesh.vertices[i] - low) / cell); },
      [&](size_t i) -> Eigen::Vector3d { return mesh.vertices[i] - low; }, [](size_t) { return 1; },
      &cells);
  cells.faces = Renumbered(mesh.faces, number);
  return cells;
}

CellMesh Coarsened(const CellMesh& fine, uint32_t k) {
  CellMesh cells{k * fine.cell, fine.low, {}, {}, {}, {}};
  const std::vector<int32_t> number = Gather(
      fine.key.size(), [&](size_t i) { return Coarser(fine.key[i], k); },
      [&](size_t i) -> const Eigen::Vector3d& { return fine.sum[i]; },
      [&](size_t i) { return fine.count[i]; }, &cells);
  cells.faces = Renumbered(fine.faces, number);
  return cells;
}

SimplifiedMesh MeshOf(CellMesh cells) {
  SimplifiedMesh result;
  result.cell = cells.cell;
  result.mesh.faces = std::move(cells.faces);
  result.mesh.vertices.resize(cells.sum.size());
  for (size_t c = 0; c < cells.sum.size(); ++c) {
    result.mesh.vertices[c] = cells.low + cells.sum[c] / cells.count[c];
  }
  CleanMesh(&result.mesh);
  return result;
}

// How many faces Coarsened leaves.
size_t CountCoarsened(const CellMesh& fine, uint32_t k) {
  std::vector<uint64_t> key(fine.key.size());
  for (size_t i = 0; i < key.size(); ++i) key[i] = Coarser(fine.key[i], k);
  size_t count = 0;
  for (const Face& f : fine.faces) {
    const uint64_t a = key[f[0]], b = key[f[1]], c = key[f[2]];
    count += a != b && b != c && c != a ? 1 : 0;
  }
  return count;
}

// Of the number of faces, as a logarithm.
constexpr double kGoodError = 0.15;

// How many fine cells across a coarse one give about so many faces. The count falls with k, as 1/k²
// once cells hold many vertices.
uint32_t ChooseFactor(const CellMesh& fine, int target_faces) {
  const auto excess_of = [&](size_t faces) {
    return std::log(static_cast<double>(std::max<size_t>(1, faces)) / target_faces);
  };
  double excess = excess_of(fine.faces.size()), best_error = std::abs(excess);
  uint32_t best = 1, k = 1, too_fine = 1, too_coarse = static_cast<uint32_t>(kMostCells);
  if (excess <= 0) return 1;
  while (best_error > kGoodError && too_coarse - too_fine > 1) {
    const double next = std::min(std::round(k * std::exp(0.5 * excess)), kMostCells);
    k = std::clamp(static_cast<uint32_t>(next), too_fine + 1, too_coarse - 1);
    excess = excess_of(CountCoarsened(fine, k));
    (excess > 0 ? too_fine : too_coarse) = k;
    if (std::abs(excess) >= best_error) continue;
    best_error = std::abs(excess);
    best = k;
  }
  return best;
}

// The full mesh's grid has at least this many times the faces of the finest level, which is made of
// its cells: two, three or four across, as the number of faces asks for. Other levels, which cost
// less, are made of grids with at least kFinerFaces times theirs.
constexpr double kFinerFacesOfMesh = 9, kFinerFaces = 25;

// A grid fine enough for a level with so many faces.
CellMesh FineGrid(const TriangleMesh& mesh, int most_faces) {
  const Box box = BoundingBox(mesh.vertices);
  const double extent = (box.high - box.low).maxCoeff();
  const double wanted = kFinerFacesOfMesh * most_faces;
  // A surface across g cells has about 6 g² faces; corrections find the mesh's own factor.
  double cells_across = std::max(2.0, std::sqrt(wanted / 6));
  for (int attempt = 0;; ++attempt) {
    cells_across = std::min(cells_across, kMostCells);
    CellMesh cells = Cluster(mesh, box.low, extent / cells_across * (1 + 1e-9));
    const auto faces = static_cast<double>(cells.faces.size());
    const bool is_fine =
        faces >= 0.4 * wanted || faces >= 0.9 * static_cast<double>(mesh.faces.size());
    if (is_fine || attempt == 4 || cells_across == kMostCells) return cells;
    cells_across *= std::clamp(std::sqrt(wanted / std::max(1.0, faces)), 1.5, 1000.0);
  }
}

}  // namespace

std::vector<SimplifiedMesh> LevelsOfDetail(const TriangleMesh& mesh,
                                           const std::vector<int>& target_faces) {
  CHECK(!mesh.faces.empty());
  std::vector<SimplifiedMesh> levels(target_faces.size());
  std::vector<size_t> finest_first(levels.size());
  std::iota(finest_first.begin(), finest_first.end(), size_t{0});
  std::sort(finest_first.begin(), finest_first.end(),
            [&](size_t a, size_t b) { return target_faces[a] > target_faces[b]; });
  CellMesh fine;
  for (const size_t i : finest_first) {
    CHECK_GT(target_faces[i], 0);
    if (i == finest_first[0]) fine = FineGrid(mesh, target_faces[i]);
    const double k =
        std::sqrt(static_cast<double>(fine.faces.size()) / (kFinerFaces * target_faces[i]));
    if (k >= 2) fine = Coarsened(fine, static_cast<uint32_t>(k));
    levels[i] = MeshOf(Coarsened(fine, ChooseFactor(fine, target_faces[i])));
  }
  return levels;
}

SimplifiedMesh SimplifyByClustering(const TriangleMesh& mesh, int target_faces) {
  return std::move(LevelsOfDetail(mesh, {target_faces})[0]);
}

}  // namespace ceres_align
