#include "ceres_align/search/table_search.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/scene/silhouette_table.h"

namespace ceres_align {
namespace {

// Masks are sampled at the first level at which they are this large (the root of their area).
constexpr double kMaskSizePx = 24;
// A level's pixels average a noisy mask; what this leaves of lone wrong pixels is nothing.
constexpr double kNoise = 0.15;
// Ignored pixels this near the mask's bounding box, relative to its size, may hide some of it.
constexpr double kIgnoredMargin = 0.1;
// Cut off by the frame: so much of the border of the mask's bounding box.
constexpr double kNearlyWhole = 0.02, kPartly = 0.25;
constexpr double kFillOfDisc = 0.35;  // of a bounding sphere's disc by a typical silhouette
constexpr int kCentroidSteps = 3;

// A whole mask as seen by a camera that looks at its centroid.
struct MaskLook {
  size_t view = 0;
  Eigen::Quaterniond look_from_cam = Eigen::Quaterniond::Identity();
  double area = 0;  // on the plane z = 1 of the look frame
  PolarSilhouette silhouette;
  int silhouette_area = 0;
};

struct PixelBox {
  int left, right, top, bottom;
};

ImageF WithoutNoise(const ImageF& mask) {
  ImageF clean = mask;
  for (float& t : clean.pixels) {
    t = static_cast<float>(std::clamp((t - kNoise) / (1 - 2 * kNoise), 0.0, 1.0));
  }
  return clean;
}

// Of the pixels above one half; nothing if there are none.
std::optional<PixelBox> BoxOf(const ImageF& mask) {
  PixelBox box{mask.width, -1, mask.height, -1};
  for (int r = 0; r < mask.height; ++r) {
    for (int c = 0; c < mask.width; ++c) {
      if (mask.at(c, r) < 0.5f) continue;
      box = {std::min(box.left, c), std::max(box.right, c), std::min(box.top, r),
             std::max(box.bottom, r)};
    }
  }
  if (box.right < 0) return std::nullopt;
  return box;
}

// The part of the mask's bounding box's border where the frame cuts it off.
double CutOff(const ImageF& mask, const PixelBox& box) {
  int cut = 0;
  for (int c = 0; c < mask.width; ++c) {
    cut += (mask.at(c, 0) >= 0.5f) + (mask.at(c, mask.height - 1) >= 0.5f);
  }
  for (int r = 0; r < mask.height; ++r) {
    cut += (mask.at(0, r) >= 0.5f) + (mask.at(mask.width - 1, r) >= 0.5f);
  }
  return static_cast<double>(cut) / (2 * (box.right - box.left + box.bottom - box.top + 2));
}

bool IgnoredBeside(const ImageF& weight, const PixelBox& box) {
  if (weight.empty()) return false;
  const int size = std::max(box.right - box.left, box.bottom - box.top) + 1;
  const int margin = std::max(1, static_cast<int>(std::lround(kIgnoredMargin * size)));
  for (int r = std::max(0, box.top - margin); r <= std::min(weight.height - 1, box.bottom + margin);
       ++r) {
    for (int c = std::max(0, box.left - margin);
         c <= std::min(weight.width - 1, box.right + margin); ++c) {
      if (weight.at(c, r) < 0.5f) return true;
    }
  }
  return false;
}

// Turns the look frame until the mask's centroid, by area on its plane z = 1, is its axis.
void LookAtCentroid(const ImageF& mask, const Camera& camera, const Projection& projection,
                    const PixelBox& box, MaskLook* look) {
  Eigen::Vector3d axis =
      projection.Ray(0.5 * (box.left + box.right + 1), 0.5 * (box.top + box.bottom + 1));
  for (int step = 0; step < kCentroidSteps; ++step) {
    look->look_from_cam = RotationBetween(axis, Eigen::Vector3d::UnitZ());
    const Eigen::Matrix3d R = look->look_from_cam.toRotationMatrix();
    double area = 0, x = 0, y = 0;
    for (int r = box.top; r <= box.bottom; ++r) {
      for (int c = box.left; c <= box.right; ++c) {
        if (mask.at(c, r) == 0) continue;
        double shrinkage;
        const Eigen::Vector3d p = R * projection.Ray(c + 0.5, r + 0.5, &shrinkage);
        if (!(p.z() > 0.05)) continue;  // far off the axis: its area would be without bounds
        const double a = shrinkage * mask.at(c, r) / (p.z() * p.z() * p.z());
        area += a;
        x += a * p.x() / p.z();
        y += a * p.y() / p.z();
      }
    }
    look->area = area / (camera.fx_px * camera.fy_px);
    axis = R.transpose() * Eigen::Vector3d(x / area, y / area, 1);
  }
}

std::optional<MaskLook> LookAt(const PreparedScene& scene, size_t view, Whole whole) {
  if (scene.mask_empty(view)) return std::nullopt;
  size_t level = 0;
  while (level < scene.last_level() &&
         scene.MomentsAt(level)[view].area_px < kMaskSizePx * kMaskSizePx) {
    ++level;
  }
  const Target& target = *scene.level(level).targets[view];
  const Camera& camera = scene.level(level).cameras[view];
  const ImageF mask = WithoutNoise(target.mask());
  const std::optional<PixelBox> box = BoxOf(mask);
  if (!box || CutOff(mask, *box) > (whole == Whole::kNearly ? kNearlyWhole : kPartly)) {
    return std::nullopt;
  }
  if (whole == Whole::kNearly && IgnoredBeside(target.weight(), *box)) return std::nullopt;
  MaskLook look;
  look.view = view;
  const Projection projection(camera);
  LookAtCentroid(mask, camera, projection, *box, &look);
  const Eigen::Matrix3d cam_from_look = look.look_from_cam.toRotationMatrix().transpose();
  look.silhouette =
      SamplePolar(Eigen::Vector2d::Zero(), std::sqrt(look.area), [&](double x, double y) {
        const Eigen::Vector3d ray = cam_from_look * Eigen::Vector3d(x, y, 1);
        if (!(ray.z() > 0)) return false;
        const Eigen::Vector2d p = projection.Px(ray);
        return Bilinear(mask, p.x(), p.y(), Outside::kZero) >= 0.5;
      });
  look.silhouette_area = std::max(1, look.silhouette.Area());
  return look;
}

// Of whole masks, the largest first.
std::vector<MaskLook> WholeMasks(const PreparedScene& scene, Whole whole) {
  std::vector<MaskLook> looks;
  for (size_t i = 0; i < scene.num_views(); ++i) {
    if (const std::optional<MaskLook> look = LookAt(scene, i, whole)) looks.push_back(*look);
  }
  std::stable_sort(looks.begin(), looks.end(),
                   [](const MaskLook& a, const MaskLook& b) { return a.area > b.area; });
  return looks;
}

using Tables = std::map<int, const SilhouetteTable*>;

// By mesh, drawn from the mean of the distances at which the masks would be as large.
Tables TablesFor(const PreparedScene& scene, const std::vector<MaskLook>& looks, int directions) {
  std::map<int, std::vector<double>> distances;
  for (const MaskLook& look : looks) {
    const int mesh = scene.scene().views[look.view].mesh_index;
    distances[mesh].push_back(scene.mesh(mesh).coarsest().radius *
                              std::sqrt(M_PI * kFillOfDisc / look.area));
  }
  Tables tables;
  for (const auto& [mesh, all] : distances) {
    double sum = 0;
    for (const double d : all) sum += d;
    tables[mesh] = &scene.mesh(mesh).LooksFrom(sum / static_cast<double>(all.size()), directions,
                                               scene.rasterizer());
  }
  return tables;
}

// Where the object must be for an entry, turned by `sectors`, to lie on the mask.
Rigid3d CamFromObject(const SilhouetteTable& table, const SilhouetteTable::Entry& entry,
                      int sectors, const MaskLook& look, const Eigen::Vector3d& center_in_object) {
  const Eigen::Quaterniond turn(
      Eigen::AngleAxisd(2 * M_PI * sectors / PolarSilhouette::kSectors, Eigen::Vector3d::UnitZ()));
  const Eigen::Vector3d offset = turn * Eigen::Vector3d(entry.centroid.x(), entry.centroid.y(), 0);
  const Eigen::Vector3d to_center = Eigen::Vector3d::UnitZ() - offset;
  const Eigen::Quaterniond tilt = RotationBetween(Eigen::Vector3d::UnitZ(), to_center);
  const Eigen::Quaterniond cam_from_look = look.look_from_cam.conjugate();
  const Eigen::Quaterniond rotation = cam_from_look * tilt * turn * entry.look_from_object;
  const double z = table.distance() * std::sqrt(entry.area / look.area);
  return Rigid3d(rotation,
                 Eigen::Vector3d(cam_from_look * (z * to_center) - rotation * center_in_object));
}

struct Candidate {
  double unlike;  // summed over the views: area that differs, of the mask's
  Rigid3d rig_from_run;
};

// Every entry at each turn, or at those that fit the first mask better than their neighbours do.
std::vector<Candidate> FitFirst(const MaskLook& look, const SilhouetteTable& table,
                                const SilhouetteView& view, const Eigen::Vector3d& center_in_object,
                                bool every_turn, Rasterizer* rasterizer) {
  const Rigid3d rig_from_cam = Inverse(view.cam_from_rig);
  const Rigid3d object_from_run = Inverse(view.world_from_object);
  const size_t n = table.entries().size();
  std::vector<std::vector<Candidate>> by_entry(n);
  const auto fit = [&](size_t i) {
    const SilhouetteTable::Entry& entry = table.entries()[i];
    if (!(entry.area > 0)) return;
    std::array<int, PolarSilhouette::kSectors> unlike;
    for (int s = 0; s < PolarSilhouette::kSectors; ++s) {
      unlike[s] = Mismatch(entry.silhouette, s, look.silhouette);
    }
    for (int s = 0; s < PolarSilhouette::kSectors; ++s) {
      const int before = unlike[(s + PolarSilhouette::kSectors - 1) % PolarSilhouette::kSectors];
      const int after = unlike[(s + 1) % PolarSilhouette::kSectors];
      if (!every_turn && (unlike[s] >= before || unlike[s] > after)) continue;
      const Rigid3d cam_from_object = CamFromObject(table, entry, s, look, center_in_object);
      by_entry[i].push_back({static_cast<double>(unlike[s]) / look.silhouette_area,
                             rig_from_cam * cam_from_object * object_from_run});
    }
  };
  constexpr size_t kPerBody = 16;
  rasterizer->ForEach((n + kPerBody - 1) / kPerBody, [&](size_t body) {
    for (size_t i = body * kPerBody; i < std::min(n, (body + 1) * kPerBody); ++i) fit(i);
  });
  std::vector<Candidate> candidates;
  for (const auto& some : by_entry) candidates.insert(candidates.end(), some.begin(), some.end());
  return candidates;
}

void AddOther(const MaskLook& look, const SilhouetteTable& table, const SilhouetteView& view,
              std::vector<Candidate>* candidates) {
  for (Candidate& candidate : *candidates) {
    const Rigid3d cam_from_object =
        view.cam_from_rig * candidate.rig_from_run * view.world_from_object;
    candidate.unlike += static_cast<double>(table.MismatchAt(
                            look.look_from_cam * cam_from_object.rotation, look.silhouette)) /
                        look.silhouette_area;
  }
}

std::vector<Rigid3d> BestApart(const std::vector<Candidate>& sorted, size_t count,
                               double min_angle_rad) {
  const double max_dot = std::cos(min_angle_rad / 2);
  std::vector<Rigid3d> kept;
  for (const Candidate& candidate : sorted) {
    if (kept.size() == count) break;
    const bool apart = std::none_of(kept.begin(), kept.end(), [&](const Rigid3d& other) {
      return std::abs(candidate.rig_from_run.rotation.dot(other.rotation)) > max_dot;
    });
    if (apart) kept.push_back(candidate.rig_from_run);
  }
  return kept;
}

}  // namespace

std::vector<Rigid3d> PosesLikeMasks(const PreparedScene& scene, int directions, size_t count,
                                    double min_angle_rad, Whole whole,
                                    const std::function<bool(const Rigid3d&)>& allowed) {
  const std::vector<MaskLook> looks = WholeMasks(scene, whole);
  if (looks.empty()) return {};
  const Tables tables = TablesFor(scene, looks, directions);
  const std::vector<SilhouetteView> views = scene.ViewsAt(scene.last_level(), 1);
  const auto mesh_of = [&](const MaskLook& look) {
    return scene.scene().views[look.view].mesh_index;
  };
  const Vec3& center = scene.mesh(mesh_of(looks[0])).coarsest().center;
  std::vector<Candidate> candidates =
      FitFirst(looks[0], *tables.at(mesh_of(looks[0])), views[looks[0].view],
               Eigen::Vector3d(center.x, center.y, center.z), looks.size() > 1, scene.rasterizer());
  if (allowed) {
    candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                    [&](const Candidate& candidate) {
                                      return !allowed(candidate.rig_from_run);
                                    }),
                     candidates.end());
  }
  for (size_t i = 1; i < looks.size(); ++i) {
    AddOther(looks[i], *tables.at(mesh_of(looks[i])), views[looks[i].view], &candidates);
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.unlike < b.unlike; });
  return BestApart(candidates, count, min_angle_rad);
}

}  // namespace ceres_align
