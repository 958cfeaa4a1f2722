#include "families.h"

namespace ds::detail {

/// Pixels go in as they are.
void add_yolox(Architectures& all) {
  auto add = [&](const char* name, const char* summary, int side, int stem_channels) {
    all.add(name, summary,
            {.family = "yolox",
             .default_width = side,
             .default_height = side,
             .stem = {"backbone.backbone.stem.conv.conv.weight", stem_channels},
             .label_smoothing = true});
  };
  add("yolox-nano", "0.9 M parameters, depthwise; the smallest, for CPUs and small data", 416, 16);
  add("yolox-tiny", "5.1 M parameters; twice nano's time, several points of AP more", 416, 24);
  add("yolox-s", "9 M parameters, 640 input; a good default on a GPU", 640, 32);
  add("yolox-m", "25 M parameters, 640 input", 640, 48);
  add("yolox-l", "54 M parameters, 640 input", 640, 64);
  add("yolox-x", "99 M parameters, 640 input; the most accurate, for large GPUs", 640, 80);
}

}  // namespace ds::detail
