#include "ceres_align/unknowns/unknowns.h"

#include <cmath>

namespace ceres_align {
namespace {

bool SamePose(const Rigid3d& a, const Rigid3d& b) {
  return a.rotation.coeffs() == b.rotation.coeffs() && a.translation == b.translation;
}

}  // namespace

SharedCameras::SharedCameras(const Scene& scene) {
  for (size_t i = 0; i < scene.views.size(); ++i) {
    const View& view = scene.views[i];
    size_t m = 0, p = 0;
    while (m < view_of_model.size() && !(scene.views[view_of_model[m]].camera == view.camera)) {
      ++m;
    }
    if (m == view_of_model.size()) view_of_model.push_back(i);
    model.push_back(static_cast<int>(m));
    while (p < view_of_place.size() &&
           !(model[view_of_place[p]] == model[i] &&
             SamePose(scene.views[view_of_place[p]].cam_from_rig, view.cam_from_rig))) {
      ++p;
    }
    if (p == view_of_place.size()) view_of_place.push_back(i);
    place.push_back(static_cast<int>(p));
  }
}

UnknownValues::UnknownValues(const Scene& scene, const SharedCameras& shared) {
  for (const size_t i : shared.view_of_model) {
    const Camera& camera = scene.views[i].camera;
    intrinsics.push_back({camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px});
  }
  for (const size_t i : shared.view_of_place) cam_from_rig.push_back(scene.views[i].cam_from_rig);
}

Scene WithValues(const Scene& scene, const SharedCameras& shared, const UnknownValues& values) {
  Scene result = scene;
  for (size_t i = 0; i < result.views.size(); ++i) {
    View& view = result.views[i];
    const std::array<double, 4>& k = values.intrinsics[shared.model[i]];
    view.camera.fx_px = k[0];
    view.camera.fy_px = k[1];
    view.camera.cx_px = k[2];
    view.camera.cy_px = k[3];
    view.cam_from_rig = values.cam_from_rig[shared.place[i]];
  }
  if (values.log_scale == 0) return result;
  for (auto& mesh : result.meshes) {
    auto scaled = std::make_shared<TriangleMesh>(*mesh);
    for (Eigen::Vector3d& vertex : scaled->vertices) vertex *= std::exp(values.log_scale);
    mesh = std::move(scaled);
  }
  return result;
}

}  // namespace ceres_align
