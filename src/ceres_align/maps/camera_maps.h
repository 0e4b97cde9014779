// The maps of one camera as files: mask, depth, normals, places, and the object over a photograph.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/mesh.h"
#include "ceres_align/render/resident.h"
#include "ceres_align/report/draw.h"
#include "ceres_align/report/output_files.h"
#include "ceres_align/surface/surface_map.h"

namespace ceres_align {

struct MapKinds {
  bool mask = false, depth = false, normal = false, overlay = false, position = false;
  bool label = false;
  bool any() const { return mask || depth || normal || overlay || position || label; }
};
/// "mask,depth,normal,overlay,position,label" or "all". Throws InputError naming `where`.
MapKinds ParseMapKinds(const std::string& text, const std::string& where);

struct MapOptions {
  MapKinds kinds;
  bool smooth_normals = true;   ///< of the vertices, interpolated; false: of the faces
  bool opengl_normals = false;  ///< camera's normals with +y up and +z to the camera
  /// Mesh units that a step of the 16-bit depth stands for; 0: the smallest of 1, 2 and 5 times a
  /// power of ten with which the farthest depth fits.
  double depth_step = 0;
  bool png = true, exr = true;  ///< which of the two is written of what there is as both
};

/// One of several objects.
struct PlacedMesh {
  std::shared_ptr<const TriangleMesh> mesh;
  Rigid3d world_from_mesh;
};

/// A mesh ready to be drawn by many cameras. Borrows the rasterizer, which must live longer.
class DrawableMesh {
 public:
  DrawableMesh(std::shared_ptr<const TriangleMesh> mesh, const MapOptions& options,
               Rasterizer* rasterizer);
  /// Several as one in the world's frame: the nearest surface of all is seen, coverage is that of
  /// their union. At least one and at most kMostObjects.
  DrawableMesh(const std::vector<PlacedMesh>& objects, const MapOptions& options,
               Rasterizer* rasterizer);
  static constexpr size_t kMostObjects = 65535;

  const TriangleMesh& mesh() const { return *mesh_; }
  size_t num_objects() const { return end_face_of_.size(); }
  /// Which of the objects a face is of.
  int ObjectOf(int32_t face) const;
  const std::vector<Eigen::Vector3f>& vertex_normals() const { return vertex_normals_; }
  MeshId id() const { return resident_.id(); }

 private:
  std::shared_ptr<const TriangleMesh> mesh_;
  std::vector<int32_t> end_face_of_;             // behind each object's last face
  std::vector<Eigen::Vector3f> vertex_normals_;  // empty where faces' normals are asked for
  ResidentMesh resident_;
};

/// One camera, what it sees and where.
struct MapView {
  std::string name;  ///< files are name_depth.png, …
  Camera camera;
  Rigid3d cam_from_world;
  Rigid3d world_from_object;
  const DrawableMesh* mesh = nullptr;
  /// The photograph for the overlay, of the camera's aspect (within a thousandth); empty: a dark
  /// ground.
  RgbImage photo;
};

/// What one camera's files say, for maps.json.
struct CameraMaps {
  std::vector<OutputFile> files;
  double depth_step = 0;  ///< of the 16-bit depth; 0: not drawn
};

/// EXR has floats, of normals halves (exact to 0.03°).
/// NAME_mask.png (8 bit: 255 times the exact coverage); NAME_depth.png (16 bit: Z / depth_step,
/// rounded; 0: nothing) and NAME_depth.exr (Z, channel Y); NAME_normal_cam and NAME_normal_world,
/// .png (127.5 (n + 1), rounded; alpha: coverage) and .exr (R, G, B = x, y, z); NAME_position.exr
/// (world's x, y, z); NAME_overlay.png, of the photograph's size; NAME_label.png (8 bit, 16 for
/// more than 255 objects: 1 + the number of the object that is seen at the pixel's centre; 0:
/// nothing). Depth, normals and places are those at the pixels' centres, with float's precision; a
/// PNG of normals has, where only a part of the pixel is covered and not its centre, a neighbour's.
///
/// Drawn and encoded side by side on the rasterizer's threads. Throws InputError for a depth_step
/// with which the farthest depth does not fit, and for a photograph of another aspect.
CameraMaps DrawMaps(const MapView& view, const MapOptions& options, Rasterizer* rasterizer);

}  // namespace ceres_align
