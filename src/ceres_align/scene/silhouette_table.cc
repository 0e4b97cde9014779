#include "ceres_align/scene/silhouette_table.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/geometry/rigid3d.h"
#include "ceres_align/render/resident.h"
#include "ceres_align/scene/sphere_points.h"

namespace ceres_align {
namespace {

// The bounding sphere's outline stays this far inside the image, px.
constexpr double kMarginPx = 1;
// Nearer than this, in radii, the mesh may reach behind the camera.
constexpr double kNearest = 1.15;
constexpr size_t kEntriesPerBody = 8, kEntriesPerBatch = 256;
constexpr double kHalf = BitImage::kSize / 2.0;

}  // namespace

SilhouetteTable::SilhouetteTable(const std::shared_ptr<const ContourMesh>& mesh, double distance,
                                 int directions, Rasterizer* rasterizer)
    : distance_(std::max(distance, kNearest * mesh->radius)) {
  for (int i = 0; i < directions; ++i) directions_.push_back(SpherePoint(i, directions));
  entries_.resize(directions_.size());
  for (size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].look_from_object = RotationBetween(directions_[i], -Eigen::Vector3d::UnitZ());
  }
  if (rasterizer->is_for_batches()) {
    DrawInBatches(mesh, rasterizer);
    return;
  }
  const size_t bodies = (directions_.size() + kEntriesPerBody - 1) / kEntriesPerBody;
  rasterizer->ForEach(bodies, [&](size_t body) {
    const size_t end = std::min(directions_.size(), (body + 1) * kEntriesPerBody);
    for (size_t i = body * kEntriesPerBody; i < end; ++i) {
      Describe(Draw(*mesh, entries_[i].look_from_object), FocalPx(*mesh), &entries_[i]);
    }
  });
}

double SilhouetteTable::FocalPx(const ContourMesh& mesh) const {
  const double outline = std::sqrt(distance_ * distance_ - mesh.radius * mesh.radius);
  return (kHalf - kMarginPx) * outline / mesh.radius;
}

BitImage SilhouetteTable::Draw(const ContourMesh& mesh,
                               const Eigen::Quaterniond& look_from_object) const {
  const Eigen::Matrix3d R = look_from_object.toRotationMatrix();
  const double focal_px = FocalPx(mesh);
  std::vector<Eigen::Vector2d> corners;
  corners.reserve(mesh.vertices.size());
  for (const Vec3& v : mesh.vertices) {
    const Eigen::Vector3d p = R * Eigen::Vector3d(v.x, v.y, v.z);
    const double scale = focal_px / (p.z() + distance_);
    corners.emplace_back(kHalf + scale * p.x(), kHalf + scale * p.y());
  }
  BitImage image;
  for (const ContourMesh::Face& face : mesh.faces) {
    image.FillTriangle(corners[face.v[0]], corners[face.v[1]], corners[face.v[2]]);
  }
  return image;
}

void SilhouetteTable::DrawInBatches(const std::shared_ptr<const ContourMesh>& mesh,
                                    Rasterizer* rasterizer) {
  const ResidentMesh resident(rasterizer, mesh);
  const double focal_px = FocalPx(*mesh);
  const Eigen::Vector3d center(mesh->center.x, mesh->center.y, mesh->center.z);
  RasterJob job;
  job.mesh = resident.id();
  job.camera = {BitImage::kSize, BitImage::kSize, focal_px, focal_px, kHalf, kHalf};
  for (size_t begin = 0; begin < entries_.size(); begin += kEntriesPerBatch) {
    const size_t count = std::min(kEntriesPerBatch, entries_.size() - begin);
    std::vector<RasterJob> jobs(count, job);
    for (size_t i = 0; i < count; ++i) {
      const Eigen::Quaterniond& look_from_object = entries_[begin + i].look_from_object;
      jobs[i].cam_from_object = Rigid3d(
          look_from_object,
          Eigen::Vector3d(distance_ * Eigen::Vector3d::UnitZ() - look_from_object * center));
    }
    std::vector<ImageF> images;
    rasterizer->CoverageBatch(jobs, &images);
    for (size_t i = 0; i < count; ++i) {
      BitImage image;
      for (int y = 0; y < BitImage::kSize; ++y) {
        for (int x = 0; x < BitImage::kSize; ++x) {
          if (images[i].at(x, y) >= 0.5f) image.Cover(x, y);
        }
      }
      Describe(image, focal_px, &entries_[begin + i]);
    }
  }
}

void SilhouetteTable::Describe(const BitImage& image, double focal_px, Entry* entry) const {
  Eigen::Vector2d centroid_px = Eigen::Vector2d::Zero();
  const int covered = image.Moments(&centroid_px);
  if (covered == 0) return;
  entry->area = covered / (focal_px * focal_px);
  entry->centroid = (centroid_px - Eigen::Vector2d::Constant(kHalf)) / focal_px;
  entry->silhouette = SamplePolar(centroid_px, std::sqrt(static_cast<double>(covered)),
                                  [&](double x, double y) { return image.Covers(x, y); });
}

void SilhouetteTable::PrepareLookup() {
  nearest_.resize(static_cast<size_t>(kAzimuths) * kHeights);
  for (int h = 0; h < kHeights; ++h) {
    for (int a = 0; a < kAzimuths; ++a) {
      const double z = 2 * (h + 0.5) / kHeights - 1, r = std::sqrt(1 - z * z);
      const double azimuth = 2 * M_PI * (a + 0.5) / kAzimuths - M_PI;
      const Eigen::Vector3d p(r * std::cos(azimuth), r * std::sin(azimuth), z);
      int best = 0;
      for (size_t i = 1; i < directions_.size(); ++i) {
        if (directions_[i].dot(p) > directions_[best].dot(p)) best = static_cast<int>(i);
      }
      nearest_[static_cast<size_t>(h) * kAzimuths + a] = best;
    }
  }
}

int SilhouetteTable::Nearest(const Eigen::Vector3d& camera_direction) const {
  const double azimuth = std::atan2(camera_direction.y(), camera_direction.x()) + M_PI;
  const int a = std::clamp(static_cast<int>(azimuth * kAzimuths / (2 * M_PI)), 0, kAzimuths - 1);
  const int h =
      std::clamp(static_cast<int>((camera_direction.z() + 1) / 2 * kHeights), 0, kHeights - 1);
  return nearest_[static_cast<size_t>(h) * kAzimuths + a];
}

int SilhouetteTable::MismatchAt(const Eigen::Quaterniond& look_from_object,
                                const PolarSilhouette& silhouette) const {
  const Entry& entry = entries_[Nearest(look_from_object.conjugate() * Eigen::Vector3d(0, 0, -1))];
  // The part about z of the turn from the entry's look frame to this one.
  const Eigen::Quaterniond turn = look_from_object * entry.look_from_object.conjugate();
  const double roll = 2 * std::atan2(turn.z(), turn.w());
  const int sectors = static_cast<int>(std::lround(roll * PolarSilhouette::kSectors / (2 * M_PI)));
  return Mismatch(entry.silhouette, sectors, silhouette);
}

}  // namespace ceres_align
