#include "ceres_align/io/camera_info.h"

#include <yaml-cpp/yaml.h>

#include <initializer_list>
#include <vector>

#include "ceres_align/io/conventions.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/lens.h"
#include "ceres_align/io/table.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Cat;
using io_internal::Fail;
using io_internal::NameOf;

namespace {

// A value and the key that it was found under.
struct Entry {
  YAML::Node node;
  std::string place;  // "camera.yaml: line 4: K"
};

class InfoReader {
 public:
  InfoReader(const std::string& bytes, const std::string& name) : name_(name) {
    try {
      root_ = YAML::Load(bytes);
    } catch (const YAML::Exception& error) {
      Fail(name_, ": line ", error.mark.line + 1, ": ", Shown(error.msg, 200));
    }
    if (!root_.IsMap()) Fail(name_, ": is no camera_info: keys and values are needed");
  }

  /// Under the first of the keys that there is; an undefined node if there is none.
  Entry Find(std::initializer_list<const char*> keys) const {
    for (const char* key : keys) {
      const YAML::Node node = root_[key];
      if (node) return {node, Cat(name_, ": line ", node.Mark().line + 1, ": ", key)};
    }
    return {YAML::Node(YAML::NodeType::Undefined), ""};
  }
  Entry Require(std::initializer_list<const char*> keys) const {
    const Entry entry = Find(keys);
    if (!entry.node) Fail(name_, ": ", *keys.begin(), " is missing");
    return entry;
  }
  int Size(std::initializer_list<const char*> keys) const {
    const Entry entry = Require(keys);
    const std::string text = Text(entry);
    constexpr double kMaxSide_px = 65535;
    const char* p = text.data();
    double value = 0;
    if (!io_internal::IsNumber(text) || !io_internal::ReadNumber(&p, p + text.size(), &value)) {
      value = 0;
    }
    if (!(value >= 1 && value <= kMaxSide_px && value == static_cast<int>(value))) {
      Fail(entry.place, " is ", Quoted(text), "; a whole number from 1 to ", kMaxSide_px,
           " is needed");
    }
    return static_cast<int>(value);
  }
  static std::string Text(const Entry& entry) {
    if (!entry.node.IsScalar()) Fail(entry.place, " must be one value");
    return entry.node.Scalar();
  }
  /// A list, or a map with one as `data`.
  static std::vector<double> Numbers(const Entry& entry) {
    YAML::Node list = entry.node;
    if (list.IsMap()) {
      const YAML::Node data = entry.node["data"];
      if (!data) Fail(entry.place, ".data is missing");
      list.reset(data);
    }
    if (!list.IsSequence()) Fail(entry.place, " must be a list of numbers");
    std::vector<double> numbers;
    for (const YAML::Node& item : list) {
      const std::string text = item.IsScalar() ? item.Scalar() : "(not one value)";
      const char* p = text.data();
      double value = 0;
      if (!io_internal::ReadNumber(&p, text.data() + text.size(), &value) ||
          p != text.data() + text.size()) {
        Fail(entry.place, "[", numbers.size(), "] is ", Quoted(text), "; a number is needed");
      }
      numbers.push_back(value);
    }
    return numbers;
  }
  /// Throws unless the value is absent or one of `accepted`.
  void RefuseOther(const Entry& entry, std::initializer_list<const char*> accepted,
                   const char* why) const {
    if (!entry.node) return;
    const std::string text = Text(entry);
    for (const char* value : accepted) {
      if (text == value) return;
    }
    Fail(entry.place, " is ", Quoted(text), "; ", why);
  }
  Entry InRoi(const char* key) const {
    const YAML::Node roi = root_["roi"];
    if (!roi || !roi.IsMap() || !roi[key]) return {YAML::Node(YAML::NodeType::Undefined), ""};
    return {roi[key], Cat(name_, ": line ", roi[key].Mark().line + 1, ": roi.", key)};
  }

 private:
  YAML::Node root_;
  const std::string& name_;
};

LensDistortion ReadLens(const InfoReader& reader) {
  const Entry entry = reader.Find({"D", "d", "distortion_coefficients"});
  const Entry model_entry = reader.Find({"distortion_model"});
  const std::string model = model_entry.node ? InfoReader::Text(model_entry) : "";
  std::vector<double> D;
  if (entry.node) D = InfoReader::Numbers(entry);
  if (model == "equidistant" || model == "fisheye") {
    if (!entry.node) Fail(model_entry.place, " is ", model, ", but D is missing");
    return LensFromFisheye(D, entry.place);
  }
  size_t most = 5;
  if (model == "rational_polynomial") {
    most = 8;
  } else if (model.empty() || model == "none") {
    most = 0;
  } else if (model != "plumb_bob") {
    Fail(model_entry.place, " is ", Quoted(model),
         "; plumb_bob, rational_polynomial, equidistant (fisheye) and none are known");
  }
  for (size_t i = most; i < D.size(); ++i) {
    if (D[i] == 0) continue;
    Fail(entry.place, "[", i, "] is ", D[i], "; ",
         most == 0 ? "there is no distortion_model to read it by"
                   : model + " has " + std::to_string(most) + " coefficients here");
  }
  if (D.size() > most) D.resize(most);
  return LensFromOpenCv(D, entry.place);
}

}  // namespace

Camera ReadCameraInfo(const std::filesystem::path& path) {
  const std::string bytes = ReadFile(path), name = NameOf(path);
  const InfoReader reader(bytes, name);
  const int width_px = reader.Size({"width", "image_width"});
  const int height_px = reader.Size({"height", "image_height"});
  for (const char* key : {"binning_x", "binning_y"}) {
    reader.RefuseOther(reader.Find({key}), {"0", "1"}, "binned pictures are not supported");
  }
  for (const char* key : {"x_offset", "y_offset"}) {
    reader.RefuseOther(reader.InRoi(key), {"0"}, "a region of interest is not supported");
  }
  const Entry k_entry = reader.Require({"K", "k", "camera_matrix"});
  const std::vector<double> k = InfoReader::Numbers(k_entry);
  if (k.size() != 9) Fail(k_entry.place, " has ", k.size(), " numbers; 9 are needed");
  constexpr double kRosPixelCenter = 0;
  Camera camera =
      CameraFromK(Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(k.data()),
                  width_px, height_px, kRosPixelCenter, k_entry.place);
  camera.lens = ReadLens(reader);
  CheckLens(camera, name);
  return camera;
}

std::string CameraInfoYaml(const Camera& camera, const std::string& camera_name) {
  const auto list = [](std::initializer_list<double> values) {
    std::string text;
    for (double v : values) text += (text.empty() ? "" : ", ") + io_internal::ExactNumber(v);
    return "[" + text + "]";
  };
  const Eigen::Matrix3d K = KOfCamera(camera, 0);
  const LensDistortion& l = camera.lens;
  const bool rational = !l.is_fisheye && (l.k4 != 0 || l.k5 != 0 || l.k6 != 0);
  const std::string D = l.is_fisheye ? list({l.k1, l.k2, l.k3, l.k4})
                        : rational   ? list({l.k1, l.k2, l.p1, l.p2, l.k3, l.k4, l.k5, l.k6})
                                     : list({l.k1, l.k2, l.p1, l.p2, l.k3});
  const char* const model = l.is_fisheye ? "equidistant"
                            : rational   ? "rational_polynomial"
                                         : "plumb_bob";
  return Cat("image_width: ", camera.width_px, "\nimage_height: ", camera.height_px,
             "\ncamera_name: ", camera_name, "\ncamera_matrix:\n  rows: 3\n  cols: 3\n  data: ",
             list({K(0, 0), 0, K(0, 2), 0, K(1, 1), K(1, 2), 0, 0, 1}),
             "\ndistortion_model: ", model, "\ndistortion_coefficients:\n  rows: 1\n  cols: ",
             l.is_fisheye ? 4
             : rational   ? 8
                          : 5,
             "\n  data: ", D, "\n");
}

}  // namespace ceres_align
