// The runs of bench_verdict: how a scene is made, and what is falsified in it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ceres_align/geometry/scene.h"
#include "ceres_align/synth/mask_noise.h"
#include "ceres_align/synth/random.h"

namespace ceres_align {

using MeshPtr = std::shared_ptr<const TriangleMesh>;

// How a run is set up; what is falsified is changed after the masks are made.
struct Setup {
  int width_px = 306, height_px = 256;
  double fill = 0.36;    // the bounding sphere's radius in the image, of its height
  double fov_deg = 45;   // of the short side
  double rig_deg = 60;   // between neighbouring cameras
  double lateral = 0.1;  // the object's place, in its radii
  int samples = 1;
  bool start = true;
  double start_deg = 15, start_percent = 8;
  MaskNoise noise;
  double segmented_px = 0;  // SegmentedNoise instead, one network for all masks
};

struct Trial {
  Scene scene;
  MeshPtr mesh;   // that the masks are of
  MeshPtr other;  // some other mesh of the list
  Setup setup;
};

/// What is falsified.
using Change = std::function<void(Trial*, Random*)>;

/// What a run is counted with. Hard: right inputs, but so poor that some must be refused.
enum class Group { kRight, kHard, kFalsified, kSegmented, kSegmentedFalsified };
/// "right", "hard", "falsified", "segmented", "segmented_falsified".
const char* ToString(Group group);

struct Kind {
  std::string name;
  Group group;
  int least_views;
  std::function<void(Setup*, Random*)> set_up;
  Change falsify;

  /// The masks are as of a segmentation network: poses are right that are as near as those tell.
  bool is_segmented() const {
    return group == Group::kSegmented || group == Group::kSegmentedFalsified;
  }
  bool is_falsified() const {
    return group == Group::kFalsified || group == Group::kSegmentedFalsified;
  }
};

/// Right ones first, then falsified ones, then both with the masks of a segmentation network.
std::vector<Kind> AllKinds();

/// A scene of `num_views` cameras around the object, masks by the point sampler.
Trial MakeTrial(const MeshPtr& mesh, const Setup& setup, int num_views, Random* random);

}  // namespace ceres_align
