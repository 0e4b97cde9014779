// The generated arm: its own kinematics against robot/, its files, its scenes as a user makes them.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>

#include "ceres_align/io/camera_info.h"
#include "ceres_align/io/joint_states.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/robot/robot_model.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/robot_arm.h"
#include "ceres_align/synth/robot_files.h"
#include "io_testing.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::Contains;
using testing::TempFolder;

const RobotArm& Arm() {
  static const RobotArm arm = MakeRobotArm();
  return arm;
}

RobotModel WriteAndRead(const TempFolder& folder, UrdfOptions::Geometry geometry) {
  for (const RobotFile& file : ArmFiles(Arm())) {
    std::filesystem::create_directories((folder / file.path).parent_path());
    folder.Write(file.path, file.bytes);
  }
  UrdfOptions options;
  options.geometry = geometry;
  return ReadUrdf(folder / "arm_description/urdf/arm.urdf", options);
}

TEST(SynthRobot, LinksAreClosedAndOfTheSizeThatIsSaid) {
  ASSERT_EQ(Arm().links.size(), 8u);
  for (const TriangleMesh& link : Arm().links) {
    EXPECT_GE(link.faces.size(), 2000u);
    EXPECT_LE(link.faces.size(), 10000u);
    EXPECT_TRUE(Analyze(link).closed_manifold());
  }
}

TEST(SynthRobot, NeighboursOverlapAtEveryJoint) {
  // Of each link, vertices lie inside the bounding box of the next one and the other way round.
  ArmState state;
  state << 0.3, -0.4, 0.5, 0.6, -0.7, 0.8;
  const ArmPoses poses = ArmLinkPoses(Arm(), state);
  for (int i = 0; i <= kArmJoints; ++i) {
    const Eigen::Matrix4d next_from_link = poses[i + 1].inverse() * poses[i];
    const Box box = BoundingBox(Arm().links[i + 1].vertices);
    int inside = 0;
    for (const Eigen::Vector3d& v : Arm().links[i].vertices) {
      const Eigen::Vector3d p = (next_from_link * v.homogeneous()).head<3>();
      inside += ((p - box.low).array() > 0).all() && ((box.high - p).array() > 0).all();
    }
    EXPECT_GT(inside, 100) << i;
  }
}

TEST(SynthRobot, BothKinematicsAgree) {
  const TempFolder folder;
  const RobotModel model = WriteAndRead(folder, UrdfOptions::Geometry::kVisual);
  EXPECT_EQ(model.variable_names, ArmJointNames());
  testing::Random random("SynthRobot", 0);
  for (int trial = 0; trial < 100; ++trial) {
    ArmState state;
    for (int i = 0; i < kArmJoints; ++i) state[i] = random.Uniform(-3, 3);
    const ArmPoses truth = ArmLinkPoses(Arm(), state);
    const std::vector<Rigid3d> poses = LinkPoses(model, state);
    ASSERT_EQ(poses.size(), truth.size());
    for (size_t i = 0; i < poses.size(); ++i) {
      EXPECT_LT((MatrixOf(poses[i]) - truth[i]).cwiseAbs().maxCoeff(), 1e-12) << i;
    }
  }
}

TEST(SynthRobot, FilesGiveTheLinksBack) {
  const TempFolder folder;
  const RobotModel model = WriteAndRead(folder, UrdfOptions::Geometry::kVisual);
  for (size_t i = 0; i < Arm().links.size(); ++i) {
    std::vector<std::string> warnings;
    const TriangleMesh mesh = LinkMesh(model, static_cast<int>(i), &warnings);
    EXPECT_TRUE(warnings.empty()) << warnings[0];
    ASSERT_EQ(mesh.faces.size(), Arm().links[i].faces.size()) << i;
    // Floats, read back: exact, but for COLLADA's and the moved flange's rounding (below 1e-7 m).
    const double most = i == 4 || i == 7 ? 1e-7 : 1e-15;
    for (size_t f = 0; f < mesh.faces.size(); ++f) {
      for (int k = 0; k < 3; ++k) {
        const Eigen::Vector3d& v = mesh.vertices[mesh.faces[f][k]];
        const Eigen::Vector3d& truth = Arm().links[i].vertices[Arm().links[i].faces[f][k]];
        ASSERT_LT((v - truth).norm(), most) << i << " " << f;
      }
    }
  }
  const RobotModel coarse = WriteAndRead(folder, UrdfOptions::Geometry::kCollision);
  EXPECT_EQ(LinkMesh(coarse, 0).faces.size(), 12u);
  EXPECT_EQ(LinkMesh(coarse, 1).faces.size(), 512u);
}

int MakeScene(const TempFolder& folder, const std::string& flags) {
  const std::string line = "cd '" + folder.path().string() +
                           "' && '" CERES_ALIGN_TOOLS_DIR "/make_robot_scene' " + flags +
                           " > out.txt 2> err.txt";
  const int status = std::system(line.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Pixels in which the mask differs from what robot/ and the written truth say.
int WrongPixels(const std::filesystem::path& scene, int index, double added_to_joint_2_rad) {
  const RobotModel model = ReadUrdf(scene / "arm_description/urdf/arm.urdf");
  const Eigen::MatrixXd states = ReadJointStates(scene / "joint_states.csv", model.variable_names);
  EXPECT_EQ(states, ReadJointStates(scene / "joint_states.npy", model.variable_names));
  Eigen::VectorXd state = states.row(index);
  EXPECT_EQ(WhyBeyondLimits(model, state), "");
  state[1] += added_to_joint_2_rad;
  const std::vector<Rigid3d> poses = LinkPoses(model, state);
  const bool in_hand = std::filesystem::exists(scene / "true_flange_from_cam.csv");
  TriangleMesh seen;
  Rigid3d cam_from_base;
  if (in_hand) {
    const Rigid3d base_from_flange = poses[model.FindLink("flange")];
    cam_from_base = Inverse(base_from_flange * ReadRigid(scene / "true_flange_from_cam.csv"));
    seen = LoadMesh(scene / "object.ply").mesh;
    const Rigid3d base_from_object = ReadRigid(scene / "base_from_object.csv");
    for (auto& v : seen.vertices) v = base_from_object * v;
  } else {
    cam_from_base = Inverse(ReadRigid(scene / "true_base_from_cam.csv"));
    for (size_t i = 0; i < poses.size(); ++i) {
      const TriangleMesh link = LinkMesh(model, static_cast<int>(i));
      const int32_t first = static_cast<int32_t>(seen.vertices.size());
      for (const auto& v : link.vertices) seen.vertices.push_back(poses[i] * v);
      for (const auto& f : link.faces) {
        seen.faces.push_back({f[0] + first, f[1] + first, f[2] + first});
      }
    }
  }
  const ImageF expected =
      RenderMask(seen, cam_from_base, ReadCameraInfo(scene / "camera_info.yaml"));
  char name[32];
  std::snprintf(name, sizeof(name), "masks/mask_%03d.png", index);
  const ImageF mask = LoadMask(scene / name).mask;
  int wrong = 0, foreground = 0;
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    wrong += mask.pixels[i] != expected.pixels[i];
    foreground += mask.pixels[i] > 0;
  }
  EXPECT_GT(foreground, 2000);
  return wrong;
}

TEST(SynthRobot, ScenesMasksAreThoseOfTheWrittenFiles) {
  const TempFolder folder;
  for (const char* flags :
       {"--out_dir a --states 3 --seed 5", "--out_dir b --states 3 --eye_in_hand"}) {
    ASSERT_EQ(MakeScene(folder, flags), 0);
  }
  for (const char* scene : {"a", "b"}) {
    for (int i = 0; i < 3; ++i) EXPECT_LE(WrongPixels(folder / scene, i, 0), 2) << scene << i;
  }
}

TEST(SynthRobot, JointOffsetsAreInTheMasksOnly) {
  const TempFolder folder;
  ASSERT_EQ(MakeScene(folder, "--out_dir a --states 2 --joint_offset_deg joint_2:1.5,6:-0"), 0);
  ASSERT_EQ(MakeScene(folder, "--out_dir b --states 2"), 0);
  const auto states = [&](const char* scene) {
    return ReadJointStates(folder / scene / "joint_states.npy", ArmJointNames());
  };
  EXPECT_EQ(states("a"), states("b"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_GT(WrongPixels(folder / "a", i, 0), 50);
    EXPECT_LE(WrongPixels(folder / "a", i, 1.5 * M_PI / 180), 2);
  }
}

TEST(SynthRobot, BadFlagsAreNamed) {
  const TempFolder folder;
  for (const char* flags :
       {"", "--out_dir a --states 0", "--out_dir a --joint_offset_deg joint_9:1",
        "--out_dir a --joint_offset_deg 2", "--out_dir a --joint_offset_deg 2:x",
        "--out_dir a --joint_offset_deg 2:90", "--out_dir a --fov_deg 20"}) {
    EXPECT_EQ(MakeScene(folder, flags), 1) << flags;
    std::string line, more;
    std::ifstream err(folder / "err.txt");
    std::getline(err, line);
    EXPECT_PRED2(Contains, line, "make_robot_scene: --");
    EXPECT_FALSE(std::getline(err, more)) << more;
    EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  }
}

}  // namespace
}  // namespace ceres_align
