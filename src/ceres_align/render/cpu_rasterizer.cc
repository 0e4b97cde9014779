#include "ceres_align/render/cpu_rasterizer.h"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <mutex>

#include "ceres_align/base/error.h"
#include "ceres_align/render/cpu_sweep.h"
#include "ceres_align/render/gram_sweep.h"
#include "ceres_align/render/outline_sweep.h"
#include "ceres_align/render/registry.h"
#include "ceres_align/render/view_geometry.h"

namespace ceres_align {
namespace {

// Velocities of edges as the sweep has them.
struct SweepVelocity {
  CpuSweep* sweep;
  const EdgeVelocity& operator()(int edge) const { return sweep->Velocity(edge); }
};

template <typename Pixel>
class ImageSink {
 public:
  ImageSink(CpuSweep* sweep, Image<Pixel>* image, std::vector<double>* jacobian, int window)
      : velocity_{sweep}, image_(image), jacobian_(jacobian), window_{window} {}
  void Row(int row) { row_ = window_.Pixel(row); }
  void Empty(int, int) {}
  void Run(int begin, int end, bool covered) {
    if (!covered) return;
    Pixel* row = image_->row(row_);
    std::fill(row + window_.FirstPixel(begin), row + window_.FirstPixel(end), Pixel{1});
  }
  void Cell(int column, const Fragment* f, int n, const CellOutline& cell) {
    if (!window_.HasCenter(column)) return;
    column = window_.Pixel(column);
    image_->at(column, row_) = static_cast<Pixel>(cell.area);
    if (jacobian_ == nullptr || !cell.boundary) return;
    const size_t pixel = static_cast<size_t>(row_) * image_->width + column;
    CellJacobian(f, n, cell, velocity_, jacobian_->data() + 6 * pixel);
  }

 private:
  const SweepVelocity velocity_;
  Image<Pixel>* image_;
  std::vector<double>* jacobian_;
  const PixelWindow window_;
  int row_ = 0;
};

// Set on a thread while it runs a body of ForEach: there is no second level of threads.
thread_local bool inside_for_each = false;

class InsideForEach {
 public:
  InsideForEach() : before_(inside_for_each) { inside_for_each = true; }
  ~InsideForEach() { inside_for_each = before_; }

 private:
  bool before_;
};

// Contours that no job uses. Not one per thread: a thread that waits for a job's parts may be given
// another job by the arena.
class ContourPool {
 public:
  /// Another job's working memory, or new; goes back with the pointer.
  std::shared_ptr<CpuContour> Take() {
    std::unique_ptr<CpuContour> contour;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!free_.empty()) {
        contour = std::move(free_.back());
        free_.pop_back();
      }
    }
    if (contour == nullptr) contour = std::make_unique<CpuContour>();
    return {contour.release(), [this](CpuContour* used) {
              const std::lock_guard<std::mutex> lock(mutex_);
              free_.emplace_back(used);
            }};
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<CpuContour>> free_;
};

}  // namespace

struct CpuRasterizer::Impl {
  explicit Impl(int num_threads)
      : more_than_cores(num_threads > tbb::this_task_arena::max_concurrency()
                            ? std::make_unique<tbb::global_control>(
                                  tbb::global_control::max_allowed_parallelism, num_threads)
                            : nullptr),
        arena(num_threads) {}
  std::unique_ptr<tbb::global_control> more_than_cores;  // else TBB gives fewer, and says so
  tbb::task_arena arena;
  ContourPool contours;
  tbb::enumerable_thread_specific<CpuSweep> sweeps;
  Registry<ContourMesh> meshes;
  Registry<Target> targets;

  std::shared_ptr<const CpuContour> Prepare(const RasterJob& job, const ContourMesh& mesh) {
    std::shared_ptr<CpuContour> contour = contours.Take();
    contour->Prepare(mesh, MakeViewGeometry(mesh, job.camera, job.cam_from_object, job.window));
    return contour;
  }

  // body(part, sweep) for each part of the contour's rows.
  template <typename Body>
  void ForEachPart(const CpuContour& contour, const Body& body) {
    const auto sweep_part = [&](size_t i) {
      CpuSweep& sweep = sweeps.local();
      sweep.Begin(contour);
      body(i, &sweep);
    };
    const size_t n = contour.parts().size();
    if (n == 1 || inside_for_each || arena.max_concurrency() == 1) {
      for (size_t i = 0; i < n; ++i) sweep_part(i);
      return;
    }
    arena.execute([&] {
      // Whoever waits here helps this job only, and is done soon.
      tbb::this_task_arena::isolate(
          [&] { tbb::parallel_for(size_t{0}, n, sweep_part, tbb::simple_partitioner()); });
    });
  }

  void EvaluateOne(const RasterJob& job, GramResult* result) {
    const std::shared_ptr<const ContourMesh> mesh = meshes.Get(job.mesh);
    const std::shared_ptr<const Target> target = targets.Get(job.target);
    CHECK_EQ(target->width_px(), job.camera.width_px);
    CHECK_EQ(target->height_px(), job.camera.height_px);
    const auto contour = Prepare(job, *mesh);
    std::vector<ViewSums> sums(contour->parts().size());
    ForEachPart(*contour, [&](size_t i, CpuSweep* sweep) {
      sums[i] = SweepGram(*contour, contour->parts()[i], *target, job.intrinsics, sweep);
    });
    for (size_t i = 1; i < sums.size(); ++i) sums[0].Add(sums[i]);
    FillGramResult(sums[0], job.intrinsics, result);
  }

  template <typename Pixel>
  void Draw(const RasterJob& job, Image<Pixel>* image, std::vector<double>* jacobian) {
    const std::shared_ptr<const ContourMesh> mesh = meshes.Get(job.mesh);
    *image = Image<Pixel>(job.camera.width_px, job.camera.height_px, Pixel{0});
    if (jacobian != nullptr) jacobian->assign(6 * image->pixels.size(), 0.0);
    const auto contour = Prepare(job, *mesh);
    ForEachPart(*contour, [&](size_t i, CpuSweep* sweep) {
      ImageSink<Pixel> sink(sweep, image, jacobian, job.window);
      sweep->Rows(contour->parts()[i], sink);
    });
  }

  // Jobs side by side, except within a body of ForEach.
  template <typename Body>
  void ForEachJob(size_t n, const Body& body) {
    if (n == 1 || inside_for_each || arena.max_concurrency() == 1) {
      for (size_t i = 0; i < n; ++i) body(i);
      return;
    }
    arena.execute([&] {
      tbb::parallel_for(
          size_t{0}, n, [&](size_t i) { body(i); }, tbb::simple_partitioner());
    });
  }
};

CpuRasterizer::CpuRasterizer(int num_threads)
    : impl_(std::make_unique<Impl>(
          num_threads > 0 ? num_threads : static_cast<int>(tbb::task_arena::automatic))) {}
CpuRasterizer::~CpuRasterizer() = default;

MeshId CpuRasterizer::AddMesh(std::shared_ptr<const ContourMesh> mesh) {
  return impl_->meshes.Add(std::move(mesh));
}
TargetId CpuRasterizer::AddTarget(std::shared_ptr<const Target> target) {
  return impl_->targets.Add(std::move(target));
}
void CpuRasterizer::ReleaseMesh(MeshId id) { impl_->meshes.Remove(id); }
void CpuRasterizer::ReleaseTarget(TargetId id) { impl_->targets.Remove(id); }

Eigen::Vector3d CpuRasterizer::MeshCenter(MeshId id) const {
  const Vec3 center = impl_->meshes.Get(id)->center;
  return {center.x, center.y, center.z};
}

void CpuRasterizer::Evaluate(const std::vector<RasterJob>& jobs, std::vector<GramResult>* results) {
  results->resize(jobs.size());
  impl_->ForEachJob(jobs.size(), [&](size_t i) { impl_->EvaluateOne(jobs[i], &(*results)[i]); });
}

void CpuRasterizer::ForEach(size_t n, const std::function<void(size_t)>& body) {
  if (n == 1) return body(0);  // its jobs may go side by side
  impl_->arena.execute([&] {
    tbb::parallel_for(
        size_t{0}, n,
        [&](size_t i) {
          const InsideForEach inside;
          body(i);
        },
        tbb::simple_partitioner());
  });
}

Image<double> CpuRasterizer::Coverage(const RasterJob& job, std::vector<double>* jacobian) {
  Image<double> image;
  impl_->Draw(job, &image, jacobian);
  return image;
}

void CpuRasterizer::Outline(const RasterJob& job, std::vector<OutlineSample>* samples) {
  const std::shared_ptr<const ContourMesh> mesh = impl_->meshes.Get(job.mesh);
  SweepOutline(*mesh, MakeViewGeometry(*mesh, job.camera, job.cam_from_object, job.window),
               impl_->contours.Take().get(), &impl_->sweeps.local(), samples);
}

void CpuRasterizer::CoverageBatch(const std::vector<RasterJob>& jobs, std::vector<ImageF>* images) {
  images->resize(jobs.size());
  impl_->ForEachJob(jobs.size(), [&](size_t i) { impl_->Draw(jobs[i], &(*images)[i], nullptr); });
}

}  // namespace ceres_align
