// What the Monte Carlo tests of covariances share: priors, noisy masks, and the comparison of
// errors with promises.
#pragma once

#include <ceres/ceres.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "ceres_align/geometry/symmetric_matrix.h"
#include "cost_testing.h"

namespace ceres_align::testing {

/// residual = W·(pose ⊟ measured), the tangent being PoseManifold's; rows of W in 1/sigma.
class PosePrior : public ceres::CostFunction {
 public:
  PosePrior(const PoseBlock& measured, const Eigen::MatrixXd& W) : measured_(measured), W_(W) {
    set_num_residuals(static_cast<int>(W.rows()));
    mutable_parameter_block_sizes()->push_back(kPoseBlockSize);
  }
  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override {
    Vector6d delta;
    PoseManifold().Minus(parameters[0], measured_.data(), delta.data());
    Eigen::VectorXd::Map(residuals, W_.rows()) = W_ * delta;
    if (jacobians == nullptr || jacobians[0] == nullptr) return true;
    Eigen::Matrix<double, 6, 7, Eigen::RowMajor> minus;
    PoseManifold().MinusJacobian(parameters[0], minus.data());
    Eigen::Matrix<double, Eigen::Dynamic, 7, Eigen::RowMajor>::Map(jacobians[0], W_.rows(), 7) =
        W_ * LogJacobian(delta.head<3>()) * minus;
    return true;
  }

 private:
  // d log(exp(d)·R)/dd at log(R) = w, to second order in w.
  static Matrix6d LogJacobian(const Eigen::Vector3d& w) {
    Eigen::Matrix3d cross;
    cross << 0, -w.z(), w.y(), w.z(), 0, -w.x(), -w.y(), w.x(), 0;
    Matrix6d J = Matrix6d::Identity();
    J.topLeftCorner<3, 3>() += -0.5 * cross + cross * cross / 12;
    return J;
  }
  PoseBlock measured_;
  Eigen::MatrixXd W_;
};

/// Each pixel of the clean mask errs by the mean of white noise over the 25 pixels around it:
/// errors along the outline are correlated over some pixels, and small enough that half of JᵀJ
/// stays the cost's curvature. Only near the outline: elsewhere nothing depends on it.
inline ImageF NoisyMask(const ImageF& clean, uint64_t seed) {
  constexpr int kReach = 2, kBand = 3;
  constexpr double kSigma = 0.1;  // of a pixel
  const int margin = kReach + kBand;
  Image<uint8_t> near(clean.width + 2 * kReach, clean.height + 2 * kReach, 0);
  for (int r = 0; r + 1 < clean.height; ++r) {
    for (int c = 0; c + 1 < clean.width; ++c) {
      const float m = clean.at(c, r);
      if (m == clean.at(c + 1, r) && m == clean.at(c, r + 1)) continue;
      for (int y = std::max(0, r + kReach - margin);
           y <= std::min(near.height - 1, r + kReach + margin); ++y) {
        for (int x = std::max(0, c + kReach - margin);
             x <= std::min(near.width - 1, c + kReach + margin); ++x) {
          near.at(x, y) = 1;
        }
      }
    }
  }
  Random random("mask", seed);
  Image<double> white(near.width, near.height, 0.0);
  for (size_t i = 0; i < white.pixels.size(); ++i) {
    if (near.pixels[i] != 0) white.pixels[i] = kSigma / (2 * kReach + 1) * random.Normal();
  }
  ImageF mask = clean;
  for (int r = 0; r < mask.height; ++r) {
    for (int c = 0; c < mask.width; ++c) {
      if (near.at(c + kReach, r + kReach) == 0) continue;
      double sum = mask.at(c, r);
      for (int dr = 0; dr <= 2 * kReach; ++dr) {
        for (int dc = 0; dc <= 2 * kReach; ++dc) sum += white.at(c + dc, r + dr);
      }
      mask.at(c, r) = static_cast<float>(std::clamp(sum, 0.0, 1.0));
    }
  }
  return mask;
}

inline void SolveQuietly(ceres::Problem* problem) {
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_QR;
  // Begun at the truth, a solve that stops early errs too little.
  options.function_tolerance = 1e-12;
  options.parameter_tolerance = 1e-12;
  options.max_num_iterations = 200;
  options.logging_type = ceres::SILENT;
  ceres::Solver::Summary summary;
  ceres::Solve(options, problem, &summary);
  EXPECT_EQ(summary.termination_type, ceres::CONVERGENCE);
}

struct ErrorAndPromise {
  Eigen::VectorXd error;
  Eigen::MatrixXd covariance;
};

/// The runs' errors against what was promised, both in the axes where the mean promise is I.
struct Agreement {
  double chi2 = 0;         ///< mean of eᵀC⁻¹e / n; ideal 1
  Eigen::VectorXd ratios;  ///< of variances: eigenvalues of the errors' second moments, ascending
};
inline Agreement Compare(const std::vector<ErrorAndPromise>& runs, const char* name) {
  Agreement agreement;
  const Eigen::Index n = runs[0].error.size();
  Eigen::MatrixXd mean = Eigen::MatrixXd::Zero(n, n), spread = mean;
  const double share = 1.0 / static_cast<double>(runs.size());
  for (const ErrorAndPromise& run : runs) {
    agreement.chi2 += share * run.error.dot(SolveSymmetric(run.covariance, run.error).col(0)) /
                      static_cast<double>(n);
    mean += share * run.covariance;
    spread += share * run.error * run.error.transpose();
  }
  // In units of the promised sigmas, which may be far apart.
  const Eigen::VectorXd unit = mean.diagonal().cwiseSqrt().cwiseInverse();
  mean = Eigen::MatrixXd(unit.asDiagonal() * mean * unit.asDiagonal());
  spread = Eigen::MatrixXd(unit.asDiagonal() * spread * unit.asDiagonal());
  const Eigen::MatrixXd W = InverseRoot<Eigen::Dynamic>(mean);
  agreement.ratios = EigenOf<Eigen::Dynamic>(Eigen::MatrixXd(W * spread * W.transpose())).values;
  std::printf("  %-20s chi2/%d %.2f, ratios of variances", name, static_cast<int>(n),
              agreement.chi2);
  for (const double ratio : agreement.ratios) std::printf(" %.2f", ratio);
  std::printf("\n");
  return agreement;
}
inline bool Holds(const Agreement& agreement, double least_chi2, double most_chi2,
                  double least_ratio, double most_ratio) {
  return agreement.chi2 > least_chi2 && agreement.chi2 < most_chi2 &&
         agreement.ratios.minCoeff() > least_ratio && agreement.ratios.maxCoeff() < most_ratio;
}

}  // namespace ceres_align::testing
