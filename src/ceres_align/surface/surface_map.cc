#include "ceres_align/surface/surface_map.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ceres_align/render/for_each_cpu.h"
#include "ceres_align/surface/pixel_rays.h"

namespace ceres_align {
namespace {

using Eigen::Vector3d;
using surface_internal::PixelRays;

constexpr int kBandRows = 32;
constexpr size_t kChunk = 8192;

// Pixels whose centres a face may reach; empty where last <= first.
struct PixelBox {
  int first_column, last_column, first_row, last_row;
};

class Boxes {
 public:
  explicit Boxes(const Camera& camera)
      : camera_(camera),
        projection_(camera),
        has_lens_(!camera.lens.IsNone()),
        lens_(MakeLensMap(camera)) {}

  PixelBox Of(const Vector3d& a, const Vector3d& b, const Vector3d& c) const {
    const double nearest = std::min({a.z(), b.z(), c.z()});
    const double farthest = std::max({a.z(), b.z(), c.z()});
    if (farthest <= 0) return {0, 0, 0, 0};
    // Of a face that reaches the plane of the camera hardly anything is known.
    if (nearest <= 1e-9 * farthest) return {0, camera_.width_px, 0, camera_.height_px};
    const Vector3d corners[3] = {a / a.z(), b / b.z(), c / c.z()};
    Eigen::Vector2d low = Eigen::Vector2d::Constant(std::numeric_limits<double>::infinity());
    Eigen::Vector2d high = -low;
    for (const Vector3d& corner : corners) {
      const Eigen::Vector2d px = projection_.Px(corner);
      low = low.cwiseMin(px);
      high = high.cwiseMax(px);
    }
    if (has_lens_) {
      const double margin_px = Margin_px(corners);
      low.array() -= margin_px;
      high.array() += margin_px;
    }
    return Inside(low, high);
  }

 private:
  // How far the image of the triangle may leave the box of its corners' images.
  double Margin_px(const Vector3d* corners) const {
    const double focal = std::max(camera_.fx_px, camera_.fy_px);
    double bend = 0, longest = 0, farthest = 0;
    for (int i = 0; i < 3; ++i) {
      const Vector3d &a = corners[i], &b = corners[(i + 1) % 3];
      bend = std::max(bend, BendBound(lens_, a.x(), a.y(), b.x(), b.y()));
      longest = std::max(longest, (b - a).norm());
      farthest = std::max(farthest, std::hypot(a.x(), a.y()));
    }
    // The bound holds inside the lens's disc; else: no point is farther from a corner than the
    // longest side, nor is its image, but for the stretch.
    return focal * (farthest <= lens_.radius ? bend : lens_.stretch * longest);
  }

  PixelBox Inside(const Eigen::Vector2d& low, const Eigen::Vector2d& high) const {
    // A centre at c + 0.5; a pixel's thousandth for rounding.
    const auto first = [](double v, int size) {
      return static_cast<int>(std::clamp(std::ceil(v - 0.501), 0.0, static_cast<double>(size)));
    };
    const auto last = [](double v, int size) {
      return static_cast<int>(
          std::clamp(std::floor(v - 0.499) + 1, 0.0, static_cast<double>(size)));
    };
    return {first(low.x(), camera_.width_px), last(high.x(), camera_.width_px),
            first(low.y(), camera_.height_px), last(high.y(), camera_.height_px)};
  }

  const Camera camera_;
  const Projection projection_;
  const bool has_lens_;
  const LensMap lens_;
};

// A face's edge functions on rays (x, y, 1), positive inside, and the plane's: volume / its value
// is the depth. (It is the sum of the edge functions, but for their rounding.)
struct Edges {
  double a[4], b[4], c[4];
  double volume;

  Edges(const Vector3d& v0, const Vector3d& v1, const Vector3d& v2) {
    // Each product is the exact negative of the neighbouring face's.
    Vector3d m[4] = {v1.cross(v2), v2.cross(v0), v0.cross(v1), (v1 - v0).cross(v2 - v0)};
    volume = v0.dot(m[3]);
    if (volume < 0) {
      volume = -volume;
      for (Vector3d& edge : m) edge = -edge;
    }
    for (int i = 0; i < 4; ++i) {
      a[i] = m[i].x();
      b[i] = m[i].y();
      c[i] = m[i].z();
    }
  }
};

CA_FOR_EACH_CPU
void DrawRow(const Edges& edges, int32_t face, const double* x, const double* y, int first,
             int last, double* depth, int32_t* faces) {
  for (int i = first; i < last; ++i) {
    const double e0 = edges.a[0] * x[i] + edges.b[0] * y[i] + edges.c[0];
    const double e1 = edges.a[1] * x[i] + edges.b[1] * y[i] + edges.c[1];
    const double e2 = edges.a[2] * x[i] + edges.b[2] * y[i] + edges.c[2];
    const double plane = edges.a[3] * x[i] + edges.b[3] * y[i] + edges.c[3];
    const bool inside = (e0 >= 0) & (e1 >= 0) & (e2 >= 0) & (plane > 0);
    const double z = edges.volume / plane;
    const bool nearer = inside & (z < depth[i]);
    depth[i] = nearer ? z : depth[i];
    faces[i] = nearer ? face : faces[i];
  }
}

struct Faces {
  const TriangleMesh& mesh;
  std::vector<Vector3d> in_cam;
  const Vector3d& Corner(size_t face, int i) const { return in_cam[mesh.faces[face][i]]; }
};

// Which faces each band of rows may show, in order.
class Bands {
 public:
  Bands(const Faces& faces, const Camera& camera, Rasterizer* threads)
      : num_bands_((camera.height_px + kBandRows - 1) / kBandRows) {
    const Boxes boxes(camera);
    const size_t num_faces = faces.mesh.faces.size();
    chunks_.resize((num_faces + kChunk - 1) / kChunk);
    threads->ForEach(chunks_.size(), [&](size_t chunk) {
      std::vector<std::vector<Entry>>& lists = chunks_[chunk];
      lists.resize(num_bands_);
      const size_t end = std::min(num_faces, (chunk + 1) * kChunk);
      for (size_t f = chunk * kChunk; f < end; ++f) {
        const PixelBox box = boxes.Of(faces.Corner(f, 0), faces.Corner(f, 1), faces.Corner(f, 2));
        if (box.last_column <= box.first_column || box.last_row <= box.first_row) continue;
        for (int b = box.first_row / kBandRows; b <= (box.last_row - 1) / kBandRows; ++b) {
          lists[b].push_back({static_cast<int32_t>(f), box});
        }
      }
    });
  }
  int count() const { return num_bands_; }

  struct Entry {
    int32_t face;
    PixelBox box;
  };
  template <typename Body>
  void ForEach(int band, const Body& body) const {
    for (const auto& chunk : chunks_) {
      for (const Entry& entry : chunk[band]) body(entry);
    }
  }

 private:
  const int num_bands_;
  std::vector<std::vector<std::vector<Entry>>> chunks_;
};

void DrawBand(const Faces& faces, const Bands& bands, const PixelRays& rays, int band,
              SurfaceMap* map) {
  const int width = map->depth.width, first_row = band * kBandRows;
  const int rows = std::min(kBandRows, map->depth.height - first_row);
  int columns[2] = {width, 0};  // that any face reaches
  bands.ForEach(band, [&](const Bands::Entry& entry) {
    columns[0] = std::min(columns[0], entry.box.first_column);
    columns[1] = std::max(columns[1], entry.box.last_column);
  });
  if (columns[0] >= columns[1]) return;
  const size_t count = static_cast<size_t>(rows) * width;
  std::vector<double> x(count), y(count);
  std::vector<double> depth(count, std::numeric_limits<double>::infinity());
  for (int r = 0; r < rows; ++r) {
    rays.Row(first_row + r, columns[0], columns[1], &x[size_t(r) * width], &y[size_t(r) * width]);
  }
  bands.ForEach(band, [&](const Bands::Entry& entry) {
    const Edges edges(faces.Corner(entry.face, 0), faces.Corner(entry.face, 1),
                      faces.Corner(entry.face, 2));
    if (!(edges.volume > 0)) return;
    const int last = std::min(entry.box.last_row, first_row + rows);
    for (int row = std::max(entry.box.first_row, first_row); row < last; ++row) {
      const size_t at = static_cast<size_t>(row - first_row) * width;
      DrawRow(edges, entry.face, &x[at], &y[at], entry.box.first_column, entry.box.last_column,
              &depth[at], map->face.row(row));
    }
  });
  for (int r = 0; r < rows; ++r) {
    float* out = map->depth.row(first_row + r);
    const double* in = &depth[static_cast<size_t>(r) * width];
    for (int c = columns[0]; c < columns[1]; ++c) {
      if (std::isfinite(in[c])) out[c] = static_cast<float>(in[c]);
    }
  }
}

}  // namespace

SurfaceMap RenderSurface(const TriangleMesh& mesh, const Camera& camera,
                         const Rigid3d& cam_from_object, Rasterizer* threads) {
  CHECK_GT(camera.width_px, 0);
  CHECK_GT(camera.height_px, 0);
  CHECK_EQ(WhyNoLens(camera), "");
  Faces faces{mesh, std::vector<Vector3d>(mesh.vertices.size())};
  const Eigen::Matrix3d rotation = cam_from_object.R();
  const size_t num_chunks = (mesh.vertices.size() + kChunk - 1) / kChunk;
  threads->ForEach(num_chunks, [&](size_t chunk) {
    const size_t end = std::min(mesh.vertices.size(), (chunk + 1) * kChunk);
    for (size_t v = chunk * kChunk; v < end; ++v) {
      faces.in_cam[v] = rotation * mesh.vertices[v] + cam_from_object.translation;
    }
  });
  SurfaceMap map{Image<float>(camera.width_px, camera.height_px, 0.0f),
                 Image<int32_t>(camera.width_px, camera.height_px, -1)};
  const Bands bands(faces, camera, threads);
  const PixelRays rays(camera);
  threads->ForEach(bands.count(), [&](size_t band) {
    DrawBand(faces, bands, rays, static_cast<int>(band), &map);
  });
  return map;
}

}  // namespace ceres_align
