// A few stray faces far away (a scan's outliers) change nothing about the object: not where the
// near plane lies, nor its coverage and derivatives; on both backends.
#include <gtest/gtest.h>

#include <cmath>

#include "batch_testing.h"
#include "ceres_align/batch/batch_rasterizer.h"
#include "ceres_align/batch/host_executor.h"
#include "ceres_align/geometry/strays.h"
#include "ceres_align/render/contour_extract.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/render/view_geometry.h"

namespace ceres_align {
namespace {

using testing::MeshRenderer;
using testing::Random;
using testing::RandomPose;
using testing::TestCamera;
using testing::WithStrays;

TriangleMesh Blob() {
  TriangleMesh blob = MakeBumpyBlob(4000, 91);
  CleanMesh(&blob);
  return blob;
}

TEST(StrayFaces, TheBulkIsWhatIsLeftWithoutThem) {
  const TriangleMesh blob = Blob();
  const Sphere alone = BoundingSphere(blob);
  for (const double radii : {100.0, 1e4, 1e6}) {
    const TriangleMesh mesh = WithStrays(blob, 6, radii);
    const Sphere bulk = BulkSphere(mesh, BoundingSphere(mesh));
    EXPECT_EQ(bulk.center, alone.center);
    EXPECT_EQ(bulk.radius, alone.radius);
    const ContourMesh prepared(mesh);
    EXPECT_EQ(prepared.bulk_radius, alone.radius);
    EXPECT_GE(prepared.radius, 0.99 * radii * alone.radius);
    EXPECT_EQ(prepared.center.x, alone.center.x());
  }
}

TEST(StrayFaces, OrdinaryMeshesHaveNone) {
  for (TriangleMesh mesh : {Blob(), MakeCube(2), MakeMultiPart(3000), MakeTorus(1, 0.01, 200, 6),
                            MakeSheet(30, 0.1, 60, 1), MakeTriangleSoup(300, 5, 0.7),
                            WithStrays(Blob(), 600, 100)}) {  // a tenth: no strays
    CleanMesh(&mesh);
    const Sphere all = BoundingSphere(mesh);
    EXPECT_EQ(BulkSphere(mesh, all).radius, all.radius);
    EXPECT_EQ(BulkSphere(mesh, all).center, all.center);
    EXPECT_EQ(ContourMesh(mesh).bulk_radius, all.radius);
  }
  EXPECT_EQ(BulkSphere(TriangleMesh{}, Sphere{}).radius, 0);
}

// The strays are out of the frame or behind the camera in all of these views, or cover less than a
// pixel; before, the near plane lay behind the object.
TEST(StrayFaces, TheObjectIsDrawnAsWithoutThem) {
  const TriangleMesh blob = Blob();
  MeshRenderer alone(blob);
  const Camera camera = TestCamera(120, 100);
  for (const double radii : {300.0, 1e5}) {
    MeshRenderer with(WithStrays(blob, 5, radii));
    for (int trial = 0; trial < 6; ++trial) {
      Random random("stray poses", trial);
      const Rigid3d pose = RandomPose(blob, camera, 35, &random);
      std::vector<double> j_alone, j_with;
      const Image<double> expected = alone.Coverage(camera, pose, &j_alone);
      const Image<double> got = with.Coverage(camera, pose, &j_with);
      int64_t different = 0;
      double area = 0;
      for (size_t i = 0; i < expected.pixels.size(); ++i) {
        area += expected.pixels[i];
        different += std::abs(got.pixels[i] - expected.pixels[i]) > 1e-6 ? 1 : 0;
      }
      EXPECT_GT(area, 1000);
      EXPECT_LE(different, 5) << radii << " trial " << trial;
      if (different == 0) {
        EXPECT_LT(testing::RelativeDifference(j_with, j_alone), 1e-4);
      }
    }
  }
}

// What is left out of a long pole's mesh would be missed.
TEST(StrayFaces, ArePartsOfTheObjectWhereTheyAreLarge) {
  const TriangleMesh blob = Blob();
  for (const double radii : {100.0, 1e4}) {
    const std::optional<TriangleMesh> without = WithoutStrays(WithStrays(blob, 6, radii));
    ASSERT_TRUE(without.has_value());
    EXPECT_EQ(without->vertices, blob.vertices);
    EXPECT_EQ(without->faces, blob.faces);
  }
  EXPECT_FALSE(WithoutStrays(blob).has_value());
  EXPECT_FALSE(WithoutStrays(TriangleMesh{}).has_value());
  EXPECT_FALSE(WithoutStrays(WithStrays(blob, 600, 100)).has_value());
  for (const double width : {0.01, 1.0}) {  // of one face from the blob's middle outwards
    TriangleMesh pole = blob;
    const Sphere sphere = BoundingSphere(blob);
    const auto first = static_cast<int32_t>(pole.vertices.size());
    for (const Eigen::Vector3d& at :
         {Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(width, 0, 0), Eigen::Vector3d(0, 0, 60)}) {
      pole.vertices.push_back(sphere.center + sphere.radius * at);
    }
    pole.faces.push_back({first, first + 1, first + 2});
    EXPECT_LT(BulkSphere(pole, BoundingSphere(pole)).radius, 2 * sphere.radius);
    EXPECT_EQ(WithoutStrays(pole).has_value(), width < 0.1);
  }
}

// Inside and right in front of the object too, where the near plane cuts it.
TEST(StrayFaces, BackendsAgree) {
  const TriangleMesh blob = Blob();
  const auto mesh = std::make_shared<ContourMesh>(WithStrays(blob, 5, 300));
  const Camera camera = TestCamera(120, 100);
  const auto target = std::make_shared<Target>(ImageF(120, 100, 0.5f), ImageF());
  std::vector<RasterJob> jobs;
  for (int i = 0; i < 40; ++i) {
    Random random("stray jobs", i);
    RasterJob job;
    job.camera = camera;
    job.cam_from_object = RandomPose(blob, camera, 35, &random);
    if (i % 4 == 1) job.cam_from_object.translation = 0.5 * random.UnitVector();
    if (i % 4 == 2) job.cam_from_object.translation.z() = random.Uniform(-1.5, 1.5);
    jobs.push_back(job);
  }
  const auto evaluate = [&](Rasterizer* rasterizer) {
    const MeshId mesh_id = rasterizer->AddMesh(mesh);
    const TargetId target_id = rasterizer->AddTarget(target);
    for (RasterJob& job : jobs) {
      job.mesh = mesh_id;
      job.target = target_id;
    }
    std::vector<GramResult> results;
    rasterizer->Evaluate(jobs, &results);
    return results;
  };
  CpuRasterizer cpu(1);
  BatchRasterizer batched(batch::MakeHostEngine({}, batch::HostExecutor::Order::kForward), "host",
                          2);
  const std::vector<GramResult> expected = evaluate(&cpu), got = evaluate(&batched);
  int visible = 0;
  for (size_t i = 0; i < jobs.size(); ++i) {
    visible += expected[i].area_px > 0 ? 1 : 0;
    EXPECT_LE(testing::Difference(got[i], expected[i], camera), 1e-9) << "job " << i;
  }
  EXPECT_GE(visible, 30);  // the others lie behind the camera
}

// Balls around faces leave out no face that crosses the near plane.
TEST(NearPlane, BallsHoldTheirFaces) {
  for (TriangleMesh mesh :
       {Blob(), MakeMultiPart(5000), MakeTriangleSoup(500, 7, 0.5), WithStrays(Blob(), 4, 1e6)}) {
    CleanMesh(&mesh);
    const ContourMesh prepared(mesh);
    int crossing = 0;
    for (int trial = 0; trial < 30; ++trial) {
      Random random("balls", trial);
      const Rigid3d pose(Eigen::Quaterniond(Eigen::AngleAxisd(trial, random.UnitVector())),
                         Eigen::Vector3d(0.6 * prepared.bulk_radius * random.UnitVector()));
      const ViewGeometry view = MakeViewGeometry(prepared, TestCamera(60, 50), pose);
      std::vector<const MeshFace*> near, all;
      NearCut cut{};
      ForEachFaceNearPlane(prepared, view, [&](const MeshFace& face) {
        if (MakeNearCut(view, prepared.vertices.data(), face, &cut)) near.push_back(&face);
      });
      for (const MeshFace& face : prepared.faces) {
        if (MakeNearCut(view, prepared.vertices.data(), face, &cut)) all.push_back(&face);
      }
      EXPECT_EQ(near, all);
      crossing += static_cast<int>(all.size());
    }
    EXPECT_GT(crossing, 100);
  }
}

}  // namespace
}  // namespace ceres_align
