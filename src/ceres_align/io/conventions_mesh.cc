// Units and up axes of mesh files.
#include <iterator>

#include "ceres_align/io/conventions.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::Fail;

namespace {

// In UpAxis's order.
struct Axis {
  const char* name;
  double rows[9];
};
constexpr Axis kAxes[] = {
    {"y", {1, 0, 0, 0, 1, 0, 0, 0, 1}},  {"-y", {1, 0, 0, 0, -1, 0, 0, 0, -1}},
    {"z", {1, 0, 0, 0, 0, 1, 0, -1, 0}}, {"-z", {1, 0, 0, 0, 0, -1, 0, 1, 0}},
    {"x", {0, -1, 0, 1, 0, 0, 0, 0, 1}}, {"-x", {0, 1, 0, -1, 0, 0, 0, 0, 1}}};

}  // namespace

UpAxis ParseUpAxis(std::string_view text, std::string_view where) {
  std::string_view name = text;
  if (name.size() == 2 && name[0] == '+') name.remove_prefix(1);
  for (size_t i = 0; i < std::size(kAxes); ++i) {
    if (name == kAxes[i].name) return static_cast<UpAxis>(i);
  }
  Fail(where, " is ", Quoted(text), "; it must be x, y, z, -x, -y or -z");
}

const char* ToString(UpAxis up) { return kAxes[static_cast<int>(up)].name; }

Eigen::Matrix3d WorldFromFileAxes(UpAxis up) {
  return Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(
      kAxes[static_cast<int>(up)].rows);
}

double MetresOfUnit(std::string_view unit, std::string_view where) {
  static constexpr struct {
    const char* name;
    double metres;
  } kUnits[] = {{"mm", 0.001}, {"cm", 0.01}, {"m", 1}, {"in", 0.0254}, {"ft", 0.3048}};
  for (const auto& known : kUnits) {
    if (unit == known.name) return known.metres;
  }
  Fail(where, " is ", Quoted(unit), "; it must be mm, cm, m, in or ft");
}

std::string InWords(const MeshFrame& frame) {
  if (frame.IsIdentity()) return "as in its file";
  std::string words;
  if (frame.scale != 1) words = Cat("multiplied by ", frame.scale);
  if (frame.up == UpAxis::kY) return words;
  const std::string name = ToString(frame.up);
  return words + (words.empty() ? "" : ", ") + "its " + (name[0] == '-' ? "" : "+") + name +
         " turned to the world's +y";
}

void CheckMeshScale(double scale, std::string_view where) {
  if (scale > 0 && scale < 1e100) return;
  Fail(where, " is ", scale, "; it must be a positive number below 1e100");
}

}  // namespace ceres_align
