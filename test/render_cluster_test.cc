// Sides and edges of a cluster, many at a time by whatever instructions this machine has, against
// one at a time.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "ceres_align/render/cluster_sides.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::Random;

TEST(ClusterSides, OfPlanesAreThoseOneByOne) {
  Random random("cluster_sides", 1);
  int near = 0;
  for (int n = 1; n <= ClusterEdge::kMostFaces; ++n) {
    std::vector<float> planes[4];
    const FloatView v{0.3f, -1.2f, 0.8f, 2.3f};
    for (int i = 0; i < n; ++i) {
      for (auto& component : planes) component.push_back(static_cast<float>(random.Uniform(-1, 1)));
      if (i % 7 == 0) {  // through the camera: exactly 0, and what rounding leaves of it
        planes[3][i] = -(planes[0][i] * v.x + planes[1][i] * v.y + planes[2][i] * v.z);
      }
    }
    const float tolerance = 0.05f;
    FaceBits positive, unsure;
    SidesOfPlanes({planes[0].data(), planes[1].data(), planes[2].data(), planes[3].data(), n}, v,
                  tolerance, &positive, &unsure);
    for (int i = 0; i < ClusterEdge::kMostFaces; ++i) {
      float d = 0;
      if (i < n) d = PlaneValue(planes[0][i], planes[1][i], planes[2][i], planes[3][i], v);
      ASSERT_EQ(positive.Get(i), i < n && d > 0) << n << " planes, " << i;
      ASSERT_EQ(unsure.Get(i), i < n && std::abs(d) < tolerance) << n << " planes, " << i;
      near += unsure.Get(i);
    }
  }
  EXPECT_GT(near, 500);
}

TEST(ClusterSides, ChangedEdgesAreThoseOneByOne) {
  Random random("cluster_sides", 2);
  for (int n = 1; n <= 64; ++n) {
    FaceBits positive;
    for (int i = 0; i < ClusterEdge::kMostFaces; ++i) positive.Set(i, random.Uniform(0, 1) < 0.5);
    std::vector<ClusterEdge> edges;
    for (int e = 0; e < n; ++e) {
      const auto any = [&](int most) { return static_cast<int>(random.Uniform(0, most + 0.999)); };
      edges.push_back(ClusterEdge::Of(any(127), any(127), any(3)));
    }
    const EdgeBits bits = ChangedEdges(edges.data(), n, positive);
    for (int e = 0; e < 64; ++e) {
      const bool there = e < n;
      const bool along = there && positive.Get(edges[e].along());
      const bool changed = there && along != positive.Get(edges[e].back());
      ASSERT_EQ(bits.changed >> e & 1, changed ? 1u : 0u) << n << " edges, " << e;
      if (there) {
        ASSERT_EQ(bits.along >> e & 1, along ? 1u : 0u) << n << " edges, " << e;
      }
    }
  }
}

}  // namespace
}  // namespace ceres_align
