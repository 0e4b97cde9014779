// What surrounds the kernels (memory, graphs, errors), on a fake CUDA runtime: runs everywhere.
#include <gtest/gtest.h>

#include "batch_testing.h"
#include "ceres_align/align/aligner.h"
#include "ceres_align/base/error.h"
#include "ceres_align/batch/batch_rasterizer.h"
#include "ceres_align/batch/host_executor.h"
#include "ceres_align/render/resident.h"
#include "cuda/cuda_pipeline.h"
#include "fake_cuda.h"

namespace ceres_align {
namespace {

using testing::Fake;
using testing::FakeCuda;
using testing::FakeLauncher;
using testing::ParityList;
using testing::SameBits;

class CudaExecutorTest : public ::testing::Test {
 protected:
  CudaExecutorTest() { Fake() = FakeCuda(); }
  // Whatever happened, nothing is left.
  ~CudaExecutorTest() override {
    EXPECT_TRUE(Fake().device_blocks.empty());
    EXPECT_TRUE(Fake().host_blocks.empty());
    EXPECT_TRUE(Fake().graphs.empty());
    EXPECT_TRUE(Fake().executables.empty());
    EXPECT_EQ(Fake().streams, 0);
  }
};

std::unique_ptr<BatchRasterizer> MakeFake(const ParityList& list, bool use_graphs = true) {
  CudaEngineOptions options;
  options.use_graphs = use_graphs;
  auto rasterizer = std::make_unique<BatchRasterizer>(
      std::make_unique<CudaPipeline<FakeLauncher>>(options), "cuda", 4);
  list.AddTo(rasterizer.get());
  return rasterizer;
}

std::vector<GramResult> OnHost(const ParityList& list) {
  BatchRasterizer host(batch::MakeHostEngine({}, batch::HostExecutor::Order::kForward), "host", 4);
  list.AddTo(&host);
  return testing::EvaluateInBatches(&host, list.jobs, 50);
}

void ExpectSameBits(const std::vector<GramResult>& a, const std::vector<GramResult>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) ASSERT_TRUE(SameBits(a[i], b[i])) << "job " << i;
}

TEST_F(CudaExecutorTest, ReplayedGraphsSeeNewPoses) {
  const ParityList list(80);
  const std::vector<GramResult> expected = OnHost(list);
  const auto cuda = MakeFake(list);
  for (const size_t size : {1, 2, 50}) {
    for (int round = 0; round < 3; ++round) {
      ExpectSameBits(testing::EvaluateInBatches(cuda.get(), list.jobs, size), expected);
    }
  }
  EXPECT_GT(Fake().replays, 100);
  EXPECT_FALSE(Fake().executables.empty());
}

TEST_F(CudaExecutorTest, WhatCannotBeRecordedIsCalledDirectly) {
  const ParityList list(20);
  const std::vector<GramResult> expected = OnHost(list);
  const auto cuda = MakeFake(list);
  Fake().can_capture = false;
  for (int round = 0; round < 3; ++round) {
    ExpectSameBits(testing::EvaluateInBatches(cuda.get(), list.jobs, 2), expected);
  }
  EXPECT_EQ(Fake().replays, 0);
}

TEST_F(CudaExecutorTest, LargeBatchesAndThoseWithoutGraphsAreCalledDirectly) {
  const ParityList list(20);
  const std::vector<GramResult> expected = OnHost(list);
  for (const bool use_graphs : {true, false}) {
    const auto cuda = MakeFake(list, use_graphs);
    for (int round = 0; round < 3; ++round) {
      ExpectSameBits(testing::EvaluateInBatches(cuda.get(), list.jobs, use_graphs ? 20 : 2),
                     expected);
    }
    EXPECT_EQ(Fake().replays, 0);
  }
}

TEST_F(CudaExecutorTest, NoAllocationAfterWarmUp) {
  const ParityList list(40);
  const auto cuda = MakeFake(list);
  for (int round = 0; round < 3; ++round) testing::EvaluateInBatches(cuda.get(), list.jobs, 4);
  const int allocations = Fake().allocations;
  for (int round = 0; round < 5; ++round) testing::EvaluateInBatches(cuda.get(), list.jobs, 4);
  EXPECT_EQ(Fake().allocations, allocations);
  EXPECT_GT(Fake().replays, 0);
}

// Each waits for the one before: what a device does one after the other.
TEST_F(CudaExecutorTest, AnEvaluationHasFewerThanSixDependentNodes) {
  const ParityList list(40);
  const auto cuda = MakeFake(list);
  testing::EvaluateInBatches(cuda.get(), list.jobs, 2);
  ASSERT_FALSE(Fake().executables.empty());
  for (const testing::FakeGraph* graph : Fake().executables) {
    EXPECT_EQ(graph->calls.size(), 4u);
  }
}

// A scene of a scan and a solid, seen by two cameras, from a start off by so much of the axis.
struct TwoAlignments {
  testing::Random random{"fake alignments", 0};
  const Camera camera = testing::TestCamera(120, 100);
  std::shared_ptr<const PreparedMesh> mesh;
  Rigid3d truth;
  Scene scene;

  explicit TwoAlignments(TriangleMesh triangles) {
    CleanMesh(&triangles);
    truth = testing::RandomPose(triangles, camera, 35, &random);
    scene = testing::SyntheticScene(
        triangles, camera, {Rigid3d(), testing::TurnedCamera(truth.translation, 0.8)}, truth, 4);
    mesh = std::make_shared<const PreparedMesh>(scene.meshes[0]);
  }
  AlignResult Run(Rasterizer* rasterizer, double angle_rad) {
    Eigen::Matrix<double, 6, 1> delta;
    delta << angle_rad * random.UnitVector(), 0.05 * random.UnitVector();
    scene.initial_rig_from_world = testing::MovePose(truth, Eigen::Vector3d::Zero(), delta);
    return Align(scene, {mesh}, rasterizer, AlignOptions());
  }
};

TEST_F(CudaExecutorTest, TheSecondAlignmentOfAShapeAllocatesAndRecordsNothing) {
  ScanOptions options;
  options.target_faces = 12000;
  for (const TriangleMesh& mesh :
       {MakeScan(MakeBumpyBlob(2000, 9), options), MakeMultiPart(3000)}) {
    TwoAlignments alignments(mesh);
    BatchRasterizer cuda(std::make_unique<CudaPipeline<FakeLauncher>>(CudaEngineOptions()), "cuda",
                         4);
    ASSERT_TRUE(alignments.Run(&cuda, 0.2).IsUsable());
    const int allocations = Fake().allocations, recordings = Fake().recordings;
    const int replays = Fake().replays;
    for (const double angle : {0.2, 0.15, 0.1}) {
      ASSERT_TRUE(alignments.Run(&cuda, angle).IsUsable());
      EXPECT_EQ(Fake().allocations, allocations);
      EXPECT_EQ(Fake().recordings, recordings);
    }
    EXPECT_GT(Fake().replays, replays + 10);
  }
}

TEST_F(CudaExecutorTest, ABatchLargerThanTheDevicesMemoryIsSplit) {
  const ParityList list(100);
  const std::vector<GramResult> expected = OnHost(list);
  const auto cuda = MakeFake(list);
  Fake().memory_bytes = Fake().used_bytes() + (size_t{60} << 20);
  std::vector<GramResult> results;
  cuda->Evaluate(list.jobs, &results);
  ExpectSameBits(results, expected);
  EXPECT_LE(Fake().used_bytes(), Fake().memory_bytes);
  std::vector<ImageF> images;
  cuda->CoverageBatch(list.jobs, &images);
  EXPECT_EQ(images.size(), list.jobs.size());
}

TEST_F(CudaExecutorTest, WhereNothingFitsTheErrorSaysSo) {
  const ParityList list(4);
  const auto cuda = MakeFake(list);
  Fake().memory_bytes = Fake().used_bytes() + 1000;
  std::vector<GramResult> results;
  EXPECT_THROW(cuda->Evaluate(list.jobs, &results), DoesNotFit);
  try {
    cuda->AddMesh(std::make_shared<const ContourMesh>(list.meshes[1]));
    FAIL() << "there was memory";
  } catch (const DoesNotFit& error) {
    EXPECT_NE(std::string(error.what()).find("allocation of "), std::string::npos) << error.what();
  }
  // With memory again, it works again.
  Fake().memory_bytes = size_t{1} << 30;
  cuda->Evaluate(list.jobs, &results);
  ExpectSameBits(results, OnHost(list));
}

TEST_F(CudaExecutorTest, ALostDeviceIsAnErrorFromThenOn) {
  const ParityList list(6);
  const auto cuda = MakeFake(list);
  std::vector<GramResult> results;
  for (int round = 0; round < 3; ++round) cuda->Evaluate(list.jobs, &results);
  Fake().lost = cudaErrorLaunchFailure;
  for (int round = 0; round < 2; ++round) {
    try {
      cuda->Evaluate(list.jobs, &results);
      FAIL() << "it has worked";
    } catch (const CudaError& error) {
      const std::string message = error.what();
      EXPECT_EQ(message.rfind("CUDA: ", 0), 0u) << message;
      EXPECT_NE(message.find("cudaErrorLaunchFailure, unspecified launch failure"),
                std::string::npos)
          << message;
    }
  }
  EXPECT_THROW(cuda->Coverage(list.jobs[0], nullptr), CudaError);
}

TEST_F(CudaExecutorTest, HandlesEndAlsoWhenTheDeviceIsLost) {
  const ParityList list(6);
  const auto cuda = MakeFake(list);
  {
    const ResidentMesh mesh(cuda.get(), list.prepared[0]);
    const ResidentTarget target(cuda.get(), list.targets[0]);
    Fake().lost = cudaErrorLaunchFailure;
  }
  EXPECT_THROW(cuda->AddMesh(std::make_shared<const ContourMesh>(list.meshes[0])), CudaError);
}

// What does not fit leaves what is there as it was.
TEST_F(CudaExecutorTest, AMeshThatDoesNotFitLeavesNothing) {
  const ParityList list(4);
  const std::vector<GramResult> expected = OnHost(list);
  const auto cuda = MakeFake(list);
  for (size_t memory = 0; memory < 4000; memory += 100) {
    const size_t used = Fake().used_bytes();
    Fake().memory_bytes = used + memory;
    std::vector<ResidentMesh> meshes;
    try {
      for (;;) {
        meshes.emplace_back(cuda.get(), std::make_shared<const ContourMesh>(list.meshes[0]));
      }
    } catch (const DoesNotFit&) {
    }
    meshes.clear();
    Fake().memory_bytes = size_t{1} << 30;
    ExpectSameBits(testing::EvaluateInBatches(cuda.get(), list.jobs, 4), expected);
  }
}

TEST_F(CudaExecutorTest, WaitingForATicketLeavesNoErrorBehind) {
  CudaExecutor<FakeLauncher> executor(true);
  uint64_t ticket = 0;
  Fake().not_ready = 3;
  Fake().at_ready = [&] { ticket = 7; };
  executor.WaitForTicket(&ticket, 7);
  EXPECT_EQ(Fake().not_ready, 0);
  EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  // A stream that has ended without it is an error, and so is one that fails.
  EXPECT_THROW(executor.WaitForTicket(&ticket, 8), CudaError);
  Fake().lost = cudaErrorLaunchFailure;
  EXPECT_THROW(executor.WaitForTicket(&ticket, 8), CudaError);
}

TEST_F(CudaExecutorTest, WhyThereIsNoDevice) {
  EXPECT_EQ(WhyNoCudaDevice(), "");
  Fake().count_error = cudaErrorInsufficientDriver;
  Fake().driver_version = 11040;
  EXPECT_EQ(WhyNoCudaDevice(),
            "the NVIDIA driver is too old: it supports CUDA 11.4, this program is built with 13.0");
  Fake().driver_version = 0;
  EXPECT_EQ(WhyNoCudaDevice(), "no NVIDIA driver is installed");
  Fake().count_error = cudaErrorNoDevice;
  EXPECT_EQ(WhyNoCudaDevice(), "no CUDA device was found");
  Fake().count_error = cudaSuccess;
  Fake().device_count = 0;
  EXPECT_EQ(WhyNoCudaDevice(), "no CUDA device was found");
  Fake().device_count = 1;
  Fake().probe_error = cudaErrorNoKernelImageForDevice;
  EXPECT_EQ(WhyNoCudaDevice().rfind("this program has no code for the device (Fake, compute", 0),
            0u);
  Fake().probe_error = cudaErrorLaunchFailure;
  EXPECT_NE(WhyNoCudaDevice().find("unspecified launch failure"), std::string::npos);
}

}  // namespace
}  // namespace ceres_align
