// Sequences: the motion, the crop, tracking through empty frames and jumps, and the program.
#include <sys/inotify.h>

#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/synth/mask_noise.h"
#include "ceres_align/track/crop.h"
#include "ceres_align/track/motion.h"
#include "ceres_align/track/tracker.h"
#include "cli_testing.h"
#include "io_testing.h"

namespace ceres_align {
namespace {

using Eigen::Quaterniond;
using Eigen::Vector3d;
using Status = TrackedFrame::Status;

constexpr double kDeg = M_PI / 180;

Rigid3d Turned(double deg, const Vector3d& place) {
  return Rigid3d(Quaterniond(Eigen::AngleAxisd(deg * kDeg, Vector3d(0.3, 1, 0.2).normalized())),
                 place);
}

TEST(Motion, GoesOnAsItWent) {
  const Vector3d center(0.4, -0.2, 0.7);
  // Turns about the centre, which moves along a line.
  const auto pose = [&](double frame) {
    const Quaterniond turn = Turned(4 * frame, Vector3d::Zero()).rotation;
    const Vector3d place(0.1 * frame, 0.2, 5 - 0.05 * frame);
    return Rigid3d(turn, Vector3d(place - turn * center));
  };
  Motion motion(center);
  motion.Add(0, pose(0));
  EXPECT_FALSE(motion.moves());
  EXPECT_LT(RotationAngle_rad(motion.At(7).rotation, pose(0).rotation), 1e-12);
  motion.Add(2, pose(2));
  for (const int frame : {3, 4, 9}) {
    const Rigid3d expected = pose(frame), got = motion.At(frame);
    EXPECT_LT(RotationAngle_rad(got.rotation, expected.rotation), 1e-12);
    EXPECT_LT((got.translation - expected.translation).norm(), 1e-12);
  }
  motion.Jump(5, pose(50));
  EXPECT_FALSE(motion.moves());
  EXPECT_LT((motion.At(8).translation - pose(50).translation).norm(), 1e-12);
}

TEST(Crop, CutsToTheMaskWithItsCamera) {
  Scene scene;
  View view;
  view.camera = {200, 150, 180, 190, 101, 74};
  view.mask = ImageF(200, 150, 0.0f);
  for (int r = 60; r < 80; ++r) {
    for (int c = 70; c < 100; ++c) view.mask.at(c, r) = 1;
  }
  view.mask.at(70, 60) = 0.5f;
  scene.views = {view, view};
  scene.views[1].mask = ImageF(200, 150, 0.0f);
  scene.views[1].mask.at(199, 0) = 1;  // at the frame's edge
  const Scene cropped = CropToMasks(scene);
  const View& cut = cropped.views[0];
  EXPECT_EQ(cut.camera.width_px, 30 + 2 * kCropMargin_px);
  EXPECT_EQ(cut.camera.height_px, 20 + 2 * kCropMargin_px);
  EXPECT_EQ(cut.camera.cx_px, 101 - (70 - kCropMargin_px));
  EXPECT_EQ(cut.camera.cy_px, 74 - (60 - kCropMargin_px));
  EXPECT_EQ(cut.mask.at(kCropMargin_px, kCropMargin_px), 0.5f);
  EXPECT_TRUE(ShowsAtLeast(cropped, 600 - 0.5 + 1));
  EXPECT_FALSE(ShowsAtLeast(cropped, 600 - 0.5 + 1.25));
  EXPECT_EQ(cropped.views[1].camera.width_px, 1 + kCropMargin_px);
  EXPECT_EQ(cropped.views[1].camera.cy_px, 74);
  scene.views[1].mask.at(199, 0) = 0;
  EXPECT_EQ(CropToMasks(scene).views[1].camera.width_px, 200);
}

// One camera of 320x240, an object that turns by 4 degrees a frame.
class TrackTest : public ::testing::Test {
 protected:
  TrackTest() : mesh_(std::make_shared<TriangleMesh>(MakeMultiPart(3000))) {
    scene_.meshes = {mesh_};
    scene_.mesh_names = {"m"};
    View view;
    view.name = "v";
    view.camera = {320, 240, 300, 300, 160, 120};
    scene_.views = {view};
    meshes_ = PrepareMeshes(WithMask(0));
  }
  static Rigid3d TruthAt(double angle_deg) { return Turned(angle_deg, {0.2, -0.1, 6}); }
  ImageF MaskAt(double angle_deg) const {
    return RenderMask(*mesh_, TruthAt(angle_deg), scene_.views[0].camera, 1);
  }
  Scene WithMask(double angle_deg) const {
    Scene scene = scene_;
    scene.views[0].mask = MaskAt(angle_deg);
    return scene;
  }
  std::vector<TrackedFrame> Track(const std::vector<double>& angles_deg,
                                  TrackOptions options = {}) {
    Tracker tracker(scene_, meshes_, &rasterizer_, options);
    std::vector<TrackedFrame> track;
    for (const double angle : angles_deg) {
      track.push_back(tracker.Next({std::isnan(angle) ? ImageF(320, 240, 0.0f) : MaskAt(angle)}));
    }
    return track;
  }
  static double Error_deg(const TrackedFrame& frame, double angle_deg) {
    return RotationAngle_rad(frame.rig_from_world.rotation, TruthAt(angle_deg).rotation) / kDeg;
  }

  std::shared_ptr<TriangleMesh> mesh_;
  Scene scene_;
  PreparedMeshes meshes_;
  CpuRasterizer rasterizer_{1};
};

TEST_F(TrackTest, FollowsATurnAndASkippedOne) {
  for (const double step_deg : {4.0, 12.0}) {
    std::vector<double> angles;
    for (int f = 0; f < 12; ++f) angles.push_back(step_deg * f);
    const std::vector<TrackedFrame> track = Track(angles);
    for (size_t f = 0; f < angles.size(); ++f) {
      EXPECT_EQ(track[f].status, f == 0 ? Status::kSearched : Status::kTracked) << f;
      EXPECT_EQ(track[f].frame, static_cast<int>(f));
      EXPECT_LT(Error_deg(track[f], angles[f]), 0.1) << f;
      EXPECT_GT(track[f].iou, 0.95);
      if (f > 0) {
        EXPECT_NEAR(track[f].moved_deg, step_deg, 0.2);
      }
    }
    EXPECT_TRUE(std::isnan(track[0].moved_deg));
    EXPECT_TRUE(track[0].result && !track[1].result);
  }
}

TEST_F(TrackTest, EmptyFramesAndJumpsAreRecovered) {
  const double none = std::nan("");
  const std::vector<double> angles = {0, 4, 8, none, none, 20, 24, 114, 118, none, 208, 212};
  const std::vector<TrackedFrame> track = Track(angles);
  const Status expected[] = {Status::kSearched, Status::kTracked,  Status::kTracked,
                             Status::kNoMask,   Status::kNoMask,   Status::kTracked,
                             Status::kTracked,  Status::kSearched, Status::kTracked,
                             Status::kNoMask,   Status::kSearched, Status::kTracked};
  for (size_t f = 0; f < angles.size(); ++f) {
    EXPECT_EQ(track[f].status, expected[f]) << f;
    if (!std::isnan(angles[f])) {
      EXPECT_LT(Error_deg(track[f], angles[f]), 0.1) << f;
    }
  }
  // Where it is expected meanwhile: two frames on, 5 times the error of a frame at most.
  EXPECT_LT(Error_deg(track[4], 16), 0.5);
  EXPECT_EQ(track[3].why, "every mask is empty");
}

TEST_F(TrackTest, WithoutSearchALostTrackIsLostAndSaysSo) {
  TrackOptions options;
  options.search_when_lost = false;
  const std::vector<TrackedFrame> track = Track({0, 4, 94, 98, 12}, options);
  EXPECT_EQ(track[1].status, Status::kTracked);
  EXPECT_EQ(track[2].status, Status::kLost);
  EXPECT_FALSE(track[2].why.empty());
  EXPECT_EQ(track[4].status, Status::kTracked);  // back where the motion expects it
  EXPECT_LT(Error_deg(track[4], 12), 0.1);
}

TEST_F(TrackTest, AWrongMaskIsLostEvenAfterASearch) {
  Tracker tracker(scene_, meshes_, &rasterizer_, {});
  tracker.Next({MaskAt(0)});
  ImageF stripes(320, 240, 0.0f);
  for (int r = 20; r < 220; ++r) {
    for (int c = 20; c < 300; ++c) stripes.at(c, r) = c % 40 < 20 ? 1.0f : 0.0f;
  }
  const TrackedFrame lost = tracker.Next({stripes});
  EXPECT_EQ(lost.status, Status::kLost);
  EXPECT_EQ(tracker.Next({MaskAt(8)}).status, Status::kTracked);
}

TEST_F(TrackTest, SameBitsForAnyNumberOfThreadsAndAssessedOnRequest) {
  const std::vector<double> angles = {0, 4, 8, 12};
  const std::vector<TrackedFrame> one = Track(angles);
  CpuRasterizer two(2);
  TrackOptions options;
  options.assess = true;
  Tracker tracker(scene_, meshes_, &two, options);
  for (size_t f = 0; f < angles.size(); ++f) {
    const TrackedFrame frame = tracker.Next({MaskAt(angles[f])});
    EXPECT_EQ(frame.rig_from_world.rotation.coeffs(), one[f].rig_from_world.rotation.coeffs());
    EXPECT_EQ(frame.rig_from_world.translation, one[f].rig_from_world.translation);
    ASSERT_TRUE(frame.result && frame.result->covariance) << f;
    EXPECT_TRUE(frame.result->IsUsable()) << f;
  }
}

TEST_F(TrackTest, RefusesWhatItCannotTrack) {
  Scene scene = scene_;
  scene.unknowns.focal_sigma = 0.1;
  EXPECT_THROW(Tracker(scene, meshes_, &rasterizer_, {}), InputError);
  scene = scene_;
  scene.occluders.push_back({});
  EXPECT_THROW(Tracker(scene, meshes_, &rasterizer_, {}), InputError);
  EXPECT_THROW(Tracker(scene_, {}, &rasterizer_, {}), InputError);
  TrackOptions options;
  options.level_factor = 1;
  EXPECT_THROW(Tracker(scene_, meshes_, &rasterizer_, options), InputError);
  Tracker tracker(scene_, meshes_, &rasterizer_, {});
  EXPECT_THROW(tracker.Next({}), InputError);
  EXPECT_THROW(tracker.Next({MaskAt(0)}, {ImageF(), ImageF()}), InputError);
  EXPECT_THROW(tracker.Next({ImageF(10, 10, 1.0f)}), InputError);
  EXPECT_THROW(tracker.Next({MaskAt(0)}, {ImageF(10, 10, 1.0f)}), InputError);
  EXPECT_EQ(tracker.Next({MaskAt(0)}).status, Status::kSearched);
  EXPECT_THROW(tracker.Next({ImageF(10, 10, 1.0f)}), InputError);
  ImageF nan = MaskAt(0);
  nan.pixels[5] = std::nanf("");
  EXPECT_THROW(tracker.Next({nan}), InputError);
}

class SequenceTest : public testing::CliTest {
 protected:
  // Two cameras, six frames, the fourth of which is empty; the object turns.
  void WriteSequence() {
    problem_ = testing::WriteProblem(work_);
    const TriangleMesh mesh = LoadMesh(work_ / "m.obj").mesh;
    const Camera camera = {160, 120, 150, 150, 80, 60};
    for (int f = 0; f < 6; ++f) {
      truth_.push_back(problem_.truth *
                       Rigid3d(ExpRotation(Vector3d(0, 0.05 * f, 0)), Vector3d::Zero()));
      for (const bool second : {false, true}) {
        const Rigid3d cam = (second ? problem_.cam2_from_cam1 : Rigid3d()) * truth_.back();
        ImageF mask = RenderMask(mesh, cam, camera, 8);
        if (f == 3) std::fill(mask.pixels.begin(), mask.pixels.end(), 0.0f);
        const std::string name = std::to_string(f == 5 ? 10 : f) + ".png";  // natural order
        SaveMask(work_ / (second ? "r" : "l") / name, mask);
      }
    }
  }
  testing::FileProblem problem_;
  std::vector<Rigid3d> truth_;
};

TEST_F(SequenceTest, WritesTrajectories) {
  WriteSequence();
  const testing::Outcome outcome =
      Run("--scene s.json --sequence 'l,r/*.png' --outputs json,gif --fps 10");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("6 of 6 frames"), std::string::npos) << outcome.out;
  EXPECT_EQ(Files("out"),
            (std::set<std::string>{"frames.jsonl", "frames.csv", "sequence.gif",
                                   "trajectory_camera.tum", "trajectory_object.tum"}));
  std::istringstream lines(testing::ReadAll(work_ / "out/frames.jsonl"));
  int f = 0;
  for (std::string text; std::getline(lines, text); ++f) {
    const testing::Json line = testing::Json::parse(text);
    EXPECT_EQ(line["status"], f == 3 ? "no mask" : "tracked") << f;  // from the scene's start
    if (f == 0 || f == 3) continue;
    Eigen::Matrix3d R;
    for (int i = 0; i < 9; ++i) R(i / 3, i % 3) = line["rig_from_world"]["R"][i / 3][i % 3];
    EXPECT_LT(RotationAngle_rad(Quaterniond(R), truth_[f].rotation) / kDeg, 0.2) << f;
  }
  EXPECT_EQ(f, 6);
  // The last line of the trajectory of the camera: frame 5 at 0.5 s.
  std::istringstream tum(testing::ReadAll(work_ / "out/trajectory_camera.tum"));
  std::string last;
  int count = 0;
  for (std::string line; std::getline(tum, line);) {
    if (line[0] != '#') last = line, ++count;
  }
  EXPECT_EQ(count, 5);
  std::istringstream numbers(last);
  double time = 0;
  Vector3d t;
  Quaterniond q;
  numbers >> time >> t.x() >> t.y() >> t.z() >> q.x() >> q.y() >> q.z() >> q.w();
  EXPECT_EQ(time, 0.5);
  const Rigid3d world_from_cam = Inverse(truth_[5]);
  EXPECT_LT((t - world_from_cam.translation).norm(), 0.02);
  EXPECT_LT(RotationAngle_rad(q, world_from_cam.rotation) / kDeg, 0.2);
}

TEST_F(SequenceTest, FlagsAndListsAndMistakes) {
  WriteSequence();
  std::ofstream(work_ / "l.txt") << "# frames\nl/0.png\n l/1.png\r\n";
  EXPECT_EQ(Run("--mesh m.obj --sequence l.txt --K 150,150,80,60 --outputs json").exit_code, 0);
  ExpectBadInput("--scene s.json --sequence 'l,l.txt'", "6 frames of camera 1, but 2");
  ExpectBadInput("--scene s.json --sequence l", "--sequence has 1 cameras, the scene has 2");
  ExpectBadInput("--mesh m.obj --sequence none --K 150,150,80,60", "--sequence: no file matches");
  ExpectBadInput("--mesh m.obj --masks l.png --sequence l --K 150,150,80,60", "--sequence takes");
  ExpectBadInput("--mesh m.obj --sequence l/3.png --K 150,150,80,60", "all 1 frames are empty");
  ExpectBadInput("--mesh m.obj --sequence l --K 150,150,80,60 --fps 0", "--fps");
  ExpectBadInput("--mesh m.obj --sequence l --K 150,150,80,60 --refine focal", "--refine");
  ExpectBadInput("--mesh m.obj --sequence l --K 150,150,80,60 --video v", "has no ending");
  ExpectBadInput("--video v.mp4", "--video is for --sequence");
}

// Opened once: parsed once, whatever is taken from it.
TEST_F(SequenceTest, ACocoFileIsReadOnceForAllFrames) {
  WriteSequence();
  testing::Json coco = testing::Json::array();
  std::ofstream list(work_ / "coco.txt");
  for (const char* name : {"0", "1", "2", "3", "4", "10"}) {
    const ImageF mask = LoadMask(work_ / "l" / (name + std::string(".png")), {}, 0.5).mask;
    coco.push_back({{"image_id", std::atoi(name)},
                    {"segmentation",
                     {{"size", {mask.height, mask.width}}, {"counts", testing::CocoRuns(mask)}}}});
    list << "r.json:" << name << "\n";
  }
  list.close();
  std::ofstream(work_ / "r.json") << coco;
  const int watch = inotify_init1(IN_NONBLOCK);
  ASSERT_GE(watch, 0);
  ASSERT_GE(inotify_add_watch(watch, (work_ / "r.json").c_str(), IN_OPEN | IN_CLOSE), 0);
  const testing::Outcome outcome =
      Run("--mesh m.obj --sequence coco.txt --K 150,150,80,60 --outputs json");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("6 of 6 frames: "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("1 without a mask"), std::string::npos) << outcome.out;
  // Without the closing in between, openings that follow each other would be one event.
  alignas(inotify_event) char bytes[65536];
  const ssize_t size = read(watch, bytes, sizeof(bytes));
  close(watch);
  int openings = 0;
  for (ssize_t at = 0; at < size;) {
    const auto* event = reinterpret_cast<const inotify_event*>(bytes + at);
    openings += (event->mask & IN_OPEN) != 0 ? 1 : 0;
    at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
  }
  EXPECT_EQ(openings, 1);
}

TEST_F(SequenceTest, Video) {
  if (std::system("ffmpeg -version > /dev/null 2>&1") != 0) GTEST_SKIP() << "no ffmpeg here";
  WriteSequence();
  const testing::Outcome outcome =
      Run("--mesh m.obj --sequence l --K 150,150,80,60 --outputs none --video \"it's.mp4\"");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_GT(testing::fs::file_size(work_ / "it's.mp4"), 500u);
  ExpectBadInput("--mesh m.obj --sequence l --K 150,150,80,60 --outputs none --video v.nonsense",
                 "ffmpeg");
}

}  // namespace
}  // namespace ceres_align
