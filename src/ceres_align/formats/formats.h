// The table of camera formats: `--import FORMAT:path` and `--export FORMAT:path` go through here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ceres_align/formats/camera_set.h"
#include "ceres_align/io/conventions.h"

namespace ceres_align {

/// What a file may leave open. A reader that needs a value which is absent throws InputError that
/// says which flag gives it; nothing is guessed.
struct CameraReadOptions {
  std::optional<HeightWidth> image_size;  ///< of files without one (K alone)
  std::optional<double> pixel_center;     ///< 0 or 0.5, instead of the format's own rule
  std::optional<RigForm> rig_form;        ///< how a relative pose multiplies, for PyTorch3D's files
  int image_id = -1;                      ///< of formats with many images (BOP); -1: the first
  int object_id = -1;                     ///< of formats with many objects (BOP); -1: the first
};

/// A file to be written: its path relative to the export's own path (empty: that path itself).
struct ExportedFile {
  std::filesystem::path name;
  std::string bytes;
};

/// One format. `read` or `write` is null where there is no such direction.
struct CameraFormat {
  const char* name;  ///< as typed: "colmap"
  const char* what;  ///< one line of --help
  CameraSet (*read)(const std::filesystem::path& path, const CameraReadOptions& options);
  std::vector<ExportedFile> (*write)(const CameraSet& set);
};

/// All of them, by name.
const std::vector<CameraFormat>& CameraFormats();

/// "FORMAT:path". Throws InputError for an unknown format (the message lists them), one without
/// that direction, and what the reader throws. Names are made unique and safe in file names.
CameraSet ReadCameras(std::string_view format_and_path, const CameraReadOptions& options);
/// Throws InputError as CameraFiles does, before there is a set: for an early answer.
void CheckCanWrite(std::string_view format_and_path);
/// The files of "FORMAT:path", names absolute; nothing is written. Throws InputError for an unknown
/// format, one that is not written, and a set that the format cannot hold.
std::vector<ExportedFile> CameraFiles(std::string_view format_and_path, const CameraSet& set);
/// Writes all files of the format, all or none. Throws InputError.
void WriteCameras(std::string_view format_and_path, const CameraSet& set);

}  // namespace ceres_align
