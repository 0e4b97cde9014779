// SilhouetteCostFunction: seven rows stand for all pixels, exactly, and their derivative is the
// derivative of the cost.
#include <ceres/ceres.h>
#include <ceres/gradient_checker.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/shapes.h"
#include "cost_testing.h"

namespace ceres_align {
namespace {

using testing::DensePixelCost;
using testing::MovePose;
using testing::PoseBlock;
using testing::Quadratic;
using testing::QuadraticOf;
using testing::Random;
using testing::RandomPose;
using testing::TestCamera;
using testing::ToBlock;
using testing::TurnedCamera;
using testing::Vector6d;
using testing::Views;

Vector6d AnyMove(Random* random, double angle_deg, double shift) {
  Vector6d delta;
  delta << angle_deg * M_PI / 180 * random->UnitVector(), shift * random->UnitVector();
  return delta;
}

std::vector<TriangleMesh> Meshes() {
  const TriangleMesh blob = MakeBumpyBlob(1000, 31);
  std::vector<TriangleMesh> meshes = {MakeMultiPart(1200), MakeTriangleSoup(100, 32, 0.8),
                                      MakeHemisphere(1, 10, 20), AddFins(blob, 100, 0.8, 33)};
  for (TriangleMesh& mesh : meshes) CleanMesh(&mesh);
  return meshes;
}

struct Placement {
  Rigid3d cam_from_rig, world_from_object;
  bool weighted;
};
// Rig at rest; with weights; turned camera and turned, shifted object.
std::vector<Placement> Placements(const Rigid3d& truth) {
  const Rigid3d turned = TurnedCamera(truth.translation, 0.6);
  const Rigid3d object(ExpRotation({0.3, -0.2, 0.5}), Eigen::Vector3d(0.1, -0.15, 0.2));
  return {{Rigid3d(), Rigid3d(), false}, {Rigid3d(), Rigid3d(), true}, {turned, object, true}};
}

// |a − b| over the size that Cauchy–Schwarz allows the entry: as strict for small columns.
void ExpectSame(const Quadratic& a, const Quadratic& b, double tolerance) {
  EXPECT_GT(b.cost, 1);
  EXPECT_TRUE(std::abs(a.cost - b.cost) <= tolerance * b.cost) << a.cost << " " << b.cost;
  for (int i = 0; i < 6; ++i) {
    ASSERT_GT(b.hessian(i, i), 0);
    const double size = std::sqrt(b.hessian(i, i));
    EXPECT_TRUE(std::abs(a.gradient[i] - b.gradient[i]) <= tolerance * size * std::sqrt(2 * b.cost))
        << "gradient " << i << ": " << a.gradient[i] << " " << b.gradient[i];
    for (int k = 0; k < 6; ++k) {
      EXPECT_TRUE(std::abs(a.hessian(i, k) - b.hessian(i, k)) <=
                  tolerance * size * std::sqrt(b.hessian(k, k)))
          << "JtJ " << i << " " << k << ": " << a.hessian(i, k) << " " << b.hessian(i, k);
    }
  }
}

TEST(SilhouetteCost, SevenRowsEqualAllPixels) {
  const Camera camera = TestCamera(120, 100);
  int cases = 0;
  for (const TriangleMesh& mesh : Meshes()) {
    Random random("seven rows", cases);
    const Rigid3d truth = RandomPose(mesh, camera, 38, &random);
    Views views(mesh, truth);
    int index = 0;
    for (const Placement& p : Placements(truth)) {
      const SilhouetteView view =
          views.Add(camera, p.cam_from_rig, p.world_from_object, 1 + 3 * (cases % 2), p.weighted);
      const SilhouetteCostFunction rows(view, views.rasterizer());
      const DensePixelCost pixels(view, views.target(index++), views.rasterizer());
      for (int trial = 0; trial < 4; ++trial, ++cases) {
        const PoseBlock block = ToBlock(
            MovePose(truth, Eigen::Vector3d::Zero(), AnyMove(&random, 3.0 * trial + 1, 0.05)));
        SCOPED_TRACE(cases);
        ExpectSame(QuadraticOf(rows, block), QuadraticOf(pixels, block), 1e-12);
      }
    }
  }
  EXPECT_EQ(cases, 48);
}

ceres::Solver::Summary SolveLm(const std::vector<ceres::CostFunction*>& costs, PoseBlock* block) {
  ceres::Problem problem;
  problem.AddParameterBlock(block->data(), 7, new PoseManifold);
  for (ceres::CostFunction* cost : costs) problem.AddResidualBlock(cost, nullptr, block->data());
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  options.max_num_iterations = 40;
  options.function_tolerance = 1e-8;
  options.logging_type = ceres::SILENT;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  return summary;
}

TEST(SilhouetteCost, LevenbergMarquardtTakesTheIteratesOfAllPixels) {
  const Camera camera = TestCamera(96, 80);
  const std::vector<TriangleMesh> meshes = Meshes();
  for (size_t m = 0; m < meshes.size(); ++m) {
    Random random("iterates", m);
    const Rigid3d truth = RandomPose(meshes[m], camera, 32, &random);
    Views views(meshes[m], truth);
    std::vector<ceres::CostFunction*> rows, pixels;
    for (const Placement& p : Placements(truth)) {
      const SilhouetteView view =
          views.Add(camera, p.cam_from_rig, p.world_from_object, 1, p.weighted);
      rows.push_back(new SilhouetteCostFunction(view, views.rasterizer()));
      pixels.push_back(new DensePixelCost(view, views.target(static_cast<int>(pixels.size())),
                                          views.rasterizer()));
    }
    const PoseBlock start =
        ToBlock(MovePose(truth, Eigen::Vector3d::Zero(), AnyMove(&random, 8, 0.1)));
    PoseBlock by_rows = start, by_pixels = start;
    const auto a = SolveLm(rows, &by_rows), b = SolveLm(pixels, &by_pixels);
    SCOPED_TRACE(m);
    ASSERT_EQ(a.iterations.size(), b.iterations.size());
    ASSERT_GE(a.iterations.size(), 4u);
    EXPECT_LT(a.final_cost, 0.5 * a.initial_cost);
    EXPECT_EQ(a.termination_type, b.termination_type);
    for (size_t i = 0; i < a.iterations.size(); ++i) {
      EXPECT_NEAR(a.iterations[i].cost / b.iterations[i].cost, 1, 1e-10) << "iteration " << i;
      EXPECT_EQ(a.iterations[i].step_is_successful, b.iterations[i].step_is_successful);
    }
    for (int i = 0; i < 7; ++i) {
      EXPECT_NEAR(by_rows[i], by_pixels[i], 1e-10 * truth.translation.norm());
    }
  }
}

// The cost function with one tangent column of its Jacobian scaled.
class Mistaken : public ceres::CostFunction {
 public:
  Mistaken(const ceres::CostFunction* right, int first_column, int num_columns, double factor)
      : right_(right), first_(first_column), count_(num_columns), factor_(factor) {
    set_num_residuals(right->num_residuals());
    *mutable_parameter_block_sizes() = right->parameter_block_sizes();
  }
  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override {
    if (!right_->Evaluate(parameters, residuals, jacobians)) return false;
    if (jacobians == nullptr || jacobians[0] == nullptr) return true;
    Eigen::Matrix<double, 7, 6, Eigen::RowMajor> plus;
    Eigen::Matrix<double, 6, 7, Eigen::RowMajor> minus;
    PoseManifold().PlusJacobian(parameters[0], plus.data());
    PoseManifold().MinusJacobian(parameters[0], minus.data());
    Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, 7, Eigen::RowMajor>> J(jacobians[0],
                                                                            num_residuals(), 7);
    Eigen::Matrix<double, Eigen::Dynamic, 6> tangent = J * plus;
    tangent.middleCols(first_, count_) *= factor_;
    J = tangent * minus;
    return true;
  }

 private:
  const ceres::CostFunction* right_;
  int first_, count_;
  double factor_;
};

double CostOf(const ceres::CostFunction& cost, const PoseBlock& block) {
  const double* parameters = block.data();
  Eigen::VectorXd residuals(cost.num_residuals());
  if (!cost.Evaluate(&parameters, residuals.data(), nullptr)) return NAN;
  return 0.5 * residuals.squaredNorm();
}

// The worst relative error of the gradient's six entries against central differences of the cost
// through the manifold; NaN if any is. The errors are relative to the entry's own size, or to a
// hundredth of what Cauchy–Schwarz allows it, where it happens to be near 0.
double GradientError(const ceres::CostFunction& cost, const PoseBlock& block, double h,
                     double length) {
  const Quadratic analytic = QuadraticOf(cost, block);
  double worst = 0;
  for (int k = 0; k < 6; ++k) {
    const double scale = k < 3 ? 1.0 : length;
    const Vector6d step = h * scale * Vector6d::Unit(k);
    const Vector6d back = -step;
    PoseBlock plus, minus;
    PoseManifold().Plus(block.data(), step.data(), plus.data());
    PoseManifold().Plus(block.data(), back.data(), minus.data());
    const double numeric = (CostOf(cost, plus) - CostOf(cost, minus)) / (2 * h * scale);
    const double floor = 0.01 * std::sqrt(2 * analytic.cost * analytic.hessian(k, k));
    const double error =
        std::abs(analytic.gradient[k] - numeric) / std::max(std::abs(numeric), floor);
    if (std::isnan(error)) return error;
    worst = std::max(worst, error);
  }
  return worst;
}

// At h = 1e-6 the cost's rounding (1e-13 of it) is 1e-7 of a gradient entry at most; a real kink
// within the step (an outline that passes a pixel's border) adds up to h itself over a pixel.
constexpr double kStep = 1e-6, kWorst = 1e-5, kMedian = 1e-7;

struct GradientCase {
  std::unique_ptr<Views> views;
  std::unique_ptr<SilhouetteCostFunction> cost;
  PoseBlock block;
};
// Off-grid poses 2 to 6 degrees from the truth; every third view is the rig's second camera.
GradientCase MakeGradientCase(const TriangleMesh& mesh, int trial) {
  const Camera camera = TestCamera(120, 100);
  Random random("gradient", trial);
  const Rigid3d truth = RandomPose(mesh, camera, 38, &random);
  GradientCase result;
  result.views = std::make_unique<Views>(mesh, truth);
  const Placement p = Placements(truth)[trial % 3];
  const SilhouetteView view =
      result.views->Add(camera, p.cam_from_rig, p.world_from_object, 1, p.weighted);
  result.cost = std::make_unique<SilhouetteCostFunction>(view, result.views->rasterizer());
  result.block = ToBlock(
      MovePose(truth, Eigen::Vector3d::Zero(), AnyMove(&random, random.Uniform(2, 6), 0.03)));
  return result;
}

TEST(SilhouetteCost, GradientIsTheDerivativeOfTheCost) {
  std::vector<double> errors;
  const std::vector<TriangleMesh> meshes = Meshes();
  for (int trial = 0; trial < 36; ++trial) {
    const GradientCase c = MakeGradientCase(meshes[trial % meshes.size()], trial);
    errors.push_back(GradientError(*c.cost, c.block, kStep, c.views->radius()));
    EXPECT_TRUE(errors.back() <= kWorst) << "trial " << trial << ": " << errors.back();
  }
  std::sort(errors.begin(), errors.end());
  std::printf("  %zu poses: median %.2e, worst %.2e\n", errors.size(), errors[errors.size() / 2],
              errors.back());
  EXPECT_TRUE(errors[errors.size() / 2] <= kMedian);
}

TEST(SilhouetteCost, PlantedErrorsAreRejected) {
  const std::vector<TriangleMesh> meshes = Meshes();
  for (int trial = 0; trial < 6; ++trial) {
    const GradientCase c = MakeGradientCase(meshes[trial % meshes.size()], trial);
    ASSERT_TRUE(GradientError(*c.cost, c.block, kStep, c.views->radius()) <= kWorst);
    const Mistaken column(c.cost.get(), trial, 1, 1.001);
    EXPECT_FALSE(GradientError(column, c.block, kStep, c.views->radius()) <= kWorst) << trial;
    const Mistaken half_angle(c.cost.get(), 0, 3, 2);
    EXPECT_FALSE(GradientError(half_angle, c.block, kStep, c.views->radius()) <= kWorst) << trial;
    const Mistaken not_a_number(c.cost.get(), trial, 1, NAN);
    EXPECT_FALSE(GradientError(not_a_number, c.block, kStep, c.views->radius()) <= 1e9) << trial;
  }
}

// ½|r|² as the one residual: the seven rows are a factor of the pixels' sums, which turns with
// the pose, so that only |r|² has a derivative that is comparable.
class ScalarCost : public ceres::CostFunction {
 public:
  explicit ScalarCost(const ceres::CostFunction* rows) : rows_(rows) {
    set_num_residuals(1);
    *mutable_parameter_block_sizes() = rows->parameter_block_sizes();
  }
  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override {
    Vector7d r;
    Eigen::Matrix<double, 7, 7, Eigen::RowMajor> J;
    double* j = J.data();
    const bool derivatives = jacobians != nullptr && jacobians[0] != nullptr;
    if (!rows_->Evaluate(parameters, r.data(), derivatives ? &j : nullptr)) return false;
    residuals[0] = 0.5 * r.squaredNorm();
    if (derivatives) Vector7d::Map(jacobians[0]) = J.transpose() * r;
    return true;
  }

 private:
  const ceres::CostFunction* rows_;
};

bool Probe(const ceres::CostFunction& rows, const PoseBlock& block, double precision) {
  const ScalarCost scalar(&rows);
  const PoseManifold manifold;
  const std::vector<const ceres::Manifold*> manifolds = {&manifold};
  ceres::NumericDiffOptions options;
  options.ridders_relative_initial_step_size = 1e-5;  // larger steps cross kinks
  const ceres::GradientChecker checker(&scalar, &manifolds, options);
  const double* parameters = block.data();
  ceres::GradientChecker::ProbeResults results;
  return checker.Probe(&parameters, precision, &results);
}

TEST(SilhouetteCost, CeresGradientCheckerAgrees) {
  const std::vector<TriangleMesh> meshes = Meshes();
  for (int trial = 0; trial < 6; ++trial) {
    const GradientCase c = MakeGradientCase(meshes[trial % meshes.size()], trial);
    EXPECT_TRUE(Probe(*c.cost, c.block, 2e-4)) << trial;
    EXPECT_FALSE(Probe(Mistaken(c.cost.get(), 0, 3, 2), c.block, 2e-4)) << trial;
    EXPECT_FALSE(Probe(Mistaken(c.cost.get(), trial, 1, 1.001), c.block, 2e-4)) << trial;
  }
}

// An object that no pixel shows: the cost is the mask's, and the view pulls nowhere.
TEST(SilhouetteCost, ObjectOutOfFrameGivesTheMasksCostAndZeroRows) {
  const Camera camera = TestCamera(96, 80);
  const TriangleMesh mesh = MakeMultiPart(600);
  Random random("out of frame", 0);
  const Rigid3d truth = RandomPose(mesh, camera, 30, &random);
  Views views(mesh, truth);
  const SilhouetteCostFunction cost(views.Add(camera, Rigid3d(), Rigid3d(), 1, false),
                                    views.rasterizer());
  Rigid3d away = truth;
  away.translation.x() += 50 * views.radius();
  const Quadratic q = QuadraticOf(cost, ToBlock(away));
  double mask = 0;
  for (float t : views.target(0).mask().pixels) mask += t;
  EXPECT_NEAR(q.cost, 0.5 * mask, 1e-9);
  EXPECT_EQ(q.gradient.norm(), 0);
  EXPECT_EQ(q.hessian.norm(), 0);
}

}  // namespace
}  // namespace ceres_align
