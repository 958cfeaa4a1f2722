#pragma once

#include <opencv2/core.hpp>

#include "ds/base/random.h"
#include "ds/geometry/shape.h"

namespace ds::detail {

/// One shape of a synthetic scene, in pixel-edge coordinates.
struct SceneShape {
  int class_idx = 0;
  double cx = 0;
  double cy = 0;
  double radius = 0;  // of the circle around it
  double angle_rad = 0;
  cv::Vec3d color;  // BGR 0..255

  /// The outer ring; a circle comes as a 48-gon.
  Ring outline() const;
  Box box() const;
};

inline constexpr int kSceneClassCount = 8;
const char* scene_class_name(int class_idx);
/// A colour near the class's own: hue and lightness vary a little.
cv::Vec3d scene_color(int class_idx, Random& random);
/// A mottled, weakly coloured ground (value noise of three octaves).
cv::Mat scene_ground(int width, int height, Random& random);
/// Paints the shape with soft edges.
void paint_shape(cv::Mat& image, const SceneShape& shape);
/// Adds grey-level noise in place.
void add_noise(cv::Mat& image, double deviation, Random& random);

}  // namespace ds::detail
