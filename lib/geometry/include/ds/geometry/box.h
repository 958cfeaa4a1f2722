#pragma once

namespace ds {

/// An axis-aligned box in continuous pixel-edge coordinates: origin at the outer corner of the top-left
/// pixel, x right, y down, half-open. The whole image is {0, 0, width, height}.
struct Box {
  double x0 = 0;
  double y0 = 0;
  double x1 = 0;
  double y1 = 0;

  double width() const { return x1 - x0; }
  double height() const { return y1 - y0; }
  /// 0 for an inverted box.
  double area() const { return x1 > x0 && y1 > y0 ? (x1 - x0) * (y1 - y0) : 0; }
  double center_x() const { return (x0 + x1) / 2; }
  double center_y() const { return (y0 + y1) / 2; }
  bool operator==(const Box&) const = default;
};

Box xywh_to_xyxy(double x, double y, double w, double h);
Box cxcywh_to_xyxy(double cx, double cy, double w, double h);
/// The part of the box inside [0,width] x [0,height]; may be empty.
Box clipped(const Box& box, double width, double height);
Box intersection(const Box& a, const Box& b);
/// Intersection over union in [0,1]; 0 when the union is empty.
double iou(const Box& a, const Box& b);
/// Intersection over the area of `a` (what COCO uses against crowd regions).
double overlap_of(const Box& a, const Box& region);
/// True when every side is positive and every number finite.
bool is_proper(const Box& box);

}  // namespace ds
