#include "yolo_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ds/base/text.h"
#include "ds/geometry/shape.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

enum class RowKind { box, polygon, points };

class RowReader {
 public:
  RowReader(Reading& reading, std::size_t image_index, const fs::path& file, const YoloLabels& labels)
      : reading_(reading), index_(image_index), file_(file), labels_(labels) {}

  void read() {
    auto lines = read_lines(file_);
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
    Annotation annotation{.class_idx = class_idx};
    if (!shape_of(numbers, annotation)) return;
    reading_.add_annotation(index_, std::move(annotation), place_);
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
    if (labels_.task == "pose" && labels_.key_points > 0 && count == pose) {
      annotation.shape = key_points(numbers);
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
    if (count == 8 && labels_.task == "auto")
      reading_.issue(Severity::warning, "AMBIGUOUS_ROW", place_,
                     "nine values may be a rotated box; read as an outline of four points (say --yolo-task)");
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
  Location place_;
  int boxes_ = 0;
  int polygons_ = 0;
};

// Labels turned by --labels-frame raw are relative to the stored picture's sides, which is what rows are
// scaled by.
class RawFrame {
 public:
  RawFrame(Reading& reading, std::size_t index) : image_(reading.image(index)), shown_(image_) {
    if (reading.options().labels_frame != "raw") return;
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

std::string number(double value) {
  return fmt::format("{:.9g}", value);
}

}  // namespace

void read_yolo_labels(Reading& reading, std::size_t image_index, const fs::path& file,
                      const YoloLabels& labels) {
  reading.image(image_index).state = ImageState::done;
  RawFrame frame(reading, image_index);
  RowReader(reading, image_index, file, labels).read();
}

fs::path yolo_label_file(const fs::path& image) {
  std::vector<fs::path> parts(image.begin(), image.end());
  auto swap_last = [&](const char* from, const char* to) -> fs::path {
    for (std::size_t i = parts.size() - 1; i-- > 0;) {
      if (parts[i] != from) continue;
      fs::path label;
      for (std::size_t k = 0; k < parts.size(); ++k) label /= k == i ? fs::path(to) : parts[k];
      label.replace_extension(".txt");
      return fs::is_regular_file(label) ? label : fs::path();
    }
    return {};
  };
  for (auto [from, to] : {std::pair{"images", "labels"}, {"Images", "Labels"}, {"Images", "Annotations"}})
    if (auto label = swap_last(from, to); !label.empty()) return label;
  auto beside = fs::path(image).replace_extension(".txt");
  return fs::is_regular_file(beside) ? beside : fs::path();
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

void declare_yolo_classes(Reading& reading, const std::vector<std::string>& names, const fs::path& file) {
  for (const auto& name : names) {
    auto used = name;
    for (int n = 2; reading.classes().find(used); ++n) used = fmt::format("{}-{}", name, n);
    if (used != name)
      reading.issue(Severity::warning, "DUPLICATE_CLASS", {.path = file},
                    fmt::format("class '{}' is declared twice; the second is called '{}' here", name, used));
    reading.classes().add({.name = used});
  }
}

bool all_single_rings(const Dataset& dataset) {
  bool any = false;
  for (const auto& image : dataset.images) {
    for (const auto& annotation : image.annotations) {
      const auto* polygon = std::get_if<Polygon>(&annotation.shape);
      if (polygon == nullptr || polygon->rings.size() != 1) return false;
      any = true;
    }
  }
  return any;
}

std::string yolo_rows(const Image& image, bool segment, LossReport& losses) {
  std::string text;
  for (const auto& annotation : image.annotations) {
    if (annotation.crowd) {
      losses.add("crowd", "left out: a row would make them ordinary objects");
      continue;
    }
    auto inside = [&](const Box& box) { return clipped(box, image.width, image.height); };
    const auto* polygon = segment ? std::get_if<Polygon>(&annotation.shape) : nullptr;
    auto whole = annotation.box();
    double slack = 5e-7 * std::max(image.width, image.height);
    bool outside = whole.x0 < -slack || whole.y0 < -slack || whole.x1 > image.width + slack ||
                   whole.y1 > image.height + slack;
    if (whole.width() <= 0 || whole.height() <= 0) {
      losses.add("zero-size", "left out: other tools would drop all labels of the image");
      continue;
    }
    if (outside) {
      losses.add("outside", "cut at the image's edge: other tools would drop all labels of the image");
      if (!is_proper(inside(whole))) continue;
    }
    text += std::to_string(annotation.class_idx);
    if (polygon != nullptr && polygon->rings.size() == 1) {
      for (const auto& point : polygon->rings[0]) {
        text += ' ' + number(std::clamp(point.x / image.width, 0.0, 1.0));
        text += ' ' + number(std::clamp(point.y / image.height, 0.0, 1.0));
      }
    } else {
      auto box = inside(whole);
      for (double value : {box.center_x() / image.width, box.center_y() / image.height,
                           box.width() / image.width, box.height() / image.height})
        text += ' ' + number(value);
    }
    text += '\n';
  }
  return text;
}

void count_yolo_losses(const Dataset& dataset, bool segment, LossReport& losses) {
  for (const auto& image : dataset.images) {
    for (const auto& a : image.annotations) {
      bool held =
          std::holds_alternative<Box>(a.shape) || (segment && std::holds_alternative<Polygon>(a.shape));
      if (!held) losses.add(kind_name(a.shape), "become their bounding box");
      if (a.difficult) losses.add("difficult", "lose the mark");
      if (a.ignore && a.box().area() > 0) losses.add("ignore", "lose the mark");
      if (a.truncated.value_or(0) != 0) losses.add("truncated", "lose the mark");
      if (a.occluded.value_or(0) != 0) losses.add("occluded", "lose the mark");
      if (a.score) losses.add("score", "lose it");
      if (a.track_id || a.group_id) losses.add("track", "lose track or group");
      if (!a.attributes.empty()) losses.add("attributes", "lose them");
    }
  }
}

}  // namespace ds::detail
