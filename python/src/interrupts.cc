#include "interrupts.h"

#include <utility>

namespace ceres_align::python {

void Interrupts::Check() {
  if (any_) throw Interrupted();
  if (std::this_thread::get_id() != caller_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + kEvery;
  {
    const py::gil_scoped_acquire gil;
    if (PyErr_CheckSignals() == 0) return;
    Keep(py::error_already_set());
  }
  throw Interrupted();
}

void Interrupts::Keep(py::error_already_set error) {
  error_ = std::move(error);
  any_ = true;
}

void Interrupts::Rethrow() {
  py::error_already_set error = std::move(*error_);
  error_.reset();
  throw error;
}

}  // namespace ceres_align::python
