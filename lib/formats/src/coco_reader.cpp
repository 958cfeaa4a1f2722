// COCO instances and key points. Facts: docs of the format, cocoapi's maskApi.c and cocoeval.py.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "formats.h"
#include "json_file.h"
#include "reading.h"

namespace ds::detail {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

bool is_coco_file(const fs::path& file) {
  if (to_lower(file.extension().string()) != ".json") return false;
  auto keys = top_level_keys(file, {"images", "categories", "annotations"});
  if (!keys) return false;
  auto has = [&](const char* key) { return std::find(keys->begin(), keys->end(), key) != keys->end(); };
  return has("images") && (has("annotations") || has("categories"));
}

// instances_train.json beside person_keypoints_train.json and captions_train.json describe the same images:
// the files that say most about objects are read, once for each split.
int rank_of(const fs::path& file) {
  auto name = file.filename().string();
  if (name.starts_with("instances")) return 0;
  if (name.starts_with("person_keypoints") || name.starts_with("keypoints")) return 1;
  for (auto* other : {"captions", "image_info", "labels", "panoptic", "stuff"})
    if (name.starts_with(other)) return 3;
  return 2;
}

std::vector<fs::path> coco_files(const fs::path& path) {
  auto files = files_below(path, is_coco_file, 2);
  std::map<fs::path, int> best;  // by folder
  for (const auto& file : files) {
    auto [at, is_new] = best.emplace(file.parent_path(), rank_of(file));
    if (!is_new) at->second = std::min(at->second, rank_of(file));
  }
  std::vector<fs::path> chosen;
  for (const auto& file : files)
    if (rank_of(file) == best[file.parent_path()]) chosen.push_back(file);
  return chosen;
}

std::string subset_of(const fs::path& file) {
  auto stem = file.stem().string();
  auto at = stem.rfind('_');
  if (at != std::string::npos && !stem.ends_with(".coco")) return stem.substr(at + 1);
  return file.parent_path().filename().string();
}

class CocoFile {
 public:
  CocoFile(Reading& reading, const fs::path& file)
      : reading_(reading), file_(file), document_(load_json(file)) {
    if (!document_.is_object() || !list("images").is_array())
      throw FormatError(at(""), "not a COCO dataset: it needs the lists images, annotations and categories");
  }

  void read() {
    read_categories();
    read_images();
    const auto& annotations = list("annotations");
    for (std::size_t i = 0; i < annotations.size(); ++i) {
      auto place = fmt::format("/annotations/{}", i);
      if (annotations[i].is_object())
        read_annotation(annotations[i], place);
      else
        reading_.issue(Severity::error, "BAD_ROW", at(place), "an annotation must be an object; left out");
    }
    report_duplicates();
  }

 private:
  Location at(const std::string& pointer) const { return {.path = file_, .pointer = pointer}; }

  const json& list(const char* key) const {
    static const json empty = json::array();
    auto found = document_.find(key);
    return found != document_.end() && found->is_array() ? *found : empty;
  }

  void read_categories() {
    std::map<double, const json*> in_order;  // class order is by ascending id
    std::map<std::string, std::string> by_name;
    std::map<std::string, std::string> by_id;
    const auto& categories = list("categories");
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t i = 0; i < categories.size(); ++i) {
      auto place = fmt::format("/categories/{}", i);
      const auto& category = categories[i];
      auto id = category.is_object() && category.contains("id") ? id_of(category["id"]) : std::nullopt;
      if (!id || !category.contains("name") || text_of(category["name"]).empty())
        throw FormatError(at(place), "a category needs an id and a name");
      auto name = text_of(category["name"]);
      if (auto [other, is_new] = by_id.emplace(*id, place); !is_new)
        throw FormatError(at(place), fmt::format("id {} is also that of {}", *id, other->second));
      if (auto [other, is_new] = by_name.emplace(name, place); !is_new)
        throw FormatError(at(place), fmt::format("'{}' is also the name of {}", name, other->second));
      order.emplace_back(parse_double(*id).value_or(1e18), i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [number, i] : order) {
      auto name = text_of(categories[i]["name"]);
      auto known = reading_.classes().find(name);
      auto super = categories[i].value("supercategory", json());
      class_of_[*id_of(categories[i]["id"])] =
          known ? *known
                : reading_.classes().add(
                      {.name = name, .supercategory = super.is_string() ? text_of(super) : ""});
    }
  }

  // The candidates follow how people lay COCO out; two different files under them are a question for the
  // user.
  fs::path find_image(const std::string& given) const {
    std::string name = given;
    std::replace(name.begin(), name.end(), '\\', '/');
    auto folder = file_.parent_path();
    auto subset = subset_of(file_);
    std::vector<fs::path> roots;
    if (!reading_.options().images.empty()) {
      roots = {reading_.options().images / subset, reading_.options().images};
    } else {
      roots = {folder,
               folder / "images",
               folder / subset,
               folder / "images" / subset,
               folder / ".." / "images" / subset,
               folder / ".." / "images",
               folder / ".." / subset,
               folder / ".."};
    }
    for (const auto& file : {fs::path(name), fs::path(name).filename()}) {
      if (file.is_absolute()) {
        if (fs::is_regular_file(file)) return file;
        continue;
      }
      for (const auto& root : roots)
        if (fs::is_regular_file(root / file)) return (root / file).lexically_normal();
    }
    return {};
  }

  void read_images() {
    auto split = split_of_word(subset_of(file_));
    const auto& images = list("images");
    for (std::size_t i = 0; i < images.size(); ++i) {
      auto place = fmt::format("/images/{}", i);
      bool odd = false;
      auto id =
          images[i].is_object() && images[i].contains("id") ? id_of(images[i]["id"], &odd) : std::nullopt;
      if (!id || !images[i].contains("file_name") || !images[i]["file_name"].is_string()) {
        reading_.issue(Severity::error, "BAD_ROW", at(place),
                       "an image needs an id and a file_name; left out");
        continue;
      }
      auto file_name = images[i]["file_name"].get<std::string>();
      if (odd)
        reading_.issue(Severity::note, "BAD_ID", at(place + "/id"),
                       "the id is not an integer: " + images[i]["id"].dump());
      if (image_of_.contains(*id))
        throw FormatError(at(place), fmt::format("id {} is also that of another image", *id));
      if (auto known = by_file_name_.find(file_name); known != by_file_name_.end()) {
        bool merge = reading_.options().merge_duplicates;
        reading_.issue(
            Severity::error, "DUPLICATE_IMAGE", at(place),
            fmt::format("'{}' is named by another entry too; {}", file_name,
                        merge ? "merged" : "its annotations are left out (merge with --merge-duplicates)"));
        if (merge)
          image_of_[*id] = known->second;
        else
          duplicates_[*id] = 0;
        continue;
      }
      add_image(images[i], *id, file_name, place, split);
    }
  }

  void add_image(const json& entry, const std::string& id, const std::string& file_name,
                 const std::string& place, std::optional<Split> split) {
    auto size = [&](const char* key) {
      auto number = entry.contains(key) ? number_of(entry[key]) : std::nullopt;
      return number && *number > 0 && *number < 1e6 ? static_cast<int>(*number) : 0;
    };
    auto file = find_image(file_name);
    std::string shown = file_name;
    std::replace(shown.begin(), shown.end(), '\\', '/');
    auto name = file.empty() ? shown : reading_.name_of(file);
    auto index = reading_.add_image(file, name, Reading::Declared{size("width"), size("height")}, at(place));
    if (file.empty())
      reading_.issue(Severity::error, "MISSING_IMAGE", at(place + "/file_name"),
                     fmt::format("'{}' is not there", file_name));
    if (!index) return;
    by_file_name_[file_name] = *index;
    image_of_[id] = *index;
    auto& image = reading_.image(*index);
    image.split = split.value_or(Split::none);
    if (reading_.options().empty_is_negative) image.state = ImageState::done;
  }

  void read_annotation(const json& entry, const std::string& place) {
    auto id = entry.contains("image_id") ? id_of(entry["image_id"]) : std::nullopt;
    if (id && duplicates_.contains(*id)) {
      ++duplicates_[*id];
      return;
    }
    if (!id || !image_of_.contains(*id)) {
      reading_.issue(Severity::error, "UNKNOWN_IMAGE", at(place + "/image_id"),
                     fmt::format("no image has the id {}; left out", entry.value("image_id", json()).dump()));
      return;
    }
    auto category = entry.contains("category_id") ? id_of(entry["category_id"]) : std::nullopt;
    if (!category || !class_of_.contains(*category)) {
      reading_.issue(
          Severity::error, "UNKNOWN_CLASS", at(place + "/category_id"),
          fmt::format("no category has the id {}; left out", entry.value("category_id", json()).dump()));
      return;
    }
    auto index = image_of_[*id];
    Annotation annotation{.class_idx = class_of_[*category]};
    if (!read_shape(entry, place, annotation)) return;
    read_flags(entry, annotation);
    read_area(entry, place, annotation);
    reading_.image(index).state = ImageState::done;
    reading_.add_annotation(index, std::move(annotation), at(place),
                            entry.contains("id") ? id_of(entry["id"]).value_or("") : "");
  }

  std::optional<Box> read_box(const json& entry) const {
    auto found = entry.find("bbox");
    if (found == entry.end() || !found->is_array() || found->size() != 4) return std::nullopt;
    double numbers[4];
    for (std::size_t i = 0; i < 4; ++i) {
      auto number = number_of((*found)[i]);
      if (!number) return std::nullopt;
      numbers[i] = *number;
    }
    return xywh_to_xyxy(numbers[0], numbers[1], numbers[2], numbers[3]);
  }

  // True when the annotation has a shape; an issue says why when it has none.
  bool read_shape(const json& entry, const std::string& place, Annotation& annotation) {
    auto box = read_box(entry);
    auto segmentation = entry.value("segmentation", json());
    auto outline = read_segmentation(segmentation, place);
    if (!box && !outline) {
      reading_.issue(Severity::error, entry.contains("bbox") ? "BAD_NUMBER" : "BAD_ROW", at(place + "/bbox"),
                     "found no box of four finite numbers and no outline; left out");
      return false;
    }
    if (box && outline) {
      auto around = bounding_box(*outline);
      double apart = std::max({std::abs(around.x0 - box->x0), std::abs(around.y0 - box->y0),
                               std::abs(around.x1 - box->x1), std::abs(around.y1 - box->y1)});
      if (apart >= 1) {
        reading_.issue(
            Severity::warning, "BOX_MASK_MISMATCH", at(place + "/bbox"),
            fmt::format("the box [{}, {}, {}, {}] (x y w h) and the outline's [{}, {}, {}, {}] differ by {} "
                        "pixels; the outline is used",
                        shortest(box->x0), shortest(box->y0), shortest(box->width()), shortest(box->height()),
                        shortest(around.x0), shortest(around.y0), shortest(around.width()),
                        shortest(around.height()), shortest(apart)));
      }
    }
    if (auto points = read_key_points(entry, place, box ? *box : bounding_box(*outline))) {
      annotation.shape = std::move(*points);
      // One shape an object: the outline of a key point object waits in its attributes for the way back.
      if (outline) annotation.attributes["coco.segmentation"] = segmentation.dump();
    } else if (outline) {
      annotation.shape = std::move(*outline);
    } else {
      annotation.shape = rotated(entry, *box);
    }
    return true;
  }

  // CVAT writes a rotated box as its upright box and attributes.rotation, degrees about the centre.
  static Shape rotated(const json& entry, const Box& box) {
    auto attributes = entry.value("attributes", json());
    auto angle = attributes.is_object() && attributes.contains("rotation") ? number_of(attributes["rotation"])
                                                                           : std::nullopt;
    if (!angle || *angle == 0) return box;
    return RotatedBox{box.center_x(), box.center_y(), box.width(), box.height(), *angle};
  }

  std::optional<Shape> read_segmentation(const json& value, const std::string& place) {
    if (value.is_null() || (value.is_array() && value.empty())) return std::nullopt;
    auto bad = [&](const std::string& why) {
      reading_.issue(Severity::error, "BAD_SEGMENTATION", at(place + "/segmentation"),
                     why + "; the box is used");
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
    RunLengthMask mask{height, width, counts.get<std::vector<std::uint32_t>>()};
    std::uint64_t sum = 0;
    for (auto count : mask.counts) sum += count;
    auto expected = static_cast<std::uint64_t>(height) * static_cast<std::uint64_t>(width);
    if (height < 0 || width < 0 || sum != expected)
      throw DataError(
          fmt::format("the mask's runs sum to {}, its size {}x{} needs {}", sum, height, width, expected));
    return mask;
  }

  std::optional<Shape> read_key_points(const json& entry, const std::string& place, const Box& box) {
    auto found = entry.find("keypoints");
    if (found == entry.end() || !found->is_array() || found->empty()) return std::nullopt;
    KeyPoints result{.box = box};
    for (std::size_t i = 0; i + 2 < found->size() || i + 3 == found->size(); i += 3) {
      auto x = number_of((*found)[i]);
      auto y = number_of((*found)[i + 1]);
      auto v = number_of((*found)[i + 2]);
      if (!x || !y || !v) break;
      result.points.push_back({*x, *y});
      result.visibility.push_back(static_cast<int>(*v));
    }
    if (result.points.size() * 3 == found->size()) return result;
    reading_.issue(
        Severity::error, "BAD_ROW", at(place + "/keypoints"),
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

  static void read_flags(const json& entry, Annotation& annotation) {
    annotation.crowd = is_true(entry.value("iscrowd", json()));
    annotation.ignore = is_true(entry.value("ignore", json()));
    if (entry.contains("score")) annotation.score = number_of(entry["score"]);
    auto attributes = entry.value("attributes", json());
    if (!attributes.is_object()) return;
    for (const auto& [key, value] : attributes.items()) {
      if (key == "rotation" && std::holds_alternative<RotatedBox>(annotation.shape)) continue;
      if (key == "occluded")
        annotation.occluded = is_true(value) ? 1 : 0;
      else if (key == "truncated")
        annotation.truncated = is_true(value) ? 1 : 0;
      else if (key == "difficult")
        annotation.difficult = is_true(value);
      else if (key == "track_id" && value.is_number_integer())
        annotation.track_id = value.get<std::int64_t>();
      else
        annotation.attributes[key] = text_of(value);
    }
  }

  void read_area(const json& entry, const std::string& place, Annotation& annotation) {
    auto declared = entry.contains("area") ? number_of(entry["area"]) : std::nullopt;
    if (!declared) return;
    double actual = area_of(annotation.shape);
    if (std::holds_alternative<KeyPoints>(annotation.shape)) {
      annotation.area = declared;  // of a body that is not outlined here
    } else if (std::abs(*declared - actual) > 1e-6 * std::max(1.0, actual)) {
      annotation.area = declared;
      if (std::abs(*declared - actual) > 0.01 * std::max(actual, *declared))
        reading_.issue(Severity::warning, "AREA_MISMATCH", at(place + "/area"),
                       fmt::format("declared {}, the shape's is {}", shortest(*declared), shortest(actual)));
    }
  }

  void report_duplicates() {
    for (const auto& [id, count] : duplicates_)
      if (count > 0)
        reading_.note(fmt::format("{} annotations of the duplicate image id {} are left out", count, id));
  }

  Reading& reading_;
  fs::path file_;
  json document_;
  std::map<std::string, int> class_of_;
  std::map<std::string, std::size_t> image_of_;
  std::map<std::string, std::size_t> by_file_name_;
  std::map<std::string, std::size_t> duplicates_;
};

}  // namespace

std::optional<std::string> detect_coco(const fs::path& path) {
  auto files = coco_files(path);
  if (files.empty()) return std::nullopt;
  return fmt::format(
      "{} has images and annotations",
      files.front().lexically_proximate(fs::is_directory(path) ? path : path.parent_path()).string());
}

ReadResult read_coco(const fs::path& path, const ReadOptions& options) {
  Reading reading("coco", path, options);
  auto files = coco_files(path);
  if (files.empty())
    throw DataError(
        fmt::format("{}: no COCO file (a JSON object with images and annotations)", path.string()));
  for (const auto& file : files) {
    reading.note("read " + file.string());
    CocoFile(reading, file).read();
  }
  return reading.finish();
}

}  // namespace ds::detail
