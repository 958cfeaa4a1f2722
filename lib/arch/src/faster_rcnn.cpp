#include "families.h"

namespace ds::detail {

/// ImageNet's mean and deviation of values from 0 to 1. The input is between the published checkpoints' (320
/// and 800 for the shorter side): features of stride 32 need the pixels, and the second stage's cost does not
/// grow with them.
void add_faster_rcnn(Architectures& all) {
  all.add("faster-rcnn-mobilenetv3",
          "19 M parameters, 640 input, two stages; published with 22.8 AP on COCO at 320",
          {.family = "faster-rcnn",
           .default_width = 640,
           .default_height = 640,
           .preprocessing = {.channel_order = ChannelOrder::rgb,
                             .scale = {1 / (0.229 * 255), 1 / (0.224 * 255), 1 / (0.225 * 255)},
                             .mean = {0.485 * 255, 0.456 * 255, 0.406 * 255}},
           .stem = {"backbone.body.0.0.weight", 16}});
}

}  // namespace ds::detail
