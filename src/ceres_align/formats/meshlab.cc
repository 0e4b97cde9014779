#include "ceres_align/formats/meshlab.h"

#include "ceres_align/formats/set_checks.h"
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/table.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::ExactNumber;
using io_internal::Fail;

namespace {

// As the value of an XML attribute.
std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ') {
      Fail("mlp: ", Quoted(text), " has a control character, which XML cannot hold");
    }
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string Numbers(std::initializer_list<double> values) {
  std::string text;
  for (const double v : values) text += (text.empty() ? "" : " ") + ExactNumber(v);
  return text;
}

std::string Raster(const CalibratedCamera& camera) {
  const VcgCamera v = ToVcg(camera.camera, camera.cam_from_reference);
  const Eigen::Matrix3d& R = v.R;
  const std::string image = camera.image.empty() ? camera.name + ".png" : camera.image;
  return Cat(
      "  <MLRaster label=\"", Escaped(camera.name), "\">\n   <VCGCamera TranslationVector=\"",
      Numbers({v.translation.x(), v.translation.y(), v.translation.z(), 1}), "\" RotationMatrix=\"",
      Numbers({R(0, 0), R(0, 1), R(0, 2), 0, R(1, 0), R(1, 1), R(1, 2), 0, R(2, 0), R(2, 1),
               R(2, 2), 0, 0, 0, 0, 1}),
      "\" CameraType=\"0\" BinaryData=\"0\" FocalMm=\"", Numbers({v.focal_mm}),
      "\" LensDistortion=\"0 0\" PixelSizeMm=\"",
      Numbers({v.pixel_size_mm.x(), v.pixel_size_mm.y()}), "\" ViewportPx=\"",
      camera.camera.width_px, " ", camera.camera.height_px, "\" CenterPx=\"",
      Numbers({v.center_px.x(), v.center_px.y()}), "\"/>\n   <Plane semantic=\"1\" fileName=\"",
      Escaped(image), "\"/>\n  </MLRaster>\n");
}

}  // namespace

std::vector<ExportedFile> WriteMeshLabProject(const CameraSet& set) {
  RequirePoses(set, "mlp");
  RequireIntrinsics(set, "mlp");
  std::string text =
      "<!DOCTYPE MeshLabDocument>\n<MeshLabProject>\n <MeshGroup/>\n <RasterGroup>\n";
  for (const CalibratedCamera& camera : set.cameras) {
    if (!camera.camera.lens.IsNone()) {
      Fail("mlp: camera ", Quoted(camera.name),
           " has a lens distortion, which MeshLab's own model cannot hold; undistort the picture");
    }
    text += Raster(camera);
  }
  return {{"", text + " </RasterGroup>\n</MeshLabProject>\n"}};
}

}  // namespace ceres_align
