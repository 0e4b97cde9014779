// Binary PLY whose items have one length: read in blocks, side by side. Internal to io/.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ceres_align/io/mesh_readers.h"
#include "ceres_align/io/ply_header.h"

namespace ceres_align::io_internal {

/// Bytes in memory, or of a file that stays on the disk.
class PlySource {
 public:
  PlySource(const char* begin, int64_t size) : begin_(begin), size_(size) {}
  /// A file descriptor that stays open.
  PlySource(int file, int64_t size) : file_(file), size_(size) {}

  int64_t size() const { return size_; }
  /// `count` bytes from `offset` on, which there are; of a file in `scratch`. Null where it cannot
  /// be read.
  const char* Get(int64_t offset, int64_t count, std::vector<char>* scratch) const;

 private:
  const char* begin_ = nullptr;
  int file_ = -1;
  int64_t size_ = 0;
};

/// Little-endian items without gaps from `offset` on. What returns false is of another layout, or
/// something in it is wrong, which a reader that goes value by value finds and names.
class PlyBlocks {
 public:
  PlyBlocks(const PlyElement& element, const PlySource& source, int64_t offset)
      : element_(element), source_(source), offset_(offset) {}

  /// Finite positions of floats or doubles, properties axis_of[0..2], among others that are no
  /// lists.
  bool ReadVertices(const int axis_of[3], std::vector<Eigen::Vector3d>* vertices);
  /// Triangles of vertices below num_vertices, and nothing else.
  bool ReadTriangles(size_t num_vertices, std::vector<std::array<int32_t, 3>>* faces);
  int64_t bytes_read() const { return bytes_read_; }

 private:
  bool Fits(size_t step);
  template <typename Read>
  bool ForAll(size_t step, const Read& read) const;

  const PlyElement& element_;
  const PlySource& source_;
  const int64_t offset_;
  int64_t bytes_read_ = 0;
};

/// A file of vertices and triangles and nothing else in one of these layouts, which is then not
/// held in memory as a whole. Empty: it is another, damaged, or none at all.
std::optional<RawMesh> ReadPlyInBlocks(const std::filesystem::path& path);

}  // namespace ceres_align::io_internal
