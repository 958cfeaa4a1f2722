#include <utility>

#include "families.h"

namespace ds::detail {

/// Values from -1 to 1.
void add_ssdlite(Architectures& all) {
  auto add = [&](const char* name, const char* summary, Stem stem) {
    all.add(name, summary,
            {.family = "ssdlite",
             .default_width = 320,
             .default_height = 320,
             .preprocessing = {.channel_order = ChannelOrder::rgb,
                               .scale = {1 / 127.5, 1 / 127.5, 1 / 127.5},
                               .mean = {127.5, 127.5, 127.5}},
             .stem = std::move(stem)});
  };
  add("ssdlite-mobilenetv3", "3.3 M parameters, 320 input; published with 21.3 AP on COCO",
      {"backbone.features.0.0.0.weight", 16});
  add("ssdlite-mobilenetv2", "4.5 M parameters, 320 input; starts from MobileNetV2's ImageNet weights",
      {"backbone.features.0.0.weight", 32});
}

}  // namespace ds::detail
