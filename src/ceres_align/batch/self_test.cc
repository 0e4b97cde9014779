#include "ceres_align/batch/self_test.h"

#include <cmath>

#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/render/resident.h"

namespace ceres_align {
namespace {

// Two octahedra that overlap in most views.
TriangleMesh MakeOctahedra() {
  TriangleMesh mesh;
  for (const double shift : {0.0, 0.7}) {
    const auto first = static_cast<int32_t>(mesh.vertices.size());
    for (int k = 0; k < 6; ++k) {
      Eigen::Vector3d v = Eigen::Vector3d::Constant(shift);
      v[k / 2] += (k % 2 == 0 ? 1.0 : -1.0) * (1 + 0.1 * k);
      mesh.vertices.push_back(v);
    }
    for (const int x : {0, 1}) {
      for (const int y : {2, 3}) {
        for (const int z : {4, 5}) {
          // Outward: an odd number of negative axes turns the winding.
          const bool turned = (x + y + z) % 2 == 1;
          mesh.faces.push_back({first + x, first + (turned ? z : y), first + (turned ? y : z)});
        }
      }
    }
  }
  return mesh;
}

std::vector<GramResult> EvaluateOn(Rasterizer* rasterizer, int times) {
  constexpr int kWidth = 48, kHeight = 40;
  ImageF mask(kWidth, kHeight), weight(kWidth, kHeight);
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    mask.pixels[i] = static_cast<float>(i * 7 % 11) / 10;
    weight.pixels[i] = static_cast<float>(i * 5 % 7) / 3;
  }
  RasterJob job;
  const ResidentMesh mesh(rasterizer, std::make_shared<ContourMesh>(MakeOctahedra()));
  const ResidentTarget target(rasterizer,
                              std::make_shared<Target>(std::move(mask), std::move(weight)));
  job.mesh = mesh.id();
  job.target = target.id();
  job.camera = {kWidth, kHeight, 40, 41, 23.5, 20.25};
  std::vector<RasterJob> jobs;
  for (int i = 0; i < 6; ++i) {
    const Eigen::Vector3d axis = Eigen::Vector3d(1, 0.3 * i, -0.5).normalized();
    job.cam_from_object = Rigid3d(Eigen::Quaterniond(Eigen::AngleAxisd(0.4 + i, axis)),
                                  Eigen::Vector3d(0.3 * i - 0.6, 0.2, i == 5 ? 0.8 : 5.0));
    job.window = i == 4 ? 3 : 1;
    job.intrinsics = i >= 3;
    jobs.push_back(job);
  }
  std::vector<GramResult> all, results;
  for (int i = 0; i < times; ++i) {
    rasterizer->Evaluate(jobs, &results);
    all.insert(all.end(), results.begin(), results.end());
  }
  return all;
}

bool Agree(const GramResult& a, const GramResult& b) {
  for (int i = 0; i < 7; ++i) {
    for (int k = 0; k < 7; ++k) {
      const double size = std::sqrt(b.gram[8 * i] * b.gram[8 * k]);
      if (!(std::abs(a.gram[7 * i + k] - b.gram[7 * i + k]) <= 1e-9 * size)) return false;
    }
  }
  if (a.intrinsics.size() != b.intrinsics.size()) return false;
  constexpr size_t kAll = IntrinsicsSums::kAll;
  const auto square = [&b](size_t i) {
    return i < 7 ? b.gram[8 * i] : b.intrinsics[kAll * (i - 7) + i];
  };
  for (size_t i = 0; i < b.intrinsics.size(); ++i) {
    const double size = std::sqrt(square(7 + i / kAll) * square(i % kAll));
    if (!(std::abs(a.intrinsics[i] - b.intrinsics[i]) <= 1e-9 * size)) return false;
  }
  return a.boundary_pixels == b.boundary_pixels && std::abs(a.area_px - b.area_px) <= 1e-6;
}

}  // namespace

std::string WhyNotTrusted(Rasterizer* tested) {
  CpuRasterizer cpu(1);
  constexpr int kTimes = 3;
  const std::vector<GramResult> results = EvaluateOn(tested, kTimes),
                                expected = EvaluateOn(&cpu, kTimes);
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!Agree(results[i], expected[i])) return "its results are not the CPU's";
  }
  return "";
}

}  // namespace ceres_align
