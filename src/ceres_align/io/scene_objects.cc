#include "ceres_align/io/scene_objects.h"

#include <algorithm>
#include <map>
#include <set>

#include "ceres_align/io/files.h"
#include "ceres_align/io/mask_labels.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::Fail;

namespace {

// What belongs to one object and not to the scene of several.
void CheckNothingShared(const SceneDescription& scene, std::string_view where) {
  const auto refuse = [&](bool given, const std::string& what) {
    if (given) Fail(where, ": ", what, " cannot stand beside objects");
  };
  refuse(scene.has_mesh(), "mesh");
  refuse(scene.initial_rig_from_world.has_value(), "initial");
  refuse(scene.true_rig_from_world.has_value(), "truth");
  refuse(!scene.refine.empty(), "refine");
  refuse(scene.fov_range_deg.has_value(), "fov_range_deg");
  for (size_t i = 0; i < scene.views.size(); ++i) {
    refuse(scene.views[i].has_mesh(), Cat("views[", i, "].mesh"));
    refuse(scene.views[i].world_from_object.has_value(), Cat("views[", i, "].world_from_object"));
  }
}

void CheckMasks(const SceneDescription& scene, const ObjectDescription& object,
                const std::string& place) {
  if (object.label.empty() == object.masks.empty()) {
    Fail(place, object.label.empty() ? " has no label and no masks" : " has label and masks", "; ",
         "an object has one of them");
  }
  for (const auto& [name, path] : object.masks) {
    const bool known = std::any_of(scene.views.begin(), scene.views.end(),
                                   [n = &name](const auto& view) { return view.name == *n; });
    if (!known) Fail(place, ".masks.", Quoted(name), ": there is no such view");
  }
  for (size_t i = 0; !object.label.empty() && i < scene.views.size(); ++i) {
    if (!scene.views[i].mask.empty()) continue;
    Fail(place, ".label: views[", i, "] has no mask, the image of labels");
  }
  if (object.label.empty() || ParseMaskLabels(object.label)) return;
  for (size_t i = 0; i < scene.views.size(); ++i) {
    if (ParseMaskSource(scene.views[i].mask).coco) continue;
    Fail(place, ".label is ", Quoted(object.label), "; in the mask of views[", i, "] a label is ",
         "a number up to 65535 or \"#rrggbb\", several are joined by +");
  }
}

}  // namespace

void io_internal::CheckObjects(const SceneDescription& scene, std::string_view where) {
  CheckNothingShared(scene, where);
  std::set<std::string> names;
  std::map<std::string, size_t> masks;
  for (size_t i = 0; i < scene.objects.size(); ++i) {
    const ObjectDescription& object = scene.objects[i];
    const std::string place = Cat(where, ": objects[", i, "]");
    if (!IsFileNameSafe(object.name)) {
      Fail(place, ".name ", Quoted(object.name), " cannot be a folder's name");
    }
    if (!names.insert(object.name).second) {
      Fail(place, ".name ", Quoted(object.name), " appears twice");
    }
    if (object.mesh.empty() && object.mesh_parts.empty()) Fail(place, ".mesh is missing");
    CheckMasks(scene, object, place);
    for (const ViewDescription& view : SceneOfObject(scene, i).views) {
      const auto [other, is_new] = masks.emplace(view.mask, i);
      if (is_new || other->second == i) continue;
      Fail(place, " has the mask ", Quoted(view.mask), " of objects[", other->second, "]");
    }
  }
}

SceneDescription SceneOfObject(const SceneDescription& description, size_t index) {
  const ObjectDescription& object = description.objects.at(index);
  SceneDescription scene;
  scene.mesh = object.mesh;
  scene.mesh_parts = object.mesh_parts;
  scene.mesh_frame = object.mesh_frame;
  scene.occluders = description.occluders;
  scene.mask_threshold = description.mask_threshold;
  scene.initial_rig_from_world = object.initial_rig_from_world;
  scene.true_rig_from_world = object.true_rig_from_world;
  for (ViewDescription view : description.views) {
    if (object.label.empty()) {
      const auto mask = object.masks.find(view.name);
      if (mask == object.masks.end()) continue;
      view.mask = mask->second;
    } else {
      view.mask += ":" + object.label;
    }
    view.cam_from_rig = view.cam_from_rig.value_or(Rigid3d());
    scene.views.push_back(std::move(view));
  }
  return scene;
}

std::vector<LoadedObject> BuildObjects(const SceneDescription& description,
                                       const std::filesystem::path& folder, std::string_view where,
                                       MeshSource* meshes, MaskCache* masks) {
  MaskCache own_masks;
  if (masks == nullptr) masks = &own_masks;
  CHECK(!description.objects.empty());
  SceneDescription checked = description;
  CheckSceneDescription(&checked, where);
  std::vector<LoadedObject> objects;
  for (size_t i = 0; i < checked.objects.size(); ++i) {
    const std::string place = Cat(where, ": object ", Quoted(checked.objects[i].name));
    objects.push_back({checked.objects[i].name,
                       BuildScene(SceneOfObject(checked, i), folder, place, meshes, masks)});
  }
  return objects;
}

}  // namespace ceres_align
