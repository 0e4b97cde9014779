// How exactly two objects in the same images are found of which the nearer hides half of the other.
// Binary masks of the independent point sampler.
#include <gflags/gflags.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "ceres_align/objects/align_objects.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/synth/object_pair.h"
#include "ceres_align/synth/shapes.h"

DEFINE_string(meshes, "multi_part:6000,blob:6000,rooster:6000,scan_rooster:40000",
              "comma-separated shape:faces of make_mesh; each stands behind each of near_meshes");
DEFINE_string(near_meshes, "blob:6000,rooster:6000,scan_rooster:40000", "likewise");
DEFINE_int32(pairs, 40, "");
DEFINE_int32(views, 1, "cameras, 40 degrees apart");
DEFINE_int32(width, 640, "px");
DEFINE_int32(height, 480, "px");
DEFINE_double(hidden, 0.5, "share of the farther object that the nearer hides in the first view");
DEFINE_double(start_deg, 5, "the starts' rotation off the truth; 0: no start");
DEFINE_double(start_percent, 4, "and translation");
DEFINE_bool(alone, false, "each object without its neighbour, all of it seen");
DEFINE_bool(one_round, false, "pixels of the other never count");
DEFINE_int32(sharp_window, ceres_align::AlignOptions().sharp_window, "AlignOptions::sharp_window");
DEFINE_int32(seed, 1, "of everything");
DEFINE_int32(num_threads, 0, "0: all");
DEFINE_bool(print_trials, false, "a line for each object");

namespace ceres_align {
namespace {

constexpr double kBar_deg = 0.05, kBar_percent = 0.05;

std::vector<TriangleMesh> Meshes(const std::string& flag) {
  std::vector<TriangleMesh> meshes;
  std::istringstream names(flag);
  for (std::string name; std::getline(names, name, ',');) {
    const size_t colon = name.find(':');
    if (colon == std::string::npos) throw InputError("--meshes: " + name + " has no faces' number");
    meshes.push_back(MakeShape(name.substr(0, colon), std::stoll(name.substr(colon + 1)), 7));
    CleanMesh(&meshes.back());
  }
  return meshes;
}

Rigid3d Off(const Rigid3d& truth, const Sphere& ball, Random* random) {
  const Eigen::Vector3d center = truth * ball.center;
  const Eigen::Quaterniond turn =
      ExpRotation(FLAGS_start_deg * M_PI / 180 * random->UnitVector()) * truth.rotation;
  const Eigen::Vector3d moved =
      center + 0.01 * FLAGS_start_percent * center.norm() * random->UnitVector();
  return Rigid3d(turn, Eigen::Vector3d(moved - turn * ball.center));
}

SceneObject MakeObject(const char* name, const PairMember& member, const ObjectPair& pair,
                       const Camera& camera, Random* random) {
  SceneObject object;
  object.name = name;
  Scene& scene = object.scene;
  scene.meshes = {std::make_shared<TriangleMesh>(member.mesh)};
  scene.mesh_names = {name};
  scene.true_rig_from_world = member.rig_from_world;
  if (FLAGS_start_deg > 0) {
    scene.initial_rig_from_world = Off(member.rig_from_world, BoundingSphere(member.mesh), random);
  }
  for (size_t v = 0; v < pair.cam_from_rig.size(); ++v) {
    View view;
    view.name = "view" + std::to_string(v);
    view.camera = camera;
    view.mask = FLAGS_alone ? member.whole[v] : member.seen[v];
    view.cam_from_rig = pair.cam_from_rig[v];
    scene.views.push_back(view);
  }
  return object;
}

struct Figures {
  std::vector<double> rotation_deg, translation_percent;
  int within = 0, usable = 0, right = 0, wrong_usable = 0;
  void Add(const ObjectResult& object) {
    const PoseError error =
        ComparePoses(object.align.rig_from_world, *object.scene.true_rig_from_world,
                     object.align.object_center_in_world);
    rotation_deg.push_back(error.rotation_deg);
    translation_percent.push_back(error.translation_percent);
    within += error.rotation_deg <= kBar_deg && error.translation_percent <= kBar_percent;
    usable += object.align.IsUsable();
    right += error.rotation_deg <= 2;
    wrong_usable += error.rotation_deg > 2 && object.align.IsUsable();
    if (!FLAGS_print_trials) return;
    std::printf("  %-8s %.4f deg %.4f %%, %s", object.name.c_str(), error.rotation_deg,
                error.translation_percent, object.align.IsUsable() ? "usable" : "not usable:");
    for (const Check& check : object.align.checks) {
      if (!check.passed) std::printf(" %s", check.name.c_str());
    }
    std::printf("\n");
  }
};

double Quantile(std::vector<double> values, double q) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(q * (values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void Print(const char* name, const Figures& all) {
  std::printf(
      "  %-8s within %.2f deg and %.2f %%: %d of %zu; rotation median %.4f p90 %.4f most %.4f deg; "
      "translation median %.4f p90 %.4f most %.4f %%; within 2 deg %d, usable %d, of them wrong "
      "%d\n",
      name, kBar_deg, kBar_percent, all.within, all.rotation_deg.size(),
      Quantile(all.rotation_deg, 0.5), Quantile(all.rotation_deg, 0.9),
      Quantile(all.rotation_deg, 1), Quantile(all.translation_percent, 0.5),
      Quantile(all.translation_percent, 0.9), Quantile(all.translation_percent, 1), all.right,
      all.usable, all.wrong_usable);
}

int Run() {
  const std::vector<TriangleMesh> meshes = Meshes(FLAGS_meshes),
                                  near_meshes = Meshes(FLAGS_near_meshes);
  CpuRasterizer rasterizer(FLAGS_num_threads);
  AlignOptions options;
  options.sharp_window = FLAGS_sharp_window;
  const double f = 0.5 * FLAGS_height / std::tan(20 * M_PI / 180);
  ObjectPairOptions pair_options;
  pair_options.camera = {FLAGS_width, FLAGS_height, f, f, 0.5 * FLAGS_width, 0.5 * FLAGS_height};
  pair_options.num_views = FLAGS_views;
  pair_options.hidden_share = FLAGS_hidden;
  Figures figures[2];
  std::vector<double> ms, hidden;
  int rounds = 0;
  for (int i = 0; i < FLAGS_pairs; ++i) {
    Random random(1000003ull * static_cast<uint64_t>(FLAGS_seed) + static_cast<uint64_t>(i));
    const auto index = static_cast<size_t>(i);
    ObjectPair pair;
    // A thin one cannot hide as much: then the next one does.
    for (size_t next = index; pair.hidden_share < FLAGS_hidden - 0.02; ++next) {
      pair = MakeObjectPair(meshes[index % meshes.size()], near_meshes[next % near_meshes.size()],
                            pair_options, &random);
    }
    hidden.push_back(pair.hidden_share);
    std::vector<SceneObject> objects = {
        MakeObject("farther", pair.farther, pair, pair_options.camera, &random),
        MakeObject("nearer", pair.nearer, pair, pair_options.camera, &random)};
    const auto begin = std::chrono::steady_clock::now();
    for (int part = 0; part < (FLAGS_alone || FLAGS_one_round ? 2 : 1); ++part) {
      std::vector<SceneObject> now = objects;
      if (FLAGS_alone || FLAGS_one_round) now = {objects[part]};
      for (size_t v = 0; FLAGS_one_round && v < now[0].scene.views.size(); ++v) {
        View& view = now[0].scene.views[v];
        view.weight = objects[1 - part].scene.views[v].mask;
        for (float& w : view.weight.pixels) w = 1 - w;
      }
      const ObjectsResult result = AlignObjects(now, &rasterizer, options);
      rounds = std::max(rounds, result.rounds);
      for (const ObjectResult& object : result.objects) {
        figures[object.name == "nearer"].Add(object);
      }
    }
    ms.push_back(1e3 *
                 std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::printf(
      "%d pairs, %d view(s), %dx%d, %s, %s; hidden in the first view: median %.0f, least %.0f %%\n",
      FLAGS_pairs, FLAGS_views, FLAGS_width, FLAGS_height,
      FLAGS_start_deg > 0 ? "from a start" : "no start",
      FLAGS_alone       ? "each alone"
      : FLAGS_one_round ? "the other's pixels never count"
                        : "together",
      100 * Quantile(hidden, 0.5), 100 * Quantile(hidden, 0));
  Print("farther", figures[0]);
  Print("nearer", figures[1]);
  std::printf("  at most %d rounds; median %.0f ms a pair, most %.0f\n", rounds, Quantile(ms, 0.5),
              Quantile(ms, 1));
  return 0;
}

}  // namespace
}  // namespace ceres_align

int main(int argc, char** argv) {
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  return ceres_align::Run();
}
