// The covariance of a pose solved in a ceres::Problem of one's own.
#include "ceres_align/assess/pose_covariance.h"

#include <ceres/ceres.h>
#include <glog/logging.h>
#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <memory>

#include "ceres_align/cost/view_batch.h"
#include "ceres_align/synth/shapes.h"
#include "cost_testing.h"
#include "covariance_testing.h"

namespace ceres_align {
namespace {

using testing::Agreement;
using testing::PoseBlock;
using testing::PosePrior;
using testing::Random;
using testing::TestCamera;
using testing::ToBlock;
using testing::TurnedCamera;
using testing::Vector6d;
using Matrix7 = Eigen::Matrix<double, 7, 7, Eigen::RowMajor>;
using RowMajor6 = Eigen::Matrix<double, 6, 6, Eigen::RowMajor>;

// An asymmetric object, its centre away from the world's origin, seen by one or two cameras.
struct Setting {
  explicit Setting(int num_views, const TriangleMesh& shape = MakeMultiPart(600),
                   int width_px = 110, int height_px = 90, int samples = 8)
      : samples_per_axis(samples) {
    mesh = shape;
    for (Eigen::Vector3d& vertex : mesh.vertices) vertex += Eigen::Vector3d(0.7, -1.1, 0.4);
    const Camera camera = TestCamera(width_px, height_px);
    Random random("pose covariance", 3);
    truth = testing::RandomPose(mesh, camera, 0.33 * height_px, &random);
    views = std::make_unique<testing::Views>(mesh, truth);
    Add(camera, Rigid3d());
    if (num_views > 1) Add(camera, TurnedCamera(truth * BoundingSphere(mesh).center, 0.8));
  }
  void Add(const Camera& camera, const Rigid3d& cam_from_rig) {
    const int i = static_cast<int>(weighted.size());
    const SilhouetteView view =
        views->Add(camera, cam_from_rig, Rigid3d(), samples_per_axis, false);
    weighted.push_back({view, &views->target(i), 1.0});
  }
  Eigen::Vector3d center() const { return rasterizer()->MeshCenter(weighted[0].view.mesh); }
  Rasterizer* rasterizer() const { return views->rasterizer(); }
  bool Compute(const Matrix6d& information, PoseCovariance* covariance) const {
    return covariance->Compute(weighted, rasterizer(), views->radius(), ToBlock(truth).data(),
                               information);
  }

  TriangleMesh mesh;
  int samples_per_axis;
  Rigid3d truth;
  std::unique_ptr<testing::Views> views;
  std::vector<WeightedView> weighted;
};

Matrix6d TangentOf(const PoseCovariance& covariance) {
  RowMajor6 block;
  covariance.GetCovarianceBlockInTangentSpace(block.data());
  return block;
}

// Of the entries, each relative to the two sigmas.
double Difference(const Matrix6d& a, const Matrix6d& b) {
  const Vector6d scale = b.diagonal().cwiseSqrt().cwiseInverse();
  return (scale.asDiagonal() * (a - b) * scale.asDiagonal()).cwiseAbs().maxCoeff();
}

TEST(PoseCovariance, WithoutOthersIsTheSandwich) {
  for (int num_views = 1; num_views <= 2; ++num_views) {
    const Setting setting(num_views);
    PoseCovariance covariance;
    ASSERT_TRUE(setting.Compute(Matrix6d::Zero(), &covariance)) << covariance.message();
    std::vector<SilhouetteView> views;
    std::vector<const Target*> targets;
    for (const WeightedView& view : setting.weighted) {
      views.push_back(view.view);
      targets.push_back(view.target);
    }
    const auto expected = SandwichCovariance(views, targets, setting.rasterizer(),
                                             setting.views->radius(), setting.truth);
    ASSERT_TRUE(expected.has_value());
    EXPECT_LT(Difference(TangentOf(covariance), *expected), 1e-9);
  }
}

// Views whose pixels' middles alone are compared: the misfit is still that of whole pixels, and the
// curvature the window's.
TEST(PoseCovariance, KnowsTheWindow) {
  Setting setting(2, MakeMultiPart(600), 160, 130, 1);
  // Masks that are off by a third of a pixel.
  const double depth = (setting.truth * setting.center()).z();
  setting.truth.translation.x() += 0.33 * depth / setting.weighted[0].view.camera.fx_px;
  const std::vector<OutlinePixel> whole =
      CollectOutline(setting.weighted, setting.rasterizer(), setting.truth);
  for (WeightedView& view : setting.weighted) view.view.window = 5;
  PoseCovariance covariance;
  ASSERT_TRUE(setting.Compute(Matrix6d::Zero(), &covariance)) << covariance.message();
  const std::vector<OutlinePixel> middles =
      CollectOutline(setting.weighted, setting.rasterizer(), setting.truth);
  Misfit misfit = MeasureMisfit(whole);
  const auto without =
      SandwichCovariance(middles, misfit, Matrix6d::Zero(), setting.views->radius(), nullptr);
  misfit.window = 5;
  const auto expected =
      SandwichCovariance(middles, misfit, Matrix6d::Zero(), setting.views->radius(), nullptr);
  ASSERT_TRUE(expected && without);
  EXPECT_LT(Difference(TangentOf(covariance), *expected), 1e-9);
  EXPECT_GT(Difference(*without, *expected), 0.1);
}

// One factor on all silhouettes changes nothing as long as nothing else is known.
TEST(PoseCovariance, DoesNotDependOnACommonWeight) {
  Setting setting(2);
  PoseCovariance one, other;
  ASSERT_TRUE(setting.Compute(Matrix6d::Zero(), &one));
  for (WeightedView& view : setting.weighted) view.weight = 0.003;
  ASSERT_TRUE(setting.Compute(Matrix6d::Zero(), &other));
  EXPECT_LT(Difference(TangentOf(other), TangentOf(one)), 1e-9);
  setting.weighted[0].weight = 0.3;
  ASSERT_TRUE(setting.Compute(Matrix6d::Zero(), &other));
  EXPECT_GT(Difference(TangentOf(other), TangentOf(one)), 0.1);
}

TEST(PoseCovariance, AmbientBlockHasRankSixAndNoPartAlongTheQuaternion) {
  const Setting setting(2);
  PoseCovariance covariance;
  ASSERT_TRUE(setting.Compute(Matrix6d::Zero(), &covariance));
  Matrix7 ambient;
  covariance.GetCovarianceBlock(ambient.data());
  const PoseBlock pose = ToBlock(setting.truth);

  // P by differences of Plus.
  Eigen::Matrix<double, 7, 6> P;
  const double h = 1e-6;
  for (int k = 0; k < 6; ++k) {
    PoseBlock ahead, behind;
    PoseManifold().Plus(pose.data(), Vector6d(h * Vector6d::Unit(k)).data(), ahead.data());
    PoseManifold().Plus(pose.data(), Vector6d(-h * Vector6d::Unit(k)).data(), behind.data());
    for (int i = 0; i < 7; ++i) P(i, k) = (ahead[i] - behind[i]) / (2 * h);
  }
  const Matrix7 expected = P * TangentOf(covariance) * P.transpose();
  EXPECT_LT((ambient - expected).norm(), 1e-8 * expected.norm());

  Eigen::Matrix<double, 7, 1> along = Eigen::Matrix<double, 7, 1>::Zero();
  along.head<4>() = setting.truth.rotation.coeffs();
  EXPECT_LT((ambient * along).norm(), 1e-12 * ambient.norm());
  const Eigen::VectorXd scale = ambient.diagonal().cwiseSqrt().cwiseInverse();
  const Eigen::MatrixXd scaled = scale.asDiagonal() * ambient * scale.asDiagonal();
  const Eigen::VectorXd values = EigenOf<Eigen::Dynamic>(scaled).values;
  EXPECT_LT(std::abs(values[0]), 1e-12);
  EXPECT_GT(values[1], 1e-9);
}

// The point's motion in the rig by differences of poses, not by the formula.
TEST(PoseCovariance, ChangesThePointOfRotation) {
  const Setting setting(2);
  PoseCovariance covariance;
  ASSERT_TRUE(setting.Compute(Matrix6d::Zero(), &covariance));
  const Matrix6d tangent = TangentOf(covariance);
  const PoseBlock pose = ToBlock(setting.truth);
  for (const Eigen::Vector3d& point :
       {setting.center(), setting.truth.TargetOriginInSource(), Eigen::Vector3d(3, -2, 5)}) {
    Matrix6d A = Matrix6d::Identity();
    const double h = 1e-6;
    for (int k = 0; k < 6; ++k) {
      PoseBlock ahead, behind;
      PoseManifold().Plus(pose.data(), Vector6d(h * Vector6d::Unit(k)).data(), ahead.data());
      PoseManifold().Plus(pose.data(), Vector6d(-h * Vector6d::Unit(k)).data(), behind.data());
      A.col(k).tail<3>() =
          (FromPoseBlock(ahead.data()) * point - FromPoseBlock(behind.data()) * point) / (2 * h);
    }
    const Matrix6d expected = A * tangent * A.transpose();
    EXPECT_LT(Difference(covariance.CovarianceAbout(point), expected), 1e-6);
    EXPECT_LT((covariance.SigmasAbout(point) - expected.diagonal().cwiseSqrt()).norm(),
              1e-6 * covariance.SigmasAbout(point).norm());
  }
}

// A problem's other residuals, one of them tied to another variable, against the whole normal
// matrix inverted by hand.
TEST(PoseCovariance, TakesTheOtherResidualsOfAProblem) {
  const Setting setting(1);
  PoseBlock pose = ToBlock(setting.truth);
  Random random("others", 1);
  Eigen::MatrixXd of_pose(4, 6), mixed(3, 6), of_rest(3, 2);
  for (auto* m : {&of_pose, &mixed, &of_rest}) {
    for (Eigen::Index i = 0; i < m->size(); ++i) m->data()[i] = random.Normal();
  }
  struct Mixed {
    PoseBlock at;
    Eigen::MatrixXd A, B;
    bool operator()(const double* x, const double* y, double* residuals) const {
      Vector6d delta;
      PoseManifold().Minus(x, at.data(), delta.data());
      Eigen::Vector3d::Map(residuals) = A * delta + B * Eigen::Vector2d::Map(y);
      return true;
    }
  };
  double rest[2] = {0.1, -0.2}, fixed[2] = {0.3, 0.1};
  ceres::Problem problem;
  problem.AddParameterBlock(pose.data(), kPoseBlockSize, new PoseManifold);
  problem.AddResidualBlock(new PosePrior(pose, of_pose),
                           new ceres::ScaledLoss(nullptr, 2.0, ceres::TAKE_OWNERSHIP), pose.data());
  using Cost = ceres::NumericDiffCostFunction<Mixed, ceres::CENTRAL, 3, 7, 2>;
  problem.AddResidualBlock(new Cost(new Mixed{pose, mixed, of_rest}), nullptr, pose.data(), rest);
  problem.AddResidualBlock(new Cost(new Mixed{pose, mixed, of_rest}), nullptr, pose.data(), fixed);
  problem.SetParameterBlockConstant(fixed);
  problem.AddResidualBlock(
      new SilhouetteCostFunction(setting.weighted[0].view, setting.rasterizer()), nullptr,
      pose.data());

  Eigen::Matrix<double, 8, 8> H = Eigen::Matrix<double, 8, 8>::Zero();
  Eigen::Matrix<double, 3, 8> both;
  both << mixed, of_rest;
  H.topLeftCorner<6, 6>() = 2 * of_pose.transpose() * of_pose + mixed.transpose() * mixed;
  H += both.transpose() * both;
  Matrix6d information;
  ASSERT_TRUE(InformationOfOthers(&problem, pose.data(), &information));
  const Matrix6d marginal = H.topLeftCorner<6, 6>() - H.topRightCorner<6, 2>() *
                                                          H.bottomRightCorner<2, 2>().inverse() *
                                                          H.bottomLeftCorner<2, 6>();
  EXPECT_LT((information - marginal).norm(), 1e-6 * marginal.norm());

  PoseCovariance from_problem, from_information;
  ASSERT_TRUE(from_problem.Compute(setting.weighted, setting.rasterizer(), setting.views->radius(),
                                   pose.data(), &problem));
  ASSERT_TRUE(setting.Compute(marginal, &from_information));
  EXPECT_LT(Difference(TangentOf(from_problem), TangentOf(from_information)), 1e-5);
}

// A solve with a noisy mask and a noisy prior: what it erred by, and what was promised.
struct Trial {
  Vector6d error;               // of the tangent
  Matrix6d covariance;          // as it should be
  Matrix6d prior_ignored;       // of the silhouette alone
  Matrix6d weight_not_squared;  // H⁻¹ (s M + H₀) H⁻¹
};

class NoisyRuns {
 public:
  // A prior that is better than the mask in some directions and worse in others.
  explicit NoisyRuns(double weight) : weight_(weight) {
    PoseCovariance alone;
    const Target target(Mask(0), ImageF());
    CHECK(alone.Compute({{setting_.weighted[0].view, &target, 1}}, setting_.rasterizer(),
                        setting_.views->radius(), ToBlock(setting_.truth).data()));
    const Matrix6d root = TangentOf(alone).llt().matrixL();
    Vector6d factors;
    factors << 0.3, 3, 1, 0.3, 3, 1;
    prior_root_ = root * factors.asDiagonal();
    W_ = prior_root_.inverse();
  }

  Trial Once(uint64_t seed) const {
    const auto target = std::make_shared<Target>(Mask(seed), ImageF());
    Rasterizer* rasterizer = setting_.rasterizer();
    SilhouetteView view = setting_.weighted[0].view;
    view.mesh_center_in_object = rasterizer->MeshCenter(view.mesh);
    view.target = rasterizer->AddTarget(target);
    Random random("prior", seed);
    Vector6d drawn;
    for (double& number : drawn) number = random.Normal();
    drawn = prior_root_ * drawn;
    PoseBlock measured, pose = ToBlock(setting_.truth);
    PoseManifold().Plus(pose.data(), drawn.data(), measured.data());

    ceres::Problem problem;
    problem.AddParameterBlock(pose.data(), kPoseBlockSize, new PoseManifold);
    problem.AddResidualBlock(new SilhouetteCostFunction(view, rasterizer),
                             new ceres::ScaledLoss(nullptr, weight_, ceres::TAKE_OWNERSHIP),
                             pose.data());
    problem.AddResidualBlock(new PosePrior(measured, W_), nullptr, pose.data());
    testing::SolveQuietly(&problem);

    Trial run;
    PoseManifold().Minus(ToBlock(setting_.truth).data(), pose.data(), run.error.data());
    const double radius = setting_.views->radius();
    const std::vector<WeightedView> views = {{view, target.get(), weight_}};
    PoseCovariance covariance;
    EXPECT_TRUE(covariance.Compute(views, rasterizer, radius, pose.data())) << covariance.message();
    run.prior_ignored = TangentOf(covariance);
    EXPECT_TRUE(covariance.Compute(views, rasterizer, radius, pose.data(), &problem));
    run.covariance = TangentOf(covariance);
    std::vector<GramResult> results;
    const Rigid3d solved = FromPoseBlock(pose.data());
    rasterizer->Evaluate({view.Job(solved)}, &results);
    const Matrix6d prior = W_.transpose() * W_;
    const Matrix6d inverse =
        (weight_ * view.Gram(results[0], solved).topLeftCorner<6, 6>() + prior).inverse();
    const Matrix6d of_prior = inverse * prior * inverse;
    run.weight_not_squared = (run.covariance - of_prior) / weight_ + of_prior;
    rasterizer->ReleaseTarget(view.target);
    return run;
  }

 private:
  ImageF Mask(uint64_t seed) const {
    return testing::NoisyMask(setting_.views->target(0).mask(), seed);
  }

  // So many samples that their own error, the same in all runs, is far below the noise.
  Setting setting_{1, MakeMultiPart(600), 160, 130, 24};
  double weight_;
  Matrix6d prior_root_, W_;
};

Agreement Compare(const std::vector<Trial>& trials, Matrix6d Trial::*promise, const char* name) {
  std::vector<testing::ErrorAndPromise> runs;
  for (const Trial& trial : trials) runs.push_back({trial.error, trial.*promise});
  return testing::Compare(runs, name);
}
bool Holds(const Agreement& agreement) { return testing::Holds(agreement, 0.75, 1.35, 0.5, 1.7); }

// The mask is trusted about ten times as much as its noise deserves, so that weighting matters: the
// sandwich must hold all the same.
TEST(PoseCovariance, KeepsItsPromiseWithANoisyPrior) {
  const NoisyRuns runs(20);
  std::vector<Trial> trials;
  for (uint64_t seed = 1; seed <= 300; ++seed) trials.push_back(runs.Once(seed));
  EXPECT_TRUE(Holds(Compare(trials, &Trial::covariance, "covariance")));
  EXPECT_FALSE(Holds(Compare(trials, &Trial::prior_ignored, "prior ignored")));
  EXPECT_FALSE(Holds(Compare(trials, &Trial::weight_not_squared, "weight not squared")));
}

// A ball of facets, its rotation unknown; then measured.
TEST(PoseCovariance, ASpheresRotationNeedsAPrior) {
  const Setting setting(2, MakeIcosphere(1, 4), 160, 130);
  PoseCovariance covariance;
  EXPECT_FALSE(setting.Compute(Matrix6d::Zero(), &covariance));
  EXPECT_FALSE(covariance.message().empty());
  // About the world's origin, so that it holds the place of the ball in no way: rotation is free
  // to move the ball, which translation makes up for.
  Matrix6d information = Matrix6d::Zero();
  const double sigma_rad = 1e-3;
  information.topLeftCorner<3, 3>().diagonal().setConstant(1 / (sigma_rad * sigma_rad));
  ASSERT_TRUE(setting.Compute(information, &covariance)) << covariance.message();
  const Vector6d sigmas = covariance.SigmasAbout(setting.center());
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(sigmas[k], sigma_rad, 0.05 * sigma_rad);
  // A prior on the place alone leaves the rotation open.
  information.setZero();
  information.bottomRightCorner<3, 3>().diagonal().setConstant(1e12);
  EXPECT_FALSE(setting.Compute(information, &covariance));
}

TEST(PoseCovarianceDeathTest, ProgrammersErrors) {
  const Setting setting(1);
  PoseBlock pose = ToBlock(setting.truth);
  const double radius = setting.views->radius();
  Matrix6d information;
  double block[49];
  PoseCovariance covariance;
  EXPECT_DEATH(covariance.GetCovarianceBlock(block), "Compute was not called");
  EXPECT_DEATH(covariance.Compute({}, setting.rasterizer(), radius, pose.data()), "empty");
  std::vector<WeightedView> views = setting.weighted;
  views[0].weight = 0;
  EXPECT_DEATH(covariance.Compute(views, setting.rasterizer(), radius, pose.data()), "view 0");

  ceres::Problem problem;
  problem.AddParameterBlock(pose.data(), kPoseBlockSize);
  EXPECT_DEATH(InformationOfOthers(&problem, pose.data(), &information), "PoseManifold");
  problem.SetManifold(pose.data(), new PoseManifold);
  problem.AddResidualBlock(
      new SilhouetteCostFunction(setting.weighted[0].view, setting.rasterizer()),
      new ceres::ScaledLoss(nullptr, 0.5, ceres::TAKE_OWNERSHIP), pose.data());
  EXPECT_DEATH(
      covariance.Compute(setting.weighted, setting.rasterizer(), radius, pose.data(), &problem),
      "with these weights");
  views[0].weight = 0.5;
  EXPECT_TRUE(covariance.Compute(views, setting.rasterizer(), radius, pose.data(), &problem));
}

// Two silhouettes by a batch, which is the problem's evaluation callback.
TEST(PoseCovariance, WorksWithABatch) {
  const Setting setting(2);
  PoseBlock pose = ToBlock(setting.truth);
  ViewBatch batch(setting.rasterizer());
  ceres::Problem::Options options;
  options.evaluation_callback = &batch;
  ceres::Problem problem(options);
  problem.AddParameterBlock(pose.data(), kPoseBlockSize, new PoseManifold);
  for (const WeightedView& view : setting.weighted) {
    const int i = batch.AddView(view.view, pose.data());
    problem.AddResidualBlock(new SilhouetteCostFunction(&batch, i), nullptr, pose.data());
  }
  PoseCovariance covariance, expected;
  ASSERT_TRUE(covariance.Compute(setting.weighted, setting.rasterizer(), setting.views->radius(),
                                 pose.data(), &problem));
  ASSERT_TRUE(setting.Compute(Matrix6d::Zero(), &expected));
  EXPECT_LT(Difference(TangentOf(covariance), TangentOf(expected)), 1e-12);
}

}  // namespace
}  // namespace ceres_align
