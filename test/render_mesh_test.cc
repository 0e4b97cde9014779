// ContourMesh: what preparation keeps and changes, which edges are regular, and that its clusters
// find exactly the contour edges that a look at every face finds.
#include <gtest/gtest.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <tuple>

#include "ceres_align/geometry/simplify.h"
#include "ceres_align/render/contour_extract.h"
#include "ceres_align/render/silhouette_math.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/point_sampler.h"
#include "ceres_align/synth/shapes.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::MeshRenderer;
using testing::Random;

TriangleMesh Cleaned(TriangleMesh mesh) {
  CleanMesh(&mesh);
  return mesh;
}

// Twice round a ring: one half twist. `segments` quads, each two triangles.
TriangleMesh MakeMoebiusStrip(int segments) {
  TriangleMesh mesh;
  for (int i = 0; i < segments; ++i) {
    const double a = 2 * M_PI * i / segments;
    for (double side : {-0.4, 0.4}) {
      const double r = 1 + side * std::cos(a / 2);
      mesh.vertices.emplace_back(r * std::cos(a), r * std::sin(a), side * std::sin(a / 2));
    }
  }
  for (int i = 0; i < segments; ++i) {
    const bool last = i + 1 == segments;
    const int32_t a = 2 * i, b = a + 1, c = last ? 1 : a + 2, d = last ? 0 : a + 3;
    mesh.faces.push_back({a, c, b});
    mesh.faces.push_back({b, c, d});
  }
  return mesh;
}

// `n` triangles around one edge, in random directions, every other one the other way round.
TriangleMesh MakeFan(int n, uint64_t seed) {
  Random random("fan", seed);
  TriangleMesh mesh;
  mesh.vertices = {{0, 0, -1}, {0, 0, 1}};
  for (int i = 0; i < n; ++i) {
    mesh.vertices.push_back(2 * random.UnitVector());
    const bool flips = i % 2 == 1;
    mesh.faces.push_back({flips ? 1 : 0, flips ? 0 : 1, 2 + i});
  }
  return mesh;
}

// Cubes side by side: four faces at the edges between two of them, and pairs of equal ones, which
// are dropped.
TriangleMesh MakeRowOfCubes(int n) {
  TriangleMesh row;
  for (int i = 0; i < n; ++i) {
    const TriangleMesh cube = MakeCube(2);
    const auto first = static_cast<int32_t>(row.vertices.size());
    for (const auto& v : cube.vertices) row.vertices.push_back(v + Eigen::Vector3d(2.0 * i, 0, 0));
    for (const auto& f : cube.faces)
      row.faces.push_back({f[0] + first, f[1] + first, f[2] + first});
  }
  return row;
}

// Edges (low, high) with m_e, by looking at every face: from the prepared mesh's faces only.
using EdgeMap = std::map<std::pair<int32_t, int32_t>, int>;
EdgeMap BruteForce(const ContourMesh& mesh, const Vec3& camera) {
  EdgeMap edges;
  for (const ContourMesh::Face& face : mesh.faces) {
    const int side = FaceSide(mesh.vertices[face.v[0]], mesh.vertices[face.v[1]],
                              mesh.vertices[face.v[2]], camera);
    for (int k = 0; k < 3; ++k) {
      const int32_t a = face.v[k], b = face.v[(k + 1) % 3];
      edges[std::minmax(a, b)] += a < b ? side : -side;
    }
  }
  for (auto it = edges.begin(); it != edges.end();) it = it->second == 0 ? edges.erase(it) : ++it;
  return edges;
}

EdgeMap Extracted(const ContourMesh& mesh, const Vec3& camera) {
  std::vector<ContourEdge> list;
  ExtractContour(mesh, camera, &list);
  EdgeMap edges;
  for (const ContourEdge& e : list) {
    EXPECT_NE(e.multiplicity, 0);
    const bool forward = e.v0 < e.v1;
    const bool added =
        edges.emplace(std::minmax(e.v0, e.v1), forward ? e.multiplicity : -e.multiplicity).second;
    EXPECT_TRUE(added) << "edge " << e.v0 << " " << e.v1 << " twice";
  }
  return edges;
}

using Corner = std::tuple<double, double, double>;
using FaceKey = std::array<Corner, 3>;
// Faces as sorted corners: what neither winding nor duplicates change.
template <typename GetCorner>
FaceKey KeyOf(const GetCorner& corner) {
  FaceKey key = {corner(0), corner(1), corner(2)};
  std::sort(key.begin(), key.end());
  return key;
}
std::set<FaceKey> FacesOf(const TriangleMesh& mesh) {
  const Eigen::Vector3d center = BoundingSphere(mesh).center;
  std::set<FaceKey> keys;
  for (const auto& face : mesh.faces) {
    keys.insert(KeyOf([&](int k) {
      const Eigen::Vector3d p = mesh.vertices[face[k]] - center;
      return Corner(p.x(), p.y(), p.z());
    }));
  }
  return keys;
}
std::set<FaceKey> FacesOf(const ContourMesh& mesh) {
  std::set<FaceKey> keys;
  for (const auto& face : mesh.faces) {
    keys.insert(KeyOf([&](int k) {
      const Vec3& p = mesh.vertices[face.v[k]];
      return Corner(p.x, p.y, p.z);
    }));
  }
  return keys;
}

struct NamedMesh {
  const char* name;
  TriangleMesh mesh;
};
std::vector<NamedMesh> ManyMeshes() {
  const TriangleMesh blob = MakeBumpyBlob(3000, 41);
  std::vector<NamedMesh> meshes = {
      {"cube", MakeCube(2)},
      {"blob", blob},
      {"multi", MakeMultiPart(5000)},
      {"bracket", MakeLBracket()},
      {"sheet", MakeSheet(2, 1.5, 9, 7)},
      {"bowl", MakeHemisphere(1, 12, 24)},
      {"soup", MakeTriangleSoup(200, 42, 0.6)},
      {"fins", AddFins(blob, 200, 1, 43)},
      {"mixed", FlipRandomWinding(blob, 0.5, 44)},
      {"mixed, torn fins",
       FlipRandomWinding(RemoveRandomFaces(AddFins(blob, 150, 1, 45), 0.1, 46), 0.5, 47)},
      {"slivers", AddSliversAndTJunctions(blob, 200, 48)},
      {"moebius", MakeMoebiusStrip(30)},
      {"row of cubes", MakeRowOfCubes(7)},
      {"fan of 9", MakeFan(9, 1)},
      {"fan of 30", MakeFan(30, 2)},
      {"fan of 90", MakeFan(90, 3)},
      {"clustered", SimplifyByClustering(MakeBumpyBlob(20000, 8), 1500).mesh},
      {"large", MakeBumpyBlob(20000, 49)},
  };
  for (NamedMesh& m : meshes) CleanMesh(&m.mesh);
  return meshes;
}

TEST(ContourMesh, KeepsEveryTriangleWhateverItsWinding) {
  for (const NamedMesh& m : ManyMeshes()) {
    TriangleMesh moved = m.mesh;
    for (auto& v : moved.vertices) v += Eigen::Vector3d(3, -5, 7);
    const ContourMesh prepared(moved);
    EXPECT_EQ(FacesOf(prepared), FacesOf(moved)) << m.name;
    const Sphere sphere = BoundingSphere(moved);
    EXPECT_EQ(prepared.radius, sphere.radius);
    EXPECT_EQ(prepared.center.x, sphere.center.x());
    EXPECT_EQ(prepared.center.y, sphere.center.y());
    EXPECT_EQ(prepared.center.z, sphere.center.z());
  }
}

TEST(ContourMesh, ExactDuplicatesAreDroppedInAnyWindingAndRotation) {
  TriangleMesh cube = MakeCube(2);
  const auto faces = cube.faces;
  for (const auto& f : faces) {
    cube.faces.push_back({f[1], f[2], f[0]});
    cube.faces.push_back({f[2], f[1], f[0]});
  }
  const ContourMesh prepared(cube);
  EXPECT_EQ(prepared.num_faces(), 12);
  EXPECT_EQ(prepared.edges.size(), 18u);
  EXPECT_EQ(static_cast<size_t>(prepared.num_regular_clusters), prepared.cluster_bounds.size());
}

// Edges, and how many faces each of the irregular ones has.
struct Counts {
  size_t regular = 0, irregular = 0;
  std::vector<int> faces_of_irregular;
};
Counts CountsOf(const ContourMesh& mesh) {
  Counts counts;
  EXPECT_EQ(mesh.edge_begin.size(), mesh.cluster_bounds.size() + 1);
  EXPECT_EQ(mesh.face_begin.size(), mesh.cluster_bounds.size() + 1);
  EXPECT_EQ(mesh.plane_x.size(), mesh.cluster_face.size());
  for (size_t c = 0; c < mesh.cluster_bounds.size(); ++c) {
    const bool is_regular = c < static_cast<size_t>(mesh.num_regular_clusters);
    EXPECT_LE(mesh.edge_begin[c + 1] - mesh.edge_begin[c], ContourMesh::kClusterEdges);
    EXPECT_LE(mesh.face_begin[c + 1] - mesh.face_begin[c], ClusterEdge::kMostFaces);
    for (int32_t e = mesh.edge_begin[c]; e < mesh.edge_begin[c + 1]; ++e) {
      const ClusterEdge edge = mesh.edges[e];
      EXPECT_FALSE(edge.continues() && e == mesh.edge_begin[c]);
      EXPECT_FALSE(is_regular && edge.along() == edge.back());
      if (!edge.continues()) {
        (is_regular ? counts.regular : counts.irregular) += 1;
        if (!is_regular) counts.faces_of_irregular.push_back(0);
      }
      if (!is_regular) counts.faces_of_irregular.back() += edge.along() == edge.back() ? 1 : 2;
    }
  }
  return counts;
}
Counts CountsOf(const TriangleMesh& mesh) { return CountsOf(ContourMesh(mesh)); }

TEST(ContourMesh, EdgeCountsOfKnownShapes) {
  const Counts cube = CountsOf(MakeCube(2));
  EXPECT_EQ(cube.regular, 18u);
  EXPECT_EQ(cube.irregular, 0u);
  // A 4 x 3 sheet: 4·3 diagonals, 3·3 + 4·2 inner lines, 2·(4 + 3) borders.
  const Counts sheet = CountsOf(MakeSheet(2, 1, 4, 3));
  EXPECT_EQ(sheet.regular, 12u + 17u);
  EXPECT_EQ(sheet.irregular, 14u);
  // A closed surface with F faces has 3F/2 edges.
  const TriangleMesh blob = Cleaned(MakeBumpyBlob(1280, 50));
  const Counts closed = CountsOf(blob);
  EXPECT_EQ(closed.regular, blob.faces.size() * 3 / 2);
  EXPECT_EQ(closed.irregular, 0u);
}

TEST(ContourMesh, ThreeFacesAtAnEdgeAreIrregular) {
  // A cube and one triangle on the edge between two of its corners.
  TriangleMesh cube = MakeCube(2);
  const int32_t a = cube.faces[0][0], b = cube.faces[0][1];
  cube.vertices.push_back(1.5 * (cube.vertices[a] + cube.vertices[b]));
  cube.faces.push_back({a, b, static_cast<int32_t>(cube.vertices.size()) - 1});
  const Counts counts = CountsOf(cube);
  EXPECT_EQ(counts.regular, 17u);
  EXPECT_EQ(counts.irregular, 3u);  // the shared one and the fin's two borders
}

// Several pairs of faces at an edge are culled with their cluster like one; a fan of an odd number
// is not.
TEST(ContourMesh, PairsOfFacesAtAnEdgeAreRegular) {
  const Counts even = CountsOf(MakeFan(8, 1)), odd = CountsOf(MakeFan(9, 1));
  EXPECT_EQ(even.regular, 1u);
  EXPECT_EQ(even.irregular, 16u);  // borders
  EXPECT_EQ(odd.regular, 0u);
  EXPECT_EQ(odd.irregular, 19u);
  EXPECT_EQ(*std::max_element(odd.faces_of_irregular.begin(), odd.faces_of_irregular.end()), 9);
}

TEST(ContourMesh, ManyFacesAtAnEdgeRenderRight) {
  const Camera camera = testing::TestCamera(90, 80);
  for (const int n : {9, 64, 65, 150, 400}) {
    const TriangleMesh fan = MakeFan(n, n);
    MeshRenderer renderer(fan);
    Random random("fan pose", n);
    const Rigid3d pose = testing::RandomPose(fan, camera, 30, &random);
    const Image<double> ours = renderer.Coverage(camera, pose);
    const ImageF sampled = RenderMask(fan, pose, camera, 16);
    for (size_t i = 0; i < ours.pixels.size(); ++i) {
      ASSERT_NEAR(ours.pixels[i], sampled.pixels[i], 0.07) << n << " faces";
    }
  }
}

TEST(ContourMesh, SameForAnyNumberOfThreads) {
  const TriangleMesh mesh = Cleaned(FlipRandomWinding(MakeMultiPart(60000), 0.3, 56));
  const auto prepare = [&](int threads) {
    tbb::task_arena arena(threads);
    return arena.execute([&] { return ContourMesh(mesh); });
  };
  const ContourMesh one = prepare(1), two = prepare(2);
  const auto same = [](const auto& a, const auto& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(a[0])) == 0;
  };
  EXPECT_TRUE(same(one.vertices, two.vertices));
  EXPECT_TRUE(same(one.faces, two.faces));
  EXPECT_TRUE(same(one.edges, two.edges));
  EXPECT_TRUE(same(one.edge_begin, two.edge_begin));
  EXPECT_TRUE(same(one.cluster_face, two.cluster_face));
  EXPECT_TRUE(same(one.plane_offset, two.plane_offset));
  EXPECT_TRUE(same(one.cluster_bounds, two.cluster_bounds));
  EXPECT_TRUE(same(one.group_bounds, two.group_bounds));
}

TEST(ContourMesh, WeldingMakesASoupASurfaceAgain) {
  const TriangleMesh blob = Cleaned(MakeBumpyBlob(1280, 51));
  TriangleMesh loose = Unweld(blob);
  const Counts unwelded = CountsOf(loose);
  EXPECT_EQ(unwelded.regular, 0u);
  EXPECT_EQ(unwelded.irregular, 3 * blob.faces.size());
  const CleanReport report = CleanMesh(&loose);
  EXPECT_EQ(report.welded_vertices,
            static_cast<int64_t>(3 * blob.faces.size() - blob.vertices.size()));
  const Counts welded = CountsOf(loose);
  EXPECT_EQ(welded.regular, blob.faces.size() * 3 / 2);
  EXPECT_EQ(welded.irregular, 0u);
}

TEST(ContourMesh, MixedWindingIsMadeConsistent) {
  for (const TriangleMesh& mesh :
       {MakeBumpyBlob(1280, 52), MakeTorus(1, 0.4, 30, 16), MakeSheet(2, 1, 8, 6)}) {
    const TriangleMesh cleaned = Cleaned(mesh);
    const Counts before = CountsOf(cleaned);
    const Counts after = CountsOf(Cleaned(FlipRandomWinding(cleaned, 0.5, 53)));
    EXPECT_EQ(after.regular, before.regular);
    EXPECT_EQ(after.irregular, before.irregular);
  }
}

TEST(ContourMesh, AnUnorientableSurfaceKeepsASeam) {
  const int n = 30;
  const TriangleMesh strip = MakeMoebiusStrip(n);
  const ContourMesh prepared(strip);
  const Counts counts = CountsOf(prepared);
  int borders = 0, seams = 0;
  for (const int faces : counts.faces_of_irregular) {
    borders += faces == 1 ? 1 : 0;
    seams += faces == 2 ? 1 : 0;
  }
  EXPECT_EQ(borders, 2 * n);
  EXPECT_GE(seams, 1);
  EXPECT_EQ(counts.regular + seams, static_cast<size_t>(2 * n));
}

TEST(ContourMesh, AnUnorientableSurfaceRendersRight) {
  const TriangleMesh strip = MakeMoebiusStrip(30);
  const Camera camera = testing::TestCamera(120, 100);
  MeshRenderer renderer(strip);
  for (int trial = 0; trial < 8; ++trial) {
    Random random("moebius", trial);
    const Rigid3d pose = testing::RandomPose(strip, camera, 40, &random);
    const Image<double> ours = renderer.Coverage(camera, pose);
    const ImageF sampled = RenderMask(strip, pose, camera, 16);
    for (size_t i = 0; i < ours.pixels.size(); ++i) {
      ASSERT_NEAR(ours.pixels[i], sampled.pixels[i], 0.06) << "trial " << trial;
    }
  }
}

TEST(ContourExtract, FindsWhatEveryFaceTellsFromRandomCameras) {
  for (const NamedMesh& m : ManyMeshes()) {
    const ContourMesh mesh(m.mesh);
    size_t found = 0;
    const int trials = mesh.faces.size() > 10000 ? 10 : 40;
    for (int trial = 0; trial < trials; ++trial) {
      Random random("cameras", trial);
      // From deep inside to far away.
      const double distance = mesh.radius * std::pow(10.0, random.Uniform(-2, 3));
      const Eigen::Vector3d c = distance * random.UnitVector();
      const Vec3 camera{c.x(), c.y(), c.z()};
      const EdgeMap expected = BruteForce(mesh, camera);
      ASSERT_EQ(Extracted(mesh, camera), expected) << m.name << " trial " << trial;
      found += expected.size();
    }
    EXPECT_GT(found, 100u) << m.name;
  }
}

// Cameras in a face's plane, at a vertex, on an edge: s_f = 0 counts as −1 for all its edges.
TEST(ContourExtract, FindsWhatEveryFaceTellsFromDegenerateCameras) {
  for (const NamedMesh& m : ManyMeshes()) {
    const ContourMesh mesh(m.mesh);
    int exactly_in_plane = 0;
    const int trials = mesh.faces.size() > 10000 ? 20 : 60;
    for (int trial = 0; trial < trials; ++trial) {
      Random random("degenerate", trial);
      const auto& face = mesh.faces[static_cast<size_t>(random.Uniform(0, 1) *
                                                        static_cast<double>(mesh.faces.size()))];
      const Vec3 &a = mesh.vertices[face.v[0]], &b = mesh.vertices[face.v[1]],
                 &c = mesh.vertices[face.v[2]];
      const double s = trial % 4 == 0 ? 0.0 : random.Uniform(-8, 8);
      const double t = trial % 4 <= 1 ? 0.0 : random.Uniform(-8, 8);
      const Vec3 camera = a + s * (b - a) + t * (c - a);
      exactly_in_plane += Dot(UnitPlane(a, b, c).n, camera - a) == 0 ? 1 : 0;
      ASSERT_EQ(Extracted(mesh, camera), BruteForce(mesh, camera)) << m.name << " trial " << trial;
    }
    EXPECT_GE(exactly_in_plane, trials / 4) << m.name;
  }
}

// The axes of a cube: four of its faces are seen edge-on from within the plane of one side.
TEST(ContourExtract, CubeFromWithinThePlanesOfItsSides) {
  const ContourMesh cube(MakeCube(2));
  for (double x : {-5.0, -1.0, 0.0, 1.0, 5.0}) {
    for (double y : {-5.0, -1.0, 0.0, 1.0, 5.0}) {
      for (double z : {-5.0, -1.0, 0.0, 1.0, 5.0}) {
        ASSERT_EQ(Extracted(cube, {x, y, z}), BruteForce(cube, {x, y, z}));
      }
    }
  }
  // Straight in front of one side: its four edges.
  EXPECT_EQ(Extracted(cube, {0, 0, 5}).size(), 4u);
  EXPECT_TRUE(Extracted(cube, {0, 0, 0}).empty());  // inside, no contour
}

TEST(ContourExtract, OrderIsFixed) {
  const ContourMesh mesh(Cleaned(MakeMultiPart(5000)));
  std::vector<ContourEdge> first, second;
  ExtractContour(mesh, {3, 4, 5}, &first);
  ExtractContour(mesh, {3, 4, 5}, &second);
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].v0, second[i].v0);
    EXPECT_EQ(first[i].v1, second[i].v1);
  }
}

TEST(ContourMesh, HoldsAtMost65BytesAFace) {
  for (const TriangleMesh& mesh : {MakeBumpyBlob(80000, 54), MakeMultiPart(60000),
                                   FlipRandomWinding(MakeTorus(1, 0.4, 250, 110), 0.5, 55)}) {
    const ContourMesh prepared(Cleaned(mesh));
    ASSERT_GE(prepared.num_faces(), 50000);
    const double bytes_per_face =
        static_cast<double>(prepared.bytes()) / static_cast<double>(prepared.num_faces());
    std::printf("  %ld faces: %.1f bytes a face\n", static_cast<long>(prepared.num_faces()),
                bytes_per_face);
    EXPECT_LE(bytes_per_face, 65);
    EXPECT_GE(bytes_per_face, 40);  // 12 for the faces and 12 for the vertices are not all
  }
}

using ContourMeshDeathTest = ::testing::Test;
TEST(ContourMeshDeathTest, AMeshWithoutFacesDies) {
  EXPECT_DEATH(ContourMesh(TriangleMesh{}), "faces");
}

}  // namespace
}  // namespace ceres_align
