#include <memory>
#include <utility>

#include "arrays.h"
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/hand_eye/hand_eye_scene.h"
#include "ceres_align/io/joint_states.h"
#include "robot.h"
#include "scene.h"

namespace ceres_align::python {

PyRobot::PyRobot(py::handle path, py::handle geometry, const py::dict& packages,
                 const py::list& package_roots, const py::list& links) {
  UrdfOptions options;
  const std::string kind = AsText(geometry, "geometry");
  if (kind != "visual" && kind != "collision") {
    throw InputError("geometry is " + Quoted(kind) + "; it must be visual or collision");
  }
  if (kind == "collision") options.geometry = UrdfOptions::Geometry::kCollision;
  for (const auto& [name, folder] : packages) {
    options.packages[AsText(name, "a name of packages")] =
        AsPath(folder, "packages[" + std::string(py::repr(name)) + "]");
  }
  for (size_t i = 0; i < package_roots.size(); ++i) {
    options.package_roots.emplace_back(AsPath(package_roots[i], Format("package_roots[%zu]", i)));
  }
  model_ = ReadUrdf(AsPath(path, "robot"), options);
  for (size_t i = 0; i < links.size(); ++i) {
    shown_.push_back(AsText(links[i], Format("links[%zu]", i)));
    model_.FindLink(shown_.back());
  }
}

const std::vector<TriangleMesh>& PyRobot::Links() {
  if (!links_.empty()) return links_;
  std::vector<std::string> warnings;
  std::vector<TriangleMesh> links;
  {
    const py::gil_scoped_release release;
    links = ReadLinkMeshes(model_, shown_, &warnings);
  }
  if (links_.empty()) {
    links_ = std::move(links);
    warnings_ = std::move(warnings);
  }
  return links_;
}
namespace {

std::string JointsOf(const RobotModel& model) {
  std::string names = Format("%zu movable joints", model.variable_names.size());
  for (size_t i = 0; i < model.variable_names.size(); ++i) {
    names += (i == 0 ? ": " : ", ") + model.variable_names[i];
  }
  return names;
}

// {name: one position a state}, others than the robot's joints ignored.
Eigen::MatrixXd StatesOfDict(const py::dict& joints, const RobotModel& model) {
  Eigen::MatrixXd states;
  for (size_t j = 0; j < model.variable_names.size(); ++j) {
    const std::string& name = model.variable_names[j];
    if (!joints.contains(name)) {
      throw InputError("joints has no " + Quoted(name) + "; the robot has " + JointsOf(model));
    }
    const std::string where = "joints[" + Quoted(name) + "]";
    const std::vector<double> column = AsVector(joints[py::str(name)], where);
    if (j == 0) {
      states.resize(static_cast<Eigen::Index>(column.size()),
                    static_cast<Eigen::Index>(model.variable_names.size()));
    }
    if (static_cast<Eigen::Index>(column.size()) != states.rows()) {
      throw InputError(where + Format(" has %zu positions, that of %s has %d", column.size(),
                                      Quoted(model.variable_names[0]).c_str(),
                                      static_cast<int>(states.rows())));
    }
    states.col(static_cast<Eigen::Index>(j)) =
        Eigen::Map<const Eigen::VectorXd>(column.data(), static_cast<Eigen::Index>(column.size()));
  }
  return states;
}

// One state's positions.
Eigen::VectorXd AsState(py::handle joints, const RobotModel& model) {
  const std::vector<double> values = AsVector(joints, "joints");
  if (values.size() != model.variable_names.size()) {
    throw InputError(Format("joints has %zu positions; the robot has ", values.size()) +
                     JointsOf(model));
  }
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

// (vertices, faces).
py::tuple ArraysOf(const TriangleMesh& mesh) {
  std::vector<double> vertices;
  for (const Eigen::Vector3d& v : mesh.vertices) {
    vertices.insert(vertices.end(), {v.x(), v.y(), v.z()});
  }
  std::vector<int32_t> faces;
  for (const auto& face : mesh.faces) faces.insert(faces.end(), {face[0], face[1], face[2]});
  return py::make_tuple(
      Give(std::move(vertices), {static_cast<py::ssize_t>(mesh.vertices.size()), 3}),
      Give(std::move(faces), {static_cast<py::ssize_t>(mesh.faces.size()), 3}));
}

constexpr char kRobotDoc[] =
    R"(A robot of a URDF (xacro expanded). Read once, kept over many calls.

Robot(urdf, *, geometry="visual", packages=None, package_roots=None, links=None)

urdf: a path. geometry: "visual" or "collision", which of its meshes are seen.
packages: dict of what package://NAME stands for, NAME: folder. package_roots: folders that hold the
    other packages; then those above the URDF are asked.
links: names of the links that the masks show; None: all.

Attributes, all read-only: name; joints, the movable joints' names in the order of joint states;
links, all names, the base first. link_poses(joints): base_from_link (n, 4, 4) for one state's
positions, rad and m. mesh(joints): what is seen of it, (vertices, faces) in the base's frame.)";

}  // namespace

Eigen::MatrixXd AsStates(py::handle joints, const RobotModel& model) {
  if (IsPath(joints)) return ReadJointStates(AsPath(joints, "joints"), model.variable_names);
  Eigen::MatrixXd states;
  if (PyDict_Check(joints.ptr())) {
    states = StatesOfDict(py::reinterpret_borrow<py::dict>(joints), model);
  } else {
    states = AsMatrix(joints, -1, -1, "joints");
    if (static_cast<size_t>(states.cols()) != model.variable_names.size()) {
      throw InputError(Format("joints has the shape (%d, %d), a row a state; the robot has ",
                              static_cast<int>(states.rows()), static_cast<int>(states.cols())) +
                       JointsOf(model));
    }
  }
  if (states.rows() == 0) throw InputError("joints has no states");
  return states;
}

void BindRobot(py::module_* module) {
  py::class_<PyRobot, std::shared_ptr<PyRobot>>(*module, "Robot", kRobotDoc)
      .def(py::init([](py::handle urdf, py::handle geometry, const py::object& packages,
                       const py::object& package_roots, const py::object& links) {
             const auto list = [](const py::object& value, const char* what) {
               if (value.is_none()) return py::list();
               if (!PyList_Check(value.ptr()) && !PyTuple_Check(value.ptr())) {
                 throw InputError(std::string(what) + " is " + TypeName(value) + "; a list is due");
               }
               return py::list(value);
             };
             if (!packages.is_none() && !PyDict_Check(packages.ptr())) {
               throw InputError("packages is " + TypeName(packages) + "; a dict is due");
             }
             return std::make_shared<PyRobot>(
                 urdf, geometry, packages.is_none() ? py::dict() : py::dict(packages),
                 list(package_roots, "package_roots"), list(links, "links"));
           }),
           py::arg("urdf"), py::kw_only(), py::arg("geometry") = "visual",
           py::arg("packages") = py::none(), py::arg("package_roots") = py::none(),
           py::arg("links") = py::none())
      .def_property_readonly("name", [](const PyRobot& self) { return self.model().name; })
      .def_property_readonly("joints",
                             [](const PyRobot& self) { return self.model().variable_names; })
      .def_property_readonly("links",
                             [](const PyRobot& self) {
                               std::vector<std::string> names;
                               for (const RobotLink& link : self.model().links) {
                                 names.push_back(link.name);
                               }
                               return names;
                             })
      .def_property_readonly("_shows_all", &PyRobot::shows_all)
      .def(
          "link_poses",
          [](const PyRobot& self, py::handle joints) {
            return FromPoses(LinkPoses(self.model(), AsState(joints, self.model())));
          },
          py::arg("joints"))
      .def(
          "mesh",
          [](PyRobot& self, py::handle joints) {
            const Eigen::VectorXd state = AsState(joints, self.model());
            const std::vector<TriangleMesh>& links = self.Links();
            TriangleMesh posed;
            {
              const py::gil_scoped_release release;
              posed = PosedRobot(self.model(), links, state);
            }
            return ArraysOf(posed);
          },
          py::arg("joints"));
}

}  // namespace ceres_align::python
