// One evaluation (value and six derivatives) of one view against drawing the same mask once with
// OpenCV's fillConvexPoly, on one thread, a new random pose for every sample. The ratio and the
// growth with the number of faces are what docs/benchmarks.md reports.
#include <benchmark/benchmark.h>

#include <cmath>
#include <iterator>
#include <map>
#include <memory>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/shapes.h"

namespace ceres_align {
namespace {

constexpr int kPoses = 32;

// Below kFirstScan: the same smooth closed surface without symmetry at every count, an icosphere of
// 5,120 faces times 4^levels, its radius varied by about ±25 %. From kFirstScan on: scans, voxel
// hulls with stairs and bumps, at 150,000 and 400,000 faces.
constexpr int kFirstScan = 100;
constexpr const char* kScans[] = {"scan_rooster", "scan_blob", "scan_thin"};
constexpr int64_t kScanFaces[] = {150'000, 400'000};

TriangleMesh MakeMesh(int levels) {
  if (levels >= kFirstScan) {
    const int scan = levels - kFirstScan;
    TriangleMesh mesh = MakeShape(kScans[scan / 2], kScanFaces[scan % 2], 5);
    CleanMesh(&mesh);
    return mesh;
  }
  TriangleMesh mesh = MakeIcosphere(1, 4 + levels);
  for (Eigen::Vector3d& v : mesh.vertices) {
    v *= 1 + 0.12 * std::sin(3.1 * v.x() + 1) + 0.09 * std::sin(4.3 * v.y() - 2.2 * v.z()) +
         0.06 * std::cos(5.2 * v.z() + 2.7 * v.x() * v.y());
  }
  return mesh;
}

const TriangleMesh& Mesh(int levels) {
  static std::map<int, TriangleMesh> meshes;
  auto [place, added] = meshes.try_emplace(levels);
  if (added) place->second = MakeMesh(levels);
  return place->second;
}

std::shared_ptr<const ContourMesh> Prepared(int levels) {
  static std::map<int, std::shared_ptr<const ContourMesh>> meshes;
  auto& mesh = meshes[levels];
  if (mesh == nullptr) mesh = std::make_shared<ContourMesh>(Mesh(levels));
  return mesh;
}

Camera MakeCamera(int width, int height) {
  const double f = 0.5 * height / std::tan(M_PI / 6);
  return {width, height, f, f, 0.5 * width, 0.5 * height};
}

// The object about two thirds of the image's height.
std::vector<Rigid3d> MakePoses(const TriangleMesh& mesh) {
  const Sphere sphere = BoundingSphere(mesh);
  const double depth = sphere.radius / (0.36 * 2 * std::tan(M_PI / 6));
  std::vector<Rigid3d> poses;
  uint64_t state = 99;
  const auto uniform = [&state] {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<double>(state >> 11) * 0x1p-53 * 2 - 1;
  };
  while (poses.size() < kPoses) {
    const double w = uniform(), x = uniform(), y = uniform(), z = uniform();
    const double n = w * w + x * x + y * y + z * z;
    if (n > 1 || n < 0.01) continue;
    const Eigen::Quaterniond q = Eigen::Quaterniond(w, x, y, z).normalized();
    const Eigen::Vector3d center(0.1 * uniform(), 0.1 * uniform(), depth);
    poses.emplace_back(q, Eigen::Vector3d(center - q * sphere.center));
  }
  return poses;
}

cv::Mat DrawWithOpenCv(const TriangleMesh& mesh, const Rigid3d& pose, const Camera& camera) {
  cv::Mat mask(camera.height_px, camera.width_px, CV_8U, cv::Scalar(0));
  static std::vector<cv::Point> pixels;
  pixels.resize(mesh.vertices.size());
  const Eigen::Matrix3d R = pose.R();
  for (size_t i = 0; i < mesh.vertices.size(); ++i) {
    const Eigen::Vector2d p = camera.Project(R * mesh.vertices[i] + pose.translation);
    pixels[i] = {static_cast<int>(p.x()), static_cast<int>(p.y())};
  }
  for (const auto& face : mesh.faces) {
    const cv::Point triangle[3] = {pixels[face[0]], pixels[face[1]], pixels[face[2]]};
    cv::fillConvexPoly(mask, triangle, 3, cv::Scalar(255));
  }
  return mask;
}

// A binary mask of a pose near the ones that are evaluated.
std::shared_ptr<const Target> MakeTarget(int levels, const Camera& camera) {
  const TriangleMesh& mesh = Mesh(levels);
  const cv::Mat mask = DrawWithOpenCv(mesh, MakePoses(mesh)[0], camera);
  ImageF image(camera.width_px, camera.height_px);
  for (int r = 0; r < image.height; ++r) {
    for (int c = 0; c < image.width; ++c) image.at(c, r) = mask.at<uint8_t>(r, c) != 0 ? 1 : 0;
  }
  return std::make_shared<Target>(std::move(image), ImageF());
}

void ReportMesh(benchmark::State& state, int levels) {
  if (levels >= kFirstScan) state.SetLabel(kScans[(levels - kFirstScan) / 2]);
  const auto mesh = Prepared(levels);
  state.counters["faces"] = static_cast<double>(mesh->num_faces());
  state.counters["bytes_per_face"] =
      static_cast<double>(mesh->bytes()) / static_cast<double>(mesh->num_faces());
}

// `same_pose`: the views of a batch cost the same, so that threads alone make the difference.
void Evaluate(benchmark::State& state, int num_views, int num_threads, bool same_pose = false) {
  const int levels = static_cast<int>(state.range(0));
  const Camera camera = MakeCamera(state.range(1), state.range(2));
  CpuRasterizer rasterizer(num_threads);
  const MeshId mesh = rasterizer.AddMesh(Prepared(levels));
  const TargetId target = rasterizer.AddTarget(MakeTarget(levels, camera));
  const std::vector<Rigid3d> poses = MakePoses(Mesh(levels));
  std::vector<RasterJob> jobs(num_views);
  std::vector<GramResult> results;
  size_t next = 0;
  for (auto _ : state) {
    for (RasterJob& job : jobs) {
      job.mesh = mesh;
      job.target = target;
      job.camera = camera;
      job.cam_from_object = poses[next % poses.size()];
      if (!same_pose) ++next;
    }
    if (same_pose) ++next;
    rasterizer.Evaluate(jobs, &results);
    benchmark::DoNotOptimize(results.data());
  }
  ReportMesh(state, levels);
}

void BM_ValueAndJacobian(benchmark::State& state) { Evaluate(state, 1, 1); }
void BM_TwoViewsOneThread(benchmark::State& state) { Evaluate(state, 2, 1, true); }
void BM_TwoViewsTwoThreads(benchmark::State& state) { Evaluate(state, 2, 2, true); }
void BM_16ViewsOneThread(benchmark::State& state) { Evaluate(state, 16, 1); }
void BM_16ViewsTwoThreads(benchmark::State& state) { Evaluate(state, 16, 2); }

void BM_OpenCvFillConvexPoly(benchmark::State& state) {
  const int levels = static_cast<int>(state.range(0));
  const Camera camera = MakeCamera(state.range(1), state.range(2));
  const TriangleMesh& mesh = Mesh(levels);
  const std::vector<Rigid3d> poses = MakePoses(mesh);
  size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(DrawWithOpenCv(mesh, poses[next++ % poses.size()], camera).data);
  }
  ReportMesh(state, levels);
}

void BM_PrepareMesh(benchmark::State& state) {
  const TriangleMesh& mesh = Mesh(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(ContourMesh(mesh).num_faces());
}

void Sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"levels", "width", "height"});
  for (int levels : {0, 1, 2, 3, 4}) b->Args({levels, 306, 256});
  b->Args({0, 612, 512})->Args({0, 4096, 3072})->Args({2, 4096, 3072})->Args({5, 306, 256});
  b->Args({5, 4096, 3072});
  for (int scan = 0; scan < 2 * static_cast<int>(std::size(kScans)); ++scan) {
    b->Args({kFirstScan + scan, 800, 600})->Args({kFirstScan + scan, 1600, 1200});
  }
  b->Unit(benchmark::kMillisecond);
}

BENCHMARK(BM_OpenCvFillConvexPoly)->Apply(Sizes);
BENCHMARK(BM_ValueAndJacobian)->Apply(Sizes);
void ThreadSizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"levels", "width", "height"})->Args({0, 306, 256})->Args({2, 306, 256});
  b->Args({2, 1920, 1080})->UseRealTime()->Unit(benchmark::kMillisecond);
}
BENCHMARK(BM_TwoViewsOneThread)->Apply(ThreadSizes);
BENCHMARK(BM_TwoViewsTwoThreads)->Apply(ThreadSizes);
BENCHMARK(BM_16ViewsOneThread)->Apply(ThreadSizes);
BENCHMARK(BM_16ViewsTwoThreads)->Apply(ThreadSizes);
BENCHMARK(BM_PrepareMesh)
    ->Arg(0)
    ->Arg(2)
    ->Arg(5)
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ceres_align

BENCHMARK_MAIN();
