#include "cli/repeated_flag.h"

#include <algorithm>

namespace ceres_align::cli {
namespace {

// True if the argument is the flag; `value` is what follows its '=', if it has one.
bool IsFlag(const std::string& argument, const std::string& flag, bool* has_value,
            std::string* value) {
  const size_t dashes = argument.rfind("--", 0) == 0 ? 2 : argument.rfind('-', 0) == 0 ? 1 : 0;
  if (dashes == 0 || argument.compare(dashes, flag.size(), flag) != 0) return false;
  const size_t end = dashes + flag.size();
  *has_value = end < argument.size() && argument[end] == '=';
  if (end != argument.size() && !*has_value) return false;
  *value = *has_value ? argument.substr(end + 1) : "";
  return true;
}

}  // namespace

JoinedArguments::JoinedArguments(int argc, char** argv, const std::string& flag) {
  size_t joined = 0;  // where the first one's value lies
  for (int i = 0; i < argc; ++i) {
    bool has_value = false;
    std::string value;
    const bool is_flag = i > 0 && IsFlag(argv[i], flag, &has_value, &value);
    // A last one without a value is left for gflags to complain about.
    if (!is_flag || (!has_value && i + 1 == argc)) {
      arguments_.emplace_back(argv[i]);
      continue;
    }
    if (!has_value) value = argv[++i];
    if (joined == 0) {
      joined = arguments_.size();
      arguments_.push_back("--" + flag + "=" + value);
    } else {
      arguments_[joined] += "\n" + value;
    }
  }
  for (std::string& argument : arguments_) pointers_.push_back(argument.data());
}

std::vector<std::string> ValuesOf(const std::string& joined) {
  std::vector<std::string> values;
  for (size_t begin = 0; !joined.empty() && begin <= joined.size();) {
    const size_t end = std::min(joined.find('\n', begin), joined.size());
    values.push_back(joined.substr(begin, end - begin));
    begin = end + 1;
  }
  return values;
}

}  // namespace ceres_align::cli
