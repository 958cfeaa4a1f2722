// VGG Image Annotator: projects and exported annotations of version 2, also version 1's, as JSON or CSV.
#include "via/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "shared/pictures/mask_pixels.h"
#include "shared/reading.h"
#include "shared/source_peek.h"
#include "shared/tables/csv_table.h"
#include "shared/text/label_json.h"
#include "shared/text/label_text.h"
#include "via/format.h"
#include "via/shape.h"

namespace ds::detail {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

bool is_via_json(const SourcePeek& source, const fs::path& file) {
  const auto& outline = source.json(file);
  if (!outline.is_object || outline.has("shapes")) return false;
  if (outline.has("_via_img_metadata")) return true;
  auto head = source.head(file);
  auto holds = [&](const char* text) { return head.find(text) != std::string::npos; };
  return holds("\"filename\"") && holds("\"regions\"") &&
         (holds("\"shape_attributes\"") || holds("\"file_attributes\"") || holds("\"fileref\""));
}

bool is_via_csv(const SourcePeek& source, const fs::path& file) {
  auto head = source.head(file);
  auto line = head.substr(0, head.find('\n'));
  return line.find("region_shape_attributes") != std::string::npos &&
         line.find("filename") != std::string::npos;
}

struct ViaRegion {
  json shape;
  json attributes;
  Location place;
};

struct ViaImage {
  std::string filename;
  std::string default_path;  // of the project, where its pictures are
  fs::path file;             // the labels
  Location place;
  json attributes;
  bool has_picture = false;  // version 1 may hold the picture itself
  std::vector<ViaRegion> regions;
  bool incomplete = false;  // a row of it cannot be read
};

/// Collects all files' images and regions before any is added (`read_json`, `read_csv`, then `finish`): VIA
/// has no classes, only attributes of regions, and which attribute is the class is one decision for the whole
/// dataset. Nor does it know a picture's size: an image needs its file or its bytes. A region that is wrong
/// is an issue and costs no other.
class ViaDataset {
 public:
  explicit ViaDataset(Reading& reading) : reading_(reading) {}

  void read_json(const fs::path& file) {
    json document;
    try {
      document = load_json(file);
    } catch (const FormatError& error) {
      auto message = std::string(error.what()).substr(error.location().to_string().size() + 2);
      reading_.issue(Severity::error, "BAD_FILE", error.location(), message + "; the file is left out");
      return;
    }
    bool project = document.contains("_via_img_metadata");
    if (document.contains("_via_attributes")) read_declared(file);
    const auto& entries = project ? document["_via_img_metadata"] : document;
    auto default_path = member(member(member(document, "_via_settings"), "core"), "default_filepath");
    for (const auto& [key, entry] : entries.items()) {
      if (!entry.is_object() || !entry.contains("filename")) continue;
      auto pointer = (json::json_pointer(project ? "/_via_img_metadata" : "") / key).to_string();
      ViaImage image{.filename = text_of(entry["filename"]),
                     .default_path = default_path.is_string() ? default_path.get<std::string>() : "",
                     .file = file,
                     .place = {.path = file, .pointer = pointer},
                     .attributes = member(entry, "file_attributes")};
      const auto& data = member(entry, "base64_img_data");
      image.has_picture = data.is_string() && !data.get<std::string>().empty();
      // A list in version 2, a map in version 1: `items` gives positions or keys.
      for (const auto& [name, region] : member(entry, "regions").items())
        image.regions.push_back({member(region, "shape_attributes"),
                                 member(region, "region_attributes"),
                                 {.path = file, .pointer = fmt::format("{}/regions/{}", pointer, name)}});
      images_.push_back(std::move(image));
    }
  }

  void read_csv(const fs::path& file) {
    std::optional<CsvColumns> columns;
    std::map<std::string, std::size_t> by_name;
    auto take = [&](const CsvRow& row) {
      if (!columns) {
        auto header = row;
        if (!header.cells.empty() && header.cells[0].starts_with('#')) header.cells[0].erase(0, 1);
        columns.emplace(header);
        return;
      }
      Location place{.path = file, .line = row.line};
      auto cell = [&](const char* name) -> std::optional<json> {
        auto text = columns->at(row, name);
        auto value = json::parse(text.empty() ? "{}" : text, nullptr, false);
        if (value.is_object()) return value;
        reading_.issue(Severity::error, "BAD_ROW", place,
                       fmt::format("{} is '{}', not a JSON object; left out", name, text));
        return std::nullopt;
      };
      auto filename = columns->at(row, "filename");
      if (filename.empty())
        return reading_.issue(Severity::error, "BAD_ROW", place, "a row without a filename; left out");
      auto [known, is_new] = by_name.emplace(filename, images_.size());
      if (is_new) {
        auto attributes = cell("file_attributes");
        images_.push_back({.filename = filename,
                           .default_path = {},
                           .file = file,
                           .place = place,
                           .attributes = attributes.value_or(json::object())});
      }
      auto shape = cell("region_shape_attributes");
      auto attributes = cell("region_attributes");
      images_[known->second].incomplete |= !shape || !attributes;
      if (shape && attributes && !shape->empty())
        images_[known->second].regions.push_back({std::move(*shape), std::move(*attributes), place});
    };
    try {
      for_each_csv_row(file, take);
    } catch (const FormatError& error) {
      auto message = std::string(error.what()).substr(error.location().to_string().size() + 2);
      reading_.issue(Severity::error, "BAD_FILE", error.location(),
                     message + "; the rows before it are used");
      for (auto& image : images_) image.incomplete |= image.file == file;
    }
  }

  void finish() {
    choose_class_attribute();
    declare_classes();
    for (const auto& image : images_) add_image(image);
    if (guessed_ > 0)
      reading_.note(fmt::format("{} regions say no class; they are called 'object'", guessed_));
  }

 private:
  // The declared choices, in their order.
  void read_declared(const fs::path& file) {
    auto document = nlohmann::ordered_json::parse(read_label_text(file), nullptr, false);
    if (!document.is_object() || !document["_via_attributes"].is_object()) return;
    auto region = document["_via_attributes"].value("region", nlohmann::ordered_json::object());
    if (!region.is_object()) return;
    for (const auto& [name, about] : region.items()) {
      auto& options = declared_[name];
      if (!about.is_object() || !about.contains("options") || !about["options"].is_object()) continue;
      for (const auto& [option, description] : about["options"].items())
        if (!option.empty() && std::find(options.begin(), options.end(), option) == options.end())
          options.push_back(option);
    }
  }

  // One attribute of the regions is the class: the only one, or the one with a telling name, or the first
  // declared with choices.
  void choose_class_attribute() {
    std::set<std::string> names;
    for (const auto& image : images_)
      for (const auto& region : image.regions)
        if (region.attributes.is_object())
          for (const auto& [name, value] : region.attributes.items()) names.insert(name);
    if (names.empty()) {
      // A file without regions still says what its classes are.
      for (const auto& [name, options] : declared_)
        if (!options.empty()) names.insert(name);
      if (names.empty()) return;
    }
    for (const auto* telling : {"class", "label", "category", "name", "object", "type"}) {
      for (const auto& name : names) {
        if (to_lower(name) != telling) continue;
        class_attribute_ = name;
        break;
      }
      if (!class_attribute_.empty()) break;
    }
    if (class_attribute_.empty()) {
      for (const auto& name : names)
        if (class_attribute_.empty() && declared_.contains(name) && !declared_[name].empty())
          class_attribute_ = name;
      if (class_attribute_.empty()) class_attribute_ = *names.begin();
    }
    if (names.size() > 1)
      reading_.note(
          fmt::format("the region attribute '{}' is the class; the others are attributes", class_attribute_));
  }

  // A choice, or the checked ones of several.
  std::vector<std::string> classes_of(const json& attributes) const {
    const auto& value = member(attributes, class_attribute_);
    std::vector<std::string> names;
    if (value.is_object()) {
      for (const auto& [name, checked] : value.items())
        if (is_true(checked) && !name.empty()) names.push_back(name);
    } else if (!value.is_null() && !std::string(trim(text_of(value))).empty()) {
      names.emplace_back(trim(text_of(value)));
    }
    return names;
  }

  void declare_classes() {
    for (const auto& name : declared_[class_attribute_]) reading_.class_of(name);
    std::set<std::string> used;
    for (const auto& image : images_) {
      for (const auto* key : {"tags", "absent_tags"})
        if (const auto& tags = member(image.attributes, key); tags.is_object())
          for (const auto& [name, checked] : tags.items())
            if (!name.empty()) used.insert(name);
      for (const auto& region : image.regions) {
        auto names = classes_of(region.attributes);
        used.insert(names.begin(), names.end());
        if (class_attribute_.empty()) used.insert("object");
      }
    }
    for (const auto& name : used) reading_.class_of(name);
  }

  std::optional<std::size_t> place_image(const ViaImage& image) {
    auto folder = image.file.parent_path();
    std::vector<fs::path> folders = {folder / with_slashes(image.default_path),
                                     folder,
                                     folder / "images",
                                     reading_.root(),
                                     reading_.root() / "images",
                                     folder / ".." / "images"};
    auto given = image.filename.substr(0, image.filename.find('?'));
    auto found = reading_.find_image({.given = given, .folders = folders, .labels = image.file});
    const auto& file = found.file;
    auto key = file.empty() ? image.filename : file.lexically_normal().string();
    if (!seen_.insert(key).second) {
      reading_.issue(Severity::warning, "DUPLICATE_IMAGE", image.place,
                     fmt::format("'{}' is named by another entry too; left out", image.filename));
      return std::nullopt;
    }
    if (!file.empty()) return reading_.add_image(file, reading_.name_of(file), std::nullopt, image.place);
    auto name = reading_.name_of(folder / fs::path(with_slashes(given)).relative_path());
    if (image.has_picture) {
      auto pointer = json::json_pointer(image.place.pointer + "/base64_img_data");
      return reading_.add_embedded_image(
          [path = image.file, pointer] {
            auto bytes = decode_base64(load_json(path).at(pointer).get<std::string>());
            if (!bytes) throw FormatError({.path = path, .pointer = pointer.to_string()}, "not base64");
            return *bytes;
          },
          name, std::nullopt, image.place);
    }
    reading_.report_missing(
        found, image.filename, image.place,
        fmt::format(
            "'{}' is not there, and VIA does not say its size; say with --images where the pictures are",
            image.filename));
    return std::nullopt;
  }

  void add_image(const ViaImage& image) {
    auto index = place_image(image);
    if (!index) return reading_.count_without_image(image.regions.size());
    auto& added = reading_.image(*index);
    auto split = split_of_folder(image.file, reading_.root());
    if (!split) split = split_of_word(fs::path(image.filename).parent_path().filename().string());
    if (image.incomplete) reading_.mark_incomplete(*index);
    Reading::About about(reading_, *index);
    added.split = split.value_or(Split::none);
    if (!image.regions.empty() || reading_.options().empty_is_negative) added.state = ImageState::done;
    if (image.attributes.is_object()) {
      for (const auto& [key, value] : image.attributes.items()) {
        if ((key == "tags" || key == "absent_tags") && value.is_object())
          read_tags(value, key == "tags", added);
        else if (!take_image_mark(added, key, value) &&
                 !(value.is_string() && value.get<std::string>().empty()))
          added.attributes[key] = text_of(value);
      }
    }
    add_regions(image, *index);
  }

  void read_tags(const json& tags, bool present, Image& image) {
    for (const auto& [name, checked] : tags.items())
      if (is_true(checked) && !name.empty()) image.tags.push_back({*reading_.classes().find(name), present});
    std::sort(image.tags.begin(), image.tags.end(),
              [](const ImageTag& a, const ImageTag& b) { return a.class_idx < b.class_idx; });
  }

  void add_regions(const ViaImage& image, std::size_t index) {
    struct Parsed {
      Annotation annotation;
      std::vector<std::string> classes;
      const Location* place;
    };
    std::vector<Parsed> parsed;
    std::map<std::string, std::size_t> instances;
    for (const auto& region : image.regions) {
      auto shape = read_via_shape(region.shape, [&](const std::string& code, const std::string& message) {
        reading_.issue(Severity::error, code, region.place, message);
      });
      if (!shape) continue;
      auto classes = classes_of(region.attributes);
      if (classes.empty() && class_attribute_.empty()) {
        classes = {"object"};
        ++guessed_;
      } else if (classes.empty()) {
        reading_.issue(Severity::error, "BAD_ROW", region.place,
                       fmt::format("the region's attribute '{}' says no class; left out", class_attribute_));
        continue;
      }
      Annotation annotation{.shape = std::move(*shape)};
      std::string instance;
      if (region.attributes.is_object()) {
        for (const auto& [key, value] : region.attributes.items()) {
          if (key == class_attribute_) continue;
          if (key == "instance" && std::holds_alternative<Polygon>(annotation.shape))
            instance = text_of(value);
          else if (!take_mark(annotation, key, value) && !value.is_null())
            annotation.attributes[key] = text_of(value);
        }
      }
      if (!instance.empty()) {
        auto [whole, is_new] = instances.emplace(instance, parsed.size());
        if (!is_new) {
          auto& rings = std::get<Polygon>(parsed[whole->second].annotation.shape).rings;
          rings.push_back(std::get<Polygon>(annotation.shape).rings[0]);
          continue;
        }
      }
      parsed.push_back({std::move(annotation), std::move(classes), &region.place});
    }
    for (const auto& one : parsed) {
      for (const auto& name : one.classes) {
        auto annotation = one.annotation;
        annotation.class_idx = *reading_.classes().find(name);
        reading_.add_annotation(index, std::move(annotation), *one.place);
      }
    }
  }

  Reading& reading_;
  std::vector<ViaImage> images_;
  std::map<std::string, std::vector<std::string>> declared_;  // attribute -> choices
  std::string class_attribute_;
  std::set<std::string> seen_;
  std::size_t guessed_ = 0;
};

std::optional<std::string> detect_via(const SourcePeek& source) {
  for (const auto& file : source.few(".json"))
    if (is_via_json(source, file)) return source.shown(file) + " has VIA's images and regions";
  for (const auto& file : source.few(".csv"))
    if (is_via_csv(source, file)) return source.shown(file) + " has VIA's column region_shape_attributes";
  return std::nullopt;
}

ReadResult read_via(const fs::path& path, const ReadOptions& options) {
  Reading reading("via", path, options);
  SourcePeek source(path);
  ViaDataset dataset(reading);
  bool any = false;
  for (const auto& file : source.files(".json")) {
    if (!is_via_json(source, file)) continue;
    any = true;
    reading.uses(file);
    dataset.read_json(file);
  }
  // The table beside a project is its export.
  bool project = any;
  for (const auto& file : source.files(".csv")) {
    if (!is_via_csv(source, file)) continue;
    any = true;
    reading.uses(file);
    if (!project) dataset.read_csv(file);
  }
  if (!any)
    throw DataError(
        fmt::format("{}: no VIA file (a project or annotations as .json or .csv)", path.string()));
  dataset.finish();
  return reading.finish();
}

}  // namespace

AnnotationFormat via_format() {
  return {.detect = detect_via, .read = read_via, .write = write_via, .names = via_names()};
}

}  // namespace ds::detail
