// The rasterizer's interface: sums agree with images, batches are the same bits however they run,
// ids, and the pixel rule.
#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <thread>

#include "ceres_align/render/cpu_contour.h"
#include "ceres_align/render/view_geometry.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/scan.h"
#include "ceres_align/synth/shapes.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::Random;
using testing::RandomPose;
using testing::TestCamera;
using Vector7 = Eigen::Matrix<double, 7, 1>;
using Matrix7 = Eigen::Matrix<double, 7, 7>;

TriangleMesh Cleaned(TriangleMesh mesh) {
  CleanMesh(&mesh);
  return mesh;
}

std::shared_ptr<const ContourMesh> Prepared(const TriangleMesh& mesh) {
  return std::make_shared<ContourMesh>(Cleaned(mesh));
}

ImageF RandomImage(int width, int height, double high, Random* random) {
  ImageF image(width, height);
  for (float& v : image.pixels) {
    const double u = random->Uniform(-0.3, 1.3);
    v = static_cast<float>(high * std::clamp(u, 0.0, 1.0));
  }
  return image;
}

// Many meshes, targets, cameras and poses; some objects out of frame, near, or behind.
struct Workload {
  std::vector<TriangleMesh> meshes = {
      Cleaned(MakeMultiPart(2000)), Cleaned(MakeTriangleSoup(150, 61, 0.7)),
      Cleaned(MakeHemisphere(1, 10, 20)),
      Cleaned(FlipRandomWinding(AddFins(MakeBumpyBlob(1000, 62), 80, 1, 63), 0.5, 64))};
  std::vector<std::shared_ptr<const ContourMesh>> prepared;
  std::vector<std::shared_ptr<const Target>> targets;
  std::vector<RasterJob> jobs;

  Workload(int num_jobs, uint64_t seed) {
    Random random("workload", seed);
    for (const TriangleMesh& mesh : meshes) prepared.push_back(std::make_shared<ContourMesh>(mesh));
    for (int i = 0; i < 6; ++i) {
      const int width = 30 + 17 * i, height = 90 - 9 * i;
      targets.push_back(std::make_shared<Target>(
          RandomImage(width, height, 1, &random),
          i % 2 == 0 ? ImageF() : RandomImage(width, height, 2.5, &random)));
    }
    for (int i = 0; i < num_jobs; ++i) {
      RasterJob job;
      job.mesh = i % static_cast<int>(meshes.size());
      job.target = i % static_cast<int>(targets.size());
      job.camera = TestCamera(targets[job.target]->width_px(), targets[job.target]->height_px());
      job.cam_from_object =
          RandomPose(meshes[job.mesh], job.camera, random.Uniform(8, 45), &random);
      if (i % 7 == 3) job.cam_from_object.translation.x() += 3;
      if (i % 7 == 5) job.cam_from_object.translation.z() *= random.Uniform(-0.5, 0.5);
      jobs.push_back(job);
    }
  }
  void AddTo(Rasterizer* rasterizer) const {
    for (size_t i = 0; i < prepared.size(); ++i) {
      EXPECT_EQ(rasterizer->AddMesh(prepared[i]), static_cast<MeshId>(i));
    }
    for (size_t i = 0; i < targets.size(); ++i) {
      EXPECT_EQ(rasterizer->AddTarget(targets[i]), static_cast<TargetId>(i));
    }
  }
};

struct Sums {
  Matrix7 gram = Matrix7::Zero();
  double area = 0, x = 0, y = 0, scale_x = 0, scale_y = 0;
  int boundary = 0;
};
Sums SumsOf(const Image<double>& image, const std::vector<double>& jacobian, const Target& target) {
  Sums sums;
  for (int r = 0; r < image.height; ++r) {
    for (int c = 0; c < image.width; ++c) {
      const size_t i = static_cast<size_t>(r) * image.width + c;
      const double m = image.pixels[i];
      const double w = target.weight().empty() ? 1.0 : target.weight().pixels[i];
      Vector7 row;
      row << Eigen::Matrix<double, 6, 1>::Map(&jacobian[6 * i]), m - target.mask().pixels[i];
      sums.gram += w * row * row.transpose();
      sums.area += w * m;
      sums.x += w * m * (c + 0.5);
      sums.y += w * m * (r + 0.5);
      sums.boundary += row.head<6>().isZero(0) ? 0 : 1;
    }
  }
  return sums;
}

TEST(Rasterizer, GramIsTheSumOverTheImages) {
  const Workload work(60, 0);
  CpuRasterizer rasterizer(1);
  work.AddTo(&rasterizer);
  std::vector<GramResult> results;
  rasterizer.Evaluate(work.jobs, &results);
  ASSERT_EQ(results.size(), work.jobs.size());
  int seen = 0, unseen = 0;
  for (size_t j = 0; j < work.jobs.size(); ++j) {
    SCOPED_TRACE(j);
    std::vector<double> jacobian;
    const Image<double> image = rasterizer.Coverage(work.jobs[j], &jacobian);
    const Sums sums = SumsOf(image, jacobian, *work.targets[work.jobs[j].target]);
    const GramResult& result = results[j];
    for (int i = 0; i < 7; ++i) {
      for (int k = 0; k < 7; ++k) {
        const double size = std::sqrt(sums.gram(i, i) * sums.gram(k, k));
        EXPECT_TRUE(std::abs(result.gram[7 * i + k] - sums.gram(i, k)) <= 1e-12 * size)
            << i << " " << k << ": " << result.gram[7 * i + k] << " " << sums.gram(i, k);
        EXPECT_EQ(result.gram[7 * i + k], result.gram[7 * k + i]);
      }
    }
    const double frame = static_cast<double>(image.pixels.size());
    EXPECT_NEAR(result.area_px, sums.area, 1e-12 * frame);
    EXPECT_NEAR(result.moment_x_px, sums.x, 1e-12 * frame * image.width);
    EXPECT_NEAR(result.moment_y_px, sums.y, 1e-12 * frame * image.height);
    EXPECT_LE(std::abs(result.boundary_pixels - sums.boundary), sums.boundary / 50);
    (sums.boundary > 0 ? seen : unseen) += 1;
  }
  EXPECT_GE(seen, 40);
  EXPECT_GE(unseen, 3);
}

bool SameBits(const GramResult& a, const GramResult& b) {
  return std::memcmp(a.gram, b.gram, sizeof(a.gram)) == 0 &&
         a.boundary_pixels == b.boundary_pixels && a.area_px == b.area_px &&
         a.moment_x_px == b.moment_x_px && a.moment_y_px == b.moment_y_px;
}

TEST(Rasterizer, AnyOrderAndThreadCountGivesTheSameBits) {
  Workload work(80, 1);
  CpuRasterizer one(1);
  work.AddTo(&one);
  std::vector<GramResult> expected;
  one.Evaluate(work.jobs, &expected);
  std::vector<size_t> order(work.jobs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  Random random("order", 0);
  // Four threads also where there are fewer processors.
  const tbb::global_control four(tbb::global_control::max_allowed_parallelism, 4);
  for (int threads : {1, 2, 4}) {
    CpuRasterizer rasterizer(threads);
    work.AddTo(&rasterizer);
    for (int round = 0; round < 3; ++round) {
      for (size_t i = order.size(); i-- > 1;) {
        std::swap(order[i], order[static_cast<size_t>(random.Uniform(0, 1) * (i + 1))]);
      }
      std::vector<RasterJob> jobs;
      for (size_t i : order) jobs.push_back(work.jobs[i]);
      std::vector<GramResult> results(3);  // what it held before does not matter
      rasterizer.Evaluate(jobs, &results);
      ASSERT_EQ(results.size(), jobs.size());
      for (size_t i = 0; i < order.size(); ++i) {
        ASSERT_TRUE(SameBits(results[i], expected[order[i]]))
            << threads << " threads, job " << order[i];
      }
    }
    // One job by itself.
    std::vector<GramResult> single;
    rasterizer.Evaluate({work.jobs[17]}, &single);
    EXPECT_TRUE(SameBits(single[0], expected[17]));
  }
}

// The rows of one job, where it is large enough to be split, with a window too.
TEST(Rasterizer, AJobSplitOverThreadsGivesTheSameBits) {
  ScanOptions options;
  options.target_faces = 120000;
  const auto mesh = Prepared(MakeScanOfShape("blob", options));
  Random random("parts", 0);
  RasterJob job;
  job.camera = TestCamera(500, 400);
  job.cam_from_object = RandomPose(Cleaned(MakeBumpyBlob(1000, 62)), job.camera, 8, &random);
  job.cam_from_object.translation.z() = 2.8 * mesh->radius;
  std::vector<RasterJob> jobs(3, job);
  jobs[1].cam_from_object.translation.x() += 0.1;
  jobs[2].window = 3;
  for (const RasterJob& each : jobs) {
    CpuContour contour;
    contour.Prepare(*mesh, MakeViewGeometry(*mesh, each.camera, each.cam_from_object, each.window));
    ASSERT_GT(contour.parts().size(), 2u);
    int end = 0;
    for (const CpuContour::RowRange& part : contour.parts()) {
      EXPECT_EQ(part.begin, end);
      EXPECT_GT(part.end, part.begin);
      end = part.end;
    }
    EXPECT_EQ(end, each.window * each.camera.height_px);
  }
  const auto target = std::make_shared<Target>(RandomImage(500, 400, 1, &random), ImageF());
  const tbb::global_control four(tbb::global_control::max_allowed_parallelism, 4);
  std::vector<GramResult> expected;
  Image<double> expected_image;
  std::vector<double> expected_jacobian;
  for (int threads : {1, 2, 4}) {
    CpuRasterizer rasterizer(threads);
    rasterizer.AddMesh(mesh);
    rasterizer.AddTarget(target);
    std::vector<GramResult> results, single;
    rasterizer.Evaluate(jobs, &results);
    std::vector<double> jacobian;
    const Image<double> image = rasterizer.Coverage(job, &jacobian);
    if (threads == 1) {
      expected = results;
      expected_image = image;
      expected_jacobian = jacobian;
      EXPECT_GT(results[0].boundary_pixels, 500);
    }
    EXPECT_EQ(image.pixels, expected_image.pixels);
    EXPECT_EQ(jacobian, expected_jacobian);
    for (size_t i = 0; i < jobs.size(); ++i) {
      EXPECT_TRUE(SameBits(results[i], expected[i])) << threads << " threads, job " << i;
      rasterizer.Evaluate({jobs[i]}, &single);
      EXPECT_TRUE(SameBits(single[0], expected[i])) << threads << " threads, only job " << i;
    }
  }
}

// By the backend's own batches and by the interface's loop over Coverage.
TEST(Rasterizer, ABatchOfImagesIsTheImagesInFloat) {
  const Workload work(40, 4);
  for (int threads : {1, 3}) {
    CpuRasterizer rasterizer(threads);
    work.AddTo(&rasterizer);
    std::vector<ImageF> images(2), by_interface;
    rasterizer.CoverageBatch(work.jobs, &images);
    rasterizer.Rasterizer::CoverageBatch(work.jobs, &by_interface);
    ASSERT_EQ(images.size(), work.jobs.size());
    ASSERT_EQ(by_interface.size(), work.jobs.size());
    int seen = 0;
    for (size_t j = 0; j < work.jobs.size(); ++j) {
      const Image<double> image = rasterizer.Coverage(work.jobs[j], nullptr);
      ASSERT_EQ(images[j].width, image.width);
      ASSERT_EQ(images[j].height, image.height);
      ASSERT_EQ(images[j].pixels.size(), image.pixels.size());
      for (size_t i = 0; i < image.pixels.size(); ++i) {
        ASSERT_EQ(images[j].pixels[i], static_cast<float>(image.pixels[i])) << j << " pixel " << i;
        seen += image.pixels[i] > 0;
      }
      EXPECT_EQ(by_interface[j].pixels, images[j].pixels);
    }
    EXPECT_GT(seen, 1000);
    rasterizer.CoverageBatch({}, &images);
    EXPECT_TRUE(images.empty());
  }
}

TEST(Rasterizer, MayBeCalledFromSeveralThreads) {
  Workload work(24, 2);
  CpuRasterizer rasterizer(2);
  work.AddTo(&rasterizer);
  std::vector<GramResult> expected;
  rasterizer.Evaluate(work.jobs, &expected);
  std::vector<std::vector<GramResult>> results(3);
  std::vector<std::thread> threads;
  for (auto& r : results) {
    threads.emplace_back([&rasterizer, &work, &r] {
      for (int i = 0; i < 5; ++i) rasterizer.Evaluate(work.jobs, &r);
    });
  }
  for (std::thread& t : threads) t.join();
  for (const auto& r : results) {
    ASSERT_EQ(r.size(), expected.size());
    for (size_t i = 0; i < r.size(); ++i) EXPECT_TRUE(SameBits(r[i], expected[i]));
  }
}

TEST(Rasterizer, AnEmptyBatchGivesNoResults) {
  CpuRasterizer rasterizer(2);
  std::vector<GramResult> results(5);
  rasterizer.Evaluate({}, &results);
  EXPECT_TRUE(results.empty());
}

TEST(Rasterizer, IdsAreReleasedAndReused) {
  CpuRasterizer rasterizer(1);
  const auto cube = Prepared(MakeCube(2)), sheet = Prepared(MakeSheet(1, 1, 1, 1));
  const auto small = std::make_shared<Target>(ImageF(40, 30, 0.0f), ImageF());
  const auto large = std::make_shared<Target>(ImageF(50, 60, 1.0f), ImageF());
  const MeshId first = rasterizer.AddMesh(cube), second = rasterizer.AddMesh(sheet);
  const TargetId a = rasterizer.AddTarget(small), b = rasterizer.AddTarget(large);
  EXPECT_NE(first, second);
  EXPECT_NE(a, b);
  std::weak_ptr<const ContourMesh> watch;
  {
    auto temporary = Prepared(MakeCube(1));
    watch = temporary;
    const MeshId id = rasterizer.AddMesh(std::move(temporary));
    EXPECT_FALSE(watch.expired());  // shared ownership
    rasterizer.ReleaseMesh(id);
  }
  EXPECT_TRUE(watch.expired());
  rasterizer.ReleaseMesh(first);
  const MeshId third = rasterizer.AddMesh(Prepared(MakeSheet(2, 2, 1, 1)));
  EXPECT_NE(third, second);
  RasterJob job;
  job.target = a;
  job.camera = {40, 30, 20, 20, 20, 15};
  job.cam_from_object.translation = {0, 0, 4};
  std::vector<GramResult> results;
  job.mesh = second;
  RasterJob other = job;
  other.mesh = third;
  rasterizer.Evaluate({job, other}, &results);
  EXPECT_NEAR(results[0].area_px, 25, 1e-5);   // 1 unit at 4: 5 px
  EXPECT_NEAR(results[1].area_px, 100, 1e-5);  // 2 units
  EXPECT_NEAR(results[0].moment_x_px / results[0].area_px, 20, 1e-5);
  EXPECT_NEAR(results[0].moment_y_px / results[0].area_px, 15, 1e-5);
  rasterizer.ReleaseTarget(a);
  const TargetId c = rasterizer.AddTarget(large);
  EXPECT_NE(c, b);
}

using RasterizerDeathTest = ::testing::Test;
TEST(RasterizerDeathTest, WrongIdsAndSizesDie) {
  CpuRasterizer rasterizer(1);
  RasterJob job;
  job.mesh = rasterizer.AddMesh(Prepared(MakeCube(2)));
  job.target = rasterizer.AddTarget(std::make_shared<Target>(ImageF(40, 30), ImageF()));
  job.camera = {40, 30, 20, 20, 20, 15};
  job.cam_from_object.translation = {0, 0, 4};
  std::vector<GramResult> results;
  rasterizer.Evaluate({job}, &results);
  RasterJob wrong = job;
  wrong.mesh = 7;
  EXPECT_DEATH(rasterizer.Evaluate({wrong}, &results), "id 7");
  wrong = job;
  wrong.target = -1;
  EXPECT_DEATH(rasterizer.Evaluate({wrong}, &results), "id -1");
  wrong = job;
  wrong.camera.width_px = 41;
  EXPECT_DEATH(rasterizer.Evaluate({wrong}, &results), "width_px");
  EXPECT_DEATH(rasterizer.AddMesh(nullptr), "item");
  rasterizer.ReleaseMesh(job.mesh);
  EXPECT_DEATH(rasterizer.Evaluate({job}, &results), "id 0");
  EXPECT_DEATH(rasterizer.ReleaseMesh(job.mesh), "id 0");
}

// THE pixel rule: at half size a pixel is exactly four pixels of full size. With any other rule
// (first centre at 0) the images would be shifted by a quarter pixel.
TEST(PixelRule, HalfSizeIsTheAverageOfTwoByTwo) {
  const Camera full = TestCamera(160, 120), half = full.Scaled(80, 60);
  const Workload work(1, 3);
  CpuRasterizer rasterizer(1);
  work.AddTo(&rasterizer);
  for (int trial = 0; trial < 12; ++trial) {
    Random random("half", trial);
    RasterJob job;
    job.mesh = trial % 4;
    job.cam_from_object = RandomPose(work.meshes[job.mesh], full, 50, &random);
    job.camera = full;
    const Image<double> large = rasterizer.Coverage(job, nullptr);
    job.camera = half;
    const Image<double> small = rasterizer.Coverage(job, nullptr);
    Camera shifted = half;
    shifted.cx_px -= 0.25;
    shifted.cy_px -= 0.25;
    job.camera = shifted;
    const Image<double> other_rule = rasterizer.Coverage(job, nullptr);
    double worst = 0, worst_other = 0;
    for (int r = 0; r < small.height; ++r) {
      for (int c = 0; c < small.width; ++c) {
        const double mean = 0.25 * (large.at(2 * c, 2 * r) + large.at(2 * c + 1, 2 * r) +
                                    large.at(2 * c, 2 * r + 1) + large.at(2 * c + 1, 2 * r + 1));
        worst = std::max(worst, std::abs(mean - small.at(c, r)));
        worst_other = std::max(worst_other, std::abs(mean - other_rule.at(c, r)));
      }
    }
    EXPECT_LE(worst, 1e-6);
    EXPECT_GT(worst_other, 0.1);
  }
}

// The image plane spans [0, width]: a sheet projected onto [10, 14.5] x [5, 8.25] exactly.
TEST(PixelRule, ARectangleCoversThePixelsItsEdgesSay) {
  CpuRasterizer rasterizer(1);
  RasterJob job;
  job.mesh = rasterizer.AddMesh(Prepared(MakeSheet(4.5, 3.25, 2, 2)));
  job.camera = {20, 12, 10, 10, 12.25, 6.625};
  job.cam_from_object.translation = {0, 0, 10};
  const Image<double> image = rasterizer.Coverage(job, nullptr);
  for (int r = 0; r < 12; ++r) {
    for (int c = 0; c < 20; ++c) {
      const double wide = std::clamp(std::min(c + 1.0, 14.5) - std::max<double>(c, 10), 0.0, 1.0);
      const double high = std::clamp(std::min(r + 1.0, 8.25) - std::max<double>(r, 5), 0.0, 1.0);
      EXPECT_NEAR(image.at(c, r), wide * high, 2e-7) << c << " " << r;
    }
  }
}

}  // namespace
}  // namespace ceres_align
