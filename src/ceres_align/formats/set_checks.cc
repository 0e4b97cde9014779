#include "ceres_align/formats/set_checks.h"

#include <algorithm>

#include "ceres_align/io/natural_order.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

namespace fs = std::filesystem;
using io_internal::Cat;
using io_internal::Fail;
using io_internal::NameOf;

namespace {

void AddOnce(const std::string& sentence, std::vector<std::string>* sentences) {
  if (std::find(sentences->begin(), sentences->end(), sentence) == sentences->end()) {
    sentences->push_back(sentence);
  }
}

}  // namespace

HeightWidth SizeOrOption(const std::optional<HeightWidth>& of_file,
                         const CameraReadOptions& options, std::string_view where,
                         std::vector<std::string>* conventions) {
  if (of_file) return *of_file;
  if (!options.image_size) {
    Fail(where, ": has no image size; --image_size \"(height,width)\" gives it");
  }
  AddOnce(Cat("the image size, ", options.image_size->width_px, "x", options.image_size->height_px,
              " px, is not in the file"),
          conventions);
  return *options.image_size;
}

double PixelCenterOf(const CameraReadOptions& options, double of_format, std::string_view rule,
                     std::vector<std::string>* conventions) {
  const double center = options.pixel_center.value_or(of_format);
  if (center != 0 && center != 0.5) {
    Fail("--pixel_center is ", center, "; it must be 0 or 0.5");
  }
  const std::string sentence =
      Cat("the principal point counts from the first pixel's ", center == 0 ? "centre" : "corner",
          options.pixel_center ? " (--pixel_center): " : " (", options.pixel_center ? "" : rule,
          options.pixel_center ? "" : "): ",
          center == 0 ? "half a pixel added to cx and cy" : "cx and cy taken as they are");
  AddOnce(sentence, conventions);
  return center;
}

void RequirePoses(const CameraSet& set, std::string_view format) {
  if (set.has_poses) return;
  Fail(format, " holds the cameras' poses, which are not known here: only their intrinsics are");
}

void RequireIntrinsics(const CameraSet& set, std::string_view format) {
  if (set.has_intrinsics) return;
  Fail(format, " holds the cameras' intrinsics, which are not known here: only their poses are");
}

void RequireShortLens(const CameraSet& set, int most_coefficients, std::string_view format) {
  for (const CalibratedCamera& camera : set.cameras) {
    const LensDistortion& lens = camera.camera.lens;
    const bool fits = most_coefficients == 4 ? !lens.is_fisheye && lens.k3 == 0 && lens.k4 == 0 &&
                                                   lens.k5 == 0 && lens.k6 == 0
                                             : lens.IsNone();
    if (fits) continue;
    Fail(format, ": camera ", Quoted(camera.name), " has a lens distortion ",
         most_coefficients == 4 ? "beyond k1, k2, p1, p2" : "",
         most_coefficients == 4 ? ", which" : "that", " this format cannot hold");
  }
}

std::vector<fs::path> FilesAt(const fs::path& path, const std::vector<std::string>& extensions) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return {path};
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    const std::string extension = entry.path().extension().string();
    const bool wanted =
        std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
    if (wanted && entry.is_regular_file(error)) files.push_back(entry.path());
  }
  if (error) Fail(NameOf(path), ": the folder cannot be read: ", error.message());
  if (files.empty()) {
    std::string list;
    for (const std::string& extension : extensions) list += (list.empty() ? "" : ", ") + extension;
    Fail(NameOf(path), ": the folder has no file that ends in ", list);
  }
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return NaturallyBefore(a.filename().string(), b.filename().string());
  });
  return files;
}

}  // namespace ceres_align
