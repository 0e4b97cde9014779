// Depth and normals against an independent ray caster, Intel's Embree.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <vector>

#include "ceres_align/maps/camera_maps.h"
#include "ceres_align/render/cpu_rasterizer.h"
#include "ceres_align/surface/surface_map.h"
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
struct Placed {
  TriangleMesh mesh;
  Rigid3d cam_from_mesh;
};

// Meshes in the camera's frame, one geometry each; rays from the camera.
class RayCaster {
 public:
  explicit RayCaster(const std::vector<Placed>& meshes)
      : device_(rtcNewDevice(nullptr)), scene_(rtcNewScene(device_)) {
    rtcSetSceneFlags(scene_, RTC_SCENE_FLAG_ROBUST);
    for (const Placed& placed : meshes) Add(placed.mesh, placed.cam_from_mesh);
    rtcCommitScene(scene_);
  }
  ~RayCaster() {
    rtcReleaseScene(scene_);
    rtcReleaseDevice(device_);
  }
  struct Hit {
    double depth = 0;  // Z; 0: nothing is hit
    Vector3d normal;   // of the face, unit, towards the camera
    int mesh = -1;
  };
  Hit Cast(const Vector3d& ray) const {
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
    if (hit.hit.geomID == RTC_INVALID_GEOMETRY_ID) return {};
    Vector3d normal = Vector3d(hit.hit.Ng_x, hit.hit.Ng_y, hit.hit.Ng_z).normalized();
    if (normal.dot(ray) > 0) normal = -normal;
    return {hit.ray.tfar * ray.z(), normal, static_cast<int>(hit.hit.geomID)};
  }

 private:
  void Add(const TriangleMesh& mesh, const Rigid3d& cam_from_mesh) {
    const RTCGeometry geometry = rtcNewGeometry(device_, RTC_GEOMETRY_TYPE_TRIANGLE);
    auto* vertices = static_cast<float*>(
        rtcSetNewGeometryBuffer(geometry, RTC_BUFFER_TYPE_VERTEX, 0, RTC_FORMAT_FLOAT3,
                                3 * sizeof(float), mesh.vertices.size()));
    for (size_t v = 0; v < mesh.vertices.size(); ++v) {
      const Vector3d at = cam_from_mesh * mesh.vertices[v];
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
  }

  RTCDevice device_;
  RTCScene scene_;
};

struct Agreement {
  int64_t pixels = 0, depth_right = 0, normal_right = 0, mesh_right = 0;
  std::vector<int64_t> pixels_of;  // each mesh
};

struct Drawn {
  SurfaceMap map;
  Vector3Map normals;
  double smooth;    // depths of neighbours on one surface differ by less
  double distance;  // of what is seen
};

// Away from edges: the four neighbours see something, at about the same depth, and so does Embree.
template <typename MeshOfFace>
Agreement Compare(const Drawn& drawn, const Camera& camera, const std::vector<Placed>& meshes,
                  double depth_factor, const MeshOfFace& mesh_of_face) {
  const RayCaster caster(meshes);
  const Projection projection(camera);
  const SurfaceMap& map = drawn.map;
  Agreement sum;
  sum.pixels_of.resize(meshes.size());
  for (int row = 1; row + 1 < camera.height_px; ++row) {
    for (int c = 1; c + 1 < camera.width_px; ++c) {
      bool inner = true;
      for (const auto& [dx, dy] : {std::pair{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}}) {
        const float z = map.depth.at(c + dx, row + dy);
        inner = inner && z > 0 && std::abs(z - map.depth.at(c, row)) < drawn.smooth;
      }
      if (!inner) continue;
      const RayCaster::Hit hit = caster.Cast(projection.Ray(c + 0.5, row + 0.5));
      const int mesh = mesh_of_face(map.face.at(c, row));
      ++sum.pixels;
      ++sum.pixels_of[mesh];
      sum.mesh_right += mesh == hit.mesh;
      sum.depth_right +=
          std::abs(depth_factor * map.depth.at(c, row) - hit.depth) < 1e-5 * drawn.distance;
      sum.normal_right +=
          hit.depth > 0 && Angle_deg(drawn.normals.at(c, row).cast<double>(), hit.normal) < 0.05;
    }
  }
  return sum;
}

Drawn Draw(const TriangleMesh& mesh, const Camera& camera, const Rigid3d& cam_from_object) {
  Drawn drawn;
  drawn.map = RenderSurface(mesh, camera, cam_from_object, Threads());
  drawn.normals = NormalMap(mesh, nullptr, drawn.map, camera, cam_from_object, Threads());
  const Sphere sphere = BoundingSphere(mesh);
  drawn.smooth = 0.05 * sphere.radius;
  drawn.distance = (cam_from_object * sphere.center).norm();
  return drawn;
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
      const Drawn drawn = Draw(mesh, camera, pose);
      const auto compare = [&](double depth_factor) {
        return Compare(drawn, camera, {{mesh, pose}}, depth_factor, [](int32_t) { return 0; });
      };
      const Agreement agreement = compare(1);
      EXPECT_GT(agreement.pixels, 3000);
      EXPECT_GE(agreement.depth_right, 0.999 * agreement.pixels);
      EXPECT_GE(agreement.normal_right, 0.999 * agreement.pixels);
      // The bound is one: depth that is wrong by a ten-thousandth fails it.
      EXPECT_LT(compare(1.0001).depth_right, 0.5 * agreement.pixels);
    }
  }
}

// Three that stand in each other: of each pixel the nearest surface of all, and whose it is.
TEST(SurfaceMap, SeveralObjectsAreThoseOfEmbree) {
  testing::Random random("maps", 4);
  const std::vector<TriangleMesh> meshes = {MakeBumpyBlob(3000, 5), MakeMultiPart(1500),
                                            MakeBumpyBlob(9000, 8)};
  for (const Camera& camera : {testing::LensCameras(320, 256)[0], testing::TestCamera(320, 240)}) {
    const Rigid3d cam_from_world = testing::RandomPose(meshes[0], camera, 90, &random);
    const double step = 0.6 * BoundingSphere(meshes[0]).radius;
    std::vector<PlacedMesh> objects;
    std::vector<Placed> placed;
    for (const TriangleMesh& mesh : meshes) {
      const Sphere sphere = BoundingSphere(mesh);
      const Rigid3d to_middle(Eigen::Quaterniond::Identity(), -sphere.center);
      const Rigid3d turn(random.Rotation(),
                         BoundingSphere(meshes[0]).center + step * random.UnitVector());
      objects.push_back({std::make_shared<TriangleMesh>(mesh), turn * to_middle});
      placed.push_back({mesh, cam_from_world * objects.back().world_from_mesh});
    }
    MapOptions options;
    options.smooth_normals = false;
    const DrawableMesh all(objects, options, Threads());
    EXPECT_EQ(all.num_objects(), 3u);
    const Agreement agreement = Compare(Draw(all.mesh(), camera, cam_from_world), camera, placed, 1,
                                        [&](int32_t face) { return all.ObjectOf(face); });
    EXPECT_GT(agreement.pixels, 3000);
    for (const int64_t pixels : agreement.pixels_of) EXPECT_GT(pixels, 200);
    EXPECT_GE(agreement.depth_right, 0.999 * agreement.pixels);
    EXPECT_GE(agreement.normal_right, 0.999 * agreement.pixels);
    EXPECT_GE(agreement.mesh_right, 0.999 * agreement.pixels);
  }
}
#else
TEST(SurfaceMap, DepthAndNormalsAreThoseOfEmbree) { GTEST_SKIP() << "built without libembree-dev"; }
TEST(SurfaceMap, SeveralObjectsAreThoseOfEmbree) { GTEST_SKIP() << "built without libembree-dev"; }
#endif

}  // namespace
}  // namespace ceres_align
