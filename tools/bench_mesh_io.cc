// Reading mesh files, without cleaning (Read…) and with it (LoadMesh), by nanoseconds a face. The
// files, smooth height fields, are written into the temporary folder and removed.
//   bench_mesh_io --benchmark_repetitions=5      the fastest repetition counts
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/mesh_readers.h"

namespace ceres_align {
namespace {

namespace fs = std::filesystem;

/// 2 (side − 1)² faces.
TriangleMesh MakeField(int side) {
  TriangleMesh mesh;
  const double step = 1.0 / side;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      mesh.vertices.emplace_back(x * step, y * step, 0.1 * std::sin(9 * x * step + 7 * y * step));
    }
  }
  for (int y = 0; y + 1 < side; ++y) {
    for (int x = 0; x + 1 < side; ++x) {
      const int32_t a = y * side + x, b = a + 1, c = a + side, d = c + 1;
      mesh.faces.push_back({a, b, d});
      mesh.faces.push_back({a, d, c});
    }
  }
  return mesh;
}

/// As scanners write it: float positions, or six digits.
void WritePlyOfFloats(const fs::path& path, const TriangleMesh& mesh) {
  FILE* const file = std::fopen(path.c_str(), "wb");
  std::fprintf(file,
               "ply\nformat binary_little_endian 1.0\nelement vertex %zu\nproperty float x\n"
               "property float y\nproperty float z\nelement face %zu\n"
               "property list uchar int vertex_indices\nend_header\n",
               mesh.vertices.size(), mesh.faces.size());
  for (const Eigen::Vector3d& v : mesh.vertices) {
    const Eigen::Vector3f position = v.cast<float>();
    std::fwrite(position.data(), sizeof(float), 3, file);
  }
  for (const auto& face : mesh.faces) {
    std::fputc(3, file);
    std::fwrite(face.data(), sizeof(int32_t), 3, file);
  }
  std::fclose(file);
}

void WriteObjOfSixDigits(const fs::path& path, const TriangleMesh& mesh) {
  FILE* const file = std::fopen(path.c_str(), "wb");
  for (const Eigen::Vector3d& v : mesh.vertices) {
    std::fprintf(file, "v %.6f %.6f %.6f\n", v.x(), v.y(), v.z());
  }
  for (const auto& f : mesh.faces) {
    std::fprintf(file, "f %d %d %d\n", f[0] + 1, f[1] + 1, f[2] + 1);
  }
  std::fclose(file);
}

/// The files of this process, made when first asked for.
class Files {
 public:
  Files() : folder_(fs::temp_directory_path() / ("bench_mesh_io_" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~Files() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  const fs::path& Of(const std::string& extension, int side) {
    fs::path& path = paths_[extension + std::to_string(side)];
    if (!path.empty()) return path;
    path = folder_ / (std::to_string(side) + extension);
    const TriangleMesh mesh = MakeField(side);
    if (extension == ".ply") {
      WritePlyOfFloats(path, mesh);
    } else if (extension == ".obj") {
      WriteObjOfSixDigits(path, mesh);
    } else {
      path.replace_extension("exact.obj");
      WriteObj(path, mesh);
    }
    return path;
  }

 private:
  const fs::path folder_;
  std::map<std::string, fs::path> paths_;
};

Files& AllFiles() {
  static Files files;
  return files;
}

template <typename Read>
void Run(benchmark::State& state, const char* extension, const Read& read) {
  const int side = static_cast<int>(state.range(0));
  const fs::path path = AllFiles().Of(extension, side);
  const double faces = 2.0 * (side - 1) * (side - 1);
  for (auto _ : state) benchmark::DoNotOptimize(read(path));
  // As a rate that is inverted: seconds a face, printed with its prefix (n).
  state.counters["s/face"] = benchmark::Counter(
      faces, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void ReadPlyAlone(benchmark::State& state) {
  Run(state, ".ply", [](const fs::path& path) { return io_internal::ReadMeshFile(path); });
}
void ReadObjAlone(benchmark::State& state) {
  Run(state, ".obj", [](const fs::path& path) { return io_internal::ReadMeshFile(path); });
}
void ReadObjOfManyDigits(benchmark::State& state) {
  Run(state, ".exact", [](const fs::path& path) { return io_internal::ReadMeshFile(path); });
}
void LoadPly(benchmark::State& state) {
  Run(state, ".ply", [](const fs::path& path) { return LoadMesh(path); });
}
void LoadObj(benchmark::State& state) {
  Run(state, ".obj", [](const fs::path& path) { return LoadMesh(path); });
}

constexpr int kTenMillionFaces = 2237, kTwoMillionFaces = 1001;
BENCHMARK(ReadPlyAlone)->Arg(kTenMillionFaces)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(LoadPly)->Arg(kTenMillionFaces)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(ReadObjAlone)->Arg(kTwoMillionFaces)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(ReadObjOfManyDigits)->Arg(kTwoMillionFaces)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(LoadObj)->Arg(kTwoMillionFaces)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ceres_align

BENCHMARK_MAIN();
