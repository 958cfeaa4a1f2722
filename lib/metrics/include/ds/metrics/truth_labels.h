#pragma once

#include <cstdint>
#include <vector>

namespace ds {

/// What is known of an image beyond its objects, as indices into TruthTable::classes, ascending. Protocols of
/// datasets in which not every class was looked for on every image need it.
struct ImageLabels {
  std::vector<std::int32_t> positive;        // verified to be there
  std::vector<std::int32_t> negative;        // verified not to be there
  std::vector<std::int32_t> not_exhaustive;  // there, but not every object is labelled
};

struct TruthLabels {
  std::vector<ImageLabels> images;  // as TruthTable::images
  std::vector<char> frequency;      // as TruthTable::classes: 'r', 'c', 'f'; 0: not given
  bool has_positive = false;        // whether any image has the member at all
  bool has_negative = false;
  bool has_not_exhaustive = false;
};

}  // namespace ds
