// Meshes: our own readers, and what stands before assimp's, which is not under test here.
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/io/threemf_check.h"
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
      {"threemf_check",
       [](const std::string& bytes) {
         Expect("in.3mf", [&] { io_internal::Check3mf(bytes, "in.3mf"); });
       }},
      {"xml_nesting",
       [](const std::string& bytes) {
         Expect("in.dae", [&] { CheckXmlNesting(bytes, "in.dae"); });
       }},
  };
}

}  // namespace ceres_align::fuzz
