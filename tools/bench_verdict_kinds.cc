#include "bench_verdict_kinds.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "ceres_align/synth/point_sampler.h"

namespace ceres_align {
namespace {

Camera CameraOf(const Setup& setup) {
  const double f =
      0.5 * std::min(setup.width_px, setup.height_px) / std::tan(0.5 * setup.fov_deg * M_PI / 180);
  return {setup.width_px, setup.height_px, f, f, 0.5 * setup.width_px, 0.5 * setup.height_px};
}

// The same centre and radius as the mesh that the masks are of.
void UseOtherMesh(Trial* trial, Random*) {
  const Sphere from = BoundingSphere(*trial->other), to = BoundingSphere(*trial->mesh);
  auto mesh = std::make_shared<TriangleMesh>(*trial->other);
  for (Eigen::Vector3d& v : mesh->vertices) {
    v = to.center + (v - from.center) * (to.radius / from.radius);
  }
  trial->scene.meshes = {mesh};
}

Change UseScaledMesh(double factor) {
  return [factor](Trial* trial, Random*) {
    auto mesh = std::make_shared<TriangleMesh>(*trial->mesh);
    const Sphere sphere = BoundingSphere(*mesh);
    for (Eigen::Vector3d& v : mesh->vertices) v = sphere.center + factor * (v - sphere.center);
    trial->scene.meshes = {mesh};
  };
}

// Longer along a random axis, the volume kept.
Change StretchMesh(double factor) {
  return [factor](Trial* trial, Random* random) {
    auto mesh = std::make_shared<TriangleMesh>(*trial->mesh);
    const Eigen::Vector3d center = BoundingSphere(*mesh).center, axis = random->UnitVector();
    for (Eigen::Vector3d& v : mesh->vertices) {
      const Eigen::Vector3d along = axis.dot(v - center) * axis, across = v - center - along;
      v = center + factor * along + across / std::sqrt(factor);
    }
    trial->scene.meshes = {mesh};
  };
}

// Without what lies beyond `part` of the radius in a random direction.
Change CutMesh(double part) {
  return [part](Trial* trial, Random* random) {
    const Sphere sphere = BoundingSphere(*trial->mesh);
    const Eigen::Vector3d direction = random->UnitVector();
    double farthest = 0;
    for (const Eigen::Vector3d& v : trial->mesh->vertices) {
      farthest = std::max(farthest, direction.dot(v - sphere.center));
    }
    auto mesh = std::make_shared<TriangleMesh>(*trial->mesh);
    const auto beyond = [&](int i) {
      return direction.dot(mesh->vertices[i] - sphere.center) > part * farthest;
    };
    mesh->faces.erase(std::remove_if(mesh->faces.begin(), mesh->faces.end(),
                                     [&](const std::array<int32_t, 3>& f) {
                                       return beyond(f[0]) || beyond(f[1]) || beyond(f[2]);
                                     }),
                      mesh->faces.end());
    CleanMesh(mesh.get());
    trial->scene.meshes = {mesh};
  };
}

void SwapMasks(Trial* trial, Random*) {
  std::swap(trial->scene.views[0].mask, trial->scene.views[1].mask);
}

// The second camera turned about the object, by so much in a random direction.
Change TurnRig(double angle_deg) {
  return [angle_deg](Trial* trial, Random* random) {
    View& view = trial->scene.views[1];
    const Eigen::Vector3d pivot = view.cam_from_rig * (*trial->scene.true_rig_from_world *
                                                       BoundingSphere(*trial->mesh).center);
    const Eigen::Quaterniond turn = ExpRotation(angle_deg * M_PI / 180 * random->UnitVector());
    view.cam_from_rig = Rigid3d(turn, Eigen::Vector3d(pivot - turn * pivot)) * view.cam_from_rig;
  };
}
// … about its own centre.
Change TurnCamera(double angle_deg) {
  return [angle_deg](Trial* trial, Random* random) {
    View& view = trial->scene.views[1];
    const Eigen::Quaterniond turn = ExpRotation(angle_deg * M_PI / 180 * random->UnitVector());
    view.cam_from_rig = Rigid3d(turn, Eigen::Vector3d::Zero()) * view.cam_from_rig;
  };
}
// … moved, in parts of the object's distance.
Change MoveCamera(double part) {
  return [part](Trial* trial, Random* random) {
    View& view = trial->scene.views[1];
    const double depth = trial->scene.true_rig_from_world->translation.norm();
    view.cam_from_rig.translation += part * depth * random->UnitVector();
  };
}

Change ScaleFocal(double factor) {
  return [factor](Trial* trial, Random*) {
    for (View& view : trial->scene.views) {
      view.camera.fx_px *= factor;
      view.camera.fy_px *= factor;
    }
  };
}

// Half of each mask's area is hidden: by a straight line, or by a rectangle over one half.
void HideHalf(ImageF* mask, double angle) {
  std::vector<double> along;
  const auto at = [&](int c, int r) { return std::cos(angle) * c + std::sin(angle) * r; };
  for (int r = 0; r < mask->height; ++r) {
    for (int c = 0; c < mask->width; ++c) {
      if (mask->at(c, r) > 0.5f) along.push_back(at(c, r));
    }
  }
  if (along.empty()) return;
  std::nth_element(along.begin(), along.begin() + along.size() / 2, along.end());
  const double middle = along[along.size() / 2];
  for (int r = 0; r < mask->height; ++r) {
    for (int c = 0; c < mask->width; ++c) {
      if (at(c, r) > middle) mask->at(c, r) = 0;
    }
  }
}
void HideHalfOfAll(Trial* trial, Random* random) {
  for (View& view : trial->scene.views) HideHalf(&view.mask, random->Uniform(0, 2 * M_PI));
}
void HideHalfOfOne(Trial* trial, Random* random) {
  HideHalf(&trial->scene.views[0].mask, random->Uniform(0, 2 * M_PI));
}
Change Occlude(double fraction) {
  return [fraction](Trial* trial, Random* random) {
    MaskNoise noise;
    noise.occluded_fraction = fraction;
    for (View& view : trial->scene.views) {
      view.mask = ApplyNoise(view.mask, noise, random->Bits());
    }
  };
}

void Usual(Setup*, Random*) {}
void Nothing(Trial*, Random*) {}

void AddRightKinds(std::vector<Kind>* kinds) {
  const auto add = [&](const std::string& name, std::function<void(Setup*, Random*)> set_up) {
    kinds->push_back({name, Group::kRight, 1, std::move(set_up), Nothing});
  };
  const auto add_hard = [&](const std::string& name, std::function<void(Setup*, Random*)> set_up) {
    kinds->push_back({name, Group::kHard, 1, std::move(set_up), Nothing});
  };
  add("clean binary", [](Setup* s, Random*) { s->samples = 1; });
  add("anti-aliased", [](Setup* s, Random*) { s->samples = 4; });
  add("salt 2 %", [](Setup* s, Random*) { s->noise.salt_and_pepper = 0.02; });
  add("small holes", [](Setup* s, Random*) {
    s->noise.missing_blobs = 3;
    s->noise.blob_radius = 0.05;
  });
  add_hard("holes", [](Setup* s, Random*) { s->noise.missing_blobs = 3; });
  add("waves 0.3 px", [](Setup* s, Random*) {
    s->noise.wave_rms_px = 0.3;
    s->noise.wave_length_px = 10;
  });
  add_hard("waves 0.5 px", [](Setup* s, Random*) { s->noise.wave_rms_px = 0.5; });
  add("waves salt", [](Setup* s, Random*) {
    s->noise.wave_rms_px = 0.3;
    s->noise.salt_and_pepper = 0.02;
    s->noise.wave_length_px = 10;
  });
  add("cut by frame", [](Setup* s, Random*) { s->lateral = 1.2; });
  add_hard("small, 40 px", [](Setup* s, Random*) { s->fill = 20.0 / 256; });
  add("large", [](Setup* s, Random*) { s->fill = 0.48; });
  add("612x512", [](Setup* s, Random*) {
    s->width_px = 612;
    s->height_px = 512;
  });
  add("long lens", [](Setup* s, Random*) { s->fov_deg = 12; });
  add("no start", [](Setup* s, Random*) { s->start = false; });
}

void AddWrongKinds(std::vector<Kind>* kinds) {
  const auto add = [&](const std::string& name, int least_views, Change change) {
    kinds->push_back({name, Group::kFalsified, least_views, Usual, std::move(change)});
  };
  add("other mesh", 1, UseOtherMesh);
  kinds->push_back({"other mesh no start", Group::kFalsified, 1,
                    [](Setup* s, Random*) { s->start = false; }, UseOtherMesh});
  add("stretched 10 %", 1, StretchMesh(1.1));
  add("stretched 20 %", 1, StretchMesh(1.2));
  add("part missing (40 %)", 1, CutMesh(0.6));
  add("part missing (20 %)", 1, CutMesh(0.8));
  add("size +10 %", 2, UseScaledMesh(1.1));
  add("size +5 %", 2, UseScaledMesh(1.05));
  add("swapped masks", 2, SwapMasks);
  kinds->push_back({"swapped no start", Group::kFalsified, 2,
                    [](Setup* s, Random*) { s->start = false; }, SwapMasks});
  for (double deg : {3.0, 5.0, 10.0, 30.0}) {
    const std::string text = std::to_string(static_cast<int>(deg)) + " deg";
    add("rig turned " + text, 2, TurnRig(deg));
    add("camera turned " + text, 2, TurnCamera(deg));
  }
  add("rig moved 2 %", 2, MoveCamera(0.02));
  add("rig moved 5 %", 2, MoveCamera(0.05));
  add("rig moved 10 %", 2, MoveCamera(0.1));
  add("rig moved 20 %", 2, MoveCamera(0.2));
  for (double factor : {0.7, 0.8, 0.9, 0.95, 1.05, 1.1, 1.2, 1.3}) {
    char text[32];
    std::snprintf(text, sizeof(text), "focal x %g", factor);
    add(text, 1, ScaleFocal(factor));
  }
  for (double factor : {0.8, 0.9, 1.1, 1.2}) {
    char text[32];
    std::snprintf(text, sizeof(text), "focal x %g in noise", factor);
    kinds->push_back({text, Group::kFalsified, 1,
                      [](Setup* s, Random*) {
                        s->noise.wave_rms_px = 0.3;
                        s->noise.salt_and_pepper = 0.02;
                        s->noise.wave_length_px = 10;
                      },
                      ScaleFocal(factor)});
  }
  add("half hidden", 1, HideHalfOfAll);
  add("half hidden in one", 2, HideHalfOfOne);
  add("occluder 50 %", 1, Occlude(0.5));
  add("occluder 25 %", 1, Occlude(0.25));
  kinds->push_back({"half hidden no start", Group::kFalsified, 1,
                    [](Setup* s, Random*) { s->start = false; }, HideHalfOfAll});
}

std::function<void(Setup*, Random*)> Segmented(double rms_px, bool start) {
  return [rms_px, start](Setup* s, Random*) {
    s->segmented_px = rms_px;
    s->start = start;
    // The waves are of pixels: at the sizes of photographs.
    s->width_px = 612;
    s->height_px = 512;
  };
}

void AddSegmentedKinds(std::vector<Kind>* kinds) {
  const auto add = [&](Group group, const std::string& name, int least_views,
                       std::function<void(Setup*, Random*)> set_up, Change change) {
    kinds->push_back(
        {"segmented " + name, group, least_views, std::move(set_up), std::move(change)});
  };
  add(Group::kSegmented, "0.5 px", 1, Segmented(0.5, true), Nothing);
  add(Group::kSegmented, "1 px", 1, Segmented(1, true), Nothing);
  add(Group::kSegmented, "2 px", 1, Segmented(2, true), Nothing);
  add(Group::kSegmented, "1 px no start", 1, Segmented(1, false), Nothing);
  const Group wrong = Group::kSegmentedFalsified;
  add(wrong, "1 px other mesh", 1, Segmented(1, true), UseOtherMesh);
  add(wrong, "1 px other mesh no start", 1, Segmented(1, false), UseOtherMesh);
  add(wrong, "1 px swapped masks", 2, Segmented(1, true), SwapMasks);
  add(wrong, "1 px stretched 20 %", 1, Segmented(1, true), StretchMesh(1.2));
  add(wrong, "1 px rig turned 10 deg", 2, Segmented(1, true), TurnRig(10));
  add(wrong, "1 px focal x 0.8", 1, Segmented(1, true), ScaleFocal(0.8));
  add(wrong, "1 px half hidden", 1, Segmented(1, true), HideHalfOfAll);
  add(wrong, "1 px occluder 25 %", 1, Segmented(1, true), Occlude(0.25));
}

}  // namespace

Trial MakeTrial(const MeshPtr& mesh, const Setup& setup, int num_views, Random* random) {
  Trial trial;
  trial.mesh = mesh;
  trial.setup = setup;
  const Camera camera = CameraOf(setup);
  const Sphere sphere = BoundingSphere(*mesh);
  const double depth = sphere.radius * camera.fx_px / (setup.fill * setup.height_px);
  const Eigen::Quaterniond rotation = random->Rotation();
  const double x = random->Uniform(-1, 1), y = random->Uniform(-1, 1);
  const Eigen::Vector3d center(setup.lateral * sphere.radius * x, setup.lateral * sphere.radius * y,
                               depth);
  Scene& scene = trial.scene;
  scene.meshes = {mesh};
  const Rigid3d truth(rotation, Eigen::Vector3d(center - rotation * sphere.center));
  scene.true_rig_from_world = truth;
  const Eigen::Quaterniond start =
      ExpRotation(setup.start_deg * M_PI / 180 * random->UnitVector()) * rotation;
  const Eigen::Vector3d moved = center + 0.01 * setup.start_percent * depth * random->UnitVector();
  if (setup.start) {
    scene.initial_rig_from_world = Rigid3d(start, Eigen::Vector3d(moved - start * sphere.center));
  }
  const Eigen::Vector3d pivot(0, 0, depth);
  const MaskNoise noise =
      setup.segmented_px > 0 ? SegmentedNoise(setup.segmented_px, random->Bits()) : setup.noise;
  for (int i = 0; i < num_views; ++i) {
    View view;
    view.name = "view" + std::to_string(i);
    view.camera = camera;
    const Eigen::Quaterniond turn = ExpRotation({0, i * setup.rig_deg * M_PI / 180, 0});
    view.cam_from_rig = Rigid3d(turn, Eigen::Vector3d(pivot - turn * pivot));
    view.mask = ApplyNoise(RenderMask(*mesh, view.cam_from_rig * truth, camera, setup.samples),
                           noise, random->Bits());
    scene.views.push_back(view);
  }
  return trial;
}

const char* ToString(Group group) {
  switch (group) {
    case Group::kRight:
      return "right";
    case Group::kHard:
      return "hard";
    case Group::kFalsified:
      return "falsified";
    case Group::kSegmented:
      return "segmented";
    case Group::kSegmentedFalsified:
      return "segmented_falsified";
  }
  return "";
}

std::vector<Kind> AllKinds() {
  std::vector<Kind> kinds;
  AddRightKinds(&kinds);
  AddWrongKinds(&kinds);
  AddSegmentedKinds(&kinds);
  return kinds;
}

}  // namespace ceres_align
