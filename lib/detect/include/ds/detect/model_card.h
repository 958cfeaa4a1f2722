#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ds/arch/preprocessing.h"

/// The card of a trained model: `model.yaml` beside `weights.safetensors` in a model bundle.
namespace ds {

/// Where a model came from. Empty texts mean "not known" (weights by others).
struct Lineage {
  std::string snapshot_id;  // of the dataset it was trained on
  std::string run_id;
  std::string parent_model;  // id or path of the weights it started from
  std::string tool_version;
  std::string created;  // RFC 3339, UTC
  std::uint64_t seed = 0;
  std::string config;  // the effective configuration as YAML text
  bool operator==(const Lineage&) const = default;
};

struct ModelCard {
  static constexpr int kFormat = 1;

  std::string name;
  std::string architecture;          // a name in architectures(), e.g. "yolox-nano"
  std::vector<std::string> classes;  // in training order
  int input_width = 416;
  int input_height = 416;
  Preprocessing preprocessing = {};
  double score_threshold = 0.25;  // the operating threshold for people and servers
  double nms_iou = 0.65;          // class-wise
  std::int64_t parameters = 0;    // trainable; 0: not known
  Lineage lineage = {};
  std::map<std::string, double> metrics = {};   // "val/AP", "test/AP50" ...: in [0,1]
  std::string weights = "weights.safetensors";  // file name inside the bundle
  bool operator==(const ModelCard&) const = default;
};

/// Reads `<folder>/model.yaml`, or the file itself when `path` is one. Throws FormatError with line and
/// column on unknown keys, wrong types, a newer format (with advice), no classes, duplicates, or a side that
/// is not positive.
ModelCard read_model_card(const std::filesystem::path& path);
/// Writes `<folder>/model.yaml` atomically; the folder is made when missing.
void write_model_card(const std::filesystem::path& folder, const ModelCard& card);
/// The card as YAML text, exactly what write_model_card writes.
std::string to_yaml(const ModelCard& card);
ModelCard model_card_from_yaml(const std::string& text, const std::filesystem::path& where = "model.yaml");

/// True for a folder with a model.yaml.
bool is_model_bundle(const std::filesystem::path& path);
/// One class name per line; blank lines are skipped.
std::vector<std::string> read_class_names(const std::filesystem::path& path);
/// Which classes a weight file knows, in its order: by the card beside it, by its metadata (`classes` or
/// `class_names`: a JSON list or one a line), or by the only `*classes.txt` beside it. Empty: not known. Throws
/// FormatError when the card is broken.
std::vector<std::string> class_names_of(const std::filesystem::path& weights,
                                        const std::vector<std::pair<std::string, std::string>>& metadata);

}  // namespace ds
