#include "ceres_align/scene/scene_checks.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

#include "ceres_align/base/error.h"

namespace ceres_align {
namespace {

template <typename... Args>
[[noreturn]] void Refuse(const View& view, const char* format, Args... args) {
  char text[300];
  std::snprintf(text, sizeof(text), format, args...);
  throw InputError("view '" + view.name + "': " + text);
}

bool IsFinite(const Rigid3d& pose) {
  return pose.rotation.coeffs().allFinite() && pose.translation.allFinite();
}

void CheckCamera(const View& view) {
  const Camera& camera = view.camera;
  if (camera.width_px <= 0 || camera.height_px <= 0) {
    Refuse(view, "the image size is %d x %d px", camera.width_px, camera.height_px);
  }
  for (const double f : {camera.fx_px, camera.fy_px}) {
    if (!(f > 0) || !std::isfinite(f)) Refuse(view, "a focal length is %g px", f);
  }
  for (const double c : {camera.cx_px, camera.cy_px}) {
    if (!std::isfinite(c)) Refuse(view, "a principal point is %g px", c);
  }
  const LensDistortion& lens = camera.lens;
  for (const double k : {lens.k1, lens.k2, lens.p1, lens.p2, lens.k3, lens.k4, lens.k5, lens.k6}) {
    if (!std::isfinite(k)) Refuse(view, "a coefficient of the lens is %g", k);
  }
  if (lens.is_fisheye && (lens.p1 != 0 || lens.p2 != 0 || lens.k5 != 0 || lens.k6 != 0)) {
    Refuse(view, "a fisheye lens has k1 to k4 only");
  }
  const std::string why_no_lens = WhyNoLens(camera);
  if (!why_no_lens.empty()) Refuse(view, "%s", why_no_lens.c_str());
}

void CheckImage(const View& view, const ImageF& image, const char* what, float most) {
  if (image.width != view.camera.width_px || image.height != view.camera.height_px) {
    Refuse(view, "the %s has %d x %d px, the camera %d x %d", what, image.width, image.height,
           view.camera.width_px, view.camera.height_px);
  }
  const auto is_wrong = [most](float value) { return !(value >= 0 && value <= most); };
  size_t num_wrong = 0;
  for (const float value : image.pixels) num_wrong += is_wrong(value);
  if (num_wrong == 0) return;
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    const float value = image.pixels[i];
    if (!is_wrong(value)) continue;
    Refuse(view, "the %s has the value %g at column %d, row %d", what, static_cast<double>(value),
           static_cast<int>(i % image.width), static_cast<int>(i / image.width));
  }
}

bool ShowsSomething(const View& view) {
  for (size_t i = 0; i < view.mask.pixels.size(); ++i) {
    if (view.mask.pixels[i] > 0 && (view.weight.empty() || view.weight.pixels[i] > 0)) return true;
  }
  return false;
}

}  // namespace

void CheckScene(const Scene& scene) {
  if (scene.views.empty()) throw InputError("the scene has no views");
  for (size_t i = 0; i < scene.meshes.size(); ++i) {
    if (scene.meshes[i] == nullptr || scene.meshes[i]->faces.empty()) {
      throw InputError("mesh " + std::to_string(i) + " of the scene has no faces");
    }
  }
  for (size_t i = 0; i < scene.occluders.size(); ++i) {
    const Occluder& occluder = scene.occluders[i];
    const std::string name = "occluder " + std::to_string(i);
    if (occluder.mesh_index < 0 ||
        static_cast<size_t>(occluder.mesh_index) >= scene.meshes.size()) {
      throw InputError(name + ": mesh_index is " + std::to_string(occluder.mesh_index) + ", of " +
                       std::to_string(scene.meshes.size()) + " meshes");
    }
    if (!IsFinite(occluder.rig_from_occluder)) throw InputError(name + ": its pose is not finite");
  }
  for (const View& view : scene.views) {
    if (view.mesh_index < 0 || static_cast<size_t>(view.mesh_index) >= scene.meshes.size()) {
      Refuse(view, "mesh_index is %d, of %zu meshes", view.mesh_index, scene.meshes.size());
    }
    CheckCamera(view);
    CheckImage(view, view.mask, "mask", 1.0f);
    if (!view.weight.empty()) {
      CheckImage(view, view.weight, "weight image", std::numeric_limits<float>::max());
    }
    if (!IsFinite(view.cam_from_rig)) Refuse(view, "cam_from_rig is not finite");
    if (!IsFinite(view.world_from_object)) Refuse(view, "world_from_object is not finite");
  }
  if (scene.initial_rig_from_world && !IsFinite(*scene.initial_rig_from_world)) {
    throw InputError("the start is not finite");
  }
  if (std::none_of(scene.views.begin(), scene.views.end(), ShowsSomething)) {
    throw InputError("every view's mask is empty: there is nothing to align to");
  }
}

}  // namespace ceres_align
