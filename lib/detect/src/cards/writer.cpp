#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/detect/model_card.h"

namespace ds {
namespace {

/// A YAML block keeps text exactly only when it ends in one newline, starts with no blank and
/// has no odd characters.
bool fits_a_block(const std::string& text) {
  if (text.size() < 2 || text.back() != '\n' || text[text.size() - 2] == '\n') return false;
  if (text.front() == ' ' || text.front() == '\n') return false;
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return (c < ' ' && c != '\n') || c == 0x7f; });
}

void write_text(YAML::Emitter& out, const char* key, const std::string& value) {
  out << YAML::Key << key << YAML::Value;
  if (fits_a_block(value)) {
    out << YAML::Literal << value;
  } else {
    out << YAML::DoubleQuoted << value;
  }
}

/// Texts are quoted and numbers are not, so that a class named `no` or `1.0` stays a text.
template <typename T>
void write_number(YAML::Emitter& out, const char* key, T value) {
  out << YAML::Key << key << YAML::Value << value;
}
void write_number(YAML::Emitter& out, const char* key, double value) {
  out << YAML::Key << key << YAML::Value << shortest(value);
}
/// One number where all channels share it, as cards had it before there were three.
void write_channels(YAML::Emitter& out, const char* key, const std::array<double, 3>& values) {
  if (values[0] == values[1] && values[1] == values[2]) return write_number(out, key, values[0]);
  out << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (double value : values) out << shortest(value);
  out << YAML::EndSeq;
}

void write_lineage(YAML::Emitter& out, const Lineage& lineage) {
  out << YAML::Key << "lineage" << YAML::Value << YAML::BeginMap;
  write_text(out, "snapshot_id", lineage.snapshot_id);
  write_text(out, "run_id", lineage.run_id);
  write_text(out, "parent_model", lineage.parent_model);
  write_text(out, "tool_version", lineage.tool_version);
  write_text(out, "created", lineage.created);
  write_number(out, "seed", lineage.seed);
  write_text(out, "config", lineage.config);
  out << YAML::EndMap;
}

}  // namespace

std::string to_yaml(const ModelCard& card) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  write_number(out, "format", ModelCard::kFormat);
  write_text(out, "name", card.name);
  write_text(out, "architecture", card.architecture);
  out << YAML::Key << "classes" << YAML::Value << YAML::BeginSeq;
  for (const auto& name : card.classes) out << YAML::DoubleQuoted << name;
  out << YAML::EndSeq;
  out << YAML::Key << "input" << YAML::Value << YAML::Flow << YAML::BeginMap;
  write_number(out, "width", card.input_width);
  write_number(out, "height", card.input_height);
  out << YAML::EndMap;
  out << YAML::Key << "preprocessing" << YAML::Value << YAML::BeginMap;
  write_text(out, "channel_order", to_string(card.preprocessing.channel_order));
  write_channels(out, "scale", card.preprocessing.scale);
  write_channels(out, "mean", card.preprocessing.mean);
  write_text(out, "letterbox", "top-left");  // the only placement of format 1
  write_number(out, "pad_value", card.preprocessing.pad_value);
  out << YAML::EndMap;
  write_number(out, "score_threshold", card.score_threshold);
  write_number(out, "nms_iou", card.nms_iou);
  write_number(out, "parameters", card.parameters);
  write_text(out, "weights", card.weights);
  write_lineage(out, card.lineage);
  out << YAML::Key << "metrics" << YAML::Value << YAML::BeginMap;
  for (const auto& [name, value] : card.metrics)
    out << YAML::Key << YAML::DoubleQuoted << name << YAML::Value << shortest(value);
  out << YAML::EndMap << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

void write_model_card(const std::filesystem::path& folder, const ModelCard& card) {
  write_file_atomically(folder / "model.yaml", to_yaml(card));
}

}  // namespace ds
