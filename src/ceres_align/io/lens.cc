#include "ceres_align/io/lens.h"

#include <cmath>
#include <string>

#include "ceres_align/io/conventions.h"
#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Fail;

namespace {

void CheckFinite(const std::vector<double>& list, std::string_view where) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (!std::isfinite(list[i])) Fail(where, "[", i, "] is not finite");
  }
}

}  // namespace

LensDistortion LensFromOpenCv(const std::vector<double>& list, std::string_view where) {
  if (!list.empty() && list.size() != 4 && list.size() != 5 && list.size() != 8) {
    Fail(where, " has ", list.size(), " numbers; k1,k2,p1,p2[,k3[,k4,k5,k6]] needs 4, 5 or 8");
  }
  CheckFinite(list, where);
  LensDistortion lens;
  double* const fields[] = {&lens.k1, &lens.k2, &lens.p1, &lens.p2,
                            &lens.k3, &lens.k4, &lens.k5, &lens.k6};
  for (size_t i = 0; i < list.size(); ++i) *fields[i] = list[i];
  return lens;
}

LensDistortion LensFromFisheye(const std::vector<double>& list, std::string_view where) {
  if (list.size() != 4) {
    Fail(where, " has ", list.size(), " numbers; a fisheye lens needs k1,k2,k3,k4");
  }
  CheckFinite(list, where);
  LensDistortion lens;
  lens.k1 = list[0];
  lens.k2 = list[1];
  lens.k3 = list[2];
  lens.k4 = list[3];
  lens.is_fisheye = true;
  return lens;
}

std::vector<double> NumbersOfLens(const LensDistortion& lens) {
  if (lens.IsNone()) return {};
  if (lens.is_fisheye) return {lens.k1, lens.k2, lens.k3, lens.k4};
  std::vector<double> numbers = {lens.k1, lens.k2, lens.p1, lens.p2,
                                 lens.k3, lens.k4, lens.k5, lens.k6};
  const bool is_rational = lens.k4 != 0 || lens.k5 != 0 || lens.k6 != 0;
  numbers.resize(is_rational ? 8 : lens.k3 != 0 ? 5 : 4);
  return numbers;
}

LensDistortion ParseLens(std::string_view text, std::string_view where) {
  constexpr std::string_view kFisheye = "fisheye:";
  if (text.substr(0, kFisheye.size()) == kFisheye) {
    return LensFromFisheye(ParseNumbers(text.substr(kFisheye.size()), where), where);
  }
  return LensFromOpenCv(ParseNumbers(text, where), where);
}

void CheckLens(const Camera& camera, std::string_view where) {
  const std::string why = WhyNoLens(camera);
  if (!why.empty()) Fail(where, ": ", why);
}

}  // namespace ceres_align
