#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "ds/base/registry.h"

namespace ds {

class DetectorNet;

/// How images become the network's input; engines and the training loader follow it exactly.
struct InputSpec {
  int default_width = 416;
  int default_height = 416;
  int multiple = 32;                  // sides must be multiples of this
  std::string channel_order = "bgr";  // "bgr" or "rgb"
  // value = (pixel - mean[c]) * scale[c], channels c in channel_order
  std::array<double, 3> scale = {1, 1, 1};
  std::array<double, 3> mean = {0, 0, 0};
  int pad_value = 114;  // top-left letterbox, see ds/geometry/letterbox.h
};

/// A kind of detector that can be built for any number of classes.
struct Architecture {
  InputSpec input;
  /// A new net with fresh weights from torch's global generator (torch::manual_seed), in training
  /// mode, on the CPU.
  std::function<std::shared_ptr<DetectorNet>(int num_classes)> make;
};

/// "yolox-nano", "yolox-tiny", "rtmdet-tiny" ...; iterate it for help texts and contract tests.
const Registry<Architecture>& architectures();
/// Throws UsageError for an unknown name (listing the known) and for num_classes < 1.
std::shared_ptr<DetectorNet> make_detector_net(const std::string& architecture, int num_classes);

}  // namespace ds
