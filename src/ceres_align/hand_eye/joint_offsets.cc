#include "ceres_align/hand_eye/joint_offsets.h"

#include <ceres/ceres.h>
#include <ceres/normal_prior.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "ceres_align/assess/assess_pose.h"
#include "ceres_align/assess/covariance.h"
#include "ceres_align/assess/verdict.h"
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/cost/pose_manifold.h"
#include "ceres_align/geometry/symmetric_matrix.h"
#include "ceres_align/hand_eye/link_images.h"
#include "ceres_align/hand_eye/robot_cost_function.h"
#include "ceres_align/solve/solve_options.h"

namespace ceres_align {
namespace {

using hand_eye_internal::kShared;
using hand_eye_internal::LinkDrawer;
using hand_eye_internal::LinkImages;
using hand_eye_internal::Look;

constexpr double kScales[] = {0.125, 0.25, 0.5, 1};
constexpr int kIterationsPerLevel = 20;
constexpr double kFirstRadius = 1e7;  // its inverse damps the first step
constexpr double kCostChange = 1e-5;
// Below this mean squared residual per px of outline, binary masks are as good as their pixels
// allow (1/12), and the middles of the pixels say more.
constexpr double kCleanNoise = 0.12;

struct State {
  Rigid3d rig_from_world;
  Eigen::VectorXd offsets;
};

// ½ Σ w (M − T)² of both over the pixels that neither shares among links.
struct TwoCosts {
  double first = 0, second = 0;
};
TwoCosts Compare(const Look& look, const std::vector<ImageF>& a, const std::vector<ImageF>& b) {
  TwoCosts costs;
  for (size_t v = 0; v < a.size(); ++v) {
    const ImageF& mask = look.level.targets[v]->mask();
    const ImageF& weight = look.level.targets[v]->weight();
    for (size_t p = 0; p < mask.pixels.size(); ++p) {
      const float x = a[v].pixels[p], y = b[v].pixels[p];
      if (x == kShared || y == kShared) continue;
      const double w = weight.empty() ? 0.5 : 0.5 * weight.pixels[p];
      const double dx = x - mask.pixels[p], dy = y - mask.pixels[p];
      costs.first += w * dx * dx;
      costs.second += w * dy * dy;
    }
  }
  return costs;
}

// Mean squared residual per px of outline.
double NoisePerPx(const std::vector<OutlinePixel>& pixels) {
  double noise = 0, length = 0;
  for (const OutlinePixel& pixel : pixels) {
    noise += pixel.weight * pixel.residual * pixel.residual;
    length += pixel.weight * pixel.length_px();
  }
  return length > 0 ? noise / length : 0;
}

bool AreBinary(const Scene& scene) {
  for (const View& view : scene.views) {
    for (const float t : view.mask.pixels) {
      if (t != 0 && t != 1) return false;
    }
  }
  return true;
}

class Solver {
 public:
  Solver(const HandEyeProblem& problem, const Scene& scene, Rasterizer* rasterizer)
      : problem_(problem),
        scene_(scene),
        rasterizer_(rasterizer),
        drawer_(std::make_shared<const LinkDrawer>(problem, scene, rasterizer)) {
    const std::vector<std::string>& names = problem.model.variable_names;
    prior_ = Eigen::VectorXd::Constant(static_cast<Eigen::Index>(names.size()), kOffsetPrior_rad);
    for (const RobotJoint& joint : problem.model.joints) {
      if (joint.variable >= 0 && joint.type == JointType::kPrismatic && joint.multiplier == 1) {
        prior_[joint.variable] = kOffsetPrior_m;
      }
    }
  }

  JointOffsets Run(const Rigid3d& rig_from_world) {
    State state{rig_from_world, Eigen::VectorXd::Zero(prior_.size())};
    Look look;
    for (const double scale : kScales) {
      look.level = MakeLevel(scene_, scale);
      state = SolveLevel(look, state);
    }
    LinkImages images = drawer_->At(look, state.rig_from_world, state.offsets);
    Misfit misfit = MeasureMisfit(images.pixels);
    if (AreBinary(scene_) && NoisePerPx(images.pixels) < kCleanNoise) {
      look.window = SolveOptions().sharp_window;
      state = SolveLevel(look, state);
      images = drawer_->At(look, state.rig_from_world, state.offsets);
      misfit.window = look.window;
    }
    const std::vector<ImageF> before =
        drawer_->CoverageAt(look, rig_from_world, Eigen::VectorXd::Zero(prior_.size()));
    const TwoCosts costs = Compare(look, before, images.coverage);
    return Describe(state, images, misfit, costs);
  }

 private:
  struct Normal {
    Eigen::MatrixXd H;
    Eigen::VectorXd g;
  };
  Normal NormalOf(const LinkImages& images, const State& state, double s2) const {
    const Eigen::Index n = images.by_unknowns.rows();
    Normal normal{Eigen::MatrixXd::Zero(n, n), Eigen::VectorXd::Zero(n)};
    for (size_t i = 0; i < images.pixels.size(); ++i) {
      const auto column = images.by_unknowns.col(static_cast<Eigen::Index>(i));
      const OutlinePixel& pixel = images.pixels[i];
      normal.H.selfadjointView<Eigen::Lower>().rankUpdate(column, pixel.weight);
      normal.g += pixel.weight * pixel.residual * column;
    }
    normal.H = Eigen::MatrixXd(normal.H.selfadjointView<Eigen::Lower>());
    const Eigen::VectorXd information = s2 * prior_.array().square().inverse().matrix();
    normal.H.bottomRightCorner(prior_.size(), prior_.size()).diagonal() += information;
    normal.g.tail(prior_.size()) += information.cwiseProduct(state.offsets);
    return normal;
  }

  State SolveLevel(const Look& look, const State& start) {
    if (prior_.size() == 0) return start;  // no block of Ceres is empty
    const double s2 = NoisePerPx(drawer_->At(look, start.rig_from_world, start.offsets).pixels);
    std::array<double, kPoseBlockSize> pose;
    ToPoseBlock(start.rig_from_world, pose.data());
    State state = start;
    double* offsets = state.offsets.data();
    const int n = static_cast<int>(prior_.size());
    RobotEvaluation evaluation(rasterizer_, pose.data(), offsets);
    ceres::Problem::Options problem_options;
    problem_options.evaluation_callback = &evaluation;
    ceres::Problem problem(problem_options);
    problem.AddParameterBlock(pose.data(), kPoseBlockSize, new PoseManifold);
    problem.AddParameterBlock(offsets, n);
    const auto views = std::make_shared<const RobotViews>(drawer_, look);
    for (size_t v = 0; v < views->num_views(); ++v) {
      auto* cost = new RobotCostFunction(views, v);
      evaluation.Add(cost);
      problem.AddResidualBlock(cost, nullptr, pose.data(), offsets);
    }
    const ceres::Matrix root = (std::sqrt(s2) * prior_.cwiseInverse()).asDiagonal();
    problem.AddResidualBlock(new ceres::NormalPrior(root, ceres::Vector::Zero(n)), nullptr,
                             offsets);
    ceres::Solver::Options options;
    options.linear_solver_type = ceres::DENSE_QR;
    options.logging_type = ceres::SILENT;
    options.initial_trust_region_radius = kFirstRadius;
    options.max_num_iterations = kIterationsPerLevel;
    options.function_tolerance = kCostChange;
    ceres::Solver::Summary summary;
    ceres::Solve(options, &problem, &summary);
    iterations_ += static_cast<int>(summary.iterations.size()) - 1;
    state.rig_from_world = FromPoseBlock(pose.data());
    return state;
  }

  JointOffsets Describe(const State& state, const LinkImages& images, const Misfit& misfit,
                        const TwoCosts& costs) const {
    JointOffsets out;
    out.rig_from_world = state.rig_from_world;
    out.cost_before = costs.first;
    out.cost = costs.second;
    out.iterations = iterations_;
    const Eigen::Index n = 6 + prior_.size();
    Eigen::MatrixXd information = Eigen::MatrixXd::Zero(n, n);
    information.diagonal().tail(prior_.size()) = prior_.array().square().inverse().matrix();
    // What does not move between states has the same errors in all of them: one tile.
    std::vector<OutlinePixel> pixels = images.pixels;
    for (size_t i = 0; i < pixels.size(); ++i) pixels[i].view = images.first_alike[i];
    const std::optional<Eigen::MatrixXd> covariance =
        JointCovariance(pixels, images.by_unknowns, misfit, information, &out.why);
    if (covariance) out.pose_covariance = covariance->topLeftCorner<6, 6>();
    // ½ offset² / (H⁻¹)ⱼⱼ: what the cost grows by where the offset is 0 and all else is free.
    const Eigen::MatrixXd inverse = SolveSymmetric(
        NormalOf(images, state, NoisePerPx(images.pixels)).H, Eigen::MatrixXd::Identity(n, n));
    for (Eigen::Index j = 0; j < prior_.size(); ++j) {
      JointOffset joint;
      joint.joint = problem_.model.variable_names[j];
      joint.turns = prior_[j] == kOffsetPrior_rad;
      joint.offset = state.offsets[j];
      joint.prior_sigma = prior_[j];
      const double gain = 0.5 * joint.offset * joint.offset / inverse(6 + j, 6 + j);
      joint.explains = gain > 0 ? gain / (gain + costs.second) : 0;
      if (covariance) joint.sigma = std::sqrt((*covariance)(6 + j, 6 + j));
      joint.suspicious = covariance && std::abs(joint.offset) > kSuspectSigmas * joint.sigma &&
                         std::abs(joint.offset) > kSuspectOfPrior * joint.prior_sigma &&
                         joint.explains > kSuspectExplains;
      out.joints.push_back(joint);
    }
    return out;
  }

  const HandEyeProblem& problem_;
  const Scene& scene_;
  Rasterizer* rasterizer_;
  const std::shared_ptr<const LinkDrawer> drawer_;
  Eigen::VectorXd prior_;  // sigmas
  int iterations_ = 0;
};

}  // namespace

Eigen::VectorXd JointOffsets::Values() const {
  Eigen::VectorXd values(static_cast<Eigen::Index>(joints.size()));
  for (size_t j = 0; j < joints.size(); ++j)
    values[static_cast<Eigen::Index>(j)] = joints[j].offset;
  return values;
}

std::string JointOffset::Words() const {
  const double scale = turns ? 180 / M_PI : 1000;
  return Format("%s is off by %.2f %s (sigma %.2g), which explains %.0f %% of the misfit",
                joint.c_str(), scale * offset, turns ? "deg" : "mm", scale * sigma, 100 * explains);
}

JointOffsets EstimateJointOffsets(const HandEyeProblem& problem, const Scene& scene,
                                  const Rigid3d& rig_from_world, Rasterizer* rasterizer) {
  return Solver(problem, scene, rasterizer).Run(rig_from_world);
}

void JudgeOffsets(const JointOffsets& offsets, AlignResult* result) {
  std::string words;
  for (const JointOffset& joint : offsets.joints) {
    if (joint.suspicious) words += (words.empty() ? "it seems that " : "; ") + joint.Words();
  }
  const bool good = words.empty();
  if (good) words = offsets.known() ? "no joint seems off" : "not tested: " + offsets.why;
  result->checks.push_back({"joints", good, words});
}

void TakeOffsets(const JointOffsets& offsets, AlignResult* result) {
  CHECK(offsets.known());
  // v is of the world's origin; that of the object's centre is v + ω × R·centre.
  const Eigen::Vector3d arm = result->rig_from_world.rotation * result->object_center_in_world;
  Matrix6d about_center = Matrix6d::Identity();
  about_center.bottomLeftCorner<3, 3>() << 0, arm.z(), -arm.y(), -arm.z(), 0, arm.x(), arm.y(),
      -arm.x(), 0;
  result->covariance = Matrix6d(about_center * offsets.pose_covariance * about_center.transpose());
  const double distance = (result->rig_from_world * result->object_center_in_world).norm();
  result->accuracy = AccuracyOf(*result->covariance, distance);
  result->checks = ChecksOf(*result);
  result->checks.push_back({"joints", true, "solved for with the pose"});
}

}  // namespace ceres_align
