#include "ceres_align/scene/surface_moments.h"

#include <tbb/parallel_for.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <vector>

#include "ceres_align/geometry/symmetric_matrix.h"

namespace ceres_align {
namespace {

using Eigen::MatrixXd;
using Eigen::Vector3d;
using Eigen::VectorXd;

constexpr double kSmallFace = 0.15;  // edges, of the radius: one quadrature point is enough
constexpr int kGaussPoints = 4;

double AreaOf(const TriangleMesh& mesh, const std::array<int32_t, 3>& face) {
  const Vector3d& a = mesh.vertices[face[0]];
  return 0.5 * (mesh.vertices[face[1]] - a).cross(mesh.vertices[face[2]] - a).norm();
}

// Adds items up in chunks that do not depend on the number of threads: the same bits for any.
template <typename Sum, typename AddItem, typename AddSum>
Sum SumOfChunks(size_t n, const AddItem& add_item, const AddSum& add_sum) {
  constexpr size_t kChunk = 1 << 14;
  std::vector<Sum> parts((n + kChunk - 1) / kChunk);
  tbb::parallel_for(size_t{0}, parts.size(), [&](size_t part) {
    Sum sum;
    const size_t end = std::min(n, (part + 1) * kChunk);
    for (size_t i = part * kChunk; i < end; ++i) add_item(i, &sum);
    parts[part] = sum;
  });
  Sum all;
  for (const Sum& part : parts) add_sum(part, &all);
  return all;
}

// Calls body(point from the centre, area) over a quadrature of the surface: the middle of a small
// face, Gauss–Legendre points collapsed onto the triangle for a large one, from all three corners
// so that it does not depend on their order.
template <typename Body>
void ForEachPoint(const TriangleMesh& mesh, const SurfaceMoments& moments, const Body& body) {
  static const double kAt[kGaussPoints] = {0.06943184420297371, 0.33000947820757187,
                                           0.66999052179242813, 0.93056815579702629};
  static const double kWeight[kGaussPoints] = {0.17392742256872693, 0.32607257743127307,
                                               0.32607257743127307, 0.17392742256872693};
  for (const auto& face : mesh.faces) {
    const double area = AreaOf(mesh, face);
    Vector3d corner[3];
    for (int k = 0; k < 3; ++k) corner[k] = mesh.vertices[face[k]] - moments.center;
    double longest = 0;
    for (int k = 0; k < 3; ++k)
      longest = std::max(longest, (corner[k] - corner[(k + 1) % 3]).norm());
    if (longest < kSmallFace * moments.radius) {
      body(Vector3d((corner[0] + corner[1] + corner[2]) / 3), area);
      continue;
    }
    for (int k = 0; k < 3; ++k) {
      const Vector3d &a = corner[k], &b = corner[(k + 1) % 3], &c = corner[(k + 2) % 3];
      for (int i = 0; i < kGaussPoints; ++i) {
        for (int j = 0; j < kGaussPoints; ++j) {
          const double u = kAt[i], v = kAt[j];
          body(Vector3d(a + u * ((b - a) + v * (c - b))),
               area / 3 * 2 * u * kWeight[i] * kWeight[j]);
        }
      }
    }
  }
}

// All monomials of degree 2 or 3 of x.
VectorXd Monomials(const Vector3d& x, int degree) {
  VectorXd m(degree == 2 ? 6 : 10);
  int n = 0;
  for (int i = 0; i <= degree; ++i) {
    for (int j = 0; j <= degree - i; ++j) {
      m[n++] = std::pow(x[0], i) * std::pow(x[1], j) * std::pow(x[2], degree - i - j);
    }
  }
  return m;
}

// (u·x)^d as a product of monomials of u and of x: the multinomial coefficients.
VectorXd Multinomials(int degree) {
  VectorXd m(degree == 2 ? 6 : 10);
  int n = 0;
  for (int i = 0; i <= degree; ++i) {
    for (int j = 0; j <= degree - i; ++j) {
      m[n++] = std::tgamma(degree + 1) /
               (std::tgamma(i + 1) * std::tgamma(j + 1) * std::tgamma(degree - i - j + 1));
    }
  }
  return m;
}

// ∫ (u·x)^(2·degree) dA as a quadratic form of the monomials of u.
class PowerForm {
 public:
  PowerForm(const TriangleMesh& mesh, const SurfaceMoments& moments, int degree)
      : degree_(degree), multinomials_(Multinomials(degree)) {
    form_ = MatrixXd::Zero(multinomials_.size(), multinomials_.size());
    ForEachPoint(mesh, moments, [&](const Vector3d& x, double area) {
      const VectorXd m = Monomials(x / moments.radius, degree).cwiseProduct(multinomials_);
      form_ += area * m * m.transpose();
    });
    form_ /= form_.norm();
  }
  double operator()(const Vector3d& u) const {
    const VectorXd m = Monomials(u, degree_);
    return m.dot(form_ * m);
  }

 private:
  int degree_;
  VectorXd multinomials_;
  MatrixXd form_;
};

// Steepest ascent (sign 1) or descent (−1) on the sphere with a step that shrinks.
Vector3d Climb(const PowerForm& form, Vector3d u, double sign) {
  double step = 0.3, value = sign * form(u);
  while (step > 1e-7) {
    Vector3d gradient;
    for (int k = 0; k < 3; ++k) {
      const Vector3d h = 1e-5 * Vector3d::Unit(k);
      gradient[k] = sign * (form((u + h).normalized()) - form((u - h).normalized()));
    }
    const double length = gradient.norm();
    if (!(length > 0)) break;
    const Vector3d next = (u + step / length * gradient).normalized();
    const double there = sign * form(next);
    if (there > value) {
      u = next;
      value = there;
      step *= 1.2;
    } else {
      step *= 0.5;
    }
  }
  return u;
}

}  // namespace

SurfaceMoments MomentsOfSurface(const TriangleMesh& mesh) {
  SurfaceMoments moments;
  struct First {
    double area = 0;
    Vector3d sum = Vector3d::Zero();
  };
  const auto first = SumOfChunks<First>(
      mesh.faces.size(),
      [&](size_t f, First* part) {
        const auto& face = mesh.faces[f];
        const double a = AreaOf(mesh, face);
        part->area += a;
        for (int32_t v : face) part->sum += a / 3 * mesh.vertices[v];
      },
      [](const First& part, First* all) {
        all->area += part.area;
        all->sum += part.sum;
      });
  moments.center = first.sum / first.area;
  struct Second {
    Eigen::Matrix3d sum = Eigen::Matrix3d::Zero();
    double farthest2 = 0;
  };
  const auto second = SumOfChunks<Second>(
      mesh.faces.size(),
      [&](size_t f, Second* part) {
        const auto& face = mesh.faces[f];
        const double a = AreaOf(mesh, face) / (12 * first.area);
        Vector3d sum = Vector3d::Zero();
        for (int32_t v : face) {
          const Vector3d x = mesh.vertices[v] - moments.center;
          sum += x;
          part->sum += a * x * x.transpose();
          part->farthest2 = std::max(part->farthest2, x.squaredNorm());
        }
        part->sum += a * sum * sum.transpose();
      },
      [](const Second& part, Second* all) {
        all->sum += part.sum;
        all->farthest2 = std::max(all->farthest2, part.farthest2);
      });
  moments.radius = std::sqrt(second.farthest2);
  const SymmetricEigen<3> eigen = EigenOf<3>(second.sum);
  moments.principal = eigen.values;
  moments.axes = eigen.vectors;
  return moments;
}

std::complex<double> AzimuthMoment(const TriangleMesh& mesh, const SurfaceMoments& moments,
                                   const Vector3d& x, const Vector3d& y, int m) {
  std::complex<double> sum = 0;
  double area = 0, farthest = 0;
  for (const Vector3d& v : mesh.vertices) {
    const Vector3d point = v - moments.center;
    farthest = std::max(farthest, std::hypot(point.dot(x), point.dot(y)));
  }
  ForEachPoint(mesh, moments, [&](const Vector3d& point, double weight) {
    const std::complex<double> z(point.dot(x) / farthest, point.dot(y) / farthest);
    std::complex<double> power = 1;
    for (int i = 0; i < m; ++i) power *= z;
    sum += weight * power;
    area += weight;
  });
  return sum / area;
}

std::vector<Vector3d> ExtremeAxes(const TriangleMesh& mesh, const SurfaceMoments& moments) {
  constexpr int kStarts = 16;
  std::vector<Vector3d> axes;
  for (int degree : {2, 3}) {
    const PowerForm form(mesh, moments, degree);
    for (int i = 0; i < 2 * kStarts; ++i) {
      const int ring = i / 2;  // an ascent and a descent from each height
      const double z = (0.5 + ring) / kStarts, r = std::sqrt(1 - z * z), angle = 2.399963 * i;
      const Vector3d u =
          Climb(form, Vector3d(r * std::cos(angle), r * std::sin(angle), z), i % 2 == 0 ? 1 : -1);
      const bool is_new = std::none_of(axes.begin(), axes.end(), [&](const Vector3d& other) {
        return std::abs(u.dot(other)) > 0.9999;
      });
      if (is_new) axes.push_back(u);
    }
  }
  return axes;
}

}  // namespace ceres_align
