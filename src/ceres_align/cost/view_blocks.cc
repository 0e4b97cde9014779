#include "ceres_align/cost/view_blocks.h"

#include <cmath>

#include "ceres_align/base/error.h"
#include "ceres_align/cost/pose_manifold.h"
#include "ceres_align/render/view_geometry.h"

namespace ceres_align {
namespace {

// Far beyond what anybody's units differ by.
constexpr double kMostLogScale = 60;

}  // namespace

std::vector<int> ViewUnknowns::BlockSizes() const {
  std::vector<int> sizes = {kPoseBlockSize};
  if (cam_from_rig) sizes.push_back(kPoseBlockSize);
  if (intrinsics) sizes.push_back(kIntrinsicsBlockSize);
  if (log_scale) sizes.push_back(1);
  if (world_from_object) sizes.push_back(kPoseBlockSize);
  return sizes;
}

int ViewUnknowns::TangentSize() const {
  return 6 + (cam_from_rig ? 6 : 0) + (intrinsics ? kIntrinsicsBlockSize : 0) +
         (log_scale ? 1 : 0) + (world_from_object ? 6 : 0);
}

ViewBlocks::ViewBlocks(const ViewUnknowns& unknowns, double const* const* list) {
  rig_from_world = *list++;
  if (unknowns.cam_from_rig) cam_from_rig = *list++;
  if (unknowns.intrinsics) intrinsics = *list++;
  if (unknowns.log_scale) log_scale = *list++;
  if (unknowns.world_from_object) world_from_object = *list++;
}

ViewUnknowns ViewBlocks::unknowns() const {
  ViewUnknowns result;
  result.cam_from_rig = cam_from_rig != nullptr;
  result.intrinsics = intrinsics != nullptr;
  result.log_scale = log_scale != nullptr;
  result.world_from_object = world_from_object != nullptr;
  return result;
}

std::vector<const double*> ViewBlocks::List() const {
  std::vector<const double*> list;
  for (const double* block :
       {rig_from_world, cam_from_rig, intrinsics, log_scale, world_from_object}) {
    if (block != nullptr) list.push_back(block);
  }
  return list;
}

ViewValues::ViewValues(const SilhouetteView& view, const ViewBlocks& blocks)
    : rig_from_world(FromPoseBlock(blocks.rig_from_world)),
      cam_from_rig(view.cam_from_rig),
      world_from_object(view.world_from_object),
      camera(view.camera) {
  if (blocks.cam_from_rig != nullptr) cam_from_rig = FromPoseBlock(blocks.cam_from_rig);
  if (blocks.intrinsics != nullptr) {
    camera.fx_px = view.px_per_full_px.x() * blocks.intrinsics[0];
    camera.fy_px = view.px_per_full_px.y() * blocks.intrinsics[1];
    camera.cx_px = view.px_per_full_px.x() * blocks.intrinsics[2];
    camera.cy_px = view.px_per_full_px.y() * blocks.intrinsics[3];
  }
  if (blocks.log_scale != nullptr) {
    scale = std::abs(*blocks.log_scale) < kMostLogScale ? std::exp(*blocks.log_scale) : 0;
  }
  if (blocks.world_from_object != nullptr) {
    world_from_object = FromPoseBlock(blocks.world_from_object);
  }
}

bool ViewValues::IsValid() const {
  const bool finite = std::isfinite(camera.cx_px) && std::isfinite(camera.cy_px) &&
                      std::isfinite(camera.fx_px) && std::isfinite(camera.fy_px);
  return finite && camera.fx_px > 0 && camera.fy_px > 0 && scale > 0;
}

RasterJob ViewValues::Job(const SilhouetteView& view, bool intrinsics) const {
  RasterJob job;
  job.mesh = view.mesh;
  job.target = view.target;
  job.camera = camera;
  job.window = view.window;
  job.intrinsics = intrinsics;
  job.cam_from_object = cam_from_rig * rig_from_world * world_from_object;
  if (scale != 1) job.cam_from_object.translation /= scale;
  return job;
}

Eigen::MatrixXd CanonicalFromBlocks(const SilhouetteView& view, const ViewValues& values,
                                    const ViewUnknowns& unknowns) {
  const Eigen::Vector3d center_in_world =
      values.world_from_object * (values.scale * view.mesh_center_in_object);
  const Eigen::Vector3d center_in_rig = values.rig_from_world * center_in_world;
  const Rigid3d cam_from_world = values.cam_from_rig * values.rig_from_world;
  Eigen::MatrixXd A = Eigen::MatrixXd::Zero(6, unknowns.TangentSize());
  A.leftCols<6>() = CanonicalFromRig(values.cam_from_rig.rotation, center_in_rig,
                                     values.rig_from_world.translation);
  int column = 6;
  if (unknowns.cam_from_rig) {
    A.middleCols<6>(column) =
        CanonicalFromRig(Eigen::Quaterniond::Identity(), values.cam_from_rig * center_in_rig,
                         values.cam_from_rig.translation);
    column += 6;
  }
  if (unknowns.intrinsics) column += kIntrinsicsBlockSize;
  if (unknowns.log_scale) {
    // Seen from t / scale, the object moves by −t / scale per unit of log_scale.
    const Rigid3d cam_from_object = cam_from_world * values.world_from_object;
    A.block<3, 1>(3, column) = -cam_from_object.translation;
    column += 1;
  }
  if (unknowns.world_from_object) {
    A.middleCols<6>(column) = CanonicalFromRig(cam_from_world.rotation, center_in_world,
                                               values.world_from_object.translation);
  }
  A.bottomRows<3>() /= values.scale;  // canonical v is in the mesh's own units
  return A;
}

Eigen::MatrixXd BlockGram(const SilhouetteView& view, const ViewValues& values,
                          const ViewUnknowns& unknowns, const GramResult& result) {
  if (!unknowns.any()) return view.Gram(result, values.rig_from_world);
  const int n = unknowns.TangentSize();
  // [ω, v, r, fx, fy, cx, cy] from the tangents and r.
  Eigen::MatrixXd B = Eigen::MatrixXd::Zero(11, n + 1);
  B.topLeftCorner(6, n) = CanonicalFromBlocks(view, values, unknowns);
  B(6, n) = 1;
  Eigen::Matrix<double, 11, 11> all = Eigen::Matrix<double, 11, 11>::Zero();
  all.topLeftCorner<7, 7>() = Eigen::Map<const Matrix7d>(result.gram);
  if (unknowns.intrinsics) {
    CHECK_EQ(result.intrinsics.size(), 44u);
    const int column = 6 + (unknowns.cam_from_rig ? 6 : 0);
    const Eigen::Vector2d s = view.px_per_full_px;
    for (int i = 0; i < kIntrinsicsBlockSize; ++i) B(7 + i, column + i) = s[i % 2];
    const auto rows =
        Eigen::Map<const Eigen::Matrix<double, 4, 11, Eigen::RowMajor>>(result.intrinsics.data());
    all.bottomRows<4>() = rows;
    all.topRightCorner<7, 4>() = rows.leftCols<7>().transpose();
  }
  return B.transpose() * all * B;
}

}  // namespace ceres_align
