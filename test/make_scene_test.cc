// make_scene and --export_cameras as a user runs them.
#include "ceres_align/formats/formats.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/mesh_io.h"
#include "cli_testing.h"
#include "io_testing.h"

namespace ceres_align::testing {
namespace {

class MakeSceneTest : public CliTest {
 protected:
  /// make_scene in the test's folder.
  Outcome Make(const std::string& arguments) const { return RunTool("make_scene", arguments); }
  Outcome RunTool(const std::string& tool, const std::string& arguments) const {
    const std::string command = "cd '" + work_.string() + "' && '" CERES_ALIGN_TOOLS_DIR "/" +
                                tool + "' " + arguments + " > ../out.txt 2> ../err.txt";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadAll(logs_ / "out.txt"),
            ReadAll(logs_ / "err.txt")};
  }
  void ExpectRefused(const std::string& arguments, const std::string& part) const {
    const std::set<std::string> before = Files();
    const Outcome outcome = Make(arguments);
    EXPECT_EQ(outcome.exit_code, 1) << arguments;
    EXPECT_EQ(outcome.err_lines(), 1) << outcome.err;
    EXPECT_EQ(outcome.err.rfind("make_scene: ", 0), 0u) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << arguments << "\n" << outcome.err;
    EXPECT_EQ(Files(), before) << arguments;
  }
  /// The cameras of WriteProblem in files, l and r; the reference is `reference_from_l` off.
  CameraSet WriteCamerasOf(const FileProblem& problem, const std::string& format,
                           const Rigid3d& l_from_reference = {}) const {
    CameraSet set;
    for (const ViewDescription& view : problem.description.views) {
      const Camera camera = CameraFromK(view.K, view.width_px, view.height_px, 0.5, "test");
      set.cameras.push_back(
          {view.name, camera, view.cam_from_rig.value_or(Rigid3d()) * l_from_reference, "", ""});
    }
    WriteCameras(format + ":" + (work_ / "cameras").string(), set);
    return set;
  }
  /// ceres_align finds the truth from the start given, in the world of the mesh.
  void ExpectRightPose(const std::string& scene, const FileProblem& problem) const {
    const Outcome outcome = Run("--scene " + scene + StartFlags(problem.start) +
                                " --outputs json --export_cameras matrix_cam_from_world:poses");
    ASSERT_NE(outcome.exit_code, 1) << outcome.err;
    const CameraSet found =
        ReadCameras("matrix_cam_from_world:" + (work_ / "poses").string(), SizeOfViews());
    ASSERT_EQ(found.cameras.size(), 2u);
    for (int i = 0; i < 2; ++i) {
      const Rigid3d truth = (i == 0 ? Rigid3d() : problem.cam2_from_cam1) * problem.truth;
      const Rigid3d& pose = found.cameras[i].cam_from_reference;
      EXPECT_LT(RotationAngle_rad(pose.rotation, truth.rotation), 0.3 * M_PI / 180) << i;
      EXPECT_LT((pose.translation - truth.translation).norm(), 0.05) << i;
    }
  }
  static CameraReadOptions SizeOfViews() {
    CameraReadOptions options;
    options.image_size = {120, 160};
    return options;
  }
};

TEST_F(MakeSceneTest, TheSolvedSceneIsWrittenForBlender) {
  const FileProblem problem = WriteProblem(work_);
  WriteCamerasOf(problem, "opencv");
  const Outcome made =
      Make("--import opencv:cameras --mesh m.obj --masks l.png,r.png --out scene.json");
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const Outcome outcome = Run("--scene scene.json" + StartFlags(problem.start) +
                              " --outputs none --photos . --export_cameras gltf:b/scene.glb");
  ASSERT_NE(outcome.exit_code, 1) << outcome.err;
  const TriangleMesh mesh = LoadMesh(work_ / "m.obj").mesh;
  const Box given = BoundingBox(mesh.vertices);
  const Box written = BoundingBox(LoadMesh(work_ / "b" / "scene.glb").mesh.vertices);
  EXPECT_LT((written.low - given.low).norm() + (written.high - given.high).norm(), 1e-5);
  const std::string script = ReadFile(work_ / "b" / "scene_blender.py");
  EXPECT_NE(script.find((work_ / "l.png").lexically_normal().string()), std::string::npos);
  ExpectBadInput("--scene scene.json --export_cameras gltf:scene.gltf", "expected gltf:NAME.glb");
}

TEST_F(MakeSceneTest, HelpListsTheFormats) {
  const Outcome outcome = Make("--help");
  EXPECT_EQ(outcome.exit_code, 0);
  for (const CameraFormat& format : CameraFormats()) {
    EXPECT_NE(outcome.out.find(std::string("\n  ") + format.name + " "), std::string::npos)
        << format.name;
  }
}

TEST_F(MakeSceneTest, AnImportedRigIsAlignedToTheRightPose) {
  const FileProblem problem = WriteProblem(work_);
  const Rigid3d off(ExpRotation({0.3, -0.2, 0.5}), Eigen::Vector3d(1, 2, 3));
  for (const char* format : {"opencv", "kalibr", "mayacam", "pytorch3d"}) {
    WriteCamerasOf(problem, format, off);
    fs::create_directories(work_ / "sub");
    // Kalibr's names are cam0 and cam1: by order, l before r.
    const Outcome outcome = Make(std::string("--import ") + format +
                                 ":cameras --mesh m.obj --masks '[lr].png' --out sub/scene.json");
    ASSERT_EQ(outcome.exit_code, 0) << format << outcome.err;
    const bool by_order = outcome.out.find("by order, NOT by name") != std::string::npos;
    EXPECT_EQ(by_order, std::string(format) == "kalibr") << outcome.out;
    EXPECT_NE(outcome.out.find("Taken: "), std::string::npos);
    const SceneDescription scene = ReadSceneDescription(work_ / "sub/scene.json");
    EXPECT_EQ(scene.mesh, "../m.obj");
    EXPECT_EQ(scene.views[1].mask, "../r.png");
    ExpectRightPose("sub/scene.json", problem);
    fs::remove_all(work_ / "cameras");
    fs::remove_all(work_ / "poses");
  }
}

// Masks as labels, as annotations of COCO's and as probabilities, matched to cameras by name.
TEST_F(MakeSceneTest, MasksOfEveryKind) {
  const FileProblem problem = WriteProblem(work_);
  WriteCamerasOf(problem, "opencv");
  fs::create_directories(work_ / "labels");
  Json coco = {{"images", Json::array()}, {"annotations", Json::array()}};
  for (const std::string name : {"r", "l"}) {
    ImageF mask = LoadMask(work_ / (name + ".png"), {}, 0.5).mask;
    const size_t id = coco["images"].size();
    coco["images"].push_back(
        {{"id", id}, {"file_name", "x/" + name + ".jpg"}, {"width", 160}, {"height", 120}});
    coco["annotations"].push_back(
        {{"image_id", id}, {"segmentation", {{"size", {120, 160}}, {"counts", CocoRuns(mask)}}}});
    for (float& v : mask.pixels) v = (v == 1 ? 3.0f : 200.0f) / 255;
    SaveMask(work_ / "labels" / (name + ".png"), mask);
  }
  std::ofstream(work_ / "c.json") << coco;
  const std::string run = "--import opencv:cameras --mesh m.obj --masks ";
  struct Case {
    std::string masks, left;
  };
  for (const Case& c : {Case{"'labels/*.png:3'", "../labels/l.png:3"},
                        Case{"labels/r.png:3,labels/l.png:3", "../labels/l.png:3"},
                        Case{"c.json:x/r.jpg,c.json:x/l.jpg", "../c.json:x/l.jpg"},
                        Case{"'[lr].png' --mask_threshold 0.5", "../l.png"}}) {
    const Outcome made = Make(run + c.masks + " --out sub/scene.json");
    ASSERT_EQ(made.exit_code, 0) << made.err;
    EXPECT_PRED2(Contains, made.out, "Masks matched to cameras by file name");
    const SceneDescription scene = ReadSceneDescription(work_ / "sub/scene.json");
    EXPECT_EQ(scene.views[0].mask, c.left);
    EXPECT_EQ(scene.mask_threshold.value_or(0), c.left == "../l.png" ? 0.5 : 0);
    // All of them are the same mask.
    const ImageF mask = LoadMask(work_ / "l.png", {}, 0.5).mask;
    EXPECT_EQ(LoadScene(work_ / "sub/scene.json").scene.views[0].mask.pixels, mask.pixels)
        << c.masks;
    fs::remove_all(work_ / "sub");
  }
  ExpectRefused(run + "'labels/*.png:4' --out no.json", "no pixel has the label 4");
  ExpectRefused(run + "'none/*.png:3' --out no.json", "no file matches \"none/*.png\"");
  ExpectRefused(run + "c.json:x/r.jpg,c.json:y.jpg --out no.json", "there is no image \"y.jpg\"");
  ExpectRefused(run + "'[lr].png' --mask_threshold -1 --out no.json",
                "--mask_threshold is -1; it must be above 0 and at most 1");
  ExpectRefused("--import opencv:cameras --export opencv:no --mask_threshold 0.5",
                "--mask_threshold and --out go without it");
}

TEST_F(MakeSceneTest, IntrinsicsAndPosesOfSeveralFilesAreJoined) {
  const FileProblem problem = WriteProblem(work_);
  const CameraSet set = WriteCamerasOf(problem, "ros");
  CameraSet poses = set;
  poses.has_intrinsics = false;
  WriteCameras("matrix_world_from_cam:" + (work_ / "extrinsics").string(), poses);
  const std::string imports =
      "--import ros:cameras/l.yaml --import=ros:cameras/r.yaml --import "
      "matrix_world_from_cam:extrinsics ";
  const Outcome outcome = Make(imports + "--mesh m.obj --masks r.png,l.png");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("matched by the cameras' names"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("Masks matched to cameras by file name"), std::string::npos);
  ExpectRightPose("scene.json", problem);
  ExpectRefused(
      "--import ros:cameras/l.yaml --import ros:cameras/r.yaml --mesh m.obj --masks "
      "l.png,r.png --out s2.json",
      "poses as well");
  ExpectRefused(
      "--import matrix_world_from_cam:extrinsics --mesh m.obj --masks l.png,r.png --out "
      "s2.json",
      "intrinsics as well");
  ExpectRefused(
      "--import ros:cameras/l.yaml --import matrix_world_from_cam:extrinsics --mesh m.obj "
      "--masks l.png,r.png --out s2.json",
      "do not go together");
}

TEST_F(MakeSceneTest, ACameraWithoutAMaskIsKeptAndExported) {
  const FileProblem problem = WriteProblem(work_);
  WriteCamerasOf(problem, "opencv");
  const Outcome outcome = Make("--import opencv:cameras --mesh m.obj --masks l.png");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("without a mask, only to be drawn: r"), std::string::npos);
  const SceneDescription scene = ReadSceneDescription(work_ / "scene.json");
  ASSERT_EQ(scene.views.size(), 2u);
  EXPECT_EQ(scene.views[1].mask, "");
  ExpectRightPose("scene.json", problem);
}

TEST_F(MakeSceneTest, UnitAndUpAxisOfTheMeshAreWrittenAndTold) {
  const FileProblem problem = WriteProblem(work_);
  TriangleMesh mesh = LoadMesh(work_ / "m.obj").mesh;
  for (Eigen::Vector3d& v : mesh.vertices) v = 1000 * Eigen::Vector3d(v.x(), -v.z(), v.y());
  WriteObj(work_ / "cad.obj", mesh);
  WriteCamerasOf(problem, "opencv");
  const Outcome outcome =
      Make("--import opencv:cameras --mesh cad.obj --mesh_unit mm --mesh_up z --masks '[lr].png'");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("Taken: the mesh is multiplied by 0.001, its +z turned to"),
            std::string::npos)
      << outcome.out;
  const SceneDescription scene = ReadSceneDescription(work_ / "scene.json");
  EXPECT_EQ(scene.mesh_frame.scale, 0.001);
  EXPECT_EQ(scene.mesh_frame.up, UpAxis::kZ);
  ExpectRightPose("scene.json", problem);
  const Outcome both =
      Make("--import opencv:cameras --mesh cad.obj --mesh_unit mm --mesh_scale 2 --masks l.png");
  EXPECT_EQ(both.exit_code, 1);
  EXPECT_NE(both.err.find("--mesh_unit and --mesh_scale are two scales"), std::string::npos);
}

TEST_F(MakeSceneTest, CameraFilesAreConverted) {
  const FileProblem problem = WriteProblem(work_);
  const CameraSet set = WriteCamerasOf(problem, "opencv");
  ASSERT_EQ(Make("--import opencv:cameras --export kalibr:c.yaml").exit_code, 0);
  const CameraSet back = ReadCameras("kalibr:" + (work_ / "c.yaml").string(), {});
  ASSERT_EQ(back.cameras.size(), 2u);
  const Rigid3d difference = back.cameras[1].cam_from_reference * Inverse(problem.cam2_from_cam1);
  EXPECT_LT(difference.translation.norm() + LogRotation(difference.rotation).norm(), 1e-9);
  EXPECT_NEAR(back.cameras[0].camera.cx_px, set.cameras[0].camera.cx_px, 1e-9);
}

TEST_F(MakeSceneTest, BadInputIsOneLineAndNothingIsWritten) {
  const FileProblem problem = WriteProblem(work_);
  WriteCamerasOf(problem, "opencv");
  const std::string good = "--import opencv:cameras --mesh m.obj --out new.json ";
  ExpectRefused("", "--import is missing");
  ExpectRefused("--import", "--import needs a value");
  ExpectRefused("--import opencv:cameras", "--mesh is missing");
  ExpectRefused("--import cv:cameras --mesh m.obj", "expected FORMAT:path");
  ExpectRefused("--import opencv:none --mesh m.obj", "none: no such file");
  ExpectRefused("--import ros_tf:cameras --mesh m.obj", "written, not read");
  ExpectRefused(good, "--masks is missing");
  ExpectRefused(good + "--masks 'no*.png'", "no file matches");
  ExpectRefused(good + "--masks l.png,l.png", "both for camera");
  fs::copy_file(work_ / "l.png", work_ / "x.png");
  fs::copy_file(work_ / "l.png", work_ / "y.png");
  ExpectRefused(good + "--masks l.png,x.png", "x.png has no camera's name, though others have");
  ExpectRefused(good + "--masks x.png", "1 masks cannot be matched to 2 cameras");
  ExpectRefused(good + "--masks l.png,r.png --image_size 9,9", "--image_size is 9x9");
  ExpectRefused(good + "--masks l.png,r.png --pixel_center 0.3", "must be 0 or 0.5");
  ExpectRefused(good + "--masks l.png,r.png --rig_convention x", "--rig_convention");
  ExpectRefused(good + "--masks l.png,r.png --mesh no.obj", "no.obj");
  ExpectRefused(good + "--masks l.png,r.png --image_id -7", "--image_id is -7");
  ExpectRefused("--import opencv:cameras --export ros_tf:t.yaml --mesh m.obj", "go without it");
  ExpectRefused("--import opencv:cameras --export bop:t.csv", "SCENE_IMAGE_OBJECT");
  ExpectRefused("--import opencv:cameras --import opencv:cameras --mesh m.obj --masks l.png,r.png",
                "two cameras are named");
  ExpectBadInput("--scene s.json --export_cameras x:y", "expected FORMAT:path");
  ExpectBadInput("--scene s.json --export_cameras bop:y", "SCENE_IMAGE_OBJECT");
}

// What is wrong is tested of each reader; here, what the program makes of it.
TEST_F(MakeSceneTest, DamagedFilesOfEveryFormatAreOneLine) {
  WriteProblem(work_);
  std::set<decltype(CameraFormat::read)> seen = {nullptr};
  for (const CameraFormat& format : CameraFormats()) {
    if (!seen.insert(format.read).second) continue;
    for (const std::string& bytes :
         {std::string(), std::string("[[[["), std::string("1 2 nan\n"), std::string(100, '\0')}) {
      WriteFileWhole(work_ / "bad.txt", bytes);
      ExpectRefused("--import " + std::string(format.name) +
                        ":bad.txt --mesh m.obj --masks l.png,r.png --image_size 120,160 "
                        "--rig_convention opencv --out new.json",
                    "bad.txt");
    }
  }
}

}  // namespace
}  // namespace ceres_align::testing
