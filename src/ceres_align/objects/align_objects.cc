#include "ceres_align/objects/align_objects.h"

#include <algorithm>
#include <map>
#include <set>

#include "ceres_align/assess/verdict.h"
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/objects/depth_order.h"
#include "ceres_align/scene/occluders.h"
#include "ceres_align/scene/scene_checks.h"

namespace ceres_align {
namespace {

// Depths are told apart from here on, of an object's radius; and its accuracy so many times.
constexpr double kMarginOfRadius = 0.01, kMarginOfAccuracy = 2;
// Of the outline, where an object is taken as hidden by none.
constexpr double kMostHidden = 0.01;
// So many pixels, and this share of the smaller mask, contradict the order.
constexpr double kSeenThrough_px = 16, kSeenThroughShare = 0.01;

// The pose fits the masks; that another may, too, does not change what is in front of what, or not
// without contradicting the masks.
bool IsPlaced(const AlignResult& align) {
  const std::set<std::string> others = {kAccuracyCheck, "ambiguity", "observability"};
  return !align.checks.empty() &&
         std::all_of(align.checks.begin(), align.checks.end(), [&](const Check& check) {
           return check.passed || others.count(check.name) > 0;
         });
}

// A part of the object that should be seen is not.
bool LeavesOut(const AlignResult& align) {
  return std::any_of(align.masks.begin(), align.masks.end(),
                     [](const MaskTreatment& mask) { return mask.outside > kMostHidden; });
}

bool SameCamera(const View& a, const View& b) {
  const Rigid3d &s = a.cam_from_rig, &t = b.cam_from_rig;
  return a.camera == b.camera && s.rotation.coeffs() == t.rotation.coeffs() &&
         s.translation == t.translation;
}

void CheckObjects(const std::vector<SceneObject>& objects) {
  std::set<std::string> names;
  std::map<std::string, const View*> views;
  if (objects.empty()) throw InputError("no objects are given");
  for (const SceneObject& object : objects) {
    if (object.name.empty()) throw InputError("an object has no name");
    const std::string place = "object " + Quoted(object.name);
    if (!names.insert(object.name).second) throw InputError(place + " appears twice");
    if (object.scene.unknowns.any()) {
      throw InputError(place + " has unknowns beside its pose; one of several objects has none");
    }
    try {
      CheckScene(object.scene);
    } catch (const InputError& error) {
      throw InputError(place + ": " + error.what());
    }
    for (const View& view : object.scene.views) {
      const auto [found, is_new] = views.emplace(view.name, &view);
      if (is_new || SameCamera(*found->second, view)) continue;
      throw InputError(place + ": the camera of view " + Quoted(view.name) +
                       " is not that of another object's");
    }
  }
}

/// What goes on: the objects, the weights that each has without the others, and its alignment.
class Work {
 public:
  Work(const std::vector<SceneObject>& objects, Rasterizer* rasterizer, const AlignOptions& options,
       const ObjectsCallback& callback)
      : rasterizer_(rasterizer), options_(options), callback_(callback) {
    options_.finest_window = std::max(options_.finest_window, kObjectsFinestWindow);
    for (const SceneObject& object : objects) {
      ObjectResult result;
      result.name = object.name;
      result.scene = object.scene.occluders.empty() ? object.scene
                                                    : HideBehindOccluders(object.scene, rasterizer);
      result.meshes = object.meshes.empty() ? PrepareMeshes(result.scene) : object.meshes;
      alone_.push_back(result.scene.views);
      result_.objects.push_back(std::move(result));
    }
  }

  // Each as if it hid all others; where that does not fit, by what no other can hide.
  void First() {
    for (ObjectResult& object : result_.objects) {
      AlignOne(&object);
      if (IsPlaced(object.align) && !LeavesOut(object.align)) continue;
      object.align = AlignResult();
    }
    const auto images = Images();
    for (size_t i = 0; i < alone_.size(); ++i) {
      if (IsPlaced(result_.objects[i].align)) continue;
      SetWeights(i, images);
      AlignOne(&result_.objects[i]);
    }
    result_.rounds = 1;
  }

  // False where nothing has changed.
  bool Round() {
    const auto images = Images();
    bool changed = false;
    for (size_t i = 0; i < alone_.size(); ++i) {
      const bool differs = SetWeights(i, images);
      if (!differs) continue;
      AlignOne(&result_.objects[i]);
      changed = true;
    }
    result_.rounds += changed ? 1 : 0;
    return changed;
  }

  // Every object gets the check.
  ObjectsResult Finish() {
    const auto images = Images();
    std::vector<std::string> conflicts(alone_.size());
    for (const auto& [name, in_image] : images) {
      for (const auto& [front, a] : in_image) {
        for (const auto& [behind, b] : in_image) {
          if (front == behind || !Contradicts(a, b)) continue;
          const std::string sentence = result_.objects[front].name + " should hide a part of " +
                                       result_.objects[behind].name + ", which the masks of " +
                                       name + " show";
          conflicts[front] = conflicts[behind] = sentence;
        }
      }
    }
    for (size_t i = 0; alone_.size() > 1 && i < alone_.size(); ++i) {
      result_.objects[i].align.checks.push_back(
          {kOrderCheck, conflicts[i].empty(),
           conflicts[i].empty() ? "no other object is seen through it" : conflicts[i]});
    }
    return std::move(result_);
  }

 private:
  // By the view's name, then by the object's index.
  using ImageObjects = std::map<std::string, std::map<size_t, ObjectInImage>>;

  ImageObjects Images() const {
    ImageObjects images;
    for (size_t i = 0; i < alone_.size(); ++i) {
      const AlignResult& align = result_.objects[i].align;
      const bool known = IsPlaced(align);
      for (const View& view : alone_[i]) {
        ObjectInImage& in_image = images[view.name][i];
        in_image.view = &view;
        if (!known) continue;
        const Scene& scene = result_.objects[i].scene;
        const TriangleMesh& mesh = *scene.meshes[view.mesh_index];
        in_image.depths = RenderDepthRange(
            mesh, view.cam_from_rig * align.rig_from_world * view.world_from_object, view.camera);
        in_image.spread = SpreadOverImage(*in_image.depths);
        in_image.margin = kMarginOfRadius * BoundingSphere(mesh).radius +
                          (align.accuracy ? kMarginOfAccuracy * align.accuracy->translation : 0);
      }
    }
    return images;
  }

  static double Area(const View& view) {
    double area = 0;
    for (const float value : view.mask.pixels) area += value;
    return area;
  }

  static bool Contradicts(const ObjectInImage& front, const ObjectInImage& behind) {
    const double through_px = SeenThrough_px(front, behind);
    return through_px > kSeenThrough_px &&
           through_px > kSeenThroughShare * std::min(Area(*front.view), Area(*behind.view));
  }

  bool SetWeights(size_t object, const ImageObjects& images) {
    bool differs = false;
    for (size_t v = 0; v < alone_[object].size(); ++v) {
      const auto& in_image = images.at(alone_[object][v].name);
      std::vector<const ObjectInImage*> others;
      // Poses that contradict the masks tell no order.
      std::vector<ObjectInImage> unordered;
      unordered.reserve(in_image.size());
      for (const auto& [index, other] : in_image) {
        if (index == object) continue;
        const ObjectInImage& self = in_image.at(object);
        if (Contradicts(self, other) || Contradicts(other, self)) {
          unordered.push_back({other.view, {}, {}, 0});
          others.push_back(&unordered.back());
        } else {
          others.push_back(&other);
        }
      }
      ImageF weights = WeightsBeside(in_image.at(object), others);
      ImageF& last = result_.objects[object].scene.views[v].weight;
      differs = differs || weights.pixels != last.pixels;
      last = std::move(weights);
    }
    return differs;
  }

  void AlignOne(ObjectResult* object) {
    const AlignCallback callback =
        callback_ ? [&](const AlignIteration& step) { return callback_(object->name, step); }
                  : AlignCallback();
    try {
      object->align = Align(object->scene, object->meshes, rasterizer_, options_, callback);
    } catch (const InputError& error) {
      throw InputError("object " + Quoted(object->name) + ": " + error.what());
    }
  }

  Rasterizer* const rasterizer_;
  AlignOptions options_;
  const ObjectsCallback& callback_;
  std::vector<std::vector<View>> alone_;
  ObjectsResult result_;
};

}  // namespace

bool ObjectsResult::AllUsable() const {
  return std::all_of(objects.begin(), objects.end(),
                     [](const ObjectResult& object) { return object.align.IsUsable(); });
}

ObjectsResult AlignObjects(const std::vector<SceneObject>& objects, Rasterizer* rasterizer,
                           const AlignOptions& options, const ObjectsCallback& callback) {
  CHECK(rasterizer != nullptr);
  options.Validate();
  CheckObjects(objects);
  Work work(objects, rasterizer, options, callback);
  work.First();
  for (int round = 1; round < ObjectsResult::kMostRounds && work.Round(); ++round) {
  }
  return work.Finish();
}

}  // namespace ceres_align
