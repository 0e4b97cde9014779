#include "ceres_align/assess/outline_pixels.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "ceres_align/base/error.h"
#include "ceres_align/render/view_geometry.h"
#include "ceres_align/scene/image_outline.h"

namespace ceres_align {
namespace {

using Eigen::Vector3d;

// How far the outline can lie from the centre of a pixel that it crosses, px.
constexpr double kInPixel_px = 0.7072;

// h = ∂M/∂v and h × of its lever a = the other half of the canonical derivative; the outline's
// point lies on the pixel's ray, and h is perpendicular to that, so a follows.
Vector6d StretchOf(const double* canonical, const Vector3d& center_in_cam,
                   const Eigen::Matrix3d& cam_from_world) {
  const Vector3d turn(canonical[0], canonical[1], canonical[2]);
  const Vector3d h(canonical[3], canonical[4], canonical[5]);
  const double squared = h.squaredNorm();
  if (!(squared > 0)) return Vector6d::Zero();
  const Vector3d lever = (h.cross(turn) - h.dot(center_in_cam) * h) / squared;
  const Vector3d a = cam_from_world.transpose() * lever, g = cam_from_world.transpose() * h;
  Vector6d by;
  by << g.x() * a.x(), g.y() * a.y(), g.z() * a.z(), g.y() * a.z() + g.z() * a.y(),
      g.z() * a.x() + g.x() * a.z(), g.x() * a.y() + g.y() * a.x();
  return by;
}

// Where the outline passes a sampled pixel.
OutlinePoint PointOf(const OutlineSample& sample) {
  const double length = std::hypot(sample.shift[0], sample.shift[1]);
  OutlinePoint p{sample.column + 0.5f, sample.row + 0.5f};
  if (!(length > 1e-3)) return p;
  const double out = std::clamp((sample.coverage - 0.5) / length, -kInPixel_px, kInPixel_px);
  p.x += static_cast<float>(out * sample.shift[0] / length);
  p.y += static_cast<float>(out * sample.shift[1] / length);
  return p;
}

void AddView(int index, const WeightedView& weighted, Rasterizer* rasterizer,
             const Rigid3d& rig_from_world, std::vector<OutlinePixel>* pixels) {
  SilhouetteView view = weighted.view;
  view.mesh_center_in_object = rasterizer->MeshCenter(view.mesh);
  const Target& target = *weighted.target;
  std::vector<OutlineSample> samples;
  const RasterJob job = view.Job(rig_from_world);
  rasterizer->Outline(job, &samples);
  const Matrix6d canonical_from_delta =
      CanonicalFromRig(view.cam_from_rig.rotation,
                       rig_from_world * (view.world_from_object * view.mesh_center_in_object),
                       rig_from_world.translation);
  const Vector3d center_in_cam = job.cam_from_object * view.mesh_center_in_object;
  const Eigen::Matrix3d cam_from_world = (view.cam_from_rig * rig_from_world).R();
  const MaskOutline outline(target.mask(), target.weight());
  for (const OutlineSample& sample : samples) {
    const double w = target.weight().empty() ? 1.0 : target.weight().at(sample.column, sample.row);
    if (!(w > 0)) continue;
    OutlinePixel pixel;
    pixel.view = index;
    pixel.column = sample.column;
    pixel.row = sample.row;
    pixel.weight = w * weighted.weight;
    pixel.coverage = sample.coverage;
    pixel.residual = sample.coverage - target.mask().at(sample.column, sample.row);
    pixel.by_pose = canonical_from_delta.transpose() * Vector6d::Map(sample.jacobian);
    pixel.by_shift = {sample.shift[0], sample.shift[1]};
    pixel.by_focal =
        sample.growth - job.camera.cx_px * sample.shift[0] - job.camera.cy_px * sample.shift[1];
    pixel.by_log_fx = sample.growth_x - job.camera.cx_px * sample.shift[0];
    pixel.by_stretch = StretchOf(sample.jacobian, center_in_cam, cam_from_world);
    const OutlinePoint point = PointOf(sample);
    pixel.from_center_px = {point.x - job.camera.cx_px, point.y - job.camera.cy_px};
    pixel.displacement_px = outline.SignedDistance_px(point, kMostDisplacement_px);
    pixels->push_back(pixel);
  }
}

}  // namespace

std::vector<OutlinePixel> CollectOutline(const std::vector<WeightedView>& views,
                                         Rasterizer* rasterizer, const Rigid3d& rig_from_world) {
  std::vector<std::vector<OutlinePixel>> by_view(views.size());
  for (size_t i = 0; i < views.size(); ++i) {
    CHECK(views[i].target != nullptr) << "view " << i;
    CHECK(views[i].weight > 0 && std::isfinite(views[i].weight)) << "view " << i;
  }
  rasterizer->ForEach(views.size(), [&](size_t i) {
    AddView(static_cast<int>(i), views[i], rasterizer, rig_from_world, &by_view[i]);
  });
  std::vector<OutlinePixel> pixels;
  for (const auto& some : by_view) pixels.insert(pixels.end(), some.begin(), some.end());
  return pixels;
}

}  // namespace ceres_align
