#include "coco/annotation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ds/base/text.h"
#include "shared/text/json_file.h"
#include "shared/text/label_json.h"

namespace ds::detail {
using nlohmann::json;

namespace {

/// Reads one annotation entry: its shape from `segmentation`, `keypoints` and `bbox`, then the flags, then
/// the area. One object has one shape: key points win over an outline, an outline over the box, and what was
/// not chosen is compared or kept as an attribute, so that a wrong box is seen. Only an entry without any
/// usable shape is refused; every other fault is reported and leaves the rest.
class EntryReader {
 public:
  EntryReader(const json& entry, const CocoReport& report) : entry_(entry), report_(report) {}

  std::optional<Annotation> read() {
    Annotation annotation;
    if (!read_shape(annotation)) return std::nullopt;
    read_flags(annotation);
    read_area(annotation);
    return annotation;
  }

 private:
  const json& member(const char* key) const {
    static const json none;
    auto found = entry_.find(key);
    return found == entry_.end() ? none : *found;
  }

  std::optional<Box> read_box() const {
    auto found = entry_.find("bbox");
    if (found == entry_.end() || !found->is_array() || found->size() != 4) return std::nullopt;
    double numbers[4];
    for (std::size_t i = 0; i < 4; ++i) {
      auto number = number_of((*found)[i]);
      if (!number) return std::nullopt;
      numbers[i] = *number;
    }
    return xywh_to_xyxy(numbers[0], numbers[1], numbers[2], numbers[3]);
  }

  // True when the annotation has a shape; an issue says why when it has none.
  bool read_shape(Annotation& annotation) {
    auto box = read_box();
    const auto& segmentation = member("segmentation");
    auto outline = read_segmentation(segmentation);
    if (!box && !outline) {
      report_(Severity::error, entry_.contains("bbox") ? "BAD_NUMBER" : "BAD_ROW", "bbox",
              "found no box of four finite numbers and no outline; left out");
      return false;
    }
    if (box && outline) {
      auto around = bounding_box(*outline);
      double apart = std::max({std::abs(around.x0 - box->x0), std::abs(around.y0 - box->y0),
                               std::abs(around.x1 - box->x1), std::abs(around.y1 - box->y1)});
      if (apart >= 1) {
        report_(
            Severity::warning, "BOX_MASK_MISMATCH", "bbox",
            fmt::format("the box [{}, {}, {}, {}] (x y w h) and the outline's [{}, {}, {}, {}] differ by {} "
                        "pixels; the outline is used",
                        shortest(box->x0), shortest(box->y0), shortest(box->width()), shortest(box->height()),
                        shortest(around.x0), shortest(around.y0), shortest(around.width()),
                        shortest(around.height()), shortest(apart)));
      }
    }
    if (auto points = read_key_points(box ? *box : bounding_box(*outline))) {
      annotation.shape = std::move(*points);
      // One shape an object: the outline of a key point object waits in its attributes for the way back.
      if (outline) annotation.attributes["coco.segmentation"] = segmentation.dump();
    } else if (outline) {
      annotation.shape = turned(std::move(*outline));
    } else {
      annotation.shape = rotated(*box);
    }
    return true;
  }

  // Degrees about the centre; 0 says nothing.
  double rotation() const {
    const auto& attributes = member("attributes");
    if (!attributes.is_object() || !attributes.contains("rotation")) return 0;
    return number_of(attributes["rotation"]).value_or(0);
  }

  // CVAT writes a rotated box as its upright box and attributes.rotation.
  Shape rotated(const Box& box) const {
    auto angle = rotation();
    if (angle == 0) return box;
    return RotatedBox{box.center_x(), box.center_y(), box.width(), box.height(), angle};
  }

  // We write its corners beside the rotation, as the only tools do that know both.
  Shape turned(Shape outline) const {
    const auto* polygon = std::get_if<Polygon>(&outline);
    auto angle = rotation();
    if (angle == 0 || polygon == nullptr || polygon->rings.size() != 1) return outline;
    auto box = rotated_box_of(polygon->rings[0]);
    if (!box) return outline;
    constexpr double kDigits = 1e9;  // corners give the sides back to the last bits
    for (auto* value : {&box->cx, &box->cy, &box->width, &box->height})
      *value = std::round(*value * kDigits) / kDigits;
    box->angle_deg = angle;
    auto corners = box->corners();
    constexpr double kSame = 1e-3;
    for (std::size_t i = 0; i < corners.size(); ++i) {
      const auto& given = polygon->rings[0][i];
      if (std::hypot(corners[i].x - given.x, corners[i].y - given.y) > kSame) return outline;
    }
    return *box;
  }

  std::optional<Shape> read_segmentation(const json& value) {
    if (value.is_null() || (value.is_array() && value.empty())) return std::nullopt;
    auto bad = [&](const std::string& why) {
      report_(Severity::error, "BAD_SEGMENTATION", "segmentation", why + "; the box is used");
      return std::nullopt;
    };
    if (value.is_object()) {
      try {
        return read_mask(value);
      } catch (const std::exception& error) {
        return bad(error.what());
      }
    }
    if (!value.is_array()) return bad("found neither a list of outlines nor a mask");
    Polygon polygon;
    for (const auto& part : value) {
      if (part.is_array() && part.empty()) continue;
      if (!part.is_array() || part.size() < 6 || part.size() % 2 != 0)
        return bad(
            fmt::format("an outline needs an even count of at least 6 numbers, found {}", part.size()));
      Ring ring;
      for (std::size_t i = 0; i < part.size(); i += 2) {
        auto x = number_of(part[i]);
        auto y = number_of(part[i + 1]);
        if (!x || !y) return bad("an outline holds something that is no finite number");
        ring.push_back({*x, *y});
      }
      polygon.rings.push_back(std::move(ring));
    }
    if (polygon.rings.empty()) return std::nullopt;
    return polygon;
  }

  static Shape read_mask(const json& value) {
    const auto& size = value.at("size");
    int height = size.at(0).get<int>();
    int width = size.at(1).get<int>();
    const auto& counts = value.at("counts");
    if (counts.is_string()) return decode_run_length(counts.get<std::string>(), height, width);
    RunLengthMask mask{height, width, {}};
    std::uint64_t sum = 0;
    for (const auto& count : counts) {
      auto number = number_of(count);
      if (!number || *number < 0 || *number > 4e9 || std::floor(*number) != *number)
        throw DataError(fmt::format("the mask's runs hold {}, which is no count of pixels", count.dump()));
      mask.counts.push_back(static_cast<std::uint32_t>(*number));
      sum += mask.counts.back();
    }
    auto expected = static_cast<std::uint64_t>(height) * static_cast<std::uint64_t>(width);
    if (height < 0 || width < 0 || sum != expected)
      throw DataError(
          fmt::format("the mask's runs sum to {}, its size {}x{} needs {}", sum, height, width, expected));
    return mask;
  }

  std::optional<Shape> read_key_points(const Box& box) {
    auto found = entry_.find("keypoints");
    if (found == entry_.end() || !found->is_array() || found->empty()) return std::nullopt;
    KeyPoints result{.box = box};
    for (std::size_t i = 0; i + 2 < found->size() || i + 3 == found->size(); i += 3) {
      auto x = number_of((*found)[i]);
      auto y = number_of((*found)[i + 1]);
      auto v = number_of((*found)[i + 2]);
      if (!x || !y || !v) break;
      result.points.push_back({*x, *y});
      result.visibility.push_back(static_cast<int>(std::clamp(*v, 0.0, 2.0)));
    }
    if (result.points.size() * 3 == found->size()) return result;
    report_(Severity::error, "BAD_ROW", "keypoints",
            fmt::format("{} values are not x, y, visibility in threes; the box is used", found->size()));
    return std::nullopt;
  }

  static bool is_true(const json& value) {
    if (value.is_boolean()) return value.get<bool>();
    if (value.is_number()) return value.get<double>() != 0;
    if (value.is_string())
      return to_lower(value.get<std::string>()) == "true" || value.get<std::string>() == "1";
    return false;
  }

  // How much: yes and no in most files, a share or KITTI's 0 to 3 in some.
  static double degree(const json& value) {
    return value.is_number() ? number_of(value).value_or(0) : is_true(value) ? 1 : 0;
  }

  void read_flags(Annotation& annotation) const {
    annotation.crowd = is_true(member("iscrowd"));
    annotation.ignore = is_true(member("ignore"));
    if (entry_.contains("score")) annotation.score = number_of(entry_["score"]);
    const auto& attributes = member("attributes");
    if (!attributes.is_object()) return;
    for (const auto& [key, value] : attributes.items()) {
      if (key == "rotation" &&
          (std::holds_alternative<RotatedBox>(annotation.shape) || number_of(value) == 0.0))
        continue;
      if (key == "occluded")
        annotation.occluded = degree(value);
      else if (key == "truncated")
        annotation.truncated = degree(value);
      else if (key == "difficult")
        annotation.difficult = is_true(value);
      else if (key == "track_id" && value.is_number_integer())
        annotation.track_id = value.get<std::int64_t>();
      else if (key == "group_id" && value.is_number_integer())
        annotation.group_id = value.get<std::int64_t>();
      else if (key == "z_order" && value.is_number_integer())
        annotation.z = value.get<int>();
      else
        annotation.attributes[key] = text_of(value);
    }
  }

  void read_area(Annotation& annotation) {
    auto declared = entry_.contains("area") ? number_of(entry_["area"]) : std::nullopt;
    if (!declared) return;
    double actual = area_of(annotation.shape);
    if (std::holds_alternative<KeyPoints>(annotation.shape)) {
      annotation.area = declared;  // of a body that is not outlined here
    } else if (std::abs(*declared - actual) > 1e-6 * std::max(1.0, actual)) {
      annotation.area = declared;
      if (std::abs(*declared - actual) > 0.01 * std::max(actual, *declared))
        report_(Severity::warning, "AREA_MISMATCH", "area",
                fmt::format("declared {}, the shape's is {}", shortest(*declared), shortest(actual)));
    }
  }

  const json& entry_;
  const CocoReport& report_;
};

}  // namespace

std::optional<Annotation> read_coco_annotation(const json& entry, const CocoReport& report) {
  return EntryReader(entry, report).read();
}

}  // namespace ds::detail
