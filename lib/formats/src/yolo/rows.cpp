#include "yolo/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ds/base/text.h"
#include "ds/geometry/shape.h"
#include "shared/text/label_text.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

enum class RowKind { box, polygon, points };

/// Reads the rows of one label file. What a row is (box, outline, corners, key points) is told by the count
/// of its numbers, row by row, and by the task only where the count fits several: files that mix kinds exist
/// and are kept. Numbers are shares of the image's sides, so the image must have its size. A row that cannot
/// be used is an issue and costs no other.
class RowReader {
 public:
  RowReader(Reading& reading, std::size_t image_index, const fs::path& file, const YoloLabels& labels,
            YoloConvention& convention)
      : reading_(reading), index_(image_index), file_(file), labels_(labels), convention_(convention) {}

  void read() {
    auto lines = reading_.lines_of(file_);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      place_ = {.path = file_, .line = static_cast<std::int64_t>(i + 1)};
      if (!trim(lines[i]).empty()) read_row(split_words(lines[i]));
    }
    if (boxes_ > 0 && polygons_ > 0)
      reading_.issue(
          Severity::warning, "MIXED_ROWS", {.path = file_},
          fmt::format("{} boxes and {} outlines in one file; both are kept, other tools misread them", boxes_,
                      polygons_));
  }

 private:
  void bad(const char* code, const std::string& why) {
    reading_.issue(Severity::error, code, place_, why + "; left out");
  }

  void read_row(const std::vector<std::string>& words) {
    auto id = parse_double(words[0]);
    if (!id || std::floor(*id) != *id)
      return bad("BAD_NUMBER", fmt::format("found class '{}', expected an integer", words[0]));
    auto class_idx = class_of(static_cast<int>(std::clamp(*id, -1e6, 1e6)));
    if (class_idx < 0)
      return bad("UNKNOWN_CLASS", fmt::format("found class {}, expected one of the {} declared", words[0],
                                              labels_.class_count));
    std::vector<double> numbers;
    for (std::size_t i = 1; i < words.size(); ++i) {
      auto number = parse_double(words[i]);
      if (!number) return bad("BAD_NUMBER", fmt::format("found '{}', expected a finite number", words[i]));
      numbers.push_back(*number);
    }
    show_convention(numbers);
    Annotation annotation{.class_idx = class_idx};
    if (!shape_of(numbers, annotation)) return;
    reading_.add_annotation(index_, std::move(annotation), place_);
  }

  // Only coordinates: no visibility of points, nothing behind the pairs.
  void show_convention(std::vector<double> numbers) {
    bool said = labels_.task == YoloTask::segment || labels_.task == YoloTask::obb;
    bool pose = labels_.task == YoloTask::pose && numbers.size() > 5;
    if (pose || numbers.size() == 5) numbers.resize(4);
    if (numbers.size() % 2 == 1) numbers.pop_back();
    if (numbers.size() < 4) return;
    const auto& image = reading_.image(index_);
    convention_.see(numbers, {image.width, image.height}, said, place_);
  }

  int class_of(int id) const {
    if (labels_.class_of_id == nullptr) return id >= 0 && id < labels_.class_count ? id : -1;
    auto& map = *labels_.class_of_id;
    return id >= 0 && id < static_cast<int>(map.size()) ? map[static_cast<std::size_t>(id)] : -1;
  }

  // By the count of numbers behind the class, row by row.
  bool shape_of(std::vector<double>& numbers, Annotation& annotation) {
    auto count = numbers.size();
    auto pose = 4 + static_cast<std::size_t>(labels_.key_points * labels_.key_point_size);
    if (labels_.task == YoloTask::pose && labels_.key_points > 0 && count == pose) {
      annotation.shape = key_points(numbers);
      // Objects of which no point is labelled are padded with 0 0 0.
      if (labels_.key_point_size == 3 &&
          std::all_of(numbers.begin() + 4, numbers.end(), [](double n) { return n == 0; }))
        annotation.shape = box(numbers);
      return true;
    }
    if (count == 4 || count == 5) {
      ++boxes_;
      annotation.shape = box(numbers);
      if (count == 5) {
        annotation.attributes["yolo.extra"] = shortest(numbers[4]);
        reading_.issue(
            Severity::warning, "EXTRA_NUMBER", place_,
            fmt::format("a sixth value {} behind the box: a score or a track, kept as attribute yolo.extra",
                        shortest(numbers[4])));
      }
      return true;
    }
    if (count < 6) {
      bad("BAD_ROW",
          fmt::format("found {} values, expected 5 (a box) or 7 and more (an outline)", count + 1));
      return false;
    }
    if (count % 2 == 1) {
      annotation.attributes["yolo.extra"] = shortest(numbers.back());
      reading_.issue(Severity::warning, "EXTRA_NUMBER", place_,
                     fmt::format("a value {} behind the outline: a track, kept as attribute yolo.extra",
                                 shortest(numbers.back())));
      numbers.pop_back();
    }
    if (count == 8 && labels_.task == YoloTask::automatic)
      reading_.issue(Severity::warning, "AMBIGUOUS_ROW", place_,
                     "nine values may be a rotated box; read as an outline of four points (say --yolo-task)");
    if (count == 8 && labels_.task == YoloTask::obb) {
      annotation.shape = corners(numbers);
      return true;
    }
    ++polygons_;
    annotation.shape = polygon(numbers);
    return true;
  }

  Box box(const std::vector<double>& n) const {
    const auto& image = reading_.image(index_);
    return cxcywh_to_xyxy(n[0] * image.width, n[1] * image.height, n[2] * image.width, n[3] * image.height);
  }
  Polygon polygon(const std::vector<double>& n) const {
    const auto& image = reading_.image(index_);
    Ring ring;
    for (std::size_t i = 0; i + 1 < n.size(); i += 2)
      ring.push_back({n[i] * image.width, n[i + 1] * image.height});
    return {{ring}};
  }
  // In pixels: a share of the width is longer than one of the height. The first corner stays the first, which
  // is what the angle counts from; what is no rectangle, or turns the other way, stays as it was drawn.
  Shape corners(const std::vector<double>& n) {
    auto outline = polygon(n);
    const auto& c = outline.rings[0];
    const auto& image = reading_.image(index_);
    double slack = 0.05 + 5e-6 * std::max(image.width, image.height);
    double across_x = c[1].x - c[0].x;
    double across_y = c[1].y - c[0].y;
    double down_x = c[3].x - c[0].x;
    double down_y = c[3].y - c[0].y;
    double width = std::hypot(c[1].x - c[0].x + c[2].x - c[3].x, c[1].y - c[0].y + c[2].y - c[3].y) / 2;
    double height = std::hypot(c[3].x - c[0].x + c[2].x - c[1].x, c[3].y - c[0].y + c[2].y - c[1].y) / 2;
    double gap = std::hypot(c[0].x + c[2].x - c[1].x - c[3].x, c[0].y + c[2].y - c[1].y - c[3].y);
    double skew = std::abs(across_x * down_x + across_y * down_y) / std::max(1e-9, std::max(width, height));
    bool clockwise = across_x * down_y - across_y * down_x > 0;
    if (!clockwise || gap > slack || skew > slack) {
      reading_.issue(Severity::note, "SKEWED_BOX", place_,
                     clockwise ? fmt::format("the four corners are no rectangle (by {:.2f} pixels); kept as "
                                             "an outline",
                                             std::max(gap, skew))
                               : "the corners run counter-clockwise; kept as an outline");
      return outline;
    }
    double angle = std::atan2(c[1].y - c[0].y + c[2].y - c[3].y, c[1].x - c[0].x + c[2].x - c[3].x) * 180 /
                   3.14159265358979323846;
    return RotatedBox{(c[0].x + c[1].x + c[2].x + c[3].x) / 4, (c[0].y + c[1].y + c[2].y + c[3].y) / 4, width,
                      height, angle < 0 ? angle + 360 : angle};
  }
  KeyPoints key_points(const std::vector<double>& n) const {
    const auto& image = reading_.image(index_);
    KeyPoints result{.box = box(n)};
    auto step = static_cast<std::size_t>(labels_.key_point_size);
    for (std::size_t i = 4; i + step <= n.size(); i += step) {
      result.points.push_back({n[i] * image.width, n[i + 1] * image.height});
      result.visibility.push_back(step == 3 ? static_cast<int>(n[i + 2]) : 2);
    }
    return result;
  }

  Reading& reading_;
  std::size_t index_;
  fs::path file_;
  const YoloLabels& labels_;
  YoloConvention& convention_;
  Location place_;
  int boxes_ = 0;
  int polygons_ = 0;
};

// Labels turned by --labels-frame raw are relative to the stored picture's sides, which is what
// rows are scaled by.
class RawFrame {
 public:
  RawFrame(Reading& reading, std::size_t index) : image_(reading.image(index)), shown_(image_) {
    if (!reading.labels_are_raw()) return;
    image_.width = image_.raw_width;
    image_.height = image_.raw_height;
  }
  ~RawFrame() {
    image_.width = shown_.width;
    image_.height = shown_.height;
  }
  RawFrame(const RawFrame&) = delete;
  RawFrame& operator=(const RawFrame&) = delete;

 private:
  Image& image_;
  struct Size {
    explicit Size(const Image& image) : width(image.width), height(image.height) {}
    int width;
    int height;
  } shown_;
};

}  // namespace

void read_yolo_labels(Reading& reading, std::size_t image_index, const fs::path& file,
                      const YoloLabels& labels, YoloConvention& convention) {
  reading.image(image_index).state = ImageState::done;
  reading.own_labels(image_index, file);
  RawFrame frame(reading, image_index);
  RowReader(reading, image_index, file, labels, convention).read();
}

void require_yolo_rows(Reading& reading, const YoloConvention& convention) {
  convention.require_shares();
  if (auto text = convention.looks_like_corners(); !text.empty())
    reading.issue(Severity::warning, "LOOKS_LIKE_CORNERS", {.path = reading.root()}, text);
}

std::vector<std::string> read_names_file(const fs::path& file) {
  auto names = read_lines(file);
  while (!names.empty() && trim(names.back()).empty()) names.pop_back();
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = trim(names[i]);
    if (names[i].empty())
      throw FormatError({.path = file, .line = static_cast<std::int64_t>(i + 1)},
                        "found an empty line between class names: it would shift the ids of those below");
  }
  return names;
}

void declare_yolo_classes(Reading& reading, const std::vector<std::string>& names, const fs::path& file,
                          const std::map<std::string, std::vector<std::string>>& key_points) {
  for (const auto& name : names) {
    auto used = name;
    for (int n = 2; reading.classes().find(used); ++n) used = fmt::format("{}-{}", name, n);
    if (used != name)
      reading.issue(Severity::warning, "DUPLICATE_CLASS", {.path = file},
                    fmt::format("class '{}' is declared twice; the second is called '{}' here", name, used));
    ClassInfo info{.name = used};
    if (auto points = key_points.find(name); points != key_points.end()) info.key_points = points->second;
    reading.classes().add(std::move(info));
  }
}

}  // namespace ds::detail
