#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "ds/metrics/eval_input.h"

/// What a box looks like by itself, and how it would be read otherwise. For objects and detections alike.
namespace ds::detail {

/// A fraction of the image may reach a little over its edge.
constexpr double kLargestFraction = 1.5;
/// Pixels over the edge that rounding explains.
constexpr double kOverEdge = 1;

/// How many things were like this, and the first of them.
struct Tally {
  std::size_t count = 0;
  std::size_t first = 0;
  void add(std::size_t i) {
    if (count++ == 0) first = i;
  }
};

template <typename Box>
bool is_like_corners(const Box& b) {
  return b.x >= 0 && b.y >= 0 && b.w > b.x && b.h > b.y;
}
template <typename Box>
bool is_fraction(const Box& b) {
  return std::abs(b.x) <= kLargestFraction && std::abs(b.y) <= kLargestFraction && b.w <= kLargestFraction &&
         b.h <= kLargestFraction;
}
template <typename Box>
bool is_outside(const Box& b, const EvalImage& image) {
  if (image.width <= 0 || image.height <= 0) return false;
  return b.x < -kOverEdge || b.y < -kOverEdge || b.x + b.w > image.width + kOverEdge ||
         b.y + b.h > image.height + kOverEdge;
}

inline void set_area(DetectedBox&) {}
inline void set_area(TruthObject& object) {
  object.area = object.w * object.h;
}

template <typename Box>
void from_corners(Box& b, const EvalImage&) {
  b.w -= b.x;
  b.h -= b.y;
  set_area(b);
}
template <typename Box>
void from_fractions(Box& b, const EvalImage& image) {
  b.x *= image.width;
  b.w *= image.width;
  b.y *= image.height;
  b.h *= image.height;
  set_area(b);
}
template <typename Box>
void clip(Box& b, const EvalImage& image) {
  if (!is_outside(b, image)) return;
  const double right = std::clamp(b.x + b.w, 0.0, double(image.width));
  const double bottom = std::clamp(b.y + b.h, 0.0, double(image.height));
  b.x = std::clamp(b.x, 0.0, double(image.width));
  b.y = std::clamp(b.y, 0.0, double(image.height));
  b.w = right - b.x;
  b.h = bottom - b.y;
}

/// Everything a look at each box by itself can tell, in one pass.
struct BoxTallies {
  Tally like_corners, fractions, negative, outside;

  template <typename Box>
  void add(std::size_t i, const Box& b, const EvalImage& image) {
    if (is_like_corners(b)) like_corners.add(i);
    if (is_fraction(b)) fractions.add(i);
    if (b.w < 0 || b.h < 0) negative.add(i);
    if (is_outside(b, image)) outside.add(i);
  }
};

}  // namespace ds::detail
