#include "ceres_align/render/inner_mask.h"

#include <algorithm>
#include <cmath>

#include "ceres_align/render/for_each_cpu.h"

namespace ceres_align {
namespace {

// A ball's outline in the image. A line of sight d = (X, Y, 1) meets a ball with centre C and
// radius ρ where (C·d)² >= (|C|² − ρ²)|d|². With g = C_y Y + C_z and A = C_y² + C_z² − ρ² that is
// X in [C_x g ± √((|C|² − ρ²)(g² − A(1 + Y²)))] / A.
struct Ellipse {
  double cx, cy, cz, far2, a, inv_a;  // far2: |C|² − ρ²
};

CA_FOR_EACH_CPU
void MeetLines(const Ellipse& e, const ViewGeometry& view, int first, int n,
               double* __restrict left, double* __restrict right) {
  const double inv_fy = 1.0 / view.fy_px, cy_px = view.cy_px, fx = view.fx_px, cx_px = view.cx_px;
  for (int i = 0; i < n; ++i) {
    const double y = (first + i - cy_px) * inv_fy;
    const double g = e.cy * y + e.cz;
    const double s2 = e.far2 * (g * g - e.a * (1 + y * y));
    const double s = std::sqrt(s2 > 0 ? s2 : 0.0);
    left[i] = fx * ((e.cx * g - s) * e.inv_a) + cx_px;
    right[i] = fx * ((e.cx * g + s) * e.inv_a) + cx_px;
  }
}

// The parts between an ellipse's sides in rows [0, n), between lines 0 to n; none where end <=
// begin. The ellipse is convex: what is inside on both lines of a row is inside between them.
CA_FOR_EACH_CPU
void PartsOfRows(const double* __restrict left, const double* __restrict right, int n, double width,
                 int32_t* __restrict begin, int32_t* __restrict end) {
  constexpr double kParts = InnerMask::kParts;
  for (int i = 0; i < n; ++i) {
    const double l0 = left[i], l1 = left[i + 1], r0 = right[i], r1 = right[i + 1];
    double from = l0 > l1 ? l0 : l1, to = r0 < r1 ? r0 : r1;
    from = from > 0 ? from : 0;
    from = kParts * (from < width ? from : width);
    to = to > 0 ? to : 0;
    to = kParts * (to < width ? to : width);
    const int32_t floor = static_cast<int32_t>(from);
    begin[i] = floor + (floor < from ? 1 : 0);
    end[i] = static_cast<int32_t>(to);
  }
}

}  // namespace

void InnerMask::SetBits(int row, int begin, int end) {
  uint64_t* word = MutableRow(row);
  const int first = begin / 64, last = (end - 1) / 64;
  WordRange& drawn = drawn_[window_ == 1 ? row : row / window_];
  drawn = {std::min(drawn.begin, first), std::max(drawn.end, last + 1)};
  const uint64_t from = ~uint64_t{0} << (begin % 64), to = ~uint64_t{0} >> (63 - (end - 1) % 64);
  if (first == last) {
    word[first] |= from & to;
    return;
  }
  word[first] |= from;
  for (int i = first + 1; i < last; ++i) word[i] = ~uint64_t{0};
  word[last] |= to;
}

// Sets what is new: large balls overlap.
void InnerMask::AddRun(int row, int begin, int end) {
  Run& run = runs_[row];
  if ((begin >= run.begin) & (end <= run.end)) return;
  if ((begin > run.end) | (end < run.begin)) {
    SetBits(row, begin, end);
    if (end - begin > run.end - run.begin) run = {begin, end};
    return;
  }
  if (begin < run.begin) SetBits(row, begin, run.begin);
  if (end > run.end) SetBits(row, run.end, end);
  run = {std::min(begin, run.begin), std::max(end, run.end)};
}

void InnerMask::DrawBall(const InnerBall& ball, const ViewGeometry& view) {
  const Vec3 c = view.cam_from_object * ball.center + view.center_in_cam;
  const double r2 = ball.radius * ball.radius;
  if (!(c.z > ball.radius)) return;
  Ellipse e{c.x, c.y, c.z, Dot(c, c) - r2, c.y * c.y + c.z * c.z - r2, 0};
  e.inv_a = 1 / e.a;
  // The same formula with x and y exchanged, over all X.
  const double b = c.z * c.z - r2;
  const double s = std::sqrt(std::max(0.0, c.y * c.y * c.z * c.z - b * (e.a - c.z * c.z)));
  const double top = view.fy_px * ((c.y * c.z - s) / b) + view.cy_px;
  const double bottom = view.fy_px * ((c.y * c.z + s) / b) + view.cy_px;
  if (!(bottom > 0) || !(top < view.height_px)) return;
  const int first = static_cast<int>(std::ceil(std::max(top, 0.0)));
  const int last = static_cast<int>(std::min(bottom, static_cast<double>(view.height_px)));
  const int n = last - first + 1;  // lines first … last bound n − 1 rows
  if (n < 2) return;
  MeetLines(e, view, first, n, left_.data(), right_.data());
  PartsOfRows(left_.data(), right_.data(), n - 1, view.width_px, begin_.data(), end_.data());
  for (int i = 0; i + 1 < n; ++i) {
    const int row = first + i;
    if (window_ > 1 && row % window_ != window_ / 2) continue;
    if (begin_[i] < end_[i]) AddRun(row, begin_[i], end_[i]);
  }
}

void InnerMask::ClearBox(const OpeningBox& box, const ViewGeometry& view) {
  double low_x = view.width_px, high_x = 0, low_y = view.height_px, high_y = 0;
  for (int corner = 0; corner < 8; ++corner) {
    const Vec3 p{(corner & 1) != 0 ? box.high.x : box.low.x,
                 (corner & 2) != 0 ? box.high.y : box.low.y,
                 (corner & 4) != 0 ? box.high.z : box.low.z};
    const Vec3 q = view.cam_from_object * p + view.center_in_cam;
    if (!(q.z > view.near_z)) {  // a box may reach farther than its mesh
      is_empty_ = true;
      return;
    }
    const double x = view.fx_px * q.x / q.z + view.cx_px, y = view.fy_px * q.y / q.z + view.cy_px;
    low_x = std::min(low_x, x);
    high_x = std::max(high_x, x);
    low_y = std::min(low_y, y);
    high_y = std::max(high_y, y);
  }
  const double width = view.width_px, height = view.height_px;
  const int top = static_cast<int>(std::clamp(std::floor(low_y - 0.01), 0.0, height));
  const int bottom = static_cast<int>(std::clamp(std::ceil(high_y + 0.01), 0.0, height));
  const int begin = kParts * static_cast<int>(std::clamp(std::floor(low_x - 0.01), 0.0, width));
  const int end = kParts * static_cast<int>(std::clamp(std::ceil(high_x + 0.01), 0.0, width));
  for (int row = top; row < bottom; ++row) {
    if (window_ > 1 && row % window_ != window_ / 2) continue;
    uint64_t* word = bits_.data() + static_cast<size_t>(row / window_) * words_;
    for (int i = begin; i < end; ++i) word[i / 64] &= ~(uint64_t{1} << (i % 64));
  }
}

void InnerMask::Draw(const InnerBalls& inner, const ViewGeometry& view) {
  is_empty_ = inner.balls.empty();
  if (is_empty_) return;
  window_ = view.window;
  Resize((static_cast<size_t>(view.width_px) * kParts + 63) / 64, view.height_px / window_ + 1);
  runs_.assign(view.height_px, {0, 0});
  const size_t lines = static_cast<size_t>(view.height_px) + 2;
  left_.resize(lines);
  right_.resize(lines);
  begin_.resize(lines);
  end_.resize(lines);
  for (const InnerBall& ball : inner.balls) DrawBall(ball, view);
  for (const OpeningBox& box : inner.openings) ClearBox(box, view);
  KeepParts();
}

void InnerMask::Resize(size_t words, size_t rows) {
  if (words == words_ && drawn_.size() == rows) {
    for (size_t r = 0; r < rows; ++r) {
      uint64_t* word = bits_.data() + r * words_;
      for (int i = drawn_[r].begin; i < drawn_[r].end; ++i) word[i] = 0;
    }
  } else {
    words_ = words;
    bits_.assign(words * rows, 0);
  }
  drawn_.assign(rows, {static_cast<int>(words), 0});
}

// Clears what is neither on its pixel's left side nor on its right side.
void InnerMask::KeepParts() {
  constexpr uint64_t kFirst = 0x1111111111111111u;
  for (size_t r = 0; r < drawn_.size(); ++r) {
    uint64_t* words = bits_.data() + r * words_;
    for (int i = drawn_[r].begin; i < drawn_[r].end; ++i) {
      const uint64_t word = words[i];
      const uint64_t b0 = word & kFirst, b1 = word >> 1 & kFirst, b2 = word >> 2 & kFirst,
                     b3 = word >> 3 & kFirst;
      words[i] = b0 | (b1 & (b0 | (b2 & b3))) << 1 | (b2 & (b3 | (b0 & b1))) << 2 | b3 << 3;
    }
  }
}

}  // namespace ceres_align
