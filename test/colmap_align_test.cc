// A COLMAP model of 12 cameras and a mesh in other units and axes: scale and pose are found without
// a start, written back as COLMAP and read by COLMAP's own rules.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "align_testing.h"
#include "ceres_align/align/align_unknowns.h"
#include "ceres_align/formats/formats.h"
#include "io_testing.h"

namespace ceres_align {
namespace {

using testing::TempFolder;

constexpr int kCameras = 12, kWidth_px = 192, kHeight_px = 144;

// As the images were taken: two rings around the object, COLMAP's axes anyhow.
struct Truth {
  double scale;               // a length in COLMAP's unit, of one in the mesh's
  TriangleMesh mesh;          // in the mesh's units
  Rigid3d world_from_scaled;  // of the mesh times scale
  Camera camera;
  std::vector<Rigid3d> cam_from_world;
};

Truth MakeTruth(double scale) {
  Truth truth;
  truth.scale = scale;
  truth.mesh = MakeMultiPart(2000);
  CleanMesh(&truth.mesh);
  const double to_mm = 100 / BoundingSphere(truth.mesh).radius;
  for (Eigen::Vector3d& v : truth.mesh.vertices) v = to_mm * v + Eigen::Vector3d(20, -30, 10);
  truth.camera = {kWidth_px, kHeight_px, 260, 261, 97.5, 70.25};
  testing::Random random("colmap_align", 0);
  truth.world_from_scaled =
      Rigid3d(random.Rotation(), Eigen::Vector3d(500 * scale * Eigen::Vector3d(1, -0.6, 0.4)));
  const Sphere sphere = BoundingSphere(truth.mesh);
  const Eigen::Vector3d center = truth.world_from_scaled * (scale * sphere.center);
  const double distance = scale * sphere.radius * 260 / (0.36 * kHeight_px);
  const Eigen::Quaterniond axes = random.Rotation();
  for (int i = 0; i < kCameras; ++i) {
    const Eigen::Quaterniond turn = ExpRotation({0, 2 * M_PI * i / kCameras, 0}) *
                                    ExpRotation({i % 2 == 0 ? 0.3 : -0.5, 0, 0}) * axes;
    const Eigen::Vector3d in_cam(0.02 * distance, 0, distance * (1 + 0.1 * (i % 3)));
    truth.cam_from_world.emplace_back(turn, Eigen::Vector3d(in_cam - turn * center));
  }
  return truth;
}

TriangleMesh Scaled(TriangleMesh mesh, double factor) {
  for (Eigen::Vector3d& v : mesh.vertices) v *= factor;
  return mesh;
}

// What COLMAP would have written; not by our writer.
void WriteModel(const Truth& truth, const TempFolder& folder) {
  std::ostringstream cameras, images;
  cameras << "1 PINHOLE " << kWidth_px << ' ' << kHeight_px << " 260 261 97.5 70.25\n";
  images.precision(17);
  for (size_t i = 0; i < truth.cam_from_world.size(); ++i) {
    const Eigen::Quaterniond& q = truth.cam_from_world[i].rotation;
    const Eigen::Vector3d& t = truth.cam_from_world[i].translation;
    images << i + 1 << ' ' << q.w() << ' ' << q.x() << ' ' << q.y() << ' ' << q.z() << ' ' << t.x()
           << ' ' << t.y() << ' ' << t.z() << " 1 im" << i << ".png\n\n";
  }
  folder.Write("cameras.txt", cameras.str());
  folder.Write("images.txt", images.str());
}

// Where each image of a model sees a point, by COLMAP's documentation of its text format.
std::map<std::string, Eigen::Vector2d> ProjectByColmap(const std::filesystem::path& folder,
                                                       const Eigen::Vector3d& x) {
  std::map<int, Eigen::Vector4d> pinholes;
  std::map<std::string, Eigen::Vector2d> seen;
  std::string line;
  for (std::ifstream in(folder / "cameras.txt"); std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    int id = 0, width = 0, height = 0;
    std::string model;
    Eigen::Vector4d p;
    words >> id >> model >> width >> height >> p[0] >> p[1] >> p[2] >> p[3];
    EXPECT_TRUE(words) << line;
    EXPECT_EQ(model, "PINHOLE");
    pinholes[id] = p;
  }
  for (std::ifstream in(folder / "images.txt"); std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    int id = 0, camera = 0;
    double w = 0, a = 0, b = 0, c = 0;
    Eigen::Vector3d t;
    std::string name;
    words >> id >> w >> a >> b >> c >> t[0] >> t[1] >> t[2] >> camera >> name;
    EXPECT_TRUE(words) << line;
    Eigen::Matrix3d R;  // of a Hamilton quaternion w + ai + bj + ck
    R << 1 - 2 * (b * b + c * c), 2 * (a * b - w * c), 2 * (a * c + w * b),  //
        2 * (a * b + w * c), 1 - 2 * (a * a + c * c), 2 * (b * c - w * a),   //
        2 * (a * c - w * b), 2 * (b * c + w * a), 1 - 2 * (a * a + b * b);
    const Eigen::Vector3d y = R * x + t;
    const Eigen::Vector4d& p = pinholes.at(camera);
    seen[name] = {p[0] * y.x() / y.z() + p[2], p[1] * y.y() / y.z() + p[3]};
    std::getline(in, line);  // POINTS2D
  }
  return seen;
}

Scene SceneOf(const CameraSet& set, const TriangleMesh& mesh, const std::vector<ImageF>& masks) {
  Scene scene;
  scene.meshes = {std::make_shared<TriangleMesh>(mesh)};
  scene.mesh_names = {"mesh"};
  for (size_t i = 0; i < set.cameras.size(); ++i) {
    View view;
    view.name = set.cameras[i].name;
    view.camera = set.cameras[i].camera;
    view.mask = masks[i];
    view.cam_from_rig = set.cameras[i].cam_from_reference;
    scene.views.push_back(view);
  }
  return scene;
}

class ColmapAlign : public ::testing::TestWithParam<double> {};

TEST_P(ColmapAlign, ScaleAndPoseOfTwelveCameras) {
  const double true_scale = GetParam();
  const Truth truth = MakeTruth(true_scale);
  const TempFolder folder;
  WriteModel(truth, folder);
  CameraSet set = ReadCameras("colmap:" + folder.path().string(), {});
  ASSERT_EQ(set.cameras.size(), static_cast<size_t>(kCameras));
  std::vector<ImageF> masks;
  const TriangleMesh scaled = Scaled(truth.mesh, true_scale);
  for (const Rigid3d& cam_from_world : truth.cam_from_world) {
    masks.push_back(RenderMask(scaled, cam_from_world * truth.world_from_scaled, truth.camera));
  }
  const Scene scene = SceneOf(set, truth.mesh, masks);
  UnknownOptions unknowns;
  unknowns.scale_sigma = UnknownOptions::kFree;
  CpuRasterizer rasterizer(2);
  const UnknownsResult result = AlignUnknowns(scene, unknowns, &rasterizer, AlignOptions());
  EXPECT_TRUE(result.align.searched);
  EXPECT_EQ(result.align.status, AlignStatus::kConverged);
  const double scale = std::exp(result.values.log_scale);
  EXPECT_NEAR(scale / true_scale, 1, 1e-3);
  const PoseError error = ComparePoses(result.align.rig_from_world, truth.world_from_scaled,
                                       true_scale * BoundingSphere(truth.mesh).center);
  EXPECT_LT(error.rotation_deg, 0.1);
  RecordProperty("scale_percent", std::to_string(100 * (scale / true_scale - 1)));
  RecordProperty("rotation_deg", std::to_string(error.rotation_deg));
  // Back as a model whose world is the mesh itself, in its own units: x_cam = R x + t/scale.
  for (CalibratedCamera& camera : set.cameras) {
    camera.cam_from_reference = camera.cam_from_reference * result.align.rig_from_world;
    camera.cam_from_reference.translation /= scale;
  }
  WriteCameras("colmap:" + (folder / "back").string(), set);
  for (const size_t v : {0, 100, 500, 900}) {
    const Eigen::Vector3d& x = truth.mesh.vertices[v];
    const auto seen = ProjectByColmap(folder / "back", x);
    ASSERT_EQ(seen.size(), static_cast<size_t>(kCameras));
    for (int i = 0; i < kCameras; ++i) {
      const Rigid3d cam_from_scaled =
          truth.cam_from_world[static_cast<size_t>(i)] * truth.world_from_scaled;
      const Eigen::Vector2d px = truth.camera.Project(cam_from_scaled * (true_scale * x));
      EXPECT_LT((seen.at("im" + std::to_string(i) + ".png") - px).norm(), 0.05) << i;
    }
  }
}

// Any unit of COLMAP's; millimetres in a world of metres, and the other way.
INSTANTIATE_TEST_SUITE_P(Units, ColmapAlign, ::testing::Values(0.0137, 0.001, 1000.0));

}  // namespace
}  // namespace ceres_align
