#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ceres_align/backends/backends.h"
#include "ceres_align/base/error.h"
#include "ceres_align/track/tracker.h"
#include "interrupts.h"
#include "options.h"
#include "rasterizers.h"
#include "scene.h"

namespace ceres_align::python {
namespace {

/// One sequence. The rasterizer that the tracker borrows asks the interrupts of the call under way,
/// which always lie at the same place.
class PyTracker {
 public:
  PyTracker(const PyScene& scene, const py::dict& options, bool search_when_lost, bool assess,
            const std::string& backend, int num_threads)
      : rasterizer_(SharedRasterizer(backend, num_threads)),
        interruptible_(rasterizer_.get(), &interrupts_.emplace()) {
    TrackOptions track;
    track.align = OptionsOf(options);
    track.search_when_lost = search_when_lost;
    track.assess = assess;
    Scene without_masks = scene.scene;
    for (View& view : without_masks.views) view.mask = view.weight = ImageF();
    tracker_.emplace(std::move(without_masks), scene.meshes, &interruptible_, track);
  }
  PyTracker(const PyTracker&) = delete;
  PyTracker& operator=(const PyTracker&) = delete;

  /// Takes the scene's masks and weights.
  TrackedFrame Next(PyScene* scene) {
    std::vector<ImageF> masks, weights;
    for (View& view : scene->scene.views) {
      masks.push_back(std::move(view.mask));
      weights.push_back(std::move(view.weight));
    }
    Interrupts& interrupts = interrupts_.emplace();
    TrackedFrame frame;
    WithoutGil(&interrupts, [&] { frame = tracker_->Next(std::move(masks), std::move(weights)); });
    return frame;
  }

 private:
  const std::shared_ptr<Rasterizer> rasterizer_;
  std::optional<Interrupts> interrupts_;
  InterruptibleRasterizer interruptible_;
  std::optional<Tracker> tracker_;
};

py::tuple Fields(const TrackedFrame& frame) {
  py::object usable = py::none(), accuracy = py::none();
  if (frame.result) {
    usable = py::bool_(frame.result->IsUsable());
    if (frame.result->accuracy) {
      const Accuracy& bound = *frame.result->accuracy;
      accuracy = py::make_tuple(bound.rotation_rad * 180 / M_PI, bound.translation,
                                100 * bound.translation_of_distance);
    }
  }
  return py::make_tuple(frame.frame, ToString(frame.status), FromPose(frame.rig_from_world),
                        frame.iou, frame.contour_rms_px, frame.moved_deg, frame.why, usable,
                        accuracy);
}

}  // namespace

void BindTrack(py::module_* module) {
  py::class_<PyTracker>(*module, "Tracker")
      .def(py::init([](const PyScene& scene, const py::dict& options, py::handle search_when_lost,
                       py::handle assess, py::handle backend, py::handle num_threads) {
        const std::string name = AsText(backend, "backend");
        const int threads = AsInt(num_threads, "num_threads");
        BackendOptions{name, threads}.Validate();
        return std::make_unique<PyTracker>(scene, options,
                                           AsBool(search_when_lost, "search_when_lost"),
                                           AsBool(assess, "assess"), name, threads);
      }))
      .def("next", [](PyTracker& self, PyScene& scene) { return Fields(self.Next(&scene)); });
}

}  // namespace ceres_align::python
