#include "ceres_align/batch/batch_rasterizer.h"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include "ceres_align/base/error.h"
#include "ceres_align/batch/batch_joiner.h"
#include "ceres_align/batch/resident_meshes.h"
#include "ceres_align/render/outline_sweep.h"
#include "ceres_align/render/registry.h"
#include "ceres_align/render/view_geometry.h"

namespace ceres_align {
namespace {

using batch::Engine;
using batch::Job;
using batch::JobSums;
using batch::MeshView;

// Longer than the gaps between the solvers' steps, shorter than a few evaluations.
constexpr std::chrono::microseconds kPatience{200};

MeshView ViewOf(const ContourMesh& m) {
  static_assert(ContourMesh::kBallFaces == batch::kItemEdges);
  static_assert(ContourMesh::kClusterEdges <= batch::kItemEdges);
  const auto count = [](const auto& v) {
    CHECK_LE(v.size(), static_cast<size_t>(INT32_MAX));
    return static_cast<int32_t>(v.size());
  };
  MeshView v{};
  v.vertices = m.vertices.data();
  v.faces = m.faces.data();
  v.face_balls = m.face_balls.data();
  v.cluster_bounds = m.cluster_bounds.data();
  v.edge_begin = m.edge_begin.data();
  v.face_begin = m.face_begin.data();
  v.cluster_face = m.cluster_face.data();
  v.plane_x = m.plane_x.data();
  v.plane_y = m.plane_y.data();
  v.plane_z = m.plane_z.data();
  v.plane_offset = m.plane_offset.data();
  v.edges = m.edges.data();
  v.num_vertices = count(m.vertices);
  v.num_faces = count(m.faces);
  v.num_clusters = count(m.cluster_bounds);
  v.num_regular_clusters = m.num_regular_clusters;
  v.num_edges = count(m.edges);
  v.num_cluster_faces = count(m.cluster_face);
  return v;
}

void FillResult(const JobSums& sums, bool intrinsics, GramResult* result) {
  const double* e = sums.entry + 28;
  FillGramResult(sums.entry, CoverageSums{e[0], e[1], e[2], e[3]}, static_cast<int>(e[4]), result);
  result->intrinsics.clear();
  const double* products = sums.entry + JobSums::kEntries;
  if (intrinsics) result->intrinsics.assign(products, products + JobSums::kIntrinsics);
}

// Hands over parts of [0, n) that fit: all at first, then halves. run(begin, count) returns false
// where so many do not fit, make_room() where nothing can be given up for them.
template <typename Run, typename MakeRoom>
void InPartsThatFit(size_t n, const Run& run, const MakeRoom& make_room) {
  size_t part = n;
  for (size_t begin = 0; begin < n;) {
    const size_t count = std::min(part, n - begin);
    if (run(begin, count)) {
      begin += count;
    } else if (make_room()) {
      continue;
    } else if (count > 1) {
      part = (count + 1) / 2;
    } else {
      throw DoesNotFit(
          "one view does not fit in the device's memory; use a smaller mesh or image, or the cpu");
    }
  }
}

// A registered mesh, and its number with the engine.
struct MeshOfEngine {
  std::shared_ptr<const ContourMesh> mesh;
  int engine_id;
};

// On a thread while it runs a body of ForEach of this rasterizer.
thread_local const void* inside_for_each_of = nullptr;

}  // namespace

struct BatchRasterizer::Impl {
  Impl(std::unique_ptr<Engine> e, std::string n, int num_bodies)
      : engine(std::move(e)),
        name(std::move(n)),
        resident([this](int id, const ContourMesh& mesh) { engine->SetMesh(id, ViewOf(mesh)); },
                 [this](int id) { engine->ClearMesh(id); }),
        bodies(tbb::global_control::max_allowed_parallelism, num_bodies + 1),
        arena(num_bodies),
        joiner([this](const std::vector<Job>& jobs,
                      std::vector<JobSums>* sums) { EvaluateNow(jobs, sums); },
               kPatience) {}

  std::unique_ptr<Engine> engine;
  std::mutex engine_mutex;
  const std::string name;
  batch::ResidentMeshes resident;  // under engine_mutex
  tbb::global_control bodies;
  tbb::task_arena arena;
  batch::BatchJoiner<Job, JobSums> joiner;
  Registry<MeshOfEngine> meshes;
  Registry<Target> targets;

  Job MakeJob(const RasterJob& given) const {
    const std::shared_ptr<const MeshOfEngine> held = meshes.Get(given.mesh);
    const std::shared_ptr<const ContourMesh>& mesh = held->mesh;
    Job job;
    std::memset(static_cast<void*>(&job), 0, sizeof(job));  // padding travels too
    job.view = MakeViewGeometry(*mesh, given.camera, given.cam_from_object, given.window);
    job.mesh = held->engine_id;
    job.target = given.target;
    job.in_front = AnyInFront(job.view, mesh->radius);
    job.clips = CrossesNear(job.view, mesh->radius);
    job.intrinsics = given.intrinsics;
    return job;
  }
  Job MakeJobWithTarget(const RasterJob& given) const {
    const std::shared_ptr<const Target> target = targets.Get(given.target);
    CHECK_EQ(target->width_px(), given.camera.width_px);
    CHECK_EQ(target->height_px(), given.camera.height_px);
    return MakeJob(given);
  }

  // By who holds engine_mutex.
  template <typename Run>
  void InParts(size_t n, const Run& run) {
    InPartsThatFit(n, run, [this] { return resident.ClearUnused(); });
  }

  void EvaluateNow(const std::vector<Job>& jobs, std::vector<JobSums>* sums) {
    const std::lock_guard<std::mutex> lock(engine_mutex);
    sums->resize(jobs.size());
    InParts(jobs.size(), [&](size_t begin, size_t count) {
      return engine->Evaluate(&jobs[begin], static_cast<int32_t>(count), &(*sums)[begin]);
    });
  }
};

BatchRasterizer::BatchRasterizer(std::unique_ptr<Engine> engine, std::string name, int num_bodies)
    : impl_(std::make_unique<Impl>(std::move(engine), std::move(name), num_bodies)) {}
BatchRasterizer::~BatchRasterizer() = default;

std::string BatchRasterizer::name() const { return impl_->name; }
size_t BatchRasterizer::num_batches() const { return impl_->joiner.num_batches(); }

MeshId BatchRasterizer::AddMesh(std::shared_ptr<const ContourMesh> mesh) {
  CHECK(mesh != nullptr);
  const std::lock_guard<std::mutex> lock(impl_->engine_mutex);
  const int engine_id = impl_->resident.Use(mesh);
  return impl_->meshes.Add(
      std::make_shared<MeshOfEngine>(MeshOfEngine{std::move(mesh), engine_id}));
}
TargetId BatchRasterizer::AddTarget(std::shared_ptr<const Target> target) {
  const std::lock_guard<std::mutex> lock(impl_->engine_mutex);
  const int id = impl_->targets.Add(target);
  try {
    impl_->engine->SetTarget(id, target->view());
  } catch (...) {
    impl_->targets.Remove(id);
    throw;
  }
  return id;
}
void BatchRasterizer::ReleaseMesh(MeshId id) {
  const std::lock_guard<std::mutex> lock(impl_->engine_mutex);
  std::shared_ptr<const MeshOfEngine> held = impl_->meshes.Get(id);
  impl_->resident.Leave(held->mesh.get());
  impl_->meshes.Remove(id);
  held.reset();
  impl_->resident.ClearLost();
}
void BatchRasterizer::ReleaseTarget(TargetId id) {
  const std::lock_guard<std::mutex> lock(impl_->engine_mutex);
  impl_->targets.Remove(id);
  impl_->engine->ClearTarget(id);
}

Eigen::Vector3d BatchRasterizer::MeshCenter(MeshId id) const {
  const Vec3 center = impl_->meshes.Get(id)->mesh->center;
  return {center.x, center.y, center.z};
}

void BatchRasterizer::Evaluate(const std::vector<RasterJob>& jobs,
                               std::vector<GramResult>* results) {
  results->resize(jobs.size());
  if (jobs.empty()) return;
  std::vector<Job> batch;
  batch.reserve(jobs.size());
  for (const RasterJob& job : jobs) batch.push_back(impl_->MakeJobWithTarget(job));
  std::vector<JobSums> sums;
  impl_->joiner.Ask(batch, inside_for_each_of == impl_.get(), &sums);
  for (size_t i = 0; i < jobs.size(); ++i) {
    FillResult(sums[i], jobs[i].intrinsics, &(*results)[i]);
  }
}

void BatchRasterizer::ForEach(size_t n, const std::function<void(size_t)>& body) {
  struct Inside {
    Impl* impl;
    const void* before;
    explicit Inside(Impl* i) : impl(i), before(inside_for_each_of) {
      inside_for_each_of = impl;
      impl->joiner.Enter();
    }
    ~Inside() {
      impl->joiner.Leave();
      inside_for_each_of = before;
    }
  };
  if (inside_for_each_of == impl_.get()) {  // a body's own loop stays on its thread
    for (size_t i = 0; i < n; ++i) body(i);
    return;
  }
  impl_->arena.execute([&] {
    tbb::parallel_for(
        size_t{0}, n,
        [&](size_t i) {
          const Inside inside(impl_.get());
          body(i);
        },
        tbb::simple_partitioner());
  });
}

Image<double> BatchRasterizer::Coverage(const RasterJob& job, std::vector<double>* jacobian) {
  Image<double> image(job.camera.width_px, job.camera.height_px, 0.0);
  if (jacobian != nullptr) jacobian->assign(6 * image.pixels.size(), 0.0);
  const Job made = impl_->MakeJob(job);
  const std::lock_guard<std::mutex> lock(impl_->engine_mutex);
  impl_->InParts(1, [&](size_t, size_t) {
    return impl_->engine->DrawExactly(made, image.pixels.data(),
                                      jacobian == nullptr ? nullptr : jacobian->data());
  });
  return image;
}

void BatchRasterizer::Outline(const RasterJob& job, std::vector<OutlineSample>* samples) {
  thread_local CpuContour contour;
  thread_local CpuSweep sweep;
  const std::shared_ptr<const ContourMesh> mesh = impl_->meshes.Get(job.mesh)->mesh;
  SweepOutline(*mesh, MakeViewGeometry(*mesh, job.camera, job.cam_from_object, job.window),
               &contour, &sweep, samples);
}

void BatchRasterizer::CoverageBatch(const std::vector<RasterJob>& jobs,
                                    std::vector<ImageF>* images) {
  images->resize(jobs.size());
  std::vector<Job> batch;
  batch.reserve(jobs.size());
  for (const RasterJob& job : jobs) batch.push_back(impl_->MakeJob(job));
  std::vector<float> pixels;
  const std::lock_guard<std::mutex> lock(impl_->engine_mutex);
  impl_->InParts(jobs.size(), [&](size_t begin, size_t count) {
    size_t num_pixels = 0;
    for (size_t i = begin; i < begin + count; ++i) {
      num_pixels += size_t(jobs[i].camera.width_px) * jobs[i].camera.height_px;
    }
    pixels.resize(num_pixels);
    if (!impl_->engine->Draw(&batch[begin], static_cast<int32_t>(count), pixels.data())) {
      return false;
    }
    auto next = pixels.begin();
    for (size_t i = begin; i < begin + count; ++i) {
      ImageF& image = (*images)[i];
      image = ImageF(jobs[i].camera.width_px, jobs[i].camera.height_px);
      const auto end = next + static_cast<std::ptrdiff_t>(image.pixels.size());
      std::copy(next, end, image.pixels.begin());
      next = end;
    }
    return true;
  });
}

}  // namespace ceres_align
