#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ceres_align/base/image.h"
#include "ceres_align/base/late_library.h"
#include "ceres_align/base/text.h"

namespace ceres_align {
namespace {

TEST(Text, FormatGivesTheWholeTextWhateverItsLength) {
  EXPECT_EQ(Format("%d of %s", 3, "four"), "3 of four");
  EXPECT_EQ(Format("%s", ""), "");
  const std::string text(5000, 'x');
  EXPECT_EQ(Format("<%s>%.3f", text.c_str(), 0.5), "<" + text + ">0.500");
}

TEST(Text, ShownEscapesWhatBreaksALine) {
  EXPECT_EQ(Shown("a b/\"c\".obj"), "a b/\"c\".obj");
  EXPECT_EQ(Shown("a\nb\tc\r\x1b[31m\x7f"), "a\\nb\\tc\\r\\x1b[31m\\x7f");
  EXPECT_EQ(Shown(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(Shown("gr\xc3\xbc\xc3\x9f \xe4\xb8\xad \xf0\x9f\x90\x93"),
            "gr\xc3\xbc\xc3\x9f \xe4\xb8\xad \xf0\x9f\x90\x93");
  EXPECT_EQ(Shown("\xc3"), "\\xc3");                    // cut off
  EXPECT_EQ(Shown("\xc0\xaf\xff"), "\\xc0\\xaf\\xff");  // no UTF-8
  EXPECT_EQ(Shown("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(Shown("a\xe2\x80\xa8"
                  "b"),
            "a\\xe2\\x80\\xa8"
            "b");                              // U+2028, line separator
  EXPECT_EQ(Shown("\xc2\x85"), "\\xc2\\x85");  // C1: next line
}

TEST(Text, LongTextIsShortened) {
  const std::string path = "/first/" + std::string(4000, 'd') + "/last.obj";
  const std::string shown = Shown(path);
  EXPECT_EQ(shown.size(), 123u);
  EXPECT_EQ(shown.substr(0, 8), "/first/d");
  EXPECT_EQ(shown.substr(shown.size() - 9), "/last.obj");
  EXPECT_EQ(Shown(std::string(120, 'x')), std::string(120, 'x'));
  EXPECT_EQ(Shown(std::string(121, 'x')).size(), 123u);
  EXPECT_EQ(Quoted(std::string(3000, 'x')), '"' + std::string(40, 'x') + "...\"");
  EXPECT_EQ(Quoted(std::string(40, 'x')), '"' + std::string(40, 'x') + '"');
  // Every byte escaped, and no escape or character is cut in two.
  EXPECT_EQ(Quoted(std::string(3000, '\x01')).size(), 2 + 40 + 3u);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "\xe4\xb8\xad";
  EXPECT_EQ(Quoted(many), '"' + many.substr(0, 39) + "...\"");
  EXPECT_EQ(Shown(many), many.substr(0, 39) + "..." + many.substr(0, 78));
}

TEST(Bilinear, IsExactBetweenPixelCentres) {
  ImageF image(3, 2);
  const auto ramp = [](double x, double y) { return 0.25 * x - 0.5 * y + 0.125 * x * y; };
  for (int r = 0; r < 2; ++r) {
    for (int c = 0; c < 3; ++c) image.at(c, r) = static_cast<float>(ramp(c + 0.5, r + 0.5));
  }
  for (double y : {0.5, 0.75, 1.5}) {
    for (double x : {0.5, 0.8125, 1.5, 2.25, 2.5}) {
      EXPECT_DOUBLE_EQ(Bilinear(image, x, y), ramp(x, y)) << x << " " << y;
      EXPECT_DOUBLE_EQ(Bilinear(image, x, y, Outside::kZero), ramp(x, y)) << x << " " << y;
    }
  }
}

TEST(Bilinear, OutsideIsTheBorderOrZero) {
  ImageF image(2, 2, 1.0f);
  image.at(1, 1) = 3;
  EXPECT_EQ(Bilinear(image, -7, -1e300), 1);
  EXPECT_EQ(Bilinear(image, 1e300, 9), 3);
  EXPECT_EQ(Bilinear(image, 0.25, 0.5, Outside::kZero), 0.75);
  EXPECT_EQ(Bilinear(image, 0, 0, Outside::kZero), 0.25);
  EXPECT_EQ(Bilinear(image, 2.25, 1.5, Outside::kZero), 0.75);
  EXPECT_EQ(Bilinear(image, -0.5, 0.5, Outside::kZero), 0);
  EXPECT_EQ(Bilinear(image, 1e300, 1, Outside::kZero), 0);
  EXPECT_TRUE(std::isnan(Bilinear(image, std::numeric_limits<double>::quiet_NaN(), 1)));
}

TEST(LateLibrary, GivesFunctionsOfALibraryThatThereIsAndNullElse) {
  auto* hypotenuse = reinterpret_cast<double (*)(double, double)>(LateSymbol("libm.so.6", "hypot"));
  ASSERT_NE(hypotenuse, nullptr);
  EXPECT_EQ(hypotenuse(3, 4), 5);
  EXPECT_EQ(LateSymbol("libm.so.6", "no_such_function"), nullptr);
  EXPECT_EQ(LateSymbol("libno_such_library.so.6", "hypot"), nullptr);
}

}  // namespace
}  // namespace ceres_align
