// VoTT: the JSON export (and the asset files of a project), or the CSV export.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "shared/pictures/named_pictures.h"
#include "shared/source_peek.h"
#include "shared/tables/box_table.h"
#include "shared/tables/known_tables.h"
#include "shared/text/json_file.h"
#include "vott/format.h"
#include "vott/writer.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

using nlohmann::json;

enum class VottKind { none, project, asset };

VottKind kind_of(const JsonOutline& outline) {
  if (!outline.is_object) return VottKind::none;
  if (outline.has("assets") && outline.has("tags")) return VottKind::project;
  if (outline.has("asset") && outline.has("regions")) return VottKind::asset;
  return VottKind::none;
}

/// Reads the richest of what an export left: project files with their tags, else asset files, else CSV
/// tables. They hold the same objects, so reading two would double them. Pictures are found by path or name,
/// since a project remembers addresses of the machine it was made on. An asset or region that is wrong is an
/// issue and costs no other.
class VottReader {
 public:
  VottReader(Reading& reading, const fs::path& path)
      : reading_(reading), path_(path), pictures_(reading, path) {}

  void read() {
    declare_meta_classes(reading_);
    SourcePeek source(path_);
    std::vector<fs::path> projects;
    std::vector<fs::path> assets;
    std::vector<fs::path> tables;
    for (const auto& file : source.files(".json")) {
      auto kind = kind_of(source.json(file));
      if (kind == VottKind::project) projects.push_back(file);
      if (kind == VottKind::asset) assets.push_back(file);
    }
    for (const auto& file : source.files(".csv"))
      if (is_vott_header(source.head(file))) tables.push_back(file);
    if (projects.empty() && assets.empty() && tables.empty())
      throw DataError(
          fmt::format("{}: no export of VoTT (.json with tags and assets, or .csv with image, xmin, ymin, "
                      "xmax, ymax, label)",
                      path_.string()));
    for (const auto* files : {&projects, &assets, &tables})
      for (const auto& file : *files) reading_.uses(file);
    // The same objects are in all of them; the export says the most.
    for (const auto& file : projects) read_project(file);
    if (projects.empty())
      for (const auto& file : assets) read_asset_file(file);
    bool json_read = !projects.empty() || !assets.empty();
    for (const auto& file : tables)
      if (json_read)
        reading_.note(
            fmt::format("{} is not read: the JSON export beside it says more", file.filename().string()));
      else
        read_box_table(reading_, pictures_, file, *box_layout(source.head(file)));
    pictures_.add_rest();
  }

 private:
  void read_project(const fs::path& file) {
    json document;
    if (!load(file, document)) return;
    const auto& tags = document.contains("tags") ? document.at("tags") : json();
    if (tags.is_array()) {
      for (const auto& tag : tags) {
        if (!tag.is_object() || !tag.contains("name") || text_of(tag.at("name")).empty()) continue;
        auto name = text_of(tag.at("name"));
        if (reading_.classes().find(name)) continue;
        auto color = tag.find("color");
        reading_.classes().add(
            {.name = name,
             .color = color != tag.end() && color->is_string() ? color->get<std::string>() : ""});
      }
    }
    const auto& assets = document.contains("assets") ? document.at("assets") : json();
    if (!assets.is_object()) {
      reading_.issue(Severity::error, "BAD_FILE", {.path = file, .pointer = "/assets"},
                     "assets is no object");
      return;
    }
    for (const auto& [id, entry] : assets.items()) {
      throw_if_stopped();
      read_entry(entry, {.path = file, .pointer = "/assets/" + id});
    }
  }

  void read_asset_file(const fs::path& file) {
    json document;
    if (load(file, document)) read_entry(document, {.path = file});
  }

  bool load(const fs::path& file, json& document) {
    try {
      document = load_json(file);
      return true;
    } catch (const FormatError& error) {
      reading_.issue(Severity::error, "BAD_FILE", error.location(), error.what());
      return false;
    }
  }

  void read_entry(const json& entry, const Location& place) {
    auto asset = entry.is_object() ? entry.find("asset") : entry.end();
    std::string name;
    std::string path;
    if (entry.is_object() && asset != entry.end() && asset->is_object()) {
      if (asset->contains("name")) name = text_of(asset->at("name"));
      if (asset->contains("path")) path = text_of(asset->at("path"));
    }
    if (name.empty() && path.empty()) {
      reading_.issue(Severity::error, "BAD_ROW", place, "an asset without a name; it is left out");
      return;
    }
    std::optional<Reading::Declared> declared;
    if (auto size = asset->find("size"); size != asset->end() && size->is_object()) {
      auto width = number_of(size->value("width", json()));
      auto height = number_of(size->value("height", json()));
      if (width && height && *width >= 1 && *height >= 1 && *width < 1e9 && *height < 1e9)
        declared = {static_cast<int>(*width), static_cast<int>(*height)};
    }
    // A path of another machine, as an address, says no more than the name.
    bool address = path.empty() || path.find('%') != std::string::npos;
    auto index = pictures_.image(address ? name : path, place.path.parent_path(), declared, place);
    if (!index) return;
    auto split = split_in_name(place.path.stem().string());
    if (!split) split = split_of_folder(place.path, reading_.root());
    if (split) reading_.image(*index).split = *split;
    // 1: somebody opened the picture, 2: and drew something.
    auto state = number_of(asset->value("state", json()));
    if (state && *state >= 1) reading_.image(*index).state = ImageState::done;
    auto regions = entry.find("regions");
    if (regions == entry.end() || !regions->is_array()) return;
    Reading::About about(reading_, *index);
    for (std::size_t i = 0; i < regions->size(); ++i) {
      auto at = place;
      at.pointer += fmt::format("/regions/{}", i);
      read_region(regions->at(i), *index, at);
    }
  }

  static std::optional<Box> box_of(const json& region) {
    auto box = region.find("boundingBox");
    if (box == region.end() || !box->is_object()) return std::nullopt;
    std::array<double, 4> n{};
    static constexpr const char* kKeys[] = {"left", "top", "width", "height"};
    for (std::size_t i = 0; i < 4; ++i) {
      auto number = number_of(box->value(kKeys[i], json()));
      if (!number) return std::nullopt;
      n[i] = *number;
    }
    return xywh_to_xyxy(n[0], n[1], n[2], n[3]);
  }

  static std::optional<std::vector<Point>> points_of(const json& region) {
    std::vector<Point> points;
    auto list = region.find("points");
    if (list == region.end() || !list->is_array()) return std::nullopt;
    for (const auto& point : *list) {
      if (!point.is_object()) return std::nullopt;
      auto x = number_of(point.value("x", json()));
      auto y = number_of(point.value("y", json()));
      if (!x || !y) return std::nullopt;
      points.push_back({*x, *y});
    }
    return points;
  }

  static std::optional<Shape> shape_of(const json& region) {
    auto box = box_of(region);
    auto points = points_of(region);
    auto type = region.contains("type") ? text_of(region.at("type")) : "RECTANGLE";
    if (type == "POLYGON" && points && points->size() >= 3) return Polygon{{*points}};
    if (type == "POLYLINE" && points && points->size() >= 2) return Polyline{*points};
    if (box) return *box;
    if (points && points->size() >= 2) return bounding_box(Polyline{*points});
    return std::nullopt;
  }

  void read_region(const json& region, std::size_t index, const Location& place) {
    auto shape = region.is_object() ? shape_of(region) : std::nullopt;
    if (!shape) {
      reading_.issue(Severity::error, "BAD_ROW", place,
                     "neither a boundingBox nor points of finite numbers; the region is left out");
      return;
    }
    std::vector<std::string> tags;
    if (auto list = region.find("tags"); list != region.end() && list->is_array())
      for (const auto& tag : *list)
        if (auto name = text_of(tag); !name.empty()) tags.push_back(name);
    if (tags.empty()) {
      reading_.issue(Severity::warning, "EMPTY_LABEL", place,
                     fmt::format("the region has no tag; kept as class {}", kNoLabel));
      tags = {kNoLabel};
    }
    auto id = region.contains("id") ? text_of(region.at("id")) : "";
    reading_.image(index).state = ImageState::done;
    for (const auto& tag : tags)
      reading_.add_annotation(index, {.class_idx = reading_.class_of(tag), .shape = *shape}, place, id);
  }

  Reading& reading_;
  fs::path path_;
  NamedPictures pictures_;
};

std::optional<std::string> detect_vott(const SourcePeek& source) {
  for (const auto& file : source.few(".json")) {
    auto kind = kind_of(source.json(file));
    if (kind == VottKind::project) return fmt::format("{} has tags and assets", source.shown(file));
    if (kind == VottKind::asset) return fmt::format("{} has an asset and its regions", source.shown(file));
  }
  for (const auto& file : source.few(".csv"))
    if (is_vott_header(source.head(file)))
      return fmt::format("{} has the columns image, xmin, ymin, xmax, ymax, label", source.shown(file));
  return std::nullopt;
}

ReadResult read_vott(const fs::path& path, const ReadOptions& options) {
  Reading reading("vott", path, options);
  VottReader(reading, path).read();
  return reading.finish();
}

}  // namespace

AnnotationFormat vott_format() {
  return {detect_vott, read_vott, write_vott};
}

}  // namespace ds::detail
