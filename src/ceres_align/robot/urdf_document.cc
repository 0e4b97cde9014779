#include "ceres_align/robot/urdf_document.h"

#include <console_bridge/console.h>
#include <tinyxml.h>
#include <urdf_parser/urdf_parser.h>

#include <cstring>
#include <map>
#include <mutex>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/xml_nesting.h"

namespace ceres_align::robot_internal {
namespace {

// liburdfdom's messages go to a global handler: while it parses, to this one.
class ErrorCapture : public console_bridge::OutputHandler {
 public:
  ErrorCapture()
      : old_handler_(console_bridge::getOutputHandler()),
        old_level_(console_bridge::getLogLevel()) {
    console_bridge::useOutputHandler(this);
    console_bridge::setLogLevel(console_bridge::CONSOLE_BRIDGE_LOG_ERROR);
  }
  ~ErrorCapture() override {
    console_bridge::useOutputHandler(old_handler_);
    console_bridge::setLogLevel(old_level_);
  }
  void log(const std::string& text, console_bridge::LogLevel level, const char*, int) override {
    if (level < console_bridge::CONSOLE_BRIDGE_LOG_ERROR || count_++ >= kMost) return;
    all_ += (all_.empty() ? "" : "; ") + text;
  }
  const std::string& all() const { return all_; }

 private:
  // An error is told from the inside outwards: the value, then the link or joint.
  static constexpr int kMost = 2;
  console_bridge::OutputHandler* const old_handler_;
  const console_bridge::LogLevel old_level_;
  int count_ = 0;
  std::string all_;
};

void RefuseXacro(const TiXmlElement& element, const std::string& name) {
  const bool is_xacro = std::strncmp(element.Value(), "xacro:", 6) == 0;
  const TiXmlAttribute* attribute = element.FirstAttribute();
  while (attribute != nullptr && std::strstr(attribute->Value(), "${") == nullptr) {
    attribute = attribute->Next();
  }
  if (is_xacro || attribute != nullptr) {
    throw InputError(
        Format("%s: line %d: %s is xacro; expand the file first: xacro FILE > "
               "robot.urdf",
               name.c_str(), element.Row(),
               Quoted(is_xacro ? element.Value() : attribute->Value()).c_str()));
  }
  for (const TiXmlElement* child = element.FirstChildElement(); child != nullptr;
       child = child->NextSiblingElement()) {
    RefuseXacro(*child, name);
  }
}

std::string LinkOf(const TiXmlElement& joint, const char* role) {
  const TiXmlElement* element = joint.FirstChildElement(role);
  const char* link = element == nullptr ? nullptr : element->Attribute("link");
  return link == nullptr ? "" : link;
}

// liburdfdom's links own their children: in a circle they would never be freed where it gives up.
void RefuseCircles(const TiXmlElement& robot, const std::string& name) {
  std::multimap<std::string, std::string> children;
  std::map<std::string, int> num_parents;
  for (const TiXmlElement* joint = robot.FirstChildElement("joint"); joint != nullptr;
       joint = joint->NextSiblingElement("joint")) {
    const std::string parent = LinkOf(*joint, "parent"), child = LinkOf(*joint, "child");
    if (parent.empty() || child.empty()) continue;  // liburdfdom says so
    children.emplace(parent, child);
    num_parents[parent];
    ++num_parents[child];
  }
  // Takes away links without a parent as long as there are any.
  std::vector<std::string> roots;
  for (const auto& [link, parents] : num_parents) {
    if (parents == 0) roots.push_back(link);
  }
  while (!roots.empty()) {
    const auto [begin, end] = children.equal_range(roots.back());
    num_parents.erase(roots.back());
    roots.pop_back();
    for (auto child = begin; child != end; ++child) {
      if (--num_parents[child->second] == 0) roots.push_back(child->second);
    }
  }
  if (num_parents.empty()) return;
  throw InputError(name + ": link " + Quoted(num_parents.begin()->first) +
                   " does not hang on the root: its joints go round");
}

std::vector<std::string> JointOrder(const std::string& bytes, const std::string& name) {
  TiXmlDocument document;
  document.Parse(bytes.c_str());
  if (document.Error()) {
    const std::string place =
        document.ErrorRow() > 0 ? Format("line %d: ", document.ErrorRow()) : "";
    throw InputError(name + ": " + place + "no XML: " + Shown(document.ErrorDesc()));
  }
  const TiXmlElement* robot = document.FirstChildElement("robot");
  if (robot == nullptr) throw InputError(name + ": is no URDF: it has no <robot>");
  RefuseXacro(*robot, name);
  RefuseCircles(*robot, name);
  std::vector<std::string> order;
  for (const TiXmlElement* joint = robot->FirstChildElement("joint"); joint != nullptr;
       joint = joint->NextSiblingElement("joint")) {
    const char* joint_name = joint->Attribute("name");
    if (joint_name != nullptr) order.push_back(joint_name);
  }
  return order;
}

}  // namespace

UrdfDocument ParseUrdfDocument(const std::string& bytes, const std::string& name) {
  CheckXmlNesting(bytes, name);
  UrdfDocument document;
  document.joint_order = JointOrder(bytes, name);
  static std::mutex one_at_a_time;
  const std::lock_guard<std::mutex> lock(one_at_a_time);
  ErrorCapture errors;
  std::string thrown;
  try {
    document.model = urdf::parseURDF(bytes);
    // Links in a circle would keep each other alive.
    if (document.model != nullptr) {
      for (const auto& [link_name, link] : document.model->links_) link->child_links.clear();
    }
  } catch (const std::exception& error) {
    thrown = error.what();
  }
  if (document.model == nullptr || !errors.all().empty()) {
    const std::string why = !errors.all().empty() ? errors.all() : thrown;
    throw InputError(name + ": " + (why.empty() ? "cannot be read as URDF" : Shown(why, 300)));
  }
  return document;
}

}  // namespace ceres_align::robot_internal
