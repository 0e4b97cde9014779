// SilhouetteCostFunction with more unknowns than the rig's pose: every column against central
// differences of the images, blocks that are shared, constant or absent, alone and in a batch.
#include <ceres/ceres.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "ceres_align/cost/view_batch.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/scan.h"
#include "ceres_align/synth/shapes.h"
#include "cost_testing.h"

namespace ceres_align {
namespace {

using testing::MovePose;
using testing::Random;
using testing::RandomPose;
using testing::TestCamera;
using testing::ToBlock;
using testing::TurnedCamera;
using testing::Vector6d;
using testing::Views;
using Block = std::vector<double>;

constexpr ViewUnknowns kAll = {true, true, true, true};

// A view off its truth in everything, with a turned, shifted object that is not of the mesh's size.
struct Case {
  std::unique_ptr<Views> views;
  SilhouetteView view;
  std::vector<Block> blocks;  // in the order of ViewUnknowns

  Case(const TriangleMesh& mesh, int seed, bool lens, int window, double scale) {
    Random random("blocks", seed);
    Camera camera = TestCamera(110, 90);
    camera.fy_px *= 1.03;
    camera.cx_px += 3;
    if (lens) camera.lens = {-0.2, 0.05, 0.001, -0.002};
    Rigid3d truth = RandomPose(mesh, camera, 34, &random);
    const Rigid3d cam_from_rig = TurnedCamera(truth.translation, 0.4);
    const Rigid3d object(ExpRotation({0.3, -0.2, 0.5}), Eigen::Vector3d(0.1, -0.15, 0.2));
    views = std::make_unique<Views>(mesh, truth);
    view = views->Add(camera, cam_from_rig, object, 1, true);
    view.mesh_center_in_object = views->rasterizer()->MeshCenter(view.mesh);
    view.window = window;
    view.px_per_full_px = {0.5, 0.4};
    Vector6d step;
    step << 0.03 * random.UnitVector(), 0.04 * random.UnitVector();
    const auto pose_block = [](const Rigid3d& pose) {
      const auto array = ToBlock(pose);
      return Block(array.begin(), array.end());
    };
    Rigid3d rig = MovePose(truth, object.translation, step);
    // A larger mesh is seen as large from farther away.
    rig.translation += (scale - 1) * (rig * object.translation);
    blocks = {
        pose_block(rig),
        pose_block(Rigid3d(
            ExpRotation({0.02, 0.01, -0.02}) * cam_from_rig.rotation,
            Eigen::Vector3d(cam_from_rig.translation + Eigen::Vector3d(0.02, 0.01, -0.03)))),
        {camera.fx_px / 0.5 * 1.03, camera.fy_px / 0.4 * 0.98, camera.cx_px / 0.5 + 4,
         camera.cy_px / 0.4 - 3},
        {std::log(scale)},
        pose_block(Rigid3d(ExpRotation({0, 0.03, 0}) * object.rotation,
                           Eigen::Vector3d(object.translation + Eigen::Vector3d(0.01, 0, 0.02))))};
  }
  std::vector<const double*> List() const {
    std::vector<const double*> list;
    for (const Block& block : blocks) list.push_back(block.data());
    return list;
  }
};

std::unique_ptr<ceres::Manifold> ManifoldOf(int size) {
  if (size == 7) return std::make_unique<PoseManifold>();
  if (size == 4) return std::make_unique<ceres::EuclideanManifold<4>>();
  return std::make_unique<ceres::EuclideanManifold<1>>();
}

// √w (M − T) of all pixels, the pixels' own weights in them.
Eigen::VectorXd PixelsAt(const Case& c, const std::vector<Block>& blocks) {
  std::vector<const double*> list;
  for (const Block& block : blocks) list.push_back(block.data());
  const ViewValues values(c.view, ViewBlocks(kAll, list.data()));
  const Image<double> image = c.views->rasterizer()->Coverage(values.Job(c.view, false), nullptr);
  const Target& target = c.views->target(0);
  Eigen::VectorXd residuals(image.pixels.size());
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    residuals[i] =
        std::sqrt(double{target.weight().pixels[i]}) * (image.pixels[i] - target.mask().pixels[i]);
  }
  return residuals;
}

// [J r], J by the tangents of all blocks, by central differences.
Eigen::MatrixXd PixelRows(const Case& c) {
  Eigen::MatrixXd rows(c.view.camera.width_px * c.view.camera.height_px, kAll.TangentSize() + 1);
  int column = 0;
  for (size_t b = 0; b < c.blocks.size(); ++b) {
    const auto manifold = ManifoldOf(static_cast<int>(c.blocks[b].size()));
    for (int k = 0; k < manifold->TangentSize(); ++k) {
      const double h = c.blocks[b].size() == 4 ? 1e-5 : 1e-7;
      Eigen::VectorXd side[2];
      for (int s : {0, 1}) {
        std::vector<Block> moved = c.blocks;
        Eigen::VectorXd delta = Eigen::VectorXd::Zero(manifold->TangentSize());
        delta[k] = s == 0 ? -h : h;
        manifold->Plus(c.blocks[b].data(), delta.data(), moved[b].data());
        side[s] = PixelsAt(c, moved);
      }
      rows.col(column++) = (side[1] - side[0]) / (2 * h);
    }
  }
  rows.col(column) = PixelsAt(c, c.blocks);
  return rows;
}

// The largest difference of two Gram matrices, over the size that Cauchy–Schwarz allows an entry.
double Difference(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  double worst = 0;
  for (int i = 0; i < b.rows(); ++i) {
    for (int k = 0; k < b.cols(); ++k) {
      worst = std::max(worst, std::abs(a(i, k) - b(i, k)) / std::sqrt(b(i, i) * b(k, k)));
    }
  }
  return worst;
}

Eigen::MatrixXd GramAt(const Case& c, const ViewUnknowns& unknowns) {
  const std::vector<const double*> all = c.List();
  const ViewBlocks every(kAll, all.data());
  ViewBlocks blocks(every.rig_from_world);
  if (unknowns.cam_from_rig) blocks.cam_from_rig = every.cam_from_rig;
  if (unknowns.intrinsics) blocks.intrinsics = every.intrinsics;
  if (unknowns.log_scale) blocks.log_scale = every.log_scale;
  if (unknowns.world_from_object) blocks.world_from_object = every.world_from_object;
  const ViewValues values(c.view, blocks);
  std::vector<GramResult> results;
  c.views->rasterizer()->Evaluate({values.Job(c.view, unknowns.intrinsics)}, &results);
  return BlockGram(c.view, values, unknowns, results[0]);
}

std::vector<TriangleMesh> Meshes() {
  ScanOptions options;
  options.target_faces = 4000;
  std::vector<TriangleMesh> meshes = {MakeMultiPart(1200), MakeTriangleSoup(60, 32, 0.8),
                                      MakeScanOfShape("blob", options)};
  for (TriangleMesh& mesh : meshes) CleanMesh(&mesh);
  return meshes;
}

TEST(SilhouetteBlocks, EveryColumnIsTheDerivativeOfTheImage) {
  int seed = 0;
  for (const TriangleMesh& mesh : Meshes()) {
    for (const bool lens : {false, true}) {
      for (const double scale : {1.0, 1.7}) {
        ++seed;
        const Case c(mesh, seed, lens, seed % 2 == 0 ? 1 : 3, scale);
        const Eigen::MatrixXd rows = PixelRows(c);
        const Eigen::MatrixXd expected = rows.transpose() * rows;
        const Eigen::MatrixXd gram = GramAt(c, kAll);
        ASSERT_EQ(gram.rows(), 24);
        ASSERT_GT(expected.diagonal().minCoeff(), 0);
        EXPECT_LT(Difference(gram, expected), 1e-6) << "case " << seed;
        // The test would see an error of a thousandth in any column.
        for (int k = 0; k < 23; ++k) {
          Eigen::MatrixXd wrong = gram;
          wrong.row(k) *= 1.001;
          wrong.col(k) *= 1.001;
          EXPECT_GT(Difference(wrong, expected), 1e-4) << "column " << k;
        }
      }
    }
  }
}

TEST(SilhouetteBlocks, FewerBlocksGiveTheSameColumns) {
  Case c(Meshes()[0], 40, false, 1, 1.0);
  // Blocks that are left out are the view's own constants.
  c.view.cam_from_rig = FromPoseBlock(c.blocks[1].data());
  c.view.camera.fx_px = 0.5 * c.blocks[2][0];
  c.view.camera.fy_px = 0.4 * c.blocks[2][1];
  c.view.camera.cx_px = 0.5 * c.blocks[2][2];
  c.view.camera.cy_px = 0.4 * c.blocks[2][3];
  c.view.world_from_object = FromPoseBlock(c.blocks[4].data());
  const Eigen::MatrixXd all = GramAt(c, kAll);
  const auto columns_of = [](const ViewUnknowns& unknowns) {
    std::vector<int> columns = {0, 1, 2, 3, 4, 5};
    const auto add = [&](bool is, int first, int count) {
      for (int i = 0; is && i < count; ++i) columns.push_back(first + i);
    };
    add(unknowns.cam_from_rig, 6, 6);
    add(unknowns.intrinsics, 12, 4);
    add(unknowns.log_scale, 16, 1);
    add(unknowns.world_from_object, 17, 6);
    columns.push_back(23);
    return columns;
  };
  ASSERT_EQ(kAll.TangentSize(), 23);
  for (int mask = 0; mask < 16; ++mask) {
    const ViewUnknowns unknowns = {(mask & 1) != 0, (mask & 2) != 0, (mask & 4) != 0,
                                   (mask & 8) != 0};
    const std::vector<int> columns = columns_of(unknowns);
    const Eigen::MatrixXd some = GramAt(c, unknowns);
    ASSERT_EQ(some.rows(), static_cast<int>(columns.size()));
    Eigen::MatrixXd expected(some.rows(), some.cols());
    for (int i = 0; i < some.rows(); ++i) {
      for (int k = 0; k < some.cols(); ++k) expected(i, k) = all(columns[i], columns[k]);
    }
    EXPECT_LT(Difference(some, expected), 1e-12) << mask;
  }
}

// Rows of the cost function ↔ its Gram matrix, by itself and through a batch.
TEST(SilhouetteBlocks, TheCostFunctionsJacobianIsByTheBlocks) {
  const Case c(Meshes()[0], 41, false, 1, 1.4);
  const std::vector<const double*> list = c.List();
  ViewBatch batch(c.views->rasterizer());
  const int index = batch.AddView(c.view, ViewBlocks(kAll, list.data()));
  const SilhouetteCostFunction own(c.view, c.views->rasterizer(), kAll), of_batch(&batch, index);
  batch.PrepareForEvaluation(true, true);
  const Eigen::MatrixXd gram = GramAt(c, kAll);
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  for (const SilhouetteCostFunction* cost : {&own, &of_batch}) {
    ASSERT_EQ(cost->num_residuals(), 24);
    ASSERT_EQ(cost->parameter_block_sizes(), (std::vector<int>{7, 7, 4, 1, 7}));
    Eigen::VectorXd residuals(24);
    std::vector<RowMajor> jacobians;
    std::vector<double*> pointers;
    for (const Block& block : c.blocks) {
      jacobians.emplace_back(24, block.size());
      pointers.push_back(nullptr);
    }
    for (size_t b = 0; b < c.blocks.size(); ++b) pointers[b] = jacobians[b].data();
    ASSERT_TRUE(cost->Evaluate(list.data(), residuals.data(), pointers.data()));
    Eigen::MatrixXd rows(24, 24);
    int column = 0;
    for (size_t b = 0; b < c.blocks.size(); ++b) {
      const auto manifold = ManifoldOf(static_cast<int>(c.blocks[b].size()));
      RowMajor plus(c.blocks[b].size(), manifold->TangentSize());
      manifold->PlusJacobian(c.blocks[b].data(), plus.data());
      rows.middleCols(column, manifold->TangentSize()) = jacobians[b] * plus;
      column += manifold->TangentSize();
    }
    rows.col(23) = residuals;
    EXPECT_LT(Difference(rows.transpose() * rows, gram), 1e-6);
    // Constant blocks are not asked for.
    pointers[2] = pointers[0] = nullptr;
    EXPECT_TRUE(cost->Evaluate(list.data(), residuals.data(), pointers.data()));
    EXPECT_TRUE(cost->Evaluate(list.data(), residuals.data(), nullptr));
  }
}

TEST(SilhouetteBlocks, NoImageIsNoCost) {
  Case c(Meshes()[0], 42, false, 1, 1.0);
  const SilhouetteCostFunction cost(c.view, c.views->rasterizer(), kAll);
  Eigen::VectorXd residuals(24);
  for (const auto& [block, number, value] :
       std::vector<std::tuple<int, int, double>>{{2, 0, -5}, {2, 1, 0}, {2, 2, NAN}, {3, 0, 1e5}}) {
    const double before = std::exchange(c.blocks[block][number], value);
    const std::vector<const double*> list = c.List();
    EXPECT_FALSE(cost.Evaluate(list.data(), residuals.data(), nullptr)) << block << number;
    c.blocks[block][number] = before;
  }
}

// Two views of one rig that share a focal length and a scale, off by 15 and 30 %; the second
// camera stands where it is said to.
TEST(SilhouetteBlocks, CeresSolvesForSharedBlocks) {
  TriangleMesh mesh = MakeMultiPart(1500);
  CleanMesh(&mesh);
  const Camera camera = TestCamera(306, 256);
  Random random("shared", 0);
  const Rigid3d truth = RandomPose(mesh, camera, 85, &random);
  Views views(mesh, truth);
  std::vector<SilhouetteView> list = {
      views.Add(camera, Rigid3d(), Rigid3d(), 8, false),
      views.Add(camera, TurnedCamera(truth.translation, 0.8), Rigid3d(), 8, false)};
  Vector6d step;
  step << 0.05 * random.UnitVector(), 0.1 * random.UnitVector();
  auto pose = ToBlock(MovePose(truth, Eigen::Vector3d::Zero(), step));
  double intrinsics[4] = {1.15 * camera.fx_px, 1.15 * camera.fy_px, camera.cx_px, camera.cy_px};
  double log_scale = std::log(1.3);
  ViewBatch batch(views.rasterizer());
  batch.LimitSteps(0.35, 2);
  ceres::Problem::Options options;
  options.evaluation_callback = &batch;
  ceres::Problem problem(options);
  problem.AddParameterBlock(pose.data(), 7, new PoseManifold);
  problem.AddParameterBlock(intrinsics, 4, new ceres::SubsetManifold(4, {2, 3}));
  problem.AddParameterBlock(&log_scale, 1);
  for (const SilhouetteView& view : list) {
    ViewBlocks blocks(pose.data());
    blocks.intrinsics = intrinsics;
    blocks.log_scale = &log_scale;
    problem.AddResidualBlock(new SilhouetteCostFunction(&batch, batch.AddView(view, blocks)),
                             nullptr, {pose.data(), intrinsics, &log_scale});
  }
  ceres::Solver::Options solver;
  solver.linear_solver_type = ceres::DENSE_QR;
  solver.initial_trust_region_radius = 100;
  solver.max_num_iterations = 100;
  solver.function_tolerance = 1e-9;
  ceres::Solver::Summary summary;
  ceres::Solve(solver, &problem, &summary);
  EXPECT_NEAR(intrinsics[0] / camera.fx_px, 1, 2e-3);
  EXPECT_NEAR(intrinsics[1] / camera.fy_px, 1, 2e-3);
  EXPECT_EQ(intrinsics[2], camera.cx_px);
  EXPECT_NEAR(std::exp(log_scale), 1, 2e-3);
  const PoseError error = ComparePoses(FromPoseBlock(pose.data()), truth, Eigen::Vector3d::Zero());
  EXPECT_LT(error.rotation_deg, 0.05);
  EXPECT_LT(error.translation_percent, 0.2);
  // Held constant at a wrong value it stays there.
  intrinsics[0] = 1.1 * camera.fx_px;
  problem.SetParameterBlockConstant(intrinsics);
  ceres::Solve(solver, &problem, &summary);
  EXPECT_EQ(intrinsics[0], 1.1 * camera.fx_px);
}

}  // namespace
}  // namespace ceres_align
