#include "cvat/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ds/base/text.h"

namespace ds::detail {

namespace {

Polygon hull_of(std::vector<Point> points) {
  std::sort(points.begin(), points.end(),
            [](const Point& a, const Point& b) { return a.x != b.x ? a.x < b.x : a.y < b.y; });
  Ring ring;
  auto half = [&](auto begin, auto end) {
    auto first = ring.size();
    for (auto p = begin; p != end; ++p) {
      while (ring.size() >= first + 2) {
        const auto& a = ring[ring.size() - 2];
        const auto& b = ring.back();
        if ((b.x - a.x) * (p->y - a.y) - (b.y - a.y) * (p->x - a.x) > 0) break;
        ring.pop_back();
      }
      ring.push_back(*p);
    }
    ring.pop_back();  // begins the other half
  };
  half(points.begin(), points.end());
  half(points.rbegin(), points.rend());
  return Polygon{{ring}};
}

std::string joined(const std::vector<double>& numbers) {
  std::vector<std::string> texts;
  for (double number : numbers) texts.push_back(shortest(number));
  return join(texts, " ");
}

// Thrown inside this file only, and turned into a report.
struct Unusable {
  const char* code;
  std::string why;
};

/// Reads one shape element. Anything wrong throws Unusable, which read_cvat_shape turns into a report: half a
/// shape is of no use to anybody. Marks that CVAT has no words for come back from the attributes our writer
/// put them in; all other attributes stay what they are.
class ShapeReader {
 public:
  ShapeReader(pugi::xml_node node, const ClassInfo& info, const CvatCanvas& canvas)
      : node_(node), info_(info), canvas_(canvas) {}

  Annotation read() {
    std::string kind = node_.name();
    if (kind == "box") {
      result_.shape = box();
    } else if (kind == "polygon") {
      result_.shape = Polygon{{points_of(node_, 3)}};
    } else if (kind == "polyline") {
      result_.shape = Polyline{points_of(node_, 1)};
    } else if (kind == "points") {
      auto points = points_of(node_, 1);
      auto count = points.size();
      auto around = box_around(points);
      result_.shape = KeyPoints{std::move(points), std::vector<int>(count, 2), around};
    } else if (kind == "ellipse") {
      result_.shape = Ellipse{number("cx"), number("cy"), number("rx"), number("ry"), rotation()};
    } else if (kind == "mask") {
      result_.shape = mask();
    } else if (kind == "cuboid") {
      std::vector<double> numbers;
      for (auto* key : kCvatCuboid) numbers.push_back(number(key));
      result_.shape = cvat_cuboid_outline(numbers);
      result_.attributes["cuboid"] = joined(numbers);
    } else {
      result_.shape = skeleton();
    }
    read_marks();
    return std::move(result_);
  }

 private:
  double number(const char* key) const {
    auto attribute = node_.attribute(key);
    if (!attribute) throw Unusable{"BAD_ROW", fmt::format("has no {}", key)};
    auto value = parse_double(trim(attribute.value()));
    if (!value)
      throw Unusable{"BAD_NUMBER", fmt::format("{} is '{}', not a finite number", key, attribute.value())};
    return *value;
  }

  int whole(const char* key) const {
    double value = number(key);
    if (std::floor(value) != value || std::abs(value) > 1e6)
      throw Unusable{"BAD_NUMBER", fmt::format("{} is {}, not a whole number", key, shortest(value))};
    return static_cast<int>(value);
  }

  double rotation() const { return node_.attribute("rotation") ? number("rotation") : 0; }

  Shape box() const {
    Box box{number("xtl"), number("ytl"), number("xbr"), number("ybr")};
    double degrees = rotation();
    if (degrees == 0) return box;
    return RotatedBox{box.center_x(), box.center_y(), box.width(), box.height(), degrees};
  }

  static std::vector<Point> points_of(pugi::xml_node node, std::size_t at_least) {
    std::string text = node.attribute("points").value();
    std::vector<Point> points;
    for (const auto& pair : split(text, ';')) {
      if (trim(pair).empty()) continue;  // a ';' at the end
      auto words = split(pair, ',');
      auto x = words.size() == 2 ? parse_double(trim(words[0])) : std::nullopt;
      auto y = words.size() == 2 ? parse_double(trim(words[1])) : std::nullopt;
      if (!x || !y) throw Unusable{"BAD_NUMBER", fmt::format("point '{}' is not two finite numbers", pair)};
      points.push_back({*x, *y});
    }
    if (points.size() < at_least)
      throw Unusable{"BAD_ROW", fmt::format("has {} points, needs {}", points.size(), at_least)};
    return points;
  }

  // Runs of the crop, row by row, zeros first; COCO's masks go column by column over the whole image.
  Shape mask() const {
    int left = whole("left"), top = whole("top"), width = whole("width"), height = whole("height");
    if (width <= 0 || height <= 0 || left < 0 || top < 0 || left + width > canvas_.width ||
        top + height > canvas_.height)
      throw Unusable{"BAD_ROW", fmt::format("the mask's {}x{} at {}, {} is not inside the image {}x{}", width,
                                            height, left, top, canvas_.width, canvas_.height)};
    auto count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    std::vector<bool> crop(count);
    std::size_t at = 0;
    bool value = false;
    for (const auto& word : split(node_.attribute("rle").value(), ',')) {
      auto run = parse_int(trim(word));
      if (!run || *run < 0) throw Unusable{"BAD_NUMBER", fmt::format("run '{}' of the mask", trim(word))};
      if (static_cast<std::uint64_t>(*run) > count - at)
        throw Unusable{"BAD_ROW", fmt::format("the mask's runs sum to more than {}x{}", width, height)};
      for (auto end = at + static_cast<std::size_t>(*run); at < end; ++at) crop[at] = value;
      value = !value;
    }
    if (at != count)
      throw Unusable{"BAD_ROW",
                     fmt::format("the mask's runs sum to {}, {}x{} needs {}", at, width, height, count)};
    return whole_image(crop, left, top, width, height);
  }

  RunLengthMask whole_image(const std::vector<bool>& crop, int left, int top, int width, int height) const {
    RunLengthMask mask{canvas_.height, canvas_.width, {}};
    std::uint64_t begin = 0;  // of the run at hand
    bool value = false;
    auto change_at = [&](std::uint64_t position) {
      mask.counts.push_back(static_cast<std::uint32_t>(position - begin));
      begin = position;
      value = !value;
    };
    for (int x = 0; x < width; ++x) {
      auto column = static_cast<std::uint64_t>(left + x) * static_cast<std::uint64_t>(canvas_.height) +
                    static_cast<std::uint64_t>(top);
      for (int y = 0; y < height; ++y) {
        bool pixel =
            crop[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
        if (pixel != value) change_at(column + static_cast<std::uint64_t>(y));
      }
      if (value && top + height < canvas_.height) change_at(column + static_cast<std::uint64_t>(height));
      // Else the run may go on in the next column, if that begins at the top.
      if (value && top > 0) change_at(column + static_cast<std::uint64_t>(height));
    }
    auto end = static_cast<std::uint64_t>(canvas_.height) * static_cast<std::uint64_t>(canvas_.width);
    if (value) {
      auto last = static_cast<std::uint64_t>(left + width) * static_cast<std::uint64_t>(canvas_.height);
      if (last < end) change_at(last);
    }
    if (begin < end || mask.counts.empty()) mask.counts.push_back(static_cast<std::uint32_t>(end - begin));
    return mask;
  }

  Shape skeleton() {
    KeyPoints found;
    auto names = info_.key_points;
    found.points.resize(names.size());
    found.visibility.assign(names.size(), 0);
    std::vector<Point> labelled;
    for (auto child : node_.children("points")) {
      std::string name = child.attribute("label").value();
      auto at = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
      if (at == names.size()) throw Unusable{"BAD_ROW", fmt::format("has no key point '{}'", name)};
      auto points = points_of(child, 1);
      bool outside = child.attribute("outside").as_string()[0] == '1';
      bool occluded = child.attribute("occluded").as_string()[0] == '1';
      found.points[at] = points[0];
      found.visibility[at] = outside ? 0 : occluded ? 1 : 2;
      if (!outside) labelled.push_back(points[0]);
      for (auto attribute : child.children("attribute"))
        result_.attributes[name + "." + attribute.attribute("name").value()] = attribute.child_value();
    }
    if (found.points.empty()) throw Unusable{"BAD_ROW", "has no points"};
    found.box = box_around(labelled.empty() ? found.points : labelled);
    return found;
  }

  void read_marks() {
    if (auto occluded = parse_double(trim(node_.attribute("occluded").value()))) result_.occluded = *occluded;
    if (auto z = parse_double(trim(node_.attribute("z_order").value())); z && std::abs(*z) < 1e9)
      result_.z = static_cast<int>(*z);
    for (auto attribute : node_.children("attribute"))
      take_cvat_attribute(result_, attribute.attribute("name").value(), attribute.child_value());
  }

  pugi::xml_node node_;
  const ClassInfo& info_;
  const CvatCanvas& canvas_;
  Annotation result_;
};

double mixed(double a, double b, double t) {
  return a + (b - a) * t;
}

// The short way round.
double mixed_degrees(double a, double b, double t) {
  return std::fmod(a + std::remainder(b - a, 360) * t + 720, 360);
}

bool mix_points(const std::vector<Point>& a, const std::vector<Point>& b, double t,
                std::vector<Point>& result) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    result.push_back({mixed(a[i].x, b[i].x, t), mixed(a[i].y, b[i].y, t)});
  return true;
}

Box mixed(const Box& a, const Box& b, double t) {
  return {mixed(a.x0, b.x0, t), mixed(a.y0, b.y0, t), mixed(a.x1, b.x1, t), mixed(a.y1, b.y1, t)};
}

// A box that begins to turn.
Shape turning(const Shape& shape, const Shape& other) {
  const auto* box = std::get_if<Box>(&shape);
  if (box == nullptr || !std::holds_alternative<RotatedBox>(other)) return shape;
  return RotatedBox{box->center_x(), box->center_y(), box->width(), box->height(), 0};
}

std::optional<Shape> mixed_shape(const Shape& from, const Shape& to, double t) {
  if (from.index() != to.index()) return std::nullopt;
  if (const auto* a = std::get_if<Box>(&from)) return mixed(*a, std::get<Box>(to), t);
  if (const auto* a = std::get_if<RotatedBox>(&from)) {
    const auto& b = std::get<RotatedBox>(to);
    return RotatedBox{mixed(a->cx, b.cx, t), mixed(a->cy, b.cy, t), mixed(a->width, b.width, t),
                      mixed(a->height, b.height, t), mixed_degrees(a->angle_deg, b.angle_deg, t)};
  }
  if (const auto* a = std::get_if<Ellipse>(&from)) {
    const auto& b = std::get<Ellipse>(to);
    return Ellipse{mixed(a->cx, b.cx, t), mixed(a->cy, b.cy, t), mixed(a->rx, b.rx, t), mixed(a->ry, b.ry, t),
                   mixed_degrees(a->angle_deg, b.angle_deg, t)};
  }
  std::vector<Point> points;
  if (const auto* a = std::get_if<Polyline>(&from))
    return mix_points(a->points, std::get<Polyline>(to).points, t, points)
               ? std::optional<Shape>(Polyline{points})
               : std::nullopt;
  if (const auto* a = std::get_if<Polygon>(&from))
    return mix_points(a->rings[0], std::get<Polygon>(to).rings[0], t, points)
               ? std::optional<Shape>(Polygon{{points}})
               : std::nullopt;
  if (const auto* a = std::get_if<KeyPoints>(&from)) {
    const auto& b = std::get<KeyPoints>(to);
    if (!mix_points(a->points, b.points, t, points)) return std::nullopt;
    return KeyPoints{points, a->visibility, mixed(a->box, b.box, t)};
  }
  return std::nullopt;
}

}  // namespace

void take_cvat_attribute(Annotation& result, const std::string& name, const std::string& value) {
  auto lower = to_lower(trim(value));
  std::optional<bool> flag;
  if (lower == "true" || lower == "false") flag = lower == "true";
  auto number = flag ? std::optional(*flag ? 1.0 : 0.0) : parse_double(lower);
  if (name == "occluded" && number)
    result.occluded = number;
  else if (name == "truncated" && number)
    result.truncated = number;
  else if (name == "score" && number && !flag)
    result.score = number;
  else if (name == "area" && number && !flag)
    result.area = number;
  else if (name == "difficult" && flag)
    result.difficult = *flag;
  else if (name == "is_crowd" && flag)
    result.crowd = *flag;
  else if (name == "ignore" && flag)
    result.ignore = *flag;
  else if (auto id = parse_int(trim(value)); name == "track_id" && id)
    result.track_id = id;
  else
    result.attributes[name] = value;
}

bool is_cvat_mark(const std::string& name, const std::string& value) {
  Annotation probe;
  take_cvat_attribute(probe, name, value);
  return probe.attributes.empty();
}

Polygon cvat_cuboid_outline(const std::vector<double>& n) {
  std::vector<Point> points;
  for (std::size_t i = 0; i < n.size(); i += 2) points.push_back({n[i], n[i + 1]});
  return hull_of(std::move(points));
}

std::vector<double> cvat_cuboid_numbers(const Annotation& annotation) {
  auto found = annotation.attributes.find("cuboid");
  if (found == annotation.attributes.end()) return {};
  std::vector<double> numbers;
  for (const auto& word : split_words(found->second)) {
    auto number = parse_double(word);
    if (!number) return {};
    numbers.push_back(*number);
  }
  return numbers.size() == kCvatCuboid.size() ? numbers : std::vector<double>{};
}

bool is_cvat_shape(const std::string& element) {
  static constexpr const char* kElements[] = {"box",     "polygon", "polyline", "points",
                                              "ellipse", "mask",    "cuboid",   "skeleton"};
  return std::find(std::begin(kElements), std::end(kElements), element) != std::end(kElements);
}

std::optional<Annotation> read_cvat_shape(pugi::xml_node node, const ClassInfo& info,
                                          const CvatCanvas& canvas, const CvatReport& report) {
  try {
    return ShapeReader(node, info, canvas).read();
  } catch (const Unusable& unusable) {
    report(unusable.code, unusable.why);
    return std::nullopt;
  }
}

Annotation cvat_between(const Annotation& from, const Annotation& to, double t) {
  auto between = from;
  auto a = cvat_cuboid_numbers(from);
  auto b = cvat_cuboid_numbers(to);
  if (!a.empty() && !b.empty()) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = mixed(a[i], b[i], t);
    between.shape = cvat_cuboid_outline(a);
    between.attributes["cuboid"] = joined(a);
  } else if (auto shape = mixed_shape(turning(from.shape, to.shape), turning(to.shape, from.shape), t)) {
    between.shape = std::move(*shape);
  }
  return between;
}

}  // namespace ds::detail
