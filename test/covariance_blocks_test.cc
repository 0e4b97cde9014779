// The covariance of several poses and other blocks of a ceres::Problem of one's own.
#include <ceres/ceres.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include "ceres_align/assess/pose_covariance.h"
#include "ceres_align/cost/view_batch.h"
#include "ceres_align/synth/shapes.h"
#include "ceres_align/unknowns/intrinsics_manifold.h"
#include "cost_testing.h"
#include "covariance_testing.h"

namespace ceres_align {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using testing::Compare;
using testing::ErrorAndPromise;
using testing::PoseBlock;
using testing::PosePrior;
using testing::Random;
using testing::TestCamera;
using testing::ToBlock;
using testing::TurnedCamera;
using testing::Vector6d;
using RowMajorXd = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct LogFocalPrior {
  double log_prior, sigma;
  template <typename T>
  bool operator()(const T* intrinsics, T* residual) const {
    using std::log;
    residual[0] = (log(intrinsics[0]) - T(log_prior)) / T(sigma);
    return true;
  }
};

// How well the two things are known that the masks cannot tell apart from others.
constexpr double kFocalSigma = 0.0003, kRigSigma_rad = 0.0005, kRigSigma = 0.0025;
constexpr int kFrames = 2, kCameras = 2;

// Two cameras, the place of the second hardly known, have seen an object of unknown size from two
// places; the cameras are alike and their focal length is hardly known.
class TwoFrames {
 public:
  TwoFrames() : TwoFrames(MakeMultiPart(600)) {}
  explicit TwoFrames(TriangleMesh mesh) : mesh_(std::move(mesh)) {
    for (Eigen::Vector3d& vertex : mesh_.vertices) vertex += Eigen::Vector3d(0.7, -1.1, 0.4);
    camera_ = TestCamera(640, 520);
    Random random("two frames", 5);
    truth_[0] = testing::RandomPose(mesh_, camera_, 168, &random);
    truth_[1] = testing::RandomPose(mesh_, camera_, 144, &random);
    rig_truth_ = TurnedCamera(truth_[0] * BoundingSphere(mesh_).center, 0.7);
    renderer_ = std::make_unique<testing::MeshRenderer>(mesh_, 1);
    // So many samples that their own error, the same in all runs, is far below the noise.
    for (int v = 0; v < kFrames * kCameras; ++v) {
      clean_.push_back(RenderMask(mesh_, CamFromRig(v) * truth_[v / kCameras], camera_, 24));
    }
  }
  Rigid3d CamFromRig(int v) const { return v % kCameras == 0 ? Rigid3d() : rig_truth_; }
  double radius() const { return renderer_->contour_mesh().radius; }
  Rasterizer* rasterizer() const { return &renderer_->rasterizer(); }
  Eigen::Vector3d center() const { return rasterizer()->MeshCenter(renderer_->id()); }
  const Camera& camera() const { return camera_; }
  MeshId mesh_id() const { return renderer_->id(); }

  TriangleMesh mesh_;
  Camera camera_;
  Rigid3d truth_[kFrames], rig_truth_;
  std::unique_ptr<testing::MeshRenderer> renderer_;
  std::vector<ImageF> clean_;
};

// A problem on them, begun at the truth, its masks and priors drawn by a seed (0: exact).
struct Posed {
  static constexpr double kWeight = 20;

  Posed(const TwoFrames& world, uint64_t seed) : world(world) {
    Random random("priors", seed);
    const auto draw = [&](double sigma) { return seed == 0 ? 0.0 : sigma * random.Normal(); };
    for (int f = 0; f < kFrames; ++f) {
      pose[f] = ToBlock(world.truth_[f]);
      problem.AddParameterBlock(pose[f].data(), kPoseBlockSize, new PoseManifold);
    }
    rig = ToBlock(world.rig_truth_);
    problem.AddParameterBlock(rig.data(), kPoseBlockSize, new PoseManifold);
    const Camera& camera = world.camera();
    intrinsics = {camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px};
    problem.AddParameterBlock(intrinsics.data(), 4, new IntrinsicsManifold(true, false));
    problem.AddParameterBlock(&log_scale, 1);
    for (int v = 0; v < kFrames * kCameras; ++v) AddSilhouette(v, seed);

    const double log_focal = std::log(camera.fx_px) + draw(kFocalSigma);
    focal_prior = problem.AddResidualBlock(new ceres::AutoDiffCostFunction<LogFocalPrior, 1, 4>(
                                               new LogFocalPrior{log_focal, kFocalSigma}),
                                           nullptr, intrinsics.data());
    Vector6d sigmas, drawn;
    sigmas << Eigen::Vector3d::Constant(kRigSigma_rad), Eigen::Vector3d::Constant(kRigSigma);
    for (int i = 0; i < 6; ++i) drawn[i] = draw(sigmas[i]);
    PoseBlock measured;
    PoseManifold().Plus(rig.data(), drawn.data(), measured.data());
    problem.AddResidualBlock(new PosePrior(measured, MatrixXd(sigmas.cwiseInverse().asDiagonal())),
                             nullptr, rig.data());
  }
  ~Posed() {
    for (const TargetId id : target_ids) world.rasterizer()->ReleaseTarget(id);
  }

  void AddSilhouette(int v, uint64_t seed) {
    targets.push_back(std::make_shared<Target>(
        seed == 0 ? world.clean_[v] : testing::NoisyMask(world.clean_[v], 10 * seed + v),
        ImageF()));
    target_ids.push_back(world.rasterizer()->AddTarget(targets.back()));
    SilhouetteView view;
    view.mesh = world.mesh_id();
    view.target = target_ids.back();
    view.camera = world.camera();
    const bool second = v % kCameras == 1;
    const ViewUnknowns unknowns = {second, true, true, false};
    std::vector<double*> list = {pose[v / kCameras].data()};
    if (second) list.push_back(rig.data());
    list.push_back(intrinsics.data());
    list.push_back(&log_scale);
    const ceres::ResidualBlockId id = problem.AddResidualBlock(
        new SilhouetteCostFunction(view, world.rasterizer(), unknowns),
        new ceres::ScaledLoss(nullptr, kWeight, ceres::TAKE_OWNERSHIP), list);
    silhouettes.push_back({id, targets.back().get(), world.radius()});
  }

  std::vector<double*> Blocks() {
    return {pose[0].data(), pose[1].data(), rig.data(), intrinsics.data(), &log_scale};
  }
  static std::vector<int> TangentSizes() { return {6, 6, 6, 1, 1}; }

  // By the tangents at the truth.
  VectorXd Error() const {
    VectorXd error(20);
    for (int f = 0; f < kFrames; ++f) {
      PoseManifold().Minus(pose[f].data(), ToBlock(world.truth_[f]).data(), &error[6 * f]);
    }
    PoseManifold().Minus(rig.data(), ToBlock(world.rig_truth_).data(), &error[12]);
    error[18] = std::log(intrinsics[0] / world.camera().fx_px);
    error[19] = log_scale;
    return error;
  }
  // Of all blocks' tangents, from blocks of the answer.
  MatrixXd Covariance(const PoseCovariance& covariance) {
    const std::vector<double*> blocks = Blocks();
    const std::vector<int> sizes = TangentSizes();
    MatrixXd all(20, 20);
    int row = 0;
    for (size_t a = 0; a < blocks.size(); ++a) {
      int column = 0;
      for (size_t b = 0; b < blocks.size(); ++b) {
        RowMajorXd part(sizes[a], sizes[b]);
        covariance.GetCovarianceBlockInTangentSpace(blocks[a], blocks[b], part.data());
        all.block(row, column, sizes[a], sizes[b]) = part;
        column += sizes[b];
      }
      row += sizes[a];
    }
    return all;
  }

  static MatrixXd WithoutCoupling(const MatrixXd& C) {
    MatrixXd result = MatrixXd::Zero(C.rows(), C.cols());
    int at = 0;
    for (const int size : TangentSizes()) {
      result.block(at, at, size, size) = C.block(at, at, size, size);
      at += size;
    }
    return result;
  }
  // From now on.
  MatrixXd CovarianceWithoutFocalPrior() {
    problem.RemoveResidualBlock(focal_prior);
    PoseCovariance covariance;
    EXPECT_TRUE(covariance.Compute(silhouettes, world.rasterizer(), &problem))
        << covariance.message();
    return Covariance(covariance);
  }
  // Of the two poses, each by itself, the other blocks from now on constant.
  MatrixXd CovarianceOfPosesAlone() {
    for (double* block : {rig.data(), intrinsics.data(), &log_scale}) {
      problem.SetParameterBlockConstant(block);
    }
    MatrixXd poses = MatrixXd::Zero(12, 12);
    for (int f = 0; f < kFrames; ++f) {
      PoseCovariance covariance;
      EXPECT_TRUE(covariance.Compute({silhouettes[2 * f], silhouettes[2 * f + 1]},
                                     world.rasterizer(), &problem));
      RowMajorXd part(6, 6);
      covariance.GetCovarianceBlockInTangentSpace(part.data());
      poses.block<6, 6>(6 * f, 6 * f) = part;
    }
    return poses;
  }

  const TwoFrames& world;
  PoseBlock pose[kFrames], rig;
  std::array<double, 4> intrinsics;
  double log_scale = 0;
  std::vector<std::shared_ptr<const Target>> targets;
  std::vector<TargetId> target_ids;
  ceres::Problem problem;
  std::vector<ProblemSilhouette> silhouettes;
  ceres::ResidualBlockId focal_prior;
};

// Of the entries, each relative to the two sigmas.
double Difference(const MatrixXd& a, const MatrixXd& b) {
  const VectorXd scale = b.diagonal().cwiseSqrt().cwiseInverse();
  return (scale.asDiagonal() * (a - b) * scale.asDiagonal()).cwiseAbs().maxCoeff();
}

// The outlines' JᵀJ by all blocks' tangents against that of the cost functions, whose columns
// cost_blocks_test checks against differences of images.
TEST(CovarianceBlocks, OutlinesHaveTheProblemsNormalMatrix) {
  const TwoFrames world;
  for (const bool lens : {false, true}) {
    for (const int window : {1, 3}) {
      Random random("outlines", window);
      Camera camera = world.camera();
      if (lens) camera.lens = {-0.2, 0.05, 0.001, -0.002};
      PoseBlock rig_pose = ToBlock(world.truth_[0]), place = ToBlock(TurnedCamera({0, 0, 3}, 0.1)),
                object = ToBlock(Rigid3d(ExpRotation({0.03, -0.02, 0.05}), {0.1, -0.15, 0.2}));
      double intrinsics[4] = {camera.fx_px / 0.5, camera.fy_px / 0.4, camera.cx_px / 0.5,
                              camera.cy_px / 0.4};
      double log_scale = 0.1;
      const auto target = std::make_shared<Target>(world.clean_[0], ImageF());
      SilhouetteView view;
      view.mesh = world.mesh_id();
      view.target = world.rasterizer()->AddTarget(target);
      view.camera = camera;
      view.window = window;
      view.px_per_full_px = {0.5, 0.4};
      ceres::Problem problem;
      const std::vector<double*> list = {rig_pose.data(), place.data(), intrinsics, &log_scale,
                                         object.data()};
      const ceres::ResidualBlockId id = problem.AddResidualBlock(
          new SilhouetteCostFunction(view, world.rasterizer(), {true, true, true, true}),
          new ceres::ScaledLoss(nullptr, 3, ceres::TAKE_OWNERSHIP), list);
      for (PoseBlock* pose : {&rig_pose, &place, &object}) {
        problem.SetManifold(pose->data(), new PoseManifold);
      }
      const auto check = [&](int columns) {
        const ProblemBlocks blocks = BlocksTiedTo(problem, std::vector<ceres::ResidualBlockId>{id});
        ASSERT_EQ(blocks.tangent_size(), columns);
        MatrixXd J;
        VectorXd residuals;
        ASSERT_TRUE(JacobianOf(&problem, {id}, blocks, &J, &residuals));
        const ProblemOutlines outlines =
            OutlinesOf(problem, {{id, target.get(), world.radius()}}, blocks, world.rasterizer());
        EXPECT_EQ(outlines.misfit.window, window);
        MatrixXd H = MatrixXd::Zero(columns, columns);
        VectorXd g = VectorXd::Zero(columns);
        for (size_t i = 0; i < outlines.pixels.size(); ++i) {
          const auto column = outlines.by_unknowns.col(static_cast<Eigen::Index>(i));
          H += outlines.pixels[i].weight * column * column.transpose();
          g += outlines.pixels[i].weight * outlines.pixels[i].residual * column;
        }
        const MatrixXd expected = J.transpose() * J;
        EXPECT_LT(Difference(H, expected), 1e-9);
        EXPECT_LT((g - J.transpose() * residuals)
                      .cwiseQuotient(VectorXd(expected.diagonal().cwiseSqrt()))
                      .norm(),
                  1e-9 * residuals.norm());
        for (int k = 0; k < columns; ++k) {  // an error of a thousandth would be seen
          MatrixXd wrong = H;
          wrong.row(k) *= 1.001;
          wrong.col(k) *= 1.001;
          EXPECT_GT(Difference(wrong, expected), 1e-4) << "column " << k;
        }
      };
      check(23);
      problem.SetManifold(intrinsics, new ceres::SubsetManifold(4, {0, 2}));
      problem.SetParameterBlockConstant(place.data());
      check(15);
      problem.SetManifold(intrinsics, new IntrinsicsManifold(true, true));
      problem.SetParameterBlockVariable(place.data());
      problem.SetParameterBlockConstant(&log_scale);
      check(21);
      world.rasterizer()->ReleaseTarget(view.target);
    }
  }
}

// Known poses of one frame alone: what PoseCovariance of one pose says, with its weight and prior.
TEST(CovarianceBlocks, OnePoseIsThatOfOnePose) {
  const TwoFrames world;
  Posed posed(world, 3);
  for (double* block : {posed.pose[1].data(), posed.rig.data(), posed.intrinsics.data()}) {
    posed.problem.SetParameterBlockConstant(block);
  }
  posed.problem.SetParameterBlockConstant(&posed.log_scale);
  PoseBlock measured = posed.pose[0];
  Random random("prior", 1);
  MatrixXd W(4, 6);
  for (Eigen::Index i = 0; i < W.size(); ++i) W.data()[i] = 300 * random.Normal();
  posed.problem.AddResidualBlock(new PosePrior(measured, W), nullptr, posed.pose[0].data());
  std::vector<WeightedView> views;
  for (int v = 0; v < kCameras; ++v) {
    SilhouetteView view;
    view.mesh = world.mesh_id();
    view.target = posed.target_ids[v];
    view.camera = world.camera();
    view.cam_from_rig = world.CamFromRig(v);
    views.push_back({view, posed.targets[v].get(), Posed::kWeight});
  }
  PoseCovariance one, several;
  ASSERT_TRUE(one.Compute(views, world.rasterizer(), world.radius(), posed.pose[0].data(),
                          Matrix6d(W.transpose() * W)));
  ASSERT_TRUE(several.Compute({posed.silhouettes[0], posed.silhouettes[1]}, world.rasterizer(),
                              &posed.problem))
      << several.message();
  EXPECT_LT(
      Difference(several.CovarianceAbout(world.center()), one.CovarianceAbout(world.center())),
      1e-6);
  RowMajorXd expected(7, 7), ambient(7, 7), zeros(7, 4);
  one.GetCovarianceBlock(expected.data());
  several.GetCovarianceBlock(ambient.data());
  EXPECT_LT((ambient - expected).norm(), 1e-6 * expected.norm());
  zeros.setOnes();
  several.GetCovarianceBlock(posed.pose[0].data(), posed.intrinsics.data(), zeros.data());
  EXPECT_EQ(zeros.norm(), 0);  // of a constant block
}

// The blocks of the answer are those of one symmetric matrix, ambient ones P₁CP₂ᵀ of them; and a
// batch makes no difference.
TEST(CovarianceBlocks, BlocksBelongTogether) {
  const TwoFrames world;
  Posed posed(world, 4);
  testing::SolveQuietly(&posed.problem);
  PoseCovariance covariance;
  ASSERT_TRUE(covariance.Compute(posed.silhouettes, world.rasterizer(), &posed.problem))
      << covariance.message();
  const MatrixXd all = posed.Covariance(covariance);
  EXPECT_LT(Difference(all, all.transpose()), 1e-12);
  EXPECT_GT(EigenOf<Eigen::Dynamic>(all).values[0], 0);
  RowMajorXd ambient(7, 4), plus(7, 6);
  covariance.GetCovarianceBlock(posed.pose[1].data(), posed.intrinsics.data(), ambient.data());
  PoseManifold().PlusJacobian(posed.pose[1].data(), plus.data());
  Eigen::RowVector4d by_log_f(posed.intrinsics[0], posed.intrinsics[1], 0, 0);
  const MatrixXd expected = plus * all.block(6, 18, 6, 1) * by_log_f;
  EXPECT_GT(expected.norm(), 0);
  EXPECT_LT((ambient - expected).norm(), 1e-9 * expected.norm());

  ViewBatch batch(world.rasterizer());
  ceres::Problem::Options options;
  options.evaluation_callback = &batch;
  ceres::Problem problem(options);
  std::vector<ProblemSilhouette> silhouettes;
  for (int v = 0; v < kFrames * kCameras; ++v) {
    SilhouetteView view;
    view.mesh = world.mesh_id();
    view.target = posed.target_ids[v];
    view.camera = world.camera();
    ViewBlocks blocks(posed.pose[v / kCameras].data());
    if (v % kCameras == 1) blocks.cam_from_rig = posed.rig.data();
    blocks.intrinsics = posed.intrinsics.data();
    blocks.log_scale = &posed.log_scale;
    std::vector<double*> list;
    for (const double* block : blocks.List()) list.push_back(const_cast<double*>(block));
    silhouettes.push_back(
        {problem.AddResidualBlock(new SilhouetteCostFunction(&batch, batch.AddView(view, blocks)),
                                  nullptr, list),
         posed.targets[v].get(), world.radius()});
  }
  for (PoseBlock* pose : {&posed.pose[0], &posed.pose[1], &posed.rig}) {
    problem.SetManifold(pose->data(), new PoseManifold);
  }
  problem.SetManifold(posed.intrinsics.data(), new IntrinsicsManifold(true, false));
  // One factor of all lengths is free without the rig's prior.
  PoseCovariance free_scale, by_batch;
  EXPECT_FALSE(free_scale.Compute(silhouettes, world.rasterizer(), &problem));
  EXPECT_EQ(free_scale.message(), "some combination of the unknowns changes nothing");
  problem.SetParameterBlockConstant(&posed.log_scale);
  ASSERT_TRUE(by_batch.Compute(silhouettes, world.rasterizer(), &problem)) << by_batch.message();
  posed.problem.SetParameterBlockConstant(&posed.log_scale);
  EXPECT_GT(by_batch.SigmasAbout(posed.pose[0].data(), world.center())[5], 0);
}

// Of one block: mean of eᵀC⁻¹e / n.
double Chi2OfBlock(const std::vector<ErrorAndPromise>& runs, int first, int size) {
  double sum = 0;
  for (const ErrorAndPromise& run : runs) {
    const VectorXd e = run.error.segment(first, size);
    const MatrixXd C = run.covariance.block(first, first, size, size);
    sum += e.dot(SolveSymmetric(C, e).col(0)) / size;
  }
  return sum / static_cast<double>(runs.size());
}

// The errors' second moments against the mean promise. Of 300 runs and 20 numbers the ratios
// scatter in 0.55 to 1.58 where all is right (Marchenko and Pastur, 1967); a fifth is allowed
// for what the promise of one pose is off by in pose_covariance_test, too.
bool RatiosHold(const std::vector<ErrorAndPromise>& runs, const char* name) {
  const VectorXd ratios = Compare(runs, name).ratios;
  return ratios.minCoeff() > 0.55 / 1.2 && ratios.maxCoeff() < 1.58 * 1.2;
}

// Two poses, a rig, a focal length and a scale, masks with errors that are correlated along the
// outline, priors that tell about as much as the masks do. The χ² of all 20 numbers by each run's
// own promise is above 1, as Hotelling's T² is, for that is estimated from some tens of tiles;
// that of a block is near 1.
TEST(CovarianceBlocks, KeepsItsPromise) {
  const TwoFrames world;
  std::vector<ErrorAndPromise> right, no_prior, no_coupling, others_known;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Posed posed(world, seed);
    testing::SolveQuietly(&posed.problem);
    PoseCovariance covariance;
    ASSERT_TRUE(covariance.Compute(posed.silhouettes, world.rasterizer(), &posed.problem))
        << covariance.message();
    const VectorXd error = posed.Error();
    const MatrixXd C = posed.Covariance(covariance);
    right.push_back({error, C});
    no_coupling.push_back({error, posed.WithoutCoupling(C)});
    no_prior.push_back({error, posed.CovarianceWithoutFocalPrior()});
    others_known.push_back({error.head(12), posed.CovarianceOfPosesAlone()});
  }
  EXPECT_TRUE(RatiosHold(right, "covariance"));
  int first = 0;
  for (const int size : Posed::TangentSizes()) {
    const double chi2 = Chi2OfBlock(right, first, size);
    std::printf("  block of %d: chi2/%d %.2f\n", size, size, chi2);
    EXPECT_GT(chi2, 0.75);
    EXPECT_LT(chi2, 1.35);
    first += size;
  }
  EXPECT_FALSE(RatiosHold(no_prior, "focal prior forgotten"));
  EXPECT_FALSE(RatiosHold(no_coupling, "coupling forgotten"));
  EXPECT_FALSE(RatiosHold(others_known, "others taken as known"));
  EXPECT_GT(Chi2OfBlock(others_known, 0, 6), 1.35);
}

// A ball's rotation is known by its facets alone, whatever else is; a prior on it tells it.
TEST(CovarianceBlocks, ABallsRotationNeedsAPrior) {
  const TwoFrames world(MakeIcosphere(1, 4));
  Posed posed(world, 0);
  PoseCovariance covariance;
  EXPECT_FALSE(covariance.Compute(posed.silhouettes, world.rasterizer(), &posed.problem));
  EXPECT_NE(covariance.message().find("facets"), std::string::npos) << covariance.message();
  MatrixXd W = MatrixXd::Zero(3, 6);
  W.leftCols<3>().diagonal().setConstant(1e4);
  for (PoseBlock& pose : posed.pose) {
    posed.problem.AddResidualBlock(new PosePrior(pose, W), nullptr, pose.data());
  }
  ASSERT_TRUE(covariance.Compute(posed.silhouettes, world.rasterizer(), &posed.problem))
      << covariance.message();
  const Vector6d sigmas = covariance.SigmasAbout(posed.pose[1].data(), world.center());
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(sigmas[k], 1e-4, 5e-6);
}

TEST(CovarianceBlocksDeathTest, ProgrammersErrors) {
  const TwoFrames world;
  Posed posed(world, 1);
  PoseCovariance covariance;
  double block[49];
  EXPECT_DEATH(covariance.GetCovarianceBlock(posed.rig.data(), posed.rig.data(), block),
               "Compute was not called");
  const auto compute = [&] {
    covariance.Compute(posed.silhouettes, world.rasterizer(), &posed.problem);
  };
  const ProblemSilhouette last = posed.silhouettes.back();
  posed.silhouettes.pop_back();
  EXPECT_DEATH(compute(), "not among them");
  posed.silhouettes.push_back(posed.silhouettes.back());
  EXPECT_DEATH(compute(), "twice");
  posed.silhouettes.back() = {last.id, posed.targets[0].get(), last.radius};
  EXPECT_DEATH(compute(), "do not have these targets");
  posed.silhouettes.back() = last;
  compute();
  EXPECT_DEATH(covariance.GetCovarianceBlock(block, block, block), "nothing ties");
  EXPECT_DEATH(covariance.SigmasAbout(world.center()), "say which");
  EXPECT_DEATH(covariance.SigmasAbout(posed.intrinsics.data(), world.center()), "no variable pose");
  // A route for one pose must not take other blocks as known.
  Matrix6d information;
  EXPECT_DEATH(InformationOfOthers(&posed.problem, posed.pose[0].data(), &information),
               "several variable blocks");
  ceres::Problem problem;
  SilhouetteView view;
  view.mesh = world.mesh_id();
  view.target = posed.target_ids[0];
  view.camera = world.camera();
  const ceres::ResidualBlockId id =
      problem.AddResidualBlock(new SilhouetteCostFunction(view, world.rasterizer()),
                               new ceres::HuberLoss(1), posed.pose[0].data());
  const std::vector<ProblemSilhouette> robust = {{id, posed.targets[0].get(), world.radius()}};
  EXPECT_DEATH(covariance.Compute(robust, world.rasterizer(), &problem), "ScaledLoss");
}

}  // namespace
}  // namespace ceres_align
