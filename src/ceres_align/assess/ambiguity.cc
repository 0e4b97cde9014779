#include "ceres_align/assess/ambiguity.h"

#include <set>

#include "ceres_align/modes/mode_words.h"

namespace ceres_align {

std::string AmbiguityInWords(const std::vector<Alternative>& alternatives,
                             const std::optional<Observability>& observability,
                             const MeshSymmetry& symmetry) {
  std::string text;
  const auto add = [&](const std::string& reason) { text += (text.empty() ? "" : "; ") + reason; };
  if (observability) {
    for (const std::string& motion : observability->unobserved) add(motion + " is not observed");
  }
  std::set<ModeKind> said;
  for (const Alternative& other : alternatives) {
    if (!other.fits || !said.insert(other.kind).second) continue;
    if (other.kind == ModeKind::kSymmetry) {
      add("symmetry: " + SymmetryInWords(symmetry));
    } else if (other.kind == ModeKind::kOther) {
      add("another pose fits the masks about as well: the object " + other.relation);
    } else {
      add(other.relation);
    }
  }
  return text;
}

}  // namespace ceres_align
