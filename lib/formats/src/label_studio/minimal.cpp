#include "label_studio/minimal.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "ds/base/text.h"
#include "shared/tables/csv_table.h"
#include "shared/text/label_json.h"

namespace ds::detail {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// Of the annotation, not of the task's data.
constexpr const char* kAnnotationKeys[] = {"annotator",  "annotation_id", "created_at",
                                           "updated_at", "lead_time",     "agreement"};

bool is_annotation_key(const std::string& key) {
  return std::any_of(std::begin(kAnnotationKeys), std::end(kAnnotationKeys),
                     [&](const char* known) { return key == known; });
}

// A data field may be a list of anything, too.
bool is_result(const json& value) {
  if (!value.is_object()) return false;
  for (const auto* key : {"choices", "taxonomy", "text", "rating", "number", "datetime", "rle", "points"})
    if (value.contains(key)) return true;
  for (const auto& [key, names] : value.items())
    if (key.ends_with("labels") && names.is_array()) return true;
  return value.contains("x") && value.contains("y") && value.contains("original_width");
}

// As a full export has it: what a control has drawn or asked, with the control's name and kind.
json full_result(const std::string& control, const json& value) {
  json result = {{"from_name", control}, {"value", value}};
  for (const auto& [key, names] : value.items())
    if (key.ends_with("labels")) result["type"] = key;
  for (const auto* key : {"original_width", "original_height", "image_rotation"})
    if (value.contains(key)) result[key] = value[key];
  return result;
}

/// These exports drop the ids by which the shape, the labels and the fields of one region belong together; but
/// each has the region's geometry. Twice the same under one control are two regions.
class RegionIds {
 public:
  std::string of(const std::string& control, const json& value) {
    json geometry;
    for (const auto* key : {"x", "y", "width", "height", "rotation", "radiusX", "radiusY", "points", "rle"})
      if (value.contains(key)) geometry[key] = value[key];
    if (geometry.is_null()) return {};
    auto text = geometry.dump();
    auto count = ++counts_[{control, text}];
    auto [known, is_new] = ids_.emplace(std::pair(text, count), ids_.size() + 1);
    return fmt::format("region {}", known->second);
  }

 private:
  std::map<std::pair<std::string, std::string>, std::size_t> counts_;  // by control and geometry
  std::map<std::pair<std::string, std::size_t>, std::size_t> ids_;
};

/// Puts records together to tasks: those with one id are annotations of one.
class TaskMaker {
 public:
  /// @param record  one annotation  @param place  of the record, or of one of its fields
  void add(const json& record, const std::function<Location(const std::string& below)>& place) {
    auto id = id_of(member(record, "id")).value_or(fmt::format("record {}", tasks_.size()));
    auto [known, is_new] = by_id_.emplace(id, tasks_.size());
    if (is_new) begin_task(record, place);
    auto& made = tasks_[known->second];
    if (member(record, "annotation_id").is_null()) return;
    auto where = fmt::format("{}/annotations/{}", made.pointer, made.task["annotations"].size());
    made.places.emplace(where, place(""));
    made.task["annotations"].push_back(annotation_of(record, where + "/result", place, made.places));
  }

  std::vector<MinimalTask> take() { return std::move(tasks_); }

 private:
  using Place = std::function<Location(const std::string& below)>;

  static bool holds_results(const json& value) {
    if (!value.is_array()) return is_result(value);
    return std::any_of(value.begin(), value.end(), is_result);
  }

  void begin_task(const json& record, const Place& place) {
    MinimalTask made{.task = {{"id", member(record, "id")}, {"annotations", json::array()}},
                     .pointer = fmt::format("/{}", tasks_.size()),
                     .places = {}};
    auto& data = made.task["data"] = json::object();
    for (const auto& [key, value] : record.items()) {
      if (key == "id" || is_annotation_key(key) || holds_results(value)) continue;
      data[key] = value;
      made.places.emplace(fmt::format("{}/data/{}", made.pointer, key), place("/" + key));
    }
    made.places.emplace(made.pointer, place(""));
    tasks_.push_back(std::move(made));
  }

  static json annotation_of(const json& record, const std::string& where, const Place& place,
                            std::map<std::string, Location>& places) {
    auto results = json::array();
    RegionIds ids;
    for (const auto& [key, value] : record.items()) {
      if (!holds_results(value)) continue;
      bool is_list = value.is_array();
      for (std::size_t i = 0; i < (is_list ? value.size() : 1); ++i) {
        places.emplace(fmt::format("{}/{}", where, results.size()),
                       place(is_list ? fmt::format("/{}/{}", key, i) : "/" + key));
        auto result = full_result(key, is_list ? value[i] : value);
        if (auto id = ids.of(key, result["value"]); !id.empty()) result["id"] = id;
        results.push_back(std::move(result));
      }
    }
    json annotation = {{"result", std::move(results)}, {"completed_by", member(record, "annotator")}};
    for (const auto* key : {"created_at", "updated_at"}) annotation[key] = member(record, key);
    return annotation;
  }

  std::vector<MinimalTask> tasks_;
  std::map<std::string, std::size_t> by_id_;
};

std::vector<MinimalTask> tasks_of_json(const fs::path& file) {
  auto document = load_json(file);
  if (!document.is_array()) throw FormatError({.path = file}, "no list of tasks");
  TaskMaker maker;
  for (std::size_t i = 0; i < document.size(); ++i)
    maker.add(document[i], [&](const std::string& below) {
      return Location{.path = file, .pointer = fmt::format("/{}{}", i, below)};
    });
  return maker.take();
}

// A cell holds text, or JSON where the value is more than that.
json cell_value(const std::string& cell) {
  if (!cell.starts_with('[') && !cell.starts_with('{')) return cell;
  auto value = json::parse(cell, nullptr, false);
  return value.is_discarded() ? json(cell) : value;
}

// Newer versions separate cells by tabs.
std::optional<char> separator_of(std::string_view head) {
  for (char separator : {',', '\t'}) {
    auto rows = csv_rows(head.substr(0, head.find('\n') + 1), separator);
    if (rows.empty()) continue;
    CsvColumns columns(rows[0]);
    bool of_annotations = columns.has("annotator") || columns.has("lead_time") || columns.has("updated_at");
    if (columns.has("annotation_id") && columns.has("id") && of_annotations) return separator;
  }
  return std::nullopt;
}

std::vector<MinimalTask> tasks_of_table(const fs::path& file) {
  auto separator = separator_of(SourcePeek(file).head(file));
  if (!separator) throw FormatError({.path = file, .line = 1}, "found no columns id and annotation_id");
  TaskMaker maker;
  std::vector<std::string> header;
  for_each_csv_row(
      file,
      [&](const CsvRow& row) {
        if (header.empty()) {
          header = row.cells;
          return;
        }
        auto record = json::object();
        for (std::size_t i = 0; i < std::min(header.size(), row.cells.size()); ++i)
          if (!row.cells[i].empty()) record[header[i]] = cell_value(row.cells[i]);
        maker.add(record, [&](const std::string&) { return Location{.path = file, .line = row.line}; });
      },
      *separator);
  return maker.take();
}

bool is_minimal(const JsonOutline& outline) {
  bool of_annotations = outline.has("annotator") || outline.has("lead_time") || outline.has("updated_at");
  return outline.is_array && outline.has("annotation_id") && outline.has("id") && of_annotations &&
         !outline.has("annotations") && !outline.has("image_id");
}

}  // namespace

Location MinimalTask::place_of(const std::string& wanted) const {
  for (auto head = wanted; !head.empty(); head.resize(head.rfind('/'))) {
    auto known = places.find(head);
    if (known == places.end()) continue;
    auto place = known->second;
    if (!place.line) place.pointer += wanted.substr(head.size());
    return place;
  }
  return places.at(pointer);
}

std::vector<fs::path> minimal_exports(const SourcePeek& source) {
  std::vector<fs::path> found;
  for (const auto& file : source.few(".json"))
    if (is_minimal(source.json(file))) found.push_back(file);
  if (!found.empty()) return found;
  for (const auto* suffix : {".csv", ".tsv"})
    for (const auto& file : source.few(suffix))
      if (separator_of(source.head(file))) found.push_back(file);
  return found;
}

std::vector<MinimalTask> read_minimal_tasks(const fs::path& file) {
  return to_lower(file.extension().string()) == ".json" ? tasks_of_json(file) : tasks_of_table(file);
}

}  // namespace ds::detail
