// The choice of a backend: what it is and why. Passes with and without a CUDA device: each
// machine tests its own case.
#include "ceres_align/backends/backends.h"

#include <gtest/gtest.h>

#include "ceres_align/base/error.h"
#include "cli_testing.h"

namespace ceres_align {
namespace {

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Backends, TheCpuAsAskedFor) {
  std::string why;
  const auto rasterizer = MakeRasterizer({"cpu", 1}, &why);
  EXPECT_EQ(rasterizer->name(), "cpu");
  EXPECT_EQ(why, "cpu, as asked for");
}

TEST(Backends, AutoSaysWhatItTookAndWhy) {
  const std::string reason = WhyNotCuda();
  std::string why;
  const auto rasterizer = MakeRasterizer({"auto", 1}, &why);
  if (reason.empty()) {
    EXPECT_EQ(rasterizer->name(), "cuda");
    EXPECT_TRUE(Contains(why, "cuda: ") && Contains(why, "compute capability")) << why;
  } else {
    EXPECT_EQ(rasterizer->name(), "cpu");
    EXPECT_EQ(why, "cpu: " + reason);
    EXPECT_EQ(why.find('\n'), std::string::npos);
  }
}

TEST(Backends, CudaWorksOrSaysWhatIsMissing) {
  const std::string reason = WhyNotCuda();
  if (reason.empty()) {
    EXPECT_EQ(MakeRasterizer({"cuda", 0}, nullptr)->name(), "cuda");
    return;
  }
  try {
    MakeRasterizer({"cuda", 0}, nullptr);
    FAIL() << "it has worked";
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()), "backend is 'cuda', but " + reason + "; use cpu or auto");
  }
}

TEST(Backends, BadOptionsAreNamed) {
  EXPECT_THROW(MakeRasterizer({"gpu", 0}, nullptr), InputError);
  EXPECT_THROW(MakeRasterizer({"auto", -1}, nullptr), InputError);
}

class BackendsCliTest : public testing::CliTest {};

TEST_F(BackendsCliTest, CudaWithoutADeviceIsBadInput) {
  const std::string reason = WhyNotCuda();
  if (reason.empty()) GTEST_SKIP() << "this machine has a CUDA device";
  ExpectBadInput("--backend cuda", reason);
}

}  // namespace
}  // namespace ceres_align
