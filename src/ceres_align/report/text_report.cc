#include "ceres_align/report/text_report.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/base/text.h"
#include "ceres_align/io/conventions.h"

namespace ceres_align {
namespace {

/// A fixed number of decimals; a zero never has a sign.
std::string Fixed(double value, int decimals) {
  std::string text = Format("%.*f", decimals, value);
  if (text.find_first_not_of("-0.") == std::string::npos && text[0] == '-') text.erase(0, 1);
  return text;
}

/// Decimals that give the largest coordinate about seven digits, whatever the mesh's unit.
int DecimalsFor(const Eigen::Vector3d& v) {
  const double largest = v.cwiseAbs().maxCoeff();
  if (!(largest > 0) || !std::isfinite(largest)) return 5;
  return std::clamp(6 - static_cast<int>(std::floor(std::log10(largest))), 2, 15);
}

std::string List(const Eigen::Vector3d& v, int decimals) {
  std::string text = "[";
  for (int i = 0; i < 3; ++i) {
    const std::string number = Fixed(v(i), decimals);
    text += (i > 0 ? ", " : "") + (number[0] == '-' ? number : " " + number);
  }
  return text + "]";
}

std::string Matrix(const Eigen::Matrix3d& m) {
  return "[" + List(m.row(0), 6) + ", " + List(m.row(1), 6) + ", " + List(m.row(2), 6) + "]";
}

std::string PoseLines(const std::string& title, const Rigid3d& cam_from_world) {
  const Pytorch3dPose pytorch3d = ToPytorch3d(cam_from_world);
  const OpenCvPose opencv = ToOpenCv(cam_from_world);
  const Eigen::Vector3d center = cam_from_world.TargetOriginInSource();
  const int decimals = DecimalsFor(opencv.t);
  return "  " + title + "\n" + "    PyTorch3D  R = " + Matrix(pytorch3d.R) + "\n" +
         "               T = " + List(pytorch3d.T, decimals) + "\n" +
         "    OpenCV     R = " + Matrix(opencv.R) + "\n" +
         "               t = " + List(opencv.t, decimals) + "\n" +
         "    camera centre in the world = " + List(center, DecimalsFor(center)) + "\n";
}

std::string Conventions() {
  return "Poses map world -> camera.\n"
         "  PyTorch3D: row vectors, X_cam = X_world*R + T; +x left, +y up, +z into the scene.\n"
         "  OpenCV:    column vectors, x_cam = R*x_world + t; +x right, +y down, +z into the "
         "scene.\n";
}

std::string Quality(const ViewResult& view) {
  std::string text = "  IoU " + Fixed(view.iou, 5);
  if (std::isfinite(view.contour_rms_px)) {
    text += ", outlines " + Format("%.3g", view.contour_rms_px) + " px apart (rms)";
  }
  if (view.mask_empty) text += ", the mask is empty";
  if (view.mask_touches_frame) text += ", the mask touches the frame";
  if (!view.object_in_frame) text += ", the object is out of the frame";
  return text + "\n";
}

std::string Errors(const PoseError& error) {
  return Format(
      "Errors against the reference: rotation %.5f deg, translation %.5g "
      "(%.5f %% of the distance), at the object's centre\n",
      error.rotation_deg, error.translation, error.translation_percent);
}

std::string Sigmas(const AlignResult& result) {
  if (!result.covariance) {
    return "Sigma: none; not asked for, or the masks do not determine every degree of freedom\n";
  }
  const Eigen::Matrix<double, 6, 1> s = SigmasOf(result);
  std::string text = Format(
      "Sigma (about the rig's x, y, z): rotation %.2g, %.2g, %.2g deg; translation "
      "%.2g, %.2g, %.2g\n",
      s(0), s(1), s(2), s(3), s(4), s(5));
  if (result.accuracy) {
    text +=
        Format("Accuracy, 90 %%: within %.2g deg, %.2g of translation (%.2g %% of the distance)\n",
               result.accuracy->rotation_rad * 180 / M_PI, result.accuracy->translation,
               100 * result.accuracy->translation_of_distance);
  }
  if (!result.IsRight()) text += "  (both mean something only if this is the right pose)\n";
  return text;
}

std::string Unknowns(const AlignResult& result) {
  if (result.unknowns.empty()) return "";
  std::string text = "Found together with the pose:\n";
  for (const UnknownFit& fit : result.unknowns) {
    const std::string of = fit.of.empty() ? "" : " (" + fit.of + ")";
    const bool angle = fit.name == "rig rotation";
    const double unit = angle ? 180 / M_PI : 1;
    text += Format("  %s%s %.6g%s", fit.name.c_str(), of.c_str(), unit * fit.value,
                   angle ? " deg" : "");
    if (std::isfinite(fit.sigma)) text += Format(", sigma %.2g", unit * fit.sigma);
    text += Format(", from %.6g", unit * fit.prior);
    text += std::isfinite(fit.prior_sigma) ? Format(" (known to %.2g: moved by %.1f sigmas)",
                                                    unit * fit.prior_sigma, fit.moved)
                                           : "";
    text += fit.determined ? "\n" : "; NOT TOLD: " + fit.why + "\n";
  }
  return text;
}

std::string HowFound(const Scene& scene, const AlignResult& result) {
  if (result.searched) {
    return scene.initial_rig_from_world
               ? "The fit from the start was poor, so all rotations were searched too\n"
               : "Found without a start, by a search of all rotations\n";
  }
  if (!result.restarted) return "Found from the start\n";
  return "Found from the start; its own fit was poor, so rotations around it were tried too\n";
}

/// What else the masks allow, as far as it was looked for.
std::string Alternatives(const AlignResult& result) {
  if (result.alternatives.empty()) {
    return result.searched
               ? "Other poses: none; the others ended at this one or cost over five times as much\n"
               : "";
  }
  std::string text = "Other poses, with their cost over this one's and their rotation from it:\n";
  for (const Alternative& other : result.alternatives) {
    const double angle_rad =
        RotationAngle_rad(other.rig_from_world.rotation, result.rig_from_world.rotation);
    text += Format("  cost x%.3g, %.1f deg away%s", other.cost_ratio, angle_rad * 180 / M_PI,
                   other.fits ? ", fits as well" : "");
    for (const double iou : other.view_iou) text += Format(", IoU %.4f", iou);
    text += other.relation.empty() ? "\n" : ": " + other.relation + "\n";
  }
  return text;
}

std::string WeakestMotion(const AlignResult& result) {
  if (!result.observability) return "";
  std::string text = "Weakest motion: " + result.observability->weakest + "\n";
  for (const std::string& motion : result.observability->unobserved) {
    text += "NOT OBSERVED: " + motion + "\n";
  }
  return text;
}

}  // namespace

std::string VerdictText(const AlignResult& result) {
  std::string text = "Checks:\n";
  for (const Check& check : result.checks) {
    text += Format("  %-13s %s  ", check.name.c_str(), check.passed ? "ok    " : "FAILED") +
            check.message + "\n";
  }
  if (result.IsUsable()) return text + "The result is usable.\n";
  if (result.IsRight()) {
    return text +
           "This is the right pose, but NOT known as exactly as required (--require_deg, "
           "--require_percent).\n";
  }
  if (!result.ambiguous) return text + "The result is NOT to be trusted (see the checks).\n";
  return text + "AMBIGUOUS: " + result.ambiguity +
         ".\nThe result is NOT to be trusted. Another view may decide, unless the object is "
         "symmetric; or what\nis known of the pose: how far it is from the start, what is up, how "
         "far away the object is.\n";
}

std::string ProgressLine(const AlignIteration& step) {
  if (step.candidates > 0) {
    return Format("%ssearch stage %d  %dx%d px  %d poses left  best cost %.6g",
                  step.thorough ? "second " : "", step.iteration, step.width_px, step.height_px,
                  step.candidates, step.cost)
        .substr(0, 78);
  }
  return Format("level %d/%d  %dx%d px  iteration %-3d  cost %-11.6g  step %.2g px", step.level + 1,
                step.num_levels, step.width_px, step.height_px, step.iteration, step.cost,
                step.step_px)
      .substr(0, 78);
}

std::string TextReport(const Scene& scene, const AlignResult& result, const RunSeconds& seconds) {
  std::string text = "\n" + Conventions();
  for (size_t i = 0; i < result.views.size(); ++i) {
    const ViewResult& view = result.views[i];
    text += "\nCamera " + std::to_string(i + 1) + " (" + view.name + ")\n";
    if (scene.true_rig_from_world) {
      text += PoseLines("reference", scene.views[i].cam_from_rig * *scene.true_rig_from_world);
    }
    text += PoseLines("aligned", view.cam_from_world) + Quality(view);
  }
  text += "\n";
  if (const auto errors = ErrorsOf(scene, result)) text += Errors(*errors);
  text += Unknowns(result) + Sigmas(result) + WeakestMotion(result) + HowFound(scene, result) +
          Alternatives(result);
  text +=
      Format("Cost %.6g -> %.6g, %d iterations, %d evaluations, backend %s\n", result.initial_cost,
             result.final_cost, result.iterations, result.evaluations, result.backend.c_str());
  if (result.sharpened) {
    text += "The last steps compared only the middle of each pixel, for the masks are binary\n";
  }
  for (size_t i = 0; i < result.masks.size(); ++i) {
    const MaskTreatment& mask = result.masks[i];
    if (mask.offset_px != 0) {
      text += Format(
          "Offset: the mask of camera %zu is %.2f px (sigma %.2f) %s than the mesh all "
          "along its outline, and was taken so much %s\n",
          i + 1, std::abs(mask.offset_px), mask.offset_sigma_px,
          mask.offset_px > 0 ? "larger" : "smaller", mask.offset_px > 0 ? "smaller" : "larger");
    }
    if (mask.band_px == 0) continue;
    text += Format(
        "Robust: camera %zu counts pixels up to %.1f px from its mask's outline; %.1f %% "
        "of the mesh's outline is left out\n",
        i + 1, mask.band_px, 100 * mask.left_out());
  }
  text += "Stopped: " + std::string(ToString(result.status)) + "; " + result.termination + "\n";
  text += Format(
      "Seconds: load %.3f, prepare %.3f, solve %.4f, assess %.4f, draw %.3f, write %.3f, total "
      "%.3f\n",
      seconds.load, result.prepare_seconds, result.solve_seconds, result.assess_seconds,
      seconds.draw, seconds.write, seconds.total);
  return text + VerdictText(result);
}

}  // namespace ceres_align
