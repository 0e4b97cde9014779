#include "ceres_align/io/coco_masks.h"

#include <cmath>

#include "ceres_align/io/coco_rle.h"
#include "ceres_align/io/json_object.h"
#include "ceres_align/io/label_image.h"
#include "ceres_align/io/polygon_coverage.h"
#include "ceres_align/io/raster_file.h"
#include "ceres_align/io/text.h"

namespace ceres_align::io_internal {
namespace {

// Of a coordinate, outside the image too.
constexpr double kMostCoordinate_px = 1e6;

int WholeNumber(const json& value, const std::string& place, int64_t most) {
  const double number = ObjectReader::Number(value, place);
  if (number >= 0 && number <= static_cast<double>(most) && number == std::floor(number)) {
    return static_cast<int>(number);
  }
  Fail(place, " is ", Shown(value.dump(), 30), "; it must be a whole number from 0 to ", most);
}

ImageSize CheckedSize(const json& width, const json& height, const std::string& place,
                      const char* width_key, const char* height_key) {
  const ImageSize size = {WholeNumber(width, place + width_key, kMaxImagePixels),
                          WholeNumber(height, place + height_key, kMaxImagePixels)};
  CheckPixelCount(size.width_px, size.height_px, place);
  return size;
}

// One of an annotation's two kinds of segmentation, checked but not drawn.
struct Segmentation {
  std::vector<int64_t> runs;
  std::vector<Polygon> polygons;
  std::optional<ImageSize> size;  // RLE has one
};

Polygon ReadPolygon(const json& value, const std::string& place) {
  const std::vector<double> numbers = ReadList(value, place);
  if (numbers.size() < 6 || numbers.size() % 2 != 0) {
    Fail(place, " has ", numbers.size(), " numbers; a polygon has x and y of at least 3 corners");
  }
  Polygon polygon;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (std::abs(numbers[i]) > kMostCoordinate_px) {
      Fail(place, "[", i, "] is ", numbers[i], ", which is no coordinate in px");
    }
    if (i % 2 == 1) polygon.push_back({numbers[i - 1], numbers[i]});
  }
  return polygon;
}

void ReadRle(const json& value, const std::string& place, Segmentation* out) {
  ObjectReader reader(value, place);
  const json& size = reader.Required("size");
  const std::string size_place = reader.Place("size");
  if (!size.is_array() || size.size() != 2) {
    Fail(size_place, " must be two numbers, height and width");
  }
  out->size = CheckedSize(size[1], size[0], size_place, "[1]", "[0]");
  const int64_t pixels = int64_t{out->size->width_px} * out->size->height_px;
  const json& counts = reader.Required("counts");
  const std::string counts_place = reader.Place("counts");
  if (counts.is_string()) {
    out->runs = ParseRleText(counts.get_ref<const std::string&>(), pixels, counts_place);
  } else if (counts.is_array()) {
    for (size_t i = 0; i < counts.size(); ++i) {
      out->runs.push_back(WholeNumber(counts[i], Cat(counts_place, "[", i, "]"), pixels));
    }
  } else {
    Fail(counts_place, " must be a list or a string, it is ", ObjectReader::TypeOf(counts));
  }
  CheckRuns(out->runs, out->size->width_px, out->size->height_px, counts_place);
}

Segmentation ReadSegmentation(const json& annotation, const std::string& place_of_annotation) {
  const std::string place = place_of_annotation + ".segmentation";
  const auto found = annotation.find("segmentation");
  if (found == annotation.end()) Fail(place, " is missing");
  Segmentation segmentation;
  if (found->is_object()) {
    ReadRle(*found, place, &segmentation);
    return segmentation;
  }
  if (!found->is_array()) {
    Fail(place, " must be a list of polygons or an RLE, it is ", ObjectReader::TypeOf(*found));
  }
  if (found->empty()) Fail(place, " is empty; there is a box at most, which is no mask");
  for (size_t i = 0; i < found->size(); ++i) {
    segmentation.polygons.push_back(ReadPolygon((*found)[i], Cat(place, "[", i, "]")));
  }
  return segmentation;
}

struct Loaded {
  const CocoFile& file;
  CocoSelection selection;
  std::vector<Segmentation> segmentations = {};
  std::optional<ImageSize> size = {};  // nothing says it: a list of polygons
  std::string size_place = {};
};

// The image's size and every RLE's must be the same.
void TakeSize(ImageSize size, const std::string& place, Loaded* loaded) {
  if (loaded->size &&
      (loaded->size->width_px != size.width_px || loaded->size->height_px != size.height_px)) {
    Fail(place, " is ", size.width_px, "x", size.height_px, " pixels (width x height), but ",
         loaded->size_place.substr(loaded->file.name.size() + 2), " is ", loaded->size->width_px,
         "x", loaded->size->height_px);
  }
  if (loaded->size) return;
  loaded->size = size;
  loaded->size_place = place;
}

Loaded Load(const CocoFile& file, std::string_view selection) {
  Loaded loaded{file, SelectCoco(file, selection)};
  if (loaded.selection.image >= 0) {
    const std::string place = Cat(loaded.file.name, ": images[", loaded.selection.image, "]");
    ObjectReader image(file.document.at("images")[loaded.selection.image], place);
    TakeSize(
        CheckedSize(image.Required("width"), image.Required("height"), place, ".width", ".height"),
        place, &loaded);
  }
  for (const size_t i : loaded.selection.annotations) {
    const std::string place = loaded.file.Place(i);
    loaded.segmentations.push_back(ReadSegmentation(loaded.file.annotations()[i], place));
    const Segmentation& last = loaded.segmentations.back();
    if (last.size) TakeSize(*last.size, place + ".segmentation.size", &loaded);
  }
  return loaded;
}

}  // namespace

ImageF LoadCocoMask(const CocoFile& file, std::string_view selection,
                    std::optional<ImageSize> expected, std::string* warning) {
  Loaded loaded = Load(file, selection);
  if (!loaded.size) loaded.size = expected;
  if (!loaded.size) {
    Fail(loaded.file.Place(loaded.selection.annotations.at(0)),
         ".segmentation has polygons, and a list of results has no image's size; give it");
  }
  CheckImageSize(*loaded.size, expected, loaded.size_place);
  if (loaded.segmentations.empty()) {
    *warning = "is empty: image " + Shown(loaded.selection.image_text) + " has no annotation";
  }
  ImageF mask(loaded.size->width_px, loaded.size->height_px);
  for (const Segmentation& segmentation : loaded.segmentations) {
    AddRuns(segmentation.runs, &mask);
    for (const Polygon& polygon : segmentation.polygons) AddPolygon(polygon, &mask);
  }
  return mask;
}

ImageSize CocoImageSize(const CocoFile& file, std::string_view selection) {
  const Loaded loaded = Load(file, selection);
  if (loaded.size) return *loaded.size;
  Fail(loaded.file.Place(loaded.selection.annotations.at(0)),
       ".segmentation has polygons, and a list of results has no image's size; give --image_size "
       "or a scene");
}

}  // namespace ceres_align::io_internal
