#pragma once

#include <array>

namespace ds {

/// Of a network's input; pictures are decoded to BGR.
enum class ChannelOrder { bgr, rgb };
/// "bgr" or "rgb", as model cards have it.
constexpr const char* to_string(ChannelOrder order) {
  return order == ChannelOrder::rgb ? "rgb" : "bgr";
}

/// How an image becomes the network's input: value = (pixel - mean[c]) * scale[c] for each channel c, after a
/// top-left letterbox (bilinear, scaled sides truncated, ds/geometry/letterbox.h). Engines and the training
/// loader follow it exactly.
struct Preprocessing {
  ChannelOrder channel_order = ChannelOrder::bgr;
  std::array<double, 3> scale = {1, 1, 1};  // channels in channel_order
  std::array<double, 3> mean = {0, 0, 0};
  int pad_value = 114;  // of the letterbox's border, 0 to 255
  bool operator==(const Preprocessing&) const = default;
};

}  // namespace ds
