// Hand-eye calibration: a robot, its states, masks.
#include <memory>
#include <utility>

#include "arrays.h"
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/hand_eye/calibrate.h"
#include "ceres_align/hand_eye/hand_eye_report.h"
#include "ceres_align/io/camera_info.h"
#include "ceres_align/io/joint_states.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/report/text_report.h"
#include "outcome.h"
#include "rasterizers.h"
#include "scene.h"

namespace ceres_align::python {
namespace {

/// ceres_align.Robot. The links' meshes are read where they are first asked for.
class PyRobot {
 public:
  PyRobot(py::handle path, py::handle geometry, const py::dict& packages,
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

  const RobotModel& model() const { return model_; }
  /// With the GIL. Two threads at once may both read them.
  const std::vector<TriangleMesh>& Links() {
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
  const std::vector<std::string>& warnings() const { return warnings_; }
  bool shows_all() const { return shown_.empty(); }

 private:
  RobotModel model_;
  std::vector<std::string> shown_;  // names; empty: all
  std::vector<TriangleMesh> links_;
  std::vector<std::string> warnings_;
};

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

// One state's positions.
Eigen::VectorXd AsState(py::handle joints, const RobotModel& model) {
  const std::vector<double> values = AsVector(joints, "joints");
  if (values.size() != model.variable_names.size()) {
    throw InputError(Format("joints has %zu positions; the robot has ", values.size()) +
                     JointsOf(model));
  }
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

// An array, or the path of a file.
Rigid3d AsPoseOrFile(py::handle value, const std::string& where) {
  return IsPath(value) ? ReadRigid(AsPath(value, where)) : AsPose(value, where);
}

struct HandEyeOutcome {
  std::shared_ptr<Outcome> base;
  HandEyeFrames frames;
  std::vector<std::string> masks;
  std::optional<JointOffsets> offsets;
  bool offsets_taken = false;

  const JointOffsets* offsets_or_null() const { return offsets ? &*offsets : nullptr; }
};

// masks[camera][state], as they were given.
void AddCameras(const py::list& cameras, const py::list& masks, MaskCache* cache,
                py::handle second_from_first, py::handle threshold, HandEyeProblem* problem,
                HandEyeOutcome* outcome) {
  const std::optional<double> least = AsMaskThreshold(threshold);
  std::vector<std::vector<std::string>> names(masks.size());
  for (size_t c = 0; c < masks.size(); ++c) {
    const std::string what = c == 0 ? "masks" : "stereo_masks";
    HandEyeCamera seen;
    seen.camera = AsCamera(cameras[c], c == 0 ? "camera" : "stereo_camera").camera;
    if (c > 0) seen.cam_from_first = AsPoseOrFile(second_from_first, "stereo_cam_from_cam");
    const auto of_camera = masks[c].cast<py::list>();
    if (of_camera.size() != problem->num_states()) {
      throw InputError(what + Format(" has %zu entries, joints has %zu states; every state needs "
                                     "a mask",
                                     of_camera.size(), problem->num_states()));
    }
    for (size_t s = 0; s < of_camera.size(); ++s) {
      const std::string where = what + "[" + std::to_string(s) + "]";
      LoadedMask mask = MaskOf(of_camera[s], where, seen.camera, least, cache);
      auto& warnings = outcome->base->warnings;
      warnings.insert(warnings.end(), mask.warnings.begin(), mask.warnings.end());
      seen.masks.push_back(std::move(mask.mask));
      names[c].push_back(IsPath(of_camera[s]) ? AsPath(of_camera[s], where) : where);
    }
    problem->cameras.push_back(std::move(seen));
  }
  for (size_t s = 0; s < problem->num_states(); ++s) {
    for (const auto& of_camera : names) outcome->masks.push_back(of_camera[s]);
  }
}

// hand: None (eye to hand) or (flange, PreparedMesh, base_from_object).
HandEyeProblem ProblemOf(PyRobot& robot, py::handle joints, const py::object& hand,
                         HandEyeOutcome* outcome) {
  HandEyeProblem problem;
  problem.model = robot.model();
  problem.states = AsStates(joints, problem.model);
  auto& warnings = outcome->base->warnings;
  const std::string beyond = FirstStateBeyondLimits(problem);
  if (!beyond.empty()) warnings.push_back("joints: " + beyond);
  outcome->frames = {problem.model.links[0].name, "camera"};
  if (hand.is_none()) {
    problem.links = robot.Links();
    warnings.insert(warnings.end(), robot.warnings().begin(), robot.warnings().end());
    return problem;
  }
  const auto parts = hand.cast<py::tuple>();
  HandEyeObject object;
  outcome->frames.parent = AsText(parts[0], "flange");
  object.flange_link = problem.model.FindLink(outcome->frames.parent);
  const PyMesh& mesh = AsPreparedMesh(parts[1], "object");
  object.mesh = *mesh.mesh;
  warnings.insert(warnings.end(), mesh.warnings.begin(), mesh.warnings.end());
  object.base_from_object = AsPoseOrFile(parts[2], "base_from_object");
  problem.object = std::move(object);
  return problem;
}

std::shared_ptr<HandEyeOutcome> Run(PyRobot& robot, py::handle joints, const py::list& cameras,
                                    const py::list& masks, MaskCache& cache,
                                    py::handle second_from_first, py::handle threshold,
                                    const py::object& hand, py::handle start,
                                    py::handle check_joints, py::handle joint_offsets,
                                    const py::dict& options, py::handle backend,
                                    py::handle num_threads, py::handle progress) {
  const auto begin = std::chrono::steady_clock::now();
  const Settings settings = SettingsOf(options, backend, num_threads);
  const HandEyeOptions given = {settings.options, AsBool(check_joints, "check_joints"),
                                AsBool(joint_offsets, "joint_offsets")};
  auto outcome = std::make_shared<HandEyeOutcome>();
  outcome->base = std::make_shared<Outcome>();
  HandEyeProblem problem = ProblemOf(robot, joints, hand, outcome.get());
  AddCameras(cameras, masks, &cache, second_from_first, threshold, &problem, outcome.get());
  std::optional<Rigid3d> start_pose;
  if (!start.is_none()) start_pose = Inverse(AsPoseOrFile(start, "start"));
  Outcome& base = *outcome->base;
  base.options = settings.options;
  base.seconds.load = SecondsSince(begin);
  Interrupts interrupts;
  const AlignCallback callback = TellPython(progress, &interrupts);
  WithoutGil(&interrupts, [&] {
    const auto rasterizer = SharedRasterizer(settings.backend, settings.num_threads);
    InterruptibleRasterizer interruptible(rasterizer.get(), &interrupts);
    HandEyeResult result = CalibrateHandEye(problem, start_pose, &interruptible, given, callback);
    base.scene = std::move(result.scene);
    base.result = std::move(result.align);
    outcome->offsets = std::move(result.offsets);
    outcome->offsets_taken = result.offsets_taken;
  });
  DropImages(&base.scene);
  base.seconds.total = SecondsSince(begin);
  return outcome;
}

py::object OffsetFields(const HandEyeOutcome& outcome) {
  if (!outcome.offsets) return py::none();
  py::list joints;
  for (const JointOffset& joint : outcome.offsets->joints) {
    joints.append(py::make_tuple(joint.joint, joint.turns, joint.offset, joint.sigma,
                                 joint.prior_sigma, joint.explains, joint.suspicious));
  }
  return py::make_tuple(joints, outcome.offsets->why);
}

py::tuple FieldsOf(const HandEyeOutcome& outcome) {
  const AlignResult& result = outcome.base->result;
  py::object covariance = py::none();
  if (const auto mount = MountCovariance(result)) covariance = FromMatrix(*mount);
  return py::make_tuple(outcome.frames.parent, FromPose(MountFromCam(result.rig_from_world)),
                        covariance, OffsetFields(outcome), outcome.offsets_taken);
}

std::string ReportOf(const HandEyeOutcome& outcome) {
  const AlignResult& result = outcome.base->result;
  std::string text = HandEyeText(outcome.frames, outcome.masks, result);
  if (outcome.offsets) text += OffsetsText(*outcome.offsets, outcome.offsets_taken);
  return text + VerdictText(result);
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

void BindHandEye(py::module_* module) {
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
  py::class_<HandEyeOutcome, std::shared_ptr<HandEyeOutcome>>(*module, "HandEyeOutcome")
      .def_readonly("base", &HandEyeOutcome::base)
      .def("fields", [](const HandEyeOutcome& self) { return FieldsOf(self); })
      .def("report", [](const HandEyeOutcome& self) { return ReportOf(self); })
      .def("yaml", [](const HandEyeOutcome& self) {
        return HandEyeYaml(self.frames, self.masks, self.base->result, self.offsets_or_null(),
                           self.offsets_taken);
      });
  module->def("run_hand_eye", &Run);
  module->def("camera_of_info", [](py::handle path, py::handle where) {
    return PyCamera{ReadCameraInfo(AsPath(path, AsText(where, "where"))), Rigid3d()};
  });
}

}  // namespace ceres_align::python
