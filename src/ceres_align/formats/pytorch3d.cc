#include "ceres_align/formats/pytorch3d.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "ceres_align/formats/set_checks.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/matrix_text.h"
#include "ceres_align/io/npy.h"
#include "ceres_align/io/table.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

namespace fs = std::filesystem;
using io_internal::Cat;
using io_internal::ExactNumber;
using io_internal::Fail;
using io_internal::NameOf;

namespace {

constexpr double kPytorch3dPixelCenter = 0.5;

struct Entry {
  std::string value;
  std::string place;  // "cameras.txt: line 3: R_rel_1"
};
using Entries = std::map<std::string, Entry>;

bool IsNameChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::string Trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

void Add(const std::string& name, const Entry& entry, Entries* entries) {
  if (!entries->emplace(name, entry).second) Fail(entry.place, " appears twice");
}

// "R_rel_1" of "R_rel_1 = [[…"; empty for a line that goes on with the value before it.
std::string NameAt(const std::string& line) {
  const size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string::npos || !std::isalpha(static_cast<unsigned char>(line[begin]))) {
    return "";
  }
  size_t end = begin;
  while (end < line.size() && IsNameChar(line[end])) ++end;
  const std::string name = line.substr(begin, end - begin);
  // Words of a pasted value that begin a line.
  const std::set<std::string> of_values = {"tensor", "array",   "np",           "numpy",
                                           "torch",  "device",  "dtype",        "nan",
                                           "inf",    "grad_fn", "requires_grad"};
  return of_values.count(name) > 0 ? "" : name;
}

Entries ParseText(const std::string& bytes, const std::string& file) {
  Entries entries;
  std::string name;
  Entry entry;
  int line_number = 0;
  for (size_t begin = 0; begin < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', begin), bytes.size());
    std::string line = bytes.substr(begin, end - begin);
    line = line.substr(0, line.find('#'));
    begin = end + 1;
    ++line_number;
    const std::string found = NameAt(line);
    if (found.empty()) {
      if (Trimmed(line).empty()) continue;
      if (name.empty()) {
        Fail(file, ": line ", line_number, ": ", Quoted(Trimmed(line)),
             "; a name (R_0, T_0, R_rel_1, ...) is needed first");
      }
      entry.value += "\n" + line;
      continue;
    }
    if (!name.empty()) Add(name, entry, &entries);
    name = found;
    line = line.substr(line.find(found) + found.size());
    const size_t sign = line.find_first_not_of(" \t");
    if (sign != std::string::npos && (line[sign] == '=' || line[sign] == ':')) {
      line = line.substr(sign + 1);
    }
    entry = {line, Cat(file, ": line ", line_number, ": ", Shown(name, 40))};
  }
  if (!name.empty()) Add(name, entry, &entries);
  if (entries.empty()) Fail(file, ": the file is empty");
  return entries;
}

Entries ReadEntries(const fs::path& path) {
  const std::vector<fs::path> files = FilesAt(path, {".txt", ".csv", ".npy"});
  if (files.size() == 1 && files[0] == path) return ParseText(ReadFile(path), NameOf(path));
  Entries entries;
  for (const fs::path& file : files) {
    Entry entry;
    entry.place = NameOf(file);
    const std::string bytes = ReadFile(file);
    // As text, in rows: a number reads back to its bits.
    entry.value = LooksLikeNpy(bytes) ? MatrixCsv(ReadMatrix(file)) : bytes;
    std::replace(entry.value.begin(), entry.value.end(), ';', ' ');
    Add(file.stem().string(), entry, &entries);
  }
  return entries;
}

// What stands between the brackets of "tensor([[…]], device='cuda:0', dtype=torch.float64)"; the
// text itself where there is no such call.
std::string WithoutCall(const Entry& entry) {
  const std::string text = Trimmed(entry.value);
  if (text.empty() || !std::isalpha(static_cast<unsigned char>(text[0]))) return text;
  const size_t open = text.find('(');
  const std::string call = text.substr(0, open);
  const std::set<std::string> calls = {"tensor",   "torch.tensor", "array",
                                       "np.array", "numpy.array",  "torch.Tensor"};
  if (open == std::string::npos || calls.count(call) == 0 || text.back() != ')') {
    Fail(entry.place, " is ", Quoted(text), "; numbers are needed");
  }
  int depth = 0;
  size_t end = open + 1;
  for (; end < text.size(); ++end) {
    if (text[end] == '[') ++depth;
    if (text[end] == ']' && --depth == 0) break;
  }
  if (end == text.size()) Fail(entry.place, " is ", Quoted(text), "; brackets do not match");
  const std::string rest = Trimmed(text.substr(end + 1));
  if (rest.find_first_of("[]") != std::string::npos || (rest != ")" && rest[0] != ',')) {
    Fail(entry.place, " ends with ", Quoted(rest), "; one list of numbers is needed");
  }
  return text.substr(open + 1, end - open);
}

std::vector<double> Numbers(const Entry& entry, size_t count) {
  const std::vector<double> numbers = ParseNumbers(WithoutCall(entry), entry.place);
  if (numbers.size() != count) {
    Fail(entry.place, " has ", numbers.size(), " numbers; ", count, " are needed");
  }
  return numbers;
}

// "R_rel_" and 1 of "R_rel_1"; -1 where there is no number.
struct Name {
  std::string kind;
  int camera;
};
Name Split(const std::string& name, const std::string& place) {
  const size_t end = name.find_last_not_of("0123456789") + 1;
  const std::string digits = name.substr(end);
  if (digits.size() > 4) Fail(place, " has no camera's number");
  std::string kind = name.substr(0, end);
  if (!kind.empty() && kind.back() == '_') kind.pop_back();
  return {kind, digits.empty() ? -1 : std::stoi(digits)};
}

// By what they are and of which camera.
class Cameras {
 public:
  explicit Cameras(const Entries& entries) {
    for (const auto& [name, entry] : entries) {
      Name split = Split(name, entry.place);
      if (split.kind == "R_col") split.kind = "R";
      if (split.kind == "T_col") split.kind = "T";
      const bool of_one = split.kind == "R" || split.kind == "T";
      const bool of_pair = split.kind == "R_rel" || split.kind == "T_rel";
      const bool of_all = split.kind == "K" || split.kind == "image_size";
      const bool known = of_one || of_pair || of_all || split.kind == "name" ||
                         (split.kind == "rig_convention" && split.camera < 0);
      if (!known) {
        Fail(entry.place,
             " is none of R_n, T_n, R_rel_n, T_rel_n, K_n, image_size_n, name_n, "
             "rig_convention");
      }
      if (of_one && split.camera < 0) split.camera = 0;
      if (of_pair && split.camera < 0) split.camera = 1;
      if (of_pair && split.camera == 0) {
        Fail(entry.place, ": camera 0 is what the others are relative to");
      }
      Add(split.kind + "#" + std::to_string(split.camera), entry, &entries_);
      if (of_one || of_pair) numbers_.insert(split.camera);
      if (of_pair) numbers_.insert(0);
      has_K_ = has_K_ || split.kind == "K";
    }
  }

  const Entry* Find(const std::string& kind, int camera) const {
    const auto found = entries_.find(kind + "#" + std::to_string(camera));
    return found == entries_.end() ? nullptr : &found->second;
  }
  /// The camera's own, else that of all.
  const Entry* FindOrCommon(const std::string& kind, int camera) const {
    const Entry* own = Find(kind, camera);
    return own != nullptr ? own : Find(kind, -1);
  }
  bool has_K() const { return has_K_; }
  const std::set<int>& numbers() const { return numbers_; }

 private:
  Entries entries_;
  std::set<int> numbers_;
  bool has_K_ = false;
};

// R and T of the two kinds; false if neither is there.
bool FindPose(const Cameras& cameras, const std::string& behind, int camera, PoseMatrices* pose,
              std::string* place) {
  const Entry* R = cameras.Find("R" + behind, camera);
  const Entry* T = cameras.Find("T" + behind, camera);
  if (R == nullptr && T == nullptr) return false;
  if (R == nullptr || T == nullptr) {
    Fail((R != nullptr ? R : T)->place, " is given without ", R != nullptr ? "T" : "R", behind, "_",
         camera);
  }
  const std::vector<double> r = Numbers(*R, 9), t = Numbers(*T, 3);
  pose->R = Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(r.data());
  pose->T = Eigen::Vector3d(t[0], t[1], t[2]);
  *place = R->place;
  return true;
}

RigForm FormOf(const Cameras& cameras, const CameraReadOptions& options, const std::string& file) {
  const Entry* entry = cameras.Find("rig_convention", -1);
  if (entry == nullptr) {
    if (options.rig_form) return *options.rig_form;
    Fail(file,
         ": does not say how R and T are read; give --rig_convention pytorch3d_row, "
         "pytorch3d_column or opencv");
  }
  const RigForm form = ParseRigForm(Trimmed(entry->value), entry->place);
  if (options.rig_form && *options.rig_form != form) {
    Fail(entry->place, " is ", ToString(form), ", but --rig_convention is ",
         ToString(*options.rig_form));
  }
  return form;
}

Camera ReadCamera(const Cameras& cameras, int number, const CameraReadOptions& options,
                  const std::string& file, std::vector<std::string>* conventions) {
  const Entry* K = cameras.FindOrCommon("K", number);
  if (K == nullptr) Fail(file, ": K_", number, " is missing, others have theirs");
  std::optional<HeightWidth> size;
  if (const Entry* entry = cameras.FindOrCommon("image_size", number)) {
    size = ParseImageSize(WithoutCall(*entry), entry->place);
  }
  const HeightWidth known = SizeOrOption(size, options, K->place, conventions);
  const double center = PixelCenterOf(options, kPytorch3dPixelCenter, "PyTorch3D", conventions);
  return CameraFromK(ParseK(WithoutCall(*K), K->place), known.width_px, known.height_px, center,
                     K->place);
}

const char* Sentence(RigForm form) {
  switch (form) {
    case RigForm::kPyTorch3dRow:
      return "pytorch3d_row: X_cam = X_world*R + T; R2 = R1*R_rel, T2 = T1*R_rel + T_rel; +x left, "
             "+y up";
    case RigForm::kPyTorch3dColumn:
      return "pytorch3d_column: X_cam = R*X_world + T; R2 = R_rel*R1, T2 = R_rel*T1 + T_rel; +x "
             "left, +y up";
    case RigForm::kOpenCv:
      return "opencv: x_cam = R*x_world + T; R2 = R_rel*R1, T2 = R_rel*T1 + T_rel; +x right, +y "
             "down";
  }
  LOG(FATAL) << "RigForm " << static_cast<int>(form);
}

std::string Rows(const Eigen::MatrixXd& matrix) {
  std::string text;
  for (Eigen::Index r = 0; r < matrix.rows(); ++r) {
    std::string row;
    for (Eigen::Index c = 0; c < matrix.cols(); ++c) {
      row += (c > 0 ? ", " : "") + ExactNumber(matrix(r, c));
    }
    text += (r > 0 ? ", [" : "[") + row + "]";
  }
  return matrix.rows() == 1 ? text : "[" + text + "]";
}

}  // namespace

CameraSet ReadPytorch3d(const fs::path& path, const CameraReadOptions& options) {
  const std::string file = NameOf(path);
  const Cameras cameras = [&] {
    const Entries entries = ReadEntries(path);
    const bool any = std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
      return entry.first[0] == 'R' || entry.first[0] == 'T';
    });
    if (!any) Fail(file, ": has no R_n and T_n");
    return Cameras(entries);
  }();
  const RigForm form = FormOf(cameras, options, file);
  CameraSet set;
  set.has_intrinsics = cameras.has_K();
  set.conventions.push_back(Sentence(form));
  Rigid3d first_from_reference;
  for (const int number : cameras.numbers()) {
    CalibratedCamera camera;
    camera.name = Cat("camera", number);
    if (const Entry* name = cameras.Find("name", number)) camera.name = Trimmed(name->value);
    PoseMatrices pose, relative;
    std::string place;
    const bool absolute = FindPose(cameras, "", number, &pose, &place);
    if (absolute) camera.cam_from_reference = FromPoseMatrices(pose, form, place);
    if (FindPose(cameras, "_rel", number, &relative, &place)) {
      if (absolute) Fail(place, ": camera ", number, " has R_", number, " as well");
      camera.cam_from_reference = Cam2FromCam1(relative, form, place) * first_from_reference;
    }
    if (number == 0) first_from_reference = camera.cam_from_reference;
    if (set.has_intrinsics) {
      camera.camera = ReadCamera(cameras, number, options, file, &set.conventions);
    }
    set.cameras.push_back(camera);
  }
  return set;
}

std::vector<ExportedFile> WritePytorch3d(const CameraSet& set) {
  RequirePoses(set, "pytorch3d");
  if (set.has_intrinsics) RequireShortLens(set, 0, "pytorch3d");
  std::string text =
      "# PyTorch3D: X_cam = X_world*R + T (rows); +x left, +y up, +z into the scene. K in px, the\n"
      "# first pixel's centre at (0.5, 0.5); image_size is (height, width).\n"
      "rig_convention = pytorch3d_row\n";
  for (size_t i = 0; i < set.cameras.size(); ++i) {
    const CalibratedCamera& camera = set.cameras[i];
    const Pytorch3dPose pose = ToPytorch3d(camera.cam_from_reference);
    text += Cat("name_", i, " = ", camera.name, "\nR_", i, " = ", Rows(pose.R), "\nT_", i, " = ",
                Rows(pose.T.transpose()), "\n");
    if (!set.has_intrinsics) continue;
    text +=
        Cat("K_", i, " = ", Rows(KOfCamera(camera.camera, kPytorch3dPixelCenter)), "\nimage_size_",
            i, " = (", camera.camera.height_px, ", ", camera.camera.width_px, ")\n");
  }
  return {{"", text}};
}

}  // namespace ceres_align
