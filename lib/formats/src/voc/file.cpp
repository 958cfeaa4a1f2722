#include "voc/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numbers>
#include <pugixml.hpp>

#include "ds/base/text.h"
#include "shared/text/label_json.h"
#include "shared/text/label_text.h"
#include "shared/text/xml_file.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

/// Reads one annotation file as it is written; what its numbers count from is decided over all files
/// (choose_voc_policy). A file that is no XML or no annotation is left out whole, an object without a name or
/// four numbers alone. Lines of objects are kept, for every later message about them.
class XmlReader {
 public:
  explicit XmlReader(Reading& reading) : reading_(reading) {}

  /// Nothing, with an issue, when the file is no VOC annotation.
  std::optional<VocFile> read(const fs::path& file) {
    const auto& xml = xml_.emplace(file);
    if (!xml.error().empty()) {
      reading_.issue(Severity::error, "BAD_FILE", xml.error_place(),
                     fmt::format("not valid XML: {}; the file is left out", xml.error()));
      return std::nullopt;
    }
    auto root = xml.root("annotation");
    if (!root) {
      reading_.issue(Severity::error, "BAD_FILE", {.path = file, .line = 1},
                     "found no <annotation>; the file is left out");
      return std::nullopt;
    }
    VocFile voc{.file = file, .filename = text_of(root.child("filename"))};
    voc.collection = text_of(root.child("folder")) + " " + text_of(root.child("source").child("database"));
    auto recorded = text_of(root.child("source").child("annotation"));
    if (recorded.starts_with("ds voc-coords=")) voc.policy = recorded.substr(14);
    if (auto size = root.child("size")) {
      voc.size_line = line_of(size);
      auto width = parse_double(text_of(size.child("width")));
      auto height = parse_double(text_of(size.child("height")));
      if (width && height && *width > 0 && *height > 0 && *width < 1e6 && *height < 1e6)
        voc.size = {static_cast<int>(*width), static_cast<int>(*height)};
    }
    for (auto object : root.children("object")) read_object(object, ++voc.object_count, voc);
    return voc;
  }

 private:
  static std::string text_of(pugi::xml_node node) { return std::string(trim(node.child_value())); }
  std::int64_t line_of(pugi::xml_node node) const { return *xml_->place_of(node).line; }

  void read_object(pugi::xml_node object, int number, VocFile& voc) {
    VocObject found{.name = text_of(object.child("name")), .number = number, .line = line_of(object)};
    auto bad = [&](const char* code, pugi::xml_node where, const std::string& why) {
      reading_.issue(Severity::error, code, xml_->place_of(where ? where : object),
                     fmt::format("object {} {}; left out", number, why));
    };
    if (found.name.empty()) return bad("BAD_ROW", object, "has no <name>");
    auto turned = object.child("robndbox");
    auto box = turned ? turned : object.child("bndbox");
    if (!box) return bad("BAD_ROW", object, fmt::format("({}) has no <bndbox>", found.name));
    found.line = line_of(box);
    auto wrong = [&](pugi::xml_node node, const char* tag) {
      bad("BAD_NUMBER", node,
          fmt::format("({}): <{}> is '{}', not a finite number", found.name, tag, text_of(node)));
    };
    if (turned) {
      found.turned = read_turned(turned, wrong);
      if (!found.turned) return;
    } else {
      auto numbers = numbers_of<4>(box, {"xmin", "ymin", "xmax", "ymax"}, wrong);
      if (!numbers) return;
      found.numbers = *numbers;
    }
    read_outline(object.child("polygon"), number, found);
    auto& annotation = found.annotation;
    annotation.difficult = text_of(object.child("difficult")) == "1";
    annotation.truncated = parse_double(text_of(object.child("truncated")));
    annotation.occluded = parse_double(text_of(object.child("occluded")));
    auto pose = text_of(object.child("pose"));
    if (!pose.empty() && pose != "Unspecified") annotation.attributes["pose"] = pose;
    for (auto action : object.child("actions").children())
      annotation.attributes[std::string("action.") + action.name()] = text_of(action);
    for (auto attribute : object.child("attributes").children("attribute"))
      annotation.attributes[text_of(attribute.child("name"))] = text_of(attribute.child("value"));
    voc.objects.push_back(std::move(found));
  }

  using Wrong = std::function<void(pugi::xml_node, const char* tag)>;

  // The numbers of a node's children; nothing, told to `wrong`, when one is none.
  template <std::size_t count>
  static std::optional<std::array<double, count>> numbers_of(pugi::xml_node node,
                                                             const std::array<const char*, count>& tags,
                                                             const Wrong& wrong) {
    std::array<double, count> numbers{};
    for (std::size_t i = 0; i < count; ++i) {
      auto value = parse_double(text_of(node.child(tags[i])));
      if (!value) {
        wrong(node.child(tags[i]), tags[i]);
        return std::nullopt;
      }
      numbers[i] = *value;
    }
    return numbers;
  }

  // roLabelImg: centre, sides, and an angle in radians, clockwise. DIOR-R has corners under the same name.
  static std::optional<Shape> read_turned(pugi::xml_node node, const Wrong& wrong) {
    if (node.child("x_left_top")) {
      auto n = numbers_of<8>(node,
                             {"x_left_top", "y_left_top", "x_right_top", "y_right_top", "x_right_bottom",
                              "y_right_bottom", "x_left_bottom", "y_left_bottom"},
                             wrong);
      if (!n) return std::nullopt;
      std::vector<Point> corners;
      for (std::size_t i = 0; i < 8; i += 2) corners.push_back({(*n)[i], (*n)[i + 1]});
      if (auto box = rotated_box_of(corners)) return *box;
      return Polygon{{std::move(corners)}};
    }
    auto n = numbers_of<5>(node, {"cx", "cy", "w", "h", "angle"}, wrong);
    if (!n) return std::nullopt;
    const auto& [cx, cy, width, height, radians] = *n;
    return RotatedBox{cx, cy, width, height, radians * 180 / std::numbers::pi};
  }

  // <x1> <y1> <x2> <y2> ..., in any order.
  void read_outline(pugi::xml_node polygon, int number, VocObject& found) {
    if (!polygon) return;
    for (int i = 1;; ++i) {
      auto x = polygon.child(fmt::format("x{}", i).c_str());
      auto y = polygon.child(fmt::format("y{}", i).c_str());
      if (!x && !y) break;
      auto px = parse_double(text_of(x));
      auto py = parse_double(text_of(y));
      if (!px || !py) {
        found.outline.clear();
        break;
      }
      found.outline.push_back({*px, *py});
    }
    if (found.outline.size() >= 3) return;
    found.outline.clear();
    reading_.issue(
        Severity::error, "BAD_SEGMENTATION", xml_->place_of(polygon),
        fmt::format("object {} ({}): <polygon> holds no three points; the box is used", number, found.name));
  }

  Reading& reading_;
  std::optional<XmlFile> xml_;  // the one being read
};

}  // namespace

std::optional<VocFile> read_voc_file(Reading& reading, const fs::path& file) {
  return XmlReader(reading).read(file);
}

VocPolicy choose_voc_policy(const std::vector<VocFile>& files, const std::string& wanted) {
  if (std::find(kVocReadCoords.begin(), kVocReadCoords.end(), wanted) == kVocReadCoords.end())
    throw_unknown_name("--voc-coords", wanted, kVocReadCoords);
  if (wanted != "auto") return {wanted, Severity::note, "as asked for"};
  std::size_t boxes = 0;
  std::size_t below_one = 0;
  std::size_t at_far_edge = 0;
  std::string example;
  bool says_voc = false;
  for (const auto& file : files) {
    if (!file.policy.empty())
      return {file.policy, Severity::note, "recorded by ds in " + file.file.filename().string()};
    auto lower = to_lower(file.collection);
    for (auto* name : {"voc20", "pascal voc"})
      if (lower.find(name) != std::string::npos) says_voc = true;
    for (const auto& object : file.objects) {
      if (object.turned) continue;
      ++boxes;
      if (object.numbers[0] < 1 || object.numbers[1] < 1) {
        if (below_one++ == 0) example = fmt::format("{}:{}", file.file.filename().string(), object.line);
      }
      if (file.size && (object.numbers[2] == file.size->width || object.numbers[3] == file.size->height))
        ++at_far_edge;
    }
  }
  if (below_one > 0) {
    return {"asis", Severity::note,
            fmt::format("{} of {} boxes begin below 1 (first: {}), so the numbers count from 0", below_one,
                        boxes, example)};
  }
  if (says_voc && at_far_edge > 0) {
    return {"devkit", Severity::note,
            fmt::format("the files name VOC20xx, no box begins below 1 and {} of {} end at the image's last "
                        "pixel, so the "
                        "numbers count from 1 and include the last pixel",
                        at_far_edge, boxes)};
  }
  if (boxes == 0) return {"asis", Severity::note, "there is no <bndbox>"};
  return {
      "asis", Severity::warning,
      fmt::format(
          "nothing proves how the numbers count; read from 0 as current tools write them. All {} boxes would "
          "begin one pixel earlier with --voc-coords devkit",
          boxes)};
}

Box voc_box(const VocObject& object, const std::string& policy) {
  if (object.turned) return bounding_box(*object.turned);
  const auto& n = object.numbers;
  if (policy == "devkit") return {n[0] - 1, n[1] - 1, n[2], n[3]};
  if (policy == "shift") return {n[0] - 1, n[1] - 1, n[2] - 1, n[3] - 1};
  return {n[0], n[1], n[2], n[3]};
}

Shape voc_shape(const VocObject& object, const std::string& policy) {
  if (object.turned) return *object.turned;
  if (object.outline.empty()) return voc_box(object, policy);
  // An edge at 0 is counted as 1 by those who count pixels from 1.
  double shift = policy == "asis" ? 0 : 1;
  Ring ring = object.outline;
  for (auto& point : ring) point = {point.x - shift, point.y - shift};
  return Polygon{{ring}};
}

bool looks_like_voc(const fs::path& file) {
  pugi::xml_document document;
  auto text = glance_at_label_text(file);
  if (!document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8)) return false;
  auto root = document.child("annotation");
  auto object = root.child("object");
  return root && (object.child("bndbox") || object.child("robndbox") ||
                  (root.child("size") && root.child("filename")));
}

}  // namespace ds::detail
