#include "ceres_align/align/unknown_fits.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/assess/assess_pose.h"
#include "ceres_align/assess/covariance.h"
#include "ceres_align/assess/verdict.h"
#include "ceres_align/cost/view_blocks.h"

namespace ceres_align {
namespace {

// A sigma above this part of the prior's is mostly the prior's.
constexpr double kTold = 0.7;
// Where nothing was known before, the logarithm of a factor is told if its sigma is below this.
constexpr double kToldLog = 0.3;

// Where each unknown's tangent lies in the joint vector [pose, models, places, scale].
struct Layout {
  int focal = -1, point = -1, per_model = 0, first_model = 6;
  int first_place = 0, scale = -1, size = 6;

  Layout(const SharedCameras& shared, const UnknownOptions& unknowns) {
    if (unknowns.focal_sigma > 0) focal = per_model++;
    if (unknowns.principal_point_sigma_px > 0) {
      point = per_model;
      per_model += 2;
    }
    size += per_model * static_cast<int>(shared.view_of_model.size());
    first_place = size;
    if (unknowns.HasRig()) size += 6 * (static_cast<int>(shared.view_of_place.size()) - 1);
    if (unknowns.scale_sigma > 0) scale = size++;
  }
  int Model(int m) const { return first_model + per_model * m; }
  int Place(int p) const { return first_place + 6 * (p - 1); }
};

double Information(double sigma) { return std::isinf(sigma) ? 0 : 1 / (sigma * sigma); }

double Baseline(const UnknownValues& values, size_t place, double radius) {
  const Rigid3d first_from_place = values.cam_from_rig[0] * Inverse(values.cam_from_rig[place]);
  return std::max(first_from_place.translation.norm(), 1e-3 * radius);
}

// Column i: ∂M of pixel i by all unknowns.
Eigen::MatrixXd Columns(const std::vector<OutlinePixel>& pixels,
                        const std::vector<SilhouetteView>& views, const Layout& layout,
                        const SharedCameras& shared, const Rigid3d& rig_from_run) {
  const ViewUnknowns all = {true, false, true, false};
  std::vector<Eigen::MatrixXd> from_pose;  // by view: [cam_from_rig, log_scale] by the pose's six
  double block[7];
  ToPoseBlock(rig_from_run, block);
  for (const SilhouetteView& view : views) {
    const ViewValues values(view, ViewBlocks(block));
    const Eigen::MatrixXd A = CanonicalFromBlocks(view, values, all);
    const Eigen::MatrixXd pose_inverse = A.leftCols(6).inverse();
    from_pose.push_back(pose_inverse * A.rightCols(7));
  }
  Eigen::MatrixXd columns = Eigen::MatrixXd::Zero(layout.size, static_cast<int>(pixels.size()));
  for (size_t i = 0; i < pixels.size(); ++i) {
    const OutlinePixel& pixel = pixels[i];
    auto column = columns.col(static_cast<Eigen::Index>(i));
    column.head<6>() = pixel.by_pose;
    const int model = layout.Model(shared.model[pixel.view]), place = shared.place[pixel.view];
    if (layout.focal >= 0) column[model + layout.focal] = pixel.by_focal;
    if (layout.point >= 0) column.segment<2>(model + layout.point) = pixel.by_shift;
    const Eigen::VectorXd others = from_pose[pixel.view].transpose() * pixel.by_pose;
    if (layout.scale >= 0) column[layout.scale] = others[6];
    const bool has_places = layout.first_place < layout.size - (layout.scale >= 0 ? 1 : 0);
    if (has_places && place > 0) column.segment<6>(layout.Place(place)) = others.head<6>();
  }
  return columns;
}

Eigen::MatrixXd PriorInformation(const Layout& layout, const SharedCameras& shared,
                                 const UnknownOptions& unknowns, const UnknownValues& priors,
                                 double radius) {
  Eigen::VectorXd d = Eigen::VectorXd::Zero(layout.size);
  for (size_t m = 0; m < shared.view_of_model.size(); ++m) {
    const int at = layout.Model(static_cast<int>(m));
    if (layout.focal >= 0) d[at + layout.focal] = Information(unknowns.focal_sigma);
    if (layout.point >= 0) {
      d.segment<2>(at + layout.point).setConstant(Information(unknowns.principal_point_sigma_px));
    }
  }
  for (size_t p = 1; unknowns.HasRig() && p < shared.view_of_place.size(); ++p) {
    const int at = layout.Place(static_cast<int>(p));
    d.segment<3>(at).setConstant(Information(unknowns.rig_rotation_sigma_rad));
    d.segment<3>(at + 3).setConstant(
        Information(unknowns.rig_translation_sigma * Baseline(priors, p, radius)));
  }
  if (layout.scale >= 0) d[layout.scale] = Information(unknowns.scale_sigma);
  return d.asDiagonal();
}

// `factor`: value is prior · exp(tangent), whose sigma is that of the logarithm.
UnknownFit FitOf(const char* name, const std::string& of, double value, double prior,
                 double tangent_sigma, double prior_sigma, bool factor) {
  UnknownFit fit;
  fit.name = name;
  fit.of = of;
  fit.value = value;
  fit.prior = prior;
  fit.sigma = factor ? value * tangent_sigma : tangent_sigma;
  fit.prior_sigma = factor ? prior * prior_sigma : prior_sigma;
  const double moved = factor ? std::log(value / prior) : value - prior;
  fit.moved = std::isinf(prior_sigma) ? 0 : std::abs(moved) / prior_sigma;
  fit.determined = std::isinf(prior_sigma) ? (factor ? tangent_sigma < kToldLog : tangent_sigma > 0)
                                           : tangent_sigma < kTold * prior_sigma;
  if (!fit.determined) fit.why = "the masks hardly tell it: it is what was known before";
  return fit;
}

// The largest sigma of three components with this covariance.
double LargestSigma(const Eigen::Matrix3d& C) {
  return std::sqrt(std::max(0.0, C.diagonal().maxCoeff()));
}

}  // namespace

void AddUnknownFits(const PreparedScene& scene, const SharedCameras& shared,
                    const UnknownOptions& unknowns, const UnknownValues& priors, int window,
                    const Rigid3d& rig_from_run, UnknownsResult* result) {
  const Layout layout(shared, unknowns);
  const size_t last = scene.last_level();
  std::vector<SilhouetteView> views = scene.ViewsAt(last, scene.Depth(rig_from_run));
  std::vector<WeightedView> weighted;
  for (size_t i = 0; i < views.size(); ++i) {
    views[i].window = window;
    weighted.push_back({views[i], scene.level(last).targets[i].get(), 1.0});
  }
  const std::vector<OutlinePixel> pixels =
      CollectOutline(weighted, scene.rasterizer(), rig_from_run);
  Misfit misfit = result->align.misfit;
  misfit.window = window;
  std::string why;
  const std::optional<Eigen::MatrixXd> joint =
      JointCovariance(pixels, Columns(pixels, views, layout, shared, rig_from_run), misfit,
                      PriorInformation(layout, shared, unknowns, priors, scene.radius()), &why);
  result->joint_covariance = joint;
  const auto sigma = [&](int i) { return joint ? std::sqrt((*joint)(i, i)) : NAN; };
  std::vector<UnknownFit>& fits = result->align.unknowns;
  const auto name_of = [&](size_t view) { return scene.scene().views[view].name; };
  if (layout.scale >= 0) {
    fits.push_back(FitOf("scale", "", std::exp(result->values.log_scale),
                         std::exp(priors.log_scale), sigma(layout.scale), unknowns.scale_sigma,
                         true));
  }
  for (size_t m = 0; m < shared.view_of_model.size(); ++m) {
    const int at = layout.Model(static_cast<int>(m));
    const std::string of = name_of(shared.view_of_model[m]);
    const auto &k = result->values.intrinsics[m], &k0 = priors.intrinsics[m];
    if (layout.focal >= 0) {
      fits.push_back(FitOf("focal length", of, k[0], k0[0], sigma(at + layout.focal),
                           unknowns.focal_sigma, true));
    }
    for (int c = 0; layout.point >= 0 && c < 2; ++c) {
      fits.push_back(FitOf(c == 0 ? "cx" : "cy", of, k[2 + c], k0[2 + c],
                           sigma(at + layout.point + c), unknowns.principal_point_sigma_px, false));
    }
  }
  for (size_t p = 1; unknowns.HasRig() && p < shared.view_of_place.size(); ++p) {
    const int at = layout.Place(static_cast<int>(p));
    const std::string of = name_of(shared.view_of_place[p]);
    const Rigid3d &now = result->values.cam_from_rig[p], &before = priors.cam_from_rig[p];
    const double turn = RotationAngle_rad(now.rotation, before.rotation);
    const double shift = (now.translation - before.translation).norm();
    const double shift_sigma = unknowns.rig_translation_sigma * Baseline(priors, p, scene.radius());
    fits.push_back(FitOf("rig rotation", of, turn, 0,
                         joint ? LargestSigma(joint->block<3, 3>(at, at)) : NAN,
                         unknowns.rig_rotation_sigma_rad, false));
    fits.push_back(FitOf("rig translation", of, shift, 0,
                         joint ? LargestSigma(joint->block<3, 3>(at + 3, at + 3)) : NAN,
                         shift_sigma, false));
  }
  AlignResult& align = result->align;
  if (align.status == AlignStatus::kNoOverlap || !align.accuracy_expected) return;
  align.covariance.reset();
  align.accuracy.reset();
  if (joint) {
    align.covariance = Matrix6d(joint->topLeftCorner<6, 6>());
    align.accuracy = AccuracyOf(*align.covariance, scene.Depth(rig_from_run));
  }
  align.checks = ChecksOf(align);
}

}  // namespace ceres_align
