#include "cli/choice_flag.h"

#include "ceres_align/base/error.h"

namespace ceres_align::cli {

Choice ChoiceFlag(const char* flag, const std::string& value) {
  for (const Choice choice : {Choice::kAuto, Choice::kOff, Choice::kOn}) {
    if (value == ToString(choice)) return choice;
  }
  throw InputError("--" + std::string(flag) + " is '" + value + "'; it must be auto, off or on");
}

}  // namespace ceres_align::cli
