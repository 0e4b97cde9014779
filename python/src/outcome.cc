#include "outcome.h"

#include <memory>
#include <utility>

#include "arrays.h"
#include "ceres_align/backends/backends.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/report/text_report.h"
#include "options.h"
#include "pixel_memory.h"
#include "scene.h"

namespace ceres_align::python {
namespace {

template <typename Numbers>
py::array Array(const Numbers& numbers) {
  Eigen::VectorXd vector(static_cast<Eigen::Index>(numbers.size()));
  for (Eigen::Index i = 0; i < vector.size(); ++i) vector(i) = numbers[i];
  return FromVector(vector);
}

py::tuple FieldsOf(const ViewResult& view) {
  return py::make_tuple(py::str(view.name), FromPose(view.cam_from_world),
                        FromVector(view.camera_center_in_world), view.iou, view.contour_rms_px,
                        view.mask_empty, view.mask_touches_frame, view.object_in_frame,
                        view.mask_area_px, view.object_area_px);
}

py::tuple FieldsOf(const Alternative& other) {
  return py::make_tuple(FromPose(other.rig_from_world), other.cost_ratio, Array(other.view_iou),
                        ToString(other.kind), other.fits, other.relation);
}

py::tuple FieldsOf(const UnknownFit& fit) {
  return py::make_tuple(fit.name, fit.of, fit.value, fit.sigma, fit.prior, fit.prior_sigma,
                        fit.moved, fit.determined, fit.why);
}

py::tuple FieldsOf(const AlignIteration& step) {
  return py::make_tuple(step.level, step.num_levels, step.width_px, step.height_px, step.iteration,
                        step.cost, step.step_px, step.accepted, FromPose(step.rig_from_world),
                        step.candidates, step.thorough);
}

py::tuple FieldsOf(const Check& check) {
  return py::make_tuple(check.name, check.passed, check.message);
}

template <typename List>
py::list TuplesOf(const List& list) {
  py::list tuples;
  for (const auto& item : list) tuples.append(FieldsOf(item));
  return tuples;
}

void AddPoses(const AlignResult& result, py::dict* fields) {
  py::dict& f = *fields;
  f["rig_from_world"] = FromPose(result.rig_from_world);
  std::vector<Rigid3d> cameras;
  for (const ViewResult& view : result.views) cameras.push_back(view.cam_from_world);
  f["cam_from_world"] = FromPoses(cameras);
  const Pytorch3dPose first = ToPytorch3d(cameras.at(0));
  f["R"] = FromMatrix(first.R);
  f["T"] = FromVector(first.T);
  f["object_center"] = FromVector(result.object_center_in_world);
}

void AddAccuracy(const AlignResult& result, py::dict* fields) {
  py::dict& f = *fields;
  for (const char* name : {"covariance", "sigmas", "accuracy"}) f[name] = py::none();
  if (result.covariance) {
    f["covariance"] = FromMatrix(*result.covariance);
    f["sigmas"] = FromVector(SigmasOf(result));
  }
  if (result.accuracy) {
    f["accuracy"] =
        py::make_tuple(result.accuracy->rotation_rad * 180 / M_PI, result.accuracy->translation,
                       100 * result.accuracy->translation_of_distance);
  }
}

py::dict FieldsOf(const Outcome& outcome) {
  const AlignResult& result = outcome.result;
  py::dict f;
  AddPoses(result, &f);
  AddAccuracy(result, &f);
  f["status"] = ToString(result.status);
  f["termination"] = result.termination;
  f["usable"] = result.IsUsable();
  f["right"] = result.IsRight();
  f["ambiguous"] = result.ambiguous;
  f["ambiguity"] = result.ambiguity;
  f["checks"] = TuplesOf(result.checks);
  f["verdict"] = VerdictText(result);
  f["views"] = TuplesOf(result.views);
  f["alternatives"] = TuplesOf(result.alternatives);
  f["unknowns"] = TuplesOf(result.unknowns);
  f["initial_cost"] = result.initial_cost;
  f["final_cost"] = result.final_cost;
  f["iterations"] = result.iterations;
  f["evaluations"] = result.evaluations;
  f["searched"] = result.searched;
  f["restarted"] = result.restarted;
  f["sharpened"] = result.sharpened;
  f["backend"] = result.backend;
  f["warnings"] = outcome.warnings;
  py::dict seconds;
  seconds["load"] = outcome.seconds.load;
  seconds["prepare"] = result.prepare_seconds;
  seconds["solve"] = result.solve_seconds;
  seconds["assess"] = result.assess_seconds;
  seconds["total"] = outcome.seconds.total;
  f["seconds"] = seconds;
  f["errors"] = py::none();
  if (const auto errors = ErrorsOf(outcome.scene, result)) {
    f["errors"] =
        py::make_tuple(errors->rotation_deg, errors->translation, errors->translation_percent);
  }
  py::list cameras;
  for (const View& view : outcome.scene.views) {
    cameras.append(py::cast(PyCamera{view.camera, view.cam_from_rig}));
  }
  f["cameras"] = cameras;
  return f;
}

// On the calling thread; `call` with the GIL, which the thread takes for it.
bool Tell(Interrupts* interrupts, const std::function<py::object()>& call) {
  interrupts->Check();
  const py::gil_scoped_acquire gil;
  try {
    return call().ptr() != Py_False;
  } catch (py::error_already_set& error) {
    interrupts->Keep(error);
    return false;
  }
}

}  // namespace

void DropImages(Scene* scene) {
  for (View& view : scene->views) {
    KeepPixels(&view.mask.pixels);
    KeepPixels(&view.weight.pixels);
    view.mask = view.weight = ImageF();
  }
}

Settings SettingsOf(const py::dict& options, py::handle backend, py::handle num_threads) {
  Settings settings = {OptionsOf(options), AsText(backend, "backend"),
                       AsInt(num_threads, "num_threads")};
  settings.options.Validate();
  BackendOptions{settings.backend, settings.num_threads}.Validate();
  return settings;
}

AlignCallback TellPython(py::handle progress, Interrupts* interrupts) {
  if (progress.is_none()) {
    return [interrupts](const AlignIteration&) {
      interrupts->Check();
      return true;
    };
  }
  return [progress, interrupts](const AlignIteration& step) {
    return Tell(interrupts, [&] { return progress(FieldsOf(step)); });
  };
}

std::function<bool(const std::string&, const AlignIteration&)> TellPythonOfObjects(
    py::handle progress, Interrupts* interrupts) {
  if (progress.is_none()) {
    return [interrupts](const std::string&, const AlignIteration&) {
      interrupts->Check();
      return true;
    };
  }
  return [progress, interrupts](const std::string& name, const AlignIteration& step) {
    return Tell(interrupts, [&] { return progress(py::str(name), FieldsOf(step)); });
  };
}

void BindOutcome(py::module_* module) {
  py::class_<Outcome, std::shared_ptr<Outcome>>(*module, "Outcome")
      .def("fields", [](const Outcome& self) { return FieldsOf(self); })
      .def("json",
           [](const Outcome& self) {
             return ResultJson(self.scene, self.result, self.options, self.seconds, self.warnings);
           })
      .def("report",
           [](const Outcome& self) { return TextReport(self.scene, self.result, self.seconds); });
}

}  // namespace ceres_align::python
