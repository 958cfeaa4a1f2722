#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Files of runs/<id> that others than ds-train read, too: how a model was trained stands with its numbers.
namespace ds {

/// One line of metrics.jsonl: an epoch.
struct EpochMetrics {
  int epoch = 0;  // from 1
  std::int64_t step = 0;
  double loss = 0;
  std::vector<std::pair<std::string, double>> parts;
  double gradient_norm = 0;  // mean over the steps
  double foreground = 0;     // anchors that learn an object, mean over the steps
  double learning_rate = 0;
  bool closing = false;
  double images_per_s = 0;
  double elapsed_s = 0;
  std::optional<double> ap = std::nullopt;
  std::optional<double> ap50 = std::nullopt;
  std::vector<std::pair<std::string, double>> class_ap;
};

/// One line of config.yaml: an option, its value as it stands there, and where that came from.
struct OptionLine {
  std::string name;    // "learning_rate"
  std::string value;   // "0.002"
  std::string origin;  // "--learning-rate", "configs/train/speed.yaml:7"; empty: built in
};

/// One line, without its end.
std::string to_json_line(const EpochMetrics& metrics);
/// In order; a torn last line is left out, a file that is absent has none. Throws FormatError with the line.
std::vector<EpochMetrics> read_epoch_metrics(const std::filesystem::path& metrics_jsonl);

/// The lines of a run's config.yaml in order; empty when there is none.
std::vector<OptionLine> read_option_lines(const std::filesystem::path& config_yaml);

}  // namespace ds
