#include "ds/geometry/box.h"

#include <algorithm>
#include <cmath>

namespace ds {

Box xywh_to_xyxy(double x, double y, double w, double h) {
  return {x, y, x + w, y + h};
}

Box cxcywh_to_xyxy(double cx, double cy, double w, double h) {
  return {cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2};
}

Box clipped(const Box& box, double width, double height) {
  return {std::clamp(box.x0, 0.0, width), std::clamp(box.y0, 0.0, height), std::clamp(box.x1, 0.0, width),
          std::clamp(box.y1, 0.0, height)};
}

Box intersection(const Box& a, const Box& b) {
  return {std::max(a.x0, b.x0), std::max(a.y0, b.y0), std::min(a.x1, b.x1), std::min(a.y1, b.y1)};
}

double iou(const Box& a, const Box& b) {
  double common = intersection(a, b).area();
  double all = a.area() + b.area() - common;
  return all > 0 ? common / all : 0;
}

double overlap_of(const Box& a, const Box& region) {
  double own = a.area();
  return own > 0 ? intersection(a, region).area() / own : 0;
}

bool is_proper(const Box& box) {
  return std::isfinite(box.x0) && std::isfinite(box.y0) && std::isfinite(box.x1) && std::isfinite(box.y1) &&
         box.x1 > box.x0 && box.y1 > box.y0;
}

}  // namespace ds
