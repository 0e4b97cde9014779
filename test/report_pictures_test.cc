// Overlays and animation of hand-made results; the GIFs are read back.
#include <gif_lib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/report/animation.h"
#include "ceres_align/report/final_overlay.h"
#include "ceres_align/report/gif.h"
#include "ceres_align/report/overlay.h"
#include "ceres_align/report/run_story.h"
#include "ceres_align/report/text_report.h"
#include "report_testing.h"

namespace ceres_align::testing {
namespace {

TEST(Overlay, ThreeColoursAndTheEmptyOne) {
  ImageF target(2, 2), coverage(2, 2);
  target.at(0, 0) = target.at(1, 0) = 1;
  coverage.at(0, 0) = coverage.at(0, 1) = 1;
  const RgbImage image = DrawOverlay(target, coverage, false);
  EXPECT_EQ(image.at(0, 0), kAgreeColor);
  EXPECT_EQ(image.at(1, 0), kTargetColor);
  EXPECT_EQ(image.at(0, 1), kRenderColor);
  EXPECT_EQ(image.at(1, 1), kEmptyColor);
}

TEST(Pictures, FitPanelGrowsByWholeFactorsAndShrinksToFit) {
  const PanelSize grown = FitPanel({64, 48, 1, 1, 0, 0}, 640);
  EXPECT_EQ(grown.width_px, 640);
  EXPECT_EQ(grown.height_px, 480);
  EXPECT_EQ(FitPanel({300, 200, 1, 1, 0, 0}, 640).width_px, 600);
  EXPECT_EQ(FitPanel({4096, 3072, 1, 1, 0, 0}, 640).height_px, 480);
}

TEST(ViewWindow, CameraThroughSeesWhatTheWindowShows) {
  Camera camera = {640, 480, 500, 510, 330, 228};
  camera.lens.k1 = -0.21;
  camera.lens.k2 = 0.05;
  const ViewWindow window = {{120, 40, 300, 200}, {900, 600}};
  const Camera part = CameraThrough(camera, window);
  EXPECT_EQ(part.width_px, 900);
  EXPECT_EQ(window.scale(), 3);
  for (const Eigen::Vector3d& p :
       {Eigen::Vector3d(0.1, -0.2, 1), Eigen::Vector3d(-0.3, 0.1, 1.4)}) {
    const Eigen::Vector2d whole = camera.Project(p), cut = part.Project(p);
    EXPECT_NEAR(cut.x(), 3 * (whole.x() - 120), 1e-9);
    EXPECT_NEAR(cut.y(), 3 * (whole.y() - 40), 1e-9);
  }
}

TEST(ViewWindow, MarginsKeepInsideTheFrameAndASensibleSize) {
  const Camera camera = {640, 480, 500, 500, 320, 240};
  ImageF image(640, 480);
  EXPECT_TRUE(BoxOf(image, 0.5f).empty());
  EXPECT_EQ(WithMargin({}, camera).width_px, 640);
  image.at(7, 300) = 0.6f;
  image.at(9, 301) = 0.4f;
  const PixelBox dot = BoxOf(image, 0.5f);
  EXPECT_EQ(dot.width_px * dot.height_px, 1);
  EXPECT_EQ(BoxOf(image, 0.4f).width_px, 3);
  const PixelBox shown = WithMargin(dot, camera);
  EXPECT_EQ(shown.x, 0);
  EXPECT_EQ(shown.width_px, kLeastWindow_px);
  EXPECT_NEAR(shown.y + shown.height_px / 2, 300, 1);
  const PixelBox pole = WithMargin({300, 10, 8, 400}, camera);
  EXPECT_GE(pole.width_px, 200);
  EXPECT_LE(pole.x, 300 - 90);
  EXPECT_EQ(WithMargin({0, 0, 640, 480}, camera).height_px, 480);
  const PixelBox both = Union({5, 5, 10, 10}, {40, 0, 5, 5});
  EXPECT_EQ(both.x, 5);
  EXPECT_EQ(both.width_px, 40);
  EXPECT_EQ(both.height_px, 15);
  EXPECT_EQ(Union({}, {40, 0, 5, 5}).x, 40);
}

TEST(ViewWindow, PhotographsOfAnySizeShowTheSame) {
  const Camera camera = {64, 48, 60, 60, 32, 24};
  const auto photo_of = [](int scale) {
    RgbImage photo(64 * scale, 48 * scale);
    for (int y = 0; y < photo.height; ++y) {
      for (int x = 0; x < photo.width; ++x) {
        photo.at(x, y) = {static_cast<uint8_t>(4 * (x / scale)),
                          static_cast<uint8_t>(5 * (y / scale)), 7};
      }
    }
    return photo;
  };
  const ViewWindow window = {{10, 8, 30, 20}, {30, 20}};
  for (const int scale : {1, 4}) {
    const RgbImage shown = Through(photo_of(scale), camera, window);
    for (int y = 0; y < 20; ++y) {
      for (int x = 0; x < 30; ++x) {
        ASSERT_EQ(shown.at(x, y),
                  (Rgb{static_cast<uint8_t>(4 * (x + 10)), static_cast<uint8_t>(5 * (y + 8)), 7}))
            << scale << " " << x << " " << y;
      }
    }
  }
  // Grown by three: the middle of each three is the photograph's pixel itself.
  const RgbImage grown = Through(photo_of(1), camera, {{10, 8, 30, 20}, {90, 60}});
  EXPECT_EQ(grown.at(31, 31), (Rgb{80, 90, 7}));
  EXPECT_EQ(grown.at(1, 1), (Rgb{40, 40, 7}));
}

ShadedMesh Cube() { return ShadedMesh(ContourMesh(MakeCube(2))); }

TEST(ShadedMesh, FacesOfACubeAreEvenlyLitByALampAboveTheLeft) {
  const Camera camera = {90, 90, 120, 120, 45, 45};
  SamplingRasterizer threads;
  const auto light = [&](double yaw, double pitch) {
    const Rigid3d pose(ExpRotation({pitch, 0, 0}) * ExpRotation({0, yaw, 0}),
                       Eigen::Vector3d(0, 0, 6));
    return Cube().Light(camera, pose, &threads);
  };
  const ImageF straight = light(0, 0);
  EXPECT_EQ(straight.at(1, 1), 0);
  const float front = straight.at(45, 45);
  EXPECT_NEAR(straight.at(36, 36), front, 1e-6);
  const ImageF edge_on = light(M_PI / 4, 0);  // the left face sees the lamp, the right hardly
  EXPECT_GT(edge_on.at(35, 45), edge_on.at(55, 45) + 0.2f);
  EXPECT_NEAR(edge_on.at(35, 40), edge_on.at(35, 50), 1e-6);
  const ImageF above = light(0, 0.6), below = light(0, -0.6);  // where the camera stands
  EXPECT_GT(above.at(45, 30), above.at(45, 55) + 0.1f);        // the top, the front
  EXPECT_LT(below.at(45, 62), below.at(45, 40) - 0.1f);        // the bottom, the front
}

TEST(ShadedMesh, WhatIsNearIsBrighterAndStandsOut) {
  const Camera camera = {90, 90, 120, 120, 45, 45};
  SamplingRasterizer threads;
  TriangleMesh steps = MakeCube(2);
  const TriangleMesh nose = MakeCube(0.8);
  for (const auto& f : nose.faces) steps.faces.push_back({f[0] + 8, f[1] + 8, f[2] + 8});
  for (const Eigen::Vector3d& v : nose.vertices) {
    steps.vertices.push_back(v + Eigen::Vector3d(0, 0, -1));
  }
  const ShadedMesh mesh((ContourMesh(steps)));
  const ImageF light =
      mesh.Light(camera, Rigid3d(Eigen::Quaterniond::Identity(), {0, 0, 6}), &threads);
  const float front = light.at(28, 45), nose_front = light.at(45, 45);
  EXPECT_GT(nose_front, front + 0.02f);
  float darkest = 1;  // the step between them
  for (int x = 28; x < 45; ++x) darkest = std::min(darkest, light.at(x, 45));
  EXPECT_LT(darkest, 0.7f * front);
  EXPECT_GT(darkest, 0);
}

TEST(ShadedMesh, LightSpreadsOverWhatIsCoveredOnly) {
  ImageF coverage(5, 3), light(5, 3);
  for (int x = 0; x < 4; ++x) coverage.at(x, 1) = 0.3f;
  light.at(2, 1) = 0.7f;
  SpreadLight(coverage, &light);
  EXPECT_EQ(light.at(0, 1), 0.7f);
  EXPECT_EQ(light.at(3, 1), 0.7f);
  EXPECT_EQ(light.at(4, 1), 0);
  EXPECT_EQ(light.at(2, 0), 0);
}

TEST(FinalOverlay, OutlinesAreColouredByTheirMisfit) {
  EXPECT_EQ(MisfitColor(0.4), kOutlineColor);
  EXPECT_EQ(MisfitColor(-0.4), kOutlineColor);
  EXPECT_EQ(MisfitColor(5), kTargetColor);
  EXPECT_EQ(MisfitColor(-5), kRenderColor);
  // A mask that lies four pixels to the right of the mesh.
  MadeRun run = MakeRun();
  run.scene.meshes = {std::make_shared<const TriangleMesh>(MakeIcosphere(1, 3))};
  ImageF& mask = run.scene.views[0].mask;
  const ImageF own =
      RenderMask(*run.scene.meshes[0], run.result.rig_from_world, run.scene.views[0].camera, 4);
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) mask.at(x, y) = x < 4 ? 0 : own.at(x - 4, y);
  }
  SamplingRasterizer rasterizer;
  const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
  const FinalOverlay layout = LayOutFinalOverlay(renderer, 0, run.result, false);
  const RgbImage picture = OverlayPicture(renderer, 0, run.result);
  int left[3] = {}, right[3] = {};  // white, orange, blue by their side of the object
  const ViewWindow& window = layout.window;
  const PixelBox box = BoxOf(own, 0.5f);
  for (int y = 0; y < window.size.height_px; ++y) {
    for (int x = 0; x < window.size.width_px; ++x) {
      const Rgb color = picture.at(layout.x + x, layout.y + y);
      const double in_box = (window.part.x + x / window.scale() - box.x) / box.width_px;
      int* side = in_box < 0.1 ? left : in_box > 0.9 ? right : nullptr;
      if (side == nullptr) continue;
      if (color == kOutlineColor) ++side[0];
      if (color == kTargetColor && in_box < 1) ++side[1];
      if (color == kRenderColor) ++side[2];
    }
  }
  EXPECT_GT(left[2], 20);  // the mesh reaches beyond the mask
  EXPECT_EQ(left[1], 0);
  EXPECT_GT(right[1], 20);
  EXPECT_EQ(right[2], 0);
}

/// Panels' pixels by what they show, against an independent rendering in the whole view.
TEST(FinalOverlay, IsCutToTheObjectAndGrown) {
  const MadeRun run = MakeRun();
  SamplingRasterizer rasterizer;
  const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
  EXPECT_GE(rasterizer.held(), 1u);
  for (int view = 0; view < 2; ++view) {
    const View& v = run.scene.views[view];
    const FinalOverlay layout = LayOutFinalOverlay(renderer, view, run.result, false);
    const RgbImage picture = OverlayPicture(renderer, view, run.result);
    ASSERT_EQ(picture.width, layout.width_px);
    ASSERT_EQ(picture.height, layout.height_px);
    const ViewWindow& window = layout.window;
    const int k = window.size.width_px / window.part.width_px;
    EXPECT_EQ(window.size.width_px, k * window.part.width_px);
    EXPECT_GE(k, 4);
    EXPECT_LE(std::max(window.size.width_px, window.size.height_px), kGrownOverlay_px);
    const PixelBox mask = BoxOf(v.mask, 0.5f);
    EXPECT_LT(window.part.x, mask.x);
    EXPECT_GT(window.part.x + window.part.width_px, mask.x + mask.width_px);
    EXPECT_LT(window.part.width_px, 1.5 * mask.width_px);
    const ImageF mesh =
        RenderMask(*run.scene.meshes[0], v.cam_from_rig * run.result.rig_from_world, v.camera, 8);
    int wrong = 0, both = 0;
    for (int y = 0; y < window.size.height_px; ++y) {
      for (int x = 0; x < window.size.width_px; ++x) {
        const int column = window.part.x + x / k, row = window.part.y + y / k;
        const float t = v.mask.at(column, row);
        float c = mesh.at(column, row);  // of fewer samples: its neighbours decide what has none
        for (const int d : {-1, 1}) {
          if (c == 0) c = std::max(mesh.at(column + d, row), mesh.at(column, row + d));
        }
        const Rgb color = picture.at(layout.x + x, layout.y + y);
        if (t == 0 && c == 0) wrong += color == kEmptyColor ? 0 : 1;
        if (t == 1 && c == 0) wrong += color == kTargetColor ? 0 : 1;
        if (t != 1 || c != 1) continue;
        ++both;  // gray-green in any light, not blue, or the outline
        wrong += color.b > color.r + 40 ? 1 : 0;
      }
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_GT(both, 5000);
  }
}

// The same silhouette from the front, another side: a nose on the back, or on the front.
TEST(FinalOverlay, PosesOfOneSilhouetteAreToldApart) {
  MadeRun run = MakeRun();
  auto mesh = std::make_shared<TriangleMesh>(MakeCube(2));
  const TriangleMesh nose = MakeCube(0.8);
  const auto first = static_cast<int32_t>(mesh->vertices.size());
  for (const Eigen::Vector3d& v : nose.vertices) {
    mesh->vertices.push_back(v + Eigen::Vector3d(0, 0, -1));
  }
  for (const auto& f : nose.faces) {
    mesh->faces.push_back({f[0] + first, f[1] + first, f[2] + first});
  }
  run.scene.meshes = {mesh};
  const auto pose = [](double yaw) {
    return Rigid3d(ExpRotation({0, yaw, 0}), Eigen::Vector3d(0, 0, 8));
  };
  for (View& v : run.scene.views) {
    v.mask = RenderMask(*mesh, v.cam_from_rig * pose(0), v.camera);
  }
  SamplingRasterizer rasterizer;
  const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
  const auto picture = [&](double yaw) {
    run.result.rig_from_world = pose(yaw);
    return OverlayPicture(renderer, 0, run.result);
  };
  const RgbImage answer = picture(0), other = picture(M_PI);
  ASSERT_EQ(answer.width, other.width);
  ASSERT_EQ(answer.height, other.height);
  int changed = 0, object = 0, steps = 0;
  for (size_t i = 0; i < answer.pixels.size(); ++i) {
    const Rgb &a = answer.pixels[i], &b = other.pixels[i];
    object += a.g > 60 ? 1 : 0;
    changed += std::abs(a.g - b.g) > 6 ? 1 : 0;
    steps += b.g - a.g > 40 ? 1 : 0;
  }
  EXPECT_GT(changed, object / 20);  // the nose, nearer than the face
  EXPECT_GT(steps, object / 200);   // and the line around it
}

// A distorted view: what the lens bends is bent in the overlay, so that hardly a pixel is tinted.
TEST(FinalOverlay, ThePhotographLiesUnderTheOutlineThroughTheLens) {
  MadeRun run = MakeRun();
  View& v = run.scene.views[0];
  v.camera = {306, 256, 300, 300, 153, 128};
  v.camera.lens.k1 = -0.3;
  v.camera.lens.k2 = 0.08;
  const auto mask_of = [&](const Camera& camera) {
    return RenderMask(*run.scene.meshes[0], v.cam_from_rig * run.result.rig_from_world, camera, 4);
  };
  v.mask = mask_of(v.camera);
  RgbImage photo(306, 256);
  for (int y = 0; y < 256; ++y) {
    for (int x = 0; x < 306; ++x) {
      const auto g = static_cast<uint8_t>(v.mask.at(x, y) >= 0.5f ? 200 : 60);
      photo.at(x, y) = {g, g, g};
    }
  }
  CpuRasterizer rasterizer(1);
  const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
  const FinalOverlay layout = LayOutFinalOverlay(renderer, 0, run.result, true);
  ASSERT_GT(layout.second_x, layout.x);
  const RgbImage picture = OverlayPicture(renderer, 0, run.result, photo);
  ASSERT_EQ(picture.width, layout.width_px);
  int tinted = 0, plain = 0, lit = 0, untouched = 0;
  for (int y = 0; y < layout.window.size.height_px; ++y) {
    for (int x = 0; x < layout.window.size.width_px; ++x) {
      const Rgb first = picture.at(layout.x + x, layout.y + y);
      const Rgb second = picture.at(layout.second_x + x, layout.y + y);
      const bool gray = first.r == first.g && first.g == first.b;
      (gray ? plain : tinted) += 1;
      if (first == Rgb{200, 200, 200}) lit += second.b > second.r + 30 ? 1 : 0;
      if (first == Rgb{60, 60, 60}) untouched += second == first ? 1 : 0;
    }
  }
  const int all = tinted + plain;
  EXPECT_LT(tinted, 0.03 * all);  // the outline itself, and a binary mask's stairs
  EXPECT_GT(lit, 0.15 * all);
  EXPECT_GT(untouched, 0.3 * all);
  // Without the lens the same outline would be off, and seen to be.
  run.scene.views[0].camera.lens = {};
  const RgbImage straight = OverlayPicture(renderer, 0, run.result, photo);
  int off = 0;
  for (const Rgb& p : straight.pixels) off += p.r == p.g && p.g == p.b ? 0 : 1;
  int on = 0;
  for (const Rgb& p : picture.pixels) on += p.r == p.g && p.g == p.b ? 0 : 1;
  EXPECT_GT(off, on);
}

TEST(FinalOverlay, LargeViewsAreShrunk) {
  MadeRun run = MakeRun();
  View& v = run.scene.views[0];
  v.camera = {4096, 3072, 5000, 5000, 2048, 1536};
  v.mask = ImageF(4096, 3072);
  for (int y = 600; y < 2800; ++y) std::fill_n(v.mask.row(y) + 500, 3000, 1.0f);
  CpuRasterizer rasterizer(1);
  const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
  const RgbImage picture = OverlayPicture(renderer, 0, run.result);
  EXPECT_LE(picture.width, kMostOverlay_px + 20);
  EXPECT_LE(picture.height, kMostOverlay_px + 120);
  EXPECT_GE(std::max(picture.width, picture.height), kMostOverlay_px);
}

TEST(Pictures, ThinnedFramesKeepFirstAndLast) {
  EXPECT_TRUE(ThinnedFrames(0, 5).empty());
  EXPECT_EQ(ThinnedFrames(1, 5), (std::vector<int>{0}));
  EXPECT_EQ(ThinnedFrames(4, 5), (std::vector<int>{0, 1, 2, 3}));
  const std::vector<int> kept = ThinnedFrames(1000, 120);
  ASSERT_EQ(kept.size(), 120u);
  EXPECT_EQ(kept.front(), 0);
  EXPECT_EQ(kept.back(), 999);
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
}

// The picture of a level of detail is all but that of the mesh, and where cells are too large for
// that it is the mesh's own.
TEST(Pictures, PanelsShowALevelOfDetailThatIsFineEnough) {
  MadeRun run = MakeRun();
  run.scene.meshes = {std::make_shared<const TriangleMesh>(MakeMultiPart(200000))};
  CpuRasterizer rasterizer(1);
  const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
  const auto difference = [&](const PanelSize& size) {
    const ImageF exact = renderer.Coverage(0, Pose(0.3), size);
    const ImageF panel = renderer.Panel(0, Pose(0.3), size);
    double sum = 0;
    for (size_t i = 0; i < exact.pixels.size(); ++i) {
      const double d = std::abs(exact.pixels[i] - panel.pixels[i]);
      EXPECT_LT(d, 0.75) << i;
      sum += d;
    }
    return sum;
  };
  const double small = difference({153, 128});
  EXPECT_GT(small, 0);
  EXPECT_LT(small, 0.1 * 2 * (153 + 128));  // a tenth of a pixel along an outline of that length
  EXPECT_EQ(difference({6120, 5120}), 0);
}

struct Source {
  std::string bytes;
  size_t at = 0;
};

int ReadBytes(GifFileType* gif, GifByteType* out, int count) {
  Source* source = static_cast<Source*>(gif->UserData);
  const size_t size = std::min<size_t>(count, source->bytes.size() - source->at);
  std::copy_n(source->bytes.begin() + source->at, size, out);
  source->at += size;
  return static_cast<int>(size);
}

struct DecodedGif {
  int width = 0, height = 0;
  std::vector<int> delays_cs;
  std::vector<RgbImage> screens;  // after each frame
  RgbImage last;
};

DecodedGif DecodeGif(const std::string& bytes) {
  Source source = {bytes};
  int error = 0;
  GifFileType* gif = DGifOpen(&source, &ReadBytes, &error);
  DecodedGif decoded;
  if (gif == nullptr || DGifSlurp(gif) != GIF_OK) {
    ADD_FAILURE() << "giflib cannot read it";
    return decoded;
  }
  decoded.width = gif->SWidth;
  decoded.height = gif->SHeight;
  decoded.last = RgbImage(gif->SWidth, gif->SHeight);
  for (int i = 0; i < gif->ImageCount; ++i) {
    GraphicsControlBlock control;
    EXPECT_EQ(DGifSavedExtensionToGCB(gif, i, &control), GIF_OK);
    decoded.delays_cs.push_back(control.DelayTime);
    const GifImageDesc& box = gif->SavedImages[i].ImageDesc;
    for (int k = 0; k < box.Width * box.Height; ++k) {
      const int index = gif->SavedImages[i].RasterBits[k];
      if (index == control.TransparentColor) continue;
      const GifColorType& color = gif->SColorMap->Colors[index];
      decoded.last.at(box.Left + k % box.Width, box.Top + k / box.Width) = {color.Red, color.Green,
                                                                            color.Blue};
    }
    decoded.screens.push_back(decoded.last);
  }
  DGifCloseFile(gif, &error);
  return decoded;
}

TEST(Gif, FramesDelaysAndPixelsReadBack) {
  const Rgb red = {200, 10, 10}, black = {0, 0, 0};
  GifEncoder encoder(9, 5, {black, red});
  RgbImage frame(9, 5, black);
  encoder.AddFrame(frame, 10);
  frame.at(3, 2) = {190, 20, 20};  // nearest to red
  encoder.AddFrame(frame, 20);
  encoder.AddFrame(frame, 30);  // nothing changed
  frame.at(3, 2) = black;
  frame.at(8, 4) = red;
  encoder.AddFrame(frame, 40);
  const DecodedGif decoded = DecodeGif(encoder.Finish());
  EXPECT_EQ(decoded.delays_cs, (std::vector<int>{10, 20, 30, 40}));
  ASSERT_EQ(decoded.width, 9);
  EXPECT_EQ(decoded.last.pixels, frame.pixels);
}

TEST(Gif, AnimationHasAFramePerAcceptedStepAndHoldsTheResult) {
  MadeRun run = MakeRun(7);
  run.iterations[4].accepted = false;
  SamplingRasterizer rasterizer;
  const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
  const DecodedGif decoded =
      DecodeGif(EncodeGif(DrawAnimation(renderer, run.iterations, run.result)));
  ASSERT_EQ(decoded.delays_cs.size(), 1u + 6u + 1u);  // start, accepted steps, result
  EXPECT_EQ(decoded.delays_cs.back(), 200);
  const DecodedGif thinned =
      DecodeGif(EncodeGif(DrawAnimation(renderer, run.iterations, run.result, 4)));
  EXPECT_EQ(thinned.delays_cs.size(), 4u);
  run.scene.initial_rig_from_world.reset();
  const DecodedGif searched =
      DecodeGif(EncodeGif(DrawAnimation(renderer, run.iterations, run.result)));
  EXPECT_EQ(searched.delays_cs.size(), 1u + 6u + 1u);  // what was found, steps, result
  EXPECT_EQ(DecodeGif(EncodeGif(DrawAnimation(renderer, {}, run.result))).delays_cs.size(), 1u);
  run.scene.initial_rig_from_world = Pose(0.5);
  const DecodedGif unsolved = DecodeGif(EncodeGif(DrawAnimation(renderer, {}, run.result)));
  EXPECT_EQ(unsolved.delays_cs.size(), 2u);
}

// Of a search the poses that were left are seen, each stage's best one last, the result at the end.
TEST(Gif, ASearchShowsThePosesThatWereLeft) {
  MadeRun run = MakeSearchedRun(3);
  run.iterations.clear();
  const std::vector<std::vector<double>> stages = {{0.2, 1.1, 2.6}, {0.1, 2.5}, {0.02}};
  for (size_t s = 0; s < stages.size(); ++s) {
    AlignIteration stage{};
    stage.iteration = static_cast<int>(s) + 1;
    stage.candidates = 10;
    for (const double angle : stages[s]) stage.searched.push_back({Pose(angle), 1 + angle});
    stage.rig_from_world = stage.searched[0].rig_from_world;
    run.iterations.push_back(stage);
  }
  SamplingRasterizer rasterizer;
  const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
  const Animation animation = DrawAnimation(renderer, run.iterations, run.result);
  const DecodedGif decoded = DecodeGif(EncodeGif(animation));
  const std::vector<double> angles = {2.6, 1.1, 0.2, 2.5, 0.1, 0.02, 0.01};
  ASSERT_EQ(decoded.screens.size(), angles.size());
  const std::vector<Told> told = TellRun(run.scene, run.iterations, run.result, 60);
  // Each screen is the picture of its pose, in the palette's colours, below its own text.
  std::vector<Rigid3d> in_sight = {Pose(2.6), Pose(0.01), Pose(0.2), Pose(1.1)};
  for (size_t i = 0; i < angles.size(); ++i) {
    EXPECT_EQ(told[i].rig_from_world.translation, Pose(angles[i]).translation);
    EXPECT_LT(RotationAngle_rad(told[i].rig_from_world.rotation, Pose(angles[i]).rotation), 1e-12);
    ViewWindow window;
    window.part = renderer.ObjectIn(0, in_sight);
    window.size = FitPanel(PanelSize{window.part.width_px, window.part.height_px}, 480);
    const double cell_px = renderer.CellFor(0, Pose(angles[i]), Pose(0.01), window);
    const ImageF coverage = renderer.Panel(0, Pose(angles[i]), window, cell_px);
    const LightDetail& detail = i + 1 == angles.size() ? kStillLight : kMovingLight;
    ImageF light = renderer.Light(0, Pose(angles[i]), window, coverage, detail);
    for (float& v : light.pixels) v = std::ceil(24 * v) / 24;
    const RgbImage panel =
        DrawOverlay(Through(run.scene.views[0].mask, window), coverage, true, light);
    const IndexedImage indexed = Indexed(panel, animation.palette);
    int different = 0;
    for (int row = 0; row < panel.height; ++row) {
      for (int column = 0; column < panel.width; ++column) {
        const Rgb shown = decoded.screens[i].at(10 + column, 10 + 24 + 24 + row);
        different += shown == animation.palette[indexed.at(column, row)] ? 0 : 1;
      }
    }
    EXPECT_EQ(different, 0) << i;
  }
  EXPECT_LT(told[0].caption.delay_cs, told[2].caption.delay_cs);
}

TEST(Gif, OfManyViewsThoseThatFitWorstAreSeenInAGrid) {
  MadeRun run = MakeRun(2);
  const View view = run.scene.views[0];
  run.scene.views.assign(40, view);
  run.result.views.assign(40, run.result.views[0]);
  for (int i = 0; i < 40; ++i) run.result.views[i].iou = i < 20 ? 0.99 : 0.5 + 0.001 * i;
  SamplingRasterizer rasterizer;
  const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
  const Animation animation = DrawAnimation(renderer, {}, run.result);
  EXPECT_LE(animation.width_px, 1100);
  EXPECT_LE(animation.height_px, 1300);
  EXPECT_GE(animation.width_px, 800);  // four beside each other
  const std::vector<size_t> shown = WorstViews(run.result, 16);
  EXPECT_EQ(shown.front(), 20u);
  EXPECT_EQ(shown.back(), 35u);
}

/// For looking at: CERES_ALIGN_KEEP_PICTURES=dir keeps what the tests draw.
TEST(Pictures, AreKeptWhenAskedFor) {
  const char* directory = std::getenv("CERES_ALIGN_KEEP_PICTURES");
  if (directory == nullptr) GTEST_SKIP() << "CERES_ALIGN_KEEP_PICTURES is not set";
  const MadeRun run = MakeRun(12);
  SamplingRasterizer rasterizer;
  const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
  const auto write = [&](const std::string& name, const std::string& bytes) {
    std::ofstream(std::filesystem::path(directory) / name, std::ios::binary) << bytes;
  };
  write("overlay.png", EncodePng(OverlayPicture(renderer, 0, run.result)));
  RgbImage photo(320, 267, Rgb{120, 90, 60});
  write("overlay_photo.png", EncodePng(OverlayPicture(renderer, 0, run.result, photo)));
  const std::string gif = EncodeGif(DrawAnimation(renderer, run.iterations, run.result));
  write("report.txt", TextReport(run.scene, run.result, {}));
  write("optimization.gif", gif);
  write("optimization_last.png", EncodePng(DecodeGif(gif).last));
}

}  // namespace
}  // namespace ceres_align::testing
