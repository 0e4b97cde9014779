// Hand-eye calibration: a robot, its states, masks.
#include <memory>
#include <utility>

#include "arrays.h"
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/hand_eye/calibrate.h"
#include "ceres_align/hand_eye/hand_eye_report.h"
#include "ceres_align/io/camera_info.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/report/text_report.h"
#include "outcome.h"
#include "rasterizers.h"
#include "robot.h"
#include "scene.h"

namespace ceres_align::python {
namespace {

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

}  // namespace

void BindHandEye(py::module_* module) {
  BindRobot(module);
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
