#include "ceres_align/report/result_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "ceres_align/io/conventions.h"
#include "ceres_align/report/json_values.h"

namespace ceres_align {
namespace {

using Json = nlohmann::ordered_json;

template <typename Derived>
Json Vector(const Eigen::MatrixBase<Derived>& vector) {
  Json list = Json::array();
  for (Eigen::Index i = 0; i < vector.size(); ++i) list.push_back(NumberJson(vector(i)));
  return list;
}

template <typename Derived>
Json Rows(const Eigen::MatrixBase<Derived>& matrix) {
  Json rows = Json::array();
  for (Eigen::Index r = 0; r < matrix.rows(); ++r)
    rows.push_back(Vector(matrix.row(r).transpose()));
  return rows;
}

Json Pose(const Rigid3d& pose) {
  const OpenCvPose opencv = ToOpenCv(pose);
  const Pytorch3dPose pytorch3d = ToPytorch3d(pose);
  Eigen::Vector4d xyzw = pose.rotation.coeffs();
  if (xyzw.w() < 0) xyzw = -xyzw;
  return {{"R", Rows(opencv.R)},
          {"t", Vector(opencv.t)},
          {"quaternion_xyzw", Vector(xyzw)},
          {"pytorch3d", {{"R", Rows(pytorch3d.R)}, {"T", Vector(pytorch3d.T)}}}};
}

Json Contour(const ContourErrors& contour) {
  return {{"rms_px", NumberJson(contour.rms_px)},
          {"median_px", NumberJson(contour.median_px)},
          {"p80_px", NumberJson(contour.p80_px)},
          {"p90_px", NumberJson(contour.p90_px)},
          {"far_px", NumberJson(contour.far_px)},
          {"share_far", NumberJson(contour.share_far)},
          {"share_beyond", NumberJson(contour.share_beyond)},
          {"share_holes", NumberJson(contour.share_holes)},
          {"signed_mean_px", NumberJson(contour.signed_mean_px)},
          {"stretches_rms_px", NumberJson(contour.coherent_rms_px)},
          {"long_stretches_rms_px", NumberJson(contour.long_rms_px)},
          {"iou", NumberJson(contour.iou)}};
}

Json MaskOffset(const MaskTreatment& mask) {
  if (mask.offset_px == 0) return nullptr;
  return {{"px", NumberJson(mask.offset_px)}, {"sigma_px", NumberJson(mask.offset_sigma_px)}};
}

Json Robust(const MaskTreatment& mask) {
  if (mask.band_px == 0) return nullptr;
  return {{"band_px", NumberJson(mask.band_px)},
          {"left_out_outside", NumberJson(mask.outside)},
          {"left_out_inside", NumberJson(mask.inside)}};
}

Json Views(const AlignResult& result) {
  Json views = Json::array();
  for (size_t i = 0; i < result.views.size(); ++i) {
    const ViewResult& view = result.views[i];
    const bool treated = i < result.masks.size();
    views.push_back({{"name", view.name},
                     {"cam_from_world", Pose(view.cam_from_world)},
                     {"camera_center", Vector(view.camera_center_in_world)},
                     {"iou", NumberJson(view.iou)},
                     {"contour_rms_px", NumberJson(view.contour_rms_px)},
                     {"contour", Contour(view.contour)},
                     {"mask_empty", view.mask_empty},
                     {"mask_touches_frame", view.mask_touches_frame},
                     {"cut_share", NumberJson(view.cut_share)},
                     {"mask_area_px", NumberJson(view.mask_area_px)},
                     {"object_area_px", NumberJson(view.object_area_px)},
                     {"object_in_frame", view.object_in_frame},
                     {"mask_offset", treated ? MaskOffset(result.masks[i]) : Json()},
                     {"robust", treated ? Robust(result.masks[i]) : Json()}});
  }
  return views;
}

Json Checks(const AlignResult& result) {
  Json checks = Json::array();
  for (const Check& check : result.checks) {
    checks.push_back({{"name", check.name}, {"passed", check.passed}, {"message", check.message}});
  }
  return checks;
}

Json FitJson(const NumberFit& fit) {
  return {{"change", NumberJson(fit.change)},
          {"sigma", NumberJson(fit.sigma)},
          {"explains", NumberJson(fit.explains)},
          {"rotation_deg", NumberJson(fit.rotation_rad * 180 / M_PI)},
          {"translation_of_distance", NumberJson(fit.translation)}};
}

Json ConsistencyOf(const AlignResult& result) {
  if (!result.consistency) return nullptr;
  const Consistency& fit = *result.consistency;
  Json pulls = Json::array();
  for (size_t i = 0; i < fit.pulls.size(); ++i) {
    const ViewPull& pull = fit.pulls[i];
    pulls.push_back({{"view", result.views[fit.view_indices[i]].name},
                     {"rotation_deg", NumberJson(pull.rotation_rad * 180 / M_PI)},
                     {"translation_of_distance", NumberJson(pull.translation)},
                     {"rotation_sigma_deg", NumberJson(pull.rotation_sigma_rad * 180 / M_PI)},
                     {"translation_sigma_of_distance", NumberJson(pull.translation_sigma)},
                     {"chi2", NumberJson(pull.chi2)}});
  }
  return {{"pulls", pulls},
          {"focal",
           {{"change", NumberJson(fit.focal_change)},
            {"sigma", NumberJson(fit.focal_sigma)},
            {"explains", NumberJson(fit.focal_explains)},
            {"rotation_deg", NumberJson(fit.focal_rotation_rad * 180 / M_PI)},
            {"translation_of_distance", NumberJson(fit.focal_translation)}}},
          {"k1", FitJson(fit.k1)},
          {"pixel_shift", FitJson(fit.pixel_shift)}};
}

Json Sigma(const AlignResult& result) {
  if (!result.covariance) return nullptr;
  const Eigen::Matrix<double, 6, 1> sigma = SigmasOf(result);
  return {{"rotation_deg", Vector(sigma.head<3>())}, {"translation", Vector(sigma.tail<3>())}};
}

Json AccuracyOf(const AlignResult& result) {
  if (!result.accuracy) return nullptr;
  return {{"probability", 0.9},
          {"rotation_deg", NumberJson(result.accuracy->rotation_rad * 180 / M_PI)},
          {"translation", NumberJson(result.accuracy->translation)},
          {"translation_percent_of_distance",
           NumberJson(100 * result.accuracy->translation_of_distance)}};
}

Json MisfitOf(const AlignResult& result) {
  return {{"median_px", NumberJson(result.misfit.median_px)},
          {"p80_px", NumberJson(result.misfit.p80_px)},
          {"p90_px", NumberJson(result.misfit.p90_px)},
          {"scale_px", NumberJson(result.misfit.scale_px)},
          {"long_px", NumberJson(result.misfit.long_px)}};
}

Json Alternatives(const AlignResult& result) {
  Json alternatives = Json::array();
  for (const Alternative& other : result.alternatives) {
    Json view_iou = Json::array();
    for (const double iou : other.view_iou) view_iou.push_back(NumberJson(iou));
    alternatives.push_back({{"rig_from_world", Pose(other.rig_from_world)},
                            {"cost_ratio", NumberJson(other.cost_ratio)},
                            {"view_iou", view_iou},
                            {"kind", ToString(other.kind)},
                            {"fits", other.fits},
                            {"relation", other.relation}});
  }
  return alternatives;
}

Json ObservabilityOf(const AlignResult& result) {
  if (!result.observability) return nullptr;
  const Observability& seen = *result.observability;
  Json values = Json::array(), directions = Json::array();
  for (int i = 0; i < 6; ++i) {
    values.push_back(NumberJson(seen.eigenvalues[i]));
    Json direction = Json::array();
    for (int k = 0; k < 6; ++k) direction.push_back(NumberJson(seen.directions(k, i)));
    directions.push_back(direction);
  }
  return {{"eigenvalues", values},
          {"directions", directions},
          {"weakest", seen.weakest},
          {"unobserved", seen.unobserved}};
}

/// Bounds that are not given are null.
Json Prior(const PosePrior& prior) {
  const bool upright = prior.max_tilt_rad < PosePrior::kNone;
  return {{"max_rotation_rad", NumberJson(prior.max_rotation_rad)},
          {"max_shift", NumberJson(prior.max_shift)},
          {"min_distance", NumberJson(prior.min_distance)},
          {"max_distance", NumberJson(prior.max_distance)},
          {"max_tilt_rad", NumberJson(prior.max_tilt_rad)},
          {"up_in_world", upright ? Vector(prior.up_in_world) : Json(nullptr)},
          {"up_in_cam", upright ? Vector(prior.up_in_cam) : Json(nullptr)}};
}

Json Unknowns(const AlignResult& result) {
  Json list = Json::array();
  for (const UnknownFit& fit : result.unknowns) {
    list.push_back({{"name", fit.name},
                    {"of", fit.of},
                    {"value", NumberJson(fit.value)},
                    {"sigma", NumberJson(fit.sigma)},
                    {"prior", NumberJson(fit.prior)},
                    {"prior_sigma", NumberJson(fit.prior_sigma)},
                    {"moved_sigmas", NumberJson(fit.moved)},
                    {"determined", fit.determined},
                    {"why", fit.why}});
  }
  return list;
}

// The cameras as they were found.
Json CamerasOf(const Scene& scene) {
  Json list = Json::array();
  for (const View& view : scene.views) {
    list.push_back({{"name", view.name},
                    {"K", Rows(view.camera.K())},
                    {"pixel_center", 0.5},
                    {"cam_from_rig", Pose(view.cam_from_rig)}});
  }
  return list;
}

Json Options(const AlignOptions& options) {
  return {{"coarsest_width_px", options.coarsest_width_px},
          {"level_factor", options.level_factor},
          {"max_iterations", options.max_iterations},
          {"max_iterations_per_level", options.max_iterations_per_level},
          {"max_rotation_step_rad", options.max_rotation_step_rad},
          {"max_translation_step", options.max_translation_step},
          {"coarse_step_px", options.coarse_step_px},
          {"coarse_cost_change", options.coarse_cost_change},
          {"final_step_px", options.final_step_px},
          {"final_cost_change", options.final_cost_change},
          {"moment_translation", options.moment_translation},
          {"restarts", options.restarts},
          {"restart_angle_rad", options.restart_angle_rad},
          {"restart_misfit", options.restart_misfit},
          {"search_rotations", options.search_rotations},
          {"search_directions", options.search_directions},
          {"search_candidates", options.search_candidates},
          {"search_rotations_refined", options.search_rotations_refined},
          {"search_refined", options.search_refined},
          {"search_thinned", options.search_thinned},
          {"search_kept", options.search_kept},
          {"search_finalists", options.search_finalists},
          {"search_again", options.search_again},
          {"search_misfit", NumberJson(options.search_misfit)},
          {"search_stretch_px", NumberJson(options.search_stretch_px)},
          {"search_if_poor", options.search_if_poor},
          {"robust", ToString(options.robust)},
          {"offset", ToString(options.offset)},
          {"prior", Prior(options.prior)},
          {"outline_tolerance", options.outline_tolerance},
          {"require_deg", options.require_rad * 180 / M_PI},
          {"require_percent", 100 * options.require_of_distance},
          {"sharp_window", options.sharp_window},
          {"finest_window", options.finest_window},
          {"covariance", options.covariance}};
}

}  // namespace

std::string OptionsJson(const AlignOptions& options) { return Options(options).dump(); }

std::string WithShortLists(const std::string& json) {
  std::string out;
  bool in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string && c == '\\') {
      out += {c, json[++i]};
      continue;
    }
    if (c == '"') in_string = !in_string;
    const size_t end = c == '[' && !in_string ? json.find_first_of("]\"[{", i + 1) : 0;
    if (end == 0 || json[end] != ']') {
      out += c;
      continue;
    }
    for (; i < end; ++i) {
      if (json[i] == '\n' || json[i] == ' ') continue;
      out += json[i];
      if (json[i] == ',') out += ' ';
    }
    out += ']';
  }
  return out;
}

Eigen::Matrix<double, 6, 1> SigmasOf(const AlignResult& result) {
  CHECK(result.covariance.has_value());
  Eigen::Matrix<double, 6, 1> sigma = result.covariance->diagonal().cwiseMax(0).cwiseSqrt();
  sigma.head<3>() *= 180 / M_PI;
  return sigma;
}

std::optional<PoseError> ErrorsOf(const Scene& scene, const AlignResult& result) {
  if (!scene.true_rig_from_world) return std::nullopt;
  return ComparePoses(result.rig_from_world, *scene.true_rig_from_world,
                      result.object_center_in_world);
}

std::string ResultJson(const Scene& scene, const AlignResult& result, const AlignOptions& options,
                       const RunSeconds& seconds, const std::vector<std::string>& warnings) {
  Json json = {
      {"status", ToString(result.status)},
      {"right", result.IsRight()},
      {"usable", result.IsUsable()},
      {"checks", Checks(result)},
      {"termination", result.termination},
      {"backend", result.backend},
      {"rig_from_world", Pose(result.rig_from_world)},
      {"views", Views(result)},
      {"covariance", result.covariance ? Rows(*result.covariance) : Json(nullptr)},
      {"sigma", Sigma(result)},
      {"accuracy", AccuracyOf(result)},
      {"misfit", MisfitOf(result)},
      {"consistency", ConsistencyOf(result)},
      {"searched", result.searched},
      {"restarted", result.restarted},
      {"sharpened", result.sharpened},
      {"ambiguous", result.ambiguous},
      {"ambiguity", result.ambiguity},
      {"observability", ObservabilityOf(result)},
      {"alternatives", Alternatives(result)},
      {"cost",
       {{"initial", NumberJson(result.initial_cost)}, {"final", NumberJson(result.final_cost)}}},
      {"iterations", result.iterations},
      {"evaluations", result.evaluations},
      {"seconds",
       {{"load", NumberJson(seconds.load)},
        {"prepare", NumberJson(result.prepare_seconds)},
        {"solve", NumberJson(result.solve_seconds)},
        {"assess", NumberJson(result.assess_seconds)},
        {"draw", NumberJson(seconds.draw)},
        {"write", NumberJson(seconds.write)},
        {"total", NumberJson(seconds.total)}}}};
  json["warnings"] = warnings;
  if (const auto errors = ErrorsOf(scene, result)) {
    json["errors"] = {{"rotation_deg", NumberJson(errors->rotation_deg)},
                      {"translation", NumberJson(errors->translation)},
                      {"translation_percent_of_distance", NumberJson(errors->translation_percent)}};
  }
  if (!result.unknowns.empty()) {
    json["unknowns"] = Unknowns(result);
    json["cameras"] = CamerasOf(scene);
  }
  json["options"] = Options(options);
  // Names come from users: bytes that are not UTF-8 are replaced, not refused.
  return WithShortLists(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace ceres_align
