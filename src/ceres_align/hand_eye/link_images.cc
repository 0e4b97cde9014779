#include "ceres_align/hand_eye/link_images.h"

#include <algorithm>
#include <utility>

#include "ceres_align/base/error.h"

namespace ceres_align::hand_eye_internal {
namespace {

constexpr float kNothing = 1e-6f;  // coverage beside 0 and 1 that is rounding

// How the object moves in the flange's frame where the flange moves by `twist` in the base's.
Twist InFlange(const Twist& twist, const Rigid3d& base_from_flange) {
  const Eigen::Matrix3d flange_from_base = base_from_flange.R().transpose();
  return {-flange_from_base * twist.angular,
          -flange_from_base * twist.VelocityAt(base_from_flange.translation)};
}

// The union where at most one link covers a pixel in part, or one covers it all.
ImageF Together(const std::vector<ImageF>& links) {
  ImageF all = links[0];
  for (size_t p = 0; p < all.pixels.size(); ++p) {
    float most = 0;
    int in_part = 0;
    for (const ImageF& link : links) {
      most = std::max(most, link.pixels[p]);
      in_part += link.pixels[p] > kNothing;
    }
    all.pixels[p] = in_part > 1 && most < 1 - kNothing ? kShared : most;
  }
  return all;
}

bool CoveredByAnother(const std::vector<ImageF>& links, size_t link, int column, int row) {
  for (size_t i = 0; i < links.size(); ++i) {
    if (i != link && links[i].at(column, row) > kNothing) return true;
  }
  return false;
}

}  // namespace

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

std::vector<ImageF> LinkDrawer::Draw(const Look& look, const Rigid3d& rig_from_world,
                                     const std::vector<std::vector<Body>>& by_state,
                                     std::vector<std::vector<ImageF>>* by_link) const {
  const size_t n = scene_.views.size();
  std::vector<ImageF> coverage(n);
  if (by_link != nullptr) by_link->resize(n);
  rasterizer_->ForEach(n, [&](size_t v) {
    std::vector<ImageF> links;
    for (const Body& body : by_state[v / problem_.cameras.size()]) {
      const Image<double> exact =
          rasterizer_->Coverage(ViewOf(look, v, body).view.Job(rig_from_world), nullptr);
      ImageF link(exact.width, exact.height);
      std::copy(exact.pixels.begin(), exact.pixels.end(), link.pixels.begin());
      links.push_back(std::move(link));
    }
    coverage[v] = Together(links);
    if (by_link != nullptr) (*by_link)[v] = std::move(links);
  });
  return coverage;
}

std::vector<ImageF> LinkDrawer::CoverageAt(const Look& look, const Rigid3d& rig_from_world,
                                           const Eigen::VectorXd& offsets) const {
  const std::vector<std::vector<Body>> by_state = AllBodies(offsets);
  return Draw(look, rig_from_world, by_state, nullptr);
}

LinkImages LinkDrawer::At(const Look& look, const Rigid3d& rig_from_world,
                          const Eigen::VectorXd& offsets) const {
  const std::vector<std::vector<Body>> by_state = AllBodies(offsets);
  LinkImages out;
  std::vector<std::vector<ImageF>> by_link;
  out.coverage = Draw(look, rig_from_world, by_state, &by_link);
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
    if (CoveredByAnother(by_link[v], m, pixel.column, pixel.row)) continue;
    const size_t num_cameras = problem_.cameras.size();
    const Body& body = by_state[v / num_cameras][m];
    const std::vector<Twist>& twists = body.by_joint;
    Eigen::VectorXd column(6 + offsets.size());
    column.head<6>() = pixel.by_pose;
    for (Eigen::Index j = 0; j < offsets.size(); ++j) {
      column[6 + j] = pixel.by_pose.head<3>().dot(R * twists[j].angular) +
                      pixel.by_pose.tail<3>().dot(R * twists[j].linear);
    }
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
