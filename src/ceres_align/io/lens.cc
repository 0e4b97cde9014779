#include "ceres_align/io/lens.h"

#include <cmath>
#include <string>

#include "ceres_align/io/text.h"

namespace ceres_align {

using io_internal::Fail;

LensDistortion LensFromOpenCv(const std::vector<double>& list, std::string_view where) {
  if (!list.empty() && list.size() != 4 && list.size() != 5 && list.size() != 8) {
    Fail(where, " has ", list.size(), " numbers; k1,k2,p1,p2[,k3[,k4,k5,k6]] needs 4, 5 or 8");
  }
  for (size_t i = 0; i < list.size(); ++i) {
    if (!std::isfinite(list[i])) Fail(where, "[", i, "] is not finite");
  }
  LensDistortion lens;
  double* const fields[] = {&lens.k1, &lens.k2, &lens.p1, &lens.p2,
                            &lens.k3, &lens.k4, &lens.k5, &lens.k6};
  for (size_t i = 0; i < list.size(); ++i) *fields[i] = list[i];
  return lens;
}

void CheckLens(const Camera& camera, std::string_view where) {
  const std::string why = WhyNoLens(camera);
  if (!why.empty()) Fail(where, ": ", why);
}

}  // namespace ceres_align
