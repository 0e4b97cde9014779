// The verdict: right runs are usable, falsified ones are not, and each check fails for what it is
// there for. Masks by the independent renderer.
#include "ceres_align/assess/verdict.h"

#include <functional>
#include <map>

#include "align_testing.h"
#include "ceres_align/synth/mask_noise.h"

namespace ceres_align::testing {
namespace {

std::string Failed(const AlignResult& result) {
  std::string text;
  for (const Check& check : result.checks) {
    if (!check.passed) text += check.name + ": " + check.message + "\n";
  }
  return text;
}

bool Passed(const AlignResult& result, const std::string& name) {
  for (const Check& check : result.checks) {
    if (check.name == name) return check.passed;
  }
  ADD_FAILURE() << "no check " << name;
  return false;
}

TriangleMesh Blob() { return MakeBumpyBlob(4000, 5); }

Scene Right(const TriangleMesh& mesh, int num_views, int trial, int samples = 1) {
  return MakeScene(mesh, num_views, trial, 10, samples, 306, 256);
}

void UseMesh(const TriangleMesh& mesh, Scene* scene) {
  scene->meshes = {std::make_shared<const TriangleMesh>(mesh)};
}

// ---- Right runs --------------------------------------------------------------------------------

void ExpectUsable(const Scene& scene) {
  const AlignResult result = Solve(scene);
  const PoseError error = ErrorOf(scene, result);
  EXPECT_LT(error.rotation_deg, 0.5);
  EXPECT_LT(error.translation_percent, 1);
  EXPECT_TRUE(result.IsUsable()) << Failed(result);
}

TEST(Verdict, RightRunsAreUsable) {
  int trial = 0;
  for (const TriangleMesh& mesh : {Blob(), MakeMultiPart(4000)}) {
    for (int views : {1, 2}) {
      for (int samples : {1, 4}) {
        SCOPED_TRACE(::testing::Message() << views << " views, " << samples << " samples");
        ExpectUsable(Right(mesh, views, ++trial, samples));
      }
    }
  }
}

TEST(Verdict, NoiseIsNoReasonToRefuse) {
  MaskNoise salt, waves, blobs;
  salt.salt_and_pepper = 0.02;
  waves.wave_rms_px = 0.3;
  blobs.missing_blobs = 3;
  blobs.blob_radius = 0.05;
  uint64_t seed = 0;
  for (const MaskNoise& noise : {salt, waves, blobs}) {
    for (int views : {1, 2}) {
      SCOPED_TRACE(::testing::Message() << views << " views, seed " << seed);
      Scene scene = Right(Blob(), views, 40 + static_cast<int>(seed));
      for (View& view : scene.views) view.mask = ApplyNoise(view.mask, noise, ++seed);
      ExpectUsable(scene);
    }
  }
}

// ---- Falsified runs: usable before, refused after ----------------------------------------------

struct Wrong {
  const char* name;
  int num_views;
  std::function<void(Scene*, Random*)> falsify;
};

void Stretch(double factor, Scene* scene, Random* random) {
  TriangleMesh mesh = *scene->meshes[0];
  const Eigen::Vector3d axis = random->UnitVector();
  for (Eigen::Vector3d& v : mesh.vertices) v += (factor - 1) * axis.dot(v) * axis;
  UseMesh(mesh, scene);
}

void Scale(double focal, Scene* scene) {
  for (View& view : scene->views) {
    view.camera.fx_px *= focal;
    view.camera.fy_px *= focal;
  }
}

// The half beyond the mask's middle column.
void HideHalf(ImageF* mask) {
  double sum = 0, area = 0;
  for (int r = 0; r < mask->height; ++r) {
    for (int c = 0; c < mask->width; ++c) {
      sum += c * mask->at(c, r);
      area += mask->at(c, r);
    }
  }
  for (int r = 0; r < mask->height; ++r) {
    for (int c = static_cast<int>(sum / area); c < mask->width; ++c) mask->at(c, r) = 0;
  }
}

const Wrong kWrong[] = {
    {"other mesh", 1, [](Scene* s, Random*) { UseMesh(MakeMultiPart(3000), s); }},
    {"other blob", 1, [](Scene* s, Random*) { UseMesh(MakeBumpyBlob(4000, 6), s); }},
    {"other blob, two views", 2, [](Scene* s, Random*) { UseMesh(MakeBumpyBlob(4000, 6), s); }},
    {"stretched", 2, [](Scene* s, Random* random) { Stretch(1.15, s, random); }},
    {"swapped", 2, [](Scene* s, Random*) { std::swap(s->views[0].mask, s->views[1].mask); }},
    {"rig turned", 2,
     [](Scene* s, Random* random) {
       View& view = s->views[1];
       const Rigid3d turn(ExpRotation(4 * M_PI / 180 * random->UnitVector()),
                          Eigen::Vector3d::Zero());
       view.cam_from_rig = turn * view.cam_from_rig;
     }},
    {"rig moved", 2,
     [](Scene* s, Random* random) {
       s->views[1].cam_from_rig.translation +=
           0.05 * s->true_rig_from_world->translation.norm() * random->UnitVector();
     }},
    {"focal length", 1, [](Scene* s, Random*) { Scale(0.85, s); }},
    {"focal length, two views", 2, [](Scene* s, Random*) { Scale(1.1, s); }},
    {"half hidden", 1, [](Scene* s, Random*) { HideHalf(&s->views[0].mask); }},
    {"half hidden in one", 2, [](Scene* s, Random*) { HideHalf(&s->views[1].mask); }},
};

TEST(Verdict, FalsifiedRunsAreRefused) {
  for (const Wrong& wrong : kWrong) {
    for (int trial = 0; trial < 2; ++trial) {
      SCOPED_TRACE(::testing::Message() << wrong.name << ", trial " << trial);
      Scene scene = Right(Blob(), wrong.num_views, 70 + trial);
      ASSERT_TRUE(Solve(scene).IsUsable());
      Random random(wrong.name, trial);
      wrong.falsify(&scene, &random);
      const AlignResult result = Solve(scene);
      EXPECT_FALSE(result.IsUsable()) << ErrorOf(scene, result).rotation_deg;
    }
  }
}

// All but the perspective fits: no check of overlap or distance would find it.
TEST(Verdict, OnlyTheFocalLengthCheckFindsASlightlyWrongOne) {
  for (double factor : {0.93, 1.07}) {
    Scene scene = Right(Blob(), 1, 90, 4);
    Scale(factor, &scene);
    const AlignResult result = Solve(scene);
    EXPECT_GT(ErrorOf(scene, result).translation_percent, 4);
    EXPECT_FALSE(Passed(result, "focal_length"));
    EXPECT_TRUE(Passed(result, "overlap"));
    EXPECT_TRUE(Passed(result, "contour"));
    ASSERT_TRUE(result.consistency.has_value());
    EXPECT_NEAR(result.consistency->focal_change, 1 / factor - 1, 0.01);
  }
}

// Masks of a segmentation network: off by about a pixel along long stretches. The pose is right,
// less exact, and the result knows how exact.
TEST(Verdict, PoorMasksAreNoWrongPose) {
  for (int seed = 0; seed < 4; ++seed) {
    Scene scene = Right(Blob(), 2, 71 + seed);
    for (View& view : scene.views) {
      view.mask = ApplyNoise(view.mask, SegmentedNoise(0.7, seed), seed + 1);
    }
    AlignOptions options = Options();
    options.covariance = true;
    const AlignResult result = Solve(scene, options);
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    EXPECT_TRUE(result.IsRight()) << Failed(result);
    ASSERT_TRUE(result.accuracy.has_value());
    const PoseError error = ErrorOf(scene, result);
    // 90 % bounds, of which a third more is exceeded in under 3 % of runs.
    EXPECT_LT(error.rotation_deg, 1.33 * result.accuracy->rotation_rad * 180 / M_PI);
    // It is no licence for another object.
    UseMesh(MakeMultiPart(4000), &scene);
    EXPECT_FALSE(Solve(scene, options).IsRight());
  }
}

TEST(Verdict, RequirementsDecideWhatIsUsable) {
  const Scene scene = Right(Blob(), 2, 71);
  AlignOptions options = Options();
  options.covariance = true;
  EXPECT_TRUE(Solve(scene, options).IsUsable());
  options.require_rad = 1e-6;
  const AlignResult result = Solve(scene, options);
  EXPECT_FALSE(result.IsUsable());
  EXPECT_TRUE(result.IsRight()) << Failed(result);
  EXPECT_FALSE(Passed(result, "accuracy"));
}

TEST(Verdict, AViewThatDisagreesIsNamed) {
  Scene scene = Right(Blob(), 2, 95);
  EXPECT_TRUE(Passed(Solve(scene), "views"));
  scene.views[1].cam_from_rig =
      Rigid3d(ExpRotation({0, 0.006, 0}), Eigen::Vector3d::Zero()) * scene.views[1].cam_from_rig;
  const AlignResult result = Solve(scene);
  EXPECT_FALSE(Passed(result, "views")) << Failed(result);
  for (const Check& check : result.checks) {
    if (check.name == "views") {
      EXPECT_NE(check.message.find("pulls the pose"), std::string::npos);
    }
  }
}

TEST(Verdict, AnEmptyMaskMustNotShowTheObject) {
  Scene scene = Right(Blob(), 2, 96);
  scene.views[1].mask = ImageF(306, 256);
  const AlignResult result = Solve(scene);
  EXPECT_FALSE(Passed(result, "masks"));
  EXPECT_FALSE(result.IsUsable());
}

// ---- The rules by themselves -------------------------------------------------------------------

AlignResult Good() {
  AlignResult result;
  result.status = AlignStatus::kConverged;
  result.views.resize(2);
  for (ViewResult& view : result.views) {
    view.name = "view";
    view.iou = view.contour.iou = 0.99;
    view.mask_area_px = view.object_area_px = 10000;
    view.object_in_frame = true;
    view.contour.p80_px = 0.42;
  }
  result.accuracy = Accuracy{0.001, 0.002, 0.0005};
  result.accuracy_expected = true;
  result.require_rad = M_PI / 180;
  result.require_of_distance = 0.01;
  Consistency fit;
  fit.view_indices = {0, 1};
  fit.pulls.resize(2);
  fit.focal_sigma = 0.001;
  fit.k1.sigma = 0.02;
  fit.pixel_shift.sigma = 0.1;
  result.consistency = fit;
  result.observability.emplace();
  return result;
}

TEST(ChecksOf, EachFailsAloneForItsOwnFigure) {
  const std::multimap<std::string, std::function<void(AlignResult*)>> changes = {
      {"termination", [](AlignResult* r) { r->status = AlignStatus::kNotConverged; }},
      {"masks", [](AlignResult* r) { r->views[1].mask_empty = true; }},
      {"frame", [](AlignResult* r) { r->views[1].cut_share = 0.6; }},
      {"overlap", [](AlignResult* r) { r->views[0].iou = r->views[0].contour.iou = 0.75; }},
      {"contour", [](AlignResult* r) { r->views[1].contour.p80_px = 1.6; }},
      {"contour", [](AlignResult* r) { r->views[0].contour.p80_px = NAN; }},
      {"views",
       [](AlignResult* r) {
         r->consistency->pulls[1].chi2 = 80;
         r->consistency->pulls[1].rotation_rad = 0.01;
       }},
      {"focal_length",
       [](AlignResult* r) {
         r->consistency->focal_change = -0.02;
         r->consistency->focal_explains = 0.2;
       }},
      {"focal_length", [](AlignResult* r) { r->consistency->focal_sigma = NAN; }},
      {"lens",
       [](AlignResult* r) {
         r->consistency->k1.change = -0.2;
         r->consistency->k1.explains = 0.3;
         r->consistency->k1.rotation_rad = 0.01;
       }},
      {"lens",
       [](AlignResult* r) {
         r->consistency->pixel_shift.change = 0.5;
         r->consistency->pixel_shift.explains = 0.04;
         r->consistency->pixel_shift.rotation_rad = 0.01;
       }},
      {"ambiguity", [](AlignResult* r) { r->ambiguous = true; }},
      {"observability", [](AlignResult* r) { r->observability->unobserved = {"the axis"}; }},
      {"accuracy", [](AlignResult* r) { r->accuracy->rotation_rad = 0.02; }},
      {"accuracy", [](AlignResult* r) { r->accuracy->translation_of_distance = 0.011; }},
      {"accuracy", [](AlignResult* r) { r->accuracy->rotation_rad = NAN; }},
      {"accuracy", [](AlignResult* r) { r->accuracy.reset(); }},
  };
  AlignResult good = Good();
  good.checks = ChecksOf(good);
  ASSERT_TRUE(good.IsUsable()) << Failed(good);
  for (const auto& [name, change] : changes) {
    AlignResult result = Good();
    change(&result);
    result.checks = ChecksOf(result);
    for (const Check& check : result.checks) {
      EXPECT_EQ(check.passed, check.name != name) << name << ": " << check.message;
      EXPECT_FALSE(check.name != "termination" && check.name != "ambiguity" &&
                   check.message.empty());
    }
  }
}

// The right pose may be less exact than required: that alone is not a wrong one.
TEST(ChecksOf, APoseCanBeRightAndNotExactEnough) {
  AlignResult result = Good();
  result.accuracy->rotation_rad = 0.1;
  result.checks = ChecksOf(result);
  EXPECT_TRUE(result.IsRight());
  EXPECT_FALSE(result.IsUsable());
  result.status = AlignStatus::kNotConverged;
  result.checks = ChecksOf(result);
  EXPECT_FALSE(result.IsRight());
}

// A change of the focal length that the noise explains, or a pull that moves nothing, is none.
TEST(ChecksOf, WhatTheNoiseExplainsPasses) {
  AlignResult result = Good();
  result.consistency->focal_change = 0.2;
  result.consistency->focal_sigma = 0.2;
  result.consistency->focal_explains = 0.2;
  result.consistency->k1.change = -0.2;  // clear, but it explains next to nothing
  result.consistency->k1.explains = 0.05;
  result.consistency->pixel_shift.change = 5;  // no pixel rule is that far off
  result.consistency->pixel_shift.explains = 0.05;
  result.consistency->pulls[0].chi2 = 1000;
  result.consistency->pulls[0].rotation_rad = 1e-5;
  result.checks = ChecksOf(result);
  EXPECT_TRUE(result.IsUsable()) << Failed(result);
}

TEST(ChecksOf, ResultsWithoutChecksAreNotUsable) { EXPECT_FALSE(AlignResult().IsUsable()); }

}  // namespace
}  // namespace ceres_align::testing
