// .npy files: numpy's own bytes in and out, and what is refused.
#include <gtest/gtest.h>

#include "ceres_align/io/npy.h"
#include "io_testing.h"

namespace ceres_align {
namespace {

using testing::Contains;
using testing::ErrorOf;
using testing::TempFolder;

std::string Bytes(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// A file with this header and data, version 1.
std::string Npy(const std::string& header, const std::string& data) {
  std::string bytes = std::string("\x93NUMPY\x01", 7) + '\0';
  bytes += static_cast<char>(header.size());
  bytes += '\0';
  return bytes + header + data;
}

const std::string kBlanks(58, '\x20');

TEST(IoNpy, ReadsNumpysOwnFiles) {
  // np.save of float32 [[1, 2, 3], [4, 5, 6]] by numpy 1.24.2.
  const std::string floats = std::string("\x93NUMPY\x01\0\x76\0", 10) +
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" +
                             kBlanks + "\n" +
                             Bytes("0000803f0000004000004040000080400000a0400000c040");
  const Eigen::MatrixXd a = MatrixFromNpy(ParseNpy(floats, "a.npy"), "a.npy");
  const Eigen::MatrixXd expected = (Eigen::MatrixXd(2, 3) << 1, 2, 3, 4, 5, 6).finished();
  EXPECT_EQ(a, expected);
  // write_array of float64 in Fortran order, version (2, 0).
  const std::string doubles =
      std::string("\x93NUMPY\x02\0\x74\0\0\0", 12) +
      "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }" + std::string(57, ' ') + "\n" +
      Bytes(
          "000000000000f83f0000000000001040000000000000004000000000000014400000000000000840"
          "0000000000001840");
  const Eigen::MatrixXd b = MatrixFromNpy(ParseNpy(doubles, "b.npy"), "b.npy");
  EXPECT_EQ(b, (Eigen::MatrixXd(2, 3) << 1.5, 2, 3, 4, 5, 6).finished());
}

TEST(IoNpy, WritesWhatNumpyWrites) {
  const NpyArray array{{2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}};
  const std::string numpys = std::string("\x93NUMPY\x01\0\x76\0", 10) +
                             "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" +
                             kBlanks + "\n" +
                             Bytes("0000803f0000004000004040000080400000a0400000c040");
  EXPECT_EQ(NpyBytes(array), numpys);
}

TEST(IoNpy, EveryTypeComesBack) {
  const TempFolder folder;
  const std::vector<NpyArray> arrays = {{{3}, std::vector<float>{1.5f, -2, 3}},
                                        {{1, 2}, std::vector<double>{0.1, 1e300}},
                                        {{2}, std::vector<uint8_t>{0, 255}},
                                        {{2, 1}, std::vector<int32_t>{-7, 1 << 30}},
                                        {{1}, std::vector<int64_t>{-(int64_t{1} << 60)}},
                                        {{0, 4}, std::vector<double>{}}};
  for (const NpyArray& array : arrays) {
    WriteNpy(folder / "a.npy", array);
    const NpyArray back = ReadNpy(folder / "a.npy");
    EXPECT_EQ(back.shape, array.shape);
    EXPECT_EQ(back.values, array.values);
  }
}

TEST(IoNpy, BadFilesAreNamed) {
  const std::string good = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }\n";
  EXPECT_NO_THROW(ParseNpy(Npy(good, std::string(8, '\0')), "a.npy"));
  const auto expect = [](const std::string& bytes, const std::string& part) {
    const std::string message = ErrorOf([&] { ParseNpy(bytes, "a.npy"); });
    EXPECT_PRED2(Contains, message, "a.npy: ");
    EXPECT_PRED2(Contains, message, part);
  };
  expect("", "no .npy file");
  expect("\x93NUMPY\x01", "ends in its header");
  expect(Npy(good, "").substr(0, 30), "ends in its header");
  expect(Npy(good, "1234567"), "do not match the 7 bytes");
  expect(Npy(good, "123456789"), "do not match the 9 bytes");
  const auto with = [](const std::string& descr, const std::string& shape) {
    return Npy("{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + ", }", "");
  };
  expect(with("'>f8'", "(1,)"), "\">f8\"");
  expect(with("'<c16'", "(1,)"), "\"<c16\"");
  expect(with("'|O'", "(1,)"), "\"|O\"");
  expect(with("[('x', '<f8')]", "(1,)"), "records");
  expect(with("'<f8'", "()"), "0 dimensions");
  expect(with("'<f8'", "(1, 2, 3)"), "3 dimensions");
  expect(with("'<f8'", "(-1, 2)"), "header cannot be read");
  expect(with("'<f8'", "(9999999999999999999999, 2)"), "too large");
  expect(with("'<f8'", "(1099511627776, 1099511627776)"), "do not match");
  expect(Npy("{'descr': '<f8'}", ""), "lacks");
  expect(Npy("{'descr': '<f8', 'colour': 1}", ""), "\"colour\"");
  expect(Npy("{'descr': '<f8", ""), "header cannot be read");
}

TEST(IoNpy, MatricesNeedTwoDimensionsOfFloats) {
  EXPECT_PRED2(Contains, ErrorOf([] {
                 MatrixFromNpy({{2}, std::vector<double>{1, 2}}, "a");
               }),
               "1 dimension");
  EXPECT_PRED2(Contains, ErrorOf([] {
                 MatrixFromNpy({{1, 1}, std::vector<int32_t>{1}}, "a");
               }),
               "\"<i4\"");
}

// A header alone: nothing may count up to what it promises.
TEST(IoNpy, HugeSidesOfAnEmptyArray) {
  for (const char* order : {"True", "False"}) {
    const NpyArray array = ParseNpy(Npy("{'descr': '<f8', 'fortran_order': " + std::string(order) +
                                            ", 'shape': (1099511627776, 0), }",
                                        ""),
                                    "a.npy");
    EXPECT_PRED2(Contains, ErrorOf([&] { MatrixFromNpy(array, "a.npy"); }),
                 "the array is empty, 1099511627776 x 0");
  }
}

}  // namespace
}  // namespace ceres_align
