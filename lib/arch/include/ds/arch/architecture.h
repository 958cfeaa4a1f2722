#pragma once

#include <cstdint>
#include <string>

#include "ds/arch/preprocessing.h"
#include "ds/base/registry.h"

/// What is known of the detectors without building one: the only description of an architecture, read by
/// what serves models and by what trains them. The networks are in ds/nn/networks.h, under the same names.
namespace ds {

/// The first convolution, by which weights that do not name their architecture are recognised.
struct Stem {
  std::string weight;         // its name in the official checkpoints
  std::int64_t channels = 0;  // rows of it
};

struct Architecture {
  std::string family;  // shares layers, loss and the shape of the output; names begin with it
  int default_width = 416;
  int default_height = 416;
  int multiple = 32;  // sides must be multiples of this
  Preprocessing preprocessing = {};
  Stem stem = {};
  bool label_smoothing = false;  // whether the loss has a place for it
};

/// What is trained when nothing else is asked for.
inline constexpr const char* kDefaultArchitecture = "yolox-nano";

/// "yolox-nano", "yolox-tiny", "rtmdet-tiny" ...; iterate it for help texts and contract tests.
const Registry<Architecture>& architectures();

}  // namespace ds
