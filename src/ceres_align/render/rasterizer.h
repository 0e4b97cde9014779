// The interface of every rasterizer: meshes and targets are registered once (a GPU backend keeps
// them resident), then batches of (mesh, target, pose) jobs go in and Gram matrices come out.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/render/contour_mesh.h"
#include "ceres_align/render/outline_sample.h"
#include "ceres_align/render/target.h"

namespace ceres_align {

using MeshId = int;
using TargetId = int;

/// One view to evaluate. The target gives the image size; `camera` must have the same.
struct RasterJob {
  MeshId mesh = 0;
  TargetId target = 0;
  Camera camera;
  Rigid3d cam_from_object;
  /// Odd. 1: pixels are compared as areas. k > 1: of each pixel only the central 1/k x 1/k window
  /// is, so that M and J are the window's; a mask that samples pixel centres says no more.
  int window = 1;
  /// Also the derivatives by the camera's fx, fy, cx, cy (GramResult::intrinsics).
  bool intrinsics = false;
};

/// What a job returns: the sums over all pixels of the view that Levenberg–Marquardt needs.
///
/// Per pixel i with weight w_i: r_i = √w_i (M_i − T_i), M the exact coverage by the mesh, T the
/// target; J_i = ∂r_i/∂[ω, v] where the object moves by X_cam → center + exp(ω)(X_cam − center)
/// + v, `center` being the mesh's ContourMesh::center in the camera: ω (rad) and v (mesh units)
/// have the camera's axes.
struct GramResult {
  /// [J r]ᵀ[J r], 7x7 symmetric, row-major, order ω, v, r. Element [48] is Σ r² (twice the cost).
  double gram[49];
  /// Pixels on the outline that a moving edge crosses: those with a nonzero row of J.
  int boundary_pixels;
  /// Σ w M over the frame, in px².
  double area_px;
  /// Σ w M·(x, y) over the frame, pixel centres, in px³; with area_px: the coverage's centroid.
  double moment_x_px, moment_y_px;
  /// If the job asked for them: with K the columns ∂M/∂[fx, fy, cx, cy] (per px), Kᵀ[J r K], 4x11,
  /// row-major. Else empty.
  std::vector<double> intrinsics;
};

/// All of it may be called from several threads at once; an id must not be released while a call
/// that names it runs. Results are the same bits for any thread count and any order of the batch.
class Rasterizer {
 public:
  virtual ~Rasterizer() = default;
  virtual std::string name() const = 0;

  /// Ids stay valid until Release, which throws nothing; the rasterizer shares ownership. Where
  /// Add throws, nothing is registered. resident.h releases by itself.
  virtual MeshId AddMesh(std::shared_ptr<const ContourMesh> mesh) = 0;
  virtual TargetId AddTarget(std::shared_ptr<const Target> target) = 0;
  virtual void ReleaseMesh(MeshId id) = 0;
  virtual void ReleaseTarget(TargetId id) = 0;

  /// ContourMesh::center: in the object's frame.
  virtual Eigen::Vector3d MeshCenter(MeshId id) const = 0;

  /// results[i] belongs to jobs[i]. CHECKs ids and sizes.
  virtual void Evaluate(const std::vector<RasterJob>& jobs, std::vector<GramResult>* results) = 0;

  /// Runs body(0) … body(n − 1), side by side on the host threads that this rasterizer may use.
  /// Inside a body, Evaluate and Coverage(Batch) may be called; they use that body's thread only.
  virtual void ForEach(size_t n, const std::function<void(size_t)>& body) = 0;

  /// Coverage M (width x height, double: exact to 1e-7) and, if `jacobian` is not null, per pixel
  /// the six derivatives ∂M/∂[ω, v] (row-major, 6 doubles a pixel, all pixels).
  /// The job's target is not used.
  virtual Image<double> Coverage(const RasterJob& job, std::vector<double>* jacobian) = 0;

  /// The pixels on the job's outline (outline_sweep.h), on the host whatever the backend. The job's
  /// target is not used. May be called where Coverage may.
  virtual void Outline(const RasterJob& job, std::vector<OutlineSample>* samples) = 0;

  /// Many small views are best drawn by CoverageBatch, not side by side on the host's threads.
  virtual bool is_for_batches() const { return false; }

  /// Coverage of all jobs, without derivatives, rounded to float: (*images)[i] belongs to jobs[i].
  /// May be called where Coverage may. Backends override it to draw jobs side by side.
  virtual void CoverageBatch(const std::vector<RasterJob>& jobs, std::vector<ImageF>* images);
};

}  // namespace ceres_align
