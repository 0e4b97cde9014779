#include "cli/help.h"

#include <fcntl.h>
#include <gflags/gflags.h>
#include <glog/logging.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <set>
#include <sstream>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/version.h"
#include "cli/signals.h"

namespace ceres_align::cli {
namespace {

constexpr int kTextColumns = 96;

/// Breaks `text` at spaces into lines of at most kTextColumns, each behind `indent` spaces.
std::string Wrapped(const std::string& text, int indent) {
  std::ostringstream out;
  std::istringstream words(text);
  std::string word, line;
  const auto flush = [&] { out << std::string(indent, ' ') << line << "\n"; };
  while (words >> word) {
    if (!line.empty() && indent + line.size() + 1 + word.size() > kTextColumns) {
      flush();
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  flush();
  return out.str();
}

/// gflags prints doubles with 17 digits: 9.9999999999999995e-08.
std::string DefaultOf(const gflags::CommandLineFlagInfo& flag) {
  if (flag.type == "string") return "\"" + flag.default_value + "\"";
  if (flag.type != "double") return flag.default_value;
  return Format("%g", std::atof(flag.default_value.c_str()));
}

std::string DescribeFlag(const gflags::CommandLineFlagInfo& flag) {
  std::string head = "  --" + flag.name + "  (" + flag.type;
  if (flag.type != "string" || !flag.default_value.empty()) head += ", default " + DefaultOf(flag);
  head += ")";
  return head + "\n" + Wrapped(flag.description, 6);
}

std::string LibraryFlags(const std::set<std::string>& own) {
  std::vector<gflags::CommandLineFlagInfo> all;
  gflags::GetAllFlags(&all);
  std::string text = "Flags of the libraries (gflags, glog):\n";
  for (const auto& flag : all) {
    if (own.count(flag.name) == 0) text += DescribeFlag(flag);
  }
  return text;
}

int EditDistance(const std::string& a, const std::string& b) {
  std::vector<int> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    int diagonal = row[0];
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const int change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string NearestFlag(const ProgramHelp& help, const std::string& name) {
  std::string best;
  int best_distance = 3;
  for (const auto& group : help.groups) {
    for (const auto& flag : group.flags) {
      const int distance = EditDistance(name, flag);
      if (distance < best_distance) {
        best_distance = distance;
        best = flag;
      }
    }
  }
  return best;
}

[[noreturn]] void ThrowUnknown(const ProgramHelp& help, const std::string& name) {
  const auto instead = help.instead.find(name);
  if (instead != help.instead.end()) {
    throw InputError("there is no --" + name + ": " + instead->second);
  }
  const std::string nearest = NearestFlag(help, name);
  throw InputError("unknown flag --" + Shown(name, 40) +
                   (nearest.empty() ? "" : "; did you mean --" + nearest + "?") +
                   " (--help lists them)");
}

/// Throws for unknown flags, flags without their value and arguments that belong to no flag,
/// before gflags sees them: gflags would print lines of its own and end the program.
void CheckArguments(const ProgramHelp& help, int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.size() < 2 || argument[0] != '-' || argument == "--") {
      throw InputError("unexpected argument " + Quoted(argument) +
                       "; values follow their flag, as in " +
                       "--flag=value (--help lists the flags)");
    }
    const size_t start = argument[1] == '-' ? 2 : 1;
    const size_t equals = argument.find('=');
    const bool has_value = equals != std::string::npos;
    const std::string name = argument.substr(start, has_value ? equals - start : equals);
    gflags::CommandLineFlagInfo info;
    bool known = gflags::GetCommandLineFlagInfo(name.c_str(), &info);
    if (!known && !has_value && name.rfind("no", 0) == 0) {
      known = gflags::GetCommandLineFlagInfo(name.substr(2).c_str(), &info) && info.type == "bool";
    }
    if (!known) ThrowUnknown(help, name);
    if (!has_value && info.type != "bool" && ++i >= argc) {
      throw InputError("--" + name + " needs a value");
    }
    const std::string value = has_value             ? argument.substr(equals + 1)
                              : info.type != "bool" ? argv[i]
                                                    : "";
    const bool checked = info.type != "string" && (has_value || info.type != "bool");
    // A trial assignment; the real parse assigns the same value again.
    if (checked && gflags::SetCommandLineOption(name.c_str(), value.c_str()).empty()) {
      throw InputError("--" + name + ": " + Quoted(value) + " is not a valid " + info.type);
    }
  }
}

void QuietLogs() {
  const auto mode = gflags::SET_FLAGS_DEFAULT;
  gflags::SetCommandLineOptionWithMode("logtostderr", "true", mode);
  gflags::SetCommandLineOptionWithMode("minloglevel", "3", mode);
}

bool HelpAsked() {
  for (const char* name : {"help", "helpfull", "helpshort"}) {
    std::string value;
    if (gflags::GetCommandLineOption(name, &value) && value == "true") return true;
  }
  return false;
}

int Run(const ProgramHelp& help, int argc, char** argv, const std::function<int()>& body) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "-h") == 0) {
      std::fputs(HelpText(help).c_str(), stdout);
      return kExitOk;
    }
  }
  CheckArguments(help, argc, argv);
  gflags::ParseCommandLineNonHelpFlags(&argc, &argv, true);
  if (HelpAsked()) {
    std::fputs(HelpText(help).c_str(), stdout);
    return kExitOk;
  }
  gflags::HandleCommandLineHelpFlags();  // --version and gflags' rarer listings
  google::InitGoogleLogging(argv[0]);
  return body();
}

/// Gives the standard streams that are closed to /dev/null: else the next file that is opened
/// would take their place, and be printed into. True if standard output was one of them.
bool OpenStandardStreams() {
  bool closed = false;
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    closed = closed || stream == STDOUT_FILENO;
    if (open("/dev/null", O_RDWR) < 0) std::abort();
  }
  return closed;
}

/// The exit code, once all that was printed is out.
int WithStandardOutput(const ProgramHelp& help, bool closed, int exit_code) {
  const bool flushed = std::fflush(stdout) == 0;
  const std::string reason = closed ? "it is closed" : std::strerror(errno);
  if (!closed && flushed && std::ferror(stdout) == 0) return exit_code;
  std::fprintf(stderr, "%s: standard output was lost%s; nothing else was\n", help.name.c_str(),
               closed || !flushed ? (" (" + reason + ")").c_str() : "");
  return kExitLostOutput;
}

}  // namespace

std::string HelpText(const ProgramHelp& help) {
  std::set<std::string> own;
  std::string text = help.summary + "\n\nExamples:\n";
  for (const auto& [command, meaning] : help.examples) {
    text += "  " + command + "\n" + Wrapped(meaning, 6);
  }
  for (const auto& group : help.groups) {
    text += "\n" + group.title + ":\n";
    for (const auto& name : group.flags) {
      gflags::CommandLineFlagInfo info;
      CHECK(gflags::GetCommandLineFlagInfo(name.c_str(), &info)) << "--help names --" << name;
      text += DescribeFlag(info);
      own.insert(name);
    }
  }
  text += "\nExit codes:\n";
  for (const auto& line : help.exit_codes) text += "  " + line + "\n";
  return text + "\n" + LibraryFlags(own);
}

int RunProgram(const ProgramHelp& help, int argc, char** argv, const std::function<int()>& body) {
  const bool closed = OpenStandardStreams();
  TakeWriteErrorsAsErrors();
  QuietLogs();
  gflags::SetVersionString(CERES_ALIGN_VERSION);
  std::string error;
  try {
    return WithStandardOutput(help, closed, Run(help, argc, argv, body));
  } catch (const std::bad_alloc&) {
    error = "not enough memory";
  } catch (const std::exception& e) {
    error = e.what();
  }
  // What messages quote is short and escaped already; other libraries' may not be.
  std::fprintf(stderr, "%s: %s\n", help.name.c_str(), Shown(error, 1000).c_str());
  return kExitBadInput;
}

bool FlagWasGiven(const std::string& flag) {
  gflags::CommandLineFlagInfo info;
  CHECK(gflags::GetCommandLineFlagInfo(flag.c_str(), &info)) << flag;
  return !info.is_default;
}

}  // namespace ceres_align::cli
