// The error lanes: InputError for what a user gave, CHECK (glog) for a programmer's error.
// Numerical trouble is neither: it is a status in a result.
#pragma once

#include <glog/logging.h>

#include <stdexcept>
#include <string>

namespace ceres_align {

/// Bad input. The message is one line and names the file, the line or key where there is one,
/// and the value: "scene.json: views[1].K[0][0] is -100; a focal length must be positive".
class InputError : public std::runtime_error {
 public:
  explicit InputError(const std::string& message) : std::runtime_error(message) {}
};

/// A mesh, a mask or a view that a device's memory cannot hold, where the host's could.
class DoesNotFit : public InputError {
 public:
  using InputError::InputError;
};

}  // namespace ceres_align
