#include "ceres_align/io/ply_blocks.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>

#include "ceres_align/base/error.h"
#include "ceres_align/geometry/fresh_memory.h"

namespace ceres_align::io_internal {
namespace {

constexpr int64_t kBlock = 16384;  // items; they stay in the processor's cache
constexpr size_t kMostHeaderBytes = 65536;

template <typename T>
T Load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

bool IsLittleEndianHost() {
  const uint16_t one = 1;
  char first;
  std::memcpy(&first, &one, 1);
  return first == 1;
}

// Closes it at the end. A pipe is not waited for.
class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path)
      : file_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (file_ >= 0) close(file_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return file_; }
  /// -1: no regular file.
  int64_t Size() const {
    struct stat status {};
    if (file_ < 0 || fstat(file_, &status) != 0 || !S_ISREG(status.st_mode)) return -1;
    return status.st_size;
  }

 private:
  const int file_;
};

// Empty where it is not at the file's beginning.
std::optional<PlyHeader> HeaderOf(const PlySource& source) {
  std::vector<char> scratch;
  const auto count = std::min<int64_t>(source.size(), kMostHeaderBytes);
  const char* const bytes = source.Get(0, count, &scratch);
  if (bytes == nullptr) return std::nullopt;
  const std::string text(bytes, static_cast<size_t>(count));
  if (text.compare(0, 3, "ply") != 0) return std::nullopt;
  try {
    return ReadPlyHeader(text, "");
  } catch (const InputError&) {
    return std::nullopt;
  }
}

}  // namespace

const char* PlySource::Get(int64_t offset, int64_t count, std::vector<char>* scratch) const {
  if (begin_ != nullptr) return begin_ + offset;
  scratch->resize(static_cast<size_t>(count));
  for (int64_t done = 0; done < count;) {
    const ssize_t n = pread(file_, scratch->data() + done, static_cast<size_t>(count - done),
                            static_cast<off_t>(offset + done));
    if (n <= 0) return nullptr;
    done += n;
  }
  return scratch->data();
}

bool PlyBlocks::Fits(size_t step) {
  const auto bytes = static_cast<int64_t>(step);
  if (element_.count < 0 || element_.count > (source_.size() - offset_) / bytes) return false;
  bytes_read_ = element_.count * bytes;
  return true;
}

// read(item, bytes) of each; whether all returned true.
template <typename Read>
bool PlyBlocks::ForAll(size_t step, const Read& read) const {
  std::atomic<bool> valid{true};
  tbb::enumerable_thread_specific<std::vector<char>> scratch;
  const auto bytes = static_cast<int64_t>(step);
  const int64_t blocks = (element_.count + kBlock - 1) / kBlock;
  tbb::parallel_for(int64_t{0}, blocks, [&](int64_t block) {
    const int64_t first = block * kBlock, last = std::min(element_.count, first + kBlock);
    const char* at = source_.Get(offset_ + first * bytes, (last - first) * bytes, &scratch.local());
    bool all = at != nullptr;
    for (int64_t i = first; at != nullptr && i < last; ++i, at += bytes) all &= read(i, at);
    if (!all) valid = false;
  });
  return valid;
}

bool PlyBlocks::ReadVertices(const int axis_of[3], std::vector<Eigen::Vector3d>* vertices) {
  size_t offset[3] = {}, step = 0;
  for (int k = 0; k < static_cast<int>(element_.properties.size()); ++k) {
    const PlyProperty& property = element_.properties[k];
    if (property.is_list) return false;
    for (int axis = 0; axis < 3; ++axis) {
      if (axis_of[axis] == k) offset[axis] = step;
    }
    step += SizeOf(property.type);
  }
  const PlyType type = element_.properties[axis_of[0]].type;
  for (int axis = 1; axis < 3; ++axis) {
    if (element_.properties[axis_of[axis]].type != type) return false;
  }
  if (!IsLittleEndianHost() || !Fits(step)) return false;
  if (type != PlyType::kFloat && type != PlyType::kDouble) return false;
  ResizeFetched(static_cast<size_t>(element_.count), vertices);
  return ForAll(step, [&](int64_t i, const char* at) {
    Eigen::Vector3d& position = (*vertices)[i];
    for (int axis = 0; axis < 3; ++axis) {
      const char* const value = at + offset[axis];
      position[axis] = type == PlyType::kFloat ? Load<float>(value) : Load<double>(value);
    }
    return position.allFinite();
  });
}

bool PlyBlocks::ReadTriangles(size_t num_vertices, std::vector<std::array<int32_t, 3>>* faces) {
  if (element_.properties.size() != 1 || !IsLittleEndianHost()) return false;
  const PlyProperty& list = element_.properties[0];
  const bool four_bytes = list.type == PlyType::kInt32 || list.type == PlyType::kUint32;
  if (!list.is_list || SizeOf(list.count_type) != 1 || !four_bytes || !Fits(13)) return false;
  ResizeFetched(static_cast<size_t>(element_.count), faces);
  return ForAll(13, [&](int64_t i, const char* at) {
    bool valid = *at == 3;
    for (int k = 0; k < 3; ++k) {
      const auto index = Load<uint32_t>(at + 1 + 4 * k);
      (*faces)[i][k] = static_cast<int32_t>(index);
      valid = valid && index < num_vertices;
    }
    return valid;
  });
}

std::optional<RawMesh> ReadPlyInBlocks(const std::filesystem::path& path) {
  const OpenFile file(path);
  const PlySource source(file.get(), file.Size());
  if (source.size() < 0) return std::nullopt;
  const std::optional<PlyHeader> header = HeaderOf(source);
  if (!header || header->format != PlyFormat::kLittleEndian || header->elements.size() != 2) {
    return std::nullopt;
  }
  const PlyElement &vertex = header->elements[0], &face = header->elements[1];
  if (vertex.name != "vertex" || face.name != "face" || face.properties.size() != 1 ||
      vertex.count >= std::numeric_limits<int32_t>::max()) {
    return std::nullopt;
  }
  const std::string& list = face.properties[0].name;
  const int axis_of[3] = {vertex.Find("x"), vertex.Find("y"), vertex.Find("z")};
  if ((list != "vertex_indices" && list != "vertex_index") ||
      std::min({axis_of[0], axis_of[1], axis_of[2]}) < 0) {
    return std::nullopt;
  }
  RawMesh raw;
  const auto begin = static_cast<int64_t>(header->data_begin);
  PlyBlocks vertices(vertex, source, begin);
  if (!vertices.ReadVertices(axis_of, &raw.mesh.vertices)) return std::nullopt;
  PlyBlocks faces(face, source, begin + vertices.bytes_read());
  if (!faces.ReadTriangles(raw.mesh.vertices.size(), &raw.mesh.faces)) return std::nullopt;
  return raw;
}

}  // namespace ceres_align::io_internal
