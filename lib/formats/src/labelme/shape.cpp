#include "labelme/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "shared/pictures/mask_pixels.h"
#include "shared/text/label_json.h"

namespace ds::detail {
using nlohmann::json;

namespace {

/// Reads one shape: points first, since all kinds have them, then what the kind makes of them, then the
/// marks. The first wrong part is reported with its member and ends the reading; only four corners that are
/// no rectangle are kept, as an outline. What nobody knows becomes an attribute.
class ShapeEntry {
 public:
  ShapeEntry(const json& entry, int width, int height, const LabelmeReport& report)
      : entry_(entry), width_(width), height_(height), report_(report) {}

  std::optional<Annotation> read() {
    Annotation annotation;
    if (!read_points()) return std::nullopt;
    auto shape = read_shape();
    if (!shape) return std::nullopt;
    annotation.shape = std::move(*shape);
    read_extras(annotation);
    return annotation;
  }

 private:
  std::nullopt_t bad(const std::string& code, const std::string& where, const std::string& why) {
    report_(Severity::error, code, where, why + "; left out");
    return std::nullopt;
  }

  bool read_points() {
    const auto& points = member(entry_, "points");
    if (!points.is_array() || points.empty()) {
      bad("BAD_ROW", "points", "a shape needs a list of points");
      return false;
    }
    for (std::size_t i = 0; i < points.size(); ++i) {
      auto pair = numbers_of(points[i]);
      if (!pair || pair->size() < 2) {
        bad("BAD_NUMBER", fmt::format("points/{}", i),
            fmt::format("found {}, expected two finite numbers", points[i].dump()));
        return false;
      }
      points_.push_back({(*pair)[0], (*pair)[1]});
    }
    return true;
  }

  bool need(const std::string& what, std::size_t least) {
    if (points_.size() >= least) return true;
    bad("BAD_ROW", "points", fmt::format("a {} needs {} points, found {}", what, least, points_.size()));
    return false;
  }

  std::optional<Shape> read_shape() {
    // Files of LabelMe's first versions know only polygons.
    const auto& named = member(entry_, "shape_type");
    auto type = named.is_string() ? named.get<std::string>() : "polygon";
    if (type == "rectangle") return read_rectangle();
    if (type == "oriented_rectangle" || type == "rotation") return read_rotated(type);
    if (type == "polygon") {
      if (!need(type, 3)) return std::nullopt;
      return Polygon{{points_}};
    }
    if (type == "circle") {
      if (!need(type, 2)) return std::nullopt;
      double radius = std::hypot(points_[1].x - points_[0].x, points_[1].y - points_[0].y);
      return Ellipse{points_[0].x, points_[0].y, radius, radius, 0};
    }
    if (type == "line" || type == "linestrip") {
      if (!need(type, 2)) return std::nullopt;
      return Polyline{points_};
    }
    if (type == "point" || type == "points") return read_key_points();
    if (type == "mask") return read_mask();
    return bad("BAD_ROW", "shape_type",
               fmt::format("'{}' is none of rectangle, oriented_rectangle, rotation, polygon, circle, line, "
                           "linestrip, point, points, mask",
                           type));
  }

  // Two opposite corners in any order, or all four as X-AnyLabeling writes them.
  std::optional<Shape> read_rectangle() {
    if (!need("rectangle", 2)) return std::nullopt;
    auto box = box_around(points_);
    if (points_.size() != 4) return box;
    bool upright = std::all_of(points_.begin(), points_.end(), [&](const Point& p) {
      return (p.x == box.x0 || p.x == box.x1) && (p.y == box.y0 || p.y == box.y1);
    });
    if (upright) return box;
    if (auto rotated = rotated_box_of(points_)) return *rotated;
    return Polygon{{points_}};
  }

  std::optional<Shape> read_rotated(const std::string& type) {
    if (!need(type, 4)) return std::nullopt;
    if (auto box = rotated_box_of(points_)) return *box;
    report_(Severity::warning, "BAD_SEGMENTATION", "points",
            fmt::format("the four corners of a {} are no rectangle; read as a polygon", type));
    return Polygon{{points_}};
  }

  std::optional<Shape> read_key_points() {
    KeyPoints result{.points = points_, .visibility = std::vector<int>(points_.size(), 2), .box = {}};
    auto visibility = numbers_of(member(entry_, "visibility"));
    if (visibility && visibility->size() == points_.size())
      std::transform(visibility->begin(), visibility->end(), result.visibility.begin(),
                     [](double v) { return static_cast<int>(std::clamp(v, 0.0, 2.0)); });
    auto box = numbers_of(member(entry_, "box"));
    result.box =
        box && box->size() == 4 ? Box{(*box)[0], (*box)[1], (*box)[2], (*box)[3]} : box_around(points_);
    return result;
  }

  // A PNG that is laid with its corner on the first point; the second is its last pixel.
  std::optional<Shape> read_mask() {
    if (!need("mask", 2)) return std::nullopt;
    const auto& text = member(entry_, "mask");
    auto bytes = text.is_string() ? decode_base64(text.get<std::string>()) : std::nullopt;
    if (!bytes || bytes->empty()) return bad("BAD_SEGMENTATION", "mask", "found no picture in base64");
    PictureMask picture;
    try {
      picture = mask_of_picture(*bytes, "the mask");
    } catch (const DataError& error) {
      return bad("BAD_SEGMENTATION", "mask", error.what());
    }
    auto left = std::floor(points_[0].x);
    auto top = std::floor(points_[0].y);
    if (std::abs(left) > 1e6 || std::abs(top) > 1e6)
      return bad("BAD_NUMBER", "points/0", "the mask's corner is millions of pixels away");
    int width = static_cast<int>(std::floor(points_[1].x) - left) + 1;
    int height = static_cast<int>(std::floor(points_[1].y) - top) + 1;
    if (width != picture.width || height != picture.height)
      report_(Severity::warning, "BOX_MASK_MISMATCH", "points",
              fmt::format("the points hold {}x{} pixels, the mask {}x{}; the mask is used", width, height,
                          picture.width, picture.height));
    return placed(picture, static_cast<int>(left), static_cast<int>(top), width_, height_);
  }

  void read_extras(Annotation& annotation) {
    static const std::set<std::string> kKnown = {
        "label", "points",   "shape_type", "mask",      "flags",      "attributes", "visibility",
        "box",   "instance", "grouped",    "direction", "line_color", "fill_color"};
    for (const auto& [key, value] : entry_.items()) {
      bool empty = value.is_null() || (value.is_string() && value.get<std::string>().empty()) ||
                   ((value.is_array() || value.is_object()) && value.empty());
      if (empty || kKnown.contains(key) || take_mark(annotation, key, value)) continue;
      annotation.attributes[key] = text_of(value);
    }
    for (const auto& [key, value] : object_in(entry_, "flags").items())
      annotation.attributes["flags." + key] = text_of(value);
    const auto& attributes = member(entry_, "attributes");
    if (attributes.is_object())
      for (const auto& [key, value] : attributes.items()) annotation.attributes[key] = text_of(value);
  }

  const json& entry_;
  int width_;
  int height_;
  const LabelmeReport& report_;
  std::vector<Point> points_;
};

}  // namespace

std::optional<Annotation> read_labelme_shape(const json& entry, int width, int height,
                                             const LabelmeReport& report) {
  return ShapeEntry(entry, width, height, report).read();
}

}  // namespace ds::detail
