#include "ceres_align/report/gif.h"

#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace ceres_align {
namespace {

constexpr int kTransparent = 255;

int AppendBytes(GifFileType* gif, const GifByteType* bytes, int count) {
  static_cast<std::string*>(gif->UserData)->append(reinterpret_cast<const char*>(bytes), count);
  return count;
}

void Require(int status, GifFileType* gif) {
  if (status == GIF_OK) return;
  const char* reason = gif != nullptr ? GifErrorString(gif->Error) : nullptr;
  throw std::runtime_error(std::string("the GIF could not be encoded: ") +
                           (reason != nullptr ? reason : "giflib failed"));
}

struct Box {
  int left, top, right, bottom;  // right and bottom are outside
};

/// Where two pictures differ; one pixel where they do not.
Box ChangedBox(const IndexedImage& a, const IndexedImage& b) {
  Box box = {a.width, a.height, 0, 0};
  for (int row = 0; row < a.height; ++row) {
    const uint8_t *p = a.row(row), *q = b.row(row);
    if (std::memcmp(p, q, a.width) == 0) continue;
    int left = 0, right = a.width;
    while (p[left] == q[left]) ++left;
    while (p[right - 1] == q[right - 1]) --right;
    box = {std::min(box.left, left), std::min(box.top, row), std::max(box.right, right), row + 1};
  }
  return box.right == 0 ? Box{0, 0, 1, 1} : box;
}

/// Finds a palette's nearest colours; of those that it was asked for lately it knows them.
class NearestColor {
 public:
  explicit NearestColor(const std::vector<Rgb>& palette) : known_(kKnown) {
    count_ = static_cast<int>(palette.size());
    for (int i = 0; i < count_; ++i) {
      r_[i] = palette[i].r;
      g_[i] = palette[i].g;
      b_[i] = palette[i].b;
    }
  }
  uint8_t operator()(const Rgb& color) {
    const uint32_t key = color.r << 16 | color.g << 8 | color.b;
    Known& known = known_[(key * 0x9E3779B1u) >> 20];
    if (known.key != key) known = {key, Find(color)};
    return known.index;
  }

 private:
  static constexpr size_t kKnown = 1 << 12;
  struct Known {
    uint32_t key = ~0u;  // of no colour
    uint8_t index = 0;
  };
  // The distance and the index in one number, so that the loop has no branch.
  uint8_t Find(const Rgb& color) const {
    int best = INT32_MAX;
    for (int i = 0; i < count_; ++i) {
      const int r = r_[i] - color.r, g = g_[i] - color.g, b = b_[i] - color.b;
      best = std::min(best, (3 * r * r + 4 * g * g + 2 * b * b) << 8 | i);
    }
    return static_cast<uint8_t>(best & 255);
  }
  int count_;
  int r_[256] = {}, g_[256] = {}, b_[256] = {};
  std::vector<Known> known_;
};

}  // namespace

void IndexRows(const RgbImage& image, const std::vector<Rgb>& palette, int rows,
               IndexedImage* out) {
  CHECK(!palette.empty() && palette.size() <= kTransparent);
  CHECK(out->width == image.width && out->height == image.height && rows <= image.height);
  NearestColor nearest(palette);
  // Runs of one colour are long; the table is asked only where the colour changes.
  Rgb color = palette[0];
  uint8_t index = nearest(color);
  const size_t count = static_cast<size_t>(rows) * image.width;
  for (size_t i = 0; i < count; ++i) {
    if (!(image.pixels[i] == color)) {
      color = image.pixels[i];
      index = nearest(color);
    }
    out->pixels[i] = index;
  }
}

IndexedImage Indexed(const RgbImage& image, const std::vector<Rgb>& palette) {
  IndexedImage out(image.width, image.height);
  IndexRows(image, palette, image.height, &out);
  return out;
}

struct GifEncoder::Impl {
  std::string bytes;
  GifFileType* gif = nullptr;
  std::vector<Rgb> palette;
  IndexedImage shown;  // the frame before; empty at first
  std::vector<GifByteType> line;

  void PutLoopForever() const {
    const unsigned char forever[3] = {1, 0, 0};
    Require(EGifPutExtensionLeader(gif, APPLICATION_EXT_FUNC_CODE), gif);
    Require(EGifPutExtensionBlock(gif, 11, "NETSCAPE2.0"), gif);
    Require(EGifPutExtensionBlock(gif, 3, forever), gif);
    Require(EGifPutExtensionTrailer(gif), gif);
  }

  void PutControl(int delay_cs) const {
    GraphicsControlBlock control = {};
    control.DisposalMode = DISPOSE_DO_NOT;
    control.DelayTime = delay_cs;
    control.TransparentColor = kTransparent;
    GifByteType extension[4];
    const size_t size = EGifGCBToExtension(&control, extension);
    Require(EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(size), extension), gif);
  }
};

GifEncoder::GifEncoder(int width_px, int height_px, const std::vector<Rgb>& palette)
    : impl_(new Impl) {
  CHECK(width_px > 0 && height_px > 0 && width_px <= 65535 && height_px <= 65535);
  CHECK(!palette.empty() && palette.size() <= kTransparent);
  impl_->palette = palette;
  int error = 0;
  impl_->gif = EGifOpen(&impl_->bytes, &AppendBytes, &error);
  if (impl_->gif == nullptr) throw std::runtime_error("the GIF could not be encoded");
  EGifSetGifVersion(impl_->gif, true);
  ColorMapObject* map = GifMakeMapObject(256, nullptr);
  if (map == nullptr) throw std::bad_alloc();
  for (size_t i = 0; i < palette.size(); ++i) {
    map->Colors[i] = {palette[i].r, palette[i].g, palette[i].b};
  }
  const int status = EGifPutScreenDesc(impl_->gif, width_px, height_px, 8, 0, map);
  GifFreeMapObject(map);
  Require(status, impl_->gif);
  impl_->PutLoopForever();
}

GifEncoder::~GifEncoder() {
  int error = 0;
  if (impl_->gif != nullptr) EGifCloseFile(impl_->gif, &error);
}

void GifEncoder::AddFrame(const RgbImage& frame, int delay_cs) {
  AddFrame(Indexed(frame, impl_->palette), delay_cs);
}

void GifEncoder::AddFrame(const IndexedImage& frame, int delay_cs) {
  GifFileType* gif = impl_->gif;
  CHECK(gif != nullptr && frame.width == gif->SWidth && frame.height == gif->SHeight);
  const bool first = impl_->shown.empty();
  const Box box = first ? Box{0, 0, frame.width, frame.height} : ChangedBox(impl_->shown, frame);
  impl_->PutControl(delay_cs);
  Require(EGifPutImageDesc(gif, box.left, box.top, box.right - box.left, box.bottom - box.top,
                           false, nullptr),
          gif);
  std::vector<GifByteType>& line = impl_->line;
  line.resize(box.right - box.left);
  for (int row = box.top; row < box.bottom; ++row) {
    const uint8_t* now = frame.row(row) + box.left;
    std::copy(now, now + line.size(), line.begin());
    if (!first) {
      const uint8_t* before = impl_->shown.row(row) + box.left;
      for (size_t i = 0; i < line.size(); ++i)
        line[i] = now[i] == before[i] ? kTransparent : now[i];
    }
    Require(EGifPutLine(gif, line.data(), static_cast<int>(line.size())), gif);
  }
  impl_->shown = frame;
}

std::string GifEncoder::Finish() {
  CHECK(impl_->gif != nullptr);
  int error = 0;
  const int status = EGifCloseFile(impl_->gif, &error);
  impl_->gif = nullptr;
  if (status != GIF_OK) Require(status, nullptr);
  return std::move(impl_->bytes);
}

}  // namespace ceres_align
