#include "ds/geometry/letterbox.h"

#include <algorithm>

namespace ds {

Box Letterbox::to_input(const Box& box) const {
  return {box.x0 * scale + offset_x, box.y0 * scale + offset_y, box.x1 * scale + offset_x,
          box.y1 * scale + offset_y};
}

Box Letterbox::to_image(const Box& box) const {
  return {(box.x0 - offset_x) / scale, (box.y0 - offset_y) / scale, (box.x1 - offset_x) / scale,
          (box.y1 - offset_y) / scale};
}

Letterbox letterbox_top_left(int image_width, int image_height, int input_width, int input_height) {
  Letterbox fit{image_width, image_height, input_width, input_height};
  fit.scale = std::min(static_cast<double>(input_height) / image_height,
                       static_cast<double>(input_width) / image_width);
  fit.scaled_width = std::max(1, static_cast<int>(image_width * fit.scale));
  fit.scaled_height = std::max(1, static_cast<int>(image_height * fit.scale));
  return fit;
}

}  // namespace ds
