#include "ceres_align/formats/pose_text.h"

#include <array>
#include <cmath>
#include <set>

#include "ceres_align/formats/set_checks.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/table.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::ExactNumber;
using io_internal::Fail;
using io_internal::NameOf;
using io_internal::TableNumber;
using io_internal::TableRow;

namespace {

constexpr double kPixelCenter = 0.5;
// Where each part of a line begins.
enum Cell : size_t { kName, kSize, kK = 3, kPose = 7, kLensKind = 14, kLens, kImage = 23, kMask };
constexpr size_t kNumCells = kMask + 1;

int SideOf(const TableRow& row, size_t cell, const std::string& name) {
  const double value = TableNumber(row, cell, name);
  constexpr double kMostSide_px = 65535;
  if (!(value >= 1 && value <= kMostSide_px && value == std::floor(value))) {
    Fail(name, ": line ", row.line, ": cell ", cell + 1, " is ", value,
         "; a whole number from 1 to ", kMostSide_px, " is needed");
  }
  return static_cast<int>(value);
}

LensDistortion LensOf(const TableRow& row, const std::string& name, const std::string& place) {
  std::vector<double> k;  // k1 k2 p1 p2 k3 k4 k5 k6
  for (size_t i = 0; i < 8; ++i) k.push_back(TableNumber(row, kLens + i, name));
  const std::string& kind = row.cells[kLensKind];
  if (kind == "opencv") return LensFromOpenCv(k, place);
  if (kind != "fisheye") {
    Fail(place, ": cell ", kLensKind + 1, " is ", Quoted(kind), "; opencv and fisheye are known");
  }
  for (const size_t i : {2, 3, 6, 7}) {
    if (k[i] != 0) Fail(place, ": cell ", kLens + i + 1, " is ", k[i], "; a fisheye has k1 to k4");
  }
  return LensFromFisheye({k[0], k[1], k[4], k[5]}, place);
}

CalibratedCamera CameraOf(const TableRow& row, const std::string& name, double pixel_center) {
  const std::string place = Cat(name, ": line ", row.line);
  if (row.cells.size() != kNumCells) {
    Fail(place, " has ", row.cells.size(), " cells; ", kNumCells, " are needed");
  }
  const auto number = [&](size_t cell) { return TableNumber(row, cell, name); };
  CalibratedCamera c;
  c.name = row.cells[kName];
  // Numbers first: Eigen's comma list must not be left by an exception.
  const double fx = number(kK), fy = number(kK + 1), cx = number(kK + 2), cy = number(kK + 3);
  Eigen::Matrix3d K;
  K << fx, 0, cx, 0, fy, cy, 0, 0, 1;
  c.camera =
      CameraFromK(K, SideOf(row, kSize, name), SideOf(row, kSize + 1, name), pixel_center, place);
  c.camera.lens = LensOf(row, name, place);
  CheckLens(c.camera, place);
  const Eigen::Quaterniond q =
      UnitQuaternion(number(kPose), number(kPose + 1), number(kPose + 2), number(kPose + 3), place);
  c.cam_from_reference =
      Rigid3d(q, Eigen::Vector3d(number(kPose + 4), number(kPose + 5), number(kPose + 6)));
  c.image = row.cells[kImage];
  c.mask = row.cells[kMask];
  return c;
}

std::string Quote(const std::string& text) {
  if (text.find_first_of("\"\r\n") != std::string::npos || text.find('\0') != std::string::npos) {
    Fail("text: ", Quoted(text), " has a quote or a line's end, which a line cannot hold");
  }
  return "\"" + text + "\"";
}

}  // namespace

CameraSet ReadCameraTable(const std::filesystem::path& path, const CameraReadOptions& options) {
  const std::string name = NameOf(path);
  const double pixel_center = options.pixel_center.value_or(kPixelCenter);
  CameraSet set;
  set.conventions = {
      pixel_center == kPixelCenter
          ? "cx and cy count from the image's corner: as they are"
          : "cx and cy count from the first pixel's centre, as asked for: half a pixel added"};
  std::set<std::string> seen;
  for (const TableRow& row : io_internal::ReadTable(ReadFile(path))) {
    if (row.comment) continue;
    set.cameras.push_back(CameraOf(row, name, pixel_center));
    if (!seen.insert(set.cameras.back().name).second) {
      Fail(name, ": line ", row.line, ": camera ", Quoted(set.cameras.back().name),
           " is there already");
    }
  }
  return set;
}

std::vector<ExportedFile> WriteCameraTable(const CameraSet& set) {
  RequirePoses(set, "text");
  RequireIntrinsics(set, "text");
  std::string text =
      "# cameras of ceres_align: x_cam = R x + t, x right, y down, z forward; the first pixel's "
      "centre is (0.5, 0.5)\n"
      "# name,width,height,fx,fy,cx,cy,qw,qx,qy,qz,tx,ty,tz,lens,k1,k2,p1,p2,k3,k4,k5,k6,image,"
      "mask\n";
  for (const CalibratedCamera& c : set.cameras) {
    const Eigen::Matrix3d K = KOfCamera(c.camera, kPixelCenter);
    const Eigen::Quaterniond& q = c.cam_from_reference.rotation;
    const Eigen::Vector3d& t = c.cam_from_reference.translation;
    const LensDistortion& l = c.camera.lens;
    text += Cat(Quote(c.name), ",", c.camera.width_px, ",", c.camera.height_px);
    for (const double v :
         {K(0, 0), K(1, 1), K(0, 2), K(1, 2), q.w(), q.x(), q.y(), q.z(), t.x(), t.y(), t.z()}) {
      text += "," + ExactNumber(v);
    }
    text += l.is_fisheye ? ",fisheye" : ",opencv";
    for (const double v : {l.k1, l.k2, l.p1, l.p2, l.k3, l.k4, l.k5, l.k6}) {
      text += "," + ExactNumber(v);
    }
    text += "," + Quote(c.image) + "," + Quote(c.mask) + "\n";
  }
  return {{"", text}};
}

std::vector<ExportedFile> WriteTumTrajectory(const CameraSet& set) {
  RequirePoses(set, "tum");
  std::string text = "# timestamp tx ty tz qx qy qz qw\n";
  for (size_t i = 0; i < set.cameras.size(); ++i) {
    const Rigid3d reference_from_cam = Inverse(set.cameras[i].cam_from_reference);
    const Eigen::Quaterniond& q = reference_from_cam.rotation;
    const Eigen::Vector3d& t = reference_from_cam.translation;
    text += std::to_string(i);
    for (const double v : {t.x(), t.y(), t.z(), q.x(), q.y(), q.z(), q.w()}) {
      text += " " + ExactNumber(v);
    }
    text += "\n";
  }
  return {{"", text}};
}

}  // namespace ceres_align
