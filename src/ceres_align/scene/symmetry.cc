#include "ceres_align/scene/symmetry.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "ceres_align/scene/surface_moments.h"

namespace ceres_align {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;

constexpr size_t kDirections = 4;  // a power of two
constexpr int kImagePx = 64;
// Of the object's radius: near enough for perspective to show front and back differently.
constexpr double kDistance = 4, kFillOfImage = 0.95;
// Moments closer than this fraction of the largest may be equal ones.
constexpr double kEqualMoments = 0.03;
// A facetted round object turned by half a facet; an exact symmetry of its facets does better.
constexpr double kRoundDeficit = 0.005, kExactDeficit = 0.002;
constexpr int kMaxOrder = 12, kMaxMultiple = 6;
constexpr double kSameRotation_rad = 0.02, kSameAxis = 0.999;
constexpr double kNoMoment = 1e-6;
// Two would do if the stand-in were as unlike the mesh from every direction as from the fixed ones.
constexpr double kStandInMargin = 3;

Matrix3d Turn(double angle_rad, const Vector3d& axis) {
  return Eigen::AngleAxisd(angle_rad, axis).toRotationMatrix();
}

Matrix3d Reflection(const Vector3d& normal) {
  return Matrix3d::Identity() - 2 * normal * normal.transpose();
}

double AngleOf(const Matrix3d& rotation) { return Eigen::AngleAxisd(rotation).angle(); }

// Directions over the whole sphere, rolled, in an order that begins with unlike ones.
Matrix3d Direction(size_t index) {
  const double i = static_cast<double>((3 * index + 1) % kDirections);
  const double z = 1 - (2 * i + 1.13) / (kDirections + 0.4);
  return Turn(0.7 * i + 0.31, Vector3d::UnitZ()) * Turn(std::acos(z), Vector3d::UnitX()) *
         Turn(2.399963 * i + 0.53, Vector3d::UnitZ());
}

double Deficit(const ImageF& a, const ImageF& b, bool flipped) {
  double both = 0, either = 0;
  for (int r = 0; r < a.height; ++r) {
    for (int c = 0; c < a.width; ++c) {
      const double p = a.at(c, r), q = b.at(flipped ? b.width - 1 - c : c, r);
      both += std::min(p, q);
      either += std::max(p, q);
    }
  }
  return either > 0 ? 1 - both / either : 0;
}

// What is as good as the best.
double LimitFor(double best_deficit) {
  return std::min(kAlikeDeficit, std::max(3 * best_deficit, kExactDeficit));
}

// The order of one axis: the largest k whose turn is as good as the best one's, whose deficit it
// returns.
int OrderAbout(const Vector3d& axis, bool only_two, OutlineComparer* comparer, double* least) {
  const auto deficit = [&](double angle) {
    return comparer->Deficit(Turn(angle, axis), kAlikeDeficit);
  };
  *least = deficit(M_PI);
  if (only_two) return *least < kAlikeDeficit ? 2 : 1;
  if (deficit(1.0) < kRoundDeficit && deficit(2.3) < kRoundDeficit) {
    *least = 0;
    return SymmetryAxis::kRound;
  }
  double deficits[kMaxOrder + 1] = {1, 1, *least};
  for (int k = 3; k <= kMaxOrder; ++k) {
    // An axis of order k is one of each of its divisors.
    deficits[k] = 1;
    int divisor = 2;
    while (k % divisor != 0) ++divisor;
    if (divisor < k && !(deficits[divisor] < kAlikeDeficit)) continue;
    deficits[k] = deficit(2 * M_PI / k);
    *least = std::min(*least, deficits[k]);
  }
  if (!(*least < kAlikeDeficit)) return 1;
  const double limit = LimitFor(*least);
  int order = kMaxOrder;
  while (!(deficits[order] < limit)) --order;
  int multiple = kMaxMultiple;
  while (multiple > 1 && !(deficit(2 * M_PI / (multiple * order)) < limit)) --multiple;
  return multiple * order;
}

void CloseGroup(const std::vector<Matrix3d>& generators, std::vector<Matrix3d>* group) {
  for (size_t i = 0; i < group->size(); ++i) {
    for (const Matrix3d& generator : generators) {
      if (group->size() == MeshSymmetry::kMaxRotations) return;
      const Matrix3d product = generator * (*group)[i];
      const bool is_new = std::none_of(group->begin(), group->end(), [&](const Matrix3d& g) {
        return AngleOf(g.transpose() * product) < kSameRotation_rad;
      });
      if (is_new) group->push_back(product);
    }
  }
}

// Where the object's main axis is `axis`: directions across it about which it may be turned over,
// or along which reflected.
std::vector<Vector3d> CrossAxes(const TriangleMesh& mesh, const SurfaceMoments& moments,
                                const SymmetryAxis& axis) {
  const Vector3d x = axis.direction.unitOrthogonal(), y = axis.direction.cross(x);
  if (axis.order == SymmetryAxis::kRound) return {x};
  std::vector<Vector3d> across;
  for (int m = axis.order; m <= 3 * axis.order + 1; m += axis.order) {
    if (m < 3) continue;  // zero where two moments are equal
    const std::complex<double> moment = AzimuthMoment(mesh, moments, x, y, m);
    if (std::abs(moment) < kNoMoment) continue;
    // Planes of reflection every π/order, axes among them or half-way between.
    for (int j = 0; j < 2 * m / axis.order; ++j) {
      const double angle = std::arg(moment) / m + j * M_PI / (2 * m);
      across.emplace_back(std::cos(angle) * x + std::sin(angle) * y);
    }
    break;
  }
  return across;
}

}  // namespace

OutlineComparer::OutlineComparer(Rasterizer* rasterizer, MeshId mesh, MeshId coarse,
                                 const Vector3d& center, double radius)
    : rasterizer_(rasterizer), mesh_(mesh), coarse_(coarse), center_(center), radius_(radius) {}

// The object reflected is drawn as F (F R M) X, F the reflection of the image from left to right:
// F R M is a rotation; the caller flips.
std::vector<ImageF> OutlineComparer::Draw(MeshId mesh, const Matrix3d& transform, size_t first,
                                          size_t end) const {
  const double f_px = 0.5 * kFillOfImage * kImagePx * std::sqrt(kDistance * kDistance - 1);
  const Camera camera{kImagePx, kImagePx, f_px, f_px, 0.5 * kImagePx, 0.5 * kImagePx};
  const bool improper = transform.determinant() < 0;
  std::vector<RasterJob> jobs;
  for (size_t i = first; i < end; ++i) {
    Matrix3d R = Direction(i) * transform;
    if (improper) R.row(0) *= -1;
    RasterJob job;
    job.mesh = mesh;
    job.camera = camera;
    const Eigen::Quaterniond rotation(R);
    job.cam_from_object = Rigid3d(
        rotation, Vector3d(Vector3d(0, 0, kDistance * radius_) - rotation.normalized() * center_));
    jobs.push_back(job);
  }
  std::vector<ImageF> images;
  rasterizer_->CoverageBatch(jobs, &images);
  return images;
}

double OutlineComparer::WorstOf(MeshId mesh, const std::vector<ImageF>& own,
                                const Matrix3d& transform, size_t first, size_t end) const {
  const bool flipped = transform.determinant() < 0;
  const std::vector<ImageF> images = Draw(mesh, transform, first, end);
  double worst = 0;
  for (size_t i = first; i < end; ++i) {
    worst = std::max(worst, ceres_align::Deficit(own[i], images[i - first], flipped));
  }
  return worst;
}

void OutlineComparer::AddCoarse(size_t first, size_t end) {
  for (const ImageF& image : Draw(coarse_, Matrix3d::Identity(), first, end)) {
    stand_in_ = std::max(stand_in_, ceres_align::Deficit(own_[coarse_own_.size()], image, false));
    coarse_own_.push_back(image);
  }
}

// 1 − IoU is a metric: the mesh's deficit is the stand-in's to within how unlike the two are, once
// as drawn here and once transformed.
double OutlineComparer::Deficit(const Matrix3d& transform, double give_up) {
  double worst = 0;
  for (size_t begin = 0, end = 1; begin < kDirections; begin = end, end *= 2) {
    if (own_.size() < end) {
      const size_t known = own_.size();
      for (const ImageF& image : Draw(mesh_, Matrix3d::Identity(), known, end)) {
        own_.push_back(image);
      }
      if (coarse_ != mesh_) AddCoarse(known, end);
    }
    if (coarse_ != mesh_) {
      const double least =
          WorstOf(coarse_, coarse_own_, transform, begin, end) - kStandInMargin * stand_in_;
      if (least > give_up) return std::max(worst, least);
    }
    worst = std::max(worst, WorstOf(mesh_, own_, transform, begin, end));
    if (worst > give_up) return worst;
  }
  return worst;
}

double MeshSymmetry::AngleTo(const Matrix3d& rotation) const {
  if (sphere) return 0;
  const Matrix3d& g = rotations[Nearest(rotation)];
  if (!IsRound()) return AngleOf(g.transpose() * rotation);
  const Vector3d from = g * axes[0].direction, to = rotation * axes[0].direction;
  return std::atan2(from.cross(to).norm(), from.dot(to));
}

size_t MeshSymmetry::Nearest(const Matrix3d& rotation) const {
  size_t nearest = 0;
  double best = -4;
  for (size_t i = 0; i < rotations.size() && !sphere; ++i) {
    const double likeness =
        IsRound() ? (rotations[i] * axes[0].direction).dot(rotation * axes[0].direction)
                  : (rotations[i].transpose() * rotation).trace();
    if (likeness > best) {
      best = likeness;
      nearest = i;
    }
  }
  return nearest;
}

namespace {

int Rank(const SymmetryAxis& axis) {
  return axis.order == SymmetryAxis::kRound ? 1 << 20 : axis.order;
}

class Finder {
 public:
  Finder(const TriangleMesh& mesh, Rasterizer* rasterizer, MeshId id, MeshId coarse)
      : mesh_(mesh),
        moments_(MomentsOfSurface(mesh)),
        low_equal_(moments_.principal[1] - moments_.principal[0] <
                   kEqualMoments * moments_.principal[2]),
        high_equal_(moments_.principal[2] - moments_.principal[1] <
                    kEqualMoments * moments_.principal[2]),
        comparer_(rasterizer, id, coarse, moments_.center, moments_.radius) {
    symmetry_.center = moments_.center;
    symmetry_.radius = moments_.radius;
  }

  MeshSymmetry Run() {
    if (low_equal_ && high_equal_ && IsSphere()) {
      symmetry_.sphere = true;
      symmetry_.mirror = -Matrix3d::Identity();
      return symmetry_;
    }
    TestAxes();
    TestAcross();
    std::vector<Matrix3d> generators;
    for (const SymmetryAxis& axis : symmetry_.axes) {
      if (axis.order == SymmetryAxis::kRound) continue;
      generators.push_back(Turn(2 * M_PI / axis.order, axis.direction));
    }
    CloseGroup(generators, &symmetry_.rotations);
    TestReflections();
    return symmetry_;
  }

 private:
  bool IsSphere() {
    for (const Vector3d& axis : {Vector3d(0.36, 0.48, 0.8), Vector3d(-0.48, 0.8, 0.36)}) {
      const Matrix3d turn = Turn(1.0, axis.normalized());
      if (!(comparer_.Deficit(turn, kRoundDeficit) < kRoundDeficit)) return false;
    }
    return true;
  }

  // Only an axis whose two cross moments are equal can be of order 3 or more.
  void TestAxes() {
    std::vector<bool> many;
    if (low_equal_ && high_equal_) {
      candidates_ = ExtremeAxes(mesh_, moments_);
      many.assign(candidates_.size(), true);
    }
    for (int i = 0; i < 3; ++i) {
      candidates_.emplace_back(moments_.axes.col(i));
      many.push_back((i == 0 && high_equal_) || (i == 2 && low_equal_));
    }
    std::vector<double> deficits;
    double best = kAlikeDeficit;
    std::vector<SymmetryAxis> found;
    for (size_t i = 0; i < candidates_.size(); ++i) {
      const bool known = std::any_of(found.begin(), found.end(), [&](const SymmetryAxis& other) {
        return std::abs(candidates_[i].dot(other.direction)) > kSameAxis;
      });
      if (known) continue;
      double deficit = 1;
      const int order = OrderAbout(candidates_[i], !many[i], &comparer_, &deficit);
      if (order == 1) continue;
      found.push_back({candidates_[i], order});
      deficits.push_back(deficit);
      best = std::min(best, deficit);
    }
    std::vector<SymmetryAxis>& axes = symmetry_.axes;
    for (size_t i = 0; i < found.size(); ++i) {
      if (deficits[i] < LimitFor(best)) axes.push_back(found[i]);
    }
    std::stable_sort(axes.begin(), axes.end(), [](const SymmetryAxis& a, const SymmetryAxis& b) {
      return Rank(a) > Rank(b);
    });
    // With one axis of order 3 or more, those across it are found by TestAcross.
    const bool one = !axes.empty() && Rank(axes[0]) > 2 && (axes.size() == 1 || Rank(axes[1]) <= 2);
    if (one || symmetry_.IsRound()) axes.resize(1);
  }

  // Across the main axis, where the second moments do not tell the direction.
  void TestAcross() {
    SymmetryAxis main;
    if (!symmetry_.axes.empty() && Rank(symmetry_.axes[0]) > 2) {
      main = symmetry_.axes[0];
    } else if (low_equal_ != high_equal_) {
      main.direction = moments_.axes.col(high_equal_ ? 0 : 2);
    } else {
      return;
    }
    double best = kAlikeDeficit;
    std::optional<Vector3d> over;  // the others of its kind follow from the main axis
    for (const Vector3d& across : CrossAxes(mesh_, moments_, main)) {
      candidates_.push_back(across);
      const double deficit = comparer_.Deficit(Turn(M_PI, across), best);
      if (!(deficit < best)) continue;
      best = deficit;
      over = across;
    }
    if (over) symmetry_.axes.push_back({*over, 2});
  }

  void TestReflections() {
    std::vector<Matrix3d> mirrors;
    for (const Vector3d& normal : candidates_) mirrors.push_back(Reflection(normal));
    mirrors.emplace_back(-Matrix3d::Identity());
    double best = kRoughDeficit;
    for (const Matrix3d& mirror : mirrors) {
      const double deficit = comparer_.Deficit(mirror, best);
      if (!(deficit < best)) continue;
      best = deficit;
      symmetry_.rough_mirror = mirror;
      if (best < kExactDeficit) break;
    }
    if (best < kAlikeDeficit) std::swap(symmetry_.mirror, symmetry_.rough_mirror);
  }

  const TriangleMesh& mesh_;
  const SurfaceMoments moments_;
  const bool low_equal_, high_equal_;
  OutlineComparer comparer_;
  std::vector<Vector3d> candidates_;  // for axes and normals of reflections
  MeshSymmetry symmetry_;
};

}  // namespace

MeshSymmetry FindSymmetry(const TriangleMesh& mesh, Rasterizer* rasterizer, MeshId id,
                          MeshId coarse) {
  return Finder(mesh, rasterizer, id, coarse).Run();
}

}  // namespace ceres_align
