#include "bench_real_cases.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "ceres_align/base/error.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mesh_io.h"

namespace ceres_align {
namespace {

using nlohmann::json;

Rigid3d PoseOf(const json& view) {
  Eigen::Matrix3d R;
  Eigen::Vector3d t;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) R(i, j) = view.at("R").at(i).at(j).get<double>();
    t[i] = view.at("t").at(i).get<double>();
  }
  return Rigid3d(Eigen::Quaterniond(R).normalized(), t);
}

Camera CameraOf(const json& view, double pixel_centre, const std::string& place) {
  for (const json& coefficient : view.at("dist")) {
    if (coefficient.get<double>() != 0) throw InputError(place + ": dist is not 0");
  }
  const auto k = [&](int i, int j) { return view.at("K").at(i).at(j).get<double>(); };
  const double shift = 0.5 - pixel_centre;
  return {view.at("width").get<int>(),
          view.at("height").get<int>(),
          k(0, 0),
          k(1, 1),
          k(0, 2) + shift,
          k(1, 2) + shift};
}

RealCase LoadCase(const json& entry, const std::string& folder) {
  RealCase loaded;
  loaded.set = entry.at("set").get<std::string>();
  loaded.id = entry.at("id").get<std::string>();
  loaded.units = entry.at("units").get<std::string>();
  loaded.exact = entry.at("truth").get<std::string>() == "exact";
  const std::string place = folder + "/cases.json: " + loaded.set + " " + loaded.id;
  const std::string mesh = entry.at("mesh").get<std::string>();
  Scene& scene = loaded.scene;
  scene.meshes = {std::make_shared<TriangleMesh>(LoadMesh(folder + "/" + mesh).mesh)};
  scene.mesh_names = {mesh};
  const Rigid3d rig_from_world = PoseOf(entry.at("views").at(0));
  scene.true_rig_from_world = rig_from_world;
  for (const json& stored : entry.at("views")) {
    View view;
    view.name = stored.at("camera").get<std::string>();
    view.camera = CameraOf(stored, entry.at("pixel_centre").get<double>(), place);
    view.mask = LoadMask(folder + "/" + stored.at("mask").get<std::string>(),
                         ImageSize{view.camera.width_px, view.camera.height_px})
                    .mask;
    view.cam_from_rig = PoseOf(stored) * Inverse(rig_from_world);
    scene.views.push_back(std::move(view));
  }
  return loaded;
}

}  // namespace

std::vector<RealCase> LoadRealCases(const std::string& folder,
                                    const std::vector<std::string>& sets) {
  const std::string path = folder + "/cases.json";
  std::ifstream file(path);
  if (!file) throw InputError(path + ": cannot be read");
  std::vector<RealCase> cases;
  try {
    for (const json& entry : json::parse(file)) {
      const std::string set = entry.at("set").get<std::string>();
      if (!sets.empty() && std::count(sets.begin(), sets.end(), set) == 0) continue;
      cases.push_back(LoadCase(entry, folder));
    }
  } catch (const json::exception& error) {
    throw InputError(path + ": " + error.what());
  }
  return cases;
}

RealCase Together(const std::vector<RealCase>& cases) {
  RealCase all = cases.at(0);
  all.id += "-" + cases.back().id;
  for (View& view : all.scene.views) view.name += "_" + cases[0].id;
  for (size_t i = 1; i < cases.size(); ++i) {
    const Scene& scene = cases[i].scene;
    const Rigid3d difference = *scene.true_rig_from_world * Inverse(*all.scene.true_rig_from_world);
    CHECK(difference.translation.norm() < 1e-6 && difference.rotation.vec().norm() < 1e-6)
        << cases[i].set << ' ' << cases[i].id << ": its pose is not that of the first";
    all.scene.meshes.push_back(scene.meshes.at(0));
    all.scene.mesh_names.push_back(scene.mesh_names.at(0));
    for (View view : scene.views) {
      view.name += "_" + cases[i].id;
      view.mesh_index = static_cast<int>(i);
      all.scene.views.push_back(std::move(view));
    }
  }
  return all;
}

}  // namespace ceres_align
