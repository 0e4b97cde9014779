#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <cmath>
#include <cstring>
#include <sstream>

#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/triangulate.h"
#include "io_testing.h"

namespace ceres_align {
namespace {

using testing::Contains;
using testing::ErrorOf;
using testing::TempFolder;

double Area(const TriangleMesh& mesh) {
  double area = 0;
  for (const auto& f : mesh.faces) {
    const Eigen::Vector3d a = mesh.vertices[f[0]];
    area += 0.5 * (mesh.vertices[f[1]] - a).cross(mesh.vertices[f[2]] - a).norm();
  }
  return area;
}

std::string LoadError(const std::filesystem::path& path) {
  return ErrorOf([&] { LoadMesh(path); });
}

TEST(Obj, HabitsOfWriters) {
  const TempFolder folder;
  // BOM, CRLF, comments, texture and normal indices, negative ones, a forward reference, a
  // continued line, colours, a quad.
  const LoadedMesh loaded = LoadMesh(folder.Write(
      "a.obj",
      "\xEF\xBB\xBF# made by C:\\\r\nmtllib a.mtl\r\no thing\r\nv 0 0 0 1 0.5 nan\r\n"
      "v 1.5e0 +0 0\r\nv 1 1 0 # corner\r\nv \\\r\n 0 1 0\r\nvt 0 0\r\nvn 0 0 1\r\ng a b\r\n"
      "s off\r\nusemtl m\r\nf 1/1/1 2//1 3/1 4\r\nf -4 -3 5\r\nl 1 2\r\nv 0 0 7"));
  EXPECT_EQ(loaded.mesh.vertices.size(), 5u);
  EXPECT_EQ(loaded.mesh.faces.size(), 3u);
  EXPECT_EQ(loaded.mesh.vertices[1], Eigen::Vector3d(1.5, 0, 0));
  EXPECT_EQ(loaded.mesh.vertices[3], Eigen::Vector3d(0, 1, 0));
  EXPECT_TRUE(loaded.warnings.empty());
}

TEST(Obj, KeepsDoubles) {
  const TempFolder folder;
  const LoadedMesh loaded = LoadMesh(folder.Write(
      "far.obj", "v 10000000.001 0 0\nv 10000000.002 0 0\nv 10000000.001 0.001 0\nf 1 2 3\n"));
  EXPECT_EQ(loaded.mesh.vertices[1].x(), 10000000.002);
}

TEST(Obj, ErrorsNameLineAndValue) {
  const TempFolder folder;
  const auto error = [&](const std::string& text) {
    return LoadError(folder.Write("e.obj", text));
  };
  const std::string v3 = "v 0 0 0\nv 1 0 0\nv 0 1 0\n";
  EXPECT_PRED2(Contains, error(v3 + "f 1 2 9\n"), "line 4: vertex index 9 is out of range");
  EXPECT_PRED2(Contains, error(v3 + "f 1 2 -4\n"), "line 4: vertex index -4");
  EXPECT_PRED2(Contains, error(v3 + "f 1 2 0\n"), "line 4: vertex index 0");
  EXPECT_PRED2(Contains, error(v3 + "f 1 2 4294967299\n"), "out of range");
  EXPECT_PRED2(Contains, error(v3 + "f 1 2 x\n"), "\"x\" is not an index");
  EXPECT_PRED2(Contains, error(v3 + "f 1 2 3.5\n"), "\"3.5\" is not an index");
  EXPECT_PRED2(Contains, error("v 0 0\nf 1 1 1\n"), "line 1: vertex with 2 coordinates");
  EXPECT_PRED2(Contains, error("v 0 1,5 0\n"), "\"1,5\" is not a number");
  EXPECT_PRED2(Contains, error("v 0 nan 0\n"), "\"nan\" is not finite");
  EXPECT_PRED2(Contains, error(v3), "has no faces (3 vertices)");
  EXPECT_PRED2(Contains, error("hello\nworld\n"), "has no faces");
  EXPECT_PRED2(Contains, error(v3 + "f 1 2 2\n"), "zero area");
  EXPECT_PRED2(Contains, error(""), "empty");
  EXPECT_PRED2(Contains, LoadError(folder / "none.obj"), "no such file");
  EXPECT_PRED2(Contains, LoadError(folder.path()), "is a directory");
  EXPECT_PRED2(Contains, LoadError(folder.Write("a.xyz", "1 2 3")), "unknown mesh format");
}

TEST(Obj, WarnsOfWhatItLeavesOut) {
  const TempFolder folder;
  const LoadedMesh loaded = LoadMesh(
      folder.Write("w.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2\nf 1 2 3\nf 3\ncurv 0 1\nf 1 2 2\n"));
  ASSERT_EQ(loaded.warnings.size(), 2u);
  EXPECT_PRED2(Contains, loaded.warnings[0], "line 4: face with 2 corners left out; 2 such");
  EXPECT_PRED2(Contains, loaded.warnings[1], "line 7: statement \"curv\" ignored");
  EXPECT_EQ(loaded.mesh.faces.size(), 1u);
  EXPECT_EQ(loaded.clean.repeated_indices, 1);
}

std::string PlyHeader(const std::string& format, const std::string& type) {
  return "ply\nformat " + format + " 1.0\ncomment x\nelement vertex 4\nproperty " + type +
         " x\nproperty uchar red\nproperty " + type + " y\nproperty " + type +
         " z\nelement face 1\nproperty list uchar int vertex_indices\nelement edge 1\n"
         "property int a\nend_header\n";
}

template <typename T>
void Append(T value, bool big_endian, std::string* out) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  for (size_t i = 0; i < sizeof(T); ++i) out->push_back(raw[big_endian ? sizeof(T) - 1 - i : i]);
}

template <typename T>
std::string BinaryPly(bool big_endian, const std::string& type) {
  std::string out = PlyHeader(big_endian ? "binary_big_endian" : "binary_little_endian", type);
  const double corners[4][2] = {{0, 0}, {2, 0}, {2, 1}, {0, 1}};
  for (const auto& corner : corners) {
    Append(static_cast<T>(corner[0]), big_endian, &out);
    out.push_back(7);
    Append(static_cast<T>(corner[1]), big_endian, &out);
    Append(static_cast<T>(5), big_endian, &out);
  }
  out.push_back(4);
  for (int32_t i = 0; i < 4; ++i) Append(i, big_endian, &out);
  Append(int32_t{1}, big_endian, &out);
  return out;
}

TEST(Ply, AllFormatsAndTypes) {
  const TempFolder folder;
  const std::string ascii =
      PlyHeader("ascii", "float") + "0 7 0 5\n2 7 0 5\n\n2 7 1 5\n0 7 1 5\n4 0 1 2 3\n9";
  for (const std::string& bytes :
       {ascii, BinaryPly<float>(false, "float"), BinaryPly<float>(true, "float32"),
        BinaryPly<double>(false, "double"), BinaryPly<double>(true, "float64"),
        BinaryPly<int16_t>(true, "short"), BinaryPly<uint32_t>(false, "uint")}) {
    const LoadedMesh loaded = LoadMesh(folder.Write("a.ply", bytes));
    EXPECT_EQ(loaded.mesh.faces.size(), 2u);
    EXPECT_NEAR(Area(loaded.mesh), 2, 1e-15);
    EXPECT_EQ(loaded.mesh.vertices[2], Eigen::Vector3d(2, 1, 5));
    EXPECT_TRUE(loaded.warnings.empty());
  }
}

std::string LittleEndianPly(const std::string& vertex_properties,
                            const std::vector<float>& vertex_values, int vertices,
                            const std::vector<std::vector<int32_t>>& faces) {
  std::string out = "ply\nformat binary_little_endian 1.0\nelement vertex " +
                    std::to_string(vertices) + "\n" + vertex_properties + "element face " +
                    std::to_string(faces.size()) +
                    "\nproperty list uchar int vertex_indices\nend_header\n";
  const auto append = [&](const void* data, size_t bytes) {
    out.append(static_cast<const char*>(data), bytes);
  };
  append(vertex_values.data(), sizeof(float) * vertex_values.size());
  for (const std::vector<int32_t>& face : faces) {
    out += static_cast<char>(face.size());
    append(face.data(), sizeof(int32_t) * face.size());
  }
  return out;
}

// Files of triangles alone are read in blocks; one polygon, or one wrong value, and they are not.
TEST(Ply, BlocksOfTrianglesAreReadAsValueByValue) {
  const std::string with_normals =
      "property float nx\nproperty float x\nproperty float y\nproperty float z\n";
  std::vector<float> values;
  for (int i = 0; i < 5; ++i) {
    values.insert(values.end(), {9, i * 0.5f, i * i * 0.25f, i % 2 * 1.0f});
  }
  const std::vector<std::vector<int32_t>> triangles = {{0, 1, 2}, {2, 3, 4}, {0, 4, 1}};
  const auto parse = [&](const std::vector<std::vector<int32_t>>& faces) {
    return ParseMesh(LittleEndianPly(with_normals, values, 5, faces), "a.ply").mesh;
  };
  const TriangleMesh blocks = parse(triangles);
  ASSERT_EQ(blocks.vertices.size(), 5u);
  EXPECT_EQ(blocks.vertices[3], Eigen::Vector3d(1.5, 2.25, 1));
  std::vector<std::vector<int32_t>> mixed = triangles;
  mixed.push_back({0, 1, 3, 2});
  const TriangleMesh one_by_one = parse(mixed);
  ASSERT_EQ(one_by_one.faces.size(), 5u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(blocks.faces[i], one_by_one.faces[i]);
    for (int k = 0; k < 3; ++k) EXPECT_EQ(blocks.faces[i][k], triangles[i][k]);
  }
  EXPECT_PRED2(Contains, ErrorOf([&] {
                 parse({{0, 1, 2}, {0, 1, 5}});
               }),
               "face 1: vertex index 5 is out of range");
  EXPECT_PRED2(Contains, ErrorOf([&] {
                 parse({{0, 1, 2}, {0, -1, 2}});
               }),
               "face 1 of 2: vertex index -1 is out of range");
  values[6] = std::numeric_limits<float>::infinity();
  EXPECT_PRED2(Contains, ErrorOf([&] { parse(triangles); }), "vertex 1 of 5: y is not finite");
}

TEST(Ply, EveryTruncationIsAnError) {
  const TempFolder folder;
  const std::string whole = BinaryPly<float>(false, "float");
  for (size_t size = 1; size < whole.size(); ++size) {
    const std::string message = LoadError(folder.Write("t.ply", whole.substr(0, size)));
    EXPECT_NE(message, "no error") << size;
  }
}

TEST(Ply, Errors) {
  const TempFolder folder;
  const auto error = [&](const std::string& text) {
    return LoadError(folder.Write("e.ply", text));
  };
  const std::string head =
      "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\n"
      "property float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n";
  const std::string points = "0 0 0\n1 0 0\n0 1 0\n";
  EXPECT_EQ(error(head + points + "3 0 1 2\n"), "no error");
  EXPECT_PRED2(Contains, error(head + points + "3 0 1 3\n"), "vertex index 3 is out of range");
  EXPECT_PRED2(Contains, error(head + points + "3 0 1 -1\n"), "vertex index -1");
  EXPECT_PRED2(Contains, error(head + points + "3 0 1 1.5\n"), "1.5 is not an integer");
  EXPECT_PRED2(Contains, error(head + "0 0 0\n1 nan 0\n0 1 0\n3 0 1 2\n"), "y is not finite");
  EXPECT_PRED2(Contains, error(head + "0 0 0\n1 0\n0 1 0\n3 0 1 2\n"), "line 11");
  EXPECT_PRED2(Contains, error(head + "0 0 0\n1 a 0\n0 1 0\n3 0 1 2\n"), "\"a\" is not a number");
  EXPECT_PRED2(Contains, error(head + points + "3 0 1\n"), "fewer values");
  EXPECT_PRED2(Contains, error(head + points + "3 0 1"), "the file ends early");
  EXPECT_PRED2(Contains, error("ply\nformat ascii 1.0\nelement vertex x\nend_header\n"), "line 3");
  EXPECT_PRED2(Contains, error("ply\nformat ascii 1.0\nelement vertex 99999999999999999999\n"),
               "is not a count");
  EXPECT_PRED2(Contains, error("ply\nformat ascii 1.0\n"), "ends inside the PLY header");
}

std::string BinaryStl(uint32_t claimed, const std::vector<std::array<float, 9>>& triangles) {
  std::string out = "solid or so it says" + std::string(61, ' ');
  Append(claimed, false, &out);
  for (const auto& triangle : triangles) {
    out += std::string(12, '\0');
    for (float v : triangle) Append(v, false, &out);
    out += std::string(2, '\0');
  }
  return out;
}

TEST(Stl, BinaryThatBeginsWithSolid) {
  const TempFolder folder;
  const std::vector<std::array<float, 9>> triangles = {{0, 0, 0, 1, 0, 0, 0, 1, 0},
                                                       {1, 0, 0, 1, 1, 0, 0, 1, 0}};
  const LoadedMesh loaded = LoadMesh(folder.Write("a.stl", BinaryStl(2, triangles)));
  EXPECT_EQ(loaded.mesh.faces.size(), 2u);
  EXPECT_EQ(loaded.mesh.vertices.size(), 4u);  // welded
  EXPECT_PRED2(Contains, LoadError(folder.Write("b.stl", BinaryStl(3, triangles))),
               "does not match its triangle count");
  EXPECT_PRED2(Contains, LoadError(folder.Write("c.stl", BinaryStl(4000000000u, triangles))),
               "4000000000");
  EXPECT_PRED2(Contains,
               LoadError(folder.Write("d.stl", BinaryStl(1, {{0, 0, 0, 1, 0, NAN, 0, 1, 0}}))),
               "triangle 1: a coordinate is not finite");
}

TEST(Stl, Text) {
  const TempFolder folder;
  const std::string facet =
      "facet normal 0 0 nan\n OUTER LOOP\n vertex 0 0 0\n vertex 1 0 0\n vertex 0 1 0\nendloop\n"
      "endfacet\n";
  const LoadedMesh loaded = LoadMesh(folder.Write(
      "a.stl", "solid a b\r\n" + facet + "endsolid a b\nsolid\n" + facet + "endsolid"));
  EXPECT_EQ(loaded.mesh.faces.size(), 2u);
  const auto error = [&](const std::string& text) {
    return LoadError(folder.Write("e.stl", text));
  };
  EXPECT_PRED2(Contains, error("solid\n" + facet.substr(0, 60)), "the file ends early");
  EXPECT_PRED2(Contains, error("solid\n" + facet + "vertex 1 2 3\n"), "line 9: expected \"facet\"");
  EXPECT_PRED2(Contains, error("solid x\nendsolid x\n"), "has no faces");
}

// Two triangles of one mesh, shown by two nodes: one scaled and moved, its child turned.
std::string Gltf(const std::string& buffer_uri) {
  return R"({"asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],
    "nodes":[{"mesh":0,"scale":[2,2,2],"translation":[10,0,0],"children":[1]},
             {"mesh":0,"rotation":[0,0,0.70710678118654757,0.70710678118654757]}],
    "meshes":[{"primitives":[{"attributes":{"POSITION":0},"indices":1},
                             {"attributes":{"POSITION":0},"mode":1}]}],
    "accessors":[{"bufferView":0,"componentType":5126,"count":4,"type":"VEC3"},
                 {"bufferView":1,"componentType":5123,"count":6,"type":"SCALAR"}],
    "bufferViews":[{"buffer":0,"byteLength":48},{"buffer":0,"byteOffset":48,"byteLength":12}],
    "buffers":[{)" +
         buffer_uri + R"("byteLength":60}]})";
}
std::string GltfBuffer() {
  std::string out;
  for (float v : {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0}) Append(v, false, &out);
  for (int i : {0, 1, 2, 0, 2, 3}) Append(static_cast<uint16_t>(i), false, &out);
  return out;
}
std::string Glb(std::string json, const std::string& buffer) {
  while (json.size() % 4 != 0) json += ' ';
  std::string out = "glTF";
  Append(uint32_t{2}, false, &out);
  Append(static_cast<uint32_t>(12 + 8 + json.size() + 8 + buffer.size()), false, &out);
  Append(static_cast<uint32_t>(json.size()), false, &out);
  out += "JSON" + json;
  Append(static_cast<uint32_t>(buffer.size()), false, &out);
  return out + std::string("BIN\0", 4) + buffer;
}

TEST(Gltf, NodesTransformsAndWaysToStoreBuffers) {
  const TempFolder folder;
  folder.Write("my data.bin", GltfBuffer());
  const std::string base64 =
      "AAAAAAAAAAAAAAAAAACAPwAAAAAAAAAAAACAPwAAgD8AAAAAAAAAAAAAgD8AAAAAAAABAAIAAAACAAMA";
  for (const auto& path :
       {folder.Write("a.glb", Glb(Gltf(""), GltfBuffer())),
        folder.Write("a.gltf", Gltf(R"("uri":"my%20data.bin",)")),
        folder.Write("b.gltf",
                     Gltf(R"("uri":"data:application/octet-stream;base64,)" + base64 + "\","))}) {
    const LoadedMesh loaded = LoadMesh(path);
    ASSERT_EQ(loaded.mesh.faces.size(), 4u);
    EXPECT_NEAR(Area(loaded.mesh), 8, 1e-12);
    // The child's (1, 0, 0) turns to (0, 1, 0), is doubled and moved.
    bool found = false;
    for (const Eigen::Vector3d& v : loaded.mesh.vertices) {
      found |= (v - Eigen::Vector3d(8, 2, 0)).norm() < 1e-12;
    }
    EXPECT_TRUE(found);
  }
}

// Three levels: a matrix (columns in order, with a shear), in it translation, rotation and scale,
// in it a mirror. The truth is multiplied out by hand for the corner (1, 0, 0) of the quad.
TEST(Gltf, MatricesAndTrsAreNested) {
  std::string text = Gltf("");
  const size_t begin = text.find("\"nodes\":[{\"mesh\""), end = text.find("\"meshes\"");
  text.replace(begin, end - begin,
               R"("nodes":[{"matrix":[0,0,-1,0, 0,1,0,0, 1,0.5,0,0, 7,8,9,1],"children":[1]},
                 {"translation":[1,2,3],"rotation":[0,0,0.70710678118654757,0.70710678118654757],
                  "scale":[2,3,4],"children":[2]},
                 {"mesh":0,"scale":[-1,1,1]}],)");
  const LoadedMesh loaded = ParseMesh(Glb(text, GltfBuffer()), "a.glb");
  ASSERT_EQ(loaded.mesh.vertices.size(), 4u);
  // Mirrored (-1, 0, 0), scaled (-2, 0, 0), turned about z (0, -2, 0), moved (1, 0, 3). The matrix
  // takes x to -z, y to y, z to x + y/2: (3, 1.5, -1), and moves to (10, 9.5, 8).
  EXPECT_LT((loaded.mesh.vertices[1] - Eigen::Vector3d(10, 9.5, 8)).norm(), 1e-14);
  EXPECT_LT((loaded.mesh.vertices[0] - Eigen::Vector3d(10, 11.5, 8)).norm(), 1e-14);
  // (0, 1, 0): scaled (0, 3, 0), turned (-3, 0, 0), moved (-2, 2, 3), by the matrix (3, 3.5, 2).
  EXPECT_LT((loaded.mesh.vertices[3] - Eigen::Vector3d(10, 11.5, 11)).norm(), 1e-14);
}

TEST(Gltf, Errors) {
  const TempFolder folder;
  const std::string whole = Glb(Gltf(""), GltfBuffer());
  for (size_t size = 1; size < whole.size(); size += 7) {
    EXPECT_NE(LoadError(folder.Write("t.glb", whole.substr(0, size))), "no error") << size;
  }
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string json = Gltf("");
    json.replace(json.find(from), from.size(), to);
    return LoadError(folder.Write("e.glb", Glb(json, GltfBuffer())));
  };
  EXPECT_PRED2(Contains, replaced("\"count\":4", "\"count\":4000000000"), "do not fit");
  EXPECT_PRED2(Contains, replaced("\"count\":4", "\"count\":3"), "vertex index 3 is out of range");
  EXPECT_PRED2(Contains, replaced("\"byteOffset\":48", "\"byteOffset\":49"), "outside the buffer");
  EXPECT_PRED2(Contains, replaced("\"byteOffset\":48", "\"byteOffset\":-48"), "outside");
  EXPECT_PRED2(Contains, replaced("\"children\":[1]", "\"children\":[0]"), "two parents");
  EXPECT_PRED2(Contains, replaced("\"children\":[1]", "\"children\":[7]"), "nodes[7] is missing");
  EXPECT_PRED2(Contains, replaced("\"children\":[1]", "\"children\":\"x\""), "damaged glTF");
  EXPECT_PRED2(Contains,
               replaced("\"mode\":1", "\"extensions\":{\"KHR_draco_mesh_compression\":1}"),
               "Draco");
  const auto outside = folder.Write(
      "outside.gltf",
      R"({"asset": {"version": "2.0"}, "buffers": [{"uri": "none.bin", "byteLength": 4}]})");
  EXPECT_PRED2(Contains, LoadError(outside), "outside.gltf: buffers[0].uri: ");
  EXPECT_PRED2(Contains, LoadError(outside), "none.bin: no such file");
}

TEST(Writers, ReadBackToTheSameBits) {
  const TempFolder folder;
  TriangleMesh mesh;
  mesh.vertices = {{1.0 / 3, -1e-300, 12345678.901234567}, {M_PI, 0, 0}, {0, M_E, 5e-324}};
  mesh.faces = {{0, 1, 2}};
  WriteObj(folder / "sub/a.obj", mesh);
  WritePly(folder / "a.ply", mesh);
  for (const char* name : {"sub/a.obj", "a.ply"}) {
    const LoadedMesh loaded = LoadMesh(folder / name);
    EXPECT_EQ(loaded.mesh.vertices, mesh.vertices) << name;
    EXPECT_EQ(loaded.mesh.faces, mesh.faces) << name;
  }
  // Nothing but the files themselves.
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    files += entry.is_regular_file();
  }
  EXPECT_EQ(files, 2);
  EXPECT_PRED2(Contains, ErrorOf([&] { WriteObj(folder / "a.ply/b.obj", mesh); }), "a.ply");
}

// Polygons in a tilted plane far from the origin.
struct Polygon {
  std::vector<Eigen::Vector3d> vertices;
  std::vector<int32_t> corners;
};
Polygon Lift(const std::vector<Eigen::Vector2d>& points) {
  const Eigen::Quaterniond tilt(Eigen::AngleAxisd(0.7, Eigen::Vector3d(1, 2, 3).normalized()));
  Polygon polygon;
  for (const Eigen::Vector2d& p : points) {
    polygon.corners.push_back(static_cast<int32_t>(polygon.vertices.size()));
    polygon.vertices.emplace_back(tilt * Eigen::Vector3d(p.x(), p.y(), 0) +
                                  Eigen::Vector3d(100, 200, 300));
  }
  return polygon;
}
double ShoelaceArea(const std::vector<Eigen::Vector2d>& p) {
  double twice = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const auto& q = p[(i + 1) % p.size()];
    twice += p[i].x() * q.y() - p[i].y() * q.x();
  }
  return std::abs(twice) / 2;
}

TEST(Triangulate, AreasOfConvexAndConcavePolygonsAddUp) {
  std::vector<std::vector<Eigen::Vector2d>> polygons = {
      {{0, 0}, {2, 0}, {2, 1}, {0, 1}},
      {{0, 0}, {4, 0}, {1, 1}, {0, 4}},                                  // a dart
      {{0, 0}, {4, 0}, {4, 3}, {3, 3}, {3, 1}, {1, 1}, {1, 3}, {0, 3}},  // a U
      {{0, 0}, {1, 0}, {2, 0}, {2, 2}, {1, 2}, {0, 2}, {0, 1}},  // corners on straight edges
  };
  std::vector<Eigen::Vector2d> star, comb;
  for (int i = 0; i < 50; ++i) {
    const double radius = i % 2 == 0 ? 3 : 1, angle = 2 * M_PI * i / 50;
    star.emplace_back(radius * std::cos(angle), radius * std::sin(angle));
  }
  comb = {{0, -1}, {20, -1}};
  for (int i = 20; i >= 0; --i) comb.emplace_back(i, i % 2 == 0 ? 5.0 : 0.25);
  polygons.push_back(star);
  polygons.push_back(comb);
  for (size_t i = 0, count = polygons.size(); i < count; ++i) {
    polygons.emplace_back(polygons[i].rbegin(), polygons[i].rend());
  }
  for (const auto& points : polygons) {
    const Polygon polygon = Lift(points);
    TriangleMesh mesh;
    mesh.vertices = polygon.vertices;
    int64_t budget = 1000000;
    const auto result =
        io_internal::TriangulatePolygon(polygon.vertices, polygon.corners.data(),
                                        static_cast<int>(points.size()), &budget, &mesh.faces);
    EXPECT_EQ(result, io_internal::Triangulation::kExact);
    EXPECT_EQ(mesh.faces.size(), points.size() - 2);
    // No triangle outside, none twice: the areas would add up to more.
    EXPECT_NEAR(Area(mesh), ShoelaceArea(points), 1e-9);
    // All in one winding.
    Eigen::Vector3d normal = Eigen::Vector3d::Zero();
    for (const auto& f : mesh.faces) {
      const Eigen::Vector3d a = mesh.vertices[f[0]];
      normal += 0.5 * (mesh.vertices[f[1]] - a).cross(mesh.vertices[f[2]] - a);
    }
    EXPECT_NEAR(normal.norm(), ShoelaceArea(points), 1e-9);
  }
}

TEST(Triangulate, CrossingPolygonsAreReportedAndHugeOnesEnd) {
  const Polygon bow = Lift({{0, 0}, {2, 2}, {2, 0}, {0, 3}, {-1, 1}});
  std::vector<std::array<int32_t, 3>> faces;
  int64_t budget = 1000000;
  EXPECT_EQ(io_internal::TriangulatePolygon(bow.vertices, bow.corners.data(), 5, &budget, &faces),
            io_internal::Triangulation::kApproximate);
  EXPECT_EQ(faces.size(), 3u);
  std::vector<Eigen::Vector2d> comb = {{0, -1}, {2000, -1}};
  for (int i = 2000; i >= 0; --i) comb.emplace_back(i, i % 2 == 0 ? 5.0 : 0.25);
  const Polygon large = Lift(comb);
  faces.clear();
  budget = 1000;
  EXPECT_EQ(io_internal::TriangulatePolygon(large.vertices, large.corners.data(),
                                            static_cast<int>(comb.size()), &budget, &faces),
            io_internal::Triangulation::kTooComplex);
  EXPECT_TRUE(faces.empty());
}

// Faces and areas from an independent reader (assimp 5.2, triangulated, transforms applied).
TEST(Meshes, OfManyHabits) {
  struct Case {
    const char* name;
    size_t faces;  ///< before cleaning
    double area;
  };
  const std::string folder = std::string(CERES_ALIGN_SHARED_DATA) + "/mesh/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is absent";
  for (const Case& c : std::initializer_list<Case>{{"busted.stl", 3878, 349.28},
                                                   {"concave_polygon.obj", 64, 0.245497},
                                                   {"cornell_box.obj", 36, 1.98961e+06},
                                                   {"cube_quads.ply", 12, 6},
                                                   {"cube_vertexcolors.obj", 12, 6},
                                                   {"duck.glb", 4212, 7.02352},
                                                   {"featuretype.ply", 3476, 53.8274},
                                                   {"featuretype.stl", 3476, 53.8274},
                                                   {"fuze.ply", 1000, 0.0447223},
                                                   {"fuze_ascii.ply", 1000, 0.0447223},
                                                   {"groups.obj", 2308, 144.53},
                                                   {"milk_truck.glb", 3624, 64.8164},
                                                   {"multibody.stl", 32, 0.367239},
                                                   {"multiple_spaces.obj", 1, 2.59808},
                                                   {"nancolor.obj", 12, 6},
                                                   {"negative_indices.obj", 12, 24},
                                                   {"pytorch3d_cow.obj", 5856, 5.70952},
                                                   {"quadknot.obj", 2880, 112057},
                                                   {"shapenet_object.obj", 3644, 3.92174},
                                                   {"soup.stl", 100, 14.5789},
                                                   {"sphere_with_hole.stl", 285, 27.4187},
                                                   {"spider.obj", 1368, 33275.9},
                                                   {"spider_binary.stl", 1368, 56.9476},
                                                   {"spot.obj", 5856, 5.70952},
                                                   {"teapot.obj", 6320, 52.6608}}) {
    const LoadedMesh loaded = LoadMesh(folder + c.name);
    const auto dropped = loaded.clean.repeated_indices + loaded.clean.zero_area;
    EXPECT_EQ(loaded.mesh.faces.size() + dropped, c.faces) << c.name;
    EXPECT_NEAR(Area(loaded.mesh), c.area, 1e-5 * c.area) << c.name;
  }
  EXPECT_EQ(LoadMesh(folder + "pins.glb").mesh.faces.size(), 3408u);
  EXPECT_PRED2(Contains, LoadError(folder + "points_emptyface.ply"), "has no faces (1024");
  EXPECT_PRED2(Contains, LoadError(folder + "test_lines.obj"), "has no faces");
  // One polygon that runs round the square many times.
  const LoadedMesh longline = LoadMesh(folder + "box_longline.obj");
  EXPECT_EQ(longline.warnings.size(), 1u);
  for (const Eigen::Vector3d& v : longline.mesh.vertices) EXPECT_EQ(v.cwiseAbs().maxCoeff(), 0.5);
}

TEST(IoOff, PolygonsColoursAndCommentsAreRead) {
  const LoadedMesh loaded = ParseMesh(
      "OFF # a roof\n# counts\n5 3 0\n0 0 0\n1 0 0 255 0 0\n1 1 0.1\n0 1 0\n+0.5 5e-1 2\n"
      "4 3 2 1 0 0.5 0.5 0.5\n3 0 1 4\n3 1 2 4\n",
      "a.off");
  EXPECT_EQ(loaded.mesh.vertices.size(), 5u);
  EXPECT_EQ(loaded.mesh.faces.size(), 4u);
  EXPECT_EQ(loaded.mesh.vertices[2], Eigen::Vector3d(1, 1, 0.1));  // to the last bit
  EXPECT_EQ(loaded.mesh.vertices[4], Eigen::Vector3d(0.5, 0.5, 2));
}

TEST(IoOff, ErrorsNameLineAndValue) {
  const auto expect = [](const std::string& text, const std::string& part) {
    try {
      ParseMesh(text, "a.off");
      ADD_FAILURE() << "no error for " << text;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("a.off line " + part), std::string::npos)
          << error.what();
    }
  };
  expect("NOFF\n1 0 0\n", "1: begins with \"NOFF\"");
  expect("OFF\n400000000 1 0\n0 0 0\n", "2: the number of vertices is 400000000");
  expect("OFF\n1 -1 0\n0 0 0\n", "2: the number of faces is -1");
  expect("OFF\n3 1 0\n0 0 0\n1 0 x\n0 1 0\n3 0 1 2\n", "4: a coordinate is \"x\"");
  expect("OFF\n3 1 0\n0 0 0\n1 0 inf\n0 1 0\n3 0 1 2\n", "4: a coordinate is not finite");
  expect("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 3\n", "6: a face names vertex 3 of 3");
  expect("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1\n", "7: ends before an index");
  expect("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 -2\n", "6: a face names vertex -2 of 3");
  expect("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n900000000 0 1 2\n", "6: the number of corners is 9");
  expect("OFF\n", "2: ends before the number of vertices");
}

TEST(IoX3d, TransformsAreApplied) {
  const LoadedMesh loaded = ParseMesh(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><X3D profile=\"Interchange\" "
      "version=\"3.0\"><Scene>"
      "<Transform translation=\"10 0 0\"><Shape><IndexedFaceSet coordIndex=\"0 2 1 -1 0 1 3 -1 1 2 "
      "3 "
      "-1 2 0 3 -1\"><Coordinate point=\"0 0 0 1 0 0 0 1 0 0 0 1.5\"/></IndexedFaceSet></Shape>"
      "</Transform></Scene></X3D>",
      "a.x3d");
  EXPECT_EQ(loaded.mesh.faces.size(), 4u);
  const Box box = BoundingBox(loaded.mesh.vertices);
  EXPECT_EQ(box.low, Eigen::Vector3d(10, 0, 0));
  EXPECT_EQ(box.high, Eigen::Vector3d(11, 1, 1.5));
}

// Written by hand: a tetrahedron in millimetres, its item moved by 10.
TEST(Io3mf, ItemsTransformsAreAppliedTheUnitIsNot) {
  const LoadedMesh loaded =
      LoadMesh(std::string(CERES_ALIGN_SOURCE_DIR) + "/test/data/tetrahedron.3mf");
  EXPECT_EQ(loaded.mesh.faces.size(), 4u);
  const Box box = BoundingBox(loaded.mesh.vertices);
  EXPECT_EQ(box.low, Eigen::Vector3d(10, 0, 0));
  EXPECT_EQ(box.high, Eigen::Vector3d(11, 1, 1.5));
}

// Of assimp's formats: whatever it makes of them, the message is one line that begins with the
// file.
void ExpectRefused(const std::string& bytes, const std::string& name) {
  const std::string message = ErrorOf([&] { ParseMesh(bytes, name); });
  EXPECT_EQ(message.find(name + ": "), 0u) << message << " of " << bytes.substr(0, 400);
}

TEST(Io3mf, DamageIsAnError) {
  std::ifstream in(std::string(CERES_ALIGN_SOURCE_DIR) + "/test/data/tetrahedron.3mf",
                   std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  const std::string whole = text.str();
  ASSERT_GT(whole.size(), 200u);
  for (const std::string& bytes : {std::string("PK\x03\x04 damaged"), std::string("PK\x05\x06"),
                                   std::string("<model/>"), std::string(1000, '\0')}) {
    ExpectRefused(bytes, "a.3mf");
  }
  for (int part = 1; part < 8; ++part) {
    ExpectRefused(whole.substr(0, part * whole.size() / 8), "a.3mf");
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    const std::string message = ErrorOf([&] { ParseMesh(bytes, "a.3mf"); });
    EXPECT_TRUE(message == "no error" || message.find("a.3mf: ") == 0) << at << ": " << message;
  }
  std::string names = whole;  // the model's file is another
  for (size_t at; (at = names.find("3dmodel")) != std::string::npos;) names[at] = 'x';
  ExpectRefused(names, "a.3mf");
}

TEST(IoX3d, DamageIsAnError) {
  const std::string head = "<X3D><Scene><Shape><IndexedFaceSet coordIndex=\"";
  const std::string middle = "\"><Coordinate point=\"";
  const std::string tail = "\"/></IndexedFaceSet></Shape></Scene></X3D>";
  const std::string points = "0 0 0 1 0 0 0 1 0", face = "0 1 2 -1";
  EXPECT_EQ(ParseMesh(head + face + middle + points + tail, "a.x3d").mesh.faces.size(), 1u);
  const std::string whole = head + face + middle + points + tail;
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "<Group>";
  for (const std::string& bytes :
       {std::string("nonsense"), std::string("<X3D/>"), std::string("<X3D><Scene/></X3D>"), deep,
        whole.substr(0, whole.size() - 20), whole.substr(0, 60),
        head + "0 1 7 -1" + middle + points + tail, head + "0 1 -1" + middle + points + tail,
        head + face + middle + "0 0 0" + tail, head + face + middle + "0 0 0 1 0 0 nan 1 0" + tail,
        head + face + middle + "0 0 0 1 0 0 1e999 1 0" + tail,
        head + "99999999999999999999 1 2 -1" + middle + points + tail,
        head + face + middle + tail}) {
    ExpectRefused(bytes, "a.x3d");
  }
}

}  // namespace
}  // namespace ceres_align
