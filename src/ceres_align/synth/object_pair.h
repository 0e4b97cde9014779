// Two objects in the same images, of which the nearer hides a part of the other.
#pragma once

#include <vector>

#include "ceres_align/base/image.h"
#include "ceres_align/geometry/camera.h"
#include "ceres_align/geometry/mesh.h"
#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/synth/random.h"

namespace ceres_align {

struct ObjectPairOptions {
  Camera camera;
  int num_views = 1;
  double rig_angle_deg = 40;  ///< between neighbouring cameras, about the farther object's centre
  double hidden_share = 0.5;  ///< of the farther object's area in the first view; about
};

struct PairMember {
  TriangleMesh mesh;
  Rigid3d rig_from_world;
  std::vector<ImageF> whole;  ///< by view: its mask if it were alone
  std::vector<ImageF> seen;   ///< by view: without what the other one hides
};

struct ObjectPair {
  std::vector<Rigid3d> cam_from_rig;
  PairMember farther, nearer;  ///< in the first view
  double hidden_share = 0;     ///< of the farther one in the first view, as it came out
};

/// The meshes turned at random (so that the nearer can hide that share, if it can at all); the
/// nearer is scaled, so that both look about half as high as the
/// image, and their bounding spheres do not meet. Binary masks by point sampling (point_sampler.h);
/// in each view the sphere on the camera's side of the plane between them hides the other.
ObjectPair MakeObjectPair(const TriangleMesh& farther, const TriangleMesh& nearer,
                          const ObjectPairOptions& options, Random* random);

}  // namespace ceres_align
