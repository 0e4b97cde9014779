// LinkMesh.
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/robot/primitives.h"
#include "ceres_align/robot/robot_model.h"

namespace ceres_align {
namespace {

TriangleMesh LoadScaled(const RobotModel& model, const RobotLink& link, const LinkShape& shape,
                        std::vector<std::string>* warnings) {
  LoadedMesh loaded;
  try {
    loaded = LoadMesh(shape.mesh);
  } catch (const InputError& error) {
    throw InputError(model.file + ": link " + Quoted(link.name) + ": " + error.what());
  }
  if (warnings != nullptr) {
    warnings->insert(warnings->end(), loaded.warnings.begin(), loaded.warnings.end());
  }
  for (Eigen::Vector3d& v : loaded.mesh.vertices) v = v.cwiseProduct(shape.size);
  if (shape.size.prod() < 0) {
    for (auto& face : loaded.mesh.faces) std::swap(face[1], face[2]);  // a mirror turns them over
  }
  return std::move(loaded.mesh);
}

TriangleMesh MeshOfShape(const RobotModel& model, const RobotLink& link, const LinkShape& shape,
                         std::vector<std::string>* warnings) {
  switch (shape.kind) {
    case LinkShape::Kind::kMesh:
      return LoadScaled(model, link, shape, warnings);
    case LinkShape::Kind::kBox:
      return robot_internal::BoxMesh(shape.size);
    case LinkShape::Kind::kCylinder:
      return robot_internal::CylinderMesh(shape.size[0], shape.size[1]);
    case LinkShape::Kind::kSphere:
      return robot_internal::SphereMesh(shape.size[0]);
  }
  LOG(FATAL) << "LinkShape::Kind " << static_cast<int>(shape.kind);
}

}  // namespace

TriangleMesh LinkMesh(const RobotModel& model, int link, std::vector<std::string>* warnings) {
  CHECK(link >= 0 && link < static_cast<int>(model.links.size())) << link;
  TriangleMesh all;
  for (const LinkShape& shape : model.links[link].shapes) {
    const TriangleMesh part = MeshOfShape(model, model.links[link], shape, warnings);
    const int32_t first = static_cast<int32_t>(all.vertices.size());
    for (const Eigen::Vector3d& v : part.vertices)
      all.vertices.push_back(shape.link_from_shape * v);
    for (const auto& face : part.faces) {
      all.faces.push_back({face[0] + first, face[1] + first, face[2] + first});
    }
  }
  return all;
}

}  // namespace ceres_align
