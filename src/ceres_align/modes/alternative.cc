#include "ceres_align/modes/alternative.h"

namespace ceres_align {

const char* ToString(ModeKind kind) {
  switch (kind) {
    case ModeKind::kOther:
      return "other";
    case ModeKind::kSymmetry:
      return "symmetry";
    case ModeKind::kMirrorTwin:
      return "mirror_twin";
    case ModeKind::kReversal:
      return "reversal";
  }
  return "unknown";
}

}  // namespace ceres_align
