// Which poses are called ambiguous: objects with known symmetries, seen by one or more cameras,
// with or without a start; masks from the independent point sampler.
#include <gflags/gflags.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <sstream>
#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/scene/symmetry.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/random.h"
#include "ceres_align/synth/shapes.h"

DEFINE_string(objects, "cylinder,prism6,sphere,cone,vase,cube,box,bar,blob,multi_part,rooster",
              "comma-separated: these, or mesh files (taken to be without rotational symmetry)");
DEFINE_int32(trials, 20, "poses a cell");
DEFINE_int32(seed, 1, "of poses and starts");
DEFINE_string(views, "1,2", "numbers of cameras, 60 deg apart");
DEFINE_string(starts_deg, "-1,10", "rotation of the start off the truth; -1: no start");
DEFINE_double(fov_deg, 60, "on the short side");
DEFINE_int32(width, 306, "px");
DEFINE_int32(height, 256, "px");
DEFINE_bool(print, false, "a line for each trial");
DEFINE_bool(symmetry_only, false, "only what FindSymmetry says, and its time");

namespace ceres_align {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;

// An object and, known from how it was made, its rotational symmetries: turns by 360/order degrees
// about z (0: by any angle), turning over about x, or any rotation at all.
struct Object {
  std::shared_ptr<const TriangleMesh> mesh;
  int order = 1;
  bool turns_over = false, sphere = false, cube = false;
};

// A surface of revolution about z with the given profile of (radius, height), open at the ends.
TriangleMesh Revolve(const std::vector<std::pair<double, double>>& profile, int sides) {
  TriangleMesh mesh;
  for (const auto& [radius, height] : profile) {
    for (int i = 0; i < sides; ++i) {
      const double angle = 2 * M_PI * i / sides;
      mesh.vertices.emplace_back(radius * std::cos(angle), radius * std::sin(angle), height);
    }
  }
  for (size_t ring = 0; ring + 1 < profile.size(); ++ring) {
    for (int i = 0; i < sides; ++i) {
      const int a = static_cast<int>(ring) * sides + i;
      const int b = static_cast<int>(ring) * sides + (i + 1) % sides;
      mesh.faces.push_back({a, b, b + sides});
      mesh.faces.push_back({a, b + sides, a + sides});
    }
  }
  return mesh;
}

TriangleMesh Scaled(TriangleMesh mesh, const Vector3d& factors) {
  for (Vector3d& v : mesh.vertices) v = v.cwiseProduct(factors);
  return mesh;
}

Object MakeObject(const std::string& name) {
  Object object;
  TriangleMesh mesh;
  if (name == "cylinder") {
    mesh = MakeCylinder(1, 2.6);
    object.order = 0;
    object.turns_over = true;
  } else if (name == "coin") {
    mesh = MakeCylinder(1, 1.1, 96);
    object.order = 0;
    object.turns_over = true;
  } else if (name == "cylinder32") {
    mesh = MakeCylinder(1, 2.6, 32);
    object.order = 32;
    object.turns_over = true;
  } else if (name == "sphere") {
    mesh = MakeIcosphere(1, 4);
    object.sphere = true;
  } else if (name == "uv_sphere") {
    mesh = MakeUvSphere(1, 32, 64);
    object.sphere = true;
  } else if (name == "cone") {
    mesh = Revolve({{1e-9, -1}, {1, -1}, {1e-9, 1.2}}, 64);
    object.order = 0;
  } else if (name == "vase") {
    std::vector<std::pair<double, double>> profile;
    for (int i = 0; i <= 40; ++i) {
      profile.emplace_back(0.6 + 0.25 * std::sin(0.11 * i) + 0.004 * i, -1.2 + 0.06 * i);
    }
    mesh = Revolve(profile, 72);
    object.order = 0;
  } else if (name == "cube") {
    mesh = MakeCube();
    object.cube = true;
  } else if (name == "box") {
    mesh = Scaled(MakeCube(), {1, 0.6, 1.5});
    object.order = 2;
    object.turns_over = true;
  } else if (name == "bar") {
    mesh = Scaled(MakeCube(), {0.5, 0.5, 1.5});
    object.order = 4;
    object.turns_over = true;
  } else if (name.rfind("prism", 0) == 0) {
    object.order = std::stoi(name.substr(5));
    mesh = MakePrism(1, 1.6, object.order);
    object.turns_over = true;
  } else if (name.find('.') != std::string::npos) {
    mesh = LoadMesh(name).mesh;
  } else {
    mesh = MakeShape(name, 6000, 7);
  }
  CleanMesh(&mesh);
  object.mesh = std::make_shared<TriangleMesh>(std::move(mesh));
  return object;
}

// Degrees between a rotation of the object in its own axes and its nearest symmetry.
double SymmetricError_deg(const Object& object, const Matrix3d& turn) {
  if (object.sphere) return 0;
  const auto angle = [](const Matrix3d& R) { return Eigen::AngleAxisd(R).angle() * 180 / M_PI; };
  double least = 360;
  if (object.cube) {
    // The nearest signed permutation.
    int order[3] = {0, 1, 2};
    do {
      for (int signs = 0; signs < 8; ++signs) {
        Matrix3d g = Matrix3d::Zero();
        for (int k = 0; k < 3; ++k) g(k, order[k]) = (signs >> k) & 1 ? -1 : 1;
        if (g.determinant() > 0) least = std::min(least, angle(g.transpose() * turn));
      }
    } while (std::next_permutation(order, order + 3));
    return least;
  }
  for (int over = 0; over <= (object.turns_over ? 1 : 0); ++over) {
    const Vector3d z = turn.col(2);
    if (object.order == 0) {
      const double cosine = over ? -z.z() : z.z();
      least = std::min(least, std::atan2(z.head<2>().norm(), cosine) * 180 / M_PI);
      continue;
    }
    for (int i = 0; i < object.order; ++i) {
      const Matrix3d g = (Eigen::AngleAxisd(2 * M_PI * i / object.order, Vector3d::UnitZ()) *
                          Eigen::AngleAxisd(over * M_PI, Vector3d::UnitX()))
                             .toRotationMatrix();
      least = std::min(least, angle(g.transpose() * turn));
    }
  }
  return least;
}

Scene MakeTrial(const Object& object, int views, double start_deg, Random* random) {
  const Sphere sphere = BoundingSphere(*object.mesh);
  const double f = 0.5 * std::min(FLAGS_width, FLAGS_height) / std::tan(FLAGS_fov_deg * M_PI / 360);
  const Camera camera{FLAGS_width, FLAGS_height, f, f, 0.5 * FLAGS_width, 0.5 * FLAGS_height};
  const double depth = sphere.radius * f / (0.36 * FLAGS_height) * random->Uniform(0.9, 1.15);
  const Eigen::Quaterniond rotation = random->Rotation();
  const Vector3d center(random->Uniform(-0.2, 0.2) * sphere.radius,
                        random->Uniform(-0.2, 0.2) * sphere.radius, depth);
  Scene scene;
  scene.meshes = {object.mesh};
  scene.true_rig_from_world = Rigid3d(rotation, Vector3d(center - rotation * sphere.center));
  const Eigen::Quaterniond start =
      ExpRotation(start_deg * M_PI / 180 * random->UnitVector()) * rotation;
  const Vector3d moved = center + 0.03 * depth * random->UnitVector();
  if (start_deg >= 0) {
    scene.initial_rig_from_world = Rigid3d(start, Vector3d(moved - start * sphere.center));
  }
  for (int i = 0; i < views; ++i) {
    View view;
    view.name = "view" + std::to_string(i);
    view.camera = camera;
    const Eigen::Quaterniond rig = ExpRotation({0, i * M_PI / 3, 0});
    const Vector3d pivot(0, 0, depth);
    view.cam_from_rig = Rigid3d(rig, Vector3d(pivot - rig * pivot));
    view.mask = RenderMask(*object.mesh, view.cam_from_rig * *scene.true_rig_from_world, camera);
    scene.views.push_back(view);
  }
  return scene;
}

struct Cell {
  int flagged = 0, right = 0, twin_right = 0;
  int kinds[4] = {0, 0, 0, 0}, unobserved = 0;
  double least_low = 1e9, least_high = 0, ratio_low = 1e9, ratio_high = 0;
};

void Run(const std::string& name, const Object& object, int views, double start_deg) {
  Cell cell;
  CpuRasterizer rasterizer(1);
  AlignOptions options;
  options.covariance = false;
  for (int trial = 0; trial < FLAGS_trials; ++trial) {
    Random random(1000003ull * FLAGS_seed + trial);
    const Scene scene = MakeTrial(object, views, start_deg, &random);
    const AlignResult result = Align(scene, &rasterizer, options);
    const auto error_of = [&](const Rigid3d& pose) {
      return SymmetricError_deg(object, scene.true_rig_from_world->R().transpose() * pose.R());
    };
    const double error = error_of(result.rig_from_world);
    bool right = error < 1, right_or_listed = right;
    cell.flagged += result.ambiguous ? 1 : 0;
    bool seen[4] = {false, false, false, false};
    for (const Alternative& other : result.alternatives) {
      if (other.kind == ModeKind::kMirrorTwin) {
        cell.ratio_low = std::min(cell.ratio_low, other.cost_ratio);
        cell.ratio_high = std::max(cell.ratio_high, other.cost_ratio);
      }
      if (!other.fits) continue;
      seen[static_cast<int>(other.kind)] = true;
      right_or_listed = right_or_listed || error_of(other.rig_from_world) < 1;
    }
    for (int k = 0; k < 4; ++k) cell.kinds[k] += seen[k] ? 1 : 0;
    cell.right += right ? 1 : 0;
    cell.twin_right += right_or_listed ? 1 : 0;
    const double least = result.observability ? result.observability->least : NAN;
    cell.unobserved += result.observability && !result.observability->unobserved.empty() ? 1 : 0;
    cell.least_low = std::min(cell.least_low, least);
    cell.least_high = std::max(cell.least_high, least);
    if (FLAGS_print) {
      std::printf(
          "  %s %d: %.3f deg, IoU %.4f, rms %.2f px, mean %.2f, stretches %.2f, long %.2f, least "
          "%.2g, weakest %s; %s\n",
          name.c_str(), trial, error, result.MeanIou(), result.views[0].contour_rms_px,
          result.views[0].contour.signed_mean_px, result.views[0].contour.coherent_rms_px,
          result.views[0].contour.long_rms_px, least,
          result.observability ? result.observability->weakest.c_str() : "-",
          result.ambiguity.c_str());
      for (const Alternative& other : result.alternatives) {
        std::printf("    %.2f %s: %s\n", other.cost_ratio, ToString(other.kind),
                    other.relation.c_str());
      }
    }
  }
  char ratios[60] = "-";
  if (cell.ratio_high > 0) {
    std::snprintf(ratios, sizeof(ratios), "%.2f…%.2f", cell.ratio_low, cell.ratio_high);
  }
  std::printf("| %s | %d | %g | %d | %d | %d | %d %d %d %d | %d | %.2g…%.2g | %s |\n", name.c_str(),
              views, start_deg, cell.flagged, cell.right, cell.twin_right, cell.kinds[1],
              cell.kinds[2], cell.kinds[3], cell.kinds[0], cell.unobserved, cell.least_low,
              cell.least_high, ratios);
  std::fflush(stdout);
}

void PrintSymmetry(const std::string& name, const Object& object) {
  CpuRasterizer rasterizer(1);
  const auto mesh = std::make_shared<ContourMesh>(*object.mesh);
  const MeshId id = rasterizer.AddMesh(mesh);
  constexpr int kRuns = 20;
  const std::clock_t start = std::clock();
  MeshSymmetry symmetry;
  for (int i = 0; i < kRuns; ++i) symmetry = FindSymmetry(*object.mesh, &rasterizer, id, id);
  const double ms = 1e3 * (std::clock() - start) / CLOCKS_PER_SEC / kRuns;
  std::printf("%s, %zu faces: %s%zu rotations, %s, axes", name.c_str(), object.mesh->faces.size(),
              symmetry.sphere ? "sphere, " : "", symmetry.rotations.size(),
              symmetry.mirror ? "mirror" : "no mirror");
  for (const SymmetryAxis& axis : symmetry.axes) {
    std::printf(" %d:(%.2f %.2f %.2f)", axis.order, axis.direction.x(), axis.direction.y(),
                axis.direction.z());
  }
  std::printf("; CPU %.2f ms\n", ms);
  OutlineComparer comparer(
      &rasterizer, id, id, symmetry.center,
      mesh->radius +
          (symmetry.center - Vector3d(mesh->center.x, mesh->center.y, mesh->center.z)).norm());
  std::printf("  deficit about z by 360/k:");
  for (int k = 2; k <= 12; ++k) {
    std::printf(
        " %d:%.2g", k,
        comparer.Deficit(Eigen::AngleAxisd(2 * M_PI / k, Vector3d::UnitZ()).toRotationMatrix(), 1));
  }
  std::printf("; by 1 rad %.2g; mirror x %.2g y %.2g z %.2g\n",
              comparer.Deficit(Eigen::AngleAxisd(1, Vector3d::UnitZ()).toRotationMatrix(), 1),
              comparer.Deficit(Vector3d(-1, 1, 1).asDiagonal(), 1),
              comparer.Deficit(Vector3d(1, -1, 1).asDiagonal(), 1),
              comparer.Deficit(Vector3d(1, 1, -1).asDiagonal(), 1));
}

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> items;
  std::stringstream stream(list);
  for (std::string item; std::getline(stream, item, ',');) items.push_back(item);
  return items;
}

int Main() {
  if (!FLAGS_symmetry_only) {
    std::printf("%dx%d, binary masks, fov %g deg, %d poses a cell\n", FLAGS_width, FLAGS_height,
                FLAGS_fov_deg, FLAGS_trials);
    std::printf(
        "| object | views | start deg | flagged | right | or listed | symmetry twin reversal other "
        "| unobserved | least information | twin's cost ratio |\n|---|---|---|---|---|---|---|---|"
        "---|---|\n");
  }
  for (const std::string& name : Split(FLAGS_objects)) {
    const Object object = MakeObject(name);
    if (FLAGS_symmetry_only) {
      PrintSymmetry(name, object);
      continue;
    }
    for (const std::string& views : Split(FLAGS_views)) {
      for (const std::string& start : Split(FLAGS_starts_deg)) {
        Run(name, object, std::stoi(views), std::stod(start));
      }
    }
  }
  return 0;
}

}  // namespace
}  // namespace ceres_align

int main(int argc, char** argv) {
  gflags::SetUsageMessage("tables of what is called ambiguous");
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  try {
    return ceres_align::Main();
  } catch (const ceres_align::InputError& error) {
    std::fprintf(stderr, "bench_modes: %s\n", error.what());
    return 1;
  }
}
