// What the programs write, and where.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "ceres_align/align/aligner.h"
#include "ceres_align/io/scene_io.h"
#include "ceres_align/report/draw.h"
#include "ceres_align/report/output_files.h"
#include "ceres_align/report/result_json.h"

namespace ceres_align::cli {

/// The values of the flags of the same names; empty paths: not given.
struct OutputFlags {
  /// json, overlay, comparison, gif, report separated by commas; or all; or none
  std::string outputs;
  std::string out_dir;
  std::string filename_output;   ///< of the animation
  std::string start_end_output;  ///< of the comparison
  /// none, final or all: which pictures of those that `outputs` names
  std::string pictures = "all";
};

struct OutputPlan {
  bool json = false, overlay = false, comparison = false, gif = false, report = false;
  std::string out_dir;
  std::string gif_path = "optimization.gif", comparison_path = "comparison.png";  ///< in out_dir
  bool any() const { return json || overlay || comparison || gif || report; }
};

/// `pictures` keeps of the outputs, none: json; final: json and overlay; all: everything. Throws
/// InputError for flags that do not go together (outputs that were named and are not kept, final
/// where no overlay was named), and for places where no file can be written. Writes nothing.
OutputPlan PlanOutputs(const OutputFlags& flags);

/// Writes what `stage` stages, all or nothing; where a signal asks for it, ends `program` with a
/// line on stderr and nothing written. Throws InputError.
void WriteFiles(const char* program, const std::string& folder,
                const std::function<void(OutputFiles*)>& stage);

/// The photographs of the scene's views, for overlays and report: by their names in `photos`, else
/// the `image` that the description has, whose paths start at `folder`; empty: there is none.
/// Throws InputError for files that are no pictures, or of another aspect ratio than the camera.
std::vector<RgbImage> LoadPhotos(const Scene& scene, const SceneDescription& description,
                                 const std::filesystem::path& folder, const std::string& photos);

/// What the pictures of a run are of. Borrows all but the last three.
struct DrawnRun {
  const Scene& scene;
  const PreparedMeshes& meshes;
  const std::vector<AlignIteration>& iterations;  ///< may be empty
  const AlignResult& result;
  const AlignOptions& options;
  const std::vector<std::string>& warnings;
  RunSeconds seconds = {};            ///< what is known of them so far
  std::string title = {};             ///< of the report
  std::vector<RgbImage> photos = {};  ///< for overlays and report, by view; or none
};
/// The plan's pictures and its report.html: drawn side by side on the rasterizer's threads, in
/// memory. Throws InputError where photographs cannot be encoded.
std::vector<OutputFile> DrawPictures(const OutputPlan& plan, const DrawnRun& run,
                                     Rasterizer* rasterizer);

}  // namespace ceres_align::cli
