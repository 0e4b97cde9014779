// Video files, by the program ffmpeg.
#pragma once

#include <cstdio>
#include <string>

#include "ceres_align/report/draw.h"

namespace ceres_align::cli {

/// Pictures to a video file (its ending tells the kind: .mp4, .webm, .mkv …). The file appears when
/// Finish has returned; without it nothing is left.
class VideoWriter {
 public:
  /// Throws InputError where there is no ffmpeg, or no place for the file.
  explicit VideoWriter(const std::string& path, double fps);
  ~VideoWriter();
  VideoWriter(const VideoWriter&) = delete;
  VideoWriter& operator=(const VideoWriter&) = delete;

  /// All of the same size. Throws InputError where ffmpeg has ended.
  void Add(const RgbImage& frame);
  void Finish();

 private:
  void Start(int width_px, int height_px);
  const std::string path_, partial_;
  const double fps_;
  std::FILE* pipe_ = nullptr;
};

}  // namespace ceres_align::cli
