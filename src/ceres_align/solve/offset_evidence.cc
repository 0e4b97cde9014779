#include "ceres_align/solve/offset_evidence.h"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "ceres_align/render/view_geometry.h"
#include "ceres_align/scene/mask_band.h"

namespace ceres_align {
namespace {

using Eigen::MatrixXd;
using Eigen::Vector3d;
using Eigen::VectorXd;

constexpr double kStretch_px = 16;
// Directions below this part of the best seen one are not told by the outlines.
constexpr double kRankTolerance = 1e-4;
// Masks that are a pixel too large all round reach 0.01 to 0.15 of the pose's and 0.02 to 0.7 of
// the best rival's; lenses, focal lengths and rigs that are wrong 0.2 to 1 and 0.9 to 20; waves and
// segmentation networks 0.4 to 1 and 0.8 to 1.4.
constexpr double kOfPose = 0.5, kOfRivals = 0.8;
constexpr double kLeastSpare = 8;

// The columns of the fits: [ω, v / radius], the three rivals, then of every view an offset and a
// change of pose.
constexpr int kFocal = 6, kLens = 7, kSize = 8, kViews = 9, kPerView = 7;

// How far the outline moves outward by a growth of the object about its centre: h · a, h = ∂/∂v and
// a the lever from the centre, perpendicular to the ray (h × and h · of it are known).
double BySize(const OutlineOffset& o, const Vector3d& center_in_cam) {
  const Vector3d turn(o.motion[0], o.motion[1], o.motion[2]);
  const Vector3d h(o.motion[3], o.motion[4], o.motion[5]);
  const double squared = h.squaredNorm();
  if (!(squared > 0)) return 0;
  return h.dot(h.cross(turn) - h.dot(center_in_cam) * h) / squared;
}

double ByK1(const OutlineOffset& o, const Camera& camera, const Projection& projection) {
  const Eigen::Vector2d x = projection.Ray(o.place.x, o.place.y).head<2>();
  const double r2 = x.squaredNorm();
  return r2 * (camera.fx_px * x.x() * o.normal[0] + camera.fy_px * x.y() * o.normal[1]);
}

// The means over stretches, of e and of its derivatives, times the root of the stretch's weight.
class Stretches {
 public:
  explicit Stretches(int columns) : columns_(columns) {}

  void Add(size_t view, const OutlineOffset& o, double w, const VectorXd& row) {
    const std::pair<int, int> tile(static_cast<int>(o.place.x / kStretch_px),
                                   static_cast<int>(o.place.y / kStretch_px));
    VectorXd& sum = sums_.try_emplace({view, tile}, VectorXd::Zero(columns_ + 2)).first->second;
    sum.head(columns_) += w * row;
    sum[columns_] += w * o.inside_px;
    sum[columns_ + 1] += w;
  }

  size_t size() const { return sums_.size(); }

  // Mean square that a least squares fit by these columns leaves, per degree of freedom.
  double Left(const std::vector<int>& columns) const {
    MatrixXd A(sums_.size(), columns.size());
    VectorXd e(sums_.size());
    double weight = 0;
    int i = 0;
    for (const auto& [key, sum] : sums_) {
      const double root = std::sqrt(sum[columns_ + 1]);
      for (size_t k = 0; k < columns.size(); ++k) A(i, k) = sum[columns[k]] / root;
      e[i++] = sum[columns_] / root;
      weight += sum[columns_ + 1];
    }
    for (int k = 0; k < A.cols(); ++k) {
      const double norm = A.col(k).norm();
      if (norm > 0) A.col(k) /= norm;
    }
    Eigen::ColPivHouseholderQR<MatrixXd> qr(A);
    qr.setThreshold(kRankTolerance);
    const double n = static_cast<double>(sums_.size());
    const VectorXd left = e - A * qr.solve(e);
    return left.squaredNorm() / weight * n / std::max(1.0, n - static_cast<double>(qr.rank()));
  }

 private:
  const int columns_;
  std::map<std::pair<size_t, std::pair<int, int>>, VectorXd> sums_;
};

Stretches Collect(const PreparedScene& scene, const OutlineMeter& meter, const Rigid3d& pose) {
  const std::vector<SilhouetteView> views = scene.ViewsAt(scene.last_level(), scene.Depth(pose));
  const std::vector<std::vector<OutlineOffset>> outlines = meter.Measure(pose);
  const int columns = kViews + kPerView * static_cast<int>(views.size());
  Stretches stretches(columns);
  for (size_t v = 0; v < views.size(); ++v) {
    const Vector3d center_in_rig =
        pose * (views[v].world_from_object * views[v].mesh_center_in_object);
    const Eigen::Matrix<double, 6, 6> canonical_from_rig =
        CanonicalFromRig(views[v].cam_from_rig.rotation, center_in_rig, pose.translation);
    const Vector3d center_in_cam = views[v].cam_from_rig * center_in_rig;
    const Projection projection(views[v].camera);
    const double band_px = BandOf_px(outlines[v]);
    for (const OutlineOffset& o : outlines[v]) {
      const double w = o.length_px * TukeyWeight(std::abs(o.inside_px), band_px);
      if (w == 0) continue;
      VectorXd row = VectorXd::Zero(columns);
      Eigen::Matrix<double, 6, 1> by_pose =
          canonical_from_rig.transpose() * Eigen::Matrix<double, 6, 1>::Map(o.motion);
      by_pose.tail<3>() *= scene.radius();
      row.head<6>() = by_pose;
      row[kFocal] = o.by_focal;
      row[kLens] = ByK1(o, views[v].camera, projection);
      row[kSize] = BySize(o, center_in_cam);
      row[kViews + kPerView * v] = 1;
      row.segment<6>(kViews + kPerView * v + 1) = by_pose;
      stretches.Add(v, o, w, row);
    }
  }
  return stretches;
}

}  // namespace

double OffsetEvidence::LeastOfRivals() const {
  return std::min({by_focal, by_lens, by_size, by_views});
}

bool OffsetEvidence::AllowsOffsets() const {
  return spare >= kLeastSpare && by_offsets < kOfPose * by_pose;
}

bool OffsetEvidence::SpeaksForOffsets() const {
  return AllowsOffsets() && by_offsets < kOfRivals * LeastOfRivals();
}

OffsetEvidence WeighOffsets(const PreparedScene& scene, const OutlineMeter& meter,
                            const Rigid3d& rig_from_run) {
  const Stretches stretches = Collect(scene, meter, rig_from_run);
  OffsetEvidence evidence;
  if (stretches.size() == 0) return evidence;
  const std::vector<int> pose = {0, 1, 2, 3, 4, 5};
  const auto with = [&](int column) {
    std::vector<int> columns = pose;
    columns.push_back(column);
    return stretches.Left(columns);
  };
  std::vector<int> offsets = pose, own;
  for (size_t v = 0; v < scene.num_views(); ++v) {
    const int at = kViews + kPerView * static_cast<int>(v);
    offsets.push_back(at);
    for (int k = 1; k < kPerView; ++k) own.push_back(at + k);
  }
  evidence.by_pose = stretches.Left(pose);
  evidence.by_offsets = stretches.Left(offsets);
  evidence.by_focal = with(kFocal);
  evidence.by_lens = with(kLens);
  evidence.by_size = with(kSize);
  evidence.by_views = stretches.Left(own);
  evidence.spare = static_cast<double>(stretches.size()) -
                   static_cast<double>(std::max(offsets.size(), own.size()));
  return evidence;
}

}  // namespace ceres_align
