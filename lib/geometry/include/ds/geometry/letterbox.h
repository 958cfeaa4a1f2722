#pragma once

#include "ds/geometry/box.h"

namespace ds {

/// How an image is fitted into a network's input: scaled by one factor, placed at an offset, padded
/// elsewhere. YOLOX places it top-left (offset 0) and pads with 114.
struct Letterbox {
  int image_width = 0;
  int image_height = 0;
  int input_width = 0;
  int input_height = 0;
  double scale = 1;      // input pixels per image pixel
  int scaled_width = 0;  // of the image inside the input
  int scaled_height = 0;
  double offset_x = 0;
  double offset_y = 0;

  Box to_input(const Box& box) const;
  Box to_image(const Box& box) const;
};

/// Top-left placement with scale min(input_h / h, input_w / w); the scaled sides are truncated as in YOLOX.
Letterbox letterbox_top_left(int image_width, int image_height, int input_width, int input_height);

}  // namespace ds
