// A flag that may be given several times, which gflags does not know: of those it keeps the last.
#pragma once

#include <string>
#include <vector>

namespace ceres_align::cli {

/// argv with all values of --FLAG joined into one, by newlines, where the first of them was.
class JoinedArguments {
 public:
  JoinedArguments(int argc, char** argv, const std::string& flag);
  int argc() const { return static_cast<int>(pointers_.size()); }
  char** argv() { return pointers_.data(); }

 private:
  std::vector<std::string> arguments_;
  std::vector<char*> pointers_;
};

/// The values that JoinedArguments joined.
std::vector<std::string> ValuesOf(const std::string& joined);

}  // namespace ceres_align::cli
