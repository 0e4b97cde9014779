#include "ceres_align/scene/image_outline.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ceres_align {

template <typename T>
std::vector<OutlinePoint> OutlineOf(const Image<T>& image, const ImageF& weight) {
  std::vector<OutlinePoint> points;
  const size_t width = image.width;
  const auto add = [&](size_t i, size_t next, int c, int r, int dc, int dr) {
    if (!weight.empty() && (weight.pixels[i] == 0 || weight.pixels[next] == 0)) return;
    const double a = image.pixels[i] - 0.5, b = image.pixels[next] - 0.5;
    const double s = a / (a - b);
    points.push_back({static_cast<float>(c + 0.5 + s * dc), static_cast<float>(r + 0.5 + s * dr)});
  };
  for (int r = 0; r < image.height; ++r) {
    const T* row = &image.pixels[r * width];
    const T* below = r + 1 < image.height ? row + width : row;
    bool inside = row[0] >= T(0.5);
    for (int c = 0; c < image.width; ++c) {
      const bool next = c + 1 < image.width ? row[c + 1] >= T(0.5) : inside;
      const size_t i = r * width + c;
      if (next != inside) add(i, i + 1, c, r, 1, 0);
      if ((below[c] >= T(0.5)) != inside) add(i, i + width, c, r, 0, 1);
      inside = next;
    }
  }
  return points;
}

template std::vector<OutlinePoint> OutlineOf<float>(const Image<float>&, const ImageF&);
template std::vector<OutlinePoint> OutlineOf<double>(const Image<double>&, const ImageF&);

std::vector<size_t> Specks(const ImageF& image, const std::vector<OutlinePoint>& outline) {
  const size_t width = image.width;
  std::vector<size_t> specks, piece;
  const auto inside = [&](size_t i) { return image.pixels[i] >= 0.5f; };
  const auto try_from = [&](size_t start) {
    piece.assign(1, start);
    for (size_t k = 0; k < piece.size(); ++k) {
      if (piece.size() > kSpeckPixels) return;
      const size_t i = piece[k];
      const auto visit = [&](bool in_frame, size_t next) {
        if (!in_frame || inside(next) != inside(start)) return;
        if (std::find(piece.begin(), piece.end(), next) == piece.end()) piece.push_back(next);
      };
      visit(i % width > 0, i - 1);
      visit(i % width + 1 < width, i + 1);
      visit(i >= width, i - width);
      visit(i + width < image.pixels.size(), i + width);
    }
    specks.insert(specks.end(), piece.begin(), piece.end());
  };
  for (const OutlinePoint& p : outline) {
    const int c = std::clamp(static_cast<int>(p.x - 0.25), 0, image.width - 1);
    const int r = std::clamp(static_cast<int>(p.y - 0.25), 0, image.height - 1);
    const int c1 = std::min(c + 1, image.width - 1), r1 = std::min(r + 1, image.height - 1);
    for (int y : {r, r1}) {
      for (int x : {c, c1}) try_from(y * width + x);
    }
  }
  std::sort(specks.begin(), specks.end());
  specks.erase(std::unique(specks.begin(), specks.end()), specks.end());
  return specks;
}

bool OnSpeck(const ImageF& image, const std::vector<size_t>& specks, const OutlinePoint& p) {
  if (specks.empty()) return false;
  const auto at = [&](double x, double y) {
    const int c = std::clamp(static_cast<int>(x), 0, image.width - 1);
    const int r = std::clamp(static_cast<int>(y), 0, image.height - 1);
    return std::binary_search(specks.begin(), specks.end(),
                              static_cast<size_t>(r) * image.width + c);
  };
  return at(p.x - 0.5, p.y) || at(p.x + 0.5, p.y) || at(p.x, p.y - 0.5) || at(p.x, p.y + 0.5);
}

NearestPoint::NearestPoint(const std::vector<OutlinePoint>& points, int width_px, int height_px)
    : columns_(width_px / kCell + 1), rows_(height_px / kCell + 1) {
  const auto cell_of = [&](const OutlinePoint& p) {
    return static_cast<int>(p.y) / kCell * columns_ + static_cast<int>(p.x) / kCell;
  };
  begin_.assign(static_cast<size_t>(columns_) * rows_ + 1, 0);
  for (const OutlinePoint& p : points) ++begin_[cell_of(p) + 1];
  for (size_t i = 1; i < begin_.size(); ++i) begin_[i] += begin_[i - 1];
  points_.resize(points.size());
  std::vector<int> next(begin_.begin(), begin_.end() - 1);
  for (const OutlinePoint& p : points) points_[next[cell_of(p)]++] = p;
}

// Rings of cells until none farther out can be nearer.
double NearestPoint::Squared(const OutlinePoint& p, double most_px) const {
  const int c = static_cast<int>(p.x) / kCell, r = static_cast<int>(p.y) / kCell;
  double best = std::numeric_limits<double>::infinity();
  const int rings = std::max(columns_, rows_);
  for (int ring = 0; ring <= rings; ++ring) {
    const double nearest = (ring - 1) * kCell;
    if (ring > 0 && nearest > 0 && (nearest * nearest > best || nearest > most_px)) break;
    for (int y = r - ring; y <= r + ring; ++y) {
      const bool whole = y == r - ring || y == r + ring;
      for (int x = c - ring; x <= c + ring; x += whole ? 1 : std::max(1, 2 * ring)) {
        Visit(x, y, p, &best);
      }
    }
  }
  return best;
}

void NearestPoint::Visit(int x, int y, const OutlinePoint& p, double* best) const {
  if (x < 0 || y < 0 || x >= columns_ || y >= rows_) return;
  const int cell = y * columns_ + x;
  for (int i = begin_[cell]; i < begin_[cell + 1]; ++i) {
    const double dx = points_[i].x - p.x, dy = points_[i].y - p.y;
    *best = std::min(*best, dx * dx + dy * dy);
  }
}

namespace {

// From here on a point is not of the outline, and within it it may be of a speck's; px.
constexpr double kOfSpeck_px = 1.5;

// Moves those on specks to the end; returns where they begin.
std::vector<OutlinePoint>::iterator SpecksToTheEnd(const ImageF& mask,
                                                   std::vector<OutlinePoint>* all) {
  const std::vector<size_t> specks = Specks(mask, *all);
  return std::stable_partition(all->begin(), all->end(),
                               [&](const OutlinePoint& p) { return !OnSpeck(mask, specks, p); });
}

}  // namespace

MaskOutline::MaskOutline(const ImageF& mask, const ImageF& weight)
    : MaskOutline(mask, OutlineOf(mask, weight)) {}

MaskOutline::MaskOutline(const ImageF& mask, std::vector<OutlinePoint> all)
    : mask_(mask),
      points_(all.begin(), SpecksToTheEnd(mask, &all)),
      nearest_(points_, mask.width, mask.height),
      nearest_speck_({all.begin() + static_cast<std::ptrdiff_t>(points_.size()), all.end()},
                     mask.width, mask.height) {}

double MaskOutline::SignedDistance_px(const OutlinePoint& p, double most_px) const {
  const double distance = std::min(most_px, std::sqrt(nearest_.Squared(p, most_px)));
  return Bilinear(mask_, p.x, p.y) >= 0.5 ? distance : -distance;
}

double MaskOutline::SignedDistanceWithHoles_px(const OutlinePoint& p, double most_px) const {
  const double distance = SignedDistance_px(p, most_px);
  if (std::abs(distance) < kOfSpeck_px) return distance;
  const double to_speck = std::sqrt(nearest_speck_.Squared(p, kOfSpeck_px));
  return to_speck < kOfSpeck_px ? std::copysign(to_speck, distance) : distance;
}

}  // namespace ceres_align
