// Several objects in the same images.
#include <filesystem>
#include <limits>
#include <memory>
#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/objects/align_objects.h"
#include "ceres_align/report/objects_report.h"
#include "ceres_align/scenes/mesh_store.h"
#include "outcome.h"
#include "rasterizers.h"
#include "scene.h"

namespace ceres_align::python {
namespace {

/// What an ObjectsResult holds on to, without the masks.
struct ObjectsOutcome {
  ObjectsResult result;
  std::vector<std::shared_ptr<Outcome>> each;
  RunSeconds seconds;
  std::vector<std::string> warnings;
};

std::vector<SceneObject> ObjectsOf(const py::list& names, const py::list& scenes,
                                   ObjectsOutcome* outcome) {
  std::vector<SceneObject> objects;
  for (size_t i = 0; i < scenes.size(); ++i) {
    const auto& given = scenes[i].cast<const PyScene&>();
    SceneObject object;
    object.name = AsText(names[i], "a name of objects");
    object.meshes = given.meshes;
    outcome->each.push_back(std::make_shared<Outcome>());
    outcome->each.back()->warnings = given.warnings;
    for (const std::string& warning : given.warnings) {
      outcome->warnings.push_back(object.name + ": " + warning);
    }
    objects.push_back(std::move(object));
  }
  return objects;
}

void Share(ObjectsOutcome* outcome, const AlignOptions& options) {
  for (size_t i = 0; i < outcome->each.size(); ++i) {
    ObjectResult& object = outcome->result.objects[i];
    DropImages(&object.scene);
    object.meshes.clear();
    Outcome& one = *outcome->each[i];
    one.scene = object.scene;
    one.result = object.align;
    one.options = options;
    one.seconds = outcome->seconds;
  }
}

// `consume` and the rest as for one object.
std::shared_ptr<ObjectsOutcome> Run(const py::list& names, const py::list& scenes, bool consume,
                                    bool search, const py::dict& options, py::handle backend,
                                    py::handle num_threads, py::handle progress,
                                    double load_seconds) {
  const auto begin = std::chrono::steady_clock::now();
  const Settings settings = SettingsOf(options, backend, num_threads);
  auto outcome = std::make_shared<ObjectsOutcome>();
  std::vector<SceneObject> objects = ObjectsOf(names, scenes, outcome.get());
  std::vector<PyScene*> given;
  for (const py::handle scene : scenes) given.push_back(&scene.cast<PyScene&>());
  Interrupts interrupts;
  const ObjectsCallback callback = TellPythonOfObjects(progress, &interrupts);
  WithoutGil(&interrupts, [&] {
    for (size_t i = 0; i < objects.size(); ++i) {
      if (consume) {
        objects[i].scene = std::move(given[i]->scene);
      } else {
        objects[i].scene = given[i]->scene;
      }
      if (search) objects[i].scene.initial_rig_from_world.reset();
    }
    const auto rasterizer = SharedRasterizer(settings.backend, settings.num_threads);
    InterruptibleRasterizer interruptible(rasterizer.get(), &interrupts);
    outcome->result = AlignObjects(objects, &interruptible, settings.options, callback);
  });
  outcome->seconds.load = load_seconds;
  outcome->seconds.total = load_seconds + SecondsSince(begin);
  Share(outcome.get(), settings.options);
  return outcome;
}

// {name: Scene}, with meshes that several objects share prepared once.
py::dict ObjectsOfFile(py::handle path) {
  const std::string file = AsPath(path, "scene");
  std::vector<std::pair<std::string, std::shared_ptr<PyScene>>> made;
  {
    const py::gil_scoped_release release;
    const SceneDescription description = ReadSceneDescription(file);
    const std::string name = Shown(file, 300);
    if (description.objects.empty()) {
      throw InputError(name + ": has no objects; align_scene() takes a scene of one");
    }
    MeshStore meshes(std::numeric_limits<size_t>::max());
    for (LoadedObject& object :
         BuildObjects(description, std::filesystem::path(file).parent_path(), name, &meshes)) {
      auto scene = std::make_shared<PyScene>();
      scene->meshes = meshes.Prepare(object.loaded.scene);
      scene->scene = std::move(object.loaded.scene);
      scene->warnings = std::move(object.loaded.warnings);
      made.emplace_back(object.name, std::move(scene));
    }
  }
  py::dict objects;
  for (auto& [name, scene] : made) objects[py::str(name)] = py::cast(std::move(scene));
  return objects;
}

}  // namespace

void BindObjects(py::module_* module) {
  py::class_<ObjectsOutcome, std::shared_ptr<ObjectsOutcome>>(*module, "ObjectsOutcome")
      .def("fields",
           [](const ObjectsOutcome& self) {
             py::list names;
             for (const ObjectResult& object : self.result.objects) {
               names.append(py::str(object.name));
             }
             return py::make_tuple(names, self.each, self.result.rounds, self.result.AllUsable(),
                                   self.warnings, self.seconds.load, self.seconds.total);
           })
      .def("json",
           [](const ObjectsOutcome& self) {
             std::vector<std::string> results;
             for (const auto& one : self.each) {
               results.push_back(
                   ResultJson(one->scene, one->result, one->options, one->seconds, one->warnings));
             }
             return ObjectsJson(self.result, results, self.seconds, self.warnings);
           })
      .def("report",
           [](const ObjectsOutcome& self) { return ObjectsText(self.result, self.seconds); });
  module->def("run_objects", &Run);
  module->def("objects_of_file", &ObjectsOfFile);
}

}  // namespace ceres_align::python
