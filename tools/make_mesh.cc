// make_mesh: procedural meshes to OBJ or PLY.
#include <gflags/gflags.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>

#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"
#include "ceres_align/io/mesh_io.h"
#include "ceres_align/synth/mesh_damage.h"
#include "ceres_align/synth/scan.h"
#include "ceres_align/synth/shapes.h"
#include "cli/help.h"

DEFINE_string(shape, "rooster", "The shape's name; --list prints all.");
DEFINE_int64(faces, 10000, "About this many faces (the rooster: 1000 to 10000000, within 5 %).");
DEFINE_uint64(seed, 1, "Of the shapes that are random.");
DEFINE_string(out, "", "The file to write: .obj or .ply (binary, double). Required.");
DEFINE_int32(decimals, -1, "Round coordinates to this many decimals; negative: not at all.");
DEFINE_bool(list, false, "Print the names of the shapes, one per line, and exit.");

using ceres_align::ScanOptions;

DEFINE_bool(scan, false,
            "A scan of the shape, which must be closed: marching cubes of its voxels, with bumps.");
DEFINE_string(scan_of, "", "A scan of this mesh file instead of --shape.");
DEFINE_double(smoothing, ScanOptions().smoothing,
              "Scan: part of the way that a vertex goes to its neighbours' mean, 0 to 1.");
DEFINE_double(bump_voxels, ScanOptions().bump_voxels, "Scan: rms of its bumps, in voxels, 0 to 1.");
DEFINE_double(bump_length_voxels, ScanOptions().bump_length_voxels,
              "Scan: their length, in voxels.");
DEFINE_int32(holes, ScanOptions().holes, "Scan: number of patches without faces.");
DEFINE_double(hole_radius, ScanOptions().hole_radius,
              "Scan: the patches' radius, of the object's bounding radius.");
DEFINE_int32(fragments, ScanOptions().fragments, "Scan: number of lumps that float beside it.");

namespace ceres_align::cli {
namespace {

ProgramHelp Help() {
  ProgramHelp help;
  help.name = "make_mesh";
  help.summary = "make_mesh: writes a procedural mesh.";
  help.examples = {
      {"make_mesh --out rooster.obj", "The rooster of the demo at 10000 faces."},
      {"make_mesh --faces 1500000 --out big.ply", "The same shape, finer."},
      {"make_mesh --shape blob --faces 6000 --seed 7 --out blob.obj", "A random smooth blob."},
      {"make_mesh --scan --faces 400000 --holes 5 --fragments 20 --out scan.ply",
       "The rooster as reconstructed from photographs."}};
  help.groups = {{"What to make", {"shape", "faces", "seed", "list"}},
                 {"Scan",
                  {"scan", "scan_of", "smoothing", "bump_voxels", "bump_length_voxels", "holes",
                   "hole_radius", "fragments"}},
                 {"Output", {"out", "decimals"}}};
  help.exit_codes = {"0  the file is written (or the list printed)",
                     "1  bad input: one line on stderr says what; nothing is written"};
  return help;
}

void Round(int decimals, TriangleMesh* mesh) {
  if (decimals > 15) {
    throw InputError("--decimals is " + std::to_string(decimals) + "; it must be at most 15");
  }
  double scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  for (Eigen::Vector3d& v : mesh->vertices) {
    for (double& x : v) x = std::round(x * scale) / scale + 0.0;  // + 0.0: no "-0"
  }
}

TriangleMesh Make() {
  ScanOptions options;
  options.target_faces = FLAGS_faces;
  options.smoothing = FLAGS_smoothing;
  options.bump_voxels = FLAGS_bump_voxels;
  options.bump_length_voxels = FLAGS_bump_length_voxels;
  options.holes = FLAGS_holes;
  options.hole_radius = FLAGS_hole_radius;
  options.fragments = FLAGS_fragments;
  options.seed = FLAGS_seed;
  if (FLAGS_scan_of.empty()) {
    return FLAGS_scan ? MakeScanOfShape(FLAGS_shape, options)
                      : MakeShape(FLAGS_shape, FLAGS_faces, FLAGS_seed);
  }
  if (FlagWasGiven("shape")) throw InputError("--shape and --scan_of exclude each other");
  return MakeScan(LoadMesh(FLAGS_scan_of).mesh, options);
}

void CheckScanFlags() {
  if (FLAGS_scan || !FLAGS_scan_of.empty()) return;
  for (const char* flag :
       {"smoothing", "bump_voxels", "bump_length_voxels", "holes", "hole_radius", "fragments"}) {
    if (FlagWasGiven(flag))
      throw InputError(std::string("--") + flag + " needs --scan or --scan_of");
  }
}

int Run() {
  if (FLAGS_list) {
    for (const std::string& name : ShapeNames()) std::printf("%s\n", name.c_str());
    return kExitOk;
  }
  if (FLAGS_out.empty()) throw InputError("--out is missing: the file to write (.obj or .ply)");
  std::string extension = std::filesystem::path(FLAGS_out).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension != ".obj" && extension != ".ply") {
    throw InputError("--out is " + Shown(FLAGS_out) + "; its extension must be .obj or .ply");
  }
  CheckScanFlags();
  TriangleMesh mesh = Make();
  if (FLAGS_decimals >= 0) Round(FLAGS_decimals, &mesh);
  (extension == ".obj" ? WriteObj : WritePly)(FLAGS_out, mesh);
  const Connectivity shape = Analyze(mesh);
  std::printf("%s: %zu vertices, %zu faces, %s\n", FLAGS_out.c_str(), mesh.vertices.size(),
              mesh.faces.size(),
              shape.closed_manifold() ? "a closed manifold" : "not a closed manifold");
  return kExitOk;
}

}  // namespace
}  // namespace ceres_align::cli

int main(int argc, char** argv) {
  return ceres_align::cli::RunProgram(ceres_align::cli::Help(), argc, argv, ceres_align::cli::Run);
}
