#include "cli/video_writer.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/file_transaction.h"

namespace ceres_align::cli {
namespace {

namespace fs = std::filesystem;

// Beside the file, with its ending, which tells ffmpeg the kind.
std::string PartialOf(const std::string& path) {
  const fs::path whole(path);
  return (whole.parent_path() / (whole.stem().string() + ".partial" + std::to_string(getpid()) +
                                 whole.extension().string()))
      .string();
}

bool HasFfmpeg() { return std::system("ffmpeg -version > /dev/null 2>&1") == 0; }

// For a POSIX shell.
std::string InQuotes(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace

VideoWriter::VideoWriter(const std::string& path, double fps)
    : path_(path), partial_(PartialOf(path)), fps_(fps) {
  if (fs::path(path).extension().empty()) {
    throw InputError("--video " + Quoted(path) + " has no ending; .mp4, for example");
  }
  CheckWritable(path);
  if (!HasFfmpeg()) {
    throw InputError("--video needs the program ffmpeg (Debian: apt-get install ffmpeg)");
  }
}

VideoWriter::~VideoWriter() {
  if (pipe_ != nullptr) pclose(pipe_);
  std::error_code ignored;
  fs::remove(partial_, ignored);
}

void VideoWriter::Start(int width_px, int height_px) {
  // Even sides and 4:2:0, which every player shows. The name is absolute: none begins with '-'.
  const std::string command =
      Format(
          "exec ffmpeg -loglevel error -y -f rawvideo -pix_fmt rgb24 -s %dx%d -r %.9g -i - "
          "-vf 'pad=ceil(iw/2)*2:ceil(ih/2)*2' -pix_fmt yuv420p ",
          width_px, height_px, fps_) +
      InQuotes(fs::absolute(partial_).string()) + " > /dev/null 2>&1";
  pipe_ = popen(command.c_str(), "w");
  if (pipe_ == nullptr) throw InputError("--video: ffmpeg cannot be started");
}

void VideoWriter::Add(const RgbImage& frame) {
  static_assert(sizeof(Rgb) == 3, "rows are handed over as they are");
  if (pipe_ == nullptr) Start(frame.width, frame.height);
  if (std::fwrite(frame.pixels.data(), sizeof(Rgb), frame.pixels.size(), pipe_) !=
      frame.pixels.size()) {
    throw InputError("--video: ffmpeg has ended; does it know the ending of " + Quoted(path_) +
                     "?");
  }
}

void VideoWriter::Finish() {
  CHECK(pipe_ != nullptr) << "a video without a frame";
  const int status = pclose(pipe_);
  pipe_ = nullptr;
  if (status != 0) {
    throw InputError("--video: ffmpeg could not write " + Quoted(path_));
  }
  std::error_code error;
  fs::rename(partial_, path_, error);
  if (error) throw InputError("--video: " + Quoted(path_) + ": " + error.message());
}

}  // namespace ceres_align::cli
