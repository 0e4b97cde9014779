#include "ceres_align/hand_eye/hand_eye_scene.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/geometry/append_mesh.h"

namespace ceres_align {
namespace {

std::string ViewName(size_t state, size_t camera, size_t num_cameras) {
  const std::string name = Format("state_%03zu", state);
  return num_cameras == 1 ? name : name + Format("_cam%zu", camera + 1);
}

void CheckCounts(const HandEyeProblem& problem) {
  if (problem.num_states() == 0) throw InputError("there are no joint states");
  if (problem.cameras.empty()) throw InputError("there are no cameras");
  for (size_t c = 0; c < problem.cameras.size(); ++c) {
    const size_t masks = problem.cameras[c].masks.size();
    if (masks == problem.num_states()) continue;
    const std::string of = problem.cameras.size() > 1 ? Format(" of camera %zu", c + 1) : "";
    throw InputError(Format("there are %zu masks%s and %zu joint states; every state needs a mask",
                            masks, of.c_str(), problem.num_states()));
  }
}

void AddPosedRobots(const HandEyeProblem& problem, Scene* scene) {
  const size_t n = problem.num_states();
  scene->meshes.resize(n);
  tbb::parallel_for(size_t{0}, n, [&](size_t s) {
    const Eigen::VectorXd q = problem.states.row(static_cast<Eigen::Index>(s)).transpose();
    scene->meshes[s] =
        std::make_shared<const TriangleMesh>(PosedRobot(problem.model, problem.links, q));
  });
  for (size_t s = 0; s < n; ++s) {
    scene->mesh_names.push_back(Format("%s, state %zu", problem.model.file.c_str(), s));
  }
}

void AddObject(const HandEyeProblem& problem, Scene* scene) {
  TriangleMesh mesh = problem.object->mesh;
  CleanMesh(&mesh);
  scene->meshes.push_back(std::make_shared<const TriangleMesh>(std::move(mesh)));
  scene->mesh_names.push_back("object");
}

}  // namespace

std::vector<TriangleMesh> ReadLinkMeshes(const RobotModel& model,
                                         const std::vector<std::string>& only,
                                         std::vector<std::string>* warnings) {
  std::vector<char> wanted(model.links.size(), only.empty());
  for (const std::string& name : only) wanted[model.FindLink(name)] = true;
  std::vector<TriangleMesh> links(model.links.size());
  bool any = false;
  for (size_t i = 0; i < links.size(); ++i) {
    if (!wanted[i]) continue;
    links[i] = LinkMesh(model, static_cast<int>(i), warnings);
    CleanMesh(&links[i]);
    any = any || !links[i].faces.empty();
  }
  if (!any) throw InputError(model.file + ": none of the links chosen has a mesh");
  return links;
}

TriangleMesh PosedRobot(const RobotModel& model, const std::vector<TriangleMesh>& links,
                        const Eigen::VectorXd& joint_positions) {
  CHECK_EQ(links.size(), model.links.size());
  const std::vector<Rigid3d> base_from_link = LinkPoses(model, joint_positions);
  TriangleMesh all;
  for (size_t i = 0; i < links.size(); ++i) AppendMesh(links[i], base_from_link[i], &all);
  CleanMesh(&all);
  return all;
}

Scene MakeHandEyeScene(const HandEyeProblem& problem) {
  CheckCounts(problem);
  Scene scene;
  if (problem.object) {
    AddObject(problem, &scene);
  } else {
    AddPosedRobots(problem, &scene);
  }
  for (size_t s = 0; s < problem.num_states(); ++s) {
    Rigid3d world_from_object;
    if (problem.object) {
      const Eigen::VectorXd q = problem.states.row(static_cast<Eigen::Index>(s)).transpose();
      const Rigid3d base_from_flange = LinkPoses(problem.model, q)[problem.object->flange_link];
      world_from_object = Inverse(base_from_flange) * problem.object->base_from_object;
    }
    for (size_t c = 0; c < problem.cameras.size(); ++c) {
      View view;
      view.name = ViewName(s, c, problem.cameras.size());
      view.camera = problem.cameras[c].camera;
      view.mask = problem.cameras[c].masks[s];
      view.cam_from_rig = problem.cameras[c].cam_from_first;
      view.mesh_index = problem.object ? 0 : static_cast<int>(s);
      view.world_from_object = world_from_object;
      scene.views.push_back(std::move(view));
    }
  }
  return scene;
}

}  // namespace ceres_align
