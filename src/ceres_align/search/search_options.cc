#include "ceres_align/search/search_options.h"

namespace ceres_align {

void SearchOptions::Validate() const {
  const auto at_least_one = [](int value, const char* field) {
    RequireOption(value >= 1, field, value, "at least 1");
  };
  at_least_one(search_rotations, "search_rotations");
  at_least_one(search_directions, "search_directions");
  at_least_one(search_candidates, "search_candidates");
  at_least_one(search_rotations_refined, "search_rotations_refined");
  at_least_one(search_refined, "search_refined");
  at_least_one(search_thinned, "search_thinned");
  at_least_one(search_kept, "search_kept");
  at_least_one(search_finalists, "search_finalists");
  RequireOption(search_misfit >= 0, "search_misfit", search_misfit, "at least 0");
  RequireOption(search_stretch_px >= 0, "search_stretch_px", search_stretch_px, "at least 0");
}

}  // namespace ceres_align
