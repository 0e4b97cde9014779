// URDF files, kinematics and link meshes of robot/.
#include "ceres_align/robot/robot_model.h"

#include <gtest/gtest.h>

#include "ceres_align/io/mesh_io.h"
#include "io_testing.h"
#include "testing.h"

namespace ceres_align {
namespace {

using testing::Contains;
using testing::ErrorOf;
using testing::TempFolder;

std::string Robot(const std::string& body) { return "<robot name=\"r\">" + body + "</robot>"; }
std::string Link(const std::string& name, const std::string& geometry = "") {
  if (geometry.empty()) return "<link name=\"" + name + "\"/>";
  return "<link name=\"" + name + "\"><visual><geometry>" + geometry +
         "</geometry></visual></link>";
}
std::string Joint(const std::string& name, const std::string& type, const std::string& parent,
                  const std::string& child, const std::string& more = "") {
  return "<joint name=\"" + name + "\" type=\"" + type + "\"><parent link=\"" + parent +
         "\"/><child link=\"" + child + "\"/>" + more + "</joint>";
}
const char kLimit[] = "<limit lower=\"-1.5\" upper=\"2\" effort=\"1\" velocity=\"1\"/>";
const char kBox[] = "<box size=\"1 2 3\"/>";

// A tree with every kind of joint: two fingers, the second mimics the first; a lid that mimics the
// second. Joints stand out of order, names are not sorted.
std::string TreeRobot() {
  return Robot(
      Link("base", kBox) + Link("arm") + Link("tool") + Link("left") + Link("right") + Link("lid") +
      Joint("z_finger", "prismatic", "tool", "left",
            std::string(kLimit) +
                "<axis xyz=\"0 3 4\"/><origin xyz=\"0 0.1 0.2\" rpy=\"0.1 0 0\"/>") +
      Joint("turn", "continuous", "base", "arm",
            "<axis xyz=\"0.3 -0.2 0.9\"/><origin xyz=\"0.1 0.2 0.3\" rpy=\"0.4 -0.5 0.6\"/>") +
      Joint("hold", "fixed", "arm", "tool", "<origin xyz=\"0 0 0.5\" rpy=\"0 1 0\"/>") +
      Joint("m_finger", "prismatic", "tool", "right",
            std::string(kLimit) + "<mimic joint=\"z_finger\" multiplier=\"-2\" offset=\"0.03\"/>") +
      Joint("lid_joint", "revolute", "left", "lid",
            std::string(kLimit) + "<axis xyz=\"1 1 0\"/><origin xyz=\"0.2 0 0\"/>" +
                "<mimic joint=\"m_finger\" multiplier=\"0.5\" offset=\"0.1\"/>"));
}

RobotModel Read(const TempFolder& folder, const std::string& text,
                const UrdfOptions& options = {}) {
  return ReadUrdf(folder.Write("robot.urdf", text), options);
}

TEST(RobotModel, TreeAndVariablesInTheFilesOrder) {
  const TempFolder folder;
  const RobotModel model = Read(folder, TreeRobot());
  EXPECT_EQ(model.name, "r");
  EXPECT_EQ(model.variable_names, (std::vector<std::string>{"z_finger", "turn"}));
  ASSERT_EQ(model.links.size(), 6u);
  ASSERT_EQ(model.joints.size(), 5u);
  EXPECT_EQ(model.links[0].name, "base");
  for (size_t i = 0; i < model.joints.size(); ++i) {
    EXPECT_LE(model.joints[i].parent_link, static_cast<int>(i));
  }
  const RobotJoint& turn = model.joints[model.FindLink("arm") - 1];
  EXPECT_EQ(turn.name, "turn");
  EXPECT_TRUE(std::isinf(turn.upper));
  EXPECT_NEAR(turn.axis_in_joint.norm(), 1, 1e-15);
  const RobotJoint& lid = model.joints[model.FindLink("lid") - 1];
  EXPECT_EQ(lid.variable, 0);
  EXPECT_DOUBLE_EQ(lid.multiplier, -1);  // 0.5·(−2)
  EXPECT_DOUBLE_EQ(lid.offset, 0.1 + 0.5 * 0.03);
  EXPECT_EQ(lid.upper, 2);
  EXPECT_PRED2(Contains, ErrorOf([&] { model.FindLink("nose"); }), "has no link \"nose\"");
}

TEST(RobotModel, PosesOfSimpleJointsAreAsUrdfSays) {
  const TempFolder folder;
  const RobotModel model = Read(folder, TreeRobot());
  const auto poses = LinkPoses(model, Eigen::Vector2d(0.25, 0));
  // The fixed joint is turned by 1 rad about y; its child's child slides along (0, 3, 4)/5.
  const Rigid3d& tool = poses[model.FindLink("tool")];
  const Rigid3d tool_from_left = Inverse(tool) * poses[model.FindLink("left")];
  const Eigen::Vector3d expected =
      Eigen::Vector3d(0, 0.1, 0.2) +
      Eigen::AngleAxisd(0.1, Eigen::Vector3d::UnitX()) * Eigen::Vector3d(0, 0.15, 0.2);
  EXPECT_LT((tool_from_left.translation - expected).norm(), 1e-15);
  // The mimic joint: −2·0.25 + 0.03 along x, URDF's default axis.
  const Rigid3d tool_from_right = Inverse(tool) * poses[model.FindLink("right")];
  EXPECT_LT((tool_from_right.translation - Eigen::Vector3d(-0.47, 0, 0)).norm(), 1e-15);
  const Eigen::Matrix3d rpy = (Eigen::AngleAxisd(0.6, Eigen::Vector3d::UnitZ()) *
                               Eigen::AngleAxisd(-0.5, Eigen::Vector3d::UnitY()) *
                               Eigen::AngleAxisd(0.4, Eigen::Vector3d::UnitX()))
                                  .toRotationMatrix();
  EXPECT_LT((poses[model.FindLink("arm")].R() - rpy).norm(), 1e-14);
}

// The worst difference between the velocity of points on links and central differences, relative to
// the largest velocity.
double ColumnError(const RobotModel& model, const Eigen::VectorXd& q, double planted) {
  constexpr double kStep = 1e-6;
  double worst = 0, largest = 0;
  for (int j = 0; j < q.size(); ++j) {
    const auto twists = JointColumn(model, q, j);
    const Eigen::VectorXd step = kStep * Eigen::VectorXd::Unit(q.size(), j);
    const auto at = LinkPoses(model, q), up = LinkPoses(model, q + step),
               down = LinkPoses(model, q - step);
    for (size_t i = 0; i < at.size(); ++i) {
      for (const Eigen::Vector3d& p :
           {Eigen::Vector3d(0.1, -0.2, 0.3), Eigen::Vector3d(-0.4, 0, 1)}) {
        const Eigen::Vector3d numeric = (up[i] * p - down[i] * p) / (2 * kStep);
        const Eigen::Vector3d exact = (1 + planted) * twists[i].VelocityAt(at[i] * p);
        worst = std::max(worst, (numeric - exact).norm());
        largest = std::max(largest, numeric.norm());
      }
    }
  }
  return worst / largest;
}

TEST(RobotModel, JointColumnsAreTheDerivatives) {
  const TempFolder folder;
  const RobotModel model = Read(folder, TreeRobot());
  testing::Random random("RobotModel", 0);
  for (int trial = 0; trial < 20; ++trial) {
    const Eigen::Vector2d q(random.Uniform(-1, 1), random.Uniform(-3, 3));
    EXPECT_LT(ColumnError(model, q, 0), 1e-8);
    EXPECT_GT(ColumnError(model, q, 1e-3), 5e-4);
  }
  // What the fingers' variable does not move.
  const auto twists = JointColumn(model, Eigen::Vector2d(0.3, 0.4), 0);
  for (const char* link : {"base", "arm", "tool"}) {
    EXPECT_EQ(twists[model.FindLink(link)].angular.norm(), 0) << link;
    EXPECT_EQ(twists[model.FindLink(link)].linear.norm(), 0) << link;
  }
  EXPECT_GT(twists[model.FindLink("right")].linear.norm(), 1.9);
  EXPECT_GT(twists[model.FindLink("lid")].angular.norm(), 0.9);
}

TEST(RobotModel, LimitsAreNamed) {
  const TempFolder folder;
  const RobotModel model = Read(folder, TreeRobot());
  EXPECT_EQ(WhyBeyondLimits(model, Eigen::Vector2d(0.5, 90)), "");
  EXPECT_EQ(WhyBeyondLimits(model, Eigen::Vector2d(2.5, 0)),
            "joint \"z_finger\" is at 2.5 m; its limits are -1.5 to 2");
  // Of the mimicking joint: −2·0.9 + 0.03.
  EXPECT_EQ(WhyBeyondLimits(model, Eigen::Vector2d(0.9, 0)),
            "joint \"m_finger\" is at -1.77 m; its limits are -1.5 to 2");
}

double SignedVolume(const TriangleMesh& mesh) {
  double volume = 0;
  for (const auto& f : mesh.faces) {
    volume += mesh.vertices[f[0]].dot(mesh.vertices[f[1]].cross(mesh.vertices[f[2]])) / 6;
  }
  return volume;
}

TEST(RobotModel, PrimitivesHaveTheirSizes) {
  const TempFolder folder;
  const auto mesh = [&](const std::string& geometry) {
    return LinkMesh(Read(folder, Robot(Link("l", geometry))), 0);
  };
  const TriangleMesh box = mesh(kBox);
  EXPECT_NEAR(SignedVolume(box), 6, 1e-12);
  EXPECT_LT((BoundingBox(box.vertices).high - Eigen::Vector3d(0.5, 1, 1.5)).norm(), 1e-15);
  const TriangleMesh cylinder = mesh("<cylinder radius=\"0.5\" length=\"2\"/>");
  EXPECT_NEAR(SignedVolume(cylinder), M_PI * 0.5, 2e-4 * M_PI);
  EXPECT_NEAR(BoundingBox(cylinder.vertices).high.z(), 1, 1e-15);
  const TriangleMesh sphere = mesh("<sphere radius=\"2\"/>");
  EXPECT_NEAR(SignedVolume(sphere), 4.0 / 3 * M_PI * 8, 1e-3 * 33.5);
  // The header's figures: corners outside and middles of faces' edges inside by the same at most.
  for (const auto& [shape, radius, most] :
       {std::tuple{&cylinder, 0.5, 1.6e-4}, std::tuple{&sphere, 2.0, 2.8e-4}}) {
    double outside = 0;
    for (const auto& v : shape->vertices) {
      const double r = shape == &cylinder ? v.head<2>().norm() : v.norm();
      outside = std::max(outside, r / radius - 1);
    }
    EXPECT_LT(outside, most);
    EXPECT_GT(outside, most / 2);
  }
}

TEST(RobotModel, SeveralVisualsScalesAndMirrorsMakeOneMesh) {
  const TempFolder folder;
  const TriangleMesh cube = LinkMesh(Read(folder, Robot(Link("l", "<box size=\"1 1 1\"/>"))), 0);
  WriteObj(folder / "cube.obj", cube);
  const RobotModel model =
      Read(folder,
           Robot("<link name=\"l\"><visual><origin xyz=\"10 0 0\" rpy=\"0 0 1.5707963267948966\"/>"
                 "<geometry><mesh filename=\"cube.obj\" scale=\"2 4 -1\"/></geometry></visual>"
                 "<visual><geometry><sphere radius=\"0.1\"/></geometry></visual>"
                 "<collision><geometry><box size=\"1 1 1\"/></geometry></collision></link>"));
  ASSERT_EQ(model.links[0].shapes.size(), 2u);
  const TriangleMesh mesh = LinkMesh(model, 0);
  // Closed pieces that keep their winding: volumes add up, also of the mirrored one.
  EXPECT_NEAR(SignedVolume(mesh), 8 + 4.0 / 3 * M_PI * 1e-3, 1e-4);
  const Box box = BoundingBox(mesh.vertices);
  EXPECT_NEAR(box.high.x(), 12, 1e-12);  // turned by 90 degrees: y's side lies along x
  EXPECT_NEAR(box.high.y(), 1, 1e-12);
  UrdfOptions collision;
  collision.geometry = UrdfOptions::Geometry::kCollision;
  EXPECT_EQ(LinkMesh(ReadUrdf(folder / "robot.urdf", collision), 0).faces.size(), 12u);
}

TEST(RobotModel, MeshesAreFoundWhereverUrdfsKeepThem) {
  const TempFolder folder;
  std::filesystem::create_directories(folder / "ws/my_arm/urdf");
  std::filesystem::create_directories(folder / "ws/my_arm/meshes");
  const TriangleMesh cube = LinkMesh(Read(folder, Robot(Link("l", kBox))), 0);
  WriteObj(folder / "ws/my_arm/meshes/a.obj", cube);
  const auto mesh_of = [&](const std::string& uri, const std::string& urdf,
                           const UrdfOptions& options = {}) {
    const auto path = folder.Write(urdf, Robot(Link("l", "<mesh filename=\"" + uri + "\"/>")));
    return LinkMesh(ReadUrdf(path, options), 0).faces.size();
  };
  const std::string inside = "ws/my_arm/urdf/r.urdf", package = "package://my_arm/meshes/a.obj";
  EXPECT_EQ(mesh_of("../meshes/a.obj", inside), 12u);
  EXPECT_EQ(mesh_of((folder / "ws/my_arm/meshes/a.obj").string(), inside), 12u);
  EXPECT_EQ(mesh_of("file://" + (folder / "ws/my_arm/meshes/a.obj").string(), inside), 12u);
  EXPECT_EQ(mesh_of(package, inside), 12u);
  UrdfOptions options;
  for (const char* root : {"ws", "ws/my_arm", "ws/my_arm/"}) {
    options.package_roots = {folder / "nothing", folder / root};
    EXPECT_EQ(mesh_of(package, "r.urdf", options), 12u) << root;
  }
  options.package_roots.clear();
  options.packages["my_arm"] = folder / "ws/my_arm";
  EXPECT_EQ(mesh_of(package, "r.urdf", options), 12u);
  // A package that was given is looked for nowhere else.
  options.packages["my_arm"] = folder / "nothing";
  EXPECT_PRED2(Contains, ErrorOf([&] { mesh_of(package, inside, options); }), "no such file");
  EXPECT_PRED2(Contains, ErrorOf([&] { mesh_of(package, "r.urdf"); }),
               "say where package \"my_arm\" lies");
  EXPECT_PRED2(Contains, ErrorOf([&] { mesh_of("model://my_arm/a.obj", "r.urdf"); }),
               "link \"l\": mesh \"model://my_arm/a.obj\": only package://");
  EXPECT_PRED2(Contains, ErrorOf([&] { mesh_of("package://my_arm", "r.urdf"); }), "NAME/FILE");
  EXPECT_PRED2(Contains, ErrorOf([&] { mesh_of("b.obj", "r.urdf"); }), "b.obj");
  folder.Write("bad.obj", "v 0 0\n");
  EXPECT_PRED2(Contains, ErrorOf([&] { mesh_of("bad.obj", "r.urdf"); }), "link \"l\": ");
}

TEST(RobotModel, BadFilesAreNamedAndNothingIsPrinted) {
  const TempFolder folder;
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  const auto expect = [&](const std::string& text, const std::string& part) {
    const std::string message = ErrorOf([&] { Read(folder, text); });
    EXPECT_PRED2(Contains, message, "robot.urdf: ") << text;
    EXPECT_PRED2(Contains, message, part) << text;
  };
  const std::string two = Link("a", kBox) + Link("b");
  expect("", "no XML");
  expect("<robot name=\"r\">\n<link name=\"l\">\n</robot>", "line ");
  expect("<sdf/>", "it has no <robot>");
  expect(Robot(""), "No link elements");
  expect(Robot("<xacro:property name=\"p\" value=\"1\"/>" + Link("a", kBox)), "xacro:property");
  expect(Robot("\n" + Link("a", "<sphere radius=\"${r}\"/>")), "line 2: \"${r}\" is xacro");
  expect(Robot(Link("a")), "no link has visual geometry");
  expect(Robot(two), "Two root links found");
  expect(Robot(two + Joint("j", "floating", "a", "b")), "joint \"j\" is floating");
  expect(Robot(two + Joint("j", "planar", "a", "b")), "joint \"j\" is planar");
  expect(Robot(two + Joint("j", "twisted", "a", "b")), "[j] has no known type [twisted]");
  expect(Robot(two + Joint("j", "revolute", "a", "b")), "[j]");
  expect(Robot(two + Joint("j", "fixed", "a", "c")), "[c]");
  expect(Robot(two + Joint("j", "fixed", "a", "b", "<origin xyz=\"1 x 0\"/>")), "[x]");
  expect(Robot(two + Joint("j", "continuous", "a", "b", "<axis xyz=\"0 0 0\"/>")),
         "joint \"j\": its axis is 0 0 0");
  expect(Robot(two + Joint("j", "fixed", "a", "b") + Joint("k", "fixed", "a", "b")),
         "link \"b\" has a parent already");
  expect(Robot(two + Link("c") + Joint("j", "fixed", "b", "c") + Joint("k", "fixed", "c", "b")),
         "does not hang on the root");
  // With two roots as well: liburdfdom leaked its links.
  expect(Robot(two + Link("c") + Joint("j", "fixed", "c", "c")), "does not hang on the root");
  const auto mimic = [&](const std::string& of) {
    return Joint("j", "continuous", "a", "b", "<mimic joint=\"" + of + "\"/>");
  };
  expect(Robot(two + mimic("nobody")), "\"j\" mimics \"nobody\", which is not there");
  expect(Robot(two + mimic("j")), "in a circle");
  expect(Robot(two + Link("c") + Joint("f", "fixed", "b", "c") + mimic("f")), "which is fixed");
  expect(Robot(Link("a", "<box size=\"1 -2 3\"/>")), "link \"a\": a side of its box is -2");
  expect(Robot(Link("a", "<sphere radius=\"0\"/>")), "radius of its sphere is 0");
  expect(Robot(Link("a", "<cone/>")), "cone");
  expect(Robot(Link("a", "<mesh filename=\"m.stl\" scale=\"1 0 1\"/>")), "1 0 1; none may be 0");
  // liburdfdom only prints here and leaves the link without its geometry.
  expect(
      Robot(Link("a", kBox) +
            "<joint name=\"j\" type=\"fixed\"><parent link=\"a\"/><child "
            "link=\"b\"/></joint><link name=\"b\"><inertial><mass value=\"x\"/></inertial></link>"),
      "[x]");
  std::string deep;
  for (int i = 0; i < 300000; ++i) deep += "<x>";
  expect(Robot(deep), "nested deeper than 1000 levels");
  EXPECT_PRED2(Contains, ErrorOf([&] { ReadUrdf(folder / "none.urdf"); }), "no such file");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
}

}  // namespace
}  // namespace ceres_align
