// Scenes of photographs and renders that this project did not make: cases.json and what it names.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ceres_align/geometry/scene.h"

namespace ceres_align {

struct RealCase {
  std::string set, id;  ///< "roboreg_med7", "0"
  std::string units;    ///< of the mesh: "metre", …
  bool exact = false;   ///< the stored pose is exact, not a published estimate
  Scene scene;          ///< no start; true_rig_from_world is the stored pose of the first view
};

/// Reads folder/cases.json and the files it names, of the wanted sets (empty: all), in the file's
/// order. Principal points are shifted to where the first pixel's centre is (0.5, 0.5). Throws
/// InputError.
std::vector<RealCase> LoadRealCases(const std::string& folder,
                                    const std::vector<std::string>& sets);

/// Cases of one set as one: one pose for all, every view with the mesh of its own case. All must
/// have the same stored pose of their first view.
RealCase Together(const std::vector<RealCase>& cases);

}  // namespace ceres_align
