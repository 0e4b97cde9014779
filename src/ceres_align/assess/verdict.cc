#include "ceres_align/assess/verdict.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/base/text.h"

namespace ceres_align {
namespace {

constexpr double kDegrees = 180 / M_PI;

double Size_px(const ViewResult& view) { return std::sqrt(view.mask_area_px); }

// How far a figure is beyond its limit, over 1: beyond.
struct Excess {
  double ratio = 0;
  std::string message;
  void Take(double value, double limit, const std::string& text) {
    // Not a number is the worst of all, and stays.
    const double taken = value / limit;
    if (std::isnan(ratio) || taken < ratio || (!message.empty() && taken == ratio)) return;
    ratio = taken;
    message = text;
  }
};

Check Judged(const char* name, const Excess& worst, const char* nothing) {
  return {name, worst.ratio <= 1, worst.message.empty() ? nothing : worst.message};
}

Check MasksCheck(const Assessment& result) {
  for (const ViewResult& view : result.views) {
    if (view.mask_empty && view.object_area_px > kLimits.unseen_area_px) {
      return {"masks", false,
              Format("%s: the mask is empty, yet %.0f px of the object would be seen",
                     view.name.c_str(), view.object_area_px)};
    }
    if (!view.mask_empty && !view.object_in_frame) {
      return {"masks", false,
              Format("%s: the object is out of the frame, yet the mask has %.0f px",
                     view.name.c_str(), view.mask_area_px)};
    }
  }
  return {"masks", true, "every mask shows something exactly where the object is seen"};
}

Check FrameCheck(const Assessment& result) {
  Excess worst;
  for (const ViewResult& view : result.views) {
    if (view.mask_empty || view.cut_share == 0) continue;
    worst.Take(view.cut_share, kLimits.most_cut,
               Format("%s: %.0f %% of the mask's border lie on the frame's edge (at most %.0f %%)",
                      view.name.c_str(), 100 * view.cut_share, 100 * kLimits.most_cut));
  }
  return Judged("frame", worst, "no mask is cut by the frame");
}

Check OverlapCheck(const Assessment& result) {
  double least = 1, sum = 0;
  int count = 0;
  for (const ViewResult& view : result.views) {
    if (view.mask_empty) continue;
    // Figures of the contour are zero where the render has none.
    const double iou = view.object_in_frame ? std::max(view.iou, view.contour.iou) : 0;
    least = std::min(least, iou);
    sum += iou;
    ++count;
  }
  const double mean = count > 0 ? sum / count : 0;
  return {"overlap", mean >= kLimits.least_mean_iou && least >= kLimits.least_iou,
          Format("IoU without specks: mean %.4f (at least %g), least %.4f (at least %g)", mean,
                 kLimits.least_mean_iou, least, kLimits.least_iou)};
}

Check ContourCheck(const Assessment& result) {
  Excess worst;
  for (const ViewResult& view : result.views) {
    if (view.mask_empty) continue;
    const double limit_px =
        result.outline_tolerance * std::max(kLimits.p80_px, kLimits.p80_of_size * Size_px(view));
    worst.Take(view.contour.p80_px, limit_px,
               Format("%s: 80 %% of the outline lie within %.2f px of the mask's (at most %.2f)",
                      view.name.c_str(), view.contour.p80_px, limit_px));
  }
  return Judged("contour", worst, "no view has a mask");
}

Check ViewsCheck(const Assessment& result) {
  if (!result.consistency || result.consistency->pulls.empty()) {
    return {"views", true, "nothing to compare: only one view shows enough outline"};
  }
  Excess worst;
  const bool poor = result.misfit.scale_px > kLimits.poor_masks_px;
  const double most_chi2 = poor ? kLimits.most_chi2_of_poor : kLimits.most_chi2;
  for (size_t i = 0; i < result.consistency->pulls.size(); ++i) {
    const ViewPull& pull = result.consistency->pulls[i];
    const double size_px = Size_px(result.views[result.consistency->view_indices[i]]);
    // What a turn about the object's centre must be to move its outline by part of the misfit.
    const double of_misfit_rad =
        poor ? kLimits.pull_of_misfit * result.misfit.scale_px / (0.5 * size_px) : 0;
    const double tolerance =
        result.outline_tolerance * std::max(1.0, of_misfit_rad / kLimits.pull_rad);
    const bool matters = pull.rotation_rad > tolerance * kLimits.pull_rad ||
                         pull.translation > tolerance * kLimits.pull;
    worst.Take(
        matters ? pull.chi2 : std::min(pull.chi2, most_chi2), most_chi2,
        Format("%s pulls the pose by %.3f deg and %.3f %% of the distance against the other "
               "views, chi2 %.1f (at most %.0f)",
               result.views[result.consistency->view_indices[i]].name.c_str(),
               pull.rotation_rad * 180 / M_PI, 100 * pull.translation, pull.chi2, most_chi2));
  }
  return Judged("views", worst, "");
}

Check FocalCheck(const Assessment& result) {
  if (!result.consistency || result.consistency->view_indices.empty()) {
    return {"focal_length", true, "not tested: too little outline"};
  }
  if (!OverlapCheck(result).passed) {
    return {"focal_length", true, "not tested: the outlines are too far apart"};
  }
  const Consistency& fit = *result.consistency;
  if (!std::isfinite(fit.focal_change) || !std::isfinite(fit.focal_sigma)) {
    return {"focal_length", false, "whether another focal length fits better cannot be told"};
  }
  const double change = std::abs(fit.focal_change), sigmas = change / fit.focal_sigma;
  const double tolerance = result.outline_tolerance;
  const bool clear = change > tolerance * kLimits.clear_focal && sigmas > kLimits.clear_sigmas;
  const bool large = change > tolerance * kLimits.large_focal && sigmas > kLimits.large_sigmas &&
                     result.misfit.scale_px <= kLimits.poor_masks_px;
  std::string text = Format(
      "the outlines fit best with a focal length %+.2f %% off (sigma %.2f %%), which explains "
      "%.0f %% of the misfit",
      100 * fit.focal_change, 100 * fit.focal_sigma, 100 * fit.focal_explains);
  return {"focal_length", !((clear || large) && fit.focal_explains > kLimits.least_explains), text};
}

Check LensCheck(const Assessment& result) {
  if (!result.consistency || result.consistency->view_indices.empty()) {
    return {"lens", true, "not tested: too little outline"};
  }
  if (!OverlapCheck(result).passed) {
    return {"lens", true, "not tested: the outlines are too far apart"};
  }
  const NumberFit &k1 = result.consistency->k1, &shift = result.consistency->pixel_shift;
  const double shift_px = std::abs(shift.change);
  const auto matters = [&](const NumberFit& fit) {
    return fit.rotation_rad > result.outline_tolerance * kLimits.pull_rad ||
           fit.translation > result.outline_tolerance * kLimits.pull;
  };
  const bool off_by_half =
      matters(shift) && shift_px > kLimits.least_shift_px && shift_px < kLimits.most_shift_px &&
      shift_px > kLimits.shift_sigmas * shift.sigma && shift.explains > kLimits.shift_explains;
  const bool bent = matters(k1) && std::abs(k1.change) > kLimits.lens_sigmas * k1.sigma &&
                    k1.explains > (result.misfit.scale_px > kLimits.uneven_masks_px
                                       ? kLimits.lens_explains_of_uneven
                                       : kLimits.lens_explains);
  if (off_by_half && !bent) {
    return {
        "lens", false,
        Format("the outlines fit best with cx and cy %+.2f px off (sigma %.2f): is pixel_center "
               "right? It would turn the pose by %.3f deg",
               shift.change, shift.sigma, shift.rotation_rad * 180 / M_PI)};
  }
  return {
      "lens", !bent,
      Format("the outlines fit best with a distortion k1 %+.3f off (sigma %.3f), which explains "
             "%.0f %% of the misfit%s",
             k1.change, k1.sigma, 100 * k1.explains,
             bent ? ": was the lens's distortion left out?" : "")};
}

Check ObservabilityCheck(const Assessment& result) {
  if (!result.observability) return {"observability", true, "not measured"};
  const Observability& seen = *result.observability;
  if (seen.unobserved.empty()) {
    return {"observability", true,
            Format("every motion is seen; the weakest: %s", seen.weakest.c_str())};
  }
  return {"observability", false,
          Format("not determined by the masks: %s", seen.unobserved.front().c_str())};
}

Check PriorCheck(const Assessment& result) {
  if (!result.prior_given) return {"prior", true, "nothing was known of the pose"};
  if (result.prior_broken.empty()) return {"prior", true, "the pose is where it was said to be"};
  return {"prior", false, result.prior_broken};
}

Check AccuracyCheck(const Assessment& result) {
  if (!result.accuracy) {
    return {kAccuracyCheck, !result.accuracy_expected,
            result.accuracy_expected ? "how exact the pose is cannot be told from these masks"
                                     : "not asked for"};
  }
  const Accuracy& accuracy = *result.accuracy;
  return {kAccuracyCheck,
          accuracy.rotation_rad <= result.require_rad &&
              accuracy.translation_of_distance <= result.require_of_distance,
          Format("with 90 %% probability within %.3g deg (at most %g) and %.3g %% of the distance "
                 "(at most %g)",
                 accuracy.rotation_rad * kDegrees, result.require_rad * kDegrees,
                 100 * accuracy.translation_of_distance, 100 * result.require_of_distance)};
}

}  // namespace

bool OutlinesFit(const Assessment& result) {
  return OverlapCheck(result).passed && ContourCheck(result).passed;
}

std::vector<Check> ChecksOf(const Assessment& result) {
  return {{"termination", result.status == AlignStatus::kConverged, result.termination},
          MasksCheck(result),
          FrameCheck(result),
          OverlapCheck(result),
          ContourCheck(result),
          ViewsCheck(result),
          FocalCheck(result),
          LensCheck(result),
          {"ambiguity", !result.ambiguous,
           result.ambiguous ? result.ambiguity : "no other pose found fits as well"},
          ObservabilityCheck(result),
          PriorCheck(result),
          AccuracyCheck(result)};
}

}  // namespace ceres_align
