// RowsFromGram and TransformGram, on Gram matrices of any rank.
#include <gtest/gtest.h>

#include <Eigen/Cholesky>

#include "cost_testing.h"

namespace ceres_align {
namespace {

using testing::Random;
using testing::Vector6d;
using Rows = Eigen::Matrix<double, Eigen::Dynamic, 7>;

Rows RandomRows(Random* random, int n) {
  Rows rows(n, 7);
  for (int i = 0; i < n; ++i) {
    for (int k = 0; k < 7; ++k) rows(i, k) = random->Normal();
  }
  return rows;
}

// Entries of [J r]ᵀ[J r] relative to what Cauchy–Schwarz allows them.
double GramError(const SevenRows& rows, const Matrix7d& gram) {
  Matrix7d jr;
  jr << rows.jacobian, rows.residuals;
  const Matrix7d product = jr.transpose() * jr;
  double worst = 0;
  for (int i = 0; i < 7; ++i) {
    for (int k = 0; k < 7; ++k) {
      if (i == 6 && k == 6) continue;
      const double size = std::sqrt(gram(i, i) * gram(k, k));
      const double error = std::abs(product(i, k) - gram(i, k));
      if (!(error <= 1e300)) return NAN;
      worst = std::max(worst, size > 0 ? error / size : error);
    }
  }
  const double cost_error = std::abs(product(6, 6) - gram(6, 6)) / std::max(gram(6, 6), 1e-300);
  return std::isnan(cost_error) ? cost_error : std::max(worst, cost_error);
}

TEST(RowsFromGram, ReproducesTheGramMatrix) {
  for (int trial = 0; trial < 50; ++trial) {
    Random random("full rank", trial);
    Rows rows = RandomRows(&random, 200);
    for (int k = 0; k < 7; ++k) rows.col(k) *= std::pow(10.0, random.Uniform(-5, 5));  // units
    const Matrix7d gram = rows.transpose() * rows;
    EXPECT_TRUE(GramError(RowsFromGram(gram), gram) <= 1e-13) << trial;
  }
}

TEST(RowsFromGram, ErrorMeasureCanFail) {
  Random random("can fail", 0);
  const Rows rows = RandomRows(&random, 50);
  const Matrix7d gram = rows.transpose() * rows;
  SevenRows wrong = RowsFromGram(gram);
  wrong.jacobian(2, 3) += 1e-6;
  EXPECT_FALSE(GramError(wrong, gram) <= 1e-10);
  wrong.jacobian(2, 3) = NAN;
  EXPECT_FALSE(GramError(wrong, gram) <= 1e-10);
  wrong = RowsFromGram(gram);
  wrong.residuals[6] *= 1.001;
  EXPECT_FALSE(GramError(wrong, gram) <= 1e-10);
}

TEST(RowsFromGram, AnEmptyViewGivesZeroRowsAndItsCost) {
  Matrix7d gram = Matrix7d::Zero();
  SevenRows rows = RowsFromGram(gram);
  EXPECT_EQ(rows.jacobian.norm(), 0);
  EXPECT_EQ(rows.residuals.norm(), 0);
  gram(6, 6) = 25;
  rows = RowsFromGram(gram);
  EXPECT_EQ(rows.jacobian.norm(), 0);
  EXPECT_EQ(rows.residuals.squaredNorm(), 25);
}

// Directions without data, one by one: a column of zeros, such as a sphere's rotations.
TEST(RowsFromGram, UnobservedParametersHaveZeroColumns) {
  for (int mask = 1; mask < 63; ++mask) {
    Random random("unobserved", mask);
    Rows rows = RandomRows(&random, 100);
    for (int k = 0; k < 6; ++k) {
      if ((mask >> k & 1) != 0) rows.col(k).setZero();
    }
    const Matrix7d gram = rows.transpose() * rows;
    const SevenRows seven = RowsFromGram(gram);
    EXPECT_TRUE(GramError(seven, gram) <= 1e-13) << mask;
    for (int k = 0; k < 6; ++k) {
      if ((mask >> k & 1) != 0) {
        EXPECT_EQ(seven.jacobian.col(k).norm(), 0);
      }
    }
  }
}

// Columns that depend on each other: fewer than six degrees of freedom are seen. Without pivoting
// the rounding grows by |W|², W the coefficients of the dependent columns in the others (Higham,
// "Analysis of the Cholesky decomposition of a semi-definite matrix").
TEST(RowsFromGram, DependentColumnsStayFiniteAndReproduceTheGramMatrix) {
  for (int rank = 1; rank <= 5; ++rank) {
    for (int trial = 0; trial < 20; ++trial) {
      Random random("dependent", 100 * rank + trial);
      const Rows independent = RandomRows(&random, 60);
      Eigen::MatrixXd mix(rank, 6);
      for (int i = 0; i < rank; ++i) {
        for (int k = 0; k < 6; ++k) mix(i, k) = random.Normal();
      }
      Rows rows(60, 7);
      rows << independent.leftCols(rank) * mix, independent.col(6);
      const Matrix7d gram = rows.transpose() * rows;
      const SevenRows seven = RowsFromGram(gram);
      ASSERT_TRUE(seven.jacobian.allFinite() && seven.residuals.allFinite());
      const Vector7d scale = gram.diagonal().cwiseSqrt().cwiseInverse();
      const Eigen::MatrixXd unit = scale.asDiagonal() * gram * scale.asDiagonal();
      const Eigen::MatrixXd W =
          unit.topLeftCorner(rank, rank).ldlt().solve(unit.block(0, rank, rank, 6 - rank));
      const double error = GramError(seven, gram), bound = 1e-14 * (1 + W.squaredNorm());
      EXPECT_TRUE(error <= bound) << "rank " << rank << " trial " << trial << ": " << error << " > "
                                  << bound;
    }
  }
}

// r in J's span to the last digit: the last pivot may round below 0, which must not become NaN.
TEST(RowsFromGram, ResidualsThatAStepRemovesEntirely) {
  for (int trial = 0; trial < 200; ++trial) {
    Random random("exact", trial);
    Rows rows = RandomRows(&random, 40);
    Vector6d step;
    for (int k = 0; k < 6; ++k) step[k] = random.Normal();
    rows.col(6) = rows.leftCols<6>() * step;
    Matrix7d gram = rows.transpose() * rows;
    if (trial % 2 == 0) gram(6, 6) *= 1 - 1e-14;
    const SevenRows seven = RowsFromGram(gram);
    ASSERT_TRUE(seven.residuals.allFinite()) << trial;
    EXPECT_GE(seven.residuals[6], 0);
    EXPECT_TRUE(GramError(seven, gram) <= 1e-12) << trial;
    const Vector6d solved =
        seven.jacobian.topRows<6>().triangularView<Eigen::Upper>().solve(seven.residuals.head<6>());
    EXPECT_LT((solved - step).norm(), 1e-9 * step.norm());
  }
}

// By the pixels: rows of J·A instead of J.
TEST(TransformGram, IsTheGramMatrixOfTransformedRows) {
  for (int trial = 0; trial < 20; ++trial) {
    Random random("transform", trial);
    const Rows rows = RandomRows(&random, 80);
    Matrix6d A;
    for (int i = 0; i < 36; ++i) A(i / 6, i % 6) = random.Normal();
    GramResult result{};
    Matrix7d::Map(result.gram) = rows.transpose() * rows;
    Rows moved = rows;
    moved.leftCols<6>() = rows.leftCols<6>() * A;
    const Matrix7d expected = moved.transpose() * moved;
    EXPECT_LT((TransformGram(result, A) - expected).norm(), 1e-13 * expected.norm());
    EXPECT_EQ(TransformGram(result, A)(6, 6), result.gram[48]);
  }
}

}  // namespace
}  // namespace ceres_align
