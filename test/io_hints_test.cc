// What is odd about a scene, and that nothing is said of what is not.
#include "ceres_align/io/conventions.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/scene_hints.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"
#include "io_testing.h"

namespace ceres_align::testing {
namespace {

void AddFarFaces(int count, double distance, TriangleMesh* mesh) {
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<int32_t>(mesh->vertices.size());
    const Eigen::Vector3d p(distance, i, 0);
    for (const Eigen::Vector3d& d :
         {Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(0.1, 0, 0), Eigen::Vector3d(0, 0.1, 0)}) {
      mesh->vertices.push_back(p + d);
    }
    mesh->faces.push_back({at, at + 1, at + 2});
  }
}

TEST(Hints, StrayFacesAreNamedWithTheShareOfTheRest) {
  TriangleMesh mesh = MakeMultiPart(4000);
  EXPECT_EQ(StrayFacesHint(mesh), "");
  const double share = 100.0 * mesh.faces.size() / (mesh.faces.size() + 3);
  AddFarFaces(3, 500, &mesh);
  const std::string hint = StrayFacesHint(mesh);
  char expected[40];
  std::snprintf(expected, sizeof(expected), "%.4g %% of its faces lie within ", share);
  EXPECT_EQ(hint.rfind(expected, 0), 0u) << hint;
  EXPECT_PRED2(Contains, hint, "the other 3 reach out to 500");
  const TempFolder folder;
  WritePly(folder / "a.ply", mesh);
  const LoadedMesh loaded = LoadMesh(folder / "a.ply");
  ASSERT_EQ(loaded.warnings.size(), 1u);
  EXPECT_PRED2(Contains, loaded.warnings[0], "a.ply: 99.");
}

TEST(Hints, NoShapeHasStrayFaces) {
  for (const std::string& name : ShapeNames()) {
    EXPECT_EQ(StrayFacesHint(MakeShape(name, 2000, 1)), "") << name;
  }
}

/// Two cameras half a radian apart see a shape from a distance of about 6.
Scene TwoViews(double mesh_scale) {
  Scene scene;
  const TriangleMesh mesh = MakeMultiPart(1500);
  const Rigid3d truth = FromPytorch3d(LookAt({1.5, 1, 6}), "truth");
  scene.initial_rig_from_world = FromPytorch3d(LookAt({2.2, 1.3, 5.8}), "start");
  for (const bool second : {false, true}) {
    View view;
    view.name = second ? "r" : "l";
    view.camera = {160, 120, 150, 150, 80, 60};
    if (second) {
      view.cam_from_rig =
          truth * Rigid3d(ExpRotation({0, 0.6, 0}), Eigen::Vector3d::Zero()) * Inverse(truth);
    }
    view.mask = RenderMask(mesh, view.cam_from_rig * truth, view.camera, 4);
    scene.views.push_back(view);
  }
  TriangleMesh scaled = mesh;
  for (Eigen::Vector3d& v : scaled.vertices) v *= mesh_scale;
  scene.meshes = {std::make_shared<const TriangleMesh>(scaled)};
  return scene;
}

TEST(Hints, AScaleThatFitsNeitherStartNorRigIsTold) {
  EXPECT_TRUE(ScaleHints(TwoViews(1)).empty());
  EXPECT_TRUE(ScaleHints(TwoViews(2)).empty());
  for (const double scale : {37.0, 1 / 37.0}) {
    const std::vector<std::string> hints = ScaleHints(TwoViews(scale));
    ASSERT_EQ(hints.size(), 2u);
    const std::string as = scale > 1 ? " times as large as" : " times as small as";
    EXPECT_EQ(hints[0].rfind("at the start the object would look about ", 0), 0u) << hints[0];
    EXPECT_EQ(hints[1].rfind("the mesh is about ", 0), 0u) << hints[1];
    for (const std::string& hint : hints) {
      EXPECT_PRED2(Contains, hint, as);
      const double times = std::stod(hint.substr(hint.find("about ") + 6));
      EXPECT_GT(times, 37 / 2.5) << hint;  // from a mean size
      EXPECT_LT(times, 37 * 2.5) << hint;
    }
  }
  Scene scene = TwoViews(37);
  scene.initial_rig_from_world.reset();
  EXPECT_EQ(ScaleHints(scene).size(), 1u);
  scene.views.pop_back();  // one camera alone says nothing of sizes
  EXPECT_TRUE(ScaleHints(scene).empty());
}

TEST(Hints, APrincipalPointInOpenCvsMiddle) {
  ViewDescription view;
  view.width_px = 640;
  view.height_px = 480;
  view.K << 500, 0, 319.5, 0, 500, 239.5, 0, 0, 1;
  EXPECT_PRED2(Contains, PixelCenterHint(view, "s.json: views[0]"), "is pixel_center 0 meant?");
  view.pixel_center = 0;
  EXPECT_EQ(PixelCenterHint(view, ""), "");
  view.pixel_center = 0.5;
  view.K(0, 2) = 320;
  EXPECT_EQ(PixelCenterHint(view, ""), "");
}

}  // namespace
}  // namespace ceres_align::testing
