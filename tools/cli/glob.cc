#include "cli/glob.h"

#include <glob.h>

#include <algorithm>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/mask_labels.h"
#include "ceres_align/io/natural_order.h"

namespace ceres_align::cli {
namespace {

// Empty where there are none.
std::vector<std::string> Matching(const std::string& pattern) {
  glob_t found{};
  const int status = glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> files;
  for (size_t i = 0; status == 0 && i < found.gl_pathc; ++i) files.emplace_back(found.gl_pathv[i]);
  globfree(&found);
  std::sort(files.begin(), files.end(), NaturallyBefore);
  return files;
}

}  // namespace

std::vector<std::string> Glob(const std::string& pattern, const char* flag) {
  std::vector<std::string> files = Matching(pattern);
  if (files.empty()) {
    throw InputError(std::string(flag) + ": no file matches " + Quoted(pattern));
  }
  return files;
}

std::vector<std::string> GlobMasks(const std::string& text, const char* flag) {
  std::vector<std::string> masks = Matching(text);
  if (!masks.empty()) return masks;
  masks = SplitAtCommas(text, flag);
  if (masks.size() != 1) return masks;
  const MaskSource source = ParseMaskSource(text);
  masks = Glob(source.file.string(), flag);
  for (std::string& mask : masks) mask += source.suffix;
  return masks;
}

std::vector<std::string> SplitAtCommas(const std::string& text, const char* flag) {
  std::vector<std::string> parts;
  for (size_t begin = 0; !text.empty() && begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (end == begin) {
      throw InputError(Format("%s is %s; a name is empty", flag, Quoted(text).c_str()));
    }
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace ceres_align::cli
