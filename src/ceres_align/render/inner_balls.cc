#include "ceres_align/render/inner_balls.h"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "ceres_align/render/contour_mesh.h"
#include "ceres_align/render/point_blocks.h"

namespace ceres_align {
namespace {

// Fewer contour edges are drawn faster than balls.
constexpr double kFewContourEdges = 3000;
// The share of edges that a rough mesh at least shows as contour: scans have 0.03 and more, a
// smooth mesh of n faces about 2/√n, which is less where it has many contour edges.
constexpr double kFewFolds = 0.004;
// Where a ball is looked for: so many mean edge lengths below a place of the surface.
constexpr double kDepthEdges = 2;
constexpr int kMostPlaces = 8192;
constexpr size_t kMostBalls = 4096;
constexpr size_t kMostOpenings = 64;
// The rasterizer moves outlines by up to 1e-7 px, and balls are drawn in rounded numbers.
constexpr double kShrink = 1 - 1e-4;

struct Triangle {
  Vec3 a, b, c;
};

// The share of edges that are contour, seen from far away, in a sample of the clusters.
double ContourShare(const ContourMesh& mesh) {
  constexpr double kDirections[4][3] = {{0.577, 0.577, 0.578},
                                        {-0.577, 0.578, 0.577},
                                        {0.578, -0.577, 0.577},
                                        {0.577, 0.577, -0.578}};
  const int32_t stride = std::max(1, mesh.num_regular_clusters / 256);
  int64_t seen = 0, contour = 0;
  for (int32_t c = 0; c < mesh.num_regular_clusters; c += stride) {
    const int32_t first = mesh.face_begin[c];
    for (int32_t e = mesh.edge_begin[c]; e < mesh.edge_begin[c + 1]; ++e) {
      const int32_t f0 = first + mesh.edges[e].along(), f1 = first + mesh.edges[e].back();
      for (const auto& d : kDirections) {
        const auto side = [&](int32_t f) {
          return mesh.plane_x[f] * d[0] + mesh.plane_y[f] * d[1] + mesh.plane_z[f] * d[2] > 0;
        };
        contour += side(f0) != side(f1) ? 1 : 0;
        ++seen;
      }
    }
  }
  return seen > 0 ? static_cast<double>(contour) / static_cast<double>(seen) : 0.0;
}

// An edge with more faces along it than back: part of an opening's rim.
struct RimEdge {
  int32_t v0, v1;
  int excess;
};
std::vector<RimEdge> RimEdges(const ContourMesh& mesh) {
  std::vector<RimEdge> rim;
  const auto num_clusters = static_cast<int32_t>(mesh.face_begin.size()) - 1;
  for (int32_t c = mesh.num_regular_clusters; c < num_clusters; ++c) {
    for (int32_t e = mesh.edge_begin[c]; e < mesh.edge_begin[c + 1]; ++e) {
      const ClusterEdge& entry = mesh.edges[e];
      if (!entry.continues()) {
        const int32_t* v = mesh.faces[mesh.cluster_face[mesh.face_begin[c] + entry.along()]].v;
        rim.push_back({v[entry.corner()], v[(entry.corner() + 1) % 3], 0});
      }
      rim.back().excess += entry.along() == entry.back() ? 1 : 0;
    }
  }
  return rim;
}

class Groups {
 public:
  explicit Groups(size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0); }
  int32_t Find(int32_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void Join(int32_t a, int32_t b) {
    a = Find(a);
    b = Find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<int32_t> parent_;
};

// A cone over each connected part of the rim closes the mesh: the rim is a cycle, so every edge
// then has as many faces along as against it. excess times a triangle, wound against the faces.
struct Cone {
  Triangle triangle;
  int excess;
};
bool CloseOpenings(const ContourMesh& mesh, std::vector<Cone>* cones,
                   std::vector<OpeningBox>* boxes) {
  const std::vector<RimEdge> rim = RimEdges(mesh);
  if (rim.size() * 50 > mesh.edges.size()) return false;
  Groups groups(rim.empty() ? 0 : mesh.vertices.size());
  for (const RimEdge& e : rim) groups.Join(e.v0, e.v1);
  std::vector<int32_t> part_of(rim.empty() ? 0 : mesh.vertices.size(), -1);
  for (const RimEdge& e : rim) {
    int32_t& part = part_of[groups.Find(e.v0)];
    const Vec3 &p = mesh.vertices[e.v0], &q = mesh.vertices[e.v1];
    if (part < 0) {
      part = static_cast<int32_t>(boxes->size());
      boxes->push_back({p, p});
      if (boxes->size() > kMostOpenings) return false;
    }
    OpeningBox& box = (*boxes)[part];
    for (const Vec3& v : {p, q}) {
      box.low = {std::min(box.low.x, v.x), std::min(box.low.y, v.y), std::min(box.low.z, v.z)};
      box.high = {std::max(box.high.x, v.x), std::max(box.high.y, v.y), std::max(box.high.z, v.z)};
    }
  }
  for (const RimEdge& e : rim) {
    const OpeningBox& box = (*boxes)[part_of[groups.Find(e.v0)]];
    cones->push_back(
        {{0.5 * (box.low + box.high), mesh.vertices[e.v1], mesh.vertices[e.v0]}, e.excess});
  }
  return true;
}

Vec3 NormalOf(const ContourMesh& mesh, const MeshFace& face) {
  const Vec3& a = mesh.vertices[face.v[0]];
  return Cross(mesh.vertices[face.v[1]] - a, mesh.vertices[face.v[2]] - a);
}

// The corners of the triangle cut into parts with edges up to `longest`; the corners of the
// triangle itself only if asked for. Returns the longest edge of a part, squared.
double AddCorners(const Triangle& t, double longest, bool own, std::vector<Vec3>* points) {
  const Vec3 edges[3] = {t.b - t.a, t.c - t.b, t.a - t.c};
  double most = 0;
  for (const Vec3& e : edges) most = std::max(most, Dot(e, e));
  const int parts = std::max(1, static_cast<int>(std::ceil(std::sqrt(most) / longest)));
  for (int i = 0; i <= parts; ++i) {
    for (int k = 0; i + k <= parts; ++k) {
      const bool is_corner = (i == 0 || i == parts) && (k == 0 || k == parts);
      if (is_corner && !own) continue;
      points->push_back(t.a + (static_cast<double>(i) / parts) * (t.b - t.a) +
                        (static_cast<double>(k) / parts) * (t.c - t.a));
    }
  }
  return most / (static_cast<double>(parts) * parts);
}

// Distances from the surface, as lower bounds. Of a point to a triangle the square of the distance
// is that to one of the corners less at most a third of the longest edge's square.
class SurfaceDistance {
 public:
  SurfaceDistance(const ContourMesh& mesh, const std::vector<Cone>& cones, double mean_edge) {
    const double longest = 1.6 * mean_edge;
    double most = longest * longest;
    std::vector<Vec3> points = mesh.vertices;
    for (const MeshFace& face : mesh.faces) {
      const Triangle t{mesh.vertices[face.v[0]], mesh.vertices[face.v[1]],
                       mesh.vertices[face.v[2]]};
      const Vec3 u = t.b - t.a, v = t.c - t.b, w = t.a - t.c;
      if (std::max({Dot(u, u), Dot(v, v), Dot(w, w)}) > most) {
        AddCorners(t, longest, false, &points);
      }
      if (points.size() > 4 * mesh.vertices.size()) return;
    }
    for (const Cone& cone : cones) AddCorners(cone.triangle, longest, true, &points);
    slack_ = most / 3;
    blocks_ = PointBlocks(points);
    is_ready_ = true;
  }
  bool is_ready() const { return is_ready_; }
  double LowerBound(const Vec3& p) const {
    return std::sqrt(std::max(0.0, blocks_.SquaredDistance(p) - slack_));
  }

 private:
  PointBlocks blocks_;
  double slack_ = 0;
  bool is_ready_ = false;
};

// The largest ball around a point straight below `place` that still reaches up to `depth` below
// it. Radius 0: there is none, or it lies outside: a part of the surface may be wound against the
// rest. Such a ball has no end, and far away its distance from the surface is rounded by more
// than the whole mesh.
InnerBall BallBelow(const SurfaceDistance& distance, const Vec3& place, const Vec3& inward,
                    double depth, double mesh_radius) {
  InnerBall best{place, 0};
  const auto fits = [&](double below) {
    const Vec3 center = place + below * inward;
    const double radius = distance.LowerBound(center);
    if (!(radius > below - depth) || !(radius > best.radius)) return false;
    best = {center, radius};
    return true;
  };
  double good = depth, bad = 2 * depth;
  if (!fits(good)) return best;
  while (fits(bad)) {
    if (bad > 2 * mesh_radius) return {place, 0};
    good = bad;
    bad *= 2;
  }
  for (int i = 0; i < 3; ++i) {
    const double middle = 0.5 * (good + bad);
    (fits(middle) ? good : bad) = middle;
  }
  if (Norm(best.center) > mesh_radius || best.radius > mesh_radius) return {place, 0};
  return best;
}

bool IsInside(const std::vector<InnerBall>& balls, const Vec3& p) {
  return std::any_of(balls.begin(), balls.end(), [&](const InnerBall& ball) {
    const Vec3 d = p - ball.center;
    return Dot(d, d) <= ball.radius * ball.radius;
  });
}

// How often the closed surface winds around p.
double WindingNumber(const ContourMesh& mesh, const std::vector<Cone>& cones, const Vec3& p) {
  const auto angle = [&p](const Vec3& v0, const Vec3& v1, const Vec3& v2) {
    const Vec3 a = v0 - p, b = v1 - p, c = v2 - p;
    const double la = Norm(a), lb = Norm(b), lc = Norm(c);
    return 2 * std::atan2(Dot(a, Cross(b, c)),
                          la * lb * lc + Dot(a, b) * lc + Dot(b, c) * la + Dot(c, a) * lb);
  };
  double sum = 0;
  for (const MeshFace& f : mesh.faces) {
    sum += angle(mesh.vertices[f.v[0]], mesh.vertices[f.v[1]], mesh.vertices[f.v[2]]);
  }
  for (const Cone& cone : cones) {
    sum += cone.excess * angle(cone.triangle.a, cone.triangle.b, cone.triangle.c);
  }
  return sum / (4 * M_PI);
}

// Keeps the balls that the surface winds around. Balls that overlap lie on the same side.
std::vector<InnerBall> KeepInside(const ContourMesh& mesh, const std::vector<Cone>& cones,
                                  const std::vector<InnerBall>& balls) {
  constexpr int kMostGroups = 16;
  Groups groups(balls.size());
  for (size_t i = 0; i < balls.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      const Vec3 d = balls[i].center - balls[k].center;
      const double reach = balls[i].radius + balls[k].radius;
      if (Dot(d, d) < reach * reach) groups.Join(static_cast<int32_t>(i), static_cast<int32_t>(k));
    }
  }
  std::vector<int32_t> size(balls.size(), 0), order;
  for (size_t i = 0; i < balls.size(); ++i) ++size[groups.Find(static_cast<int32_t>(i))];
  for (size_t i = 0; i < balls.size(); ++i) {
    if (size[i] > 0) order.push_back(static_cast<int32_t>(i));
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return size[a] > size[b]; });
  if (order.size() > kMostGroups) order.resize(kMostGroups);
  std::vector<uint8_t> is_inside(balls.size(), 0);
  tbb::parallel_for(size_t{0}, order.size(), [&](size_t i) {
    is_inside[order[i]] = std::abs(WindingNumber(mesh, cones, balls[order[i]].center)) > 0.5;
  });
  std::vector<InnerBall> inside;
  for (size_t i = 0; i < balls.size(); ++i) {
    if (is_inside[groups.Find(static_cast<int32_t>(i))] == 0) continue;
    inside.push_back({balls[i].center, kShrink * balls[i].radius});
  }
  std::stable_sort(inside.begin(), inside.end(),
                   [](const InnerBall& a, const InnerBall& b) { return a.radius > b.radius; });
  return inside;
}

std::vector<InnerBall> PackBalls(const ContourMesh& mesh, const SurfaceDistance& distance,
                                 double mean_edge, double volume) {
  const auto num_faces = static_cast<int64_t>(mesh.faces.size());
  const double depth = kDepthEdges * mean_edge;
  const int64_t places = std::min<int64_t>(kMostPlaces, num_faces);
  std::vector<InnerBall> balls;
  constexpr int kBatch = 64;
  InnerBall found[kBatch];
  for (int64_t i = 0; i < places && balls.size() < kMostBalls; i += kBatch) {
    const auto n = static_cast<size_t>(std::min<int64_t>(kBatch, places - i));
    tbb::parallel_for(size_t{0}, n, [&](size_t k) {
      // Spread over the surface from the beginning: a multiplier without common factors.
      const int64_t face = (i + static_cast<int64_t>(k)) * 2654435761 % num_faces;
      const MeshFace& f = mesh.faces[face];
      const Vec3 normal = NormalOf(mesh, f);
      const Vec3 place =
          (1.0 / 3) * (mesh.vertices[f.v[0]] + mesh.vertices[f.v[1]] + mesh.vertices[f.v[2]]);
      const Vec3 inward = ((volume > 0 ? -1 : 1) / Norm(normal)) * normal;
      found[k] = {place, 0};
      if (IsInside(balls, place + depth * inward)) return;
      found[k] = BallBelow(distance, place, inward, depth, mesh.radius);
    });
    for (size_t k = 0; k < n && balls.size() < kMostBalls; ++k) {
      if (found[k].radius > 0.5 * depth) balls.push_back(found[k]);
    }
  }
  return balls;
}

}  // namespace

InnerBalls FindInnerBalls(const ContourMesh& mesh) {
  InnerBalls result;
  const double share = ContourShare(mesh);
  if (share < kFewFolds) return result;
  if (share * static_cast<double>(mesh.edges.size()) < kFewContourEdges) return result;
  std::vector<Cone> cones;
  if (!CloseOpenings(mesh, &cones, &result.openings)) return {};
  double length = 0, volume = 0;
  for (const MeshFace& f : mesh.faces) {
    length += Norm(mesh.vertices[f.v[1]] - mesh.vertices[f.v[0]]);
    volume += Dot(NormalOf(mesh, f), mesh.vertices[f.v[0]]);
  }
  const double mean_edge = length / static_cast<double>(mesh.faces.size());
  const SurfaceDistance distance(mesh, cones, mean_edge);
  if (!distance.is_ready()) return {};
  result.balls = KeepInside(mesh, cones, PackBalls(mesh, distance, mean_edge, volume));
  return result;
}

}  // namespace ceres_align
