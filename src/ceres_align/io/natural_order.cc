#include "ceres_align/io/natural_order.h"

#include <cctype>

namespace ceres_align {
namespace {

bool IsDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// Without leading zeros; *at moves behind it.
std::string TakeDigits(const std::string& text, size_t* at) {
  size_t begin = *at;
  while (*at < text.size() && IsDigit(text[*at])) ++*at;
  while (begin + 1 < *at && text[begin] == '0') ++begin;
  return text.substr(begin, *at - begin);
}

}  // namespace

bool NaturallyBefore(const std::string& a, const std::string& b) {
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!IsDigit(a[i]) || !IsDigit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    const std::string x = TakeDigits(a, &i), y = TakeDigits(b, &j);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;
}

}  // namespace ceres_align
