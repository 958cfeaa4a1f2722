#include "scene/shapes.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace ds::detail {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr const char* kNames[kSceneClassCount] = {"disc", "square", "triangle", "star",
                                                  "ring", "cross",  "bar",      "hexagon"};
constexpr double kHueDeg[kSceneClassCount] = {5, 215, 120, 50, 285, 180, 25, 325};

Ring regular(int corners, double inner_share) {
  Ring ring;
  int points = inner_share < 1 ? 2 * corners : corners;
  for (int i = 0; i < points; ++i) {
    double radius = inner_share < 1 && i % 2 == 1 ? inner_share : 1.0;
    double angle = 2 * kPi * i / points - kPi / 2;
    ring.push_back({radius * std::cos(angle), radius * std::sin(angle)});
  }
  return ring;
}

// Inside the unit circle.
Ring unit_outline(int class_idx) {
  switch (class_idx) {
    case 0:
    case 4:
      return regular(48, 1);
    case 1:
      return regular(4, 1);
    case 2:
      return regular(3, 1);
    case 3:
      return regular(5, 0.45);
    case 5: {
      constexpr double kArm = 0.32;
      constexpr double kEnd = 0.947;  // (kArm, kEnd) lies on the unit circle
      return {{-kArm, -kEnd}, {kArm, -kEnd}, {kArm, -kArm}, {kEnd, -kArm}, {kEnd, kArm},   {kArm, kArm},
              {kArm, kEnd},   {-kArm, kEnd}, {-kArm, kArm}, {-kEnd, kArm}, {-kEnd, -kArm}, {-kArm, -kArm}};
    }
    case 6:
      return {{-0.92, -0.39}, {0.92, -0.39}, {0.92, 0.39}, {-0.92, 0.39}};
    default:
      return regular(6, 1);
  }
}

constexpr int kShift = 4;

std::vector<cv::Point> to_cv(const Ring& ring) {
  std::vector<cv::Point> points;
  for (const auto& point : ring) {
    points.emplace_back(static_cast<int>(std::lround((point.x - 0.5) * (1 << kShift))),
                        static_cast<int>(std::lround((point.y - 0.5) * (1 << kShift))));
  }
  return points;
}

cv::Vec3d hsl_to_bgr(double hue_deg, double saturation, double lightness) {
  double chroma = saturation * std::min(lightness, 1 - lightness);
  auto channel = [&](double n) {
    double k = std::fmod(n + hue_deg / 30 + 12, 12);
    return 255 * (lightness - chroma * std::max(-1.0, std::min({k - 3, 9 - k, 1.0})));
  };
  return {channel(4), channel(8), channel(0)};
}

// Random values on a coarse grid, joined smoothly: one octave.
void add_octave(std::vector<double>& values, int width, int height, int cell, double strength,
                Random& random) {
  int columns = width / cell + 2;
  int rows = height / cell + 2;
  std::vector<double> grid(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows));
  for (auto& value : grid) value = random.uniform(-strength, strength);
  auto at = [&](int x, int y) {
    return grid[static_cast<std::size_t>(y) * static_cast<std::size_t>(columns) +
                static_cast<std::size_t>(x)];
  };
  for (int y = 0; y < height; ++y) {
    double fy = static_cast<double>(y % cell) / cell;
    for (int x = 0; x < width; ++x) {
      double fx = static_cast<double>(x % cell) / cell;
      double top = at(x / cell, y / cell) * (1 - fx) + at(x / cell + 1, y / cell) * fx;
      double bottom = at(x / cell, y / cell + 1) * (1 - fx) + at(x / cell + 1, y / cell + 1) * fx;
      values[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)] +=
          top * (1 - fy) + bottom * fy;
    }
  }
}

}  // namespace

const char* scene_class_name(int class_idx) {
  return kNames[class_idx];
}

Ring SceneShape::outline() const {
  Ring ring = unit_outline(class_idx);
  double c = std::cos(angle_rad) * radius;
  double s = std::sin(angle_rad) * radius;
  for (auto& point : ring) point = {cx + point.x * c - point.y * s, cy + point.x * s + point.y * c};
  return ring;
}

Box SceneShape::box() const {
  return bounding_box(Polygon{{outline()}});
}

cv::Vec3d scene_color(int class_idx, Random& random) {
  double hue = kHueDeg[class_idx] + random.uniform(-12, 12) + 360;
  return hsl_to_bgr(std::fmod(hue, 360), random.uniform(0.65, 0.95), random.uniform(0.40, 0.60));
}

cv::Mat scene_ground(int width, int height, Random& random) {
  std::vector<double> mottle(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 0.0);
  add_octave(mottle, width, height, std::max(4, width / 4), 30, random);
  add_octave(mottle, width, height, std::max(3, width / 16), 18, random);
  add_octave(mottle, width, height, std::max(2, width / 64), 10, random);
  cv::Vec3d base = hsl_to_bgr(random.uniform(0, 360), random.uniform(0.02, 0.18), random.uniform(0.35, 0.70));
  cv::Mat ground(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      double value =
          mottle[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
      for (int c = 0; c < 3; ++c)
        ground.at<cv::Vec3b>(y, x)[c] = cv::saturate_cast<std::uint8_t>(base[c] + value);
    }
  }
  return ground;
}

void paint_shape(cv::Mat& image, const SceneShape& shape) {
  cv::Mat cover(image.size(), CV_8UC1, cv::Scalar(0));
  using Rings = std::vector<std::vector<cv::Point>>;
  cv::fillPoly(cover, Rings{to_cv(shape.outline())}, cv::Scalar(255), cv::LINE_AA, kShift);
  if (shape.class_idx == 4) {
    auto hole = shape;
    hole.radius *= 0.55;
    cv::fillPoly(cover, Rings{to_cv(hole.outline())}, cv::Scalar(0), cv::LINE_AA, kShift);
  }
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      double share = cover.at<std::uint8_t>(y, x) / 255.0;
      if (share == 0) continue;
      // Lit from above: a shape is not one flat colour.
      double light = 1 - 0.25 * (y + 0.5 - shape.cy) / shape.radius;
      auto& pixel = image.at<cv::Vec3b>(y, x);
      for (int c = 0; c < 3; ++c)
        pixel[c] = cv::saturate_cast<std::uint8_t>((1 - share) * pixel[c] + share * light * shape.color[c]);
    }
  }
}

void add_noise(cv::Mat& image, double deviation, Random& random) {
  if (deviation <= 0) return;
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      double value = random.normal(0, deviation);
      for (int c = 0; c < 3; ++c) {
        auto& pixel = image.at<cv::Vec3b>(y, x)[c];
        pixel = cv::saturate_cast<std::uint8_t>(pixel + value);
      }
    }
  }
}

}  // namespace ds::detail
