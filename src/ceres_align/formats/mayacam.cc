#include "ceres_align/formats/mayacam.h"

#include "ceres_align/formats/set_checks.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/io/table.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::Fail;
using io_internal::NameOf;
using io_internal::TableRow;

namespace {

constexpr double kMayaCamPixelCenter = 0;

// The lines in their order; blank ones do not count.
class Lines {
 public:
  Lines(const std::string& bytes, const std::string& name)
      : rows_(io_internal::ReadTable(bytes)), name_(name) {
    if (rows_.empty()) Fail(name, ": the file is empty");
    const bool is_version_1 = rows_.size() == 5 && io_internal::IsNumber(rows_[0].cells[0]);
    if (is_version_1) Fail(name, ": is MayaCam 1.0; export MayaCam 2.0 from XMALab");
  }

  /// The line "camera matrix" and its like.
  void Title(const std::string& title) {
    std::string found;
    for (const std::string& cell : Next(title).cells) found += (found.empty() ? "" : " ") + cell;
    if (found != title) Fail(Place(), " is ", Quoted(found), "; \"", title, "\" is needed");
  }
  /// `rows` lines of `columns` numbers.
  Eigen::MatrixXd Matrix(int rows, int columns) {
    Eigen::MatrixXd matrix(rows, columns);
    for (int r = 0; r < rows; ++r) {
      const TableRow& row = Next("numbers");
      if (static_cast<int>(row.cells.size()) != columns) {
        Fail(Place(), " has ", row.cells.size(), " numbers; ", columns, " are needed");
      }
      for (int c = 0; c < columns; ++c) matrix(r, c) = io_internal::TableNumber(row, c, name_);
    }
    return matrix;
  }
  std::string Place() const { return Cat(name_, ": line ", rows_[at_ - 1].line); }
  void CheckEnd() const {
    if (at_ < rows_.size()) Fail(name_, ": line ", rows_[at_].line, ": more than the translation");
  }

 private:
  const TableRow& Next(const std::string& what) {
    if (at_ == rows_.size()) Fail(name_, ": ends where \"", what, "\" is needed");
    return rows_[at_++];
  }

  const std::vector<TableRow> rows_;
  size_t at_ = 0;
  const std::string& name_;
};

CalibratedCamera ReadCamera(const std::filesystem::path& path, const CameraReadOptions& options,
                            std::vector<std::string>* conventions) {
  const std::string name = NameOf(path);
  Lines lines(ReadFile(path), name);
  lines.Title("image size");
  const Eigen::MatrixXd sides = lines.Matrix(1, 2);
  const HeightWidth size = ParseImageSize(Cat(sides(0, 1), ",", sides(0, 0)), lines.Place());
  lines.Title("camera matrix");
  const double center = PixelCenterOf(options, kMayaCamPixelCenter, "OpenCV, XMALab", conventions);
  CalibratedCamera camera;
  camera.name = path.stem().string();
  const Eigen::Matrix3d K = lines.Matrix(3, 3);
  camera.camera = CameraFromK(K, size.width_px, size.height_px, center, name + ": camera matrix");
  lines.Title("rotation");
  const Eigen::Matrix3d R = lines.Matrix(3, 3);
  lines.Title("translation");
  const Eigen::Vector3d t = lines.Matrix(3, 1);
  lines.CheckEnd();
  camera.cam_from_reference = FromOpenCv({R, t}, name + ": rotation");
  return camera;
}

}  // namespace

CameraSet ReadMayaCam(const std::filesystem::path& path, const CameraReadOptions& options) {
  CameraSet set;
  for (const std::filesystem::path& file : FilesAt(path, {".txt"})) {
    set.cameras.push_back(ReadCamera(file, options, &set.conventions));
  }
  set.conventions.push_back("rotation and translation are OpenCV's: x_cam = R*x + t, +y down");
  set.conventions.push_back("image size is width,height; the pictures are undistorted (XMALab)");
  return set;
}

std::vector<ExportedFile> WriteMayaCam(const CameraSet& set) {
  RequireIntrinsics(set, "mayacam");
  RequirePoses(set, "mayacam");
  RequireShortLens(set, 0, "mayacam");
  std::vector<ExportedFile> files;
  for (const CalibratedCamera& camera : set.cameras) {
    const Rigid3d& pose = camera.cam_from_reference;
    files.push_back(
        {camera.name + ".txt",
         Cat("image size\n", camera.camera.width_px, ",", camera.camera.height_px,
             "\n\ncamera matrix\n", MatrixCsv(KOfCamera(camera.camera, kMayaCamPixelCenter)),
             "\nrotation\n", MatrixCsv(pose.R()), "\ntranslation\n", MatrixCsv(pose.translation))});
  }
  return files;
}

}  // namespace ceres_align
