#include "ceres_align/solve/mask_offset.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "ceres_align/geometry/symmetric_matrix.h"
#include "ceres_align/render/view_geometry.h"
#include "ceres_align/scene/mask_band.h"

namespace ceres_align {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kPrior_px = 1;       // sigma of an offset that nothing is known of
constexpr double kCorrelated_px = 4;  // of outline that err as one, for the prior's weight
constexpr double kStretch_px = 16;
constexpr int kMostSteps = 6;
constexpr double kSmallStep_px = 0.01;

// Normal equations of Σ length · weight · (e − row · step)².
struct Normal {
  MatrixXd H;
  VectorXd g;
  double squares = 0, weight = 0;
  std::map<std::pair<size_t, std::pair<int, int>>, VectorXd> stretches;
};

class Fitter {
 public:
  Fitter(const PreparedScene& scene, const OutlineMeter& meter, const Rigid3d& start)
      : scene_(scene), meter_(meter), pose_(start), offset_(scene.num_views(), 0.0) {}

  OffsetFit Run() {
    OffsetFit fit;
    VectorXd step;
    for (int i = 0; i < kMostSteps; ++i) {
      Accumulate();
      ++fit.evaluations;
      step = Solve();
      if (!step.allFinite()) break;
      Move(step);
      if (StepPx(step) < kSmallStep_px) break;
    }
    fit.rig_from_run = pose_;
    fit.masks.resize(offset_.size());
    const MatrixXd covariance = Covariance();
    for (size_t v = 0; v < offset_.size(); ++v) {
      fit.masks[v] = {offset_[v], std::sqrt(std::max(0.0, covariance(6 + v, 6 + v)))};
    }
    return fit;
  }

 private:
  size_t size() const { return 6 + offset_.size(); }

  void Accumulate() {
    normal_ = Normal();
    normal_.H = MatrixXd::Zero(size(), size());
    normal_.g = VectorXd::Zero(size());
    const std::vector<SilhouetteView> views =
        scene_.ViewsAt(scene_.last_level(), scene_.Depth(pose_));
    const std::vector<std::vector<OutlineOffset>> outlines = meter_.Measure(pose_);
    px_per_unit_ = 0;
    for (size_t v = 0; v < views.size(); ++v) {
      if (outlines[v].empty()) continue;
      const Eigen::Vector3d center_in_rig =
          pose_ * (views[v].world_from_object * views[v].mesh_center_in_object);
      px_per_unit_ = std::max(
          px_per_unit_, views[v].camera.fx_px / std::max(center_in_rig.norm(), scene_.radius()));
      AddView(v, CanonicalFromRig(views[v].cam_from_rig.rotation, center_in_rig, pose_.translation),
              outlines[v]);
    }
  }

  void AddView(size_t v, const Eigen::Matrix<double, 6, 6>& canonical_from_rig,
               const std::vector<OutlineOffset>& outline) {
    std::vector<OutlineOffset> left = outline;
    for (OutlineOffset& o : left) o.inside_px -= static_cast<float>(offset_[v]);
    const double band_px = BandOf_px(left);
    for (const OutlineOffset& o : left) {
      const double w = o.length_px * TukeyWeight(std::abs(o.inside_px), band_px);
      if (w == 0) continue;
      VectorXd row = VectorXd::Zero(size());
      row.head<6>() = canonical_from_rig.transpose() * Eigen::Matrix<double, 6, 1>::Map(o.motion);
      row.segment<3>(3) *= scene_.radius();
      row[6 + v] = 1;
      normal_.H += w * row * row.transpose();
      normal_.g += w * o.inside_px * row;
      normal_.squares += w * o.inside_px * o.inside_px;
      normal_.weight += w;
      VectorXd& sum = normal_.stretches
                          .try_emplace({v,
                                        {static_cast<int>(o.place.x / kStretch_px),
                                         static_cast<int>(o.place.y / kStretch_px)}},
                                       VectorXd::Zero(size()))
                          .first->second;
      sum += w * o.inside_px * row;
    }
  }

  VectorXd Solve() {
    const double variance = normal_.weight > 0 ? normal_.squares / normal_.weight : 0;
    const double prior = (variance + 1e-6) * kCorrelated_px / (kPrior_px * kPrior_px);
    for (size_t v = 0; v < offset_.size(); ++v) {
      normal_.H(6 + v, 6 + v) += prior;
      normal_.g[6 + v] -= prior * offset_[v];
    }
    normal_.H.diagonal().array() += 1e-9 * normal_.H.trace();
    return SolveSymmetric(normal_.H, normal_.g);
  }

  void Move(const VectorXd& step) {
    pose_.rotation = (ExpRotation(Eigen::Vector3d(step.head<3>())) * pose_.rotation).normalized();
    pose_.translation += scene_.radius() * step.segment<3>(3);
    for (size_t v = 0; v < offset_.size(); ++v) offset_[v] += step[6 + v];
  }

  double StepPx(const VectorXd& step) const {
    return px_per_unit_ * scene_.radius() * step.head<6>().norm() +
           step.tail(offset_.size()).cwiseAbs().maxCoeff();
  }

  // A sandwich over stretches, at the last linearisation.
  MatrixXd Covariance() const {
    const MatrixXd inverse = SolveSymmetric(normal_.H, MatrixXd::Identity(size(), size()));
    MatrixXd noise = MatrixXd::Zero(size(), size());
    for (const auto& [place, sum] : normal_.stretches) {
      noise += sum * sum.transpose();
    }
    return inverse * noise * inverse;
  }

  const PreparedScene& scene_;
  const OutlineMeter& meter_;
  Rigid3d pose_;
  std::vector<double> offset_;
  Normal normal_;
  double px_per_unit_ = 0;
};

}  // namespace

OffsetFit FitOffsets(const PreparedScene& scene, const OutlineMeter& meter,
                     const Rigid3d& rig_from_run) {
  return Fitter(scene, meter, rig_from_run).Run();
}

MaskOffset MeanOffset(const std::vector<OutlineOffset>& outline, double about_px) {
  const double band_px = BandOf_px(outline, about_px);
  const auto weight = [&](const OutlineOffset& o) {
    return o.length_px * TukeyWeight(std::abs(o.inside_px - about_px), band_px);
  };
  double sum = 0, total = 0;
  for (const OutlineOffset& o : outline) {
    sum += weight(o) * o.inside_px;
    total += weight(o);
  }
  MaskOffset offset;
  if (!(total > 0)) return offset;
  offset.offset_px = sum / total;
  std::map<std::pair<int, int>, double> stretches;
  for (const OutlineOffset& o : outline) {
    stretches[{static_cast<int>(o.place.x / kStretch_px),
               static_cast<int>(o.place.y / kStretch_px)}] +=
        weight(o) * (o.inside_px - offset.offset_px);
  }
  double squares = 0;
  for (const auto& [place, off] : stretches) squares += off * off;
  offset.sigma_px = std::sqrt(squares) / total;
  return offset;
}

ImageF SteppedBack(const ImageF& mask, PixelStep step, bool shrink) {
  ImageF moved = mask;
  for (int r = 0; r < mask.height; ++r) {
    for (int c = 0; c < mask.width; ++c) {
      float& value = moved.at(c, r);
      for (int dr = -1; dr <= 1; ++dr) {
        for (int dc = -1; dc <= 1; ++dc) {
          if (step == PixelStep::kFour && dr != 0 && dc != 0) continue;
          if (c + dc < 0 || r + dr < 0 || c + dc >= mask.width || r + dr >= mask.height) continue;
          const float other = mask.at(c + dc, r + dr);
          value = shrink ? std::min(value, other) : std::max(value, other);
        }
      }
    }
  }
  return moved;
}

double SizeOf_px(PixelStep step) {
  // Means of max(|cos|, |sin|) and |cos| + |sin|.
  switch (step) {
    case PixelStep::kFour:
      return 2 * std::sqrt(2.0) / M_PI;
    case PixelStep::kEight:
      return 4 / M_PI;
    case PixelStep::kNone:
      break;
  }
  return 0;
}

ImageF MovedMask(const ImageF& mask, const ImageF& weight, double offset_px) {
  if (offset_px == 0) return mask;
  const std::vector<OutlinePoint> outline = MaskOutline(mask, weight).points();
  const ImageF distances = DistancesTo(outline, mask.width, mask.height, std::abs(offset_px) + 1);
  ImageF moved = mask;
  for (size_t i = 0; i < moved.pixels.size(); ++i) {
    const double inside = mask.pixels[i] >= 0.5f ? distances.pixels[i] : -distances.pixels[i];
    moved.pixels[i] = static_cast<float>(std::clamp(0.5 + inside - offset_px, 0.0, 1.0));
  }
  return moved;
}

}  // namespace ceres_align
