// What is odd about a scene, though it may be meant: one line each, for the user.
#pragma once

#include <string>
#include <vector>

#include "ceres_align/geometry/scene.h"
#include "ceres_align/io/scene_io.h"

namespace ceres_align {

/// A few faces far from all others: they alone say how large the object is, so that it is taken
/// to surround the camera. Names the share of faces in the main body (the ball about the faces'
/// median centre that holds 95 % of them, twice as wide). Empty: there are none.
std::string StrayFacesHint(const TriangleMesh& mesh);

/// Sizes that do not go together by a factor of five or more, which is a wrong unit or scale: the
/// mesh's with the masks' where the start has the object; the mesh's with the rig's baselines
/// (where the rays through the masks' centres meet, against how large they are there). Sizes are
/// taken from the mesh's mean projected area, a quarter of its surface and at most its sphere's.
std::vector<std::string> ScaleHints(const Scene& scene);

/// A principal point at ((width − 1)/2, (height − 1)/2): the image's middle where the first
/// pixel's centre lies at 0, as OpenCV has it, though it is said to lie at 0.5. `place` begins
/// the line. Empty: it is elsewhere.
std::string PixelCenterHint(const ViewDescription& view, const std::string& place);

}  // namespace ceres_align
