#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cvat/elements.h"
#include "cvat/shape.h"
#include "ds/base/text.h"

namespace ds::detail {

namespace {

std::string points_text(const std::vector<Point>& points) {
  std::vector<std::string> pairs;
  for (const auto& p : points) pairs.push_back(shortest(p.x) + "," + shortest(p.y));
  return join(pairs, ";");
}

// The two edges with the fewest decimals that give back this centre and side. The farther a box is from the
// origin the less its edges can say of its side: then the nearest doubles.
std::pair<std::string, std::string> edges_of(double center, double side) {
  double low = center - side / 2;
  double high = center + side / 2;
  for (int digits = 0; digits <= 15; ++digits) {
    auto a = fmt::format("{:.{}f}", low, digits);
    auto b = fmt::format("{:.{}f}", high, digits);
    double x = parse_double(a).value_or(low), y = parse_double(b).value_or(high);
    Box box{x, 0, y, 0};
    if (box.center_x() == center && box.width() == side) return {shortest(x), shortest(y)};
  }
  return {shortest(low), shortest(high)};
}

void add_mask(pugi::xml_node node, const RunLengthMask& mask) {
  auto bounds = mask.bounds();
  int left = static_cast<int>(bounds.x0), top = static_cast<int>(bounds.y0);
  int width = std::max(1, static_cast<int>(bounds.width()));
  int height = std::max(1, static_cast<int>(bounds.height()));
  std::vector<bool> crop(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  std::uint64_t at = 0;
  for (std::size_t run = 0; run < mask.counts.size(); ++run) {
    auto end = at + mask.counts[run];
    if (run % 2 == 0) at = end;
    for (; at < end; ++at) {
      auto x = static_cast<int>(at / static_cast<std::uint64_t>(mask.height)) - left;
      auto y = static_cast<int>(at % static_cast<std::uint64_t>(mask.height)) - top;
      crop[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)] =
          true;
    }
  }
  std::vector<std::string> runs;
  bool value = false;
  std::size_t count = 0;
  for (bool pixel : crop) {
    if (pixel != value) {
      runs.push_back(std::to_string(count));
      count = 0;
      value = pixel;
    }
    ++count;
  }
  runs.push_back(std::to_string(count));
  set_attribute(node, "rle", join(runs, ", "));
  set_attribute(node, "left", std::to_string(left));
  set_attribute(node, "top", std::to_string(top));
  set_attribute(node, "width", std::to_string(width));
  set_attribute(node, "height", std::to_string(height));
}

void add_skeleton(pugi::xml_node node, const KeyPoints& points, const ClassInfo& info) {
  for (std::size_t i = 0; i < points.points.size(); ++i) {
    auto child = node.append_child("points");
    set_attribute(child, "label", cvat_key_point(info, i));
    set_attribute(child, "source", "manual");
    set_attribute(child, "outside", points.visibility[i] == 0 ? "1" : "0");
    set_attribute(child, "occluded", points.visibility[i] == 1 ? "1" : "0");
    set_attribute(child, "points", points_text({points.points[i]}));
  }
}

void add_rotation(pugi::xml_node node, double degrees) {
  if (degrees != 0)
    set_attribute(
        node, "rotation",
        shortest(degrees < 0 || degrees >= 360 ? std::fmod(std::fmod(degrees, 360) + 360, 360) : degrees));
}

void add_box(pugi::xml_node node, const RotatedBox& box) {
  auto [x0, x1] = edges_of(box.cx, box.width);
  auto [y0, y1] = edges_of(box.cy, box.height);
  set_attribute(node, "xtl", x0);
  set_attribute(node, "ytl", y0);
  set_attribute(node, "xbr", x1);
  set_attribute(node, "ybr", y1);
  add_rotation(node, box.angle_deg);
}

}  // namespace

std::vector<pugi::xml_node> add_cvat_shape(pugi::xml_node parent, const Annotation& annotation,
                                           const ClassInfo& info) {
  std::vector<pugi::xml_node> nodes;
  auto add = [&](const char* element) { return nodes.emplace_back(parent.append_child(element)); };
  const auto& shape = annotation.shape;
  if (const auto* box = std::get_if<Box>(&shape)) {
    auto node = add("box");
    set_attribute(node, "xtl", shortest(box->x0));
    set_attribute(node, "ytl", shortest(box->y0));
    set_attribute(node, "xbr", shortest(box->x1));
    set_attribute(node, "ybr", shortest(box->y1));
  } else if (const auto* rotated = std::get_if<RotatedBox>(&shape)) {
    add_box(add("box"), *rotated);
  } else if (const auto* polygon = std::get_if<Polygon>(&shape)) {
    auto cuboid = cvat_cuboid_numbers(annotation);
    if (!cuboid.empty() && cvat_cuboid_outline(cuboid) == *polygon) {
      auto node = add("cuboid");
      for (std::size_t i = 0; i < cuboid.size(); ++i)
        set_attribute(node, kCvatCuboid[i], shortest(cuboid[i]));
    } else {
      for (const auto& ring : polygon->rings) set_attribute(add("polygon"), "points", points_text(ring));
    }
  } else if (const auto* mask = std::get_if<RunLengthMask>(&shape)) {
    add_mask(add("mask"), *mask);
  } else if (const auto* points = std::get_if<KeyPoints>(&shape)) {
    if (needs_skeleton(*points, info))
      add_skeleton(add("skeleton"), *points, info);
    else
      set_attribute(add("points"), "points", points_text(points->points));
  } else if (const auto* line = std::get_if<Polyline>(&shape)) {
    set_attribute(add("polyline"), "points", points_text(line->points));
  } else if (const auto* ellipse = std::get_if<Ellipse>(&shape)) {
    auto node = add("ellipse");
    set_attribute(node, "cx", shortest(ellipse->cx));
    set_attribute(node, "cy", shortest(ellipse->cy));
    set_attribute(node, "rx", shortest(ellipse->rx));
    set_attribute(node, "ry", shortest(ellipse->ry));
    add_rotation(node, ellipse->angle_deg);
  }
  return nodes;
}

std::map<std::string, std::string> cvat_attributes(const Annotation& a) {
  auto all = a.attributes;
  std::erase_if(all, [](const auto& one) { return is_cvat_mark(one.first, one.second); });
  if (a.truncated)
    all["truncated"] = *a.truncated == 0 ? "false" : *a.truncated == 1 ? "true" : shortest(*a.truncated);
  // "0" stands for "nobody said" too.
  if (a.occluded && *a.occluded != 1) all["occluded"] = *a.occluded == 0 ? "false" : shortest(*a.occluded);
  if (a.score) all["score"] = shortest(*a.score);
  if (a.area) all["area"] = shortest(*a.area);
  if (a.difficult) all["difficult"] = "true";
  if (a.crowd) all["is_crowd"] = "true";
  if (a.ignore && is_proper(a.box())) all["ignore"] = "true";
  return all;
}

std::string cvat_key_point(const ClassInfo& info, std::size_t i) {
  return i < info.key_points.size() ? info.key_points[i] : std::to_string(i + 1);
}

bool needs_skeleton(const KeyPoints& points, const ClassInfo& info) {
  bool named = !info.key_points.empty();
  return named || std::any_of(points.visibility.begin(), points.visibility.end(),
                              [](int visibility) { return visibility != 2; });
}

}  // namespace ds::detail
