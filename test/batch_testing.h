// The list of jobs on which every backend must agree with the CPU, and the comparison.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "ceres_align/geometry/simplify.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/scan.h"
#include "ceres_align/synth/shapes.h"
#include "testing.h"

namespace ceres_align::testing {

/// Meshes, targets and jobs of every kind: scans, closed, open, soup, non-manifold, out of frame,
/// near, behind, on the grid, windows, weights.
struct ParityList {
  std::vector<std::string> names;
  std::vector<TriangleMesh> meshes;
  std::vector<std::shared_ptr<const ContourMesh>> prepared;
  std::vector<std::shared_ptr<const Target>> targets;
  std::vector<RasterJob> jobs;

  explicit ParityList(int num_jobs) {
    Add("cube", MakeCube(2));
    Add("blob", MakeBumpyBlob(20000, 3));
    Add("parts", MakeMultiPart(3000));
    Add("torus", MakeTorus(1, 0.3, 60, 24));
    Add("hemisphere", MakeHemisphere(1, 12, 31));
    Add("sheet", MakeSheet(3, 2, 6, 4));
    Add("soup", MakeTriangleSoup(300, 5, 0.7));
    Add("fine soup", MakeTriangleSoup(3000, 6, 0.1));
    Add("fins", FlipRandomWinding(AddFins(MakeBumpyBlob(1000, 62), 80, 1, 63), 0.5, 64));
    Add("clustered", SimplifyByClustering(MakeBumpyBlob(20000, 8), 1500).mesh);
    ScanOptions scan;
    scan.target_faces = 12000;
    Add("scan", MakeScan(MakeBumpyBlob(2000, 9), scan));
    scan.holes = 6;
    scan.fragments = 8;
    Add("scan with holes", MakeScan(MakeMultiPart(3000), scan));
    AddTargets();
    for (int i = 0; i < num_jobs; ++i) jobs.push_back(MakeJob(i));
  }

  void AddTo(Rasterizer* rasterizer) const {
    for (size_t i = 0; i < prepared.size(); ++i) {
      ASSERT_EQ(rasterizer->AddMesh(prepared[i]), static_cast<MeshId>(i));
    }
    for (size_t i = 0; i < targets.size(); ++i) {
      ASSERT_EQ(rasterizer->AddTarget(targets[i]), static_cast<TargetId>(i));
    }
  }

 private:
  void Add(const std::string& name, TriangleMesh mesh) {
    CleanMesh(&mesh);
    names.push_back(name);
    prepared.push_back(std::make_shared<ContourMesh>(mesh));
    meshes.push_back(std::move(mesh));
  }

  void AddTargets() {
    Random random("parity targets", 0);
    for (int i = 0; i < 7; ++i) {
      const int width = 16 + 37 * i, height = 130 - 15 * i;
      ImageF mask(width, height), weight;
      for (float& t : mask.pixels) {
        t = static_cast<float>(std::clamp(random.Uniform(-0.5, 1.5), 0.0, 1.0));
      }
      if (i % 2 == 1) {
        weight = ImageF(width, height);
        for (float& w : weight.pixels) w = static_cast<float>(random.Uniform(0, 2.5));
      }
      targets.push_back(std::make_shared<Target>(std::move(mask), std::move(weight)));
    }
  }

  RasterJob MakeJob(int i) const {
    Random random("parity jobs", i);
    RasterJob job;
    job.mesh = i % static_cast<int>(meshes.size());
    job.target = (i / 3) % static_cast<int>(targets.size());
    job.window = i % 4 == 1 ? 3 + 2 * (i % 3) : 1;
    const Target& target = *targets[job.target];
    job.camera = TestCamera(target.width_px(), target.height_px());
    const double small = std::min(target.width_px(), target.height_px());
    job.cam_from_object =
        RandomPose(meshes[job.mesh], job.camera, random.Uniform(0.05, 0.6) * small, &random);
    const double radius = prepared[job.mesh]->radius;
    job.intrinsics = i % 5 >= 3;
    // A part of the list sees through lenses, mixed with pinholes.
    if (i % 7 == 2) {
      job.camera.lens = testing::LensCameras(target.width_px(), target.height_px())[i / 7 % 6].lens;
    }
    switch (i % 11) {
      case 3:  // partly or wholly beside the frame
        job.cam_from_object.translation.x() += random.Uniform(-4, 4) * radius;
        job.cam_from_object.translation.y() += random.Uniform(-4, 4) * radius;
        break;
      case 5:  // the near plane through the mesh, or behind the camera
        job.cam_from_object.translation.z() = random.Uniform(-1.5, 1.5) * radius;
        break;
      case 7:  // the camera inside
        job.cam_from_object.translation = 0.4 * radius * random.UnitVector();
        break;
      case 9:  // on the grid: edges along rows and columns
        job.camera = {target.width_px(), target.height_px(), 8, 8, 8, 8};
        job.cam_from_object = Rigid3d(Eigen::Quaterniond::Identity(), Eigen::Vector3d(0, 0, 4));
        break;
    }
    return job;
  }
};

/// The worst difference of Gram entries, relative to √(G_ii G_kk), of areas and moments relative
/// to the frame. NaN and boundary counts that differ give infinity.
inline double Difference(const GramResult& a, const GramResult& b, const Camera& camera) {
  const double frame = static_cast<double>(camera.width_px) * camera.height_px;
  double worst = 0;
  const auto add = [&worst](double d) {
    worst = d <= worst ? worst : d;
    if (std::isnan(d)) worst = INFINITY;
  };
  for (int i = 0; i < 7; ++i) {
    for (int k = 0; k < 7; ++k) {
      const double size = std::sqrt(b.gram[8 * i] * b.gram[8 * k]);
      const double d = std::abs(a.gram[7 * i + k] - b.gram[7 * i + k]);
      add(d == 0 ? 0 : d / size);
    }
  }
  if (a.intrinsics.size() != b.intrinsics.size()) return INFINITY;
  for (size_t i = 0; i < b.intrinsics.size(); ++i) {
    const size_t column = i / 11, other = i % 11;  // of [ω, v, r, fx, fy, cx, cy]
    const double own = b.intrinsics[12 * column + 7],
                 square = other < 7 ? b.gram[8 * other] : b.intrinsics[12 * (other - 7) + 7];
    const double d = std::abs(a.intrinsics[i] - b.intrinsics[i]);
    add(d == 0 ? 0 : d / std::sqrt(own * square));
  }
  add(std::abs(a.area_px - b.area_px) / frame);
  add(std::abs(a.moment_x_px - b.moment_x_px) / (frame * camera.width_px));
  add(std::abs(a.moment_y_px - b.moment_y_px) / (frame * camera.height_px));
  if (a.boundary_pixels != b.boundary_pixels) worst = INFINITY;
  return worst;
}

inline bool SameBits(const GramResult& a, const GramResult& b) {
  return std::memcmp(a.gram, b.gram, sizeof(a.gram)) == 0 &&
         a.boundary_pixels == b.boundary_pixels && a.area_px == b.area_px &&
         a.moment_x_px == b.moment_x_px && a.moment_y_px == b.moment_y_px &&
         a.intrinsics == b.intrinsics;
}

/// "pixel (column, row): 0.5 and 0.25", the first at which coverage or a derivative differ by more
/// than `tolerance` (of derivatives: times the largest one); empty if none does.
inline std::string FirstDifferentPixel(Rasterizer* a, Rasterizer* b, const RasterJob& job,
                                       double tolerance) {
  std::vector<double> ja, jb;
  const Image<double> ia = a->Coverage(job, &ja), ib = b->Coverage(job, &jb);
  double largest = 0;
  for (double d : jb) largest = std::max(largest, std::abs(d));
  const auto differ = [](double x, double y, double most) { return !(std::abs(x - y) <= most); };
  for (int r = 0; r < ib.height; ++r) {
    for (int c = 0; c < ib.width; ++c) {
      const size_t i = static_cast<size_t>(r) * ib.width + c;
      const std::string pixel = "pixel (" + std::to_string(c) + ", " + std::to_string(r) + "): ";
      if (differ(ia.pixels[i], ib.pixels[i], tolerance)) {
        return pixel + std::to_string(ia.pixels[i]) + " and " + std::to_string(ib.pixels[i]);
      }
      for (int k = 0; k < 6; ++k) {
        const double x = ja[6 * i + k], y = jb[6 * i + k];
        if (differ(x, y, tolerance * largest)) {
          return pixel + "derivative " + std::to_string(k) + ": " + std::to_string(x) + " and " +
                 std::to_string(y);
        }
      }
    }
  }
  return "";
}

/// Expects images to be equal but for the last bits of float: a double that rounds to it may differ
/// in its own last bits.
inline void ExpectSameImages(const std::vector<ImageF>& a, const std::vector<ImageF>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].width, b[i].width);
    ASSERT_EQ(a[i].pixels.size(), b[i].pixels.size());
    for (size_t k = 0; k < a[i].pixels.size(); ++k) {
      ASSERT_NEAR(a[i].pixels[k], b[i].pixels[k], 2e-7) << "image " << i << " pixel " << k;
    }
  }
}

/// Evaluates in batches of at most `size` jobs.
inline std::vector<GramResult> EvaluateInBatches(Rasterizer* rasterizer,
                                                 const std::vector<RasterJob>& jobs, size_t size) {
  std::vector<GramResult> all, results;
  for (size_t begin = 0; begin < jobs.size(); begin += size) {
    const auto first = jobs.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto count = static_cast<std::ptrdiff_t>(std::min(size, jobs.size() - begin));
    rasterizer->Evaluate(std::vector<RasterJob>(first, first + count), &results);
    all.insert(all.end(), results.begin(), results.end());
  }
  return all;
}

/// Expects all jobs of the list on `tested` to give what `reference` gives.
inline void ExpectParity(const ParityList& list, Rasterizer* tested, Rasterizer* reference,
                         double tolerance) {
  const std::vector<GramResult> results = EvaluateInBatches(tested, list.jobs, 100),
                                expected = EvaluateInBatches(reference, list.jobs, 100);
  ASSERT_EQ(results.size(), expected.size());
  double worst = 0;
  int visible = 0, wrong = 0;
  for (size_t i = 0; i < list.jobs.size(); ++i) {
    const RasterJob& job = list.jobs[i];
    const double d = Difference(results[i], expected[i], job.camera);
    worst = std::max(worst, d);
    visible += expected[i].boundary_pixels > 0 ? 1 : 0;
    if (d <= tolerance) continue;
    ADD_FAILURE() << "job " << i << " (" << list.names[job.mesh] << ", window " << job.window
                  << ", " << job.camera.width_px << "x" << job.camera.height_px << ") differs by "
                  << d << "; first at " << FirstDifferentPixel(tested, reference, job, 1e-12);
    if (++wrong == 5) FAIL() << "and more";
  }
  std::printf("%zu jobs, %d with an outline in the frame, worst difference %.3g\n",
              list.jobs.size(), visible, worst);
  EXPECT_GT(visible, static_cast<int>(list.jobs.size()) / 2);
}

}  // namespace ceres_align::testing
