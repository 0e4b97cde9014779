#include "ceres_align/hand_eye/link_images.h"

#include <algorithm>
#include <utility>

#include "ceres_align/base/error.h"
#include "ceres_align/render/view_geometry.h"

namespace ceres_align::hand_eye_internal {
namespace {

constexpr double kNothing = 1e-6;  // coverage beside 0 and 1 that is rounding

// How the object moves in the flange's frame where the flange moves by `twist` in the base's.
Twist InFlange(const Twist& twist, const Rigid3d& base_from_flange) {
  const Eigen::Matrix3d flange_from_base = base_from_flange.R().transpose();
  return {-flange_from_base * twist.angular,
          -flange_from_base * twist.VelocityAt(base_from_flange.translation)};
}

ImageF RobotImage(const LinkCoverage& coverage) {
  ImageF image(coverage.robot.width, coverage.robot.height);
  std::copy(coverage.robot.pixels.begin(), coverage.robot.pixels.end(), image.pixels.begin());
  return image;
}

// By [ω, v, offsets] from by [ω, v], for a body that the joints move by `twists` in the world.
Eigen::VectorXd ColumnOf(const Eigen::Matrix<double, 6, 1>& by_pose,
                         const std::vector<Twist>& twists, const Eigen::Matrix3d& R) {
  Eigen::VectorXd column(6 + static_cast<Eigen::Index>(twists.size()));
  column.head<6>() = by_pose;
  for (size_t j = 0; j < twists.size(); ++j) {
    column[6 + static_cast<Eigen::Index>(j)] =
        by_pose.head<3>().dot(R * twists[j].angular) + by_pose.tail<3>().dot(R * twists[j].linear);
  }
  return column;
}

// Σ w (M − T)² over the pixels that are not shared.
double SquaredResiduals(const Image<double>& robot, const Target& target) {
  const std::vector<float>& mask = target.mask().pixels;
  const std::vector<float>& weight = target.weight().pixels;
  double sum = 0;
  for (size_t p = 0; p < mask.size(); ++p) {
    if (robot.pixels[p] == kShared) continue;
    const double r = robot.pixels[p] - mask[p];
    sum += (weight.empty() ? 1.0 : weight[p]) * r * r;
  }
  return sum;
}

}  // namespace

bool LinkCoverage::HasOthers(int column, int row, double own) const {
  return num_links.at(column, row) > (own > kNothing ? 1 : 0);
}

LinkDrawer::LinkDrawer(const HandEyeProblem& problem, const Scene& scene, Rasterizer* rasterizer)
    : problem_(problem), scene_(scene), rasterizer_(rasterizer) {
  CHECK_EQ(scene.views.size(), problem.num_states() * problem.cameras.size());
  if (problem.object) {
    meshes_.emplace_back(rasterizer, std::make_shared<const ContourMesh>(*scene.meshes[0]));
    link_of_mesh_.push_back(problem.object->flange_link);
    return;
  }
  for (size_t i = 0; i < problem.links.size(); ++i) {
    if (problem.links[i].faces.empty()) continue;
    meshes_.emplace_back(rasterizer, std::make_shared<const ContourMesh>(problem.links[i]));
    link_of_mesh_.push_back(static_cast<int>(i));
  }
}

std::vector<LinkDrawer::Body> LinkDrawer::BodiesAt(size_t state,
                                                   const Eigen::VectorXd& offsets) const {
  const Eigen::VectorXd q =
      problem_.states.row(static_cast<Eigen::Index>(state)).transpose() + offsets;
  const std::vector<Rigid3d> base_from_link = LinkPoses(problem_.model, q);
  std::vector<Body> bodies;
  for (size_t m = 0; m < meshes_.size(); ++m) {
    const Rigid3d& pose = base_from_link[link_of_mesh_[m]];
    bodies.push_back({m, pose, {}, state});
    if (problem_.object) {
      bodies.back().world_from_body = Inverse(pose) * problem_.object->base_from_object;
    }
  }
  for (Eigen::Index j = 0; j < q.size(); ++j) {
    const std::vector<Twist> twists = JointColumn(problem_.model, q, static_cast<int>(j));
    for (size_t m = 0; m < meshes_.size(); ++m) {
      const Twist& twist = twists[link_of_mesh_[m]];
      bodies[m].by_joint.push_back(
          problem_.object ? InFlange(twist, base_from_link[link_of_mesh_[m]]) : twist);
    }
  }
  return bodies;
}

std::vector<std::vector<LinkDrawer::Body>> LinkDrawer::AllBodies(
    const Eigen::VectorXd& offsets) const {
  std::vector<std::vector<Body>> by_state;
  for (size_t s = 0; s < problem_.num_states(); ++s) {
    by_state.push_back(BodiesAt(s, offsets));
    for (Body& body : by_state[s]) {
      const auto is_here = [&](const std::vector<Body>& bodies) {
        const Rigid3d& there = bodies[&body - by_state[s].data()].world_from_body;
        // Equal angles of the joints below give equal bits.
        return there.rotation.coeffs() == body.world_from_body.rotation.coeffs() &&
               there.translation == body.world_from_body.translation;
      };
      body.first_alike = std::find_if(by_state.begin(), by_state.end(), is_here) - by_state.begin();
    }
  }
  return by_state;
}

WeightedView LinkDrawer::ViewOf(const Look& look, size_t view, const Body& body) const {
  WeightedView out;
  out.view.mesh = meshes_[body.mesh].id();
  const Vec3& c = meshes_[body.mesh].item()->center;
  out.view.mesh_center_in_object = {c.x, c.y, c.z};
  out.view.camera = look.level.cameras[view];
  out.view.cam_from_rig = scene_.views[view].cam_from_rig;
  out.view.world_from_object = body.world_from_body;
  out.view.window = look.window;
  out.target = look.level.targets[view].get();
  return out;
}

LinkCoverage LinkDrawer::DrawView(const Look& look, size_t view, const Rigid3d& rig_from_world,
                                  const std::vector<Body>& bodies) const {
  const Camera& camera = look.level.cameras[view];
  LinkCoverage out{Image<double>(camera.width_px, camera.height_px),
                   Image<uint16_t>(camera.width_px, camera.height_px)};
  for (const Body& body : bodies) {
    const Image<double> link =
        rasterizer_->Coverage(ViewOf(look, view, body).view.Job(rig_from_world), nullptr);
    for (size_t p = 0; p < link.pixels.size(); ++p) {
      out.robot.pixels[p] = std::max(out.robot.pixels[p], link.pixels[p]);
      out.num_links.pixels[p] += link.pixels[p] > kNothing;
    }
  }
  // At most one link covers a pixel in part, or one covers it all; else it is none's.
  for (size_t p = 0; p < out.robot.pixels.size(); ++p) {
    if (out.num_links.pixels[p] > 1 && out.robot.pixels[p] < 1 - kNothing) {
      out.robot.pixels[p] = kShared;
    }
  }
  return out;
}

std::vector<LinkCoverage> LinkDrawer::Draw(const Look& look, const Rigid3d& rig_from_world,
                                           const std::vector<std::vector<Body>>& by_state) const {
  std::vector<LinkCoverage> coverage(scene_.views.size());
  rasterizer_->ForEach(coverage.size(), [&](size_t v) {
    coverage[v] = DrawView(look, v, rig_from_world, by_state[v / problem_.cameras.size()]);
  });
  return coverage;
}

std::vector<ImageF> LinkDrawer::CoverageAt(const Look& look, const Rigid3d& rig_from_world,
                                           const Eigen::VectorXd& offsets) const {
  std::vector<ImageF> images;
  for (const LinkCoverage& coverage : Draw(look, rig_from_world, AllBodies(offsets))) {
    images.push_back(RobotImage(coverage));
  }
  return images;
}

LinkCoverage LinkDrawer::CoverageOf(const Look& look, size_t view, const Rigid3d& rig_from_world,
                                    const Eigen::VectorXd& offsets) const {
  return DrawView(look, view, rig_from_world, BodiesAt(view / problem_.cameras.size(), offsets));
}

Eigen::MatrixXd LinkDrawer::GramOf(const Look& look, size_t view, const Rigid3d& rig_from_world,
                                   const Eigen::VectorXd& offsets) const {
  const std::vector<Body> bodies = BodiesAt(view / problem_.cameras.size(), offsets);
  const LinkCoverage coverage = DrawView(look, view, rig_from_world, bodies);
  const Target& target = *look.level.targets[view];
  const Eigen::Index n = 6 + offsets.size();
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(n + 1, n + 1);
  Eigen::VectorXd row(n + 1);
  std::vector<OutlineSample> samples;
  for (const Body& body : bodies) {
    const SilhouetteView link = ViewOf(look, view, body).view;
    rasterizer_->Outline(link.Job(rig_from_world), &samples);
    const Matrix6d canonical_from_delta =
        CanonicalFromRig(link.cam_from_rig.rotation,
                         rig_from_world * (link.world_from_object * link.mesh_center_in_object),
                         rig_from_world.translation);
    for (const OutlineSample& sample : samples) {
      if (coverage.HasOthers(sample.column, sample.row, sample.coverage)) continue;
      const double w =
          target.weight().empty() ? 1.0 : target.weight().at(sample.column, sample.row);
      row.head(n) = ColumnOf(canonical_from_delta.transpose() * Vector6d::Map(sample.jacobian),
                             body.by_joint, rig_from_world.R());
      row[n] = sample.coverage - target.mask().at(sample.column, sample.row);
      gram.selfadjointView<Eigen::Lower>().rankUpdate(row, w);
    }
  }
  gram = Eigen::MatrixXd(gram.selfadjointView<Eigen::Lower>());
  gram(n, n) = SquaredResiduals(coverage.robot, target);
  return gram;
}

LinkImages LinkDrawer::At(const Look& look, const Rigid3d& rig_from_world,
                          const Eigen::VectorXd& offsets) const {
  const std::vector<std::vector<Body>> by_state = AllBodies(offsets);
  LinkImages out;
  const std::vector<LinkCoverage> by_view = Draw(look, rig_from_world, by_state);
  for (const LinkCoverage& coverage : by_view) out.coverage.push_back(RobotImage(coverage));
  std::vector<WeightedView> views;
  for (size_t v = 0; v < scene_.views.size(); ++v) {
    for (const Body& body : by_state[v / problem_.cameras.size()]) {
      views.push_back(ViewOf(look, v, body));
    }
  }
  const Eigen::Matrix3d R = rig_from_world.R();
  std::vector<Eigen::VectorXd> columns;
  for (OutlinePixel pixel : CollectOutline(views, rasterizer_, rig_from_world)) {
    const size_t v = static_cast<size_t>(pixel.view) / meshes_.size();
    const size_t m = static_cast<size_t>(pixel.view) % meshes_.size();
    if (by_view[v].HasOthers(pixel.column, pixel.row, pixel.coverage)) continue;
    const size_t num_cameras = problem_.cameras.size();
    const Body& body = by_state[v / num_cameras][m];
    Eigen::VectorXd column = ColumnOf(pixel.by_pose, body.by_joint, R);
    pixel.view = static_cast<int>(v);
    out.pixels.push_back(pixel);
    out.first_alike.push_back(static_cast<int>(body.first_alike * num_cameras + v % num_cameras));
    columns.push_back(std::move(column));
  }
  out.by_unknowns.resize(6 + offsets.size(), static_cast<Eigen::Index>(columns.size()));
  for (size_t i = 0; i < columns.size(); ++i) {
    out.by_unknowns.col(static_cast<Eigen::Index>(i)) = columns[i];
  }
  return out;
}

}  // namespace ceres_align::hand_eye_internal
