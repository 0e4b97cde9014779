// What a mesh looks like from everywhere, for finding the views that look like a mask.
#pragma once

#include <Eigen/Geometry>
#include <memory>
#include <vector>

#include "ceres_align/render/rasterizer.h"
#include "ceres_align/scene/polar_silhouette.h"

namespace ceres_align {

/// "look" frames have their origin in the camera and +z along the ray to the object's centre (or
/// to a mask's centroid); their turn about it is arbitrary, but the table's.
class SilhouetteTable {
 public:
  struct Entry {
    Eigen::Quaterniond look_from_object;
    PolarSilhouette silhouette;
    /// Of the silhouette on the plane z = 1 of the look frame (tangents of angles).
    Eigen::Vector2d centroid = Eigen::Vector2d::Zero();
    double area = 0;
  };

  /// Draws `mesh` from `directions` directions spread evenly over the sphere, its centre `distance`
  /// away (mesh units; raised to where the whole mesh is in front). A rasterizer for batches draws
  /// them in some batches, of others only the threads are used; the same bits for any number of
  /// them. Throws what the rasterizer throws.
  SilhouetteTable(const std::shared_ptr<const ContourMesh>& mesh, double distance, int directions,
                  Rasterizer* rasterizer);

  /// Builds the map from directions to entries.
  void PrepareLookup();

  const std::vector<Entry>& entries() const { return entries_; }
  double distance() const { return distance_; }

  /// How far an object turned so looks unlike `silhouette` (seen about its own centroid's ray):
  /// Mismatch with the nearest entry, turned to fit. Needs PrepareLookup.
  int MismatchAt(const Eigen::Quaterniond& look_from_object,
                 const PolarSilhouette& silhouette) const;

 private:
  double FocalPx(const ContourMesh& mesh) const;
  BitImage Draw(const ContourMesh& mesh, const Eigen::Quaterniond& look_from_object) const;
  void DrawInBatches(const std::shared_ptr<const ContourMesh>& mesh, Rasterizer* rasterizer);
  /// Fills what there is to say of an image.
  void Describe(const BitImage& image, double focal_px, Entry* entry) const;
  int Nearest(const Eigen::Vector3d& camera_direction) const;

  // Of a map of the sphere by azimuth and height, the nearest entry's index.
  static constexpr int kAzimuths = 64, kHeights = 32;

  double distance_;
  std::vector<Eigen::Vector3d> directions_;  // unit, from the object's centre to the camera
  std::vector<Entry> entries_;
  std::vector<int> nearest_;
};

}  // namespace ceres_align
