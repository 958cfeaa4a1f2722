#pragma once

#include <vector>

#include "ds/geometry/box.h"

/// What a batch should teach, without torch.
namespace ds {

/// One object to learn, in pixels of the network's input.
struct TargetObject {
  Box box;
  int class_idx = 0;
  /// A crowd or otherwise undecided region: nothing is learnt to be there, and nothing not to be there.
  bool ignore = false;
};

struct ImageTargets {
  std::vector<TargetObject> objects;  // may be empty: a background image
};

}  // namespace ds
