#include "ceres_align/solve/mask_treatment.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "ceres_align/scene/mask_band.h"
#include "ceres_align/solve/mask_offset.h"

namespace ceres_align {
namespace {

// From a pixel's centre to where the outline crosses it: at most half its diagonal.
constexpr double kMostInPixel_px = 0.71;
constexpr double kStretch_px = 16;
constexpr double kTukey = 4.685;
constexpr double kLeastBand_px = 3, kMostBand_px = 16;

// The outline's place in a pixel, by how much of it is covered; as if it were straight there.
OutlinePoint PlaceOf(const OutlineSample& sample, double length_px) {
  const double out_px =
      std::clamp((sample.coverage - 0.5) / length_px, -kMostInPixel_px, kMostInPixel_px);
  return {static_cast<float>(sample.column + 0.5 + out_px * sample.shift[0] / length_px),
          static_cast<float>(sample.row + 0.5 + out_px * sample.shift[1] / length_px)};
}

}  // namespace

OutlineMeter::OutlineMeter(const PreparedScene& scene) : scene_(scene) {
  for (const View& view : scene.scene().views) {
    masks_.push_back(std::make_unique<MaskOutline>(view.mask, view.weight));
  }
}

std::vector<std::vector<OutlineOffset>> OutlineMeter::Measure(const Rigid3d& rig_from_run) const {
  const std::vector<SilhouetteView> views =
      scene_.ViewsAt(scene_.last_level(), scene_.Depth(rig_from_run));
  std::vector<std::vector<OutlineOffset>> all(views.size());
  scene_.rasterizer()->ForEach(views.size(), [&](size_t i) {
    if (masks_[i]->empty()) return;
    const ImageF& weight = scene_.scene().views[i].weight;
    const Camera& camera = views[i].camera;
    std::vector<OutlineSample> samples;
    scene_.rasterizer()->Outline(views[i].Job(rig_from_run), &samples);
    for (const OutlineSample& sample : samples) {
      const double length_px = std::hypot(sample.shift[0], sample.shift[1]);
      if (!(length_px > 0)) continue;
      if (!weight.empty() && !(weight.at(sample.column, sample.row) > 0)) continue;
      const OutlinePoint place = PlaceOf(sample, length_px);
      OutlineOffset& offset = all[i].emplace_back();
      offset.place = place;
      offset.length_px = static_cast<float>(length_px);
      offset.inside_px = static_cast<float>(masks_[i]->SignedDistanceWithHoles_px(place, kMost_px));
      for (int k = 0; k < 2; ++k)
        offset.normal[k] = static_cast<float>(sample.shift[k] / length_px);
      offset.by_focal =
          (sample.growth - camera.cx_px * sample.shift[0] - camera.cy_px * sample.shift[1]) /
          length_px;
      for (int k = 0; k < 6; ++k) offset.motion[k] = sample.jacobian[k] / length_px;
    }
  });
  return all;
}

double ScaleOf_px(const std::vector<OutlineOffset>& offsets) {
  std::vector<std::pair<float, float>> sizes;
  double length = 0;
  for (const OutlineOffset& offset : offsets) {
    sizes.emplace_back(std::abs(offset.inside_px), offset.length_px);
    length += offset.length_px;
  }
  std::sort(sizes.begin(), sizes.end());
  double sum = 0;
  for (const auto& [size, part] : sizes) {
    sum += part;
    if (2 * sum >= length) return 1.4826 * size;
  }
  return 0;
}

double BandOf_px(const std::vector<OutlineOffset>& outline, double offset_px) {
  std::vector<OutlineOffset> moved = outline;
  for (OutlineOffset& o : moved) o.inside_px -= static_cast<float>(offset_px);
  return std::clamp(kTukey * ScaleOf_px(moved), kLeastBand_px, kMostBand_px);
}

void MeasureTreated(const std::vector<OutlineOffset>& outline, MaskTreatment* treatment) {
  struct Sum {
    double length = 0, distance = 0;
  };
  std::map<std::pair<int, int>, Sum> stretches;
  const double band_px = treatment->band_px > 0 ? treatment->band_px : 2 * OutlineMeter::kMost_px;
  double length = 0, outside = 0, inside = 0;
  for (const OutlineOffset& offset : outline) {
    const double d = offset.inside_px - treatment->offset_px;
    length += offset.length_px;
    if (d > band_px) inside += offset.length_px;
    if (d < -band_px) outside += offset.length_px;
    const double w = offset.length_px * TukeyWeight(std::abs(d), band_px);
    Sum& sum = stretches[{static_cast<int>(offset.place.x / kStretch_px),
                          static_cast<int>(offset.place.y / kStretch_px)}];
    sum.length += w;
    sum.distance += w * d;
  }
  treatment->inside = length > 0 ? inside / length : 0;
  treatment->outside = length > 0 ? outside / length : 0;
  double near = 0, squares = 0;
  for (const auto& [place, sum] : stretches) {
    if (sum.length == 0) continue;
    near += sum.length;
    squares += sum.distance * sum.distance / sum.length;
  }
  treatment->coherent_rms_px = near > 0 ? std::sqrt(squares / near) : 0;
}

std::shared_ptr<const PreparedScene> Treated(const PreparedScene& scene, const OutlineMeter& meter,
                                             const std::vector<MaskTreatment>& masks) {
  std::vector<std::shared_ptr<const Target>> targets = scene.level(scene.last_level()).targets;
  scene.rasterizer()->ForEach(targets.size(), [&](size_t i) {
    if (!masks[i].treated()) return;
    const Target& plain = *targets[i];
    ImageF moved = masks[i].step == PixelStep::kNone
                       ? MovedMask(plain.mask(), plain.weight(), masks[i].offset_px)
                       : SteppedBack(plain.mask(), masks[i].step, masks[i].offset_px > 0);
    ImageF weight = plain.weight();
    if (masks[i].band_px > 0) {
      const std::vector<OutlinePoint> outline = masks[i].offset_px == 0
                                                    ? meter.mask(i).points()
                                                    : MaskOutline(moved, plain.weight()).points();
      weight = BandWeights(outline, plain.weight(), plain.width_px(), plain.height_px(),
                           masks[i].band_px);
    }
    targets[i] = std::make_shared<Target>(std::move(moved), std::move(weight));
  });
  return std::make_shared<const PreparedScene>(scene, targets);
}

}  // namespace ceres_align
