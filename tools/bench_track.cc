// Tracks generated sequences and prints one line: errors, time a frame, how often it was lost.
#include <gflags/gflags.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/scene_io.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/synth/mask_noise.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/rooster.h"
#include "ceres_align/synth/shapes.h"
#include "ceres_align/track/tracker.h"

DEFINE_string(mesh, "", "A mesh file; empty: the rooster.");
DEFINE_int32(faces, 6000, "Of the rooster.");
DEFINE_int32(frames, 300, "Frames of the sequence.");
DEFINE_double(step_deg, 3, "The object turns so much a frame.");
DEFINE_double(sway, 0.1, "The object sways sideways by this part of its radius.");
DEFINE_int32(every, 1, "Only every n-th frame is looked at.");
DEFINE_int32(views, 1, "Cameras, 40 degrees apart.");
DEFINE_double(blobs, 0, "This part of the mask's area is missing, as round holes.");
DEFINE_double(soft_px, 0, "Standard deviation of the masks' soft edges, px.");
DEFINE_double(segmented, 0, "Masks as a network gives them, off by so many px rms.");
DEFINE_int32(empty_every, 0, "Every n-th frame has empty masks; 0: none.");
DEFINE_int32(jump_every, 0, "The object jumps by 90 degrees at every n-th frame; 0: never.");
DEFINE_int32(width, 640, "px");
DEFINE_int32(height, 480, "px");
DEFINE_int32(num_threads, 0, "Of the rasterizer; 0: all.");
DEFINE_bool(assess, false, "With covariance and verdict of every frame.");
DEFINE_bool(print, false,
            "A line for each frame that is off by more than 0.1 degrees or not tracked.");
DEFINE_string(out_dir, "", "Writes the mesh, scene.json and the masks there, and tracks nothing.");
DEFINE_uint64(seed, 1, "Of the noise.");

namespace ceres_align {
namespace {

using Eigen::Vector3d;

struct Sequence {
  Scene scene;  // without masks
  std::vector<Rigid3d> truth;
  std::vector<std::vector<ImageF>> masks;
};

Rigid3d PoseAt(int frame, const Vector3d& center, double radius, double distance) {
  const int jumps = FLAGS_jump_every > 0 ? frame / FLAGS_jump_every : 0;
  const double angle = (frame * FLAGS_step_deg + 90 * jumps) * M_PI / 180;
  // About an axis that is neither the camera's nor the object's own.
  const Eigen::Quaterniond turn(Eigen::AngleAxisd(angle, Vector3d(0.25, 1, 0.15).normalized()));
  const Eigen::Quaterniond upright(Eigen::AngleAxisd(M_PI, Vector3d::UnitX()));
  const Vector3d place(FLAGS_sway * radius * std::sin(0.05 * frame),
                       FLAGS_sway * radius * std::cos(0.037 * frame), distance);
  const Eigen::Quaterniond rotation = turn * upright;
  return Rigid3d(rotation, Vector3d(place - rotation * center));
}

MaskNoise NoiseFromFlags() {
  MaskNoise noise;
  if (FLAGS_segmented > 0) noise = SegmentedNoise(FLAGS_segmented, FLAGS_seed);
  if (FLAGS_blobs > 0) {
    noise.missing_blobs = 3;
    noise.blob_radius = std::sqrt(FLAGS_blobs / 3);
  }
  noise.soft_edge_px = FLAGS_soft_px;
  return noise;
}

Sequence MakeSequence() {
  Sequence sequence;
  auto mesh = std::make_shared<TriangleMesh>(FLAGS_mesh.empty() ? MakeRooster(FLAGS_faces)
                                                                : LoadMesh(FLAGS_mesh).mesh);
  Vector3d low = mesh->vertices[0], high = low;
  for (const Vector3d& v : mesh->vertices) {
    low = low.cwiseMin(v);
    high = high.cwiseMax(v);
  }
  const Vector3d center = 0.5 * (low + high);
  const double radius = 0.5 * (high - low).norm();
  const double focal = 1.2 * FLAGS_height, distance = focal * radius / (0.36 * FLAGS_height);
  const Camera camera = {FLAGS_width, FLAGS_height,      focal,
                         focal,       0.5 * FLAGS_width, 0.5 * FLAGS_height};
  sequence.scene.meshes = {mesh};
  sequence.scene.mesh_names = {"mesh"};
  const Vector3d place(0, 0, distance);
  for (int v = 0; v < FLAGS_views; ++v) {
    View view;
    view.name = "view" + std::to_string(v);
    view.camera = camera;
    const Eigen::Quaterniond turn(Eigen::AngleAxisd(v * 40 * M_PI / 180, Vector3d::UnitY()));
    view.cam_from_rig = Rigid3d(turn, Vector3d(place - turn * place));
    sequence.scene.views.push_back(view);
  }
  const MaskNoise noise = NoiseFromFlags();
  for (int f = 0; f < FLAGS_frames; f += FLAGS_every) {
    sequence.truth.push_back(PoseAt(f, center, radius, distance));
    std::vector<ImageF> masks;
    const bool empty = FLAGS_empty_every > 0 && f % FLAGS_empty_every == FLAGS_empty_every - 1;
    for (int v = 0; v < FLAGS_views; ++v) {
      const View& view = sequence.scene.views[static_cast<size_t>(v)];
      ImageF mask = empty ? ImageF(camera.width_px, camera.height_px, 0.0f)
                          : RenderMask(*mesh, view.cam_from_rig * sequence.truth.back(), camera, 1);
      if (!empty) {
        mask = ApplyNoise(mask, noise, FLAGS_seed + static_cast<uint64_t>(1000 * f + v));
      }
      masks.push_back(std::move(mask));
    }
    sequence.masks.push_back(std::move(masks));
  }
  return sequence;
}

double Percentile(std::vector<double> values, double share) {
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

int WriteSequence(const Sequence& sequence) {
  const std::filesystem::path folder = FLAGS_out_dir;
  SceneDescription description;
  description.mesh = "mesh.ply";
  description.true_rig_from_world = sequence.truth[0];
  WritePly(folder / "mesh.ply", *sequence.scene.meshes[0]);
  for (const View& view : sequence.scene.views) {
    ViewDescription item;
    item.name = view.name;
    item.mask = view.name + "/frame_0000.png";
    item.width_px = view.camera.width_px;
    item.height_px = view.camera.height_px;
    item.K = view.camera.K();
    item.cam_from_rig = view.cam_from_rig;
    description.views.push_back(item);
  }
  for (size_t f = 0; f < sequence.masks.size(); ++f) {
    char name[32];
    std::snprintf(name, sizeof(name), "frame_%04zu.png", f);
    for (size_t v = 0; v < sequence.masks[f].size(); ++v) {
      std::filesystem::create_directories(folder / sequence.scene.views[v].name);
      SaveMask(folder / sequence.scene.views[v].name / name, sequence.masks[f][v]);
    }
  }
  SaveScene(folder / "scene.json", description);
  std::printf("Written to %s\n", FLAGS_out_dir.c_str());
  return 0;
}

int Main() {
  Sequence sequence = MakeSequence();
  if (!FLAGS_out_dir.empty()) return WriteSequence(sequence);
  CpuRasterizer rasterizer(FLAGS_num_threads);
  const PreparedMeshes meshes = PrepareMeshes(sequence.scene);
  TrackOptions options;
  options.assess = FLAGS_assess;
  Tracker tracker(sequence.scene, meshes, &rasterizer, options);
  std::vector<double> ms, errors;
  size_t counts[4] = {}, within[2] = {}, good = 0;
  double first_ms = 0;
  for (size_t f = 0; f < sequence.masks.size(); ++f) {
    const bool empty =
        std::all_of(sequence.masks[f][0].pixels.begin(), sequence.masks[f][0].pixels.end(),
                    [](float v) { return v == 0; });
    const auto start = std::chrono::steady_clock::now();
    const TrackedFrame frame = tracker.Next(std::move(sequence.masks[f]));
    const double passed =
        1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (f == 0) first_ms = passed;
    ++counts[static_cast<int>(frame.status)];
    if (f > 0 && frame.status == TrackedFrame::Status::kTracked) ms.push_back(passed);
    if (empty) continue;
    ++good;
    const double error =
        RotationAngle_rad(frame.rig_from_world.rotation, sequence.truth[f].rotation) * 180 / M_PI;
    errors.push_back(error);
    within[0] += frame.has_pose() && error <= 0.1;
    within[1] += frame.has_pose() && error <= 0.5;
    if (FLAGS_print && (error > 0.1 || frame.status != TrackedFrame::Status::kTracked)) {
      std::printf("  frame %zu: %s, %.4f deg, IoU %.4f, rms %.3f px, %.1f ms\n", f,
                  ToString(frame.status), error, frame.iou, frame.contour_rms_px, passed);
    }
  }
  std::printf(
      "%zu frames: error median %.4f, worst %.4f deg; within 0.1 deg %zu, within 0.5 deg %zu of "
      "%zu; tracked %zu, searched %zu, lost %zu, no mask %zu; first %.1f ms, tracked: mean %.2f, "
      "median %.2f, 99 %% %.2f ms\n",
      sequence.masks.size(), Percentile(errors, 0.5), Percentile(errors, 1), within[0], within[1],
      good, counts[0], counts[1], counts[2], counts[3], first_ms,
      std::accumulate(ms.begin(), ms.end(), 0.0) / std::max<double>(1, ms.size()),
      Percentile(ms, 0.5), Percentile(ms, 0.99));
  return 0;
}

}  // namespace
}  // namespace ceres_align

int main(int argc, char** argv) {
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  return ceres_align::Main();
}
