#include "ceres_align/assess/problem_outlines.h"

#include <ceres/loss_function.h>
#include <glog/logging.h>

#include <cmath>

#include "ceres_align/cost/pose_manifold.h"

namespace ceres_align {
namespace {

using Eigen::MatrixXd;

// The factor that a ScaledLoss is.
double WeightOf(const ceres::LossFunction* loss) {
  if (loss == nullptr) return 1;
  double rho[3] = {0, 0, 0}, far[3] = {0, 0, 0};
  loss->Evaluate(1, rho);
  loss->Evaluate(1e9, far);
  CHECK(rho[2] == 0 && far[2] == 0 && std::abs(far[1] - rho[1]) <= 1e-12 * rho[1])
      << "a silhouette's loss must be a ScaledLoss of nothing, or null";
  CHECK(rho[1] > 0) << "a silhouette's weight must be positive";
  return rho[1];
}

// One silhouette at the present values of its blocks.
class PlacedView {
 public:
  PlacedView(const ceres::Problem& problem, const ProblemSilhouette& given, int index)
      : index_(index), given_(given), cost_(AsSilhouette(problem, given.id)) {
    CHECK(cost_ != nullptr) << "silhouette " << index << " is no SilhouetteCostFunction";
    CHECK(given.target != nullptr && given.radius > 0) << "silhouette " << index;
    problem.GetParameterBlocksForResidualBlock(given.id, &list_);
    weight_ = WeightOf(problem.GetLossFunctionForResidualBlock(given.id));
  }
  ViewValues Values() const {
    const std::vector<const double*> list(list_.begin(), list_.end());
    return {cost_->view(), ViewBlocks(cost_->unknowns(), list.data())};
  }
  int window() const { return cost_->view().window; }

  // The outline with by_pose canonical: the pose turns about the mesh's centre in the camera's
  // axes.
  std::vector<OutlinePixel> Outline(Rasterizer* rasterizer, int window) const {
    const ViewValues values = Values();
    CHECK(values.IsValid()) << "silhouette " << index_ << ": there is no image of its blocks";
    const Rigid3d cam_from_object = values.Job(cost_->view(), false).cam_from_object;
    const Eigen::Vector3d center = rasterizer->MeshCenter(cost_->view().mesh);
    WeightedView weighted = {cost_->view(), given_.target, weight_};
    weighted.view.window = window;
    weighted.view.camera = values.camera;
    weighted.view.cam_from_rig = Rigid3d();
    weighted.view.world_from_object = Rigid3d(Eigen::Quaterniond::Identity(), -center);
    std::vector<OutlinePixel> pixels = CollectOutline(
        {weighted}, rasterizer, Rigid3d(cam_from_object.rotation, cam_from_object * center));
    for (OutlinePixel& pixel : pixels) pixel.view = index_;
    return pixels;
  }

  // Column i: ∂M of pixel i by the joint vector.
  MatrixXd ColumnsOf(const std::vector<OutlinePixel>& pixels, const ProblemBlocks& blocks) const {
    const Camera camera = Values().camera;
    MatrixXd own(10, static_cast<Eigen::Index>(pixels.size()));
    for (size_t i = 0; i < pixels.size(); ++i) {
      own.col(static_cast<Eigen::Index>(i)) << pixels[i].by_pose,
          pixels[i].by_log_fx / camera.fx_px,
          (pixels[i].by_focal - pixels[i].by_log_fx) / camera.fy_px, pixels[i].by_shift;
    }
    return FromUnknowns(blocks).transpose() * own;
  }

  // Of all its poses that are variable.
  void AddCenters(const ProblemBlocks& blocks, Rasterizer* rasterizer,
                  std::vector<ProblemOutlines::Center>* centers) const {
    const ViewValues values = Values();
    const ViewBlocks own(cost_->unknowns(),
                         std::vector<const double*>(list_.begin(), list_.end()).data());
    const Eigen::Vector3d in_object = values.scale * rasterizer->MeshCenter(cost_->view().mesh);
    const Eigen::Vector3d in_world = values.world_from_object * in_object;
    const Eigen::Vector3d in_rig = values.rig_from_world * in_world;
    const auto add = [&](const double* block, const Eigen::Vector3d& point) {
      const VariableBlock* variable = blocks.Find(block);
      if (variable == nullptr || !variable->is_pose) return;
      const size_t index = static_cast<size_t>(variable - blocks.variables.data());
      for (const auto& known : *centers) {
        if (known.variable == index) return;
      }
      centers->push_back({index, point, values.scale * given_.radius});
    };
    add(own.rig_from_world, in_world);
    add(own.cam_from_rig, in_rig);
    add(own.world_from_object, in_object);
  }

 private:
  // [canonical, fx, fy, cx, cy] (10) by the joint vector.
  MatrixXd FromUnknowns(const ProblemBlocks& blocks) const {
    const ViewUnknowns& unknowns = cost_->unknowns();
    MatrixXd by_tangents = MatrixXd::Zero(10, unknowns.TangentSize());
    by_tangents.topRows<6>() = CanonicalFromBlocks(cost_->view(), Values(), unknowns);
    MatrixXd result = MatrixXd::Zero(10, blocks.tangent_size());
    Eigen::Index column = 0;
    for (size_t i = 0; i < list_.size(); ++i) {
      const VariableBlock* variable = blocks.Find(list_[i]);
      const int size = unknowns.BlockSizes()[i];
      const bool is_pose = size == kPoseBlockSize;
      if (size == kIntrinsicsBlockSize) {
        for (int k = 0; k < kIntrinsicsBlockSize; ++k) {
          by_tangents(6 + k, column + k) = cost_->view().px_per_full_px[k % 2];
        }
      }
      if (variable != nullptr) {
        CHECK(!is_pose || variable->tangent_size <= 6) << "a pose has no PoseManifold";
        MatrixXd own = by_tangents.middleCols(column, is_pose ? 6 : size);
        if (is_pose) own = MatrixXd(own * Lift(list_[i]));
        result.middleCols(variable->first, variable->tangent_size) = own * variable->plus;
      }
      column += is_pose ? 6 : size;
    }
    return result;
  }

  // By a pose's seven numbers.
  static MatrixXd Lift(const double* pose_block) {
    Eigen::Matrix<double, 6, 7, Eigen::RowMajor> lift;
    PoseManifold().MinusJacobian(pose_block, lift.data());
    return lift;
  }

  int index_;
  const ProblemSilhouette& given_;
  const SilhouetteCostFunction* cost_;
  std::vector<double*> list_;
  double weight_ = 1;
};

}  // namespace

ProblemOutlines OutlinesOf(const ceres::Problem& problem,
                           const std::vector<ProblemSilhouette>& silhouettes,
                           const ProblemBlocks& blocks, Rasterizer* rasterizer) {
  CHECK(!silhouettes.empty());
  ProblemOutlines outlines;
  int window = 1;
  std::vector<OutlinePixel> whole_pixels;
  std::vector<MatrixXd> columns;
  for (size_t i = 0; i < silhouettes.size(); ++i) {
    const PlacedView view(problem, silhouettes[i], static_cast<int>(i));
    if (i == 0) window = view.window();
    CHECK_EQ(view.window(), window) << "silhouettes with different windows";
    const std::vector<OutlinePixel> pixels = view.Outline(rasterizer, window);
    columns.push_back(view.ColumnsOf(pixels, blocks));
    outlines.pixels.insert(outlines.pixels.end(), pixels.begin(), pixels.end());
    if (window > 1) {
      const std::vector<OutlinePixel> whole = view.Outline(rasterizer, 1);
      whole_pixels.insert(whole_pixels.end(), whole.begin(), whole.end());
    }
    view.AddCenters(blocks, rasterizer, &outlines.centers);
  }
  outlines.misfit = MeasureMisfit(window == 1 ? outlines.pixels : whole_pixels);
  outlines.misfit.window = window;
  outlines.by_unknowns.resize(blocks.tangent_size(),
                              static_cast<Eigen::Index>(outlines.pixels.size()));
  Eigen::Index at = 0;
  for (const MatrixXd& own : columns) {
    outlines.by_unknowns.middleCols(at, own.cols()) = own;
    at += own.cols();
  }
  return outlines;
}

}  // namespace ceres_align
