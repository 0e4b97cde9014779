// The flags of how to align, for the programs that have all of them. --backend and --num_threads,
// which SolveFlagGroup names too, are the program's own.
#pragma once

#include "ceres_align/align/align_options.h"
#include "cli/help.h"

namespace ceres_align::cli {

/// AlignOptions by the flags. Throws InputError, which names the flag.
AlignOptions OptionsFromFlags();

/// A flag's value that must be above 0 and finite. Throws InputError.
double PositiveFlag(double value, const char* name);

/// For --help.
FlagGroup PriorFlagGroup();
FlagGroup SolveFlagGroup();

}  // namespace ceres_align::cli
