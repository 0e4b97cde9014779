#include "ceres_align/io/refine_text.h"

#include <cmath>

#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Fail;

namespace {

constexpr double kFocalPercent = 30, kPointOfWidth = 0.01, kRigDeg = 2, kRigPercent = 2;

// A sigma in the unit of the text; empty: `otherwise`. `percent`: a % may follow.
double Sigma(const std::string& text, double otherwise, bool percent, const std::string& place) {
  if (text.empty()) return otherwise;
  if (text == "free") return UnknownOptions::kFree;
  const bool has_sign = percent && text.back() == '%';
  const std::string number = has_sign ? text.substr(0, text.size() - 1) : text;
  char* end = nullptr;
  const double value = std::strtod(number.c_str(), &end);
  if (number.empty() || end != number.c_str() + number.size() || !std::isfinite(value) ||
      !(value > 0)) {
    Fail(place, ": ", Quoted(text), " is no sigma; it must be a number above 0, or free");
  }
  return value;
}

}  // namespace

bool ReadUnknowns(const std::vector<std::string>& words, double width_px, std::string_view where,
                  UnknownOptions* options) {
  bool offset = false;
  for (const std::string& word : words) {
    const std::string place = std::string(where) + ": " + Quoted(word);
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (equals != std::string::npos && value.empty()) Fail(place, " has no sigma behind the =");
    if (name == "scale") {
      options->scale_sigma = Sigma(value, UnknownOptions::kFree, true, place) / 100;
    } else if (name == "focal") {
      options->focal_sigma = Sigma(value, kFocalPercent, true, place) / 100;
    } else if (name == "principal_point") {
      options->principal_point_sigma_px = Sigma(value, kPointOfWidth * width_px, false, place);
    } else if (name == "rig") {
      const size_t colon = value.find(':');
      if (!value.empty() && colon == std::string::npos && value != "free") {
        Fail(place, ": the rig's sigma is degrees:percent, as in rig=2:2");
      }
      const bool both = colon != std::string::npos;
      options->rig_rotation_sigma_rad =
          Sigma(both ? value.substr(0, colon) : value, kRigDeg, false, place) * M_PI / 180;
      options->rig_translation_sigma =
          Sigma(both ? value.substr(colon + 1) : value, kRigPercent, true, place) / 100;
    } else if (name == "offset") {
      if (!value.empty()) Fail(place, ": offset takes no sigma");
      offset = true;
    } else {
      Fail(place, " is unknown; it must be scale, focal, principal_point, rig or offset");
    }
  }
  return offset;
}

}  // namespace ceres_align
