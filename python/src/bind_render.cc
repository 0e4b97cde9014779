#include <utility>

#include "ceres_align/backends/backends.h"
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/surface/surface_map.h"
#include "ceres_align/render/resident.h"
#include "interrupts.h"
#include "rasterizers.h"
#include "scene.h"

namespace ceres_align::python {
namespace {

struct PyRasterizer {
  std::shared_ptr<Rasterizer> rasterizer;
};

struct Job {
  Job(py::handle mesh, py::handle cam_from_object, py::handle camera, int window)
      : contour(AsPreparedMesh(mesh, "mesh").prepared->lods().back().contour) {
    job.camera = AsCamera(camera, "camera").camera;
    job.cam_from_object = AsPose(cam_from_object, "cam_from_object");
    if (window < 1 || window % 2 == 0) {
      throw InputError(Format("window is %d; it must be odd and at least 1", window));
    }
    job.window = window;
  }
  std::shared_ptr<const ContourMesh> contour;
  RasterJob job;
};

// body(rasterizer) without the GIL, with the job's mesh registered meanwhile.
template <typename Body>
void Draw(const PyRasterizer& self, Job* job, const Body& body) {
  Interrupts interrupts;
  WithoutGil(&interrupts, [&] {
    const ResidentMesh resident(self.rasterizer.get(), job->contour);
    job->job.mesh = resident.id();
    InterruptibleRasterizer rasterizer(self.rasterizer.get(), &interrupts);
    body(&rasterizer);
  });
}

py::array Coverage(const PyRasterizer& self, py::handle mesh, py::handle cam_from_object,
                   py::handle camera, py::handle window) {
  Job job(mesh, cam_from_object, camera, AsInt(window, "window"));
  Image<double> coverage;
  Draw(self, &job, [&](Rasterizer* r) { coverage = r->Coverage(job.job, nullptr); });
  return Give(std::move(coverage));
}

py::tuple Jacobian(const PyRasterizer& self, py::handle mesh, py::handle cam_from_object,
                   py::handle camera, py::handle window) {
  Job job(mesh, cam_from_object, camera, AsInt(window, "window"));
  Image<double> coverage;
  std::vector<double> jacobian;
  Draw(self, &job, [&](Rasterizer* r) { coverage = r->Coverage(job.job, &jacobian); });
  const std::vector<py::ssize_t> shape = {coverage.height, coverage.width, 6};
  return py::make_tuple(Give(std::move(coverage)), Give(std::move(jacobian), shape));
}

py::tuple Outline(const PyRasterizer& self, py::handle mesh, py::handle cam_from_object,
                  py::handle camera, py::handle window) {
  Job job(mesh, cam_from_object, camera, AsInt(window, "window"));
  std::vector<OutlineSample> samples;
  Draw(self, &job, [&](Rasterizer* r) { r->Outline(job.job, &samples); });
  std::vector<int32_t> rows, columns;
  std::vector<double> coverage, jacobian;
  for (const OutlineSample& sample : samples) {
    rows.push_back(sample.row);
    columns.push_back(sample.column);
    coverage.push_back(sample.coverage);
    jacobian.insert(jacobian.end(), sample.jacobian, sample.jacobian + 6);
  }
  const auto n = static_cast<py::ssize_t>(samples.size());
  return py::make_tuple(Give(std::move(rows), {n}), Give(std::move(columns), {n}),
                        Give(std::move(coverage), {n}), Give(std::move(jacobian), {n, 6}));
}

py::array Moved(py::handle cam_from_object, py::handle mesh, py::handle tangent) {
  const Rigid3d pose = AsPose(cam_from_object, "cam_from_object");
  const std::vector<double> d = AsVector(tangent, "tangent");
  if (d.size() != 6) {
    throw InputError(Format("tangent has %zu numbers; it must be six, [omega, v]", d.size()));
  }
  const Vec3 c = AsPreparedMesh(mesh, "mesh").prepared->finest().center;
  const Eigen::Vector3d center(c.x, c.y, c.z), omega(d[0], d[1], d[2]), v(d[3], d[4], d[5]);
  const Eigen::Quaterniond rotation = ExpRotation(omega) * pose.rotation;
  const Eigen::Vector3d there = pose * center + v;
  return FromPose(Rigid3d(rotation, Eigen::Vector3d(there - rotation.normalized() * center)));
}

py::array Vectors(Vector3Map map) {
  const std::vector<py::ssize_t> shape = {map.height, map.width, 3};
  auto* owner = new Vector3Map(std::move(map));
  const py::capsule end(owner, [](void* p) { delete static_cast<Vector3Map*>(p); });
  return py::array(py::dtype::of<float>(), shape,
                   reinterpret_cast<const float*>(owner->pixels.data()), end);
}

// Whatever of [mask, depth, face, normal, position] is asked for; None in the place of the others.
py::tuple Maps(const PyRasterizer& self, py::handle mesh, py::handle cam_from_object,
               py::handle camera, const py::set& kinds, bool smooth) {
  Job job(mesh, cam_from_object, camera, 1);
  const TriangleMesh& triangles = *AsPreparedMesh(mesh, "mesh").mesh;
  const bool mask = kinds.contains("mask"), normal = kinds.contains("normal"),
             position = kinds.contains("position"),
             surface = normal || position || kinds.contains("depth") || kinds.contains("face");
  std::vector<ImageF> coverage(1);
  SurfaceMap seen;
  Vector3Map normals, positions;
  Draw(self, &job, [&](Rasterizer* r) {
    const RasterJob& j = job.job;
    if (mask) r->CoverageBatch({j}, &coverage);
    if (surface) seen = RenderSurface(triangles, j.camera, j.cam_from_object, r);
    if (normal) {
      const std::vector<Eigen::Vector3f> of_vertices =
          smooth ? VertexNormals(triangles) : std::vector<Eigen::Vector3f>();
      normals = NormalMap(triangles, smooth ? &of_vertices : nullptr, seen, j.camera,
                          j.cam_from_object, r);
    }
    if (position) positions = PositionMap(seen, j.camera, r);
  });
  const auto given = [&](const char* kind, auto&& make) -> py::object {
    if (!kinds.contains(kind)) return py::none();
    return make();
  };
  return py::make_tuple(given("mask", [&] { return Give(std::move(coverage[0])); }),
                        given("depth", [&] { return Give(std::move(seen.depth)); }),
                        given("face", [&] { return Give(std::move(seen.face)); }),
                        given("normal", [&] { return Vectors(std::move(normals)); }),
                        given("position", [&] { return Vectors(std::move(positions)); }));
}

}  // namespace

void BindRender(py::module_* module) {
  py::class_<PyRasterizer>(*module, "Rasterizer")
      .def(py::init([](py::handle backend, py::handle num_threads) {
        const BackendOptions options{AsText(backend, "backend"), AsInt(num_threads, "num_threads")};
        options.Validate();
        const py::gil_scoped_release release;
        return PyRasterizer{SharedRasterizer(options.backend, options.num_threads)};
      }))
      .def_property_readonly("name",
                             [](const PyRasterizer& self) { return self.rasterizer->name(); })
      .def("coverage", &Coverage)
      .def("jacobian", &Jacobian)
      .def("outline", &Outline)
      .def("maps", &Maps);
  module->def("moved", &Moved);
}

}  // namespace ceres_align::python
