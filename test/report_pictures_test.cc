// Overlays and animation of hand-made results; the GIFs are read back.
#include <gif_lib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/report/gif.h"
#include "ceres_align/report/overlay.h"
#include "ceres_align/report/pictures.h"
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

TEST(Pictures, OverlayHasTheMasksSize) {
  const MadeRun run = MakeRun();
  SamplingRasterizer rasterizer;
  {
    const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer);
    EXPECT_GE(rasterizer.held(), 1u);
    const RgbImage overlay = OverlayPicture(renderer, 1, run.result);
    EXPECT_EQ(overlay.width, 128);
    EXPECT_EQ(overlay.height, 153);
  }
  EXPECT_EQ(rasterizer.held(), 0u);
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
  const SceneRenderer renderer(run.scene, PrepareMeshes(run.scene), &rasterizer, true);
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
  RgbImage last;  // the screen after the last frame
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
  const DecodedGif decoded = DecodeGif(AnimationGif(renderer, run.iterations, run.result));
  ASSERT_EQ(decoded.delays_cs.size(), 1u + 6u + 1u);  // start, accepted steps, result
  EXPECT_EQ(decoded.delays_cs.back(), 200);
  const DecodedGif thinned = DecodeGif(AnimationGif(renderer, run.iterations, run.result, 4));
  EXPECT_EQ(thinned.delays_cs.size(), 4u);
  run.scene.initial_rig_from_world.reset();
  const DecodedGif searched = DecodeGif(AnimationGif(renderer, run.iterations, run.result));
  EXPECT_EQ(searched.delays_cs.size(), 1u + 6u + 1u);  // what was found, steps, result
  EXPECT_EQ(DecodeGif(AnimationGif(renderer, {}, run.result)).delays_cs.size(), 1u);
  run.scene.initial_rig_from_world = Pose(0.5);
  const DecodedGif unsolved = DecodeGif(AnimationGif(renderer, {}, run.result));
  EXPECT_EQ(unsolved.delays_cs.size(), 2u);
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
  const std::string gif = AnimationGif(renderer, run.iterations, run.result);
  write("report.txt", TextReport(run.scene, run.result, {}));
  write("optimization.gif", gif);
  write("optimization_last.png", EncodePng(DecodeGif(gif).last));
}

}  // namespace
}  // namespace ceres_align::testing
