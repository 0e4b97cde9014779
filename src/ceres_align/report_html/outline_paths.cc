#include "ceres_align/report_html/outline_paths.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <unordered_map>

namespace ceres_align::report_html_internal {
namespace {

constexpr int kMostSkipped = 40;

// Between pixel (c, r) and its right neighbour 2·(r·width + c), its lower one that + 1.
using Edge = int64_t;

class Tracer {
 public:
  explicit Tracer(const ImageF& image) : image_(image) {
    for (int r = 0; r + 1 < image.height; ++r) {
      const float *row = image.row(r), *below = image.row(r + 1);
      bool a = Inside(row[0]), e = Inside(below[0]);
      for (int c = 0; c + 1 < image.width; ++c) {
        const bool b = Inside(row[c + 1]), d = Inside(below[c + 1]);
        if (a != b || a != d || a != e) AddCell(c, r, a, b, d, e);
        a = b;
        e = d;
      }
    }
  }

  std::vector<OutlinePath> Paths() {
    std::vector<OutlinePath> paths;
    for (const bool open : {true, false}) {
      for (const Edge edge : order_) {
        const Node& node = nodes_.at(edge);
        if (!node.visited && (!open || node.count == 1)) paths.push_back(Walk(edge));
      }
    }
    return paths;
  }

 private:
  struct Node {
    std::array<Edge, 2> next{};
    int count = 0;
    bool visited = false;
  };
  static bool Inside(float value) { return value >= 0.5f; }

  void AddCell(int c, int r, bool a, bool b, bool d, bool e) {
    const int64_t i = int64_t{r} * image_.width + c;
    const Edge top = 2 * i, left = 2 * i + 1, right = 2 * (i + 1) + 1,
               bottom = 2 * (i + image_.width);
    if (a == d && b == e) {  // a saddle
      const float mean =
          (image_.at(c, r) + image_.at(c + 1, r) + image_.at(c, r + 1) + image_.at(c + 1, r + 1)) /
          4;
      const bool a_joins_d = Inside(mean) == a;
      Join(top, a_joins_d ? right : left);
      Join(bottom, a_joins_d ? left : right);
      return;
    }
    std::array<Edge, 2> crossed{};
    int count = 0;
    if (a != b) crossed[count++] = top;
    if (a != e) crossed[count++] = left;
    if (b != d) crossed[count++] = right;
    if (d != e) crossed[count++] = bottom;
    Join(crossed[0], crossed[1]);
  }

  void Join(Edge one, Edge other) {
    for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)}) {
      const auto [place, is_new] = nodes_.try_emplace(from);
      if (is_new) order_.push_back(from);
      place->second.next[place->second.count++] = to;
    }
  }

  OutlinePath Walk(Edge first) {
    OutlinePath path;
    Edge edge = first;
    while (true) {
      Node& node = nodes_.at(edge);
      node.visited = true;
      path.push_back(PointOn(edge));
      bool found = false;
      for (int k = 0; k < node.count && !found; ++k) {
        if (nodes_.at(node.next[k]).visited) continue;
        edge = node.next[k];
        found = true;
      }
      if (!found) break;
    }
    if (path.size() > 2 && nodes_.at(first).count == 2) path.push_back(path.front());
    return path;
  }

  OutlinePoint PointOn(Edge edge) const {
    const int64_t i = edge / 2;
    const int c = static_cast<int>(i % image_.width), r = static_cast<int>(i / image_.width);
    const bool down = edge % 2 == 1;
    const float a = image_.at(c, r) - 0.5f;
    const float b = (down ? image_.at(c, r + 1) : image_.at(c + 1, r)) - 0.5f;
    const float s = a / (a - b);
    return {c + 0.5f + (down ? 0 : s), r + 0.5f + (down ? s : 0)};
  }

  const ImageF& image_;
  std::unordered_map<Edge, Node> nodes_;
  std::vector<Edge> order_;
};

double FromLine(const OutlinePoint& p, const OutlinePoint& a, const OutlinePoint& b) {
  const double ux = b.x - a.x, uy = b.y - a.y, px = p.x - a.x, py = p.y - a.y;
  const double length2 = ux * ux + uy * uy;
  const double s = length2 > 0 ? std::clamp((px * ux + py * uy) / length2, 0.0, 1.0) : 0;
  return std::hypot(px - s * ux, py - s * uy);
}

}  // namespace

std::vector<OutlinePath> TraceOutline(const ImageF& coverage) {
  if (coverage.width < 2 || coverage.height < 2) return {};
  return Tracer(coverage).Paths();
}

OutlinePath Thinned(const OutlinePath& path, double tolerance_px) {
  OutlinePath kept;
  for (size_t from = 0; from < path.size();) {
    kept.push_back(path[from]);
    size_t to = from + 1;
    const auto near = [&](size_t end) {
      for (size_t k = from + 1; k < end; ++k) {
        if (FromLine(path[k], path[from], path[end]) > tolerance_px) return false;
      }
      return true;
    };
    while (to + 1 < path.size() && to - from < kMostSkipped && near(to + 1)) ++to;
    from = to;
  }
  return kept;
}

}  // namespace ceres_align::report_html_internal
