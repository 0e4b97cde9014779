// tools/install_deps.sh against commands that only pretend.
#include "cli_testing.h"

namespace ceres_align::testing {
namespace {

class InstallTest : public CliTest {
 protected:
  void WriteCommand(const std::string& name, const std::string& script) const {
    const fs::path path = work_ / name;
    std::ofstream(path) << "#!/bin/bash\n" << script << "\n";
    fs::permissions(path, fs::perms::owner_all);
  }
  /// With nothing installed, as root; `apt_get` is what apt-get does.
  int Install(const std::string& apt_get) const {
    WriteCommand("dpkg-query", "exit 1");
    WriteCommand("id", "echo 0");
    WriteCommand("sleep", "echo sleep >> '" + (logs_ / "calls").string() + "'");
    WriteCommand("apt-get", "echo \"$*\" >> '" + (logs_ / "calls").string() + "'\n" + apt_get);
    const std::string command = "PATH='" + work_.string() + "':\"$PATH\" bash '" +
                                CERES_ALIGN_SOURCE_DIR "/tools/install_deps.sh' > '" +
                                (logs_ / "out.txt").string() + "' 2>&1";
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::vector<std::string> Calls() const {
    std::vector<std::string> calls;
    std::ifstream in(logs_ / "calls");
    for (std::string line; std::getline(in, line);) calls.push_back(line);
    return calls;
  }
};

TEST_F(InstallTest, WaitsForLocksOfOthers) {
  // The lists are locked at the first attempt only.
  const std::string apt_get = "if [ $1 = update ] && [ $(grep -c update '" +
                              (logs_ / "calls").string() +
                              "') -lt 2 ]; then\n"
                              "echo 'E: Could not get lock /var/lib/apt/lists/lock' >&2; exit 100\n"
                              "fi";
  EXPECT_EQ(Install(apt_get), 0) << ReadAll(logs_ / "out.txt");
  const std::vector<std::string> calls = Calls();
  ASSERT_EQ(calls.size(), 4u);
  EXPECT_EQ(calls[0].substr(0, 6), "update");
  EXPECT_EQ(calls[1], "sleep");
  EXPECT_EQ(calls[2].substr(0, 6), "update");
  EXPECT_NE(calls[3].find("-o DPkg::Lock::Timeout="), std::string::npos) << calls[3];
}

TEST_F(InstallTest, OtherFailuresAreToldAtOnce) {
  EXPECT_EQ(Install("echo 'E: no network' >&2; exit 100"), 1);
  EXPECT_EQ(Calls().size(), 1u);
  EXPECT_NE(ReadAll(logs_ / "out.txt").find("'apt-get update' failed"), std::string::npos);
}

}  // namespace
}  // namespace ceres_align::testing
