#include "ceres_align/synth/robot_files.h"

#include <Eigen/Geometry>
#include <cstring>

#include "ceres_align/base/text.h"

namespace ceres_align {
namespace {

using Eigen::Vector3d;

template <typename T>
void Append(T value, std::string* bytes) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "STL is little-endian");
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  bytes->append(raw, sizeof(T));
}

void Append(const Vector3d& v, std::string* bytes) {
  for (double x : v) Append(static_cast<float>(x), bytes);
}

std::string Text(const Vector3d& v) { return Format("%.17g %.17g %.17g", v[0], v[1], v[2]); }

std::string LinkName(size_t i) {
  if (i == 0) return "base";
  return i == kArmJoints + 1 ? "flange" : "link_" + std::to_string(i);
}

const Vector3d kFlangeShift(0.01, -0.02, 0.03);  // of its visual's origin

std::string MeshFile(size_t i) { return LinkName(i) + (i == 4 ? ".dae" : ".stl"); }

std::string VisualXml(size_t i) {
  const std::string file = "package://arm_description/meshes/" + MeshFile(i);
  if (i == 2) return "<geometry><mesh filename=\"" + file + "\" scale=\"0.001 0.001 0.001\"/>";
  if (i < kArmJoints + 1) return "<geometry><mesh filename=\"" + file + "\"/>";
  return "<origin xyz=\"" + Text(kFlangeShift) +
         "\"/>\n      <geometry><mesh filename=\"../meshes/" + MeshFile(i) + "\"/>";
}

std::string CollisionXml(size_t i) {
  if (i % 3 == 0) return "<box size=\"0.12 0.1 0.14\"/>";
  return i % 3 == 1 ? "<cylinder radius=\"0.05\" length=\"0.2\"/>" : "<sphere radius=\"0.07\"/>";
}

std::string MeshBytes(const RobotArm& arm, size_t i) {
  if (i == 4) return DaeText(arm.links[i], {0, 0, 0.125});
  TriangleMesh mesh = arm.links[i];
  for (Vector3d& v : mesh.vertices) {
    if (i == 2) v /= 0.001;
    if (i == kArmJoints + 1) v -= kFlangeShift;
  }
  return StlBytes(mesh);
}

std::string JointXml(const ArmJoint& joint, size_t i) {
  const bool fixed = i == kArmJoints;
  const std::string name = fixed ? "flange_joint" : ArmJointNames()[i];
  std::string xml = "  <joint name=\"" + name + "\" type=\"" + (fixed ? "fixed" : "revolute") +
                    "\">\n    <parent link=\"" + LinkName(i) + "\"/>\n    <child link=\"" +
                    LinkName(i + 1) + "\"/>\n    <origin xyz=\"" + Text(joint.xyz) + "\" rpy=\"" +
                    Text(joint.rpy_rad) + "\"/>\n";
  if (!fixed) {
    xml += "    <axis xyz=\"" + Text(joint.axis) + "\"/>\n    <limit lower=\"" +
           Format("%.17g\" upper=\"%.17g", joint.lower_rad, joint.upper_rad) +
           "\" effort=\"100\" velocity=\"2\"/>\n";
  }
  return xml + "  </joint>\n";
}

}  // namespace

std::vector<std::string> ArmJointNames() {
  std::vector<std::string> names;
  for (int i = 1; i <= kArmJoints; ++i) names.push_back("joint_" + std::to_string(i));
  return names;
}

std::string StlBytes(const TriangleMesh& mesh) {
  std::string bytes = "binary STL of a generated robot";
  bytes.resize(80, ' ');
  Append(static_cast<uint32_t>(mesh.faces.size()), &bytes);
  for (const auto& f : mesh.faces) {
    const Vector3d &a = mesh.vertices[f[0]], &b = mesh.vertices[f[1]], &c = mesh.vertices[f[2]];
    Append((b - a).cross(c - a).normalized(), &bytes);
    for (const Vector3d* corner : {&a, &b, &c}) Append(*corner, &bytes);
    Append(uint16_t{0}, &bytes);
  }
  return bytes;
}

std::string DaeText(const TriangleMesh& mesh, const Vector3d& shift) {
  const size_t n = mesh.vertices.size();
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
      "<COLLADA xmlns=\"http://www.collada.org/2005/11/COLLADASchema\" version=\"1.4.1\">\n"
      "<asset><unit name=\"meter\" meter=\"1\"/><up_axis>Z_UP</up_axis></asset>\n"
      "<library_geometries><geometry id=\"part\"><mesh>\n<source id=\"positions\">"
      "<float_array id=\"array\" count=\"";
  xml += std::to_string(3 * n) + "\">";
  for (const Vector3d& v : mesh.vertices) {
    const Vector3d p = v - shift;
    xml += Format("%.9g %.9g %.9g\n", p[0], p[1], p[2]);
  }
  xml += "</float_array><technique_common><accessor source=\"#array\" count=\"" +
         std::to_string(n) +
         "\" stride=\"3\"><param name=\"X\" type=\"float\"/><param name=\"Y\" type=\"float\"/>"
         "<param name=\"Z\" type=\"float\"/></accessor></technique_common></source>\n"
         "<vertices id=\"vertices\"><input semantic=\"POSITION\" source=\"#positions\"/>"
         "</vertices>\n<triangles count=\"" +
         std::to_string(mesh.faces.size()) +
         "\"><input semantic=\"VERTEX\" source=\"#vertices\" offset=\"0\"/><p>";
  for (const auto& f : mesh.faces) xml += Format("%d %d %d\n", f[0], f[1], f[2]);
  xml +=
      "</p></triangles></mesh></geometry></library_geometries>\n"
      "<library_visual_scenes><visual_scene id=\"scene\"><node id=\"node\"><translate>" +
      Text(shift) +
      "</translate><instance_geometry url=\"#part\"/></node></visual_scene>"
      "</library_visual_scenes>\n"
      "<scene><instance_visual_scene url=\"#scene\"/></scene>\n</COLLADA>\n";
  return xml;
}

std::vector<RobotFile> ArmFiles(const RobotArm& arm) {
  std::string urdf = "<?xml version=\"1.0\"?>\n<robot name=\"arm\">\n";
  for (size_t i = 0; i < arm.links.size(); ++i) {
    urdf += "  <link name=\"" + LinkName(i) + "\">\n    <visual>\n      " + VisualXml(i) +
            "</geometry>\n    </visual>\n    <collision>\n      <geometry>" + CollisionXml(i) +
            "</geometry>\n    </collision>\n  </link>\n";
  }
  for (size_t i = 0; i < arm.joints.size(); ++i) urdf += JointXml(arm.joints[i], i);
  std::vector<RobotFile> files = {{"arm_description/urdf/arm.urdf", urdf + "</robot>\n"}};
  for (size_t i = 0; i < arm.links.size(); ++i) {
    files.push_back({"arm_description/meshes/" + MeshFile(i), MeshBytes(arm, i)});
  }
  return files;
}

}  // namespace ceres_align
