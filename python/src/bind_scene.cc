#include <algorithm>
#include <cmath>
#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/raster_file.h"
#include "ceres_align/io/refine_text.h"
#include "ceres_align/io/scene_io.h"
#include "scene.h"

namespace ceres_align::python {
namespace {

constexpr int kMostSide_px = 65535;

LensDistortion LensOf(py::handle distortion, py::handle fisheye, const std::string& where) {
  const bool has_lens = !distortion.is_none(), is_fisheye = !fisheye.is_none();
  if (has_lens && is_fisheye) {
    throw InputError(where + " has distortion and fisheye; only one can be");
  }
  if (is_fisheye) {
    return LensFromFisheye(AsVector(fisheye, where + ": fisheye"), where + ": fisheye");
  }
  if (!has_lens) return {};
  return LensFromOpenCv(AsVector(distortion, where + ": distortion"), where + ": distortion");
}

PyCamera MakeCamera(const Eigen::Matrix3d& K, py::handle width, py::handle height,
                    py::handle distortion, py::handle fisheye, py::handle cam_from_rig,
                    py::handle pixel_center) {
  const std::string where = "Camera";
  const int w = AsInt(width, where + ": width"), h = AsInt(height, where + ": height");
  if (w > kMostSide_px || h > kMostSide_px) {
    throw InputError(Format("Camera: %d x %d px; a side has at most %d", w, h, kMostSide_px));
  }
  if (w > 0 && h > 0) io_internal::CheckPixelCount(w, h, where);
  const double center = AsNumber(pixel_center, where + ": pixel_center");
  if (center != 0 && center != 0.5) {
    throw InputError(Format("Camera: pixel_center is %g; it must be 0 or 0.5", center));
  }
  PyCamera made;
  made.camera = CameraFromK(K, w, h, center, where);
  made.camera.lens = LensOf(distortion, fisheye, where);
  CheckLens(made.camera, where);
  made.cam_from_rig = AsOptionalPose(cam_from_rig, where + ": cam_from_rig").value_or(Rigid3d());
  return made;
}

double FiniteNumber(py::handle value, const std::string& where) {
  const double number = AsNumber(value, where);
  if (!std::isfinite(number)) throw InputError(where + Format(" is %g; it must be finite", number));
  return number;
}

PyCamera CameraOfNumbers(py::handle fx, py::handle fy, py::handle cx, py::handle cy,
                         py::handle width, py::handle height, py::handle distortion,
                         py::handle fisheye, py::handle cam_from_rig, py::handle pixel_center) {
  Eigen::Matrix3d K = Eigen::Matrix3d::Identity();
  K(0, 0) = FiniteNumber(fx, "Camera: fx");
  K(1, 1) = FiniteNumber(fy, "Camera: fy");
  K(0, 2) = FiniteNumber(cx, "Camera: cx");
  K(1, 2) = FiniteNumber(cy, "Camera: cy");
  return MakeCamera(K, width, height, distortion, fisheye, cam_from_rig, pixel_center);
}

py::object LensNumbers(const PyCamera& self, bool fisheye) {
  const LensDistortion& lens = self.camera.lens;
  if (lens.IsNone() || lens.is_fisheye != fisheye) return py::none();
  const std::vector<double> numbers = NumbersOfLens(lens);
  return FromVector(
      Eigen::Map<const Eigen::VectorXd>(numbers.data(), static_cast<Eigen::Index>(numbers.size())));
}

constexpr char kCameraDoc[] =
    R"(A camera of the rig; checked when it is made, constant after that.

Camera(fx, fy, cx, cy, width, height, distortion=None, fisheye=None, cam_from_rig=None, *,
       pixel_center=0.5)

fx, fy, cx, cy: px; u = fx X/Z + cx. width, height: px.
distortion: OpenCV's k1, k2, p1, p2[, k3[, k4, k5, k6]]; fisheye: cv::fisheye's k1, k2, k3, k4.
cam_from_rig: (4, 4), x_cam = cam_from_rig @ x_rig; None: the identity, the rig is this camera.
pixel_center: where the first pixel's centre lies in cx, cy: 0.5, or 0 (OpenCV's calibrations).
    The attributes cx, cy and K are always by 0.5.

Camera.from_K(K, width, height, ...) and Camera.from_fov(fov_deg, width, height, ...), whose angle
spans the shorter side, make one too. at(cam_from_rig): the same elsewhere on the rig.
project(points (n, 3), camera's frame): (n, 2) px, NaN behind the camera.)";

py::tuple CameraState(const PyCamera& self) {
  const Camera& c = self.camera;
  const LensDistortion& l = c.lens;
  py::array_t<double> pose(kPoseBlockSize);
  ToPoseBlock(self.cam_from_rig, pose.mutable_data());
  return py::make_tuple(c.width_px, c.height_px, c.fx_px, c.fy_px, c.cx_px, c.cy_px,
                        py::make_tuple(l.k1, l.k2, l.p1, l.p2, l.k3, l.k4, l.k5, l.k6),
                        l.is_fisheye, pose);
}

// Only what CameraState made gets here; anything else goes through the checks of a new one.
PyCamera CameraFromState(const py::tuple& s) {
  if (s.size() != 9) throw InputError("Camera: this state is no camera's");
  Eigen::Matrix3d K = Eigen::Matrix3d::Identity();
  K(0, 0) = AsNumber(py::object(s[2]), "Camera: fx");
  K(1, 1) = AsNumber(py::object(s[3]), "Camera: fy");
  K(0, 2) = AsNumber(py::object(s[4]), "Camera: cx");
  K(1, 2) = AsNumber(py::object(s[5]), "Camera: cy");
  std::vector<double> numbers = AsVector(py::object(s[6]), "Camera: distortion");
  const std::vector<double> pose = AsVector(py::object(s[8]), "Camera: cam_from_rig");
  if (numbers.size() != 8 || pose.size() != static_cast<size_t>(kPoseBlockSize)) {
    throw InputError("Camera: this state is no camera's");
  }
  const bool is_fisheye = AsBool(py::object(s[7]), "Camera: fisheye");
  py::object distortion = py::none(), fisheye = py::none();
  if (is_fisheye) {
    fisheye = FromVector(Eigen::Vector4d(numbers[0], numbers[1], numbers[4], numbers[5]));
  } else if (std::any_of(numbers.begin(), numbers.end(), [](double k) { return k != 0; })) {
    distortion = FromVector(Eigen::Map<const Eigen::VectorXd>(numbers.data(), 8));
  }
  PyCamera made = MakeCamera(K, py::object(s[0]), py::object(s[1]), distortion, fisheye, py::none(),
                             py::float_(0.5));
  made.cam_from_rig = FromPoseBlock(pose.data());
  return made;
}

void BindCamera(py::module_* module) {
  const auto number = [](double Camera::*field) {
    return [field](const PyCamera& self) { return self.camera.*field; };
  };
  py::class_<PyCamera>(*module, "Camera", kCameraDoc)
      .def(py::pickle(&CameraState, &CameraFromState))
      .def(py::init(&CameraOfNumbers), py::arg("fx"), py::arg("fy"), py::arg("cx"), py::arg("cy"),
           py::arg("width"), py::arg("height"), py::arg("distortion") = py::none(),
           py::arg("fisheye") = py::none(), py::arg("cam_from_rig") = py::none(), py::kw_only(),
           py::arg("pixel_center") = 0.5)
      .def_static(
          "from_K",
          [](py::handle K, py::handle width, py::handle height, py::handle distortion,
             py::handle fisheye, py::handle cam_from_rig, py::handle pixel_center) {
            return MakeCamera(AsMatrix(K, 3, 3, "Camera: K"), width, height, distortion, fisheye,
                              cam_from_rig, pixel_center);
          },
          py::arg("K"), py::arg("width"), py::arg("height"), py::arg("distortion") = py::none(),
          py::arg("fisheye") = py::none(), py::arg("cam_from_rig") = py::none(), py::kw_only(),
          py::arg("pixel_center") = 0.5)
      .def_static(
          "from_fov",
          [](py::handle fov_deg, py::handle width, py::handle height, py::handle cam_from_rig) {
            PyCamera made;
            const int w = AsInt(width, "Camera: width"), h = AsInt(height, "Camera: height");
            if (w > kMostSide_px || h > kMostSide_px) throw InputError("Camera: too many pixels");
            made.camera = CameraFromFov(w, h, AsNumber(fov_deg, "Camera: fov_deg"), "Camera");
            io_internal::CheckPixelCount(w, h, "Camera");
            made.cam_from_rig =
                AsOptionalPose(cam_from_rig, "Camera: cam_from_rig").value_or(Rigid3d());
            return made;
          },
          py::arg("fov_deg"), py::arg("width"), py::arg("height"),
          py::arg("cam_from_rig") = py::none())
      .def_property_readonly("fx", number(&Camera::fx_px))
      .def_property_readonly("fy", number(&Camera::fy_px))
      .def_property_readonly("cx", number(&Camera::cx_px))
      .def_property_readonly("cy", number(&Camera::cy_px))
      .def_property_readonly("width", [](const PyCamera& self) { return self.camera.width_px; })
      .def_property_readonly("height", [](const PyCamera& self) { return self.camera.height_px; })
      .def_property_readonly("distortion",
                             [](const PyCamera& self) { return LensNumbers(self, false); })
      .def_property_readonly("fisheye",
                             [](const PyCamera& self) { return LensNumbers(self, true); })
      .def_property_readonly("K", [](const PyCamera& self) { return FromMatrix(self.camera.K()); })
      .def_property_readonly("cam_from_rig",
                             [](const PyCamera& self) { return FromPose(self.cam_from_rig); })
      .def(
          "at",
          [](const PyCamera& self, py::handle cam_from_rig) {
            return PyCamera{self.camera, AsPose(cam_from_rig, "cam_from_rig")};
          },
          py::arg("cam_from_rig"))
      .def(
          "project",
          [](const PyCamera& self, py::handle points) {
            const Eigen::MatrixXd in = AsMatrix(points, -1, 3, "points");
            const Projection projection(self.camera);
            Eigen::MatrixXd out(in.rows(), 2);
            for (Eigen::Index i = 0; i < in.rows(); ++i) {
              if (in(i, 2) > 0)
                out.row(i) = projection.Px(in.row(i).transpose()).transpose();
              else
                out.row(i).setConstant(NAN);
            }
            return FromMatrix(out);
          },
          py::arg("points"))
      .def("__repr__",
           [](const PyCamera& self) {
             const Camera& c = self.camera;
             return Format("Camera(fx=%g, fy=%g, cx=%g, cy=%g, width=%d, height=%d%s)", c.fx_px,
                           c.fy_px, c.cx_px, c.cy_px, c.width_px, c.height_px,
                           c.lens.IsNone() ? "" : ", with a lens");
           })
      .def("__eq__", [](const PyCamera& a, py::handle other) {
        if (!py::isinstance<PyCamera>(other)) return false;
        const auto& b = other.cast<const PyCamera&>();
        return a.camera == b.camera &&
               a.cam_from_rig.rotation.coeffs() == b.cam_from_rig.rotation.coeffs() &&
               a.cam_from_rig.translation == b.cam_from_rig.translation;
      });
}

PyMesh PrepareMesh(TriangleMesh mesh, std::string name, std::vector<std::string> warnings) {
  const py::gil_scoped_release release;
  CleanMesh(&mesh);
  if (mesh.faces.empty()) throw InputError(name + ": no face has an area");
  PyMesh made;
  made.mesh = std::make_shared<const TriangleMesh>(std::move(mesh));
  made.prepared = std::make_shared<const PreparedMesh>(made.mesh);
  made.name = std::move(name);
  made.warnings = std::move(warnings);
  return made;
}

MeshFrame FrameOf(py::handle scale, py::handle unit, py::handle up) {
  MeshFrame frame;
  if (!scale.is_none() && !unit.is_none()) {
    throw InputError("scale and unit are both given; one says it all");
  }
  if (!scale.is_none()) frame.scale = AsNumber(scale, "scale");
  if (!unit.is_none()) frame.scale = MetresOfUnit(AsText(unit, "unit"), "unit");
  CheckMeshScale(frame.scale, "scale");
  if (!up.is_none()) frame.up = ParseUpAxis(AsText(up, "up"), "up");
  return frame;
}

PyMesh MeshOfFile(py::handle path, const MeshFrame& frame) {
  const std::string file = AsPath(path, "mesh");
  LoadedMesh loaded;
  {
    const py::gil_scoped_release release;
    loaded = LoadMesh(file, frame);
  }
  return PrepareMesh(std::move(loaded.mesh), file, std::move(loaded.warnings));
}

PyMesh MakeMesh(py::handle mesh, py::handle scale, py::handle unit, py::handle up) {
  const MeshFrame frame = FrameOf(scale, unit, up);
  if (IsPath(mesh)) return MeshOfFile(mesh, frame);
  if (!scale.is_none() || !unit.is_none() || !up.is_none()) {
    throw InputError("scale, unit and up are for mesh files; multiply the vertices instead");
  }
  const bool is_pair =
      (PyTuple_Check(mesh.ptr()) || PyList_Check(mesh.ptr())) && py::len(mesh) == 2;
  if (!is_pair) {
    throw InputError("mesh is " + TypeName(mesh) +
                     "; a path, (vertices, faces) or a PreparedMesh is due");
  }
  const auto pair = py::reinterpret_borrow<py::sequence>(mesh);
  return PrepareMesh(AsMesh(py::object(pair[0]), py::object(pair[1]), "mesh"), "mesh", {});
}

constexpr char kMeshDoc[] =
    R"(A mesh with all that is found out about it once: levels of detail, contour clusters, symmetry,
what it looks like from everywhere. Keep it over many alignments.

PreparedMesh(mesh, scale=None, unit=None, up=None)

mesh: a path (OBJ, PLY, STL, OFF, GLB, glTF, DAE, X3D or 3MF), or (vertices, faces): (n, 3) floats
    and (m, 3) integers. Repeated vertices are merged and faces without area dropped, so that the
    attributes below may differ from what was given.
scale, unit, up: of files, as --mesh_scale, --mesh_unit ("mm", "cm", "m", "in", "ft") and --mesh_up
    ("y", "z", "x", "-y", ...) of the program.

Attributes, all read-only: vertices (n, 3) float64 and faces (m, 3) int32, views of the library's
memory; center (3,), about which rotations are taken (see Rasterizer.jacobian); radius; name. May be
used from several threads at once.)";

void BindMesh(py::module_* module) {
  py::class_<PyMesh>(*module, "PreparedMesh", kMeshDoc)
      .def(py::init(&MakeMesh), py::arg("mesh"), py::arg("scale") = py::none(),
           py::arg("unit") = py::none(), py::arg("up") = py::none())
      .def_property_readonly("vertices",
                             [](py::object self) {
                               const auto& mesh = *self.cast<const PyMesh&>().mesh;
                               return ViewOf(mesh.vertices.data(), py::dtype::of<double>(),
                                             {static_cast<py::ssize_t>(mesh.vertices.size()), 3},
                                             self);
                             })
      .def_property_readonly("faces",
                             [](py::object self) {
                               const auto& mesh = *self.cast<const PyMesh&>().mesh;
                               return ViewOf(mesh.faces.data(), py::dtype::of<int32_t>(),
                                             {static_cast<py::ssize_t>(mesh.faces.size()), 3},
                                             self);
                             })
      .def_property_readonly("center",
                             [](const PyMesh& self) {
                               const Vec3 c = self.prepared->finest().center;
                               return FromVector(Eigen::Vector3d(c.x, c.y, c.z));
                             })
      .def_property_readonly("radius", [](const PyMesh& self) { return self.prepared->radius(); })
      .def_readonly("name", &PyMesh::name)
      .def_property_readonly("_warnings",
                             [](const PyMesh& self) { return py::cast(self.warnings); });
}

void RequireSize(const ImageF& image, const Camera& camera, const std::string& where) {
  if (image.width == camera.width_px && image.height == camera.height_px) return;
  throw InputError(where + Format(" has the shape (%d, %d), but its camera is %d px high and %d px "
                                  "wide",
                                  image.height, image.width, camera.height_px, camera.width_px));
}

std::shared_ptr<PyScene> MakeScene(const py::list& meshes, const py::list& cameras,
                                   const py::list& masks, const py::list& weights,
                                   const py::list& names, const py::list& world_from_object,
                                   py::handle start, py::handle truth, py::handle refine,
                                   py::handle threshold, MaskCache& cache) {
  auto made = std::make_shared<PyScene>();
  Scene& scene = made->scene;
  for (const py::handle mesh : meshes) {
    const PyMesh& held = AsPreparedMesh(mesh, "mesh");
    scene.meshes.push_back(held.mesh);
    scene.mesh_names.push_back(held.name);
    made->meshes.push_back(held.prepared);
    made->warnings.insert(made->warnings.end(), held.warnings.begin(), held.warnings.end());
  }
  const std::optional<double> least = AsMaskThreshold(threshold);
  for (size_t i = 0; i < masks.size(); ++i) {
    const std::string at = "[" + std::to_string(i) + "]";
    View view;
    const PyCamera& camera = AsCamera(cameras[i], "cameras" + at);
    view.name = AsText(names[i], "names" + at);
    view.camera = camera.camera;
    view.cam_from_rig = camera.cam_from_rig;
    view.mesh_index = meshes.size() > 1 ? static_cast<int>(i) : 0;
    LoadedMask mask = MaskOf(masks[i], "masks" + at, view.camera, least, &cache);
    made->warnings.insert(made->warnings.end(), mask.warnings.begin(), mask.warnings.end());
    view.mask = std::move(mask.mask);
    const py::object weight = weights[i];
    if (!weight.is_none()) {
      view.weight = AsWeights(weight, "weights" + at);
      RequireSize(view.weight, view.camera, "weights" + at);
    }
    view.world_from_object =
        AsOptionalPose(world_from_object[i], "world_from_object" + at).value_or(Rigid3d());
    scene.views.push_back(std::move(view));
  }
  scene.initial_rig_from_world = AsOptionalPose(start, "start");
  scene.true_rig_from_world = AsOptionalPose(truth, "truth");
  made->estimate_offset = ReadUnknowns(refine.cast<std::vector<std::string>>(),
                                       scene.views[0].camera.width_px, "refine", &scene.unknowns);
  return made;
}

std::shared_ptr<PyScene> SceneOfFile(py::handle path) {
  const std::string file = AsPath(path, "scene");
  const py::gil_scoped_release release;
  LoadedScene loaded = LoadScene(file);
  auto made = std::make_shared<PyScene>();
  made->scene = std::move(loaded.scene);
  made->meshes = PrepareMeshes(made->scene);
  made->estimate_offset = loaded.estimate_offset;
  made->warnings = std::move(loaded.warnings);
  return made;
}

py::list MasksOf(py::object self) {
  py::list masks;
  for (const View& view : self.cast<const PyScene&>().scene.views) {
    masks.append(ViewOf(view.mask.pixels.data(), py::dtype::of<float>(),
                        {view.mask.height, view.mask.width}, self));
  }
  return masks;
}

void BindSceneClass(py::module_* module) {
  py::class_<PyScene, std::shared_ptr<PyScene>>(
      *module, "Scene",
      "What load_scene() read. Read-only: names, cameras, masks (float32), meshes (PreparedMesh), "
      "mesh_names, start and truth (rig_from_world, 4x4, or None), warnings.")
      .def_static("_make", &MakeScene)
      .def_static("_of_file", &SceneOfFile)
      .def_property_readonly("names",
                             [](const PyScene& self) {
                               py::list names;
                               for (const View& v : self.scene.views) names.append(py::str(v.name));
                               return names;
                             })
      .def_property_readonly("cameras",
                             [](const PyScene& self) {
                               py::list cameras;
                               for (const View& view : self.scene.views) {
                                 cameras.append(py::cast(PyCamera{view.camera, view.cam_from_rig}));
                               }
                               return cameras;
                             })
      .def_property_readonly("masks", &MasksOf)
      .def_property_readonly("mesh_names",
                             [](const PyScene& self) { return py::cast(self.scene.mesh_names); })
      .def_property_readonly(
          "meshes",
          [](const PyScene& self) {
            py::list meshes;
            for (size_t i = 0; i < self.meshes.size(); ++i) {
              if (self.meshes[i] == nullptr) continue;
              meshes.append(py::cast(
                  PyMesh{self.scene.meshes[i], self.meshes[i], self.scene.mesh_names[i], {}}));
            }
            return meshes;
          })
      .def_property_readonly("start",
                             [](const PyScene& self) -> py::object {
                               if (!self.scene.initial_rig_from_world) return py::none();
                               return FromPose(*self.scene.initial_rig_from_world);
                             })
      .def_property_readonly("truth",
                             [](const PyScene& self) -> py::object {
                               if (!self.scene.true_rig_from_world) return py::none();
                               return FromPose(*self.scene.true_rig_from_world);
                             })
      .def_property_readonly("warnings",
                             [](const PyScene& self) { return py::cast(self.warnings); });
}

}  // namespace

const PyCamera& AsCamera(py::handle value, const std::string& where) {
  if (!py::isinstance<PyCamera>(value)) {
    throw InputError(where + " is " + TypeName(value) + "; a Camera is due");
  }
  return value.cast<const PyCamera&>();
}

const PyMesh& AsPreparedMesh(py::handle value, const std::string& where) {
  if (!py::isinstance<PyMesh>(value)) {
    throw InputError(where + " is " + TypeName(value) + "; a PreparedMesh is due");
  }
  return value.cast<const PyMesh&>();
}

bool IsPath(py::handle value) {
  return PyUnicode_Check(value.ptr()) || PyBytes_Check(value.ptr()) ||
         py::hasattr(value, "__fspath__");
}

std::optional<double> AsMaskThreshold(py::handle value) {
  if (value.is_none()) return std::nullopt;
  const double threshold = AsNumber(value, "mask_threshold");
  CheckMaskThreshold(threshold, "mask_threshold");
  return threshold;
}

LoadedMask MaskOf(py::handle mask, const std::string& where, const Camera& camera,
                  std::optional<double> threshold, MaskCache* cache) {
  LoadedMask loaded;
  if (IsPath(mask)) {
    const std::string file = AsPath(mask, where);
    const py::gil_scoped_release release;
    loaded = LoadMask(file, ImageSize{camera.width_px, camera.height_px}, threshold, cache);
  } else {
    loaded = AsMask(mask, where, threshold);
  }
  RequireSize(loaded.mask, camera, where);
  return loaded;
}

void BindScene(py::module_* module) {
  py::class_<MaskCache>(*module, "MaskCache")
      .def(py::init())
      .def_property_readonly("num_parsed", &MaskCache::num_parsed);
  BindCamera(module);
  BindMesh(module);
  BindSceneClass(module);
}

}  // namespace ceres_align::python
