#include "ceres_align/io/scene_io.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "ceres_align/geometry/append_mesh.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/refine_text.h"
#include "ceres_align/io/scene_hints.h"
#include "ceres_align/io/scene_objects.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

namespace fs = std::filesystem;
using io_internal::Cat;
using io_internal::Fail;

Camera CameraOf(const ViewDescription& view, std::string_view place) {
  Camera camera = CameraFromK(view.K, view.width_px, view.height_px, view.pixel_center, place);
  camera.lens = view.is_fisheye ? LensFromFisheye(view.dist, Cat(place, ".fisheye"))
                                : LensFromOpenCv(view.dist, Cat(place, ".dist"));
  return camera;
}

namespace {

constexpr int kMaxSide_px = 65535;

void CheckFinite(const std::optional<Rigid3d>& pose, const std::string& place) {
  if (!pose || (pose->rotation.coeffs().allFinite() && pose->translation.allFinite())) return;
  Fail(place, " is not finite");
}

void CheckView(const ViewDescription& view, bool is_first, const std::string& place) {
  for (int side : {view.width_px, view.height_px}) {
    if (side > kMaxSide_px) Fail(place, ": a side of ", side, " px; at most ", kMaxSide_px);
  }
  CheckLens(CameraOf(view, place), place);
  if (!is_first && !view.cam_from_rig) {
    Fail(place, ".cam_from_rig is missing; only the first view's is the identity by default");
  }
  CheckFinite(view.cam_from_rig, place + ".cam_from_rig");
  CheckFinite(view.world_from_object, place + ".world_from_object");
}

void NameViews(std::vector<ViewDescription>* views, std::string_view where) {
  std::set<std::string> names;
  for (size_t i = 0; i < views->size(); ++i) {
    std::string& name = (*views)[i].name;
    if (name.empty()) name = Cat("view", i);
    if (!IsFileNameSafe(name)) {
      Fail(where, ": views[", i, "].name ", Quoted(name), " cannot be a part of a file name");
    }
    if (!names.insert(name).second) {
      Fail(where, ": views[", i, "].name ", Quoted(name), " appears twice");
    }
  }
}

// Loads each mesh file once (for each frame that it has).
class SceneBuilder {
 public:
  SceneBuilder(const fs::path& folder, MeshSource* meshes, MaskCache* masks, LoadedScene* loaded)
      : folder_(folder),
        meshes_(meshes),
        loaded_(loaded),
        masks_(masks != nullptr ? masks : &own_masks_) {}

  int MeshIndex(const std::string& name, const std::vector<MeshPart>& parts, const MeshFrame& frame,
                const std::string& place) {
    return parts.empty() ? MeshIndex(name, frame) : MergedIndex(parts, place);
  }

  int MeshIndex(const std::string& name, const MeshFrame& frame) {
    const fs::path path = Resolve(name);
    const auto [found, is_new] = index_of_.emplace(std::make_tuple(path, frame.scale, frame.up),
                                                   static_cast<int>(loaded_->scene.meshes.size()));
    if (is_new) {
      const MeshSource::Mesh mesh =
          meshes_ != nullptr ? meshes_->Load(path, frame) : LoadOnce(path, frame);
      Warn(mesh.warnings);
      loaded_->scene.meshes.push_back(mesh.mesh);
      loaded_->scene.mesh_names.push_back(name);
    }
    return found->second;
  }

  View MakeView(const ViewDescription& description, std::string_view place,
                std::optional<double> mask_threshold) {
    View view;
    view.name = description.name;
    view.camera = CameraOf(description, place);
    const ImageSize size{description.width_px, description.height_px};
    LoadedMask mask = LoadMask(Resolve(description.mask), size, mask_threshold, masks_);
    Warn(mask.warnings);
    ImageF ignore;
    if (!description.ignore.empty()) {
      ignore = LoadIgnore(Resolve(description.ignore), size, masks_);
    }
    view.mask = std::move(mask.mask);
    for (float& v : ignore.pixels) v = 1 - v;
    view.weight = std::move(ignore);
    view.cam_from_rig = description.cam_from_rig.value_or(Rigid3d());
    view.world_from_object = description.world_from_object.value_or(Rigid3d());
    return view;
  }

 private:
  static MeshSource::Mesh LoadOnce(const fs::path& path, const MeshFrame& frame) {
    LoadedMesh loaded = LoadMesh(path, frame);
    return {std::make_shared<TriangleMesh>(std::move(loaded.mesh)), std::move(loaded.warnings)};
  }
  // Each list of parts once: views that have none share the scene's.
  int MergedIndex(const std::vector<MeshPart>& parts, const std::string& place) {
    const auto [found, is_new] =
        merged_at_.emplace(&parts, static_cast<int>(loaded_->scene.meshes.size()));
    if (!is_new) return found->second;
    LoadedMesh merged = LoadMergedMesh(parts, folder_, place);
    Warn(merged.warnings);
    loaded_->scene.meshes.push_back(std::make_shared<TriangleMesh>(std::move(merged.mesh)));
    loaded_->scene.mesh_names.push_back(MergedMeshName(parts));
    return found->second;
  }

  fs::path Resolve(const std::string& name) const {
    return (folder_ / fs::u8path(name)).lexically_normal();
  }
  void Warn(const std::vector<std::string>& warnings) {
    loaded_->warnings.insert(loaded_->warnings.end(), warnings.begin(), warnings.end());
  }

  const fs::path folder_;
  MeshSource* const meshes_;
  LoadedScene* const loaded_;
  MaskCache own_masks_;
  MaskCache* const masks_;
  std::map<std::tuple<fs::path, double, UpAxis>, int> index_of_;
  std::map<const std::vector<MeshPart>*, int> merged_at_;
};

// Foreground that counts: under ignored pixels nothing is seen.
double Foreground_px(const View& view) {
  double area_px = 0;
  for (size_t i = 0; i < view.mask.pixels.size(); ++i) {
    area_px += view.mask.pixels[i] * (view.weight.empty() ? 1.0f : view.weight.pixels[i]);
  }
  return area_px;
}

double FocalOf(const Camera& camera, double fov_deg) {
  return 0.5 * std::min(camera.width_px, camera.height_px) / std::tan(0.5 * fov_deg * M_PI / 180);
}

void SetUnknowns(const SceneDescription& description, std::string_view where, LoadedScene* loaded) {
  UnknownOptions& unknowns = loaded->scene.unknowns;
  const Camera& camera = loaded->scene.views[0].camera;
  loaded->estimate_offset =
      ReadUnknowns(description.refine, camera.width_px, Cat(where, ": refine"), &unknowns);
  if (!description.fov_range_deg) return;
  const auto [least, most] = *description.fov_range_deg;
  MiddleCamera(camera.width_px, camera.height_px, {least, most}, where);  // checks
  const double low = FocalOf(camera, most) / camera.fx_px,
               high = FocalOf(camera, least) / camera.fx_px;
  if (!(low <= 1 && high >= 1)) {
    Fail(where, ": the first view's focal length of ", camera.fx_px,
         " px is outside fov_range_deg; leave K out, or give refine focal");
  }
  unknowns.least_focal_factor = low;
  unknowns.most_focal_factor = high;
  if (unknowns.focal_sigma == 0) unknowns.focal_sigma = UnknownOptions::kFree;
}

void CheckForeground(const Scene& scene, std::string_view where) {
  double area_px = 0;
  for (const View& view : scene.views) area_px += Foreground_px(view);
  const char* masks = scene.views.size() == 1 ? "the mask" : "every mask";
  if (area_px == 0) Fail(where, ": ", masks, " is empty: no camera sees the object");
  if (area_px < kMinForeground_px) {
    Fail(where, ": ", scene.views.size() == 1 ? "the mask has" : "all masks together have", " ",
         area_px, area_px == 1 ? " pixel" : " pixels", " of foreground; at least ",
         kMinForeground_px, " are needed");
  }
}

}  // namespace

LoadedMesh LoadMergedMesh(const std::vector<MeshPart>& parts, const fs::path& folder,
                          const std::string& place) {
  LoadedMesh merged;
  for (size_t i = 0; i < parts.size(); ++i) {
    CheckFinite(parts[i].object_from_mesh, Cat(place, "[", i, "].object_from_mesh"));
    const LoadedMesh part =
        LoadMesh((folder / fs::u8path(parts[i].mesh)).lexically_normal(), parts[i].frame);
    AppendMesh(part.mesh, parts[i].object_from_mesh.value_or(Rigid3d()), &merged.mesh);
    merged.warnings.insert(merged.warnings.end(), part.warnings.begin(), part.warnings.end());
  }
  merged.clean = CleanMesh(&merged.mesh);
  return merged;
}

std::string MergedMeshName(const std::vector<MeshPart>& parts) {
  std::string name;
  for (const MeshPart& part : parts) name += (name.empty() ? "" : " + ") + part.mesh;
  return name;
}

void CheckSceneDescription(SceneDescription* description, std::string_view where, Masks masks) {
  CHECK(description != nullptr);
  const bool has_objects = !description->objects.empty();
  if (description->views.empty()) Fail(where, ": views is empty; at least one view is needed");
  for (size_t i = 0; i < description->views.size(); ++i) {
    const ViewDescription& view = description->views[i];
    const std::string place = Cat(where, ": views[", i, "]");
    CheckView(view, i == 0, place);
    if (!view.has_mesh() && !description->has_mesh() && !has_objects) {
      Fail(where, ": mesh is missing, and views[", i, "] has none of its own");
    }
  }
  const bool any_mask = std::any_of(description->views.begin(), description->views.end(),
                                    [](const ViewDescription& view) { return !view.mask.empty(); });
  if (masks == Masks::kOneAtLeast && !any_mask && !has_objects) {
    Fail(where, ": views[0].mask is missing");
  }
  for (size_t i = 0; i < description->occluders.size(); ++i) {
    const std::string place = Cat(where, ": occluders[", i, "]");
    if (description->occluders[i].mesh.empty()) Fail(place, ".mesh is missing");
    CheckFinite(description->occluders[i].rig_from_occluder, place + ".rig_from_occluder");
  }
  NameViews(&description->views, where);
  if (description->mask_threshold) {
    CheckMaskThreshold(*description->mask_threshold, Cat(where, ": mask_threshold"));
  }
  CheckFinite(description->initial_rig_from_world, Cat(where, ": initial.rig_from_world"));
  CheckFinite(description->true_rig_from_world, Cat(where, ": truth.rig_from_world"));
  if (has_objects) io_internal::CheckObjects(*description, where);
}

LoadedScene BuildScene(const SceneDescription& description, const fs::path& folder,
                       std::string_view where, MeshSource* meshes, MaskCache* masks) {
  LoadedScene loaded;
  loaded.description = description;
  CheckSceneDescription(&loaded.description, where);
  if (!description.objects.empty()) {
    Fail(where, ": objects: several objects are not one scene; ceres_align --scene, ",
         "ceres_align_batch and Python's align_objects take them");
  }
  SceneBuilder builder(folder, meshes, masks, &loaded);
  const std::vector<ViewDescription>& views = loaded.description.views;
  for (size_t i = 0; i < views.size(); ++i) {
    if (views[i].mask.empty()) {
      loaded.warnings.push_back(Cat(where, ": views[", i, "] (", Quoted(views[i].name),
                                    ") has no mask: it is drawn where asked for, not looked at"));
      continue;
    }
    View view = builder.MakeView(views[i], Cat(where, ": views[", i, "]"),
                                 loaded.description.mask_threshold);
    const bool own_mesh = views[i].has_mesh();
    view.mesh_index =
        builder.MeshIndex(own_mesh ? views[i].mesh : description.mesh,
                          own_mesh ? views[i].mesh_parts : loaded.description.mesh_parts,
                          own_mesh ? views[i].mesh_frame : description.mesh_frame,
                          own_mesh ? Cat(where, ": views[", i, "].mesh") : Cat(where, ": mesh"));
    loaded.scene.views.push_back(std::move(view));
    const std::string hint = PixelCenterHint(views[i], Cat(where, ": views[", i, "]"));
    if (!hint.empty()) loaded.warnings.push_back(hint);
  }
  for (const OccluderDescription& occluder : description.occluders) {
    loaded.scene.occluders.push_back({builder.MeshIndex(occluder.mesh, occluder.mesh_frame),
                                      occluder.rig_from_occluder.value_or(Rigid3d())});
  }
  loaded.scene.initial_rig_from_world = description.initial_rig_from_world;
  loaded.scene.true_rig_from_world = description.true_rig_from_world;
  CheckForeground(loaded.scene, where);
  SetUnknowns(description, where, &loaded);
  return loaded;
}

Camera MiddleCamera(int width_px, int height_px, const std::array<double, 2>& fov_range_deg,
                    std::string_view where) {
  const auto [least, most] = fov_range_deg;
  if (!(least > 0 && most > least && most < 180)) {
    Fail(where, ": fov_range_deg is ", least, ", ", most,
         "; it must be two angles, the smaller first, above 0 and below 180");
  }
  Camera camera;
  camera.width_px = width_px;
  camera.height_px = height_px;
  camera.fx_px = camera.fy_px = std::sqrt(FocalOf(camera, least) * FocalOf(camera, most));
  camera.cx_px = 0.5 * width_px;
  camera.cy_px = 0.5 * height_px;
  return camera;
}

LoadedScene LoadScene(const fs::path& path) {
  return BuildScene(ReadSceneDescription(path), path.parent_path(), io_internal::NameOf(path));
}

}  // namespace ceres_align
