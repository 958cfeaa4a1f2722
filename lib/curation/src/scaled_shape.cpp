#include "scaled_shape.h"

namespace ds::detail {
namespace {

struct Scale {
  double sx, sy;

  bool even() const { return sx == sy; }
  void points(std::vector<Point>& points) const {
    for (auto& p : points) p = {p.x * sx, p.y * sy};
  }
  Shape outline(const Shape& shape) const {
    Polygon polygon{outline_of(shape)};
    for (auto& ring : polygon.rings) points(ring);
    return polygon;
  }

  Shape operator()(const Box& b) const { return Box{b.x0 * sx, b.y0 * sy, b.x1 * sx, b.y1 * sy}; }
  Shape operator()(Polygon polygon) const {
    for (auto& ring : polygon.rings) points(ring);
    return polygon;
  }
  Shape operator()(Polyline line) const {
    points(line.points);
    return line;
  }
  Shape operator()(KeyPoints key) const {
    points(key.points);
    key.box = std::get<Box>((*this)(key.box));
    return key;
  }
  Shape operator()(const RotatedBox& b) const {
    if (!even()) return outline(b);
    return RotatedBox{b.cx * sx, b.cy * sy, b.width * sx, b.height * sy, b.angle_deg};
  }
  Shape operator()(const Ellipse& e) const {
    if (!even()) return outline(e);
    return Ellipse{e.cx * sx, e.cy * sy, e.rx * sx, e.ry * sy, e.angle_deg};
  }
  Shape operator()(const RunLengthMask& mask) const { return outline(mask); }
};

}  // namespace

Shape scaled_shape(const Shape& shape, double sx, double sy) {
  return std::visit(Scale{sx, sy}, shape);
}

}  // namespace ds::detail
