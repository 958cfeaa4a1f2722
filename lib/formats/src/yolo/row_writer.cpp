#include "yolo/row_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/geometry/clip_shape.h"
#include "shared/losses.h"

namespace ds::detail {

namespace {

// Ultralytics drops an image with all its labels when a number is outside of these.
constexpr double kLeastOutside = -0.01;
constexpr double kMostOutside = 1.01;

using Shares = std::vector<double>;  // shares of the image's sides

bool acceptable(const Shares& row) {
  return std::all_of(row.begin(), row.end(),
                     [](double v) { return v >= kLeastOutside && v <= kMostOutside; });
}

bool has_four_corners(const Shape& shape) {
  const auto* polygon = std::get_if<Polygon>(&shape);
  return std::holds_alternative<RotatedBox>(shape) ||
         (polygon && polygon->rings.size() == 1 && polygon->rings[0].size() == 4);
}

class RowWriter {
 public:
  RowWriter(const Image& image, const YoloStyle& style, LossReport& losses)
      : image_(image), style_(style), losses_(losses) {}

  std::string row(const Annotation& annotation) {
    if (annotation.crowd) return "";  // counted: a row would make it an ordinary object
    if (!is_proper(annotation.box())) {
      losses_.add("zero-size", "left out: other tools would drop all labels of the image");
      return "";
    }
    auto numbers = numbers_of(annotation.shape);
    // Of corners others look at the box around them.
    if (!acceptable(style_.task == YoloTask::obb ? box_row(annotation.box()) : numbers)) {
      losses_.add("outside", "cut at the image's edge: other tools would drop all labels of the image");
      auto inside = clipped_shape(annotation.shape, image_.width, image_.height);
      if (!inside) return "";
      numbers = numbers_of(*inside);
    }
    auto text = std::to_string(annotation.class_idx);
    for (double number : numbers) text += ' ' + decimal(number);
    if (style_.task == YoloTask::pose) text += points_of(annotation.shape);
    return text + "\n";
  }

 private:
  // Fixed decimals without the zeros at the end: 0.5, 1, 0.333333.
  std::string decimal(double value) const {
    auto text = fmt::format("{:.{}f}", value, style_.digits);
    if (text.find('.') != std::string::npos) {
      text.erase(text.find_last_not_of('0') + 1);
      if (text.back() == '.') text.pop_back();
    }
    return text == "-0" ? "0" : text;
  }

  Shares box_row(const Box& box) const {
    return {box.center_x() / image_.width, box.center_y() / image_.height, box.width() / image_.width,
            box.height() / image_.height};
  }

  Shares ring_row(const Ring& ring) const {
    Shares row;
    for (const auto& point : ring) {
      row.push_back(point.x / image_.width);
      row.push_back(point.y / image_.height);
    }
    return row;
  }

  Shares numbers_of(const Shape& shape) const {
    if (style_.task == YoloTask::segment) return ring_row(one_ring(shape));
    if (style_.task == YoloTask::obb) {
      if (has_four_corners(shape)) return ring_row(outline_of(shape)[0]);
      return ring_row(outline_of(bounding_box(shape))[0]);
    }
    return box_row(bounding_box(shape));
  }

  // Several rings are joined there and back along a line without width, as Ultralytics' own converter does.
  static Ring one_ring(const Shape& shape) {
    auto rings = outline_of(shape);
    if (rings.empty()) rings = outline_of(bounding_box(shape));
    Ring joined = rings[0];
    for (std::size_t i = 1; i < rings.size(); ++i) {
      joined.push_back(rings[0][0]);
      joined.insert(joined.end(), rings[i].begin(), rings[i].end());
      joined.push_back(rings[i][0]);
    }
    return joined;
  }

  std::string points_of(const Shape& shape) const {
    const auto* points = std::get_if<KeyPoints>(&shape);
    std::string text;
    for (std::size_t i = 0; i < style_.key_points; ++i) {
      bool there = points && i < points->points.size() && points->visibility[i] > 0;
      Shares place =
          there ? Shares{points->points[i].x / image_.width, points->points[i].y / image_.height} : Shares{};
      if (there && acceptable(place))
        text += fmt::format(" {} {} {}", decimal(place[0]), decimal(place[1]), points->visibility[i]);
      else
        text += " 0 0 0";
    }
    return text;
  }

  const Image& image_;
  const YoloStyle& style_;
  LossReport& losses_;
};

std::size_t most_key_points(const Dataset& dataset) {
  std::size_t most = 0;
  for (const auto& info : dataset.classes) most = std::max(most, info.key_points.size());
  for (const auto& image : dataset.images)
    for (const auto& annotation : image.annotations)
      if (const auto* points = std::get_if<KeyPoints>(&annotation.shape))
        most = std::max(most, points->points.size());
  return most;
}

YoloTask task_for(const Dataset& dataset) {
  std::set<std::string> kinds;
  bool all_corners = true;  // of what is no box
  for (const auto& image : dataset.images)
    for (const auto& annotation : image.annotations) {
      kinds.insert(kind_name(annotation.shape));
      all_corners = all_corners &&
                    (std::holds_alternative<Box>(annotation.shape) || has_four_corners(annotation.shape));
    }
  auto only = [&](std::initializer_list<const char*> allowed) {
    return std::all_of(kinds.begin(), kinds.end(), [&](const std::string& kind) {
      return std::find(allowed.begin(), allowed.end(), kind) != allowed.end();
    });
  };
  if (only({"box"})) return YoloTask::detect;
  if (only({"polygon", "mask", "ellipse"})) return YoloTask::segment;
  // Corners that are no rectangle are kept as outlines by those who read them.
  if (kinds.contains("rotated-box") && all_corners) return YoloTask::obb;
  if (only({"box", "points"})) return YoloTask::pose;
  return YoloTask::detect;
}

}  // namespace

YoloStyle choose_yolo_style(const Dataset& dataset, const std::string& wanted, int digits,
                            const std::string& flag) {
  auto task = yolo_task_of(wanted);
  if (!task) throw_unknown_name(flag, wanted, kYoloTasks);
  if (digits < 6 || digits > 15)
    throw UsageError(fmt::format("--yolo-digits is {}; it must be 6 to 15", digits),
                     "5 decimals move an edge of a picture 4000 pixels wide by 0.02 pixels");
  YoloStyle style{.task = task == YoloTask::automatic ? task_for(dataset) : *task, .digits = digits};
  if (style.task == YoloTask::pose) style.key_points = most_key_points(dataset);
  if (style.task == YoloTask::pose && style.key_points == 0)
    throw UsageError(flag + " pose needs objects with key points; there are none");
  return style;
}

std::string yolo_rows(const Image& image, const YoloStyle& style, LossReport& losses) {
  RowWriter writer(image, style, losses);
  std::string text;
  for (const auto& annotation : image.annotations) text += writer.row(annotation);
  return text;
}

void count_yolo_losses(const Dataset& dataset, const YoloStyle& style, LossReport& losses) {
  FormatHolds holds;
  if (style.task == YoloTask::segment) {
    holds.shapes = {"polygon"};
    holds.rings = false;
    holds.other_shapes = "become outlines";
  }
  if (style.task == YoloTask::obb) holds.shapes = {"rotated-box", "polygon"};
  if (style.task == YoloTask::pose) holds.shapes = {"points"};
  holds.key_point_names = style.task == YoloTask::pose;
  count_losses(dataset, holds, losses);
  if (losses.kinds.contains("crowd"))
    losses.kinds["crowd"].what = "left out: a row would make them ordinary objects";
  for (const auto& image : dataset.images) {
    for (const auto& annotation : image.annotations) {
      if (style.task == YoloTask::obb && std::holds_alternative<Polygon>(annotation.shape) &&
          !has_four_corners(annotation.shape))
        losses.add("polygon", holds.other_shapes);
      if (style.task == YoloTask::segment && std::holds_alternative<Box>(annotation.shape))
        losses.add("box", "become outlines of four corners: other tools misread files with both");
      if (style.task == YoloTask::pose)
        if (const auto* points = std::get_if<KeyPoints>(&annotation.shape);
            points && points->points.size() < style.key_points)
          losses.add("points", "get unlabelled points added");
    }
  }
  if (style.task == YoloTask::pose)
    for (const auto& info : dataset.classes)
      if (!info.skeleton.empty()) losses.add("key-point-names", "keep their names, lose the skeleton");
}

}  // namespace ds::detail
