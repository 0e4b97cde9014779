// What ceres_align writes and where, what it costs, and what happens when it cannot.
#include <sys/stat.h>

#include "ceres_align/maps/photo.h"
#include "ceres_align/report/draw.h"
#include "cli_testing.h"

namespace ceres_align::testing {
namespace {

class CliOutputsTest : public CliTest {
 protected:
  /// Runs a line of the shell in the work folder; "$P" is the program.
  Outcome Shell(const std::string& line) const {
    const std::string command = "cd '" + work_.string() +
                                "' && P='" CERES_ALIGN_TOOLS_DIR "/ceres_align' && { " + line +
                                "\n} > ../out.txt 2> ../err.txt";
    const int status = std::system(("exec timeout 100 bash -c '" + Escaped(command) + "'").c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadAll(logs_ / "out.txt"),
            ReadAll(logs_ / "err.txt")};
  }
  std::string ReadWork(const std::string& name) const { return ReadAll(work_ / name); }

 private:
  static std::string Escaped(const std::string& text) {
    std::string escaped;
    for (const char c : text) escaped += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return escaped;
  }
};

const std::string kDemo = "--image_size 64,76 --nosearch_if_poor ";

TEST_F(CliOutputsTest, OutputsChoosesTheFiles) {
  const std::set<std::string> overlays = {"overlay_camera1.png", "overlay_camera2.png"};
  std::set<std::string> all = overlays;
  all.insert({"result.json", "comparison.png", "optimization.gif", "report.html"});
  const std::pair<const char*, std::set<std::string>> cases[] = {
      {"all", all},
      {"json", {"result.json"}},
      {"gif,json", {"result.json", "optimization.gif"}},
      {"overlay", overlays},
      {"comparison", {"comparison.png"}},
      {"report", {"report.html"}}};
  for (const auto& [outputs, files] : cases) {
    const Outcome outcome =
        Run(kDemo + "--outputs " + outputs + " --out_dir " + std::string("o_") + outputs);
    EXPECT_EQ(outcome.err, "") << outputs;
    EXPECT_NE(outcome.exit_code, 1) << outputs;
    EXPECT_EQ(Files(std::string("o_") + outputs), files) << outputs;
  }
  const Outcome none = Run(kDemo + "--outputs none --out_dir nowhere/at/all");
  EXPECT_NE(none.out.find("Stopped: "), std::string::npos);
  EXPECT_EQ(none.out.find("Written to"), std::string::npos);
  EXPECT_EQ(Files("nowhere").size(), 0u);
}

TEST_F(CliOutputsTest, PicturesChoosesAmongTheOutputs) {
  const std::set<std::string> final = {"result.json", "overlay_camera1.png", "overlay_camera2.png"};
  const std::pair<const char*, std::set<std::string>> cases[] = {
      {"--pictures none", {"result.json"}},
      {"--pictures final", final},
      {"--pictures final --outputs json,overlay", final},
      {"--pictures none --outputs json", {"result.json"}},
      {"--pictures all --outputs json", {"result.json"}},
      {"--pictures none --outputs none", {}}};
  for (const auto& [flags, files] : cases) {
    const Outcome outcome = Run(kDemo + flags);
    EXPECT_EQ(outcome.err, "") << flags;
    EXPECT_NE(outcome.exit_code, 1) << flags;
    EXPECT_EQ(Files("out"), files) << flags;
    fs::remove_all(work_ / "out");
  }
  ASSERT_NE(Run(kDemo + "--pictures all").exit_code, 1);
  EXPECT_EQ(Files("out").size(), 6u);
  fs::remove_all(work_ / "out");
  ExpectBadInput("--pictures some", "--pictures: \"some\" is none of none, final, all");
  ExpectBadInput("--pictures ''", "--pictures: \"\" is none of");
  ExpectBadInput("--pictures none --outputs json,gif", "--outputs has gif, which --pictures none");
  ExpectBadInput("--pictures final --outputs report", "--outputs has report, which --pictures");
  ExpectBadInput("--pictures final --outputs json", "which --outputs lacks");
  ExpectBadInput("--pictures final --filename_output a.gif", "(or --pictures) has no gif");
}

// The photograph, of one colour, fills what the overlay shows beside the object.
TEST_F(CliOutputsTest, TheScenesImageLiesUnderTheOverlay) {
  FileProblem problem = WriteProblem(work_);
  const Rgb purple = {150, 40, 170}, green = {30, 140, 60};
  const auto write = [&](const std::string& name, int width, int height, Rgb color) {
    fs::create_directories((work_ / name).parent_path());
    std::ofstream(work_ / name, std::ios::binary) << EncodePng(RgbImage(width, height, color));
  };
  write("photos/one.png", 320, 240, purple);
  problem.description.views[0].image = "photos/one.png";
  SaveScene(work_ / "s.json", problem.description);
  const auto share = [&](const std::string& overlay, const Rgb& color) {
    const RgbImage picture = LoadPhoto(work_ / "out" / overlay);
    const auto count = std::count(picture.pixels.begin(), picture.pixels.end(), color);
    return static_cast<double>(count) / static_cast<double>(picture.pixels.size());
  };
  const std::string run = "--scene s.json --nosearch_if_poor --pictures final";
  EXPECT_EQ(Run(run).err, "");
  EXPECT_GT(share("overlay_l.png", purple), 0.2);
  EXPECT_EQ(share("overlay_r.png", purple), 0);  // has none
  EXPECT_GT(LoadPhoto(work_ / "out/overlay_l.png").width,
            1.5 * LoadPhoto(work_ / "out/overlay_r.png").width);
  // --photos takes its place, by the view's name.
  for (const char* name : {"others/l.png", "others/r.png"}) write(name, 160, 120, green);
  EXPECT_EQ(Run(run + " --photos others").err, "");
  EXPECT_GT(share("overlay_l.png", green), 0.2);
  EXPECT_EQ(share("overlay_l.png", purple), 0);
  // What is not drawn is not read.
  fs::remove(work_ / "photos/one.png");
  EXPECT_EQ(Run("--scene s.json --nosearch_if_poor --pictures none").err, "");
  ExpectBadInput(run + " --out_dir new", "photos/one.png");
  write("photos/one.png", 320, 120, purple);
  ExpectBadInput(run + " --out_dir new", "320x120 px do not show what l with 160x120 px sees");
}

TEST_F(CliOutputsTest, BadOutputs) {
  ExpectBadInput("--outputs png", "\"png\" is none of json, overlay, comparison, gif");
  ExpectBadInput("--outputs json,all", "\"all\" is none of");
  ExpectBadInput("--outputs ''", "--outputs is empty");
  ExpectBadInput("--outputs json --filename_output a.gif", "has no gif");
  ExpectBadInput("--outputs gif --start_end_output a.png", "has no comparison");
  ExpectBadInput("--filename_output missing/a.gif", "missing is not a directory");
  ExpectBadInput("--filename_output .", "is a directory, not a file to write");
}

TEST_F(CliOutputsTest, SecondsAddUpToTheTotal) {
  ASSERT_NE(Run("--outputs all").exit_code, 1);
  const Json seconds = Result()["seconds"];
  double sum = 0;
  for (const char* part : {"load", "prepare", "solve", "assess", "draw", "write"}) {
    ASSERT_TRUE(seconds[part].is_number()) << part;
    EXPECT_GT(seconds[part].get<double>(), 0) << part;
    sum += seconds[part].get<double>();
  }
  const double total = seconds["total"].get<double>();
  EXPECT_NEAR(sum, total, 0.005 + 0.02 * total);
}

TEST_F(CliOutputsTest, WhatIsNoRegularFileIsWrittenThrough) {
  ASSERT_EQ(mkfifo((work_ / "pipe").c_str(), 0600), 0);
  const Outcome pipe = Shell("cat pipe > got & \"$P\" " + kDemo + "--filename_output pipe; wait");
  EXPECT_EQ(pipe.err, "");
  EXPECT_TRUE(fs::is_fifo(work_ / "pipe"));
  EXPECT_EQ(ReadWork("got").substr(0, 6), "GIF89a");
  EXPECT_EQ(Files("out").count("result.json"), 1u);

  // Like /dev/null, but here: the real one is not risked.
  if (mknod((work_ / "null").c_str(), S_IFCHR | 0600, (1 << 8) | 3) == 0) {
    EXPECT_EQ(Run(kDemo + "--filename_output null").err, "");
    EXPECT_TRUE(fs::is_character_file(work_ / "null"));
  }
}

TEST_F(CliOutputsTest, LinksStayAndTheirFilesAreWritten) {
  fs::create_directory(work_ / "real");
  std::ofstream(work_ / "real" / "a.gif") << "old";
  fs::create_symlink("real/a.gif", work_ / "a.gif");
  fs::create_symlink("real/new.png", work_ / "b.png");  // dangling
  fs::create_symlink("c.gif", work_ / "c.gif");         // a circle
  EXPECT_EQ(Run(kDemo + "--filename_output a.gif --start_end_output b.png").err, "");
  EXPECT_TRUE(fs::is_symlink(work_ / "a.gif"));
  EXPECT_TRUE(fs::is_symlink(work_ / "b.png"));
  EXPECT_EQ(ReadWork("real/a.gif").substr(0, 6), "GIF89a");
  EXPECT_EQ(ReadWork("real/new.png").substr(1, 3), "PNG");
  EXPECT_EQ(Files("real"), (std::set<std::string>{"a.gif", "new.png"}));
  ExpectBadInput("--filename_output c.gif", "c.gif: cannot be written");
}

// The pipe has no reader, so the program waits with every file staged and none in its place.
TEST_F(CliOutputsTest, ASignalWhileFilesAreWrittenLeavesNothing) {
  ASSERT_EQ(mkfifo((work_ / "pipe").c_str(), 0600), 0);
  fs::create_directory(work_ / "out");
  std::ofstream(work_ / "out" / "result.json") << "old";
  for (const char* signal : {"TERM", "INT", "HUP"}) {
    const Outcome outcome = Shell(
        // bash starts what runs in the background with SIGINT ignored, unless it has job control.
        "set -m; \"$P\" " + kDemo + "--filename_output pipe & p=$!\n" +
        "until compgen -G 'out/comparison.png.partial-*' > /dev/null; do sleep 0.01; done\n" +
        "until [ $(ls out | wc -l) -eq 6 ]; do sleep 0.01; done\n" + "kill -" + signal +
        " $p; wait $p; echo code $?");
    EXPECT_NE(outcome.out.find("code 1"), std::string::npos) << signal << outcome.out;  // 128 + n
    EXPECT_EQ(outcome.out.find("code 1\n"), std::string::npos) << signal << outcome.out;
    EXPECT_NE(outcome.err.find("interrupted; nothing was written"), std::string::npos) << signal;
    EXPECT_EQ(Files("out"), (std::set<std::string>{"result.json"})) << signal;
    EXPECT_EQ(ReadWork("out/result.json"), "old") << signal;
  }
}

// A step takes long where 60,000 leaves cross. SIGINT is sent as soon as the program catches it
// (bit 1 of SigCgt), and again once it has been answered: had the answer waited for the step's end,
// the second one would meet a program that writes or has ended.
TEST_F(CliOutputsTest, CtrlCInALongStepIsAnsweredBeforeItsEnd) {
  WriteProblem(work_);
  WriteObj(work_ / "m.obj", MakeTriangleSoup(60000, 1));
  const Outcome outcome = Shell(
      "set -m; \"$P\" --scene s.json --out_dir out 2> told & p=$!\n"
      "until grep -q \"SigCgt.*[2367abef]$\" /proc/$p/status; do sleep 0.01; done\n"
      "kill -INT $p; until [ -s told ]; do sleep 0.01; done\n"
      "kill -INT $p; wait $p; echo code $?");
  EXPECT_NE(outcome.out.find("code 130\n"), std::string::npos) << outcome.out << outcome.err;
  EXPECT_EQ(ReadWork("told"),
            "\nceres_align: stopping after this step; Ctrl-C again ends the program at once\n");
  EXPECT_FALSE(fs::exists(work_ / "out" / "result.json"));
}

TEST_F(CliOutputsTest, AFileTooLargeLeavesNothing) {
  const Outcome outcome = Shell("ulimit -f 4; \"$P\" " + kDemo);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.err_lines(), 1) << outcome.err;
  EXPECT_NE(outcome.err.find("File too large"), std::string::npos) << outcome.err;
  EXPECT_EQ(Files(), std::set<std::string>{});
}

TEST_F(CliOutputsTest, LostStandardOutputIsToldAndLosesNoFile) {
  const std::pair<const char*, const char*> cases[] = {
      {"\"$P\" ARGS > /dev/full; echo $? > code", "No space left on device"},
      {"\"$P\" ARGS >&-; echo $? > code", "it is closed"},
      {"{ \"$P\" ARGS; echo $? > code; } | true", "Broken pipe"}};
  for (const auto& [line, reason] : cases) {
    std::string command = line;
    command.replace(command.find("ARGS"), 4, kDemo);
    const Outcome outcome = Shell(command);
    EXPECT_EQ(ReadWork("code"), "3\n") << line;
    EXPECT_EQ(outcome.err_lines(), 1) << outcome.err;
    EXPECT_NE(outcome.err.find("standard output was lost"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(reason), std::string::npos) << outcome.err;
    EXPECT_EQ(Files("out").size(), 6u) << line;
    EXPECT_TRUE(Result()["status"].is_string()) << line;
    fs::remove_all(work_ / "out");
  }
  const Outcome help = Shell("\"$P\" --help > /dev/full");
  EXPECT_EQ(help.exit_code, 3) << help.err;
}

// What is odd about the input stands on stderr and in result.json, where the run ends badly too.
TEST_F(CliOutputsTest, WarningsNameTheCause) {
  WriteProblem(work_);
  const auto expect_warning = [&](const std::string& arguments, const std::string& part) {
    const Outcome outcome = Run(arguments + " --nosearch_if_poor --outputs json");
    EXPECT_NE(outcome.exit_code, 1) << outcome.err;
    EXPECT_NE(outcome.err.find("ceres_align: warning: "), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
    const Json warnings = Result()["warnings"];
    ASSERT_FALSE(warnings.empty());
    EXPECT_NE(warnings.dump().find(part), std::string::npos) << warnings.dump();
  };
  const std::string flags = "--mesh m.obj --masks l.png --camera_location 2.2,1.3,5.8 ";
  expect_warning(flags + "--fov_deg 43.6 --mesh_scale 0.027",
                 "at the start the object would look about");
  expect_warning(flags + "--K 150,150,79.5,59.5", "is pixel_center 0 meant?");
  const std::string near = ReadWork("m.obj");
  std::ofstream(work_ / "m.obj") << near << "v 30 0 0\nv 31 0 0\nv 30 1 0\nf -1 -2 -3\n";
  expect_warning(flags + "--fov_deg 43.6", "the other 1 reach out to 3");
  // The near plane keeps to the bulk of the mesh, so that far ones do not cut it away.
  std::ofstream(work_ / "m.obj") << near << "v 900 0 0\nv 901 0 0\nv 900 1 0\nf -1 -2 -3\n";
  expect_warning(flags + "--fov_deg 43.6", "the other 1 reach out to 90");
  std::ofstream(work_ / "m.obj") << near;
  const Outcome note = Run(flags + "--K 150,150,80,60 --outputs none");
  EXPECT_NE(note.out.find("OpenCV's calibrations have it at (0, 0)"), std::string::npos);
}

}  // namespace
}  // namespace ceres_align::testing
