// What an alignment gave, for Python; and what every call of one is given.
#pragma once

#include <pybind11/pybind11.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "ceres_align/align/align_options.h"
#include "ceres_align/align/align_result.h"
#include "ceres_align/geometry/scene.h"
#include "ceres_align/report/result_json.h"
#include "ceres_align/solve/progress.h"
#include "interrupts.h"

namespace ceres_align::python {

namespace py = pybind11;

/// What a Result holds on to: all that its reports need, without the masks.
struct Outcome {
  Scene scene;
  AlignResult result;
  AlignOptions options;
  RunSeconds seconds;
  std::vector<std::string> warnings;
};

/// The masks and weights are let go; their memory serves the next call (pixel_memory.h).
void DropImages(Scene* scene);

/// What calls have in common, checked.
struct Settings {
  AlignOptions options;
  std::string backend;
  int num_threads = 0;
};
/// With the GIL. Throws InputError.
Settings SettingsOf(const py::dict& options, py::handle backend, py::handle num_threads);

/// Python's `progress`, or None, as the library calls it: with the fields of Step in one tuple, on
/// the calling thread. What it raises, and Ctrl-C, end the call (Interrupts). It outlives the call.
AlignCallback TellPython(py::handle progress, Interrupts* interrupts);
/// The same with an object's name before it.
std::function<bool(const std::string&, const AlignIteration&)> TellPythonOfObjects(
    py::handle progress, Interrupts* interrupts);

inline double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void BindOutcome(py::module_* module);

}  // namespace ceres_align::python
