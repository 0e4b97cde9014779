#include "ceres_align/assess/covariance.h"

#include <glog/logging.h>

#include <Eigen/LU>
#include <cmath>

#include "ceres_align/assess/tile_sandwich.h"
#include "ceres_align/geometry/symmetric_matrix.h"

namespace ceres_align {
namespace {

using tile_sandwich::MatrixRows;
using tile_sandwich::OverTilings;
using tile_sandwich::PoseRows;

// What a smooth round shape's facets feign stays below: (half the angle between facets)².
constexpr double kLeastRotationInformation = 5e-4;

// The least information on any rotation, the translation being free, relative to the largest that
// the outlines have on a translation; a rotation counts by how far it moves points at `radius`.
double RotationInformation(const Matrix6d& H, const Matrix6d& H_of_views, double radius) {
  const Eigen::Matrix3d translation = H.bottomRightCorner<3, 3>();
  const Eigen::Matrix3d rotation = H.topLeftCorner<3, 3>() - H.topRightCorner<3, 3>() *
                                                                 translation.inverse() *
                                                                 H.bottomLeftCorner<3, 3>();
  const double shift = EigenOf<3>(H_of_views.bottomRightCorner<3, 3>()).values[2];
  return EigenOf<3>(rotation).values[0] / (radius * radius * shift);
}

constexpr char kFeigned[] =
    "some rotation is seen no better than by the facets of a round object's mesh";
bool FeignedByFacets(const Matrix6d& H, const Matrix6d& H_of_views, double radius) {
  return !(RotationInformation(H, H_of_views, radius) > kLeastRotationInformation);
}

// Nothing if H determines all unknowns, else why it does not.
std::string WhyUndetermined(const Eigen::MatrixXd& H) {
  if (!(H.diagonal().minCoeff() > 0)) return "some unknown changes nothing";
  // Scaled to a unit diagonal, so that the test of rank does not depend on the units.
  const Eigen::VectorXd scale = H.diagonal().cwiseSqrt().cwiseInverse();
  const Eigen::MatrixXd scaled = scale.asDiagonal() * H * scale.asDiagonal();
  return EigenOf<Eigen::Dynamic>(scaled).values[0] > 1e-10
             ? ""
             : "some combination of the unknowns changes nothing";
}

std::string WhyUndetermined(const Matrix6d& H, const Matrix6d& H_of_views, double radius) {
  if (!(H.diagonal().minCoeff() > 0)) return "some motion changes nothing";
  if (FeignedByFacets(H, H_of_views, radius)) return kFeigned;
  return WhyUndetermined(H);
}

// Σ k w JᵀJ.
Eigen::MatrixXd CurvatureOf(const std::vector<OutlinePixel>& pixels,
                            const Eigen::MatrixXd& by_unknowns, const Misfit& misfit) {
  CHECK_EQ(by_unknowns.cols(), static_cast<Eigen::Index>(pixels.size()));
  Eigen::MatrixXd H = Eigen::MatrixXd::Zero(by_unknowns.rows(), by_unknowns.rows());
  for (size_t i = 0; i < pixels.size(); ++i) {
    const auto column = by_unknowns.col(static_cast<Eigen::Index>(i));
    const double k = misfit.Curvature(pixels[i].displacement_px);
    if (k > 0) H += k * pixels[i].weight * column * column.transpose();
  }
  return H;
}

}  // namespace

std::optional<Matrix6d> SandwichCovariance(const std::vector<SilhouetteView>& views,
                                           const std::vector<const Target*>& targets,
                                           Rasterizer* rasterizer, double radius,
                                           const Rigid3d& rig_from_world) {
  CHECK_EQ(views.size(), targets.size());
  std::vector<WeightedView> weighted;
  for (size_t i = 0; i < views.size(); ++i) weighted.push_back({views[i], targets[i], 1.0});
  return SandwichCovariance(weighted, Matrix6d::Zero(), rasterizer, radius, rig_from_world,
                            nullptr);
}

std::optional<Matrix6d> SandwichCovariance(const std::vector<WeightedView>& views,
                                           const Matrix6d& other_information,
                                           Rasterizer* rasterizer, double radius,
                                           const Rigid3d& rig_from_world, std::string* why) {
  CHECK(!views.empty());
  const int window = views[0].view.window;
  std::vector<WeightedView> whole = views;
  for (WeightedView& view : whole) {
    CHECK_EQ(view.view.window, window) << "views with different windows";
    view.view.window = 1;
  }
  const std::vector<OutlinePixel> pixels = CollectOutline(views, rasterizer, rig_from_world);
  Misfit misfit =
      MeasureMisfit(window == 1 ? pixels : CollectOutline(whole, rasterizer, rig_from_world));
  misfit.window = window;
  return SandwichCovariance(pixels, misfit, other_information, radius, why);
}

std::optional<Matrix6d> SandwichCovariance(const std::vector<OutlinePixel>& pixels,
                                           const Misfit& misfit, const Matrix6d& other_information,
                                           double radius, std::string* why) {
  CHECK(other_information.allFinite());
  CHECK_GT(radius, 0);
  std::string unused;
  if (why == nullptr) why = &unused;
  Matrix6d H_of_views = Matrix6d::Zero();
  for (const OutlinePixel& pixel : pixels) {
    const double k = misfit.Curvature(pixel.displacement_px);
    if (k > 0) H_of_views += k * pixel.weight * pixel.by_pose * pixel.by_pose.transpose();
  }
  const Matrix6d H = H_of_views + other_information;
  *why = WhyUndetermined(H, H_of_views, radius);
  if (!why->empty()) return std::nullopt;
  return OverTilings(PoseRows{pixels}, misfit, H, other_information, why);
}

std::optional<Eigen::MatrixXd> SandwichCovariance(const std::vector<OutlinePixel>& pixels,
                                                  const Eigen::MatrixXd& by_unknowns,
                                                  const Misfit& misfit,
                                                  const Eigen::MatrixXd& other_information,
                                                  const std::vector<PoseAmongUnknowns>& poses,
                                                  std::string* why) {
  const Eigen::Index n = by_unknowns.rows();
  CHECK(other_information.rows() == n && other_information.cols() == n);
  CHECK(other_information.allFinite());
  const Eigen::MatrixXd H_of_views = CurvatureOf(pixels, by_unknowns, misfit);
  const Eigen::MatrixXd H = H_of_views + other_information;
  *why = WhyUndetermined(H);
  if (!why->empty()) return std::nullopt;
  const Eigen::MatrixXd inverse = SolveSymmetric(H, Eigen::MatrixXd::Identity(n, n));
  for (const PoseAmongUnknowns& pose : poses) {
    const Matrix6d of_views = H_of_views.block<6, 6>(pose.first, pose.first);
    const Matrix6d marginal =
        SolveSymmetric(inverse.block<6, 6>(pose.first, pose.first), Matrix6d::Identity());
    // A weak rotation of an object that is not round is weak because of other unknowns.
    if (FeignedByFacets(of_views, of_views, pose.radius) &&
        FeignedByFacets(marginal, of_views, pose.radius)) {
      *why = kFeigned;
      return std::nullopt;
    }
  }
  return OverTilings(MatrixRows{pixels, by_unknowns}, misfit, H, other_information, why);
}

std::optional<Eigen::MatrixXd> JointCovariance(const std::vector<OutlinePixel>& pixels,
                                               const Eigen::MatrixXd& by_unknowns,
                                               const Misfit& misfit,
                                               const Eigen::MatrixXd& prior_information,
                                               std::string* why) {
  const Eigen::Index n = by_unknowns.rows();
  CHECK(prior_information.rows() == n && prior_information.cols() == n);
  double noise = 0, length = 0;
  for (const OutlinePixel& pixel : pixels) {
    noise += pixel.weight * pixel.residual * pixel.residual;
    length += pixel.weight * pixel.length_px();
  }
  const double s2 = length > 0 ? noise / length : 0;  // the unit of the cost
  const Eigen::MatrixXd H = CurvatureOf(pixels, by_unknowns, misfit) + s2 * prior_information;
  *why = WhyUndetermined(H);
  if (!why->empty()) return std::nullopt;
  return OverTilings(MatrixRows{pixels, by_unknowns}, misfit, H,
                     Eigen::MatrixXd(s2 * s2 * prior_information), why);
}

}  // namespace ceres_align
