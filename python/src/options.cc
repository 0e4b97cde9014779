#include "options.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "arrays.h"
#include "ceres_align/base/error.h"
#include "ceres_align/base/text.h"

namespace ceres_align::python {
namespace {

using Field = std::variant<double*, int*, bool*, Choice*, Eigen::Vector3d*>;

std::vector<std::pair<const char*, Field>> FieldsOf(AlignOptions* o) {
  return {{"coarsest_width_px", &o->coarsest_width_px},
          {"level_factor", &o->level_factor},
          {"max_iterations_per_level", &o->max_iterations_per_level},
          {"max_iterations", &o->max_iterations},
          {"max_rotation_step_rad", &o->max_rotation_step_rad},
          {"max_translation_step", &o->max_translation_step},
          {"coarse_step_px", &o->coarse_step_px},
          {"coarse_cost_change", &o->coarse_cost_change},
          {"final_step_px", &o->final_step_px},
          {"final_cost_change", &o->final_cost_change},
          {"moment_translation", &o->moment_translation},
          {"restarts", &o->restarts},
          {"restart_angle_rad", &o->restart_angle_rad},
          {"restart_misfit", &o->restart_misfit},
          {"sharp_window", &o->sharp_window},
          {"finest_window", &o->finest_window},
          {"robust", &o->robust},
          {"mask_offset", &o->offset},
          {"max_rotation_rad", &o->prior.max_rotation_rad},
          {"max_shift", &o->prior.max_shift},
          {"min_distance", &o->prior.min_distance},
          {"max_distance", &o->prior.max_distance},
          {"max_tilt_rad", &o->prior.max_tilt_rad},
          {"up_in_world", &o->prior.up_in_world},
          {"up_in_camera", &o->prior.up_in_cam},
          {"search_directions", &o->search_directions},
          {"search_candidates", &o->search_candidates},
          {"search_refined", &o->search_refined},
          {"search_rotations", &o->search_rotations},
          {"search_rotations_refined", &o->search_rotations_refined},
          {"search_thinned", &o->search_thinned},
          {"search_kept", &o->search_kept},
          {"search_finalists", &o->search_finalists},
          {"search_again", &o->search_again},
          {"search_if_poor", &o->search_if_poor},
          {"search_misfit", &o->search_misfit},
          {"search_stretch_px", &o->search_stretch_px},
          {"covariance", &o->covariance},
          {"outline_tolerance", &o->outline_tolerance},
          {"require_rad", &o->require_rad},
          {"require_of_distance", &o->require_of_distance}};
}

Choice AsChoice(py::handle value, const std::string& where) {
  const std::string text = AsText(value, where);
  for (const Choice choice : {Choice::kAuto, Choice::kOff, Choice::kOn}) {
    if (text == ToString(choice)) return choice;
  }
  throw InputError(where + " is " + Quoted(text) + "; it must be auto, off or on");
}

void Set(py::handle value, const std::string& where, const Field& field) {
  if (auto* const number = std::get_if<double*>(&field)) {
    **number = AsNumber(value, where);
  } else if (auto* const integer = std::get_if<int*>(&field)) {
    **integer = AsInt(value, where);
  } else if (auto* const flag = std::get_if<bool*>(&field)) {
    **flag = AsBool(value, where);
  } else if (auto* const choice = std::get_if<Choice*>(&field)) {
    **choice = AsChoice(value, where);
  } else {
    const std::vector<double> v = AsVector(value, where);
    if (v.size() != 3) {
      throw InputError(where + Format(" has %zu numbers; it must be three", v.size()));
    }
    *std::get<Eigen::Vector3d*>(field) = {v[0], v[1], v[2]};
  }
}

}  // namespace

AlignOptions OptionsOf(const py::dict& given) {
  AlignOptions options;
  const auto fields = FieldsOf(&options);
  for (const auto& [key, value] : given) {
    const std::string name = AsText(key, "a name of options");
    const Field* found = nullptr;
    for (const auto& [field_name, field] : fields) {
      if (name == field_name) found = &field;
    }
    if (found == nullptr) {
      throw InputError("options: " + Quoted(name) +
                       " is no option; ceres_align.option_names() lists them");
    }
    Set(value, name, *found);
  }
  return options;
}

py::list OptionNames() {
  AlignOptions options;
  py::list names;
  for (const auto& [name, field] : FieldsOf(&options)) names.append(py::str(name));
  return names;
}

}  // namespace ceres_align::python
