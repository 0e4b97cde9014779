// Mask files ↔ coverage images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ceres_align/base/image.h"

namespace ceres_align {

namespace io_internal {
class CocoFiles;
}  // namespace io_internal

struct ImageSize {
  int width_px = 0;
  int height_px = 0;
};

struct LoadedMask {
  ImageF mask;                        ///< coverage in [0, 1]
  double area_px = 0;                 ///< Σ coverage
  std::vector<std::string> warnings;  ///< one line each, naming the file
  /// A camera that sees nothing is a valid observation; a scene of only such is not.
  bool IsEmpty() const { return area_px == 0; }
};

/// Fewer pixels of foreground than this, over all views together, cannot determine a pose.
constexpr double kMinForeground_px = 16;

/// The COCO files that masks were read from, parsed, for as long as this lives: each is read once,
/// a change of it meanwhile is not seen. Not for several threads at once.
class MaskCache {
 public:
  MaskCache();
  ~MaskCache();
  int num_parsed() const;  ///< files
  io_internal::CocoFiles& coco() { return *coco_; }

 private:
  const std::unique_ptr<io_internal::CocoFiles> coco_;
};

/// Reads a mask: PNG, JPEG, BMP, PNM, TIFF or NumPy's .npy (height x width), told by content, not
/// by name; or COCO's JSON, by the ending .json (below). The rule for images:
/// 1. An alpha channel that is not opaque everywhere is the mask; colours are then ignored.
/// 2. Otherwise the brightest channel is (palettes applied): any colour on black is foreground.
/// 3. 8-bit values are divided by 255, 16-bit by 65535, so that anti-aliased coverage and
///    probabilities are kept. Float images must lie in [0, 1].
/// 4. If the only values are 0 and one other, the other is foreground (files of 0 and 1, label
///    images); with a warning where it is not the full value.
/// 5. JPEG is thresholded at one half, because its ringing would add foreground; with a warning.
/// 6. With a `threshold` every pixel of at least it is 1, all others are 0: JPEG at it, not one
///    half, without the warning; two values as in 4 whatever it is.
/// Warnings also tell of a mask that is all foreground or looks inverted, that never reaches one
/// half, that a threshold has emptied, or that has less than kMinForeground_px of foreground but is
/// not empty.
///
/// "frame.png:3" is the pixels of label 3, with no part of these rules (mask_labels.h); by number
/// the image is PNG, PNM or TIFF of 8 or 16 bits in one channel or a palette, or three equal ones.
///
/// "instances.json:left.png:mug" is an annotation in COCO's form, or a result: run lengths are 0
/// and 1, polygons the exact area of each pixel (coco_masks.h). With a `cache` the file is parsed
/// once for all masks of it.
///
/// Throws InputError for a file that is missing, empty, damaged (checksums and sizes are
/// checked), no image, or of another size than `expected` (naming both; told from the header,
/// before the pixels are decoded); for a label that no pixel has (naming those that there are), and
/// labels of a JPEG, whose values are not exact; for a threshold that CheckMaskThreshold refuses.
LoadedMask LoadMask(const std::filesystem::path& path, std::optional<ImageSize> expected = {},
                    std::optional<double> threshold = {}, MaskCache* cache = nullptr);

/// A mask that is in memory, of values in [0, 1] as rule 3 makes them: rules 4 and 6, and the
/// warnings, which `name` begins. CHECKs that it is not empty. Throws as CheckMaskThreshold does.
LoadedMask MaskFromFractions(ImageF fractions, const std::string& name,
                             std::optional<double> threshold = {});

/// Throws InputError unless it is above 0 and at most 1; `place` begins the message.
void CheckMaskThreshold(double threshold, const std::string& place);

/// The size that an image file's header gives; nothing is decoded, labels are cut off. Throws as
/// LoadMask does.
ImageSize ReadImageSize(const std::filesystem::path& path, MaskCache* cache = nullptr);

/// What the mask is of, for names: the file's name without folders and ending and labels; of COCO
/// the image's file_name likewise, or its id. Throws InputError for a COCO file as LoadMask does.
std::string NameOfMask(const std::filesystem::path& path, MaskCache* cache = nullptr);

/// Reads an image whose nonzero pixels (by rules 1 and 2; JPEG: at least one half) are to be
/// ignored, or those of labels as above. Returns 1 where ignored, else 0. Throws as LoadMask does.
ImageF LoadIgnore(const std::filesystem::path& path, std::optional<ImageSize> expected = {},
                  MaskCache* cache = nullptr);

/// Writes coverage as an 8-bit gray PNG (round(255·v), v clamped to [0, 1]), whole or not at all.
/// Throws InputError.
void SaveMask(const std::filesystem::path& path, const ImageF& mask);

}  // namespace ceres_align
