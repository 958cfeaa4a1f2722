#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/detect/model_card.h"

namespace ds {
namespace {

/// A mapping whose keys are all known, read with located complaints.
class Section {
 public:
  Section(const YAML::Node& node, std::filesystem::path where, std::string name,
          std::vector<std::string> known)
      : node_(node), where_(std::move(where)), name_(std::move(name)) {
    if (!node_.IsMap()) fail(node_, (name_.empty() ? "the card" : "'" + name_ + "'") + " is not a mapping");
    for (const auto& item : node_) {
      auto key = item.first.as<std::string>("");
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      auto near = nearest_name(key, known);
      fail(item.first, "unknown key '" + key + "'" + (near ? " (did you mean '" + *near + "'?)" : "") +
                           "; known: " + join(known, ", "));
    }
  }

  [[noreturn]] void fail(const YAML::Node& at, const std::string& message) const {
    auto mark = at.Mark();
    if (mark.is_null()) throw FormatError(Location{.path = where_}, message);
    throw FormatError(Location{.path = where_, .line = mark.line + 1, .column = mark.column + 1}, message);
  }

  bool has(const std::string& key) const { return node_[key].IsDefined(); }
  YAML::Node require(const std::string& key) const {
    auto child = node_[key];
    if (!child.IsDefined()) fail(node_, "no '" + key + "'");
    return child;
  }
  YAML::Node operator[](const std::string& key) const { return node_[key]; }

  template <typename T>
  void read(const std::string& key, T& value, const char* expected) const {
    auto child = node_[key];
    if (!child.IsDefined()) return;
    try {
      value = child.as<T>();
    } catch (const YAML::Exception&) {
      fail(child, "'" + key + "' is not " + expected);
    }
  }
  void read(const std::string& key, std::string& value) const { read(key, value, "a text"); }
  void read(const std::string& key, double& value) const {
    read(key, value, "a number");
    if (!std::isfinite(value)) fail(node_[key], "'" + key + "' is not a number");
  }
  /// One number for all three channels, or a list of three.
  void read(const std::string& key, std::array<double, 3>& values) const {
    auto child = node_[key];
    if (!child.IsDefined()) return;
    try {
      if (child.IsSequence())
        values = child.as<std::array<double, 3>>();
      else
        values.fill(child.as<double>());
    } catch (const YAML::Exception&) {
      fail(child, "'" + key + "' is not a number or a list of three");
    }
    for (double value : values)
      if (!std::isfinite(value)) fail(child, "'" + key + "' is not a number or a list of three");
  }
  void read_positive(const std::string& key, int& value) const {
    read(key, value, "a whole number");
    if (value < 1) fail(node_[key], "'" + key + "' is " + std::to_string(value) + ", expected at least 1");
  }
  void read_unit(const std::string& key, double& value) const {
    read(key, value);
    if (value < 0 || value > 1) fail(node_[key], "'" + key + "' is " + shortest(value) + ", expected 0 to 1");
  }
  Section child(const std::string& key, std::vector<std::string> known) const {
    return {node_[key], where_, key, std::move(known)};
  }

 private:
  YAML::Node node_;
  std::filesystem::path where_;
  std::string name_;
};

void check_format(const Section& section) {
  auto node = section.require("format");
  int format = 0;
  section.read("format", format, "a whole number");
  if (format == ModelCard::kFormat) return;
  section.fail(node, "model card format " + std::to_string(format) + ", this version reads format " +
                         std::to_string(ModelCard::kFormat) +
                         (format > ModelCard::kFormat ? "; update ds to read it" : ""));
}

std::vector<std::string> read_classes(const Section& section) {
  auto node = section.require("classes");
  if (!node.IsSequence() || node.size() == 0) section.fail(node, "'classes' is not a list of names");
  std::vector<std::string> classes;
  std::set<std::string> seen;
  for (const auto& item : node) {
    if (!item.IsScalar() || item.Scalar().empty()) section.fail(item, "a class without a name");
    if (!seen.insert(item.Scalar()).second)
      section.fail(item, "class '" + item.Scalar() + "' is there twice");
    classes.push_back(item.Scalar());
  }
  return classes;
}

Preprocessing read_preprocessing(const Section& card) {
  Preprocessing result;
  if (!card.has("preprocessing")) return result;
  auto section = card.child("preprocessing", {"channel_order", "scale", "mean", "letterbox", "pad_value"});
  std::string order = to_string(result.channel_order);
  section.read("channel_order", order);
  for (auto known : {ChannelOrder::bgr, ChannelOrder::rgb})
    if (order == to_string(known)) result.channel_order = known;
  if (order != to_string(result.channel_order))
    section.fail(section["channel_order"], "'channel_order' is '" + order + "', expected bgr or rgb");
  section.read("scale", result.scale);
  section.read("mean", result.mean);
  std::string letterbox = "top-left";  // the only placement of format 1
  section.read("letterbox", letterbox);
  if (letterbox != "top-left")
    section.fail(section["letterbox"], "'letterbox' is '" + letterbox + "', expected top-left");
  section.read("pad_value", result.pad_value, "a whole number");
  if (result.pad_value < 0 || result.pad_value > 255)
    section.fail(section["pad_value"],
                 "'pad_value' is " + std::to_string(result.pad_value) + ", expected 0 to 255");
  return result;
}

Lineage read_lineage(const Section& card) {
  Lineage lineage;
  if (!card.has("lineage")) return lineage;
  auto section = card.child(
      "lineage", {"snapshot_id", "run_id", "parent_model", "tool_version", "created", "seed", "config"});
  section.read("snapshot_id", lineage.snapshot_id);
  section.read("run_id", lineage.run_id);
  section.read("parent_model", lineage.parent_model);
  section.read("tool_version", lineage.tool_version);
  section.read("created", lineage.created);
  section.read("seed", lineage.seed, "a whole number from 0");
  section.read("config", lineage.config);
  return lineage;
}

std::map<std::string, double> read_metrics(const Section& card) {
  std::map<std::string, double> metrics;
  if (!card.has("metrics")) return metrics;
  auto node = card["metrics"];
  if (!node.IsMap()) card.fail(node, "'metrics' is not a mapping");
  for (const auto& item : node) {
    auto value = parse_double(item.second.IsScalar() ? item.second.Scalar() : "");
    if (!value) card.fail(item.second, "metric '" + item.first.as<std::string>("") + "' is not a number");
    metrics[item.first.as<std::string>("")] = *value;
  }
  return metrics;
}

ModelCard card_from(const Section& section) {
  check_format(section);
  ModelCard card;
  section.read("name", card.name);
  section.require("architecture");
  section.read("architecture", card.architecture);
  card.classes = read_classes(section);
  if (section.has("input")) {
    auto input = section.child("input", {"width", "height"});
    input.read_positive("width", card.input_width);
    input.read_positive("height", card.input_height);
  }
  card.preprocessing = read_preprocessing(section);
  section.read_unit("score_threshold", card.score_threshold);
  section.read_unit("nms_iou", card.nms_iou);
  section.read("parameters", card.parameters, "a whole number");
  section.read("weights", card.weights);
  if (!stays_inside(card.weights))
    section.fail(section["weights"],
                 "'weights' is '" + card.weights + "', expected a file inside the model's folder");
  card.lineage = read_lineage(section);
  card.metrics = read_metrics(section);
  return card;
}

}  // namespace

ModelCard model_card_from_yaml(const std::string& text, const std::filesystem::path& where) {
  YAML::Node node;
  try {
    node = YAML::Load(text);
  } catch (const YAML::ParserException& error) {
    throw FormatError(Location{.path = where, .line = error.mark.line + 1, .column = error.mark.column + 1},
                      error.msg);
  }
  return card_from(Section(node, where, "",
                           {"format", "name", "architecture", "classes", "input", "preprocessing",
                            "score_threshold", "nms_iou", "parameters", "weights", "lineage", "metrics"}));
}

ModelCard read_model_card(const std::filesystem::path& path) {
  auto file = std::filesystem::is_directory(path) ? path / "model.yaml" : path;
  return model_card_from_yaml(read_file(file), file);
}

bool is_model_bundle(const std::filesystem::path& path) {
  return std::filesystem::is_regular_file(path / "model.yaml");
}

std::vector<std::string> read_class_names(const std::filesystem::path& path) {
  std::vector<std::string> names;
  for (const auto& line : split(read_file(path), '\n'))
    if (auto name = trim(line); !name.empty()) names.emplace_back(name);
  if (names.empty()) throw FormatError(Location{.path = path}, "no class names: expected one per line");
  return names;
}

}  // namespace ds
