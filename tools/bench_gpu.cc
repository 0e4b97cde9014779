// The CUDA rasterizer against the CPU's in the same run: single evaluations, batches, whole solves,
// searches and alignments (masks registered, verdict and covariance included), of solids and of
// scans, each with the floor that memory bandwidth and launches set.
#include <gflags/gflags.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench_gpu_floor.h"
#include "ceres_align/align/aligner.h"
#include "ceres_align/assess/metrics.h"
#include "ceres_align/backends/backends.h"
#include "ceres_align/batch/types.h"
#include "ceres_align/geometry/simplify.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/search/global_search.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/scan.h"
#include "ceres_align/synth/shapes.h"

DEFINE_bool(cpu_only, false, "Only the CPU's column: shows that the benchmark runs.");
DEFINE_bool(quick, false, "Small meshes and few repetitions: for compute-sanitizer.");
DEFINE_int32(alignments, 0, "Instead: this many alignments, and how memory grew over them.");

namespace ceres_align {
namespace {

double Now_us() {
  using namespace std::chrono;
  return duration<double, std::micro>(steady_clock::now().time_since_epoch()).count();
}

double Median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
  return v[v.size() / 2];
}

// The median of `times` calls after a tenth as many unmeasured ones.
double MedianTime_us(int times, const std::function<void(int)>& call) {
  std::vector<double> us;
  const int warm_up = std::max(3, times / 10);
  for (int i = 0; i < times + warm_up; ++i) {
    const double start = Now_us();
    call(i);
    if (i >= warm_up) us.push_back(Now_us() - start);
  }
  return Median(us);
}

std::shared_ptr<const TriangleMesh> Cleaned(TriangleMesh mesh) {
  CleanMesh(&mesh);
  return std::make_shared<TriangleMesh>(std::move(mesh));
}

Camera MakeCamera(int width, int height) {
  const double f = 0.5 * height / std::tan(M_PI / 6);
  return {width, height, f, f, 0.5 * width, 0.5 * height};
}

// The object about two thirds of the image's height, turned.
Rigid3d PoseOf(const TriangleMesh& mesh, const Eigen::Quaterniond& q) {
  const Sphere sphere = BoundingSphere(mesh);
  const double depth = sphere.radius / (0.36 * 2 * std::tan(M_PI / 6));
  return Rigid3d(q, Eigen::Vector3d(Eigen::Vector3d(0, 0, depth) - q * sphere.center));
}

// Views of one mesh: `poses` of each, evaluated `jobs` at a time.
struct EvaluationCase {
  std::string name, bar;
  std::shared_ptr<const ContourMesh> mesh;
  std::shared_ptr<const Target> target;
  Camera camera;
  std::vector<Rigid3d> poses;
  size_t jobs;
  int times;

  EvaluationCase(std::string n, std::string b, const TriangleMesh& triangles, int width, int height,
                 int num_poses, size_t num_jobs, int num_times)
      : name(std::move(n)),
        bar(std::move(b)),
        mesh(std::make_shared<ContourMesh>(triangles)),
        camera(MakeCamera(width, height)),
        jobs(num_jobs),
        times(num_times) {
    const std::vector<Eigen::Quaterniond> grid = RotationGrid(num_poses);
    for (const Eigen::Quaterniond& q : grid) poses.push_back(PoseOf(triangles, q));
    CpuRasterizer cpu;
    RasterJob job;
    job.mesh = cpu.AddMesh(mesh);
    job.camera = camera;
    job.cam_from_object = poses[0];
    std::vector<ImageF> mask;
    cpu.CoverageBatch({job}, &mask);
    for (float& t : mask[0].pixels) t = t >= 0.5f ? 1.0f : 0.0f;
    target = std::make_shared<Target>(std::move(mask[0]), ImageF());
  }

  double Time_us(Rasterizer* rasterizer, int num_times) const {
    RasterJob job;
    job.mesh = rasterizer->AddMesh(mesh);
    job.target = rasterizer->AddTarget(target);
    job.camera = camera;
    std::vector<RasterJob> batch(jobs, job);
    std::vector<GramResult> results;
    size_t next = 0;
    const double us = MedianTime_us(num_times, [&](int) {
      for (RasterJob& j : batch) j.cam_from_object = poses[next++ % poses.size()];
      rasterizer->Evaluate(batch, &results);
    });
    rasterizer->ReleaseMesh(job.mesh);
    rasterizer->ReleaseTarget(job.target);
    return us;
  }

  /// The least that has to be read and written: bounds of all clusters, jobs and results.
  double FloorBytes() const {
    const double per_job = sizeof(batch::Job) + sizeof(double) * batch::JobSums::kEntries +
                           static_cast<double>(mesh->cluster_bounds.size()) * sizeof(PlaneBounds);
    return per_job * static_cast<double>(jobs);
  }
};

Scene MakeScene(const std::shared_ptr<const TriangleMesh>& mesh, bool with_start) {
  const Eigen::Quaterniond truth = Eigen::Quaterniond(0.6, -0.3, 0.55, 0.2).normalized();
  const Camera camera = MakeCamera(612, 512);
  Scene scene;
  scene.meshes = {mesh};
  scene.true_rig_from_world = PoseOf(*mesh, truth);
  const Eigen::Quaterniond turn =
      ExpRotation(20 * M_PI / 180 * Eigen::Vector3d(0.3, 0.8, -0.5).normalized());
  if (with_start) scene.initial_rig_from_world = PoseOf(*mesh, turn * truth);
  const Eigen::Vector3d pivot(0, 0,
                              (*scene.true_rig_from_world * BoundingSphere(*mesh).center).z());
  for (const double angle : {0.0, M_PI / 3}) {
    View view;
    view.name = angle == 0 ? "left" : "right";
    view.camera = camera;
    const Eigen::Quaterniond rig = ExpRotation({0, angle, 0});
    view.cam_from_rig = Rigid3d(rig, Eigen::Vector3d(pivot - rig * pivot));
    view.mask = RenderMask(*mesh, view.cam_from_rig * *scene.true_rig_from_world, camera, 1);
    scene.views.push_back(view);
  }
  return scene;
}

struct Solved {
  double solve_us, whole_us;
  AlignResult result;
  PoseError error;
};
Solved SolveTime(const Scene& scene, const PreparedMeshes& meshes, Rasterizer* rasterizer,
                 int times) {
  Solved solved;
  std::vector<double> solve_us, whole_us;
  for (int i = 0; i <= times; ++i) {
    const double start = Now_us();
    solved.result = Align(scene, meshes, rasterizer, AlignOptions());
    if (i == 0) continue;
    whole_us.push_back(Now_us() - start);
    solve_us.push_back(1e6 * solved.result.solve_seconds);
  }
  solved.solve_us = Median(solve_us);
  solved.whole_us = Median(whole_us);
  solved.error = ComparePoses(solved.result.rig_from_world, *scene.true_rig_from_world,
                              solved.result.object_center_in_world);
  return solved;
}

// Masks of all levels of a pyramid, with their prefix sums, and weights.
double MaskBytes(const Scene& scene) {
  double pixels = 0;
  for (const View& view : scene.views)
    pixels += double{1} * view.camera.width_px * view.camera.height_px;
  return pixels * (sizeof(float) + 4.0 * sizeof(double) / TargetView::kBlock) * 4 / 3;
}

struct Column {
  std::unique_ptr<Rasterizer> cpu, gpu;
  GpuFloor floor;
};

void PrintRow(const std::string& name, const std::string& bar, double cpu_us, double gpu_us,
              double floor_us, const std::string& note) {
  std::printf("| %s | %.0f | ", name.c_str(), cpu_us);
  if (gpu_us > 0) {
    std::printf("%.0f | %.1f | %s |", gpu_us, cpu_us / gpu_us, bar.c_str());
    if (floor_us > 0) std::printf(" %.1f | %.1f |", floor_us, gpu_us / floor_us);
    if (floor_us <= 0) std::printf(" | |");
  } else {
    std::printf("not run | | %s | | |", bar.c_str());
  }
  std::printf(" %s |\n", note.c_str());
  std::fflush(stdout);
}

void RunEvaluation(const EvaluationCase& c, Column* columns) {
  const double cpu = c.Time_us(columns->cpu.get(), std::max(3, c.times / 10));
  double gpu = 0, floor = 0;
  if (columns->gpu != nullptr) {
    gpu = c.Time_us(columns->gpu.get(), c.times);
    floor = columns->floor.Batch_us(c.FloorBytes());
  }
  PrintRow(c.name, c.bar, cpu, gpu, floor, std::to_string(c.mesh->num_faces()) + " faces a view");
}

void RunSolve(const std::string& name, const std::string& solve_bar, const std::string& whole_bar,
              const std::shared_ptr<const TriangleMesh>& mesh, bool with_start, int times,
              Column* columns) {
  const Scene scene = MakeScene(mesh, with_start);
  const PreparedMeshes meshes = PrepareMeshes(scene);
  const Solved cpu = SolveTime(scene, meshes, columns->cpu.get(), times);
  Solved gpu = cpu;
  double solve_floor = 0, whole_floor = 0;
  const bool has_gpu = columns->gpu != nullptr;
  if (has_gpu) {
    gpu = SolveTime(scene, meshes, columns->gpu.get(), times);
    // Evaluations one after the other, each a batch of its own: what a start from one pose needs.
    if (with_start) solve_floor = gpu.result.evaluations * columns->floor.Batch_us(0);
    whole_floor = solve_floor + MaskBytes(scene) / columns->floor.upload_bytes_per_us;
  }
  char note[160];
  std::snprintf(note, sizeof(note), "%zu faces, %d evaluations, %.3f deg and %.3f %% off%s",
                mesh->faces.size(), gpu.result.evaluations, gpu.error.rotation_deg,
                gpu.error.translation_percent, gpu.result.IsUsable() ? "" : ", NOT USABLE");
  PrintRow(name + ": solve", solve_bar, cpu.solve_us, has_gpu ? gpu.solve_us : 0, solve_floor,
           note);
  PrintRow(name + ": whole alignment, mesh resident", whole_bar, cpu.whole_us,
           has_gpu ? gpu.whole_us : 0, with_start ? whole_floor : 0, "");
}

// Many scenes of one mesh side by side, from starts: alignments a second.
void RunMany(const std::shared_ptr<const TriangleMesh>& mesh, int count, Column* columns) {
  const Scene scene = MakeScene(mesh, true);
  const PreparedMeshes meshes = PrepareMeshes(scene);
  const auto us_each = [&](Rasterizer* rasterizer) {
    Align(scene, meshes, rasterizer, AlignOptions());
    const double start = Now_us();
    rasterizer->ForEach(static_cast<size_t>(count), [&](size_t) {
      CHECK(Align(scene, meshes, rasterizer, AlignOptions()).IsUsable());
    });
    return (Now_us() - start) / count;
  };
  const double cpu = us_each(columns->cpu.get());
  const double gpu = columns->gpu != nullptr ? us_each(columns->gpu.get()) : 0;
  const double floor =
      columns->gpu != nullptr ? MaskBytes(scene) / columns->floor.upload_bytes_per_us : 0;
  char note[80];
  std::snprintf(note, sizeof(note), "%.0f alignments a second on the CPU, %.0f on CUDA", 1e6 / cpu,
                gpu > 0 ? 1e6 / gpu : 0.0);
  PrintRow("alignments side by side, each", "1000 us", cpu, gpu, floor, note);
}

std::shared_ptr<const TriangleMesh> MakeScanOf(int faces) {
  ScanOptions options;
  options.target_faces = faces;
  return Cleaned(MakeScan(MakeBumpyBlob(std::max(2000, faces / 20), 9), options));
}

int RunTable(Column* columns) {
  const bool quick = FLAGS_quick;
  const auto solid = Cleaned(MakeBumpyBlob(quick ? 2000 : 50000, 7));
  const auto scan = MakeScanOf(quick ? 6000 : 373000);
  const int times = quick ? 5 : 300;
  std::printf("| | CPU us | CUDA us | ratio | bar | floor us | over floor | |\n");
  std::printf("|---|---|---|---|---|---|---|---|\n");
  RunEvaluation({"two views 612x512, value and J", "40 us", *solid, 612, 512, 64, 2, times},
                columns);
  RunEvaluation({"one view 800x600 of a scan", "150 us", *scan, 800, 600, 64, 1, times}, columns);
  RunEvaluation(
      {quick ? "60 jobs at 48x40, level of detail" : "2,304 jobs at 48x40, level of detail",
       "2000 us", SimplifyByClustering(*solid, 1500).mesh, 48, 40, 1152, quick ? 60u : 2304u,
       quick ? 3 : 30},
      columns);
  RunEvaluation({"one view 4096x3072", "300 us", *Cleaned(MakeBumpyBlob(quick ? 3000 : 6000000, 7)),
                 4096, 3072, 16, 1, quick ? 3 : 100},
                columns);
  const auto parts = Cleaned(MakeMultiPart(quick ? 2000 : 50000));
  const int solves = quick ? 1 : 20, searches = quick ? 1 : 5;
  RunSolve("20 deg off, two views 612x512", "2000 us", "5000 us", parts, true, solves, columns);
  RunSolve("scan 20 deg off, two views 612x512", "", "", scan, true, solves, columns);
  RunSolve("no start, two views 612x512", "20000 us", "", parts, false, searches, columns);
  RunSolve("scan without start, two views 612x512", "", "", scan, false, searches, columns);
  RunMany(parts, quick ? 4 : 2000, columns);
  return 0;
}

// Exit 1 where the host's or the device's memory grows after the first tenth.
int RunAlignments(Rasterizer* rasterizer, int count) {
  const Scene scene = MakeScene(Cleaned(MakeMultiPart(2000)), true);
  const PreparedMeshes meshes = PrepareMeshes(scene);
  MemoryUse before;
  for (int i = 0; i < count; ++i) {
    if (i == count / 10) before = MemoryInUse();
    if (!Align(scene, meshes, rasterizer, AlignOptions()).IsUsable()) {
      std::fprintf(stderr, "bench_gpu: alignment %d is not usable\n", i);
      return 1;
    }
  }
  const MemoryUse after = MemoryInUse();
  const double host = after.host_mib - before.host_mib,
               device = after.device_mib - before.device_mib;
  std::printf("%d alignments: host memory grew by %.1f MiB, the device's by %.1f MiB\n", count,
              host, device);
  return host > 8 || device > 8 ? 1 : 0;
}

int Main() {
  Column columns;
  columns.cpu = MakeRasterizer({"cpu", 0}, nullptr);
  if (!FLAGS_cpu_only) {
    const std::string why_not = WhyNotCuda();
    if (!why_not.empty()) {
      std::fprintf(stderr, "bench_gpu: nothing measured: %s (--cpu_only runs the CPU's part)\n",
                   why_not.c_str());
      return 1;
    }
    std::string device;
    columns.gpu = MakeRasterizer({"cuda", 0}, &device);
    columns.floor = MeasureFloor();
    std::printf("%s; copies at %.0f GB/s; a batch of %d empty launches %.1f us\n", device.c_str(),
                columns.floor.bytes_per_us / 1e3, columns.floor.launches, columns.floor.launch_us);
  }
  if (FLAGS_alignments > 0) {
    return RunAlignments(columns.gpu != nullptr ? columns.gpu.get() : columns.cpu.get(),
                         FLAGS_alignments);
  }
  return RunTable(&columns);
}

}  // namespace
}  // namespace ceres_align

int main(int argc, char** argv) {
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  try {
    return ceres_align::Main();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_gpu: %s\n", error.what());
    return 1;
  }
}
