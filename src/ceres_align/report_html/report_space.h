// What the page's 3D view shows. Internal to report_html/.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "ceres_align/report_html/report_poses.h"

namespace ceres_align::report_html_internal {

/// About how many faces the mesh is shown with.
constexpr int kShownFaces = 16000;

/// Everything in the object's frame (that of the first view, at the result), about the mesh's
/// centre, mesh units:
///   {"radius", "faces", "shown_faces",
///    "mesh": {"low": [3], "high": [3], "vertices": 16 bit of the box, "triangles": 16 bit},
///    "cameras": [{"name", "center": [3], "corners": 4x[3], at distance 1 along the axis}],
///    "poses": [[qx, qy, qz, qw, x, y, z]]: where the object would be at each pose, as the first
///    view sees it; "others": the same,
///    "ellipsoid": {"center": [3], "axes": 3x[3]} of the position, 90 %, or null,
///    "moves": whether views see the object at places of their own, "meshes": how many there are}
nlohmann::ordered_json SpaceJson(const Scene& scene, const AlignResult& result,
                                 const std::vector<ReportPose>& poses,
                                 const std::vector<ReportPose>& other_poses);

}  // namespace ceres_align::report_html_internal
