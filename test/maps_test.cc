// Depth and normals against an independent ray caster, Intel's Embree.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

#include "ceres_align/maps/surface_map.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/synth/shapes.h"
#include "testing.h"

#ifdef CERES_ALIGN_TEST_EMBREE
#include <embree3/rtcore.h>
#endif

namespace ceres_align {
namespace {

using Eigen::Vector3d;
using Eigen::Vector3f;

CpuRasterizer* Threads() {
  static CpuRasterizer threads(2);
  return &threads;
}

double Angle_deg(const Vector3d& a, const Vector3d& b) {
  return 180 / M_PI * std::atan2(a.cross(b).norm(), a.dot(b));
}

#ifdef CERES_ALIGN_TEST_EMBREE
// The mesh in the camera's frame; rays from the camera.
class RayCaster {
 public:
  RayCaster(const TriangleMesh& mesh, const Rigid3d& cam_from_object)
      : device_(rtcNewDevice(nullptr)), scene_(rtcNewScene(device_)) {
    rtcSetSceneFlags(scene_, RTC_SCENE_FLAG_ROBUST);
    const RTCGeometry geometry = rtcNewGeometry(device_, RTC_GEOMETRY_TYPE_TRIANGLE);
    auto* vertices = static_cast<float*>(
        rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_VERTEX, 0, RTC_FORMAT_FLOAT3,
                                3 * sizeof(float), mesh.vertices.size()));
    for (size_t v = 0; v < mesh.vertices.size(); ++v) {
      const Vector3d at = cam_from_object * mesh.vertices[v];
      in_cam_.push_back(at);
      for (int i = 0; i < 3; ++i) vertices[3 * v + i] = static_cast<float>(at[i]);
    }
    auto* faces = static_cast<unsigned*>(
        rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_INDEX, 0, RTC_FORMAT_UINT3,
                                3 * sizeof(unsigned), mesh.faces.size()));
    for (size_t f = 0; f < mesh.faces.size(); ++f) {
      for (int i = 0; i < 3; ++i) faces[3 * f + i] = static_cast<unsigned>(mesh.faces[f][i]);
    }
    rtcCommitGeometry(geometry);
    rtcAttachGeometry(scene_, geometry);
    rtcReleaseGeometry(geometry);
    rtcCommitScene(scene_);
  }
  ~RayCaster() {
    rtcReleaseScene(scene_);
    rtcReleaseDevice(device_);
  }
  // Depth Z (0: nothing is hit), and the unit normal of the face, towards the camera.
  double Cast(const Vector3d& ray, Vector3d* normal) const {
    RTCIntersectContext context;
    rtcInitIntersectContext(&context);
    RTCRayHit hit{};
    hit.ray.dir_x = static_cast<float>(ray.x());
    hit.ray.dir_y = static_cast<float>(ray.y());
    hit.ray.dir_z = static_cast<float>(ray.z());
    hit.ray.tfar = std::numeric_limits<float>::infinity();
    hit.ray.mask = ~0u;
    hit.hit.geomID = hit.hit.instID[0] = RTC_INVALID_GEOMETRY_ID;
    rtcIntersect1(scene_, &context, &hit);
    if (hit.hit.geomID == RTC_INVALID_GEOMETRY_ID) return 0;
    *normal = Vector3d(hit.hit.Ng_x, hit.hit.Ng_y, hit.hit.Ng_z).normalized();
    if (normal->dot(ray) > 0) *normal = -*normal;
    return hit.ray.tfar * ray.z();
  }

 private:
  RTCDevice device_;
  RTCScene scene_;
  std::vector<Vector3d> in_cam_;
};

struct Agreement {
  int64_t pixels = 0, depth_right = 0, normal_right = 0;
};

// Away from edges: the four neighbours see something, at about the same depth, and so does Embree.
Agreement Compare(const TriangleMesh& mesh, const Camera& camera, const Rigid3d& cam_from_object,
                  double depth_factor) {
  const SurfaceMap map = RenderSurface(mesh, camera, cam_from_object, Threads());
  const Vector3Map normals = NormalMap(mesh, nullptr, map, camera, cam_from_object, Threads());
  const RayCaster caster(mesh, cam_from_object);
  const Sphere sphere = BoundingSphere(mesh);
  const double distance = (cam_from_object * sphere.center).norm();
  const Projection projection(camera);
  Agreement sum;
  for (int row = 1; row + 1 < camera.height_px; ++row) {
    for (int c = 1; c + 1 < camera.width_px; ++c) {
      bool inner = true;
      for (const auto& [dx, dy] : {std::pair{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}}) {
        const float z = map.depth.at(c + dx, row + dy);
        inner = inner && z > 0 && std::abs(z - map.depth.at(c, row)) < 0.05 * sphere.radius;
      }
      if (!inner) continue;
      Vector3d normal;
      const double z = caster.Cast(projection.Ray(c + 0.5, row + 0.5), &normal);
      ++sum.pixels;
      sum.depth_right += std::abs(depth_factor * map.depth.at(c, row) - z) < 1e-5 * distance;
      sum.normal_right += z > 0 && Angle_deg(normals.at(c, row).cast<double>(), normal) < 0.05;
    }
  }
  return sum;
}

TEST(SurfaceMap, DepthAndNormalsAreThoseOfEmbree) {
  testing::Random random("maps", 3);
  std::vector<Camera> cameras = testing::LensCameras(320, 256);
  cameras.push_back(testing::TestCamera(320, 240));
  int index = 0;
  for (const Camera& camera : cameras) {
    for (const TriangleMesh& mesh : {MakeBumpyBlob(3000, 5), MakeBumpyBlob(40000, 6)}) {
      SCOPED_TRACE(::testing::Message() << "case " << index++);
      const Rigid3d pose = testing::RandomPose(mesh, camera, 90, &random);
      const Agreement agreement = Compare(mesh, camera, pose, 1.0);
      EXPECT_GT(agreement.pixels, 3000);
      EXPECT_GE(agreement.depth_right, 0.999 * agreement.pixels);
      EXPECT_GE(agreement.normal_right, 0.999 * agreement.pixels);
      // The bound is one: depth that is wrong by a ten-thousandth fails it.
      EXPECT_LT(Compare(mesh, camera, pose, 1.0001).depth_right, 0.5 * agreement.pixels);
    }
  }
}
#else
TEST(SurfaceMap, DepthAndNormalsAreThoseOfEmbree) { GTEST_SKIP() << "built without libembree-dev"; }
#endif

}  // namespace
}  // namespace ceres_align
