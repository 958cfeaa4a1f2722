#include "ds/media/draw.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "ds/base/text.h"

namespace ds {
namespace {

cv::Scalar to_bgr(const std::string& color) {
  if (color.size() != 7 || color[0] != '#') return {200, 120, 40};
  auto channel = [&](std::size_t at) { return std::stoi(color.substr(at, 2), nullptr, 16); };
  return cv::Scalar(channel(5), channel(3), channel(1));
}

// OpenCV puts integers on pixel centres, we put them on pixel edges; 4 bits of sub-pixel precision.
constexpr int kShift = 4;
cv::Point to_cv(double x, double y) {
  return {static_cast<int>(std::lround((x - 0.5) * (1 << kShift))),
          static_cast<int>(std::lround((y - 0.5) * (1 << kShift)))};
}

std::vector<cv::Point> to_cv(const std::vector<Point>& points) {
  std::vector<cv::Point> all;
  for (const auto& point : points) all.push_back(to_cv(point.x, point.y));
  return all;
}

class Painter {
 public:
  Painter(cv::Mat& image, const DrawOptions& options)
      : image_(image),
        options_(options),
        line_(options.line_width > 0
                  ? options.line_width
                  : std::max(1, static_cast<int>(std::lround((image.cols + image.rows) / 500.0)))) {}

  void shape(const Shape& shape, const cv::Scalar& color) {
    std::visit([&](const auto& one) { paint(one, color); }, shape);
  }

  void label(const Box& box, const std::string& text, const cv::Scalar& color) {
    if (!options_.labels || text.empty()) return;
    double size = std::clamp(image_.rows / 900.0, 0.35, 1.2);
    int below = 0;
    auto extent = cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, size, 1, &below);
    int x = std::clamp(static_cast<int>(std::floor(box.x0)), 0, std::max(0, image_.cols - extent.width));
    int y = static_cast<int>(std::floor(box.y0)) - below - line_;
    if (y - extent.height < 0)
      y = std::min(image_.rows - 1, static_cast<int>(box.y0) + extent.height + below);
    cv::rectangle(image_, {x, y - extent.height - 2}, {x + extent.width, y + below}, color, cv::FILLED);
    double brightness = 0.114 * color[0] + 0.587 * color[1] + 0.299 * color[2];
    cv::putText(image_, text, {x, y}, cv::FONT_HERSHEY_SIMPLEX, size,
                brightness > 140 ? cv::Scalar::all(0) : cv::Scalar::all(255), 1, cv::LINE_AA);
  }

 private:
  void paint(const Box& box, const cv::Scalar& color) {
    outline({{box.x0, box.y0}, {box.x1, box.y0}, {box.x1, box.y1}, {box.x0, box.y1}}, true, color);
  }
  void paint(const RotatedBox& box, const cv::Scalar& color) { outline(box.corners(), true, color); }
  void paint(const Polygon& polygon, const cv::Scalar& color) {
    if (options_.fill) {
      cv::Mat over = image_.clone();
      for (const auto& ring : polygon.rings)
        cv::fillPoly(over, std::vector<std::vector<cv::Point>>{to_cv(ring)}, color, cv::LINE_AA, kShift);
      cv::addWeighted(over, 0.35, image_, 0.65, 0, image_);
    }
    for (const auto& ring : polygon.rings) outline(ring, true, color);
  }
  void paint(const RunLengthMask& mask, const cv::Scalar& color) {
    std::uint64_t at = 0;
    for (std::size_t run = 0; run < mask.counts.size(); ++run) {
      for (std::uint32_t i = 0; i < mask.counts[run]; ++i, ++at) {
        int x = static_cast<int>(at / static_cast<std::uint64_t>(mask.height));
        int y = static_cast<int>(at % static_cast<std::uint64_t>(mask.height));
        if (run % 2 == 0 || x >= image_.cols || y >= image_.rows) continue;
        auto& pixel = image_.at<cv::Vec3b>(y, x);
        for (int c = 0; c < 3; ++c)
          pixel[c] = cv::saturate_cast<std::uint8_t>(0.55 * pixel[c] + 0.45 * color[c]);
      }
    }
    paint(mask.bounds(), color);
  }
  void paint(const KeyPoints& points, const cv::Scalar& color) {
    for (std::size_t i = 0; i < points.points.size(); ++i) {
      if (i < points.visibility.size() && points.visibility[i] == 0) continue;
      bool visible = i >= points.visibility.size() || points.visibility[i] == 2;
      cv::circle(image_, to_cv(points.points[i].x, points.points[i].y), (line_ + 2) << kShift, color,
                 visible ? static_cast<int>(cv::FILLED) : line_, cv::LINE_AA, kShift);
    }
    paint(points.box, color);
  }
  void paint(const Polyline& line, const cv::Scalar& color) { outline(line.points, false, color); }

  void paint(const Ellipse& ellipse, const cv::Scalar& color) {
    for (const auto& ring : outline_of(ellipse)) outline(ring, true, color);
  }

  void outline(const std::vector<Point>& points, bool closed, const cv::Scalar& color) {
    cv::polylines(image_, std::vector<std::vector<cv::Point>>{to_cv(points)}, closed, color, line_,
                  cv::LINE_AA, kShift);
  }

  cv::Mat& image_;
  const DrawOptions& options_;
  int line_;
};

}  // namespace

void draw_annotations(cv::Mat& image, const std::vector<Annotation>& annotations, const ClassList& classes,
                      const DrawOptions& options) {
  Painter painter(image, options);
  for (const auto& annotation : annotations)
    painter.shape(annotation.shape, to_bgr(classes[annotation.class_idx].color));
  for (const auto& annotation : annotations) {
    auto text = classes[annotation.class_idx].name;
    if (annotation.score) text += fmt::format(" {:.2f}", *annotation.score);
    painter.label(annotation.box(), text, to_bgr(classes[annotation.class_idx].color));
  }
}

void draw_detections(cv::Mat& image, const std::vector<Detection>& detections, const ClassList& classes,
                     const DrawOptions& options) {
  std::vector<Annotation> annotations;
  for (const auto& detection : detections)
    annotations.push_back(
        {.class_idx = detection.class_idx, .shape = detection.box, .score = detection.score});
  draw_annotations(image, annotations, classes, options);
}

}  // namespace ds
