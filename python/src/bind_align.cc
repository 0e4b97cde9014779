#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "ceres_align/align/align_scene.h"
#include "ceres_align/backends/backends.h"
#include "options.h"
#include "outcome.h"
#include "rasterizers.h"
#include "scene.h"

namespace ceres_align::python {

std::shared_ptr<Rasterizer> SharedRasterizer(const std::string& backend, int num_threads) {
  // Never destroyed: the threads of TBB may be gone before the statics of a module are.
  static auto* const mutex = new std::mutex;
  static auto* const made = new std::map<std::pair<std::string, int>, std::shared_ptr<Rasterizer>>;
  const std::lock_guard<std::mutex> lock(*mutex);
  std::shared_ptr<Rasterizer>& one = (*made)[{backend, num_threads}];
  if (one == nullptr) one = MakeRasterizer({backend, num_threads}, nullptr);
  return one;
}

namespace {

// `consume`: nobody else will ask for the scene, so that its masks are taken, not copied.
std::shared_ptr<Outcome> Run(PyScene& given, bool consume, py::handle start,
                             const py::dict& options, py::handle backend, py::handle num_threads,
                             py::handle progress, double load_seconds) {
  const auto begin = std::chrono::steady_clock::now();
  Settings settings = SettingsOf(options, backend, num_threads);
  if (given.estimate_offset) settings.options.offset = Choice::kOn;
  std::optional<Rigid3d> start_pose = given.scene.initial_rig_from_world;
  if (py::isinstance<py::bool_>(start)) {
    start_pose.reset();  // False: search
  } else if (!start.is_none()) {
    start_pose = AsPose(start, "start");
  }
  Interrupts interrupts;
  const AlignCallback callback = TellPython(progress, &interrupts);
  auto outcome = std::make_shared<Outcome>();
  outcome->options = settings.options;
  outcome->warnings = given.warnings;
  WithoutGil(&interrupts, [&] {
    Scene scene;
    if (consume) {
      scene = std::move(given.scene);
    } else {
      scene = given.scene;
    }
    scene.initial_rig_from_world = start_pose;
    const auto rasterizer = SharedRasterizer(settings.backend, settings.num_threads);
    InterruptibleRasterizer interruptible(rasterizer.get(), &interrupts);
    AlignedScene aligned =
        AlignScene(std::move(scene), given.meshes, &interruptible, settings.options, callback);
    outcome->scene = std::move(aligned.scene);
    outcome->result = std::move(aligned.align);
  });
  DropImages(&outcome->scene);
  outcome->seconds.load = load_seconds;
  outcome->seconds.total = load_seconds + SecondsSince(begin);
  return outcome;
}

}  // namespace

void BindAlign(py::module_* module) {
  module->def("run", &Run);
  module->def("option_names", &OptionNames);
}

}  // namespace ceres_align::python
