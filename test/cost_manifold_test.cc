// The pose manifold: the laws of a manifold, and the convention.
#include <gtest/gtest.h>

#include <Eigen/LU>

#include "cost_testing.h"

namespace ceres_align {
namespace {

using testing::PoseBlock;
using testing::Random;
using testing::ToBlock;
using testing::Vector6d;
using Vector7 = Eigen::Matrix<double, 7, 1>;
using Matrix76 = Eigen::Matrix<double, 7, 6, Eigen::RowMajor>;
using Matrix67 = Eigen::Matrix<double, 6, 7, Eigen::RowMajor>;

const PoseManifold kManifold;

Rigid3d AnyPose(Random* random) {
  return Rigid3d(random->Rotation(), Eigen::Vector3d(random->Uniform(-5, 5), random->Uniform(-5, 5),
                                                     random->Uniform(1, 9)));
}

Vector6d AnyTangent(Random* random, double angle_rad) {
  Vector6d delta;
  delta << angle_rad * random->UnitVector(), 2 * random->UnitVector();
  return delta;
}

PoseBlock Plus(const PoseBlock& x, const Vector6d& delta) {
  PoseBlock y;
  EXPECT_TRUE(kManifold.Plus(x.data(), delta.data(), y.data()));
  return y;
}
Vector6d Minus(const PoseBlock& y, const PoseBlock& x) {
  Vector6d delta;
  EXPECT_TRUE(kManifold.Minus(y.data(), x.data(), delta.data()));
  return delta;
}
Vector7 Vector(const PoseBlock& x) { return Vector7::Map(x.data()); }

TEST(PoseManifold, Sizes) {
  EXPECT_EQ(kManifold.AmbientSize(), 7);
  EXPECT_EQ(kManifold.TangentSize(), 6);
}

TEST(PoseManifold, PlusOfZeroIsTheSamePose) {
  for (int trial = 0; trial < 50; ++trial) {
    Random random("zero", trial);
    const PoseBlock x = ToBlock(AnyPose(&random));
    EXPECT_LT((Vector(Plus(x, Vector6d::Zero())) - Vector(x)).norm(), 1e-15);
    EXPECT_EQ(Minus(x, x).norm(), 0);
  }
}

TEST(PoseManifold, MinusUndoesPlus) {
  for (double angle : {1e-12, 1e-8, 1e-5, 1e-4, 1e-3, 0.1, 1.0, 3.1}) {
    for (int trial = 0; trial < 20; ++trial) {
      Random random("minus of plus", trial);
      const PoseBlock x = ToBlock(AnyPose(&random));
      const Vector6d delta = AnyTangent(&random, angle);
      const Vector6d back = Minus(Plus(x, delta), x);
      // A quaternion's rounding is 1e-16 of a radian, relative only for large angles.
      EXPECT_LT((back - delta).norm(), 1e-14) << angle;
    }
  }
}

TEST(PoseManifold, PlusUndoesMinus) {
  for (int trial = 0; trial < 50; ++trial) {
    Random random("plus of minus", trial);
    const Rigid3d x = AnyPose(&random), y = AnyPose(&random);
    const PoseBlock back = Plus(ToBlock(x), Minus(ToBlock(y), ToBlock(x)));
    EXPECT_LT(RotationAngle_rad(FromPoseBlock(back.data()).rotation, y.rotation), 1e-14);
    EXPECT_LT((FromPoseBlock(back.data()).translation - y.translation).norm(), 1e-14);
  }
}

TEST(PoseManifold, BothSignsOfAQuaternionAreOnePose) {
  Random random("signs", 0);
  const PoseBlock x = ToBlock(AnyPose(&random));
  PoseBlock negative = x;
  for (int i = 0; i < 4; ++i) negative[i] = -x[i];
  EXPECT_LT(Minus(negative, x).norm(), 1e-15);
  const Vector6d delta = AnyTangent(&random, 0.3);
  EXPECT_LT((Minus(Plus(negative, delta), x) - delta).norm(), 1e-14);
}

TEST(PoseManifold, StaysOnTheUnitSphereOverManySteps) {
  Random random("drift", 0);
  PoseBlock x = ToBlock(AnyPose(&random));
  for (int i = 0; i < 10000; ++i) x = Plus(x, AnyTangent(&random, 0.1));
  EXPECT_NEAR(Eigen::Vector4d::Map(x.data()).norm(), 1, 1e-15);
}

// R ← exp(ω)·R with a full angle on the left, t ← t + v, taken from first principles.
TEST(PoseManifold, Convention) {
  Random random("convention", 0);
  const Rigid3d pose = AnyPose(&random);
  Vector6d delta;
  delta << 0, 0, M_PI / 2, 0.1, 0.2, 0.3;
  const Rigid3d moved = FromPoseBlock(Plus(ToBlock(pose), delta).data());
  Eigen::Matrix3d quarter;
  quarter << 0, -1, 0, 1, 0, 0, 0, 0, 1;
  EXPECT_LT((moved.R() - quarter * pose.R()).norm(), 1e-14);
  EXPECT_GT((moved.R() - pose.R() * quarter).norm(), 0.1);
  EXPECT_LT((moved.translation - pose.translation - Eigen::Vector3d(0.1, 0.2, 0.3)).norm(), 1e-15);
}

TEST(PoseManifold, PlusJacobianAgainstCentralDifferences) {
  const double h = 1e-6;
  for (int trial = 0; trial < 30; ++trial) {
    Random random("plus jacobian", trial);
    const PoseBlock x = ToBlock(AnyPose(&random));
    Matrix76 analytic;
    ASSERT_TRUE(kManifold.PlusJacobian(x.data(), analytic.data()));
    Matrix76 numeric;
    for (int k = 0; k < 6; ++k) {
      const Vector6d step = h * Vector6d::Unit(k);
      numeric.col(k) = (Vector(Plus(x, step)) - Vector(Plus(x, -step))) / (2 * h);
    }
    EXPECT_LT((analytic - numeric).norm(), 1e-8);
    EXPECT_GT((2 * analytic - numeric).norm(), 0.1);
  }
}

// ∂Minus(y, x)/∂y at y = x, along the manifold and off it: a change of the quaternion's length
// is not a change of pose, so only directions of unit quaternions are compared.
TEST(PoseManifold, MinusJacobianAgainstCentralDifferences) {
  const double h = 1e-6;
  for (int trial = 0; trial < 30; ++trial) {
    Random random("minus jacobian", trial);
    const PoseBlock x = ToBlock(AnyPose(&random));
    Matrix67 analytic;
    ASSERT_TRUE(kManifold.MinusJacobian(x.data(), analytic.data()));
    Vector7 direction;
    for (int k = 0; k < 7; ++k) direction[k] = random.Normal();
    const Eigen::Vector4d q = Eigen::Vector4d::Map(x.data());
    direction.head<4>() -= q * q.dot(direction.head<4>());
    PoseBlock plus = x, minus = x;
    for (int k = 0; k < 7; ++k) {
      plus[k] += h * direction[k];
      minus[k] -= h * direction[k];
    }
    const Vector6d numeric = (Minus(plus, x) - Minus(minus, x)) / (2 * h);
    EXPECT_LT((analytic * direction - numeric).norm(), 1e-8 * direction.norm());
    EXPECT_GT((0.5 * analytic * direction - numeric).norm(), 1e-3 * direction.norm());
  }
}

TEST(PoseManifold, MinusJacobianTimesPlusJacobianIsTheIdentity) {
  for (int trial = 0; trial < 30; ++trial) {
    Random random("identity", trial);
    const PoseBlock x = ToBlock(AnyPose(&random));
    Matrix76 plus;
    Matrix67 minus;
    kManifold.PlusJacobian(x.data(), plus.data());
    kManifold.MinusJacobian(x.data(), minus.data());
    EXPECT_LT((minus * plus - Matrix6d::Identity()).norm(), 1e-14);
  }
}

// The lift: for a function of the pose with tangent derivative J6, J6 · MinusJacobian is one that
// chains with PlusJacobian to J6 again, and sees nothing along the quaternion itself.
TEST(PoseManifold, TheLiftIgnoresTheQuaternionsLength) {
  Random random("length", 0);
  const PoseBlock x = ToBlock(AnyPose(&random));
  Matrix67 minus;
  kManifold.MinusJacobian(x.data(), minus.data());
  EXPECT_LT((minus.leftCols<4>() * Eigen::Vector4d::Map(x.data())).norm(), 1e-15);
}

}  // namespace
}  // namespace ceres_align
