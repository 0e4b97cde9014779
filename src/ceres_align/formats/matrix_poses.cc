#include "ceres_align/formats/matrix_poses.h"

#include <map>

#include "ceres_align/formats/set_checks.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/io/npy.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

namespace fs = std::filesystem;
using io_internal::Fail;
using io_internal::NameOf;

namespace {

constexpr double kMatrixPixelCenter = 0.5;

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// The files by stem: poses; and camera matrices and distortions by camera ("" for all).
struct Files {
  std::vector<fs::path> poses;
  std::map<std::string, fs::path> K, dist;
};

Files Sorted(const fs::path& path) {
  const std::vector<std::string> extensions = {".csv", ".txt", ".npy"};
  std::vector<fs::path> all = FilesAt(path, extensions);
  Files files;
  if (all.size() == 1 && all[0] == path) {  // the files beside it that belong to it
    const std::string stem = path.stem().string();
    files.poses = {path};
    all.clear();
    for (const char* kind : {"_K", "_dist"}) {
      for (const std::string& extension : extensions) {
        const fs::path beside = path.parent_path() / (stem + kind + extension);
        if (fs::exists(beside)) all.push_back(beside);
      }
    }
  }
  for (const fs::path& file : all) {
    const std::string stem = file.stem().string();
    bool taken = false;
    for (const auto& [kind, to] :
         {std::pair<std::string, std::map<std::string, fs::path>*>("K", &files.K),
          {"dist", &files.dist}}) {
      if (stem != kind && !EndsWith(stem, "_" + kind)) continue;
      const std::string camera = stem == kind ? "" : stem.substr(0, stem.size() - kind.size() - 1);
      if (!to->emplace(camera, file).second) {
        Fail(NameOf(file), ": another file has this name: ", NameOf((*to)[camera]));
      }
      taken = true;
    }
    if (!taken) files.poses.push_back(file);
  }
  if (files.poses.empty()) Fail(NameOf(path), ": has no pose, only camera matrices");
  return files;
}

const fs::path* Find(const std::map<std::string, fs::path>& files, const std::string& camera) {
  auto found = files.find(camera);
  if (found == files.end()) found = files.find("");
  return found == files.end() ? nullptr : &found->second;
}

Camera ReadCamera(const fs::path& K, const fs::path* dist, const CameraReadOptions& options,
                  std::vector<std::string>* conventions) {
  const HeightWidth size = SizeOrOption(std::nullopt, options, NameOf(K), conventions);
  const double center =
      PixelCenterOf(options, kMatrixPixelCenter, "this format's rule", conventions);
  Camera camera = ReadCameraMatrix(K, size.width_px, size.height_px, center);
  if (dist == nullptr) return camera;
  const Eigen::MatrixXd row = ReadMatrix(*dist);
  const std::vector<double> list(row.data(), row.data() + row.size());
  if (row.rows() != 1 && row.cols() != 1) Fail(NameOf(*dist), ": one row of numbers is needed");
  camera.lens = LensFromOpenCv(list, NameOf(*dist));
  CheckLens(camera, NameOf(*dist));
  return camera;
}

CameraSet Read(const fs::path& path, const CameraReadOptions& options, bool inverse) {
  const Files files = Sorted(path);
  CameraSet set;
  set.has_intrinsics = !files.K.empty();
  set.conventions.push_back(inverse ? "each 4x4 maps the camera to the world (world_from_cam)"
                                    : "each 4x4 maps the world to the camera (cam_from_world)");
  set.conventions.push_back("cameras have OpenCV's axes: +x right, +y down, +z forward");
  for (const fs::path& file : files.poses) {
    CalibratedCamera camera;
    camera.name = file.stem().string();
    const Rigid3d pose = ReadRigid(file);
    camera.cam_from_reference = inverse ? Inverse(pose) : pose;
    if (set.has_intrinsics) {
      const fs::path* K = Find(files.K, camera.name);
      if (K == nullptr)
        Fail(NameOf(file), ": ", Shown(camera.name, 60), "_K is missing, others have theirs");
      camera.camera = ReadCamera(*K, Find(files.dist, camera.name), options, &set.conventions);
    }
    set.cameras.push_back(camera);
  }
  return set;
}

std::vector<ExportedFile> Write(const CameraSet& set, bool inverse, bool npy) {
  RequirePoses(set, inverse ? "matrix_world_from_cam" : "matrix_cam_from_world");
  std::vector<ExportedFile> files;
  const auto add = [&](const std::string& stem, const Eigen::MatrixXd& matrix) {
    files.push_back({stem + (npy ? ".npy" : ".csv"),
                     npy ? NpyBytes(NpyFromMatrix(matrix)) : MatrixCsv(matrix)});
  };
  for (const CalibratedCamera& camera : set.cameras) {
    const Rigid3d& pose = camera.cam_from_reference;
    add(camera.name, MatrixOf(inverse ? Inverse(pose) : pose));
    if (!set.has_intrinsics) continue;
    if (camera.camera.lens.is_fisheye) {
      Fail("camera ", Quoted(camera.name), " has a fisheye lens, which matrices cannot hold");
    }
    add(camera.name + "_K", KOfCamera(camera.camera, kMatrixPixelCenter));
    const std::vector<double> lens = NumbersOfLens(camera.camera.lens);
    if (lens.empty()) continue;
    add(camera.name + "_dist", Eigen::Map<const Eigen::RowVectorXd>(lens.data(), lens.size()));
  }
  return files;
}

}  // namespace

CameraSet ReadCamFromWorld(const fs::path& path, const CameraReadOptions& options) {
  return Read(path, options, false);
}
CameraSet ReadWorldFromCam(const fs::path& path, const CameraReadOptions& options) {
  return Read(path, options, true);
}
std::vector<ExportedFile> WriteCamFromWorldCsv(const CameraSet& set) {
  return Write(set, false, false);
}
std::vector<ExportedFile> WriteWorldFromCamCsv(const CameraSet& set) {
  return Write(set, true, false);
}
std::vector<ExportedFile> WriteCamFromWorldNpy(const CameraSet& set) {
  return Write(set, false, true);
}
std::vector<ExportedFile> WriteWorldFromCamNpy(const CameraSet& set) {
  return Write(set, true, true);
}

}  // namespace ceres_align
