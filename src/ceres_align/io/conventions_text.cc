// The parsers of conventions.h.
#include <cctype>
#include <cmath>

#include "ceres_align/io/conventions.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Fail;
using io_internal::ReadNumber;

namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

Eigen::Matrix3d FromRows(const std::vector<double>& v) {
  return Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(v.data());
}

[[noreturn]] void FailList(std::string_view text, std::string_view where, const char* why) {
  Fail(where, ": ", Quoted(text), " ", why);
}

// Opens or closes a bracket; false if c is none.
bool TakeBracket(char c, std::string_view text, std::string_view where, std::string* open) {
  if (c == '(' || c == '[') {
    *open += c == '(' ? ')' : ']';
    return true;
  }
  if (c != ')' && c != ']') return false;
  if (open->empty() || open->back() != c) FailList(text, where, "has brackets that do not match");
  open->pop_back();
  return true;
}

double TakeNumber(const char** p, const char* end, std::string_view text, std::string_view where) {
  double value;
  if (!ReadNumber(p, end, &value)) FailList(text, where, "is not a list of numbers");
  const bool ends = *p == end || IsSpace(**p) || **p == ',' || **p == ')' || **p == ']';
  if (!ends) FailList(text, where, "is not a list of numbers");
  if (!std::isfinite(value)) FailList(text, where, "has a number that is not finite");
  return value;
}

// "tensor([[1., 0.]], device='cuda:0')" or "array([1, 2])", as Python prints them, without what is
// around the list; any other text as it is.
std::string_view Unwrapped(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  for (const std::string_view word :
       {"tensor(", "torch.tensor(", "array(", "np.array(", "numpy.array("}) {
    if (begin == std::string_view::npos || text.compare(begin, word.size(), word) != 0) continue;
    const size_t first = begin + word.size(), last = text.rfind(']');
    const size_t end = text.find_last_not_of(" \t\r\n");
    if (text[end] != ')' || last == std::string_view::npos || last < first) return text;
    // Behind the list only ")" or ", name=...)".
    const size_t next = text.find_first_not_of(" \t\r\n,", last + 1);
    const bool named = next < end && std::isalpha(static_cast<unsigned char>(text[next])) != 0 &&
                       text.find('=', next) != std::string_view::npos;
    return next == end || named ? text.substr(first, last + 1 - first) : text;
  }
  return text;
}

}  // namespace

std::vector<double> ParseNumbers(std::string_view given, std::string_view where) {
  const std::string_view text = Unwrapped(given);
  std::vector<double> values;
  std::string open;
  bool comma_allowed = false;
  const char* const end = text.data() + text.size();
  for (const char* p = text.data(); p < end;) {
    if (*p == ',') {
      if (!comma_allowed) FailList(text, where, "has a comma with no number before it");
      comma_allowed = false;
      ++p;
    } else if (IsSpace(*p) || TakeBracket(*p, text, where, &open)) {
      ++p;
    } else {
      values.push_back(TakeNumber(&p, end, text, where));
      comma_allowed = true;
    }
  }
  if (!open.empty()) FailList(text, where, "has brackets that do not match");
  return values;
}

Eigen::Vector3d ParseVector3(std::string_view text, std::string_view where) {
  const std::vector<double> v = ParseNumbers(text, where);
  if (v.size() != 3) {
    Fail(where, ": ", Quoted(text), " has ", v.size(), " numbers; 3 are needed");
  }
  return {v[0], v[1], v[2]};
}

Eigen::Matrix3d ParseRotation(std::string_view text, std::string_view where) {
  const std::vector<double> v = ParseNumbers(text, where);
  if (v.size() == 9) return FromRows(v);
  if (v.size() != 3) {
    Fail(where, ": ", Quoted(text), " has ", v.size(),
         " numbers; a rotation needs 9 (matrix) or 3 (Euler angles in degrees)");
  }
  return EulerXyz(Eigen::Vector3d(v[0], v[1], v[2]) * (M_PI / 180));
}

Eigen::Matrix3d ParseK(std::string_view text, std::string_view where) {
  const std::vector<double> v = ParseNumbers(text, where);
  if (v.size() == 9) return FromRows(v);
  if (v.size() != 4) {
    Fail(where, ": ", Quoted(text), " has ", v.size(),
         " numbers; K needs 9 (matrix) or 4 (fx,fy,cx,cy)");
  }
  return (Eigen::Matrix3d() << v[0], 0, v[2], 0, v[1], v[3], 0, 0, 1).finished();
}

HeightWidth ParseImageSize(std::string_view text, std::string_view where) {
  constexpr double kMaxSide_px = 65535;
  const std::vector<double> v = ParseNumbers(text, where);
  if (v.size() != 2) {
    Fail(where, ": ", Quoted(text), " has ", v.size(), " numbers; height and width are needed");
  }
  for (double side : v) {
    if (side >= 1 && side <= kMaxSide_px && side == std::floor(side)) continue;
    Fail(where, ": ", Quoted(text), " is not a size: ", side, " is not a whole number from 1 to ",
         kMaxSide_px);
  }
  return {static_cast<int>(v[0]), static_cast<int>(v[1])};
}

}  // namespace ceres_align
