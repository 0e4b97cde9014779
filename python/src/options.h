// AlignOptions by name.
#pragma once

#include <pybind11/pybind11.h>

#include "ceres_align/align/align_options.h"

namespace ceres_align::python {

namespace py = pybind11;

/// The defaults with what `given` names: fields of AlignOptions, and those of its prior. Throws
/// InputError for a name that is none and a value of another type; Validate() is the caller's.
AlignOptions OptionsOf(const py::dict& given);
/// All names, in the order of the header.
py::list OptionNames();

}  // namespace ceres_align::python
