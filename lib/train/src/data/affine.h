#pragma once

#include <array>
#include <cmath>
#include <numbers>

#include "ds/geometry/box.h"

namespace ds::detail {

/// A plane's affine map in continuous pixel-edge coordinates: (x, y) -> (a x + b y + c, d x + e y + f).
struct Affine {
  double a = 1;
  double b = 0;
  double c = 0;
  double d = 0;
  double e = 1;
  double f = 0;

  static Affine scaling(double sx, double sy) { return {sx, 0, 0, 0, sy, 0}; }
  static Affine shift(double x, double y) { return {1, 0, x, 0, 1, y}; }
  static Affine rotation(double degrees) {
    double r = degrees * std::numbers::pi / 180;
    return {std::cos(r), -std::sin(r), 0, std::sin(r), std::cos(r), 0};
  }
  static Affine shearing(double x_degrees, double y_degrees) {
    constexpr double kRadians = std::numbers::pi / 180;
    return {1, std::tan(x_degrees * kRadians), 0, std::tan(y_degrees * kRadians), 1, 0};
  }

  /// First `other`, then this.
  Affine operator*(const Affine& other) const {
    return {a * other.a + b * other.d, a * other.b + b * other.e, a * other.c + b * other.f + c,
            d * other.a + e * other.d, d * other.b + e * other.e, d * other.c + e * other.f + f};
  }
  /// The way back; the map must not be flat.
  Affine inverse() const {
    double area = a * e - b * d;
    return {e / area, -b / area, (b * f - e * c) / area, -d / area, a / area, (d * c - a * f) / area};
  }
  double x(double px, double py) const { return a * px + b * py + c; }
  double y(double px, double py) const { return d * px + e * py + f; }
  /// How much lengths grow, on average.
  double scale() const { return std::sqrt(std::abs(a * e - b * d)); }
  /// The smallest upright box around the mapped one.
  Box bounds(const Box& box) const {
    std::array<double, 4> xs = {x(box.x0, box.y0), x(box.x1, box.y0), x(box.x0, box.y1), x(box.x1, box.y1)};
    std::array<double, 4> ys = {y(box.x0, box.y0), y(box.x1, box.y0), y(box.x0, box.y1), y(box.x1, box.y1)};
    Box out{xs[0], ys[0], xs[0], ys[0]};
    for (std::size_t i = 1; i < 4; ++i) {
      out.x0 = std::fmin(out.x0, xs[i]);
      out.x1 = std::fmax(out.x1, xs[i]);
      out.y0 = std::fmin(out.y0, ys[i]);
      out.y1 = std::fmax(out.y1, ys[i]);
    }
    return out;
  }
};

}  // namespace ds::detail
