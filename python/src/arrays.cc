#include "arrays.h"

#include <Python.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/conventions.h"

namespace ceres_align::python {

void Refuse(const std::string& where, const std::string& what) {
  throw InputError(where + " " + what);
}

namespace {

bool IsText(py::handle value) {
  return PyUnicode_Check(value.ptr()) || PyBytes_Check(value.ptr()) ||
         PyByteArray_Check(value.ptr());
}

bool IsNumberKind(char kind) { return kind == 'b' || kind == 'i' || kind == 'u' || kind == 'f'; }

// numpy.asarray, whose own error (a ragged list, a tensor on a device) is told on.
py::array MakeArray(py::handle value, const std::string& where) {
  try {
    return py::array(py::module_::import("numpy").attr("asarray")(value));
  } catch (py::error_already_set& error) {
    if (!error.matches(PyExc_Exception)) throw;
    const std::string why = py::str(error.value()).cast<std::string>();
    Refuse(where, "cannot be read as an array: " + Shown(why, 300));
  }
}

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;

Doubles AsDoubles(py::handle value, const std::string& where) {
  return Doubles(AsArray(value, where));  // throws where there is no memory
}

void RequireFinite(const Doubles& values, const std::string& where) {
  const double* v = values.data();
  for (py::ssize_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(v[i])) continue;
    std::string at;
    py::ssize_t rest = i;
    for (py::ssize_t d = values.ndim() - 1; d >= 0; --d) {
      at = std::to_string(rest % values.shape(d)) + (at.empty() ? "" : ", ") + at;
      rest /= values.shape(d);
    }
    Refuse(where, Format("has the value %g at [%s]", v[i], at.c_str()));
  }
}

std::string Text(const py::object& value) { return py::str(value).cast<std::string>(); }

}  // namespace

std::string TypeName(py::handle value) {
  const std::string name = Py_TYPE(value.ptr())->tp_name;
  const std::string last = name.substr(name.rfind('.') + 1);
  if (value.is_none()) return "None";
  return (std::string("aeiouAEIOU").find(last[0]) != std::string::npos ? "an " : "a ") + last;
}

std::string ShapeText(const py::array& array) {
  std::string text = "(";
  for (py::ssize_t i = 0; i < array.ndim(); ++i) {
    text += (i > 0 ? ", " : "") + std::to_string(array.shape(i));
  }
  return text + (array.ndim() == 1 ? ",)" : ")");
}

py::array AsArray(py::handle value, const std::string& where) {
  if (value.is_none() || IsText(value)) {
    Refuse(where, "is " + TypeName(value) + "; an array of numbers is due");
  }
  py::array array = MakeArray(value, where);
  if (py::hasattr(value, "mask") && py::hasattr(value, "filled")) {
    Refuse(where, "is a masked array; fill it first (array.filled(0))");
  }
  const py::dtype type = array.dtype();
  if (!IsNumberKind(type.kind())) {
    Refuse(where, "has the dtype " + Text(type) + "; numbers are due (bool, integers or floats)");
  }
  const bool is_native = py::cast<bool>(type.attr("isnative"));
  const bool is_odd = type.kind() == 'f' && type.itemsize() != 4 && type.itemsize() != 8;
  if (is_native && !is_odd) return array;
  return py::array(array.attr("astype")(is_odd ? py::object(py::dtype::of<double>())
                                               : py::object(type.attr("newbyteorder")("="))));
}

double AsNumber(py::handle value, const std::string& where) {
  const double number = PyBool_Check(value.ptr()) ? NAN : PyFloat_AsDouble(value.ptr());
  if (PyErr_Occurred() || PyBool_Check(value.ptr())) {
    PyErr_Clear();
    Refuse(where, "is " + TypeName(value) + "; a number is due");
  }
  return number;
}

int AsInt(py::handle value, const std::string& where) {
  const py::object index = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
  if (!index || PyBool_Check(value.ptr())) {
    PyErr_Clear();
    Refuse(where, "is " + TypeName(value) + "; an integer is due");
  }
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
  if (overflow != 0 || number > std::numeric_limits<int>::max() ||
      number < std::numeric_limits<int>::min()) {
    Refuse(where, "is " + Shown(Text(index), 40) + ": too large");
  }
  return static_cast<int>(number);
}

bool AsBool(py::handle value, const std::string& where) {
  if (PyBool_Check(value.ptr())) return value.ptr() == Py_True;
  if (std::string(Py_TYPE(value.ptr())->tp_name) == "numpy.bool_") {
    return PyObject_IsTrue(value.ptr()) == 1;
  }
  Refuse(where, "is " + TypeName(value) + "; True or False is due");
}

std::string AsText(py::handle value, const std::string& where) {
  if (!PyUnicode_Check(value.ptr())) Refuse(where, "is " + TypeName(value) + "; a str is due");
  Py_ssize_t bytes = 0;
  const char* text = PyUnicode_AsUTF8AndSize(value.ptr(), &bytes);
  if (text == nullptr) {
    PyErr_Clear();
    Refuse(where, "is a str that is no UTF-8");
  }
  return std::string(text, static_cast<size_t>(bytes));
}

std::string AsPath(py::handle value, const std::string& where) {
  const py::object path = py::reinterpret_steal<py::object>(PyOS_FSPath(value.ptr()));
  PyObject* bytes = nullptr;
  if (!path || PyUnicode_FSConverter(path.ptr(), &bytes) == 0) {
    PyErr_Clear();
    Refuse(where,
           path ? "is a path with a null character" : "is " + TypeName(value) + "; a path is due");
  }
  const py::object owner = py::reinterpret_steal<py::object>(bytes);
  if (PyBytes_GET_SIZE(bytes) == 0) Refuse(where, "is an empty path");
  return std::string(PyBytes_AS_STRING(bytes), static_cast<size_t>(PyBytes_GET_SIZE(bytes)));
}

Eigen::MatrixXd AsMatrix(py::handle value, int rows, int columns, const std::string& where) {
  const Doubles values = AsDoubles(value, where);
  const bool fits = values.ndim() == 2 && (rows < 0 || values.shape(0) == rows) &&
                    (columns < 0 || values.shape(1) == columns);
  if (!fits) {
    const auto side = [](int n) { return n < 0 ? std::string("n") : std::to_string(n); };
    Refuse(where, "has the shape " + ShapeText(values) + "; it must be (" + side(rows) + ", " +
                      side(columns) + ")");
  }
  RequireFinite(values, where);
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const RowMajor>(values.data(), values.shape(0), values.shape(1));
}

std::vector<double> AsVector(py::handle value, const std::string& where) {
  const Doubles values = AsDoubles(value, where);
  if (values.ndim() != 1) {
    Refuse(where, "has the shape " + ShapeText(values) + "; it must be a list of numbers");
  }
  RequireFinite(values, where);
  return {values.data(), values.data() + values.size()};
}

Rigid3d AsPose(py::handle value, const std::string& where) {
  const Doubles values = AsDoubles(value, where);
  const bool is_4x4 = values.ndim() == 2 && values.shape(0) == 4 && values.shape(1) == 4;
  if (!is_4x4 && !(values.ndim() == 2 && values.shape(0) == 3 && values.shape(1) == 4)) {
    Refuse(where, "has the shape " + ShapeText(values) + "; it must be (4, 4): [R t; 0 0 0 1]");
  }
  RequireFinite(values, where);
  const double* v = values.data();
  if (is_4x4 && !(v[12] == 0 && v[13] == 0 && v[14] == 0 && v[15] == 1)) {
    Refuse(where, Format("has the last row %g %g %g %g; it must be 0 0 0 1 (a transposed matrix?)",
                         v[12], v[13], v[14], v[15]));
  }
  OpenCvPose pose;
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 3; ++c) pose.R(r, c) = v[4 * r + c];
    pose.t(r) = v[4 * r + 3];
    if (std::abs(pose.t(r)) > kLargestCoordinate) {
      Refuse(where, Format("has the translation %g; it is too large", pose.t(r)));
    }
  }
  return FromOpenCv(pose, where);
}

std::optional<Rigid3d> AsOptionalPose(py::handle value, const std::string& where) {
  if (value.is_none()) return std::nullopt;
  return AsPose(value, where);
}

TriangleMesh AsMesh(py::handle vertices, py::handle faces, const std::string& where) {
  const std::string of_vertices = where + ": vertices", of_faces = where + ": faces";
  const Doubles v = AsDoubles(vertices, of_vertices);
  if (v.ndim() != 2 || v.shape(1) != 3) {
    Refuse(of_vertices, "has the shape " + ShapeText(v) + "; it must be (n, 3)");
  }
  const py::array f = AsArray(faces, of_faces);
  if (f.ndim() != 2 || f.shape(1) != 3) {
    Refuse(of_faces, "has the shape " + ShapeText(f) +
                         "; it must be (m, 3): triangles only, others are to be split first");
  }
  if (f.dtype().kind() != 'i' && f.dtype().kind() != 'u') {
    Refuse(of_faces, "has the dtype " + Text(f.dtype()) + "; integers are due");
  }
  if (v.shape(0) > std::numeric_limits<int32_t>::max()) Refuse(of_vertices, "are too many");
  const py::array_t<int64_t, py::array::c_style | py::array::forcecast> indices(f);
  TriangleMesh mesh;
  mesh.vertices.resize(static_cast<size_t>(v.shape(0)));
  if (v.size() > 0) {
    std::memcpy(static_cast<void*>(mesh.vertices.data()), v.data(),
                static_cast<size_t>(v.nbytes()));
  }
  mesh.faces.resize(static_cast<size_t>(indices.shape(0)));
  const int64_t* index = indices.data();
  for (size_t i = 0; i < mesh.faces.size(); ++i) {
    for (int k = 0; k < 3; ++k, ++index) {
      if (*index < 0 || *index >= v.shape(0)) {
        Refuse(of_faces, Format("has the index %lld at [%zu, %d], of %zu vertices",
                                static_cast<long long>(*index), i, k, mesh.vertices.size()));
      }
      mesh.faces[i][k] = static_cast<int32_t>(*index);
    }
  }
  return mesh;
}

py::array FromMatrix(const Eigen::Ref<const Eigen::MatrixXd>& matrix) {
  py::array_t<double> array({matrix.rows(), matrix.cols()});
  double* out = array.mutable_data();
  for (Eigen::Index r = 0; r < matrix.rows(); ++r) {
    for (Eigen::Index c = 0; c < matrix.cols(); ++c) *out++ = matrix(r, c);
  }
  return std::move(array);
}

py::array FromVector(const Eigen::Ref<const Eigen::VectorXd>& vector) {
  py::array_t<double> array(vector.size());
  for (Eigen::Index i = 0; i < vector.size(); ++i) array.mutable_data()[i] = vector(i);
  return std::move(array);
}

namespace {

void WritePose(const Rigid3d& pose, double* out) {
  const Eigen::Matrix3d R = pose.R();
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 3; ++c) *out++ = R(r, c);
    *out++ = pose.translation(r);
  }
  for (const double last : {0.0, 0.0, 0.0, 1.0}) *out++ = last;
}

}  // namespace

py::array FromPose(const Rigid3d& pose) {
  py::array_t<double> array({4, 4});
  WritePose(pose, array.mutable_data());
  return std::move(array);
}

py::array FromPoses(const std::vector<Rigid3d>& poses) {
  py::array_t<double> array(
      {static_cast<py::ssize_t>(poses.size()), py::ssize_t{4}, py::ssize_t{4}});
  for (size_t i = 0; i < poses.size(); ++i) WritePose(poses[i], array.mutable_data() + 16 * i);
  return std::move(array);
}

py::array ViewOf(const void* data, const py::dtype& type, const std::vector<py::ssize_t>& shape,
                 py::handle owner) {
  py::array array(type, shape, data, owner);
  array.attr("setflags")(py::arg("write") = false);
  return array;
}

}  // namespace ceres_align::python
