#include "families.h"

namespace ds::detail {

/// Values of the pixels: ImageNet's mean over its deviation.
void add_rtmdet(Architectures& all) {
  auto add = [&](const char* name, const char* summary, int stem_channels) {
    all.add(
        name, summary,
        {.family = "rtmdet",
         .default_width = 640,
         .default_height = 640,
         .preprocessing = {.scale = {1 / 57.375, 1 / 57.12, 1 / 58.395}, .mean = {103.53, 116.28, 123.675}},
         .stem = {"backbone.stem.0.conv.weight", stem_channels}});
  };
  add("rtmdet-tiny", "4.9 M parameters, 640 input; published with 41 AP on COCO", 12);
  add("rtmdet-s", "8.9 M parameters, 640 input; published with 44.6 AP on COCO", 16);
}

}  // namespace ds::detail
