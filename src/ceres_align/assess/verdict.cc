#include "ceres_align/assess/verdict.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace ceres_align {
namespace {

constexpr double kLeastIou = 0.8, kLeastMeanIou = 0.85;
// Where a view's mask is empty, so much of the object may still be seen, px².
constexpr double kUnseenArea_px = 8;
constexpr double kMostCut = 0.5;
// Lengths are at most the larger of a number of pixels and a part of the object's size.
constexpr double kP90_px = 1.0, kP90OfSize = 0.008;
constexpr double kMostFar = 0.05, kMostBeyond = 0.03;
constexpr double kStretch_px = 0.40, kStretchOfSize = 0.0032;
constexpr double kLong_px = 0.32, kLongOfSize = 0.0026;
constexpr double kMean_px = 0.25, kMeanOfSize = 0.002;
// χ² of a view's pull (6 degrees of freedom, heavy-tailed), and a pull that matters.
constexpr double kMostChi2 = 55, kPull_rad = 0.05 * M_PI / 180, kPull = 0.0005;
// A clear change of the focal length, or a large one that is less clear.
constexpr double kClearFocal = 0.01, kClearSigmas = 4.5;
constexpr double kLargeFocal = 0.05, kLargeSigmas = 1.7;
constexpr double kLeastExplains = 0.03;  // of the outline's misfit
// A lens that was left out explains much of it; noise that happens to lie like one does not.
constexpr double kLensSigmas = 4.5, kLensExplains = 0.17;
// Half a pixel, seen only by views that need not agree on it otherwise.
constexpr double kShiftSigmas = 4, kShiftExplains = 0.015, kLeastShift_px = 0.3,
                 kMostShift_px = 0.85;

__attribute__((format(printf, 1, 2))) std::string Text(const char* format, ...) {
  char text[400];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  return text;
}

double Size_px(const ViewResult& view) { return std::sqrt(view.mask_area_px); }

// How far a figure is beyond its limit, over 1: beyond.
struct Excess {
  double ratio = 0;
  std::string message;
  void Take(double value, double limit, const std::string& text) {
    if (value / limit < ratio || (!message.empty() && value / limit == ratio)) return;
    ratio = value / limit;
    message = text;
  }
};

Check Judged(const char* name, const Excess& worst, const char* nothing) {
  return {name, worst.ratio <= 1, worst.message.empty() ? nothing : worst.message};
}

Check MasksCheck(const Assessment& result) {
  for (const ViewResult& view : result.views) {
    if (view.mask_empty && view.object_area_px > kUnseenArea_px) {
      return {"masks", false,
              Text("%s: the mask is empty, yet %.0f px of the object would be seen",
                   view.name.c_str(), view.object_area_px)};
    }
    if (!view.mask_empty && !view.object_in_frame) {
      return {"masks", false,
              Text("%s: the object is out of the frame, yet the mask has %.0f px",
                   view.name.c_str(), view.mask_area_px)};
    }
  }
  return {"masks", true, "every mask shows something exactly where the object is seen"};
}

Check FrameCheck(const Assessment& result) {
  Excess worst;
  for (const ViewResult& view : result.views) {
    if (view.mask_empty || view.cut_share == 0) continue;
    worst.Take(view.cut_share, kMostCut,
               Text("%s: %.0f %% of the mask's border lie on the frame's edge (at most %.0f %%)",
                    view.name.c_str(), 100 * view.cut_share, 100 * kMostCut));
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
  return {"overlap", mean >= kLeastMeanIou && least >= kLeastIou,
          Text("IoU without specks: mean %.4f (at least %g), least %.4f (at least %g)", mean,
               kLeastMeanIou, least, kLeastIou)};
}

Check ContourCheck(const Assessment& result) {
  Excess worst;
  for (const ViewResult& view : result.views) {
    if (view.mask_empty) continue;
    const ContourErrors& contour = view.contour;
    const double p90_px = result.outline_tolerance * std::max(kP90_px, kP90OfSize * Size_px(view));
    worst.Take(contour.p90_px, p90_px,
               Text("%s: 90 %% of the outline lie within %.2f px of the mask's (at most %.2f)",
                    view.name.c_str(), contour.p90_px, p90_px));
    worst.Take(contour.share_far, kMostFar,
               Text("%s: %.1f %% of the outline are over %.1f px from the mask's (at most %.0f %%)",
                    view.name.c_str(), 100 * contour.share_far, contour.far_px, 100 * kMostFar));
    worst.Take(
        contour.share_beyond, kMostBeyond,
        Text("%s: the mask has outline over %.1f px outside the object, %.1f %% as long as "
             "its own (at most %.0f %%)",
             view.name.c_str(), contour.far_px, 100 * contour.share_beyond, 100 * kMostBeyond));
  }
  return Judged("contour", worst, "no view has a mask");
}

Check StretchesCheck(const Assessment& result) {
  Excess worst;
  for (const ViewResult& view : result.views) {
    if (view.mask_empty) continue;
    const ContourErrors& contour = view.contour;
    const double tolerance = result.outline_tolerance;
    const double rms_px = tolerance * std::max(kStretch_px, kStretchOfSize * Size_px(view));
    const double mean_px = tolerance * std::max(kMean_px, kMeanOfSize * Size_px(view));
    worst.Take(contour.coherent_rms_px, rms_px,
               Text("%s: stretches of the outline are off by %.2f px rms (at most %.2f)",
                    view.name.c_str(), contour.coherent_rms_px, rms_px));
    const double long_px = tolerance * std::max(kLong_px, kLongOfSize * Size_px(view));
    worst.Take(contour.long_rms_px, long_px,
               Text("%s: long stretches of the outline are off by %.2f px rms (at most %.2f)",
                    view.name.c_str(), contour.long_rms_px, long_px));
    worst.Take(std::abs(contour.signed_mean_px), mean_px,
               Text("%s: the mask's outline lies %.2f px %s the object's in the mean (at most "
                    "%.2f)",
                    view.name.c_str(), std::abs(contour.signed_mean_px),
                    contour.signed_mean_px > 0 ? "outside" : "inside", mean_px));
  }
  return Judged("stretches", worst, "no view has a mask");
}

Check ViewsCheck(const Assessment& result) {
  if (!result.consistency || result.consistency->pulls.empty()) {
    return {"views", true, "nothing to compare: only one view shows enough outline"};
  }
  Excess worst;
  for (size_t i = 0; i < result.consistency->pulls.size(); ++i) {
    const ViewPull& pull = result.consistency->pulls[i];
    const double tolerance = result.outline_tolerance;
    const bool matters =
        pull.rotation_rad > tolerance * kPull_rad || pull.translation > tolerance * kPull;
    worst.Take(matters ? pull.chi2 : std::min(pull.chi2, kMostChi2), kMostChi2,
               Text("%s pulls the pose by %.3f deg and %.3f %% of the distance against the other "
                    "views, chi2 %.1f (at most %.0f)",
                    result.views[result.consistency->view_indices[i]].name.c_str(),
                    pull.rotation_rad * 180 / M_PI, 100 * pull.translation, pull.chi2, kMostChi2));
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
  const double change = std::abs(fit.focal_change), sigmas = change / fit.focal_sigma;
  const double tolerance = result.outline_tolerance;
  const bool clear = change > tolerance * kClearFocal && sigmas > kClearSigmas;
  const bool large = change > tolerance * kLargeFocal && sigmas > kLargeSigmas;
  std::string text = Text(
      "the outlines fit best with a focal length %+.2f %% off (sigma %.2f %%), which explains "
      "%.0f %% of the misfit",
      100 * fit.focal_change, 100 * fit.focal_sigma, 100 * fit.focal_explains);
  return {"focal_length", !((clear || large) && fit.focal_explains > kLeastExplains), text};
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
    return fit.rotation_rad > result.outline_tolerance * kPull_rad ||
           fit.translation > result.outline_tolerance * kPull;
  };
  const bool off_by_half = matters(shift) && shift_px > kLeastShift_px && shift_px < kMostShift_px &&
                           shift_px > kShiftSigmas * shift.sigma &&
                           shift.explains > kShiftExplains;
  const bool bent = matters(k1) && std::abs(k1.change) > kLensSigmas * k1.sigma &&
                    k1.explains > kLensExplains;
  if (off_by_half && !bent) {
    return {"lens", false,
            Text("the outlines fit best with cx and cy %+.2f px off (sigma %.2f): is pixel_center "
                 "right? It would turn the pose by %.3f deg",
                 shift.change, shift.sigma, shift.rotation_rad * 180 / M_PI)};
  }
  return {"lens", !bent,
          Text("the outlines fit best with a distortion k1 %+.3f off (sigma %.3f), which explains "
               "%.0f %% of the misfit%s",
               k1.change, k1.sigma, 100 * k1.explains,
               bent ? ": was the lens's distortion left out?" : "")};
}

Check ObservabilityCheck(const Assessment& result) {
  if (!result.observability) return {"observability", true, "not measured"};
  const Observability& seen = *result.observability;
  if (seen.unobserved.empty()) {
    return {"observability", true,
            Text("every motion is seen; the weakest: %s", seen.weakest.c_str())};
  }
  return {"observability", false,
          Text("not determined by the masks: %s", seen.unobserved.front().c_str())};
}

Check PriorCheck(const Assessment& result) {
  if (!result.prior_given) return {"prior", true, "nothing was known of the pose"};
  if (result.prior_broken.empty()) return {"prior", true, "the pose is where it was said to be"};
  return {"prior", false, result.prior_broken};
}

}  // namespace

bool OutlinesFit(const Assessment& result) {
  return OverlapCheck(result).passed && ContourCheck(result).passed &&
         StretchesCheck(result).passed;
}

std::vector<Check> ChecksOf(const Assessment& result) {
  return {{"termination", result.status == AlignStatus::kConverged, result.termination},
          MasksCheck(result),
          FrameCheck(result),
          OverlapCheck(result),
          ContourCheck(result),
          StretchesCheck(result),
          ViewsCheck(result),
          FocalCheck(result),
          LensCheck(result),
          {"ambiguity", !result.ambiguous,
           result.ambiguous ? result.ambiguity : "no other pose found fits as well"},
          ObservabilityCheck(result),
          PriorCheck(result)};
}

}  // namespace ceres_align
