// What every program of tools/ shares: `--help` that shows the program's own flags first, one
// line on stderr for bad input, and exit codes.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ceres_align::cli {

enum ExitCode {
  kExitOk = 0,
  kExitBadInput = 1,    ///< a flag, a file or their contents
  kExitNotUsable = 2,   ///< the program ran, but its result is not to be trusted
  kExitLostOutput = 3,  ///< the program ran, but what it printed did not arrive
};

struct FlagGroup {
  std::string title;
  std::vector<std::string> flags;  ///< gflags' names, in the order to show them
};

struct ProgramHelp {
  std::string name;
  std::string summary;                                        ///< may have several lines
  std::vector<std::pair<std::string, std::string>> examples;  ///< {command, what it does}
  std::vector<FlagGroup> groups;
  std::vector<std::string> exit_codes;  ///< "0  …"
  /// Flags of a program that this one takes the place of, and what to do instead; told where one
  /// is given.
  std::map<std::string, std::string> instead = {};
};

/// The text of `--help`: summary, examples, the groups' flags with their defaults, exit codes,
/// then the flags of the libraries (glog, gflags). CHECKs that every flag of a group exists.
std::string HelpText(const ProgramHelp& help);

/// Parses the flags, prints `--help` or `--version` to stdout (exit 0), makes glog quiet (it
/// prints fatal errors only, to stderr, and writes no files unless its flags say so) and runs
/// `body`. An InputError, an unknown flag, a bad value or a left-over argument becomes one line
/// "name: message" on stderr and kExitBadInput. Where standard output is closed, full or a broken
/// pipe, the body runs all the same, and then one line on stderr says so: kExitLostOutput. Returns
/// the exit code for main.
int RunProgram(const ProgramHelp& help, int argc, char** argv, const std::function<int()>& body);

/// True if the user gave the flag on the command line (or through --flagfile).
bool FlagWasGiven(const std::string& flag);

}  // namespace ceres_align::cli
