#include "ds/report/picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "charts/ticks.h"
#include "ds/base/error.h"
#include "ds/media/image_io.h"

namespace ds {

namespace {

using detail::Ticks;

// Blue, green, red; the light page's colours (page/page.css).
const cv::Scalar kText(36, 31, 27), kSoft(105, 94, 85), kLine(226, 220, 216);
const cv::Scalar kColors[] = {{201, 99, 37}, {12, 65, 194},  {61, 128, 21}, {234, 51, 147},
                              {7, 98, 161},  {144, 116, 14}, {93, 24, 190}, {104, 90, 77}};

constexpr double kTextSize = 11;  // points; of a title kTitleSize
constexpr double kTitleSize = 13;
constexpr double kMargin = 18;
constexpr double kAxisWidth = 56;  // room for the numbers beside an axis
constexpr double kRow = 18;        // of the legend

/// A chart's curve as numbers.
std::vector<std::vector<ChartPoint>> points_of(const Chart& chart) {
  std::vector<std::vector<ChartPoint>> all;
  for (const auto& series : chart.series) {
    auto points = series.points;
    for (std::size_t i = 0; i < series.values.size(); ++i)
      if (series.values[i]) points.push_back({static_cast<double>(i), *series.values[i]});
    std::erase_if(points, [](const auto& p) { return !std::isfinite(p.x) || !std::isfinite(p.y); });
    all.push_back(std::move(points));
  }
  return all;
}

/// The drawing surface. Everything is in points, y downwards; the pixels are finer.
class Canvas {
 public:
  Canvas(double width, double height, int scale)
      : scale_(scale),
        image_(static_cast<int>(std::ceil(height * scale)), static_cast<int>(std::ceil(width * scale)),
               CV_8UC3, cv::Scalar::all(255)) {}

  double text_width(const std::string& text, double size) const {
    int below = 0;
    return cv::getTextSize(text, kFont, font_scale(size), stroke(size), &below).width /
           static_cast<double>(scale_);
  }
  /// @param at left end of the baseline  @param share 0: left, 0.5: centred, 1: ends there
  void text(double x, double y, const std::string& text, const cv::Scalar& color, double size = kTextSize,
            double share = 0) {
    x -= share * text_width(text, size);
    cv::putText(image_, text, {to_pixel(x), to_pixel(y)}, kFont, font_scale(size), color, stroke(size),
                cv::LINE_AA);
  }
  void line(double x0, double y0, double x1, double y1, const cv::Scalar& color, double width = 1) {
    cv::line(image_, fine(x0, y0), fine(x1, y1), color, thickness(width), cv::LINE_AA, kShift);
  }
  void dashed(double x, double y0, double y1, const cv::Scalar& color) {
    for (double y = y0; y < y1; y += 8) line(x, y, x, std::min(y + 4, y1), color);
  }
  void curve(const std::vector<ChartPoint>& points, const cv::Scalar& color, double width) {
    std::vector<cv::Point> pixels;
    for (const auto& point : points) pixels.push_back(fine(point.x, point.y));
    cv::polylines(image_, pixels, false, color, thickness(width), cv::LINE_AA, kShift);
  }
  void dot(const ChartPoint& at, const cv::Scalar& color, double radius) {
    cv::circle(image_, fine(at.x, at.y), static_cast<int>(radius * scale_ * (1 << kShift)), color, cv::FILLED,
               cv::LINE_AA, kShift);
  }
  const cv::Mat& image() const { return image_; }

 private:
  static constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
  static constexpr int kShift = 4;

  int to_pixel(double points) const { return static_cast<int>(std::lround(points * scale_)); }
  cv::Point fine(double x, double y) const {
    return {static_cast<int>(std::lround((x * scale_ - 0.5) * (1 << kShift))),
            static_cast<int>(std::lround((y * scale_ - 0.5) * (1 << kShift)))};
  }
  int thickness(double points) const { return std::max(1, static_cast<int>(std::lround(points * scale_))); }
  // A capital of the stroke font is 21 units high, of a usual font 0.72 of its size.
  double font_scale(double size) const { return size * 0.72 * scale_ / 21; }
  int stroke(double size) const { return std::max(1, static_cast<int>(std::lround(size * scale_ / 14))); }

  int scale_;
  cv::Mat image_;
};

/// One chart between two heights of the canvas: title and legend, then the axes, then curves and marks over them.
/// The legend comes first because its rows decide where the drawing area begins; find_range() then fixes the
/// scales, and at_x() and at_y() hold from there on. Everything is in points, which the canvas turns into pixels.
class Panel {
 public:
  Panel(Canvas& canvas, const Chart& chart, double width, double top, double height)
      : canvas_(canvas),
        chart_(chart),
        points_(points_of(chart)),
        left_(kMargin + kAxisWidth),
        right_(width - kMargin),
        top_(top),
        bottom_(top + height - 34) {}

  void draw() {
    canvas_.text(kMargin, top_ + kTitleSize, chart_.title, kText, kTitleSize);
    legend();
    find_range();
    axes();
    for (std::size_t i = 0; i < points_.size(); ++i) series(i);
    for (const auto& mark : chart_.marks) this->mark(mark);
  }

 private:
  /// Beside the title as long as there is room, then in rows below it.
  void legend() {
    double x = kMargin + canvas_.text_width(chart_.title, kTitleSize) + 24, y = top_ + kTitleSize;
    if (chart_.series.size() > 1)
      for (std::size_t i = 0; i < chart_.series.size(); ++i) {
        const auto& name = chart_.series[i].name;
        const double needed = 20 + canvas_.text_width(name, kTextSize) + 16;
        if (x + needed > right_) x = left_, y += kRow;
        canvas_.line(x, y - 4, x + 14, y - 4, color(i), 2.5);
        canvas_.text(x + 20, y, name, kSoft);
        x += needed;
      }
    // The words of marks stand between the legend and the curves.
    top_ = y + (chart_.marks.empty() ? 14 : 24);
  }

  void find_range() {
    double low_x = 0, high_x = 0, low_y = 0, high_y = 0;
    bool any = false;
    for (const auto& points : points_)
      for (const auto& point : points) {
        low_x = any ? std::min(low_x, point.x) : point.x;
        high_x = any ? std::max(high_x, point.x) : point.x;
        low_y = any ? std::min(low_y, point.y) : point.y;
        high_y = any ? std::max(high_y, point.y) : point.y;
        any = true;
      }
    if (!any) high_y = 1;
    if (chart_.kind == Chart::Kind::line) {
      low_y = std::min(low_y, 0.0);
      low_x = 0;
      high_x = chart_.labels.empty() ? 0 : static_cast<double>(chart_.labels.size() - 1);
    }
    y_ = detail::nice_ticks(chart_.y_min.value_or(low_y), chart_.y_max.value_or(high_y), 6);
    if (chart_.kind == Chart::Kind::curve) {
      x_ = detail::nice_ticks(chart_.x_min.value_or(low_x), chart_.x_max.value_or(high_x), 10);
      return;
    }
    // A single label stands in the middle.
    x_.low = high_x > low_x ? low_x : -1;
    x_.high = high_x > low_x ? high_x : 1;
    for (auto position : detail::label_ticks(chart_.labels.size(), 12)) {
      x_.values.push_back(static_cast<double>(position));
      x_.texts.push_back(chart_.labels[position]);
    }
  }

  void axes() {
    for (std::size_t i = 0; i < y_.values.size(); ++i) {
      const double y = at_y(y_.values[i]);
      canvas_.line(left_, y, right_, y, kLine);
      canvas_.text(left_ - 8, y + 4, y_.texts[i], kSoft, kTextSize, 1);
    }
    canvas_.line(left_, top_, left_, bottom_, kLine);
    double free_from = 0;
    for (std::size_t i = 0; i < x_.values.size(); ++i) {
      const double x = at_x(x_.values[i]);
      const double half = canvas_.text_width(x_.texts[i], kTextSize) / 2;
      canvas_.line(x, bottom_, x, bottom_ + 4, kSoft);
      if (x - half < free_from) continue;
      canvas_.text(x, bottom_ + 16, x_.texts[i], kSoft, kTextSize, 0.5);
      free_from = x + half + 6;
    }
    canvas_.text(right_, bottom_ + 29, chart_.x_title, kSoft, kTextSize, 1);
  }

  void series(std::size_t index) {
    std::vector<ChartPoint> placed;
    for (const auto& point : points_[index]) placed.push_back({at_x(point.x), at_y(point.y)});
    if (placed.empty()) return;
    canvas_.curve(placed, color(index), 1.75);
    if (placed.size() <= 40)
      for (const auto& point : placed) canvas_.dot(point, color(index), 2.5);
  }

  void mark(const ChartMark& mark) {
    const double x = at_x(mark.at);
    if (x < left_ || x > right_) return;
    canvas_.dashed(x, top_ - 14, bottom_, kSoft);
    const bool fits = x + 6 + canvas_.text_width(mark.text, kTextSize) < right_;
    canvas_.text(fits ? x + 6 : x - 6, top_ - 5, mark.text, kSoft, kTextSize, fits ? 0 : 1);
  }

  cv::Scalar color(std::size_t index) const {
    const auto& own = chart_.series[index].color;
    if (own.size() != 7 || own[0] != '#') return kColors[index % std::size(kColors)];
    auto channel = [&](std::size_t at) { return std::stoi(own.substr(at, 2), nullptr, 16); };
    return cv::Scalar(channel(5), channel(3), channel(1));
  }
  double at_x(double x) const { return left_ + (x - x_.low) / (x_.high - x_.low) * (right_ - left_); }
  double at_y(double y) const { return bottom_ - (y - y_.low) / (y_.high - y_.low) * (bottom_ - top_); }

  Canvas& canvas_;
  const Chart& chart_;
  std::vector<std::vector<ChartPoint>> points_;
  double left_, right_, top_, bottom_;
  Ticks x_, y_;
};

}  // namespace

std::string charts_png(const std::vector<Chart>& charts, const PictureOptions& options) {
  for (const auto& chart : charts)
    if (chart.kind != Chart::Kind::line && chart.kind != Chart::Kind::curve)
      throw Error(fmt::format("chart '{}' is no curve: a picture shows curves", chart.title));
  const double head = kMargin + (options.title.empty() ? 0 : 24) + (options.subtitle.empty() ? 0 : 18);
  const double height = head + static_cast<double>(charts.size()) * options.panel_height + 4;
  Canvas canvas(options.width, height, std::clamp(options.scale, 1, 4));
  double y = kMargin;
  if (!options.title.empty()) canvas.text(kMargin, y += 12, options.title, kText, 16);
  if (!options.subtitle.empty()) canvas.text(kMargin, y + 18, options.subtitle, kSoft);
  for (std::size_t i = 0; i < charts.size(); ++i)
    Panel(canvas, charts[i], options.width, head + static_cast<double>(i) * options.panel_height,
          options.panel_height - 10)
        .draw();
  return encode_png(canvas.image());
}

}  // namespace ds
