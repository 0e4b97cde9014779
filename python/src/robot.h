// ceres_align.Robot.
#pragma once

#include <pybind11/pybind11.h>

#include <Eigen/Core>
#include <string>
#include <vector>

#include "ceres_align/robot/robot_model.h"

namespace ceres_align::python {

namespace py = pybind11;

/// A robot of a URDF. The links' meshes are read where they are first asked for.
class PyRobot {
 public:
  /// Throws InputError.
  PyRobot(py::handle path, py::handle geometry, const py::dict& packages,
          const py::list& package_roots, const py::list& links);

  const RobotModel& model() const { return model_; }
  /// With the GIL. Two threads at once may both read them.
  const std::vector<TriangleMesh>& Links();
  const std::vector<std::string>& warnings() const { return warnings_; }  ///< of Links()
  bool shows_all() const { return shown_.empty(); }

 private:
  RobotModel model_;
  std::vector<std::string> shown_;  // names; empty: all
  std::vector<TriangleMesh> links_;
  std::vector<std::string> warnings_;
};

/// Joint states, one a row: an array, a dict by the joints' names, or a file. Throws InputError.
Eigen::MatrixXd AsStates(py::handle joints, const RobotModel& model);

void BindRobot(py::module_* module);

}  // namespace ceres_align::python
