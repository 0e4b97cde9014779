// Pixels with many fragments: which are halved and which are swept, against the plain sweep.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "ceres_align/render/crowded_cell.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::Random;

// Fragments of one pixel, each a whole edge.
struct Pixel {
  std::vector<ImageEdge> edges;
  std::vector<Fragment> fragments;

  // From (xa, ya) down to (xb, yb).
  void Add(double xa, double ya, double xb, double yb, int multiplicity) {
    const double slope = (xb - xa) / (yb - ya);
    const int id = static_cast<int>(edges.size());
    edges.push_back({xa, ya, xb, yb, slope, 1 / (yb - ya), multiplicity});
    fragments.push_back({xa, xb, ya, yb, slope, id, multiplicity, 0, 0, Fragment::kNone});
  }
  int size() const { return static_cast<int>(fragments.size()); }
};

struct Covered {
  double area;
  std::vector<double> pieces;
  int64_t num_halvings;
};

Covered CoverCrowded(const Pixel& pixel) {
  const auto n = static_cast<size_t>(pixel.size());
  std::vector<double> piece0(n, 0.0), piece1(n, 0.0);
  CellOutline outline{0, false, piece0.data(), piece1.data()};
  CrowdedCell cell;
  cell.Cover(pixel.fragments.data(), pixel.edges.data(), pixel.size(), CellBox{}, RowProfile{},
             &outline);
  piece0.insert(piece0.end(), piece1.begin(), piece1.end());
  return {outline.area, piece0, cell.num_halvings()};
}

Covered CoverBySweep(const Pixel& pixel) {
  const auto n = static_cast<size_t>(pixel.size());
  std::vector<double> piece0(n, 0.0), piece1(n, 0.0), x(3 * n);
  std::vector<int> index(3 * n);
  CellOutline outline{0, false, piece0.data(), piece1.data()};
  const CellScratch scratch{x.data(),     x.data() + n,     x.data() + 2 * n,
                            index.data(), index.data() + n, index.data() + 2 * n};
  SweepCell(pixel.fragments.data(), pixel.edges.data(), pixel.size(), RowProfile{}, scratch,
            &outline);
  piece0.insert(piece0.end(), piece1.begin(), piece1.end());
  return {outline.area, piece0, 0};
}

void ExpectSame(const Covered& a, const Covered& b) {
  EXPECT_NEAR(a.area, b.area, 1e-12);
  ASSERT_EQ(a.pieces.size(), b.pieces.size());
  for (size_t i = 0; i < a.pieces.size(); ++i) EXPECT_NEAR(a.pieces[i], b.pieces[i], 1e-10) << i;
}

// A smooth surface of tiny faces seen edge-on: hundreds of short edges, of which few are side by
// side. Halving would cut them for nothing; the sweep takes them as they are.
TEST(CrowdedCell, ShortFragmentsOfASurfaceSeenEdgeOnAreSwept) {
  Pixel pixel;
  constexpr int kPieces = 150;
  for (int side = 0; side < 4; ++side) {
    const int multiplicity = side % 2 == 0 ? 2 : -2;
    const auto x_at = [side](double y) { return 0.2 + 0.2 * side + 0.05 * std::sin(9 * y + side); };
    for (int i = 0; i < kPieces; ++i) {
      const double y0 = static_cast<double>(i) / kPieces, y1 = (i + 1.0) / kPieces;
      pixel.Add(x_at(y0), y0, x_at(y1), y1, multiplicity);
    }
  }
  const Covered crowded = CoverCrowded(pixel);
  EXPECT_EQ(crowded.num_halvings, 0);
  EXPECT_GT(crowded.area, 0.3);
  EXPECT_LT(crowded.area, 0.5);
  ExpectSame(crowded, CoverBySweep(pixel));
}

// Long ones that all lie side by side and cross are halved: the statistic counts, and where the
// pixel is halved nothing changes.
TEST(CrowdedCell, NeedlesAreHalved) {
  Pixel pixel;
  Random random("needles", 1);
  for (int i = 0; i < 150; ++i) {
    const double xa = random.Uniform(0.05, 0.9), xb = random.Uniform(0.05, 0.9);
    pixel.Add(xa, 0, xb, 1, 2);
    pixel.Add(xa + 0.01, 0, xb + 0.01, 1, -2);
  }
  const Covered crowded = CoverCrowded(pixel);
  EXPECT_GT(crowded.num_halvings, 3);
  ExpectSame(crowded, CoverBySweep(pixel));
}

}  // namespace
}  // namespace ceres_align
