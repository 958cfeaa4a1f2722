#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ds/base/text.h"
#include "ds/formats/annotation_format.h"
#include "shared/rest.h"
#include "shared/source_peek.h"
#include "shared/text/json_file.h"
#include "shared/text/xml_file.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

using detail::SourcePeek;

// What a format's own reader says first of a dataset that is laid out as that format is.
std::optional<LabelFault> fault_of_reader(const std::string& format, const fs::path& path) {
  auto without_end = [](const std::string& message) { return message.substr(0, message.rfind("; ")); };
  try {
    for (const auto& issue : annotation_formats().at(format).value.read(path, {}).issues)
      if (loses_objects(issue)) return LabelFault{issue.location, without_end(issue.message), format};
  } catch (const FormatError& error) {
    return LabelFault{error.location(),
                      std::string(error.what()).substr(error.location().to_string().size() + 2), format};
  } catch (const DataError&) {
    // It is none of that format's.
  }
  return std::nullopt;
}

// Formats that are told by names of folders and files, before the first row is looked at.
std::optional<std::string> format_by_layout(const SourcePeek& source) {
  for (const auto& file : source.files(".txt")) {
    auto folder = file.parent_path().filename().string();
    if (folder == "label_2") return "kitti";
    if (folder.starts_with("labelTxt")) return "dota";
    if ((folder == "gt" || folder == "det") && file.stem() == folder) return "mot";
  }
  for (const auto& suffix : source.suffixes())
    if (suffix.starts_with(".tfrecord") || suffix.starts_with(".record")) return "tfrecord";
  return std::nullopt;
}

LabelFault fault_at(const FormatError& error, const std::string& format) {
  return {error.location(), std::string(error.what()).substr(error.location().to_string().size() + 2),
          format};
}

LabelFault fault_of_json(const fs::path& file) {
  try {
    auto document = detail::load_json(file);
    std::vector<std::string> keys;
    constexpr std::size_t kShown = 8;
    const auto& object = document.is_array() && !document.empty() ? document.front() : document;
    if (object.is_object())
      for (const auto& [key, value] : object.items())
        if (keys.size() < kShown) keys.push_back(key);
    return {{.path = file},
            keys.empty() ? "JSON without the lists of any format"
                         : fmt::format("JSON of no format that is known; its keys are {}", join(keys, ", ")),
            ""};
  } catch (const FormatError& error) {
    return fault_at(error, "JSON");
  }
}

LabelFault fault_of_xml(const fs::path& file) {
  detail::XmlFile xml(file);
  if (!xml.error().empty()) return {xml.error_place(), "not valid XML: " + xml.error(), "XML"};
  return {{.path = file},
          fmt::format("XML of no format that is known; it begins with <{}>", xml.root().name()),
          ""};
}

LabelFault fault_of_table(const fs::path& file) {
  auto head = SourcePeek(file).head(file);
  auto line = std::string(trim(head.substr(0, head.find('\n'))));
  return {{.path = file, .line = 1},
          fmt::format("found the headers '{}', expected a file, a class and four numbers of a box", line),
          ""};
}

LabelFault fault_of_yaml(const fs::path& file) {
  try {
    YAML::LoadFile(file.string());
    return {{.path = file}, "found no `names` with `train` or `val`, as YOLO's data.yaml has", ""};
  } catch (const YAML::Exception& error) {
    return {{.path = file, .line = error.mark.line + 1}, "not valid YAML: " + error.msg, "YAML"};
  }
}

LabelFault fault_of_file(const fs::path& file) {
  auto suffix = to_lower(file.extension().string());
  if (suffix == ".json") return fault_of_json(file);
  if (suffix == ".xml") return fault_of_xml(file);
  if (suffix == ".csv" || suffix == ".tsv") return fault_of_table(file);
  if (suffix == ".yaml" || suffix == ".yml") return fault_of_yaml(file);
  if (suffix == ".txt")
    return {
        {.path = file},
        "rows of numbers of no format that is known; YOLO's need a data.yaml, classes.txt or *.names beside them",
        ""};
  return {{.path = file}, fmt::format("{} files are of no format that is known", suffix), ""};
}

}  // namespace

std::string LabelFault::to_string() const {
  return fmt::format("{}: {}", place.to_string(), message);
}

std::vector<LabelFault> find_label_faults(const fs::path& path) {
  SourcePeek source(path);
  std::vector<LabelFault> faults;
  if (auto format = format_by_layout(source))
    if (auto fault = fault_of_reader(*format, path)) faults.push_back(std::move(*fault));
  for (const auto& suffix : source.suffixes()) {
    for (const auto& file : source.few(suffix)) {
      bool known = std::any_of(faults.begin(), faults.end(),
                               [&](const LabelFault& fault) { return fault.place.path == file; });
      if (!known && detail::may_hold_labels(file)) faults.push_back(fault_of_file(file));
    }
  }
  // What breaks a file says more than what it is not.
  std::stable_sort(faults.begin(), faults.end(), [](const LabelFault& a, const LabelFault& b) {
    return !a.format.empty() && b.format.empty();
  });
  return faults;
}

}  // namespace ds
