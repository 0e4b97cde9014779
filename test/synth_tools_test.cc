// make_mesh and make_masks as a user runs them.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ceres_align/io/conventions.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/scene_io.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/rooster.h"

namespace ceres_align {
namespace {

namespace fs = std::filesystem;

std::string ReadAll(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class SynthTools : public testing::Test {
 protected:
  SynthTools() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) /
              ("ceres_align_synth_" + std::string(info->name()) + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~SynthTools() override { fs::remove_all(folder_); }

  /// The exit code; out_ and err_ get what was printed.
  int Run(const std::string& command) {
    const std::string line = "cd '" + folder_.string() + "' && '" CERES_ALIGN_TOOLS_DIR "/'" +
                             command + " > out.txt 2> err.txt";
    const int status = std::system(line.c_str());
    out_ = ReadAll(folder_ / "out.txt");
    err_ = ReadAll(folder_ / "err.txt");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void ExpectBadInput(const std::string& command, const std::string& named) {
    EXPECT_EQ(Run(command), 1) << command;
    EXPECT_EQ(std::count(err_.begin(), err_.end(), '\n'), 1) << err_;
    EXPECT_NE(err_.find(named), std::string::npos) << err_;
    fs::remove(folder_ / "out.txt");
    fs::remove(folder_ / "err.txt");
    EXPECT_TRUE(fs::is_empty(folder_)) << command;
  }
  fs::path folder_;
  std::string out_, err_;
  const std::string mesh_ = CERES_ALIGN_SOURCE_DIR "/data/rooster_small.obj";
};

// A hard mask, as the file stores it, is what the truth in the scene file renders to.
void ExpectTruthRendersTheMasks(const Scene& scene, int samples) {
  ASSERT_TRUE(scene.true_rig_from_world);
  for (const View& view : scene.views) {
    const ImageF mask =
        RenderMask(*scene.meshes[view.mesh_index],
                   view.cam_from_rig * *scene.true_rig_from_world * view.world_from_object,
                   view.camera, samples);
    ASSERT_EQ(mask.pixels.size(), view.mask.pixels.size());
    int different = 0;
    for (size_t i = 0; i < mask.pixels.size(); ++i) {
      // Pixels on a grazing sample may flip by the pose's last bit; none does by more.
      if (std::abs(mask.pixels[i] - view.mask.pixels[i]) > 0.5 / 255 + 1e-6) ++different;
    }
    EXPECT_EQ(different, 0) << view.name;
  }
}

TEST_F(SynthTools, DataRoosterIsMakeMeshsOutput) {
  ASSERT_EQ(Run("make_mesh --shape rooster --faces 10000 --decimals 4 --out r.obj"), 0) << err_;
  // Vertex by vertex within a last digit: another compiler's libm may round it differently.
  const TriangleMesh made = LoadMesh(folder_ / "r.obj").mesh;
  const LoadedMesh kept = LoadMesh(mesh_);
  ASSERT_EQ(made.vertices.size(), kept.mesh.vertices.size());
  for (size_t i = 0; i < made.vertices.size(); ++i) {
    ASSERT_LT((made.vertices[i] - kept.mesh.vertices[i]).cwiseAbs().maxCoeff(), 1.5e-4) << i;
  }
  EXPECT_EQ(made.faces, kept.mesh.faces);
  EXPECT_TRUE(kept.warnings.empty());
  EXPECT_EQ(kept.clean.zero_area + kept.clean.welded_vertices, 0);
  EXPECT_TRUE(Analyze(kept.mesh).closed_manifold());
}

TEST_F(SynthTools, MakeMeshWritesPlyAndListsShapes) {
  ASSERT_EQ(Run("make_mesh --shape torus --faces 500 --out t.ply"), 0) << err_;
  EXPECT_EQ(Analyze(LoadMesh(folder_ / "t.ply").mesh).euler, 0);
  ASSERT_EQ(Run("make_mesh --list"), 0);
  EXPECT_EQ(out_.rfind("rooster\n", 0), 0u);
}

TEST_F(SynthTools, DefaultsGiveTheDemosMasks) {
  ASSERT_EQ(Run("make_masks --mesh '" + mesh_ + "' --num_views 2 --out_dir scene"), 0) << err_;
  const Scene scene = LoadScene(folder_ / "scene" / "scene.json").scene;
  ASSERT_EQ(scene.views.size(), 2u);
  ExpectTruthRendersTheMasks(scene, 1);
  EXPECT_FALSE(scene.initial_rig_from_world);
  const Rigid3d pose = *scene.true_rig_from_world;
  EXPECT_NEAR((pose.TargetOriginInSource() - Eigen::Vector3d(81, 0, 96)).norm(), 0, 1e-9);
  // The second camera stands on the same circle, 30° further, at the same height.
  const Eigen::Vector3d center = (scene.views[1].cam_from_rig * pose).TargetOriginInSource();
  const Eigen::Vector3d expected =
      Eigen::AngleAxisd(M_PI / 6, Eigen::Vector3d::UnitY()) * Eigen::Vector3d(81, 0, 96);
  EXPECT_NEAR((center - expected).norm(), 0, 1e-9);
  // Enough of the picture for a demo: the rooster spans about a third of its height.
  int top = 256, bottom = -1;
  for (int y = 0; y < 256; ++y) {
    for (int x = 0; x < 306; ++x) {
      if (scene.views[0].mask.at(x, y) == 0) continue;
      top = std::min(top, y);
      bottom = std::max(bottom, y);
    }
  }
  EXPECT_NEAR(bottom - top, 81, 4);
}

TEST_F(SynthTools, RandomPosesHaveTheirStartAndFill) {
  ASSERT_EQ(Run("make_masks --mesh '" + mesh_ +
                "' --num_poses 3 --num_views 2 --rig_angle_deg 60 --samples 4 --image_size 200x160 "
                "--start_rotation_deg 20 --start_translation_percent 5 --out_dir s --seed 3"),
            0)
      << err_;
  std::string first;
  for (const char* name : {"pose_000", "pose_001", "pose_002"}) {
    const Scene scene = LoadScene(folder_ / "s" / name / "scene.json").scene;
    ExpectTruthRendersTheMasks(scene, 4);
    ASSERT_TRUE(scene.initial_rig_from_world);
    const Sphere object = BoundingSphere(*scene.meshes[0]);
    const PoseError error =
        ComparePoses(*scene.initial_rig_from_world, *scene.true_rig_from_world, object.center);
    EXPECT_NEAR(error.rotation_deg, 20, 1e-9);
    EXPECT_NEAR(error.translation_percent, 5, 1e-9);
    EXPECT_NEAR(
        RotationAngle_rad(scene.views[1].cam_from_rig.rotation, Eigen::Quaterniond::Identity()),
        M_PI / 3, 1e-12);
    // A sphere of the object's bounding radius would span 0.67 of the height.
    const double depth = (*scene.true_rig_from_world * object.center).z();
    const double span_px = 2 * scene.views[0].camera.fy_px * object.radius /
                           std::sqrt(depth * depth - object.radius * object.radius);
    EXPECT_NEAR(span_px / 160, 0.67, 1e-6);
  }
}

TEST_F(SynthTools, SeedsDecide) {
  const std::string flags =
      "make_masks --mesh '" + mesh_ + "' --wave_rms_px 1 --missing_blobs 2 --salt_and_pepper 0.01 ";
  ASSERT_EQ(Run(flags + "--seed 4 --out_dir a"), 0);
  ASSERT_EQ(Run(flags + "--seed 4 --out_dir b"), 0);
  ASSERT_EQ(Run(flags + "--seed 5 --out_dir c"), 0);
  EXPECT_EQ(ReadAll(folder_ / "a/view0.png"), ReadAll(folder_ / "b/view0.png"));
  EXPECT_EQ(ReadAll(folder_ / "a/scene.json"), ReadAll(folder_ / "b/scene.json"));
  EXPECT_NE(ReadAll(folder_ / "a/view0.png"), ReadAll(folder_ / "c/view0.png"));
}

TEST_F(SynthTools, SegmentedMasksAndMarkedOccludersAreWritten) {
  const std::string flags = "make_masks --mesh '" + mesh_ + "' --num_views 2 ";
  ASSERT_EQ(Run(flags + "--segmented 1 --out_dir s"), 0) << err_;
  ASSERT_EQ(Run(flags + "--segmented 1 --edge_blobs 0 --out_dir t"), 0) << err_;
  EXPECT_NE(ReadAll(folder_ / "s/view0.png"), ReadAll(folder_ / "t/view0.png"));
  ASSERT_EQ(Run(flags + "--occluded_outline 0.3 --mark_occluder --out_dir m"), 0) << err_;
  const Scene scene = LoadScene(folder_ / "m" / "scene.json").scene;
  for (const View& view : scene.views) {
    ASSERT_FALSE(view.weight.empty());
    // Where it is not ignored, the mask is the truth's.
    const ImageF truth =
        RenderMask(*scene.meshes[0], view.cam_from_rig * *scene.true_rig_from_world, view.camera);
    double ignored = 0, different = 0;
    for (size_t i = 0; i < truth.pixels.size(); ++i) {
      ignored += view.weight.pixels[i] == 0;
      different += view.weight.pixels[i] * std::abs(truth.pixels[i] - view.mask.pixels[i]);
    }
    EXPECT_GT(ignored, 100);
    EXPECT_EQ(different, 0);
  }
}

TEST_F(SynthTools, RelativePosesAreReadInTheNamedForm) {
  const std::string flags = "make_masks --mesh '" + mesh_ + "' --R_rel 0,20,0 --T_rel 5,1,2 ";
  for (const RigForm form : {RigForm::kPyTorch3dRow, RigForm::kPyTorch3dColumn, RigForm::kOpenCv}) {
    ASSERT_EQ(Run(flags + "--rig_convention " + ToString(form) + " --out_dir s"), 0) << err_;
    const Scene scene = LoadScene(folder_ / "s" / "scene.json").scene;
    PoseMatrices relative;
    relative.R = EulerXyz({0, 20 * M_PI / 180, 0});
    relative.T = {5, 1, 2};
    const Rigid3d expected = Cam2FromCam1(relative, form, "");
    EXPECT_LT(RotationAngle_rad(scene.views[1].cam_from_rig.rotation, expected.rotation), 1e-12);
    EXPECT_NEAR((scene.views[1].cam_from_rig.translation - expected.translation).norm(), 0, 1e-12);
  }
}

TEST_F(SynthTools, BadInputIsOneLineAndWritesNothing) {
  ExpectBadInput("make_mesh", "--out");
  ExpectBadInput("make_mesh --out a.stl", "a.stl");
  ExpectBadInput("make_mesh --out a.obj --shape hen", "hen");
  ExpectBadInput("make_mesh --out a.obj --faces 10", "10");
  ExpectBadInput("make_mesh --out a.obj --colour red", "colour");
  ExpectBadInput("make_masks --mesh '" + mesh_ + "' --out_dir s --mark_occluder", "occluded");
  ExpectBadInput("make_masks --mesh '" + mesh_ + "' --out_dir s --segmented -1", "rms_px");
  ExpectBadInput("make_mesh --out a.obj --holes 3", "--scan");
  ExpectBadInput("make_mesh --out a.obj --scan --bump_voxels 2", "bump_voxels");
  ExpectBadInput("make_mesh --out a.obj --scan --shape sheet", "not closed");
  ExpectBadInput("make_mesh --out a.obj --scan_of " + mesh_ + " --shape cube", "--shape");
  ExpectBadInput("make_masks --out_dir s", "--mesh");
  ExpectBadInput("make_masks --mesh '" + mesh_ + "'", "--out_dir");
  ExpectBadInput("make_masks --mesh nothing.obj --out_dir s", "nothing.obj");
  const std::string good = "make_masks --mesh '" + mesh_ + "' --out_dir s ";
  ExpectBadInput(good + "--image_size 0x10", "--image_size");
  ExpectBadInput(good + "--fov_deg 190", "190");
  ExpectBadInput(good + "--camera_location 1,2", "--camera_location");
  ExpectBadInput(good + "--samples 0", "--samples");
  ExpectBadInput(good + "--salt_and_pepper 2", "salt_and_pepper");
  ExpectBadInput(good + "--occluder cloud", "cloud");
  ExpectBadInput(good + "--R_rel 0,20,0", "--T_rel");
  ExpectBadInput(good + "--R_rel 0,20,0 --T_rel 1,2,3", "--rig_convention");
  ExpectBadInput(good + "--camera_rotation 0,20,0", "--camera_translation");
  ExpectBadInput(good + "--cam_from_world 1,2,3", "--cam_from_world");
  ExpectBadInput(good + "--num_views 0", "--num_views");
  ExpectBadInput(good + "--K 200,200,150,128 --fov_deg 50", "--fov_deg");
  ExpectBadInput(good + "--num_poses 3 --camera_location 1,2,3", "--camera_location");
  ExpectBadInput(good + "--fill 0.5", "--num_poses");
}

}  // namespace
}  // namespace ceres_align
