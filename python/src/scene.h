// What Python's objects hold of a scene.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrays.h"
#include "ceres_align/geometry/scene.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/scene/prepared_scene.h"

namespace ceres_align::python {

/// ceres_align.Camera: checked, so that no rasterizer can refuse it.
struct PyCamera {
  Camera camera;
  Rigid3d cam_from_rig;
};
const PyCamera& AsCamera(py::handle value, const std::string& where);

/// ceres_align.PreparedMesh.
struct PyMesh {
  std::shared_ptr<const TriangleMesh> mesh;
  std::shared_ptr<const PreparedMesh> prepared;
  std::string name;
  std::vector<std::string> warnings;
};
const PyMesh& AsPreparedMesh(py::handle value, const std::string& where);

/// ceres_align.Scene: with its meshes prepared.
struct PyScene {
  Scene scene;
  PreparedMeshes meshes;
  bool estimate_offset = false;
  std::vector<std::string> warnings;
  double load_seconds = 0;
};

bool IsPath(py::handle value);
/// One camera's mask: a path, or an array of its size.
LoadedMask MaskOf(py::handle mask, const std::string& where, const Camera& camera,
                  std::optional<double> threshold, MaskCache* cache);
/// mask_threshold, or None.
std::optional<double> AsMaskThreshold(py::handle value);

void BindScene(py::module_* module);
void BindAlign(py::module_* module);
void BindHandEye(py::module_* module);
void BindObjects(py::module_* module);
void BindRender(py::module_* module);
void BindFiles(py::module_* module);
void BindTrack(py::module_* module);

}  // namespace ceres_align::python
