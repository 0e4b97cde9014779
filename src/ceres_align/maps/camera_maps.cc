#include "ceres_align/maps/camera_maps.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "ceres_align/base/text.h"
#include "ceres_align/geometry/append_mesh.h"
#include "ceres_align/maps/image_files.h"
#include "ceres_align/render/contour_mesh.h"
#include "ceres_align/report/png_rows.h"

namespace ceres_align {
namespace {

using Eigen::Vector3f;

constexpr double kMostDepthSteps = 65535;

std::shared_ptr<const TriangleMesh> Merged(const std::vector<PlacedMesh>& objects) {
  CHECK(!objects.empty() && objects.size() <= DrawableMesh::kMostObjects);
  auto merged = std::make_shared<TriangleMesh>();
  for (const PlacedMesh& object : objects) {
    AppendMesh(*object.mesh, object.world_from_mesh, merged.get());
  }
  return merged;
}

ImageF Coverage(const MapView& view, const Camera& camera, Rasterizer* rasterizer) {
  RasterJob job;
  job.mesh = view.mesh->id();
  job.camera = camera;
  job.cam_from_object = view.cam_from_world * view.world_from_object;
  std::vector<ImageF> images;
  rasterizer->CoverageBatch({job}, &images);
  return std::move(images[0]);
}

double DepthStep(const Image<float>& depth, double asked, const std::string& name) {
  const double most =
      depth.empty() ? 0 : *std::max_element(depth.pixels.begin(), depth.pixels.end());
  if (asked > 0) {
    if (most / asked <= kMostDepthSteps) return asked;
    throw InputError(name + ": the depth reaches " + Format("%.6g", most) + ", which at " +
                     Format("%.6g", asked) +
                     " a step does not fit into 16 bits; the step must be " +
                     Format("%.3g", most / kMostDepthSteps) + " at least");
  }
  if (most == 0) return 1;
  for (double power = std::pow(10, std::floor(std::log10(most / kMostDepthSteps)));; power *= 10) {
    for (const double digit : {1, 2, 5}) {
      if (most <= kMostDepthSteps * digit * power) return digit * power;
    }
  }
}

std::string DepthPng(const Image<float>& depth, double step) {
  std::vector<uint16_t> line(depth.width);
  return EncodePngRows({depth.width, depth.height, 16, 1}, [&](int row) {
    const float* depths = depth.row(row);
    for (int c = 0; c < depth.width; ++c) line[c] = Rounded<uint16_t>(depths[c] / step);
    return line.data();
  });
}

template <typename Number>
Image<Number> LabelImage(const SurfaceMap& map, const DrawableMesh& mesh) {
  Image<Number> labels(map.face.width, map.face.height);
  for (size_t i = 0; i < labels.pixels.size(); ++i) {
    const int32_t face = map.face.pixels[i];
    labels.pixels[i] = static_cast<Number>(face < 0 ? 0 : 1 + mesh.ObjectOf(face));
  }
  return labels;
}

std::string LabelPng(const SurfaceMap& map, const DrawableMesh& mesh) {
  return mesh.num_objects() <= 255 ? EncodePng8(LabelImage<uint8_t>(map, mesh))
                                   : EncodePng16(LabelImage<uint16_t>(map, mesh));
}

std::string VectorExr(const Vector3Map& map, ExrType type, const std::string& comment) {
  static_assert(sizeof(Vector3f) == 3 * sizeof(float), "pixels are written as they are");
  return EncodeExr(map.width, map.height, map.pixels[0].data(), {"R", "G", "B"}, type, comment);
}

// The pixel's normal, or a neighbour's where only the pixel's rim is covered.
Vector3f NormalNear(const Vector3Map& normals, int c, int row) {
  const Vector3f own = normals.at(c, row);
  if (!own.isZero(0)) return own;
  for (const auto& [dx, dy] :
       {std::pair{0, -1}, {-1, 0}, {1, 0}, {0, 1}, {-1, -1}, {1, -1}, {-1, 1}, {1, 1}}) {
    const int x = c + dx, y = row + dy;
    if (x < 0 || y < 0 || x >= normals.width || y >= normals.height) continue;
    if (!normals.at(x, y).isZero(0)) return normals.at(x, y);
  }
  return own;
}

std::string NormalPng(const Vector3Map& normals, const ImageF& coverage) {
  std::vector<Rgba> line(normals.width);
  const auto byte = [](float v) { return Rounded<uint8_t>(127.5f * (v + 1)); };
  return EncodePngRows({normals.width, normals.height, 8, 4}, [&](int row) {
    for (int c = 0; c < normals.width; ++c) {
      const float alpha = std::clamp(coverage.at(c, row), 0.0f, 1.0f);
      if (alpha == 0) {
        line[c] = {};
        continue;
      }
      const Vector3f n = NormalNear(normals, c, row);
      line[c] = {byte(n.x()), byte(n.y()), byte(n.z()), Rounded<uint8_t>(255 * alpha)};
    }
    return line.data();
  });
}

void FlipToOpenGl(Vector3Map* normals) {
  for (Vector3f& n : normals->pixels) n = {n.x(), -n.y(), -n.z()};
}

// Lit from the camera, half of the photograph showing through, the outline on top.
RgbImage Overlay(const MapView& view, const MapOptions& options, Rasterizer* rasterizer) {
  RgbImage picture = view.photo;
  if (picture.empty()) picture = RgbImage(view.camera.width_px, view.camera.height_px, kPaperColor);
  const double width = picture.width, height = picture.height;
  if (std::abs(width * view.camera.height_px - height * view.camera.width_px) >
      1e-3 * width * view.camera.height_px) {
    throw InputError(Format("%s: the photograph has %d x %d px, the camera %d x %d: another aspect",
                            view.name.c_str(), picture.width, picture.height, view.camera.width_px,
                            view.camera.height_px));
  }
  const Camera camera = view.camera.Scaled(picture.width, picture.height);
  const Rigid3d cam_from_object = view.cam_from_world * view.world_from_object;
  const ImageF coverage = Coverage(view, camera, rasterizer);
  const SurfaceMap map = RenderSurface(view.mesh->mesh(), camera, cam_from_object, rasterizer);
  const std::vector<Vector3f>& vertex_normals = view.mesh->vertex_normals();
  const Vector3Map normals =
      NormalMap(view.mesh->mesh(), options.smooth_normals ? &vertex_normals : nullptr, map, camera,
                cam_from_object, rasterizer);
  constexpr Rgb kObject = {70, 160, 255}, kOutline = {255, 240, 80};
  const auto solid = [&](int c, int row) {
    return c >= 0 && row >= 0 && c < coverage.width && row < coverage.height &&
           coverage.at(c, row) >= 0.5f;
  };
  for (int row = 0; row < picture.height; ++row) {
    for (int c = 0; c < picture.width; ++c) {
      const float part = coverage.at(c, row);
      if (part == 0) continue;
      Rgb& pixel = picture.at(c, row);
      const double light = 0.25 + 0.75 * std::max(0.0f, -NormalNear(normals, c, row).z());
      pixel = Mix(pixel, Mix(Rgb{0, 0, 0}, kObject, light), 0.5 * part);
      const bool at_outline = solid(c, row) && !(solid(c - 1, row) && solid(c + 1, row) &&
                                                 solid(c, row - 1) && solid(c, row + 1));
      if (at_outline) pixel = kOutline;
    }
  }
  return picture;
}

}  // namespace

MapKinds ParseMapKinds(const std::string& text, const std::string& where) {
  MapKinds kinds;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    const bool all = word == "all";
    if (!all && word != "mask" && word != "depth" && word != "normal" && word != "overlay" &&
        word != "position" && word != "label") {
      throw InputError(where + " has " + Quoted(word) +
                       "; mask, depth, normal, overlay, position, label and all are known");
    }
    kinds.mask |= all || word == "mask";
    kinds.depth |= all || word == "depth";
    kinds.normal |= all || word == "normal";
    kinds.overlay |= all || word == "overlay";
    kinds.position |= all || word == "position";
    kinds.label |= all || word == "label";
  }
  return kinds;
}

DrawableMesh::DrawableMesh(const std::vector<PlacedMesh>& objects, const MapOptions& options,
                           Rasterizer* rasterizer)
    : DrawableMesh(Merged(objects), options, rasterizer) {
  end_face_of_.clear();
  int32_t end = 0;
  for (const PlacedMesh& object : objects) {
    end_face_of_.push_back(end += static_cast<int32_t>(object.mesh->faces.size()));
  }
}

int DrawableMesh::ObjectOf(int32_t face) const {
  return static_cast<int>(std::upper_bound(end_face_of_.begin(), end_face_of_.end(), face) -
                          end_face_of_.begin());
}

DrawableMesh::DrawableMesh(std::shared_ptr<const TriangleMesh> mesh, const MapOptions& options,
                           Rasterizer* rasterizer)
    : mesh_(std::move(mesh)), end_face_of_{static_cast<int32_t>(mesh_->faces.size())} {
  if (options.smooth_normals) vertex_normals_ = VertexNormals(*mesh_);
  if (options.kinds.mask || options.kinds.normal || options.kinds.overlay) {
    resident_ = ResidentMesh(rasterizer, std::make_shared<ContourMesh>(*mesh_));
  }
}

CameraMaps DrawMaps(const MapView& view, const MapOptions& options, Rasterizer* rasterizer) {
  CHECK(view.mesh != nullptr);
  const MapKinds& kinds = options.kinds;
  const TriangleMesh& mesh = view.mesh->mesh();
  const Camera& camera = view.camera;
  const Rigid3d cam_from_object = view.cam_from_world * view.world_from_object;
  const Rigid3d world_from_cam = Inverse(view.cam_from_world);
  CameraMaps out;
  std::vector<std::pair<std::string, std::function<std::string()>>> encoders;
  SurfaceMap map;
  if (kinds.depth || kinds.normal || kinds.position || kinds.label) {
    map = RenderSurface(mesh, camera, cam_from_object, rasterizer);
  }
  ImageF coverage;
  if (kinds.mask || (kinds.normal && options.png)) coverage = Coverage(view, camera, rasterizer);
  const auto add = [&](const char* file, bool wanted, std::function<std::string()> encode) {
    if (wanted) encoders.emplace_back(file, std::move(encode));
  };
  add("mask.png", kinds.mask, [&] { return EncodePng8(coverage); });
  add("label.png", kinds.label, [&] { return LabelPng(map, *view.mesh); });
  if (kinds.depth) {
    out.depth_step = DepthStep(map.depth, options.depth_step, view.name);
    add("depth.png", options.png, [&] { return DepthPng(map.depth, out.depth_step); });
    add("depth.exr", options.exr, [&] {
      return EncodeExr(camera.width_px, camera.height_px, map.depth.pixels.data(), {"Y"},
                       ExrType::kFloat, "depth along the camera's axis, mesh units; 0: nothing");
    });
  }
  Vector3Map in_cam, in_world, position;
  RgbImage overlay;
  if (kinds.normal) {
    in_cam = NormalMap(mesh, options.smooth_normals ? &view.mesh->vertex_normals() : nullptr, map,
                       camera, cam_from_object, rasterizer);
    in_world = in_cam;
    Transform(world_from_cam.R(), Eigen::Vector3d::Zero(), &in_world, rasterizer);
    if (options.opengl_normals) FlipToOpenGl(&in_cam);
    const std::string axes = options.opengl_normals ? "x right, y up, z to the camera"
                                                    : "x right, y down, z into the scene";
    add("normal_cam.png", options.png, [&] { return NormalPng(in_cam, coverage); });
    add("normal_cam.exr", options.exr,
        [&, axes] { return VectorExr(in_cam, ExrType::kHalf, "normals, camera: " + axes); });
    add("normal_world.png", options.png, [&] { return NormalPng(in_world, coverage); });
    add("normal_world.exr", options.exr,
        [&] { return VectorExr(in_world, ExrType::kHalf, "normals, world's axes"); });
  }
  if (kinds.position) {
    position = PositionMap(map, camera, rasterizer);
    Transform(world_from_cam.R(), world_from_cam.translation, &position, rasterizer);
    add("position.exr", true,
        [&] { return VectorExr(position, ExrType::kFloat, "places in the world, mesh units"); });
  }
  if (kinds.overlay) overlay = Overlay(view, options, rasterizer);
  add("overlay.png", kinds.overlay, [&] { return EncodePng(overlay); });
  out.files.resize(encoders.size());
  rasterizer->ForEach(encoders.size(), [&](size_t i) {
    out.files[i] = {view.name + "_" + encoders[i].first, encoders[i].second()};
  });
  return out;
}

}  // namespace ceres_align
