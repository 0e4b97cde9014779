#include "ceres_align/hand_eye/hand_eye_report.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/assess/verdict.h"
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/matrix_text.h"

namespace ceres_align {
namespace {

using Matrix6d = Eigen::Matrix<double, 6, 6>;
using Vector6d = Eigen::Matrix<double, 6, 1>;
constexpr double kDegPerRad = 180 / M_PI, kMmPerM = 1000;

Eigen::Matrix3d Cross(const Eigen::Vector3d& v) {
  Eigen::Matrix3d m;
  m << 0, -v.z(), v.y(), v.z(), 0, -v.x(), -v.y(), v.x(), 0;
  return m;
}

Vector6d SigmasInDegAndMm(const Matrix6d& covariance) {
  Vector6d sigmas = covariance.diagonal().cwiseSqrt();
  sigmas.head<3>() *= kDegPerRad;
  sigmas.tail<3>() *= kMmPerM;
  return sigmas;
}

const ViewPull* PullOf(const AlignResult& result, size_t view) {
  if (!result.consistency) return nullptr;
  const Consistency& fit = *result.consistency;
  for (size_t i = 0; i < fit.pulls.size(); ++i) {
    if (fit.view_indices[i] == view) return &fit.pulls[i];
  }
  return nullptr;
}

double Distance_m(const AlignResult& result) {
  return (result.rig_from_world * result.object_center_in_world).norm();
}

// In the noise's own measure: about 1 where there is nothing but noise.
double Sigmas(const ViewPull& pull) { return std::sqrt(pull.chi2 / 6); }

std::string Row(const AlignResult& result, size_t view, const std::string& mask) {
  const ViewResult& seen = result.views[view];
  std::string text =
      Format("  %-16s %7.5f  %8.4f", seen.name.c_str(), seen.iou, seen.contour_rms_px);
  if (const ViewPull* pull = PullOf(result, view)) {
    text += Format("  %6.1f  %8.4f  %8.3f", Sigmas(*pull), pull->rotation_rad * kDegPerRad,
                   pull->translation * Distance_m(result) * kMmPerM);
    text += "  " + Shown(mask, 40);
    if (PullsTheAnswer(*pull, result)) text += "  PULLS THE ANSWER";
  } else {
    text += "       -         -         -  " + Shown(mask, 40);
  }
  return text + "\n";
}

// YAML's: a number that is not finite has a name of its own.
std::string Number(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  return Format("%.17g", value);
}

template <typename Derived>
std::string FlowList(const Eigen::MatrixBase<Derived>& values) {
  std::string text = "[";
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    text += (i > 0 ? ", " : "") + Number(values(i));
  }
  return text + "]";
}

std::string FlowRows(const char* indent, const Eigen::MatrixXd& matrix) {
  std::string text;
  for (Eigen::Index r = 0; r < matrix.rows(); ++r) {
    text += indent + ("- " + FlowList(matrix.row(r))) + "\n";
  }
  return text;
}

// In double quotes, as YAML reads them.
std::string YamlText(const std::string& text) {
  std::string quoted = "\"";
  for (const unsigned char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c < 0x20 ? Format("\\x%02x", c) : std::string(1, static_cast<char>(c));
  }
  return quoted + "\"";
}

std::string YamlCovariance(const HandEyeFrames& frames, const AlignResult& result) {
  const std::optional<Matrix6d> covariance = MountCovariance(result);
  if (!covariance) return "covariance: null  # the masks do not determine the pose\n";
  const Vector6d sigmas = SigmasInDegAndMm(*covariance);
  return "sigma_rotation_deg: " + FlowList(sigmas.head<3>()) + "\n" +
         "sigma_translation_mm: " + FlowList(sigmas.tail<3>()) + "\n" +
         "# Rows and columns: rotation (rad) about, then translation (m) along, the axes x, y, z "
         "of\n# " +
         YamlText(frames.parent) +
         "; the camera's true pose is Exp(rotation) R, t + translation.\n" + "covariance:\n" +
         FlowRows("  ", *covariance);
}

std::string YamlState(const AlignResult& result, size_t view, const std::string& mask) {
  const ViewResult& seen = result.views[view];
  std::string text = "  - name: " + seen.name + "\n    mask: " + YamlText(mask) +
                     "\n    iou: " + Number(seen.iou) +
                     "\n    outline_rms_px: " + Number(seen.contour_rms_px) + "\n";
  const ViewPull* pull = PullOf(result, view);
  if (pull == nullptr) return text;
  return text + "    pull_sigmas: " + Number(Sigmas(*pull)) +
         "\n    pull_deg: " + Number(pull->rotation_rad * kDegPerRad) +
         "\n    pull_mm: " + Number(pull->translation * Distance_m(result) * kMmPerM) +
         "\n    pulls_the_answer: " + (PullsTheAnswer(*pull, result) ? "true" : "false") + "\n";
}

std::string YamlOffsets(const JointOffsets& offsets, bool taken) {
  std::string text = std::string("joint_offsets_taken: ") + (taken ? "true" : "false") +
                     "\njoint_offsets:" + (offsets.joints.empty() ? " []\n" : "\n");
  for (const JointOffset& joint : offsets.joints) {
    const char* unit = joint.turns ? "deg" : "mm";
    const double scale = joint.turns ? kDegPerRad : kMmPerM;
    text += "  - joint: " + YamlText(joint.joint) + "\n    offset_" + unit + ": " +
            Number(scale * joint.offset) + "\n    sigma_" + unit + ": " +
            Number(offsets.known() ? scale * joint.sigma : std::nan("")) +
            "\n    explains: " + Number(joint.explains) +
            "\n    suspicious: " + (joint.suspicious ? "true" : "false") + "\n";
  }
  return text;
}

}  // namespace

std::optional<Matrix6d> MountCovariance(const AlignResult& result) {
  if (!result.covariance) return std::nullopt;
  // x_cam = R·x + t, changed by [ω, v] to x_cam + ω × (x_cam − p) + v, p the object's centre: the
  // camera's place moves by −Rᵀ(v − ω × p), its axes turn by −Rᵀω.
  const Eigen::Matrix3d Rt = result.rig_from_world.R().transpose();
  const Eigen::Vector3d p = result.rig_from_world * result.object_center_in_world;
  Matrix6d J = Matrix6d::Zero();
  J.topLeftCorner<3, 3>() = -Rt;
  J.bottomLeftCorner<3, 3>() = -Rt * Cross(p);
  J.bottomRightCorner<3, 3>() = -Rt;
  return Matrix6d(J * *result.covariance * J.transpose());
}

bool PullsTheAnswer(const ViewPull& pull, const AlignResult& result) {
  const double tolerance = result.outline_tolerance;
  return pull.chi2 > kLimits.most_chi2 && (pull.rotation_rad > tolerance * kLimits.pull_rad ||
                                           pull.translation > tolerance * kLimits.pull);
}

std::string HandEyeText(const HandEyeFrames& frames, const std::vector<std::string>& masks,
                        const AlignResult& result) {
  CHECK_EQ(masks.size(), result.views.size());
  const Eigen::Matrix4d matrix = MatrixOf(MountFromCam(result.rig_from_world));
  std::string text = "\n" + frames.parent + "_from_" + frames.camera + " (x_" + frames.parent +
                     " = R x_" + frames.camera +
                     " + t, metres; the camera's axes: +x right, +y down, +z forward)\n";
  for (int r = 0; r < 4; ++r) {
    text += Format("  %11.8f %11.8f %11.8f %11.8f\n", matrix(r, 0), matrix(r, 1), matrix(r, 2),
                   matrix(r, 3));
  }
  if (const std::optional<Matrix6d> covariance = MountCovariance(result)) {
    const Vector6d s = SigmasInDegAndMm(*covariance);
    text += Format(
        "Sigma of the camera's pose, along the axes of %s: %.2g, %.2g, %.2g deg; %.2g, %.2g, %.2g "
        "mm\n",
        frames.parent.c_str(), s(0), s(1), s(2), s(3), s(4), s(5));
  } else {
    text += "Sigma: none; the masks do not determine every degree of freedom\n";
  }
  if (result.accuracy) {
    text +=
        Format("Accuracy, 90 %%: within %.2g deg and %.2g mm where the masks' object is\n",
               result.accuracy->rotation_rad * kDegPerRad, result.accuracy->translation * kMmPerM);
  }
  text +=
      "\nPull: how far a view alone would move the answer, in sigmas of its noise, deg and mm.\n";
  text += "  view                 IoU  outl. px  sigmas       deg        mm  mask\n";
  for (size_t i = 0; i < masks.size(); ++i) text += Row(result, i, masks[i]);
  return text + "\n";
}

std::string OffsetsText(const JointOffsets& offsets, bool taken) {
  if (!offsets.known()) return "Joint offsets: not known, " + offsets.why + "\n";
  std::string text;
  for (const JointOffset& joint : offsets.joints) {
    if (!taken && !joint.suspicious) continue;
    text += (taken ? "Joint offset: " : "SUSPICIOUS: ") + joint.Words() + "\n";
  }
  if (!taken && !text.empty()) text += "  (--joint_offsets solves for the joints' offsets too)\n";
  return text;
}

std::string HandEyeYaml(const HandEyeFrames& frames, const std::vector<std::string>& masks,
                        const AlignResult& result, const JointOffsets* offsets, bool taken) {
  CHECK_EQ(masks.size(), result.views.size());
  const Rigid3d pose = MountFromCam(result.rig_from_world);
  Eigen::Vector4d xyzw = pose.rotation.coeffs();
  if (xyzw.w() < 0) xyzw = -xyzw;
  std::string text =
      "# x_parent = matrix x_child; metres; the camera's axes: +x right, +y down, +z "
      "forward.\n";
  text += "parent_frame: " + YamlText(frames.parent) + "\n";
  text += "child_frame: " + YamlText(frames.camera) + "\n";
  text += std::string("usable: ") + (result.IsUsable() ? "true" : "false") + "\n";
  text += "matrix:\n" + FlowRows("  ", MatrixOf(pose));
  text += "quaternion_xyzw: " + FlowList(xyzw) + "\n";
  text += "translation_m: " + FlowList(pose.translation) + "\n";
  text += YamlCovariance(frames, result) + "views:\n";
  for (size_t i = 0; i < masks.size(); ++i) text += YamlState(result, i, masks[i]);
  return offsets == nullptr ? text : text + YamlOffsets(*offsets, taken);
}

}  // namespace ceres_align
