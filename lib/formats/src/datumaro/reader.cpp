// Datumaro JSON: annotations/<subset>.json beside images/<subset>/.
#include "datumaro/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "datumaro/format.h"
#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "shared/reading.h"
#include "shared/source_peek.h"
#include "shared/text/label_json.h"

namespace ds::detail {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

bool is_datumaro(const JsonOutline& outline) {
  return outline.is_object && outline.has("items") && outline.has("categories");
}

using Report = std::function<void(Severity, const std::string& code, const std::string& part,
                                  const std::string& message)>;

/// One annotation's geometry; `label` and `caption` have none and are not asked for.
class ShapeOfItem {
 public:
  ShapeOfItem(const json& entry, const Report& report) : entry_(entry), report_(report) {}

  std::optional<Shape> read(const std::string& type) {
    if (type == "bbox") return read_box();
    if (type == "mask") return read_mask();
    if (type == "polygon" || type == "polyline" || type == "points") return read_points(type);
    if (type == "ellipse" || type == "rotated_bbox") return read_numbers(type);
    report_(Severity::error, "BAD_ROW", "type",
            fmt::format("'{}' is none of bbox, caption, ellipse, label, mask, points, polygon, polyline, "
                        "rotated_bbox; left out",
                        type));
    return std::nullopt;
  }

 private:
  std::nullopt_t bad(const std::string& code, const std::string& part, const std::string& why) {
    report_(Severity::error, code, part, why + "; left out");
    return std::nullopt;
  }

  double rotation() const { return number_of(member(member(entry_, "attributes"), "rotation")).value_or(0); }

  std::optional<Shape> read_box() {
    auto n = numbers_of(member(entry_, "bbox"));
    if (!n || n->size() != 4) return bad("BAD_NUMBER", "bbox", "expected four finite numbers");
    auto box = xywh_to_xyxy((*n)[0], (*n)[1], (*n)[2], (*n)[3]);
    // CVAT's way to say that a box is rotated about its centre.
    if (rotation() == 0) return box;
    return RotatedBox{box.center_x(), box.center_y(), box.width(), box.height(), rotation()};
  }

  std::optional<Shape> read_points(const std::string& type) {
    auto n = numbers_of(member(entry_, "points"));
    std::size_t least = type == "polygon" ? 6 : type == "polyline" ? 4 : 2;
    if (!n) return bad("BAD_NUMBER", "points", "expected a list of finite numbers");
    if (n->size() % 2 != 0 || n->size() < least)
      return bad(
          "BAD_ROW", "points",
          fmt::format("a {} needs an even count of at least {} numbers, found {}", type, least, n->size()));
    std::vector<Point> points;
    for (std::size_t i = 0; i < n->size(); i += 2) points.push_back({(*n)[i], (*n)[i + 1]});
    if (type == "polygon") return Polygon{{std::move(points)}};
    if (type == "polyline") return Polyline{std::move(points)};
    KeyPoints result{points, std::vector<int>(points.size(), 2), box_around(points)};
    auto visibility = numbers_of(member(entry_, "visibility"));
    if (visibility && visibility->size() == points.size())
      std::transform(visibility->begin(), visibility->end(), result.visibility.begin(),
                     [](double v) { return static_cast<int>(std::clamp(v, 0.0, 2.0)); });
    auto box = numbers_of(member(entry_, "bbox"));
    if (box && box->size() == 4) result.box = xywh_to_xyxy((*box)[0], (*box)[1], (*box)[2], (*box)[3]);
    return result;
  }

  std::optional<Shape> read_numbers(const std::string& type) {
    auto n = numbers_of(member(entry_, "points"));
    std::size_t need = type == "ellipse" ? 4 : 5;
    if (!n || n->size() != need)
      return bad("BAD_NUMBER", "points", fmt::format("an {} needs {} finite numbers", type, need));
    const auto& p = *n;
    if (type == "rotated_bbox") return RotatedBox{p[0], p[1], p[2], p[3], p[4]};
    // The box around the ellipse before it is rotated.
    return Ellipse{(p[0] + p[2]) / 2, (p[1] + p[3]) / 2, std::abs(p[2] - p[0]) / 2, std::abs(p[3] - p[1]) / 2,
                   rotation()};
  }

  std::optional<Shape> read_mask() {
    const auto& rle = member(entry_, "rle");
    auto size = numbers_of(member(rle, "size"));
    const auto& counts = member(rle, "counts");
    auto fits = [](double side) { return side >= 0 && side < 1e6; };
    if (!size || size->size() != 2 || !fits((*size)[0]) || !fits((*size)[1]) || !counts.is_string())
      return bad("BAD_SEGMENTATION", "rle", "expected counts as text and a size of two numbers");
    try {
      return decode_run_length(counts.get<std::string>(), static_cast<int>((*size)[0]),
                               static_cast<int>((*size)[1]));
    } catch (const DataError& error) {
      return bad("BAD_SEGMENTATION", "rle/counts", error.what());
    }
  }

  const json& entry_;
  const Report& report_;
};

/// Reads one subset's file. Label ids count within the file, so each file maps them to the dataset's classes
/// by name. Without a list of items it is no dataset, an error; an item or annotation that cannot be used is
/// an issue and costs no other. Rings of one outline are annotations of their own that share id, group and
/// label, and are joined again.
class DatumaroFile {
 public:
  DatumaroFile(Reading& reading, const fs::path& file, std::set<std::string>& used)
      : reading_(reading), file_(file), used_(used), document_(load_json(file)) {}

  void read() {
    if (!member(document_, "items").is_array())
      throw FormatError(at("/items"), "not a Datumaro dataset: it needs a list of items");
    read_classes();
    const auto& items = document_["items"];
    for (std::size_t i = 0; i < items.size(); ++i) read_item(items[i], fmt::format("/items/{}", i));
    if (captions_ > 0) reading_.note(fmt::format("{}: {} captions are left out", file_.string(), captions_));
    if (media_ > 0)
      reading_.note(fmt::format("{}: {} items that are no images are left out", file_.string(), media_));
  }

 private:
  Location at(const std::string& pointer) const { return {.path = file_, .pointer = pointer}; }

  void read_classes() {
    const auto& categories = member(document_, "categories");
    const auto& labels = list_in(member(categories, "label"), "labels");
    std::map<std::int64_t, const json*> points;
    for (const auto& entry : list_in(member(categories, "points"), "items"))
      if (auto id = integer_of(member(entry, "label_id"))) points[*id] = &entry;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      auto name = text_of(member(labels[i], "name"));
      if (!labels[i].is_object() || name.empty())
        throw FormatError(at(fmt::format("/categories/label/labels/{}", i)), "a label needs a name");
      if (auto known = reading_.classes().find(name)) {
        classes_.push_back(*known);
        continue;
      }
      ClassInfo info{.name = name};
      if (const auto& parent = member(labels[i], "parent"); parent.is_string()) info.supercategory = parent;
      if (auto found = points.find(static_cast<std::int64_t>(i)); found != points.end()) {
        for (const auto& point : member(*found->second, "labels")) info.key_points.push_back(text_of(point));
        for (const auto& joint : member(*found->second, "joints"))
          if (auto pair = numbers_of(joint); pair && pair->size() == 2)
            info.skeleton.emplace_back(static_cast<int>((*pair)[0]) - 1, static_cast<int>((*pair)[1]) - 1);
      }
      classes_.push_back(reading_.classes().add(std::move(info)));
    }
  }

  // An item's id is its path below images/<subset>, without the extension.
  std::optional<std::size_t> add_image(const json& item, const std::string& id, const std::string& pointer) {
    const auto& media = item.contains("image") ? item["image"] : member(item, "media");
    auto given = member(media, "path").is_string() ? media["path"].get<std::string>() : std::string();
    auto size = numbers_of(member(media, "size"));
    std::optional<Reading::Declared> declared;
    if (size && size->size() == 2 && (*size)[0] >= 1 && (*size)[1] >= 1 && (*size)[0] < 1e6 &&
        (*size)[1] < 1e6)
      declared = Reading::Declared{static_cast<int>((*size)[1]), static_cast<int>((*size)[0])};
    auto root = file_.parent_path().filename() == "annotations" ? file_.parent_path().parent_path()
                                                                : file_.parent_path();
    auto subset = file_.stem();
    std::vector<fs::path> folders = {root / "images" / subset, root / "images", root / subset, root};
    auto found = reading_.find_image({.given = given, .stem = id, .folders = folders, .labels = file_});
    const auto& file = found.file;
    auto place = at(pointer);
    if (!file.empty()) {
      used_.insert(file.lexically_normal().string());
      auto name = reading_.name_of(file);
      // What no split stands for needs no folder of its own in the name.
      if (subset == "default" && name.starts_with("default/")) name = name.substr(8);
      return reading_.add_image(file, name, declared, place);
    }
    auto name = with_slashes(given.empty() ? id : given);
    if (!has_image_suffix(name)) name += ".jpg";
    reading_.report_missing(found, name, place);
    return reading_.add_image({}, name, declared, place);
  }

  void read_item(const json& item, const std::string& pointer) {
    auto id = id_of(member(item, "id"));
    if (!id) {
      reading_.issue(Severity::error, "BAD_ROW", at(pointer), "an item needs an id; left out");
      return;
    }
    for (const auto* other : {"point_cloud", "video", "video_frame", "table_row"}) {
      if (!item.contains(other) || item.contains("image")) continue;
      ++media_;
      return;
    }
    auto index = add_image(item, with_slashes(*id), pointer);
    const auto& annotations = list_in(item, "annotations");
    if (!index) return reading_.count_without_image(annotations.size());
    auto& image = reading_.image(*index);
    image.split = split_of_word(file_.stem().string()).value_or(Split::none);
    if (!annotations.empty() || reading_.options().empty_is_negative) image.state = ImageState::done;
    const auto& attributes = member(item, "attr");
    if (attributes.is_object())
      for (const auto& [key, value] : attributes.items())
        if (!take_image_mark(image, key, value)) image.attributes[key] = text_of(value);
    Reading::About about(reading_, *index);
    read_annotations(annotations, pointer + "/annotations", *index);
  }

  std::optional<int> class_of(const json& entry, const Report& report) {
    auto label = integer_of(member(entry, "label_id"));
    if (label && *label >= 0 && *label < static_cast<std::int64_t>(classes_.size()))
      return classes_[static_cast<std::size_t>(*label)];
    report(Severity::error, "UNKNOWN_CLASS", "label_id",
           fmt::format("{} is no label of {}; left out", member(entry, "label_id").dump(), classes_.size()));
    return std::nullopt;
  }

  void read_annotations(const json& annotations, const std::string& pointer, std::size_t index) {
    struct Parsed {
      Annotation annotation;
      std::string pointer;
      std::string id;
    };
    std::vector<Parsed> parsed;
    std::map<std::string, std::size_t> parts;
    for (std::size_t i = 0; i < annotations.size(); ++i) {
      const auto& entry = annotations[i];
      auto place = fmt::format("{}/{}", pointer, i);
      Report report = [&](Severity severity, const std::string& code, const std::string& part,
                          const std::string& message) {
        reading_.issue(severity, code, at(place + "/" + part), message);
      };
      auto type = text_of(member(entry, "type"));
      if (type == "caption") {
        ++captions_;
        continue;
      }
      if (type == "label") {
        read_tag(entry, report, index);
        continue;
      }
      auto shape = ShapeOfItem(entry, report).read(type);
      auto label = shape ? class_of(entry, report) : std::nullopt;
      if (!label) continue;
      Annotation annotation{.class_idx = *label, .shape = std::move(*shape)};
      read_marks(entry, annotation);
      auto id = id_of(member(entry, "id")).value_or("");
      // Parts of one outline share id, group and label.
      if (type == "polygon" && id != "0" && !id.empty() && annotation.group_id) {
        auto key = fmt::format("{}/{}/{}", id, *annotation.group_id, *label);
        auto [whole, is_new] = parts.emplace(key, parsed.size());
        if (!is_new) {
          auto& rings = std::get<Polygon>(parsed[whole->second].annotation.shape).rings;
          rings.push_back(std::get<Polygon>(annotation.shape).rings[0]);
          continue;
        }
      }
      parsed.push_back({std::move(annotation), place, id});
    }
    forget_groups_of_parts(parsed);
    for (auto& one : parsed)
      reading_.add_annotation(index, std::move(one.annotation), at(one.pointer), one.id);
  }

  // A group that only holds the parts of one outline, and is called like it, says nothing more.
  template <typename Parsed>
  static void forget_groups_of_parts(std::vector<Parsed>& parsed) {
    std::map<std::int64_t, int> members;
    for (const auto& one : parsed)
      if (one.annotation.group_id) ++members[*one.annotation.group_id];
    for (auto& one : parsed) {
      const auto* polygon = std::get_if<Polygon>(&one.annotation.shape);
      if (polygon == nullptr || polygon->rings.size() < 2) continue;
      auto group = *one.annotation.group_id;
      if (members[group] == 1 && std::to_string(group) == one.id) one.annotation.group_id.reset();
    }
  }

  void read_tag(const json& entry, const Report& report, std::size_t index) {
    auto label = class_of(entry, report);
    if (!label) return;
    auto& tags = reading_.image(index).tags;
    const auto& present = member(member(entry, "attributes"), "present");
    ImageTag tag{*label, !(present.is_boolean() && !present.get<bool>())};
    auto at_place = std::lower_bound(tags.begin(), tags.end(), tag, [](const ImageTag& a, const ImageTag& b) {
      return a.class_idx < b.class_idx;
    });
    if (at_place == tags.end() || at_place->class_idx != *label) tags.insert(at_place, tag);
  }

  static void read_marks(const json& entry, Annotation& annotation) {
    if (auto group = integer_of(member(entry, "group")); group && *group != 0) annotation.group_id = group;
    if (auto z = integer_of(member(entry, "z_order"))) annotation.z = static_cast<int>(*z);
    if (auto track = integer_of(member(entry, "object_id")); track && *track >= 0)
      annotation.track_id = track;
    const auto& attributes = member(entry, "attributes");
    if (!attributes.is_object()) return;
    bool turned = std::holds_alternative<RotatedBox>(annotation.shape) ||
                  std::holds_alternative<Ellipse>(annotation.shape);
    for (const auto& [key, value] : attributes.items()) {
      if (key == "rotation" && (turned || number_of(value) == 0.0)) continue;
      if (!take_mark(annotation, key, value)) annotation.attributes[key] = text_of(value);
    }
  }

  Reading& reading_;
  fs::path file_;
  std::set<std::string>& used_;
  json document_;
  std::vector<int> classes_;  // by label_id
  std::size_t captions_ = 0;
  std::size_t media_ = 0;
};

std::optional<std::string> detect_datumaro(const SourcePeek& source) {
  for (const auto& file : source.few(".json"))
    if (is_datumaro(source.json(file))) return source.shown(file) + " has items and categories";
  return std::nullopt;
}

ReadResult read_datumaro(const fs::path& path, const ReadOptions& options) {
  Reading reading("datumaro", path, options);
  SourcePeek source(path);
  std::set<std::string> used;
  bool any = false;
  for (const auto& file : source.files(".json")) {
    if (!is_datumaro(source.json(file))) continue;
    any = true;
    reading.note_one_of("files read", "read " + file.string());
    reading.uses(file);
    DatumaroFile(reading, file, used).read();
  }
  if (!any)
    throw DataError(
        fmt::format("{}: no Datumaro file (a JSON object with items and categories)", path.string()));
  return reading.finish();
}

}  // namespace

AnnotationFormat datumaro_format() {
  return {detect_datumaro, read_datumaro, write_datumaro};
}

}  // namespace ds::detail
