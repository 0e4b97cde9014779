#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/formats/formats.h"
#include "ceres_align/formats/gltf_scene.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/maps/image_files.h"
#include "ceres_align/maps/photo.h"
#include "ceres_align/report/output_files.h"
#include "scene.h"

namespace ceres_align::python {
namespace {

template <typename Work>
auto NoGil(const Work& work) {
  const py::gil_scoped_release release;
  return work();
}

std::optional<ImageSize> SizeOf(py::handle size, const std::string& where) {
  if (size.is_none()) return std::nullopt;
  const std::vector<double> hw = AsVector(size, where);
  if (hw.size() != 2 || !(hw[0] >= 1 && hw[1] >= 1 && hw[0] <= 65535 && hw[1] <= 65535)) {
    throw InputError(where + " must be two sizes in px, (height, width)");
  }
  return ImageSize{static_cast<int>(hw[1]), static_cast<int>(hw[0])};
}

py::tuple Mask(py::handle path, py::handle size, py::handle threshold) {
  const std::string file = AsPath(path, "path");
  const std::optional<ImageSize> expected = SizeOf(size, "size");
  std::optional<double> least;
  if (!threshold.is_none()) least = AsNumber(threshold, "threshold");
  LoadedMask loaded = NoGil([&] { return LoadMask(file, expected, least); });
  return py::make_tuple(Give(std::move(loaded.mask)), loaded.warnings);
}

py::array Ignore(py::handle path, py::handle size) {
  const std::string file = AsPath(path, "path");
  const std::optional<ImageSize> expected = SizeOf(size, "size");
  return Give(NoGil([&] { return LoadIgnore(file, expected); }));
}

void WriteMask(py::handle path, py::handle mask) {
  const std::string file = AsPath(path, "path");
  const ImageF image = AsFractions(mask, "mask");
  NoGil([&] { SaveMask(file, image); });
}

py::array Photo(py::handle path) {
  const std::string file = AsPath(path, "path");
  RgbImage photo = NoGil([&] { return LoadPhoto(file); });
  static_assert(sizeof(Rgb) == 3, "three bytes a pixel");
  const std::vector<py::ssize_t> shape = {photo.height, photo.width, 3};
  auto* owner = new RgbImage(std::move(photo));
  const py::capsule end(owner, [](void* p) { delete static_cast<RgbImage*>(p); });
  return py::array(py::dtype::of<uint8_t>(), shape,
                   reinterpret_cast<const uint8_t*>(owner->pixels.data()), end);
}

void WriteMesh(py::handle path, py::handle vertices, py::handle faces) {
  const std::string file = AsPath(path, "path");
  const TriangleMesh mesh = AsMesh(vertices, faces, "mesh");
  CheckCoordinates(mesh);
  const std::string ending = std::filesystem::path(file).extension().string();
  if (ending != ".obj" && ending != ".ply") {
    throw InputError("path " + Quoted(file) + ": meshes are written as .obj or .ply");
  }
  NoGil([&] { ending == ".obj" ? WriteObj(file, mesh) : WritePly(file, mesh); });
}

/// Depth and the like: one to four channels of float32 as OpenEXR.
void WriteExr(py::handle path, py::handle values) {
  const std::string file = AsPath(path, "path");
  const py::array array = AsArray(values, "values");
  const py::ssize_t channels = array.ndim() == 3 ? array.shape(2) : 1;
  if ((array.ndim() != 2 && array.ndim() != 3) || array.size() == 0 ||
      (channels != 1 && channels != 3)) {
    throw InputError("values has the shape " + ShapeText(array) +
                     "; it must be (height, width) or (height, width, 3)");
  }
  const py::array_t<float, py::array::c_style | py::array::forcecast> floats(array);
  const int height = static_cast<int>(floats.shape(0)), width = static_cast<int>(floats.shape(1));
  const std::vector<const char*> names =
      channels == 3 ? std::vector<const char*>{"R", "G", "B"} : std::vector<const char*>{"Y"};
  NoGil([&] {
    WriteFilesTogether(".",
                       {{std::filesystem::absolute(file).string(),
                         EncodeExr(width, height, floats.data(), names, ExrType::kFloat, "")}});
  });
}

std::string FormatAndPath(py::handle format, py::handle path) {
  return AsText(format, "format") + ":" + AsPath(path, "path");
}

py::dict Cameras(py::handle format, py::handle path, py::handle image_size, py::handle pixel_center,
                 py::handle rig_form, py::handle image_id, py::handle object_id) {
  const std::string source = FormatAndPath(format, path);
  CameraReadOptions options;
  if (const auto size = SizeOf(image_size, "image_size")) {
    options.image_size = HeightWidth{size->height_px, size->width_px};
  }
  if (!pixel_center.is_none()) options.pixel_center = AsNumber(pixel_center, "pixel_center");
  if (!rig_form.is_none()) {
    options.rig_form = ParseRigForm(AsText(rig_form, "rig_form"), "rig_form");
  }
  options.image_id = AsInt(image_id, "image_id");
  options.object_id = AsInt(object_id, "object_id");
  const CameraSet set = NoGil([&] { return ReadCameras(source, options); });
  py::list names, cameras, images, masks;
  std::vector<Rigid3d> poses;
  for (const CalibratedCamera& one : set.cameras) {
    names.append(py::str(one.name));
    images.append(py::str(Shown(one.image, 4000)));
    masks.append(py::str(Shown(one.mask, 4000)));
    poses.push_back(one.cam_from_reference);
    cameras.append(set.has_intrinsics ? py::cast(PyCamera{one.camera, one.cam_from_reference})
                                      : py::object(py::none()));
  }
  py::dict f;
  f["names"] = names;
  f["cameras"] = cameras;
  f["cam_from_reference"] = set.has_poses ? py::object(FromPoses(poses)) : py::none();
  f["images"] = images;
  f["masks"] = masks;
  f["conventions"] = set.conventions;
  f["reference_from_object"] =
      set.reference_from_object ? py::object(FromPose(*set.reference_from_object)) : py::none();
  return f;
}

void ExportCameras(py::handle format, py::handle path, const py::list& cameras,
                   const py::list& poses, const py::list& names, const py::list& images,
                   py::handle mesh) {
  const std::string source = FormatAndPath(format, path);
  CameraSet set;
  for (size_t i = 0; i < cameras.size(); ++i) {
    const std::string at = "[" + std::to_string(i) + "]";
    CalibratedCamera one;
    one.camera = AsCamera(cameras[i], "cameras" + at).camera;
    one.cam_from_reference = AsPose(poses[i], "cam_from_reference" + at);
    one.name = AsText(names[i], "names" + at);
    const py::object image = images[i];
    if (!image.is_none()) one.image = AsPath(image, "images" + at);
    set.cameras.push_back(std::move(one));
  }
  if (AsText(format, "format") == "gltf") {
    const std::string file = AsPath(path, "path");
    const std::shared_ptr<const TriangleMesh> triangles = AsPreparedMesh(mesh, "mesh").mesh;
    return NoGil([&] { WriteGltfScene(file, *triangles, set); });
  }
  NoGil([&] { WriteCameras(source, set); });
}

py::list FormatList() {
  py::list list;
  for (const CameraFormat& format : CameraFormats()) {
    list.append(
        py::make_tuple(format.name, format.what, format.read != nullptr, format.write != nullptr));
  }
  return list;
}

}  // namespace

void BindFiles(py::module_* module) {
  module->def("load_mask", &Mask);
  module->def("load_ignore", &Ignore);
  module->def("save_mask", &WriteMask);
  module->def("load_photo", &Photo);
  module->def(
      "image_size",
      [](py::handle path, MaskCache* cache) {
        const std::string file = AsPath(path, "path");
        const ImageSize size = NoGil([&] { return ReadImageSize(file, cache); });
        return py::make_tuple(size.height_px, size.width_px);
      },
      py::arg("path"), py::arg("cache") = nullptr);
  module->def("save_mesh", &WriteMesh);
  module->def("save_exr", &WriteExr);
  module->def("read_cameras", &Cameras);
  module->def("write_cameras", &ExportCameras);
  module->def("camera_formats", &FormatList);
  module->def("read_matrix",
              [](py::handle path) { return FromMatrix(ReadMatrix(AsPath(path, "path"))); });
  module->def("read_pose",
              [](py::handle path) { return FromPose(ReadRigid(AsPath(path, "path"))); });
  module->def("write_matrix", [](py::handle path, py::handle matrix) {
    WriteMatrix(AsPath(path, "path"), AsMatrix(matrix, -1, -1, "matrix"));
  });
}

}  // namespace ceres_align::python
