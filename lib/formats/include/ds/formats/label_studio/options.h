#pragma once

#include <string>

namespace ds {

struct LabelStudioReading {
  /// Whose annotation of a task counts: an id or name; empty: the ground truth, else the latest.
  std::string annotator;
};

}  // namespace ds
