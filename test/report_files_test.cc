// Output files appear together or not at all.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "ceres_align/base/error.h"
#include "ceres_align/io/files.h"
#include "ceres_align/report/output_files.h"

namespace ceres_align {
namespace {

namespace fs = std::filesystem;

class OutputFilesTest : public testing::Test {
 protected:
  OutputFilesTest() {
    root_ = fs::path(testing::TempDir()) / ("ceres_align_files_" + std::to_string(getpid()));
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~OutputFilesTest() override { fs::remove_all(root_); }

  static std::string Read(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  static void Write(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  /// Every file and folder under the root with its contents.
  std::map<std::string, std::string> Tree() const {
    std::map<std::string, std::string> tree;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      tree[entry.path().lexically_relative(root_).string()] =
          entry.is_regular_file() ? Read(entry.path()) : "<dir>";
    }
    return tree;
  }

  fs::path root_;
};

TEST_F(OutputFilesTest, MakesFoldersReplacesFilesAndKeepsOthers) {
  const fs::path out = root_ / "a" / "b";
  fs::create_directories(out);
  Write(out / "result.json", "old");
  Write(out / "notes.txt", "mine");
  WriteFilesTogether(out.string(), {{"result.json", "new"}, {"x.png", std::string("\0y", 2)}});
  WriteFilesTogether((root_ / "c" / "d").string() + "/", {{"e", "f"}});
  const std::map<std::string, std::string> expected = {{"a", "<dir>"},
                                                       {"a/b", "<dir>"},
                                                       {"a/b/notes.txt", "mine"},
                                                       {"a/b/result.json", "new"},
                                                       {"a/b/x.png", std::string("\0y", 2)},
                                                       {"c", "<dir>"},
                                                       {"c/d", "<dir>"},
                                                       {"c/d/e", "f"}};
  EXPECT_EQ(Tree(), expected);
}

TEST_F(OutputFilesTest, FollowsTheUmask) {
  WriteFilesTogether((root_ / "out").string(), {{"result.json", "{}"}});
  const mode_t mask = umask(0);
  umask(mask);
  struct stat info;
  ASSERT_EQ(stat((root_ / "out" / "result.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0666 & ~mask);
}

TEST_F(OutputFilesTest, NothingChangesWhenStagingFails) {
  const fs::path out = root_ / "out";
  fs::create_directories(out / "b.png");  // a folder where a file should go
  Write(out / "a.json", "old");
  const auto before = Tree();
  EXPECT_THROW(
      WriteFilesTogether(out.string(), {{"a.json", "new"}, {"z", "new"}, {"b.png", "new"}}),
      InputError);
  EXPECT_EQ(Tree(), before);
}

TEST_F(OutputFilesTest, NewFoldersAreRemovedOnFailure) {
  const auto before = Tree();
  EXPECT_THROW(WriteFilesTogether((root_ / "new" / "out").string(),
                                  {{"a", "x"}, {(root_ / "missing" / "gif").string(), "x"}}),
               InputError);
  EXPECT_THROW(WriteFilesTogether((root_ / "new").string(), {{"a", "x"}, {"./a", "y"}}),
               InputError);
  EXPECT_EQ(Tree(), before);
}

TEST_F(OutputFilesTest, ALinkToAFolderIsNotReplaced) {
  const fs::path out = root_ / "out";
  fs::create_directories(out / "c" / "inside");
  fs::create_symlink("c", out / "link");
  Write(out / "a", "old");
  const auto before = Tree();
  EXPECT_THROW(WriteFilesTogether(out.string(), {{"a", "new"}, {"b", "new"}, {"link", "new"}}),
               InputError);
  EXPECT_EQ(Tree(), before);
}

// Whenever the caller asks to stop: all of the files, or what was there before.
TEST_F(OutputFilesTest, CancelledWritingLeavesWhatWasThere) {
  const fs::path out = root_ / "out";
  fs::create_directories(out);
  Write(out / "a", "old");
  const auto before = Tree();
  const std::string large(3 << 20, 'x');
  int asked_in_all = 0;
  for (int stop_at = 1;; ++stop_at) {
    int asked = 0;
    bool cancelled = false;
    try {
      OutputFiles files(out.string(), [&] { return ++asked == stop_at; });
      files.Stage({"a", large});
      files.Stage({"b", "new"});
      files.Commit();
    } catch (const WritingCancelled&) {
      cancelled = true;
    }
    if (!cancelled) {
      asked_in_all = asked;
      break;
    }
    EXPECT_EQ(Tree(), before) << stop_at;
  }
  EXPECT_GE(asked_in_all, 4);  // per MiB
  EXPECT_EQ(Tree().size(), 3u);
  EXPECT_EQ(Read(out / "a"), large);
  EXPECT_EQ(Read(out / "b"), "new");
}

TEST_F(OutputFilesTest, ASingleFileIsWrittenThroughLinks) {
  Write(root_ / "real", "old");
  fs::create_symlink("real", root_ / "link");
  WriteFileWhole(root_ / "link", "new");
  EXPECT_TRUE(fs::is_symlink(root_ / "link"));
  EXPECT_EQ(Read(root_ / "real"), "new");
  WriteFileWhole(root_ / "made" / "file", "x");
  EXPECT_EQ(Read(root_ / "made" / "file"), "x");
  EXPECT_THROW(WriteFileWhole(root_ / "made", "x"), InputError);
}

TEST_F(OutputFilesTest, ChecksTheFolderWithoutMakingIt) {
  Write(root_ / "file", "");
  EXPECT_NO_THROW(CheckOutputDirectory((root_ / "x" / "y").string()));
  EXPECT_FALSE(fs::exists(root_ / "x"));
  EXPECT_THROW(CheckOutputDirectory((root_ / "file").string()), InputError);
  EXPECT_THROW(CheckOutputDirectory((root_ / "file" / "under").string()), InputError);
  EXPECT_THROW(CheckOutputDirectory(""), InputError);
}

}  // namespace
}  // namespace ceres_align
