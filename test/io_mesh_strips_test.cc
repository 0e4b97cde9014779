// PLY: triangle strips, as Stanford's scans have them, and files that are read in blocks.
#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <cstring>

#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/ply_blocks.h"
#include "io_testing.h"

namespace ceres_align {
namespace {

using testing::Contains;
using testing::ErrorOf;

enum class Format { kAscii, kLittle, kBig };

template <typename T>
void Append(T value, Format format, std::string* out) {
  if (format == Format::kAscii) {
    *out += std::to_string(value) + " ";
    return;
  }
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  for (size_t i = 0; i < sizeof(T); ++i) {
    out->push_back(raw[format == Format::kBig ? sizeof(T) - 1 - i : i]);
  }
}

// Two rows of vertices, (i, 0, 0) and (i, 1, 0) in turns: 0 2 4 above 1 3 5.
std::string StripsPly(Format format, const std::vector<int32_t>& strips, int32_t claimed_length,
                      const std::string& elements = "element tristrips 1\n") {
  const char* names[] = {"ascii", "binary_little_endian", "binary_big_endian"};
  std::string out = std::string("ply\nformat ") + names[static_cast<int>(format)] +
                    " 1.0\nelement vertex 6\nproperty float x\nproperty float y\nproperty float "
                    "z\nproperty uchar confidence\n" +
                    elements + "property list int int vertex_indices\nend_header\n";
  for (int i = 0; i < 6; ++i) {
    for (int v : {i / 2, i % 2, 0}) Append(static_cast<float>(v), format, &out);
    Append(uint8_t{7}, format, &out);
    if (format == Format::kAscii) out += "\n";
  }
  Append(claimed_length, format, &out);
  for (int32_t index : strips) Append(index, format, &out);
  if (format == Format::kAscii) out += "\n";
  return out;
}
std::string StripsPly(Format format, const std::vector<int32_t>& strips) {
  return StripsPly(format, strips, static_cast<int32_t>(strips.size()));
}

TEST(PlyStrips, WindingAlternatesAndMinusOneEnds) {
  for (const Format format : {Format::kAscii, Format::kLittle, Format::kBig}) {
    const TriangleMesh mesh =
        ParseMesh(StripsPly(format, {1, 0, 3, 2, 5, 4, -1, 0, 1, 2, -1}), "a.ply").mesh;
    const std::vector<std::array<int32_t, 3>> expected = {
        {1, 0, 3}, {3, 0, 2}, {3, 2, 5}, {5, 2, 4}, {0, 1, 2}};
    EXPECT_EQ(mesh.faces, expected);
    // One strip has one side: every normal of the first four points to +z.
    for (size_t i = 0; i < 4; ++i) {
      const auto& f = mesh.faces[i];
      const Eigen::Vector3d a = mesh.vertices[f[0]];
      const double z = (mesh.vertices[f[1]] - a).cross(mesh.vertices[f[2]] - a).z();
      EXPECT_EQ(z, 1) << i;
    }
  }
}

TEST(PlyStrips, RepeatedCornersJoinStripsAndKeepTheWinding) {
  const TriangleMesh mesh =
      ParseMesh(StripsPly(Format::kLittle, {0, 1, 2, 2, 2, 3, 4, -1}), "a.ply").mesh;
  // 0 1 2 | 1 2 2 | 2 2 2 | 2 2 3 | 2 3 4: the last one is the fifth, wound as the first.
  const std::vector<std::array<int32_t, 3>> expected = {{0, 1, 2}, {2, 3, 4}};
  EXPECT_EQ(mesh.faces, expected);
}

TEST(PlyStrips, WhatIsWrongIsNamed) {
  for (const Format format : {Format::kAscii, Format::kLittle, Format::kBig}) {
    const auto error = [&](const std::vector<int32_t>& strips, int32_t length) {
      const std::string bytes = StripsPly(format, strips, length);
      return ErrorOf([&] { ParseMesh(bytes, "a.ply"); });
    };
    EXPECT_EQ(error({0, 1, 2, -1}, 4), "no error");
    EXPECT_PRED2(Contains, error({0, 1, 6, -1}, 4), "tristrips 0 of 1: vertex index 6 is out of");
    EXPECT_PRED2(Contains, error({0, 1, -2, -1}, 4), "vertex index -2 is out of range");
    EXPECT_PRED2(Contains, error({0, 1, 2}, 3), "the last strip does not end with -1");
    EXPECT_PRED2(Contains, error({0, 1, -1}, 3), "strip with 2 corners before value 2");
    EXPECT_PRED2(Contains, error({0, 1, 2, -1, -1}, 5), "strip with 0 corners before value 4");
    EXPECT_PRED2(Contains, error({0, 1, 2, -1}, 2000000000), "a list of 2000000000 values, but");
    EXPECT_PRED2(Contains, error({0, 1, 2, -1}, -4), "a list of length -4");
  }
}

TEST(PlyStrips, HeadersThatDoNotFit) {
  const auto error = [](const std::string& elements) {
    const std::string bytes = StripsPly(Format::kLittle, {0, 1, 2, -1}, 4, elements);
    return ErrorOf([&] { ParseMesh(bytes, "a.ply"); });
  };
  EXPECT_PRED2(Contains, error("element tristrips 9999999999\n"), "the file ends early");
  EXPECT_PRED2(Contains, error("element tristrips 2\n"), "ends early");
  EXPECT_PRED2(Contains,
               error("element tristrips 1\nproperty list int float vertex_indices\n"
                     "element other 0\n"),
               "element tristrips has no integer list vertex_indices");
}

TEST(PlyStrips, EveryTruncationIsAnError) {
  const std::vector<int32_t> strips = {0, 1, 2, 3, -1, 2, 3, 4, -1};
  for (const Format format : {Format::kLittle, Format::kBig}) {
    const std::string whole = StripsPly(format, strips);
    ASSERT_EQ(ErrorOf([&] { ParseMesh(whole, "a.ply"); }), "no error");
    for (size_t size = 0; size < whole.size(); ++size) {
      EXPECT_NE(ErrorOf([&] { ParseMesh(whole.substr(0, size), "a.ply"); }), "no error") << size;
    }
  }
}

struct PlyText {
  std::string format = "binary_little_endian";
  std::string number = "float";  // of the positions
  std::string more = "property uchar confidence\n";
  std::string list = "list uchar int vertex_indices";
  std::string behind = {};  // elements after the faces
};

// A strip of n faces, as a file that can be read in blocks.
std::string BlocksPly(int n, const PlyText& text = {}) {
  std::string out = "ply\nformat " + text.format + " 1.0\nelement vertex " + std::to_string(n + 2) +
                    "\n" + text.more;
  for (const char* axis : {"x", "y", "z"}) out += "property " + text.number + " " + axis + "\n";
  out += "element face " + std::to_string(n) + "\nproperty " + text.list + "\n" + text.behind +
         "end_header\n";
  const Format format = Format::kLittle;
  for (int i = 0; i < n + 2; ++i) {
    if (!text.more.empty()) Append(static_cast<uint8_t>(i), format, &out);
    for (const double v : {0.5 * i, 1.0 * (i % 2), 0.25 * (i % 7)}) {
      text.number == "float" ? Append(static_cast<float>(v), format, &out)
                             : Append(v, format, &out);
    }
  }
  for (int32_t i = 0; i < n; ++i) {
    Append(uint8_t{3}, format, &out);
    for (const int32_t v : {i, i + 1, i + 2}) Append(v, format, &out);
  }
  return out;
}

// A file is read without holding it in memory, ParseMesh reads what is in memory: the same mesh.
TEST(PlyBlocks, FilesAreReadAsBytesAre) {
  const testing::TempFolder folder;
  const PlyText texts[] = {{},
                           {"binary_little_endian", "double", ""},
                           {"binary_little_endian", "float", "", "list char uint vertex_index"},
                           {"binary_little_endian", "float", "", "list uchar int vertex_indices",
                            "element other 0\nproperty int a\n"}};
  for (const PlyText& text : texts) {
    for (const int n : {1, 100, 40000}) {
      const std::string bytes = BlocksPly(n, text);
      const auto path = folder.Write("a.ply", bytes);
      EXPECT_EQ(io_internal::ReadPlyInBlocks(path).has_value(), text.behind.empty());
      const LoadedMesh from_file = LoadMesh(path), from_bytes = ParseMesh(bytes, "a.ply");
      ASSERT_EQ(from_file.mesh.faces.size(), static_cast<size_t>(n));
      EXPECT_EQ(from_file.mesh.vertices, from_bytes.mesh.vertices);
      EXPECT_EQ(from_file.mesh.faces, from_bytes.mesh.faces);
      EXPECT_EQ(from_file.mesh.vertices[n], Eigen::Vector3d(0.5 * n, n % 2, 0.25 * (n % 7)));
    }
  }
}

// What is damaged is said in the same words.
TEST(PlyBlocks, DamageIsNamedAsInBytes) {
  const testing::TempFolder folder;
  const std::string whole = BlocksPly(20000);
  const size_t face = whole.size() - 13;  // the last one
  const auto spoiled = [&](size_t at, const std::string& by) {
    std::string bytes = whole;
    return bytes.replace(at, by.size(), by);
  };
  const std::string nan("\0\0\xc0\x7f", 4);
  for (const std::string& bytes :
       {spoiled(face, "\4"), spoiled(face + 1, "\xff\xff"), spoiled(whole.find("20002"), "90002"),
        spoiled(whole.find("end_header") + 12, nan), whole.substr(0, whole.size() - 1),
        whole.substr(0, 400), spoiled(whole.find("format"), "farmot"), std::string("ply\n")}) {
    const auto path = folder.Write("a.ply", bytes);
    const std::string message = ErrorOf([&] { LoadMesh(path); });
    EXPECT_EQ(message, ErrorOf([&] { ParseMesh(bytes, path); }));
    EXPECT_PRED2(Contains, message, "a.ply: ");
  }
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMesh(folder / "none.ply"); }), "no such file");
  EXPECT_PRED2(Contains, ErrorOf([&] { LoadMesh(folder.path()); }), "is a directory");
}

}  // namespace
}  // namespace ceres_align
