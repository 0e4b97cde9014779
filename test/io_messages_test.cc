// Whatever a user gives, what is wrong with it is said on one short line.
#include <functional>

#include "ceres_align/io/conventions.h"
#include "ceres_align/io/files.h"
#include "ceres_align/io/mask_io.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/scene_io.h"
#include "io_testing.h"

namespace ceres_align::testing {
namespace {

const std::string kNoise = std::string("\x1b[31m\r\n\0\x85\xff", 9) + std::string(4000, 'x');

struct Case {
  std::string name;  // of the file, with its extension
  std::string bytes;
};

std::vector<Case> MeshCases() {
  const std::string ply = "ply\nformat ascii 1.0\n", gltf = "{\"asset\":{},";
  return {
      {"a.obj", "v " + kNoise + " 0 0\n"},
      {"a.obj", "v 1 2 " + std::string(3000, '9') + "e999999\n"},
      {"a.obj", "v 0 0 0\nf 1 2 " + std::string(3000, '7') + "\n"},
      {"a.obj", "v 0 0 0\nf 1/" + kNoise + "\n"},
      {"a.ply", "ply\n" + std::string(3000, 'y') + "\nend_header\n"},
      {"a.ply", "ply\nformat " + kNoise + "\n"},
      {"a.ply", ply + "element " + std::string(3000, 'e') + " 1\nend_header\n"},
      {"a.ply", ply + "element vertex " + std::string(3000, 'e') + "\nend_header\n"},
      {"a.ply", ply + "element e\x1b" + std::string(3000, 'e') + " 1\nelement e\x1b" +
                    std::string(3000, 'e') + " 1\nend_header\n"},
      {"a.ply",
       ply + "element e\x1b" + std::string(900, 'e') + " 1\nproperty int a\nend_header\nno\n"},
      {"a.ply",
       ply + "element e\x1b" + std::string(900, 'e') + " 99\nproperty int a\nend_header\n1\n"},
      {"a.ply", ply + "element vertex 1\nproperty " + std::string(3000, 't') + " x\n"},
      {"a.stl", "solid x\nfacet " + kNoise + "\n"},
      {"a.stl", "solid x\n" + kNoise + "\n"},
      {"a.glb", kNoise},
      {"a.gltf", "{\"a\": \"" + kNoise + "\"}"},
      {"a.gltf", "[" + std::string(3000, '1') + "]"},
      {"a.gltf",
       gltf + "\"k" + std::string(3000, 'k') + "\":1,\"k" + std::string(3000, 'k') + "\":2}"},
      {"a.gltf", gltf + "\"extensionsRequired\":[\"compression" + std::string(3000, 'k') + "\"]}"},
      {"a.gltf",
       gltf + "\"buffers\":[{\"byteLength\":9,\"uri\":\"" + std::string(200, 'u') + "%0a\"}]}"},
      {"a.gltf", gltf + "\"nodes\":\"" + std::string(3000, 'u') + "\"}"},
      {"a." + std::string(200, 'e'), kNoise}};
}

std::vector<Case> SceneCases() {
  const std::string rest = "\"views\":[{\"mask\":\"m\\u000a\\u001b" + std::string(120, 'm') +
                           ".png\",\"width\":2,\"height\":2,\"K\":[9,0,1,0,9,1,0,0,1]";
  return {
      {"s.json", kNoise},
      {"s.json", "{\"mesh\": \"" + kNoise},
      {"s.json", "{\"" + std::string(3000, 'k') + "\":1}"},
      {"s.json", "[" + std::string(3000, '1') + "e9999]"},
      {"s.json", "{\"mesh\":\"a.obj\"," + rest + ",\"name\":\"" + std::string(3000, 'n') + "\"}]}"},
      {"s.json", "{\"mesh\":\"a.obj\"," + rest + "}]}"}};
}

void ExpectOneShortLine(const std::string& message, const std::string& what) {
  EXPECT_NE(message, "no error") << what;
  EXPECT_LE(message.size(), 300u) << what << ": " << message;
  for (const char c : message) {
    EXPECT_GE(static_cast<unsigned char>(c), 0x20) << what << ": " << message;
    if (static_cast<unsigned char>(c) < 0x20) break;
  }
}

TEST(Messages, AreOneShortLineWhateverTheFileHolds) {
  const TempFolder folder;
  for (const std::string& directory : {std::string("d"), "new\nline\x1b" + std::string(200, 'd')}) {
    std::filesystem::create_directory(folder / directory);
    int number = 0;
    for (const Case& c : MeshCases()) {
      const std::filesystem::path path = folder.Write(directory + "/" + c.name, c.bytes);
      ExpectOneShortLine(ErrorOf([&] { LoadMesh(path); }), "mesh " + std::to_string(number++));
    }
    number = 0;
    for (const Case& c : SceneCases()) {
      const std::filesystem::path path = folder.Write(directory + "/" + c.name, c.bytes);
      ExpectOneShortLine(ErrorOf([&] { LoadScene(path); }), "scene " + std::to_string(number++));
    }
    const std::filesystem::path missing = folder / directory / "missing\n";
    const std::filesystem::path noise = folder.Write(directory + "/m.png", kNoise);
    ExpectOneShortLine(ErrorOf([&] { LoadMask(noise); }), "mask");
    ExpectOneShortLine(ErrorOf([&] { LoadMask(missing); }), "no mask");
    ExpectOneShortLine(ErrorOf([&] { LoadMesh(missing); }), "no mesh");
    ExpectOneShortLine(ErrorOf([&] { LoadScene(missing); }), "no scene");
    ExpectOneShortLine(ErrorOf([&] { WriteFileWhole(folder / directory, ""); }), "output");
  }
  ExpectOneShortLine(ErrorOf([] { ParseVector3(kNoise, "--flag"); }), "vector");
  ExpectOneShortLine(ErrorOf([] { ParseImageSize(kNoise, "--flag"); }), "size");
  ExpectOneShortLine(ErrorOf([] { ParseRigForm(kNoise, "--flag"); }), "form");
}

// Squares of areas would be infinite: not finite is what the rest of the library never expects.
TEST(Messages, CoordinatesThatCannotBeSquaredAreRefused) {
  for (const char* value : {"1e307", "-2e51", "1e51"}) {
    const std::string obj = std::string("v 0 0 0\nv 1 0 0\nv 0 ") + value + " 0\nf 1 2 3\n";
    EXPECT_PRED2(Contains, ErrorOf([&] { ParseMesh(obj, "far.obj"); }),
                 std::string("far.obj: vertex 2 is (0, "));
  }
  const std::string near = "v 0 0 0\nv 1e49 0 0\nv 0 1e49 0\nf 1 2 3\n";
  EXPECT_EQ(ParseMesh(near, "near.obj").mesh.faces.size(), 1u);
}

}  // namespace
}  // namespace ceres_align::testing
