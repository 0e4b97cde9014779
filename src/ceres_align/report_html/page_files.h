// The files that report.html is made of. Internal to report_html/.
#pragma once

#include <string_view>

namespace ceres_align::report_html_internal {

/// A file of page/ or of third_party/three by its name; CHECKs that it is one of them.
std::string_view FileOfPage(std::string_view name);

}  // namespace ceres_align::report_html_internal
