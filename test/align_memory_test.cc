// What large images take beside themselves.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "align_testing.h"
#include "ceres_align/assess/view_assessment.h"
#include "ceres_align/scene/pyramid.h"

namespace {

std::atomic<int64_t> live_bytes{0}, most_bytes{0};

}  // namespace

// Not inlined: compilers take what they see of a pair for a mismatch.
__attribute__((noinline)) void* operator new(size_t size) {
  void* p = std::malloc(size);
  if (p == nullptr) throw std::bad_alloc();
  const int64_t now = live_bytes += static_cast<int64_t>(malloc_usable_size(p));
  int64_t most = most_bytes;
  while (now > most && !most_bytes.compare_exchange_weak(most, now)) {
  }
  return p;
}
__attribute__((noinline)) void operator delete(void* p) noexcept {
  live_bytes -= static_cast<int64_t>(malloc_usable_size(p));
  std::free(p);
}
void operator delete(void* p, size_t) noexcept { operator delete(p); }

namespace ceres_align {
namespace {

// The most bytes that `body` has at once more than there were.
template <typename Body>
double MostBytes(const Body& body) {
  const int64_t before = live_bytes;
  most_bytes = before;
  body();
  return static_cast<double>(most_bytes - before);
}

TEST(Memory, AScaledImageTakesLittleMoreThanItself) {
  const ImageF mask(1600, 1200, 0.5f), weight(1600, 1200, 0.5f);
  ImageF scaled;
  const double bytes = MostBytes([&] { scaled = ScaleByArea(mask, weight, 1131, 849); });
  EXPECT_EQ(scaled.at(7, 9), 0.5f);
  EXPECT_LT(bytes, 1.2 * sizeof(float) * 1131 * 849);
}

// Just above 2^24 pixels.
TEST(Memory, ALargeViewIsJudgedInFourBytesAPixel) {
  Scene scene = testing::MakeScene(MakeMultiPart(500), 1, 3, 0, 1, 42, 40);
  View& view = scene.views[0];
  view.camera = view.camera.Scaled(4200, 4000);
  testing::MeshRenderer renderer(*scene.meshes[0]);
  const Image<double> drawn =
      renderer.Coverage(view.camera, view.cam_from_rig * *scene.true_rig_from_world);
  view.mask = ImageF(4200, 4000);
  std::transform(drawn.pixels.begin(), drawn.pixels.end(), view.mask.pixels.begin(),
                 [](double m) { return m > 0.5 ? 1.0f : 0.0f; });
  CpuRasterizer rasterizer(1);
  const PreparedScene prepared(scene, PrepareMeshes(scene), &rasterizer, 100, 2);
  std::vector<ViewResult> judged;
  const double bytes = MostBytes(
      [&] { judged = JudgeViews(prepared, 1, prepared.ToRun(*scene.true_rig_from_world)); });
  EXPECT_LT(bytes, 5.0 * 4200 * 4000);
  EXPECT_GT(judged[0].iou, 0.995);
  EXPECT_LT(judged[0].contour_rms_px, 0.5);
}

}  // namespace
}  // namespace ceres_align
