// The border between Python's values and the library's: whatever is wrong with an argument becomes
// an InputError that begins with its name, before anything of the library can CHECK it.
// All functions need the GIL.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <Eigen/Core>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ceres_align/base/image.h"
#include "ceres_align/geometry/mesh.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/io/mask_io.h"

namespace ceres_align::python {

namespace py = pybind11;

/// Throws InputError of both, a blank between them.
[[noreturn]] void Refuse(const std::string& where, const std::string& what);
/// "a str", "an ndarray": what a value is, for messages.
std::string TypeName(py::handle value);

/// As a NumPy array of booleans, integers or floats, in the machine's byte order and on the host;
/// a view of the same memory where it is one already.
py::array AsArray(py::handle value, const std::string& where);
/// "(480, 640)".
std::string ShapeText(const py::array& array);

double AsNumber(py::handle value, const std::string& where);
int AsInt(py::handle value, const std::string& where);
bool AsBool(py::handle value, const std::string& where);
std::string AsText(py::handle value, const std::string& where);
/// str, bytes or os.PathLike.
std::string AsPath(py::handle value, const std::string& where);

/// Finite, of this shape; −1: any length.
Eigen::MatrixXd AsMatrix(py::handle value, int rows, int columns, const std::string& where);
std::vector<double> AsVector(py::handle value, const std::string& where);
/// A rigid transformation: 4x4 [R t; 0 0 0 1], or 3x4.
Rigid3d AsPose(py::handle value, const std::string& where);
std::optional<Rigid3d> AsOptionalPose(py::handle value, const std::string& where);

/// (n, 3) positions and (m, 3) indices of any integer type, not cleaned yet.
TriangleMesh AsMesh(py::handle vertices, py::handle faces, const std::string& where);
/// A mask's values as fractions of full: bool, 0..1 of any type, uint8 / 255, uint16 / 65535,
/// floats in [0, 1]. Any strides.
ImageF AsFractions(py::handle value, const std::string& where);
/// The same as the mask that a file with these values is.
LoadedMask AsMask(py::handle value, const std::string& where, std::optional<double> threshold);
/// Weights: finite and not negative.
ImageF AsWeights(py::handle value, const std::string& where);

py::array FromMatrix(const Eigen::Ref<const Eigen::MatrixXd>& matrix);
py::array FromVector(const Eigen::Ref<const Eigen::VectorXd>& vector);
/// 4x4.
py::array FromPose(const Rigid3d& pose);
py::array FromPoses(const std::vector<Rigid3d>& poses);
/// The memory of `values` becomes the array's: nothing is copied.
template <typename T>
py::array Give(std::vector<T> values, const std::vector<py::ssize_t>& shape) {
  auto* owner = new std::vector<T>(std::move(values));
  const py::capsule end(owner, [](void* p) { delete static_cast<std::vector<T>*>(p); });
  return py::array(py::dtype::of<T>(), shape, owner->data(), end);
}
template <typename T>
py::array Give(Image<T> image) {
  const std::vector<py::ssize_t> shape = {image.height, image.width};
  return Give(std::move(image.pixels), shape);
}
/// A read-only array of memory that lives as long as `owner`.
py::array ViewOf(const void* data, const py::dtype& type, const std::vector<py::ssize_t>& shape,
                 py::handle owner);

}  // namespace ceres_align::python
