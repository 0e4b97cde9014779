// The extension module ceres_align._core: what ceres_align/*.py make the public functions of.
#include <pybind11/pybind11.h>

#include "ceres_align/backends/backends.h"
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/version.h"
#include "outcome.h"
#include "scene.h"

PYBIND11_MODULE(_core, module) {
  namespace py = pybind11;
  namespace python = ceres_align::python;
  module.attr("__version__") = CERES_ALIGN_VERSION;
  // A leaked reference: the translator may be asked until the interpreter ends.
  static PyObject* input_error = PyErr_NewExceptionWithDoc(
      "ceres_align.InputError",
      "An argument or a file is wrong. The message is one line and names it, and the value.",
      PyExc_ValueError, nullptr);
  module.attr("InputError") = py::reinterpret_borrow<py::object>(input_error);
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const ceres_align::InputError& error) {
      // Paths need not be UTF-8.
      PyErr_SetString(input_error, ceres_align::Shown(error.what(), 4000).c_str());
    }
  });
  module.def("why_not_cuda", [] { return ceres_align::WhyNotCuda(); });
  python::BindScene(&module);
  python::BindOutcome(&module);
  python::BindAlign(&module);
  python::BindObjects(&module);
  python::BindHandEye(&module);
  python::BindRender(&module);
  python::BindFiles(&module);
  python::BindTrack(&module);
}
