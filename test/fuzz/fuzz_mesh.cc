// Meshes: our own readers; 3MF with what stands before assimp's. Of COLLADA and X3D, which are
// assimp's too, only the check of nesting is under test.
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/xml_nesting.h"
#include "fuzz.h"

namespace ceres_align::fuzz {
namespace {

void Parse(const char* name, const std::string& bytes) {
  static const std::filesystem::path folder = Folder();
  Expect(name, [&] {
    const LoadedMesh loaded = ParseMesh(bytes, folder / name);
    RequireMesh(loaded.mesh);
    Require(!loaded.mesh.faces.empty(), "a mesh has faces");
  });
}

}  // namespace

std::vector<Target> MeshTargets() {
  return {
      {"obj", [](const std::string& bytes) { Parse("in.obj", bytes); }},
      {"ply", [](const std::string& bytes) { Parse("in.ply", bytes); }},
      {"stl", [](const std::string& bytes) { Parse("in.stl", bytes); }},
      {"off", [](const std::string& bytes) { Parse("in.off", bytes); }},
      {"gltf", [](const std::string& bytes) { Parse("in.gltf", bytes); }},
      {"glb", [](const std::string& bytes) { Parse("in.glb", bytes); }},
      {"threemf", [](const std::string& bytes) { Parse("in.3mf", bytes); }},
      {"xml_nesting",
       [](const std::string& bytes) {
         Expect("in.dae", [&] { CheckXmlNesting(bytes, "in.dae"); });
       }},
  };
}

}  // namespace ceres_align::fuzz
