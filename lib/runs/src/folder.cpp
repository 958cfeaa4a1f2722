#include "ds/runs/folder.h"

#include <algorithm>

#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/tfrecord/event_file.h"
#include "epochs.h"

namespace ds {

namespace fs = std::filesystem;

void RunFolder::write_status(const RunStatus& status) const {
  write_file_atomically(path_ / "status.json", to_json_text(status));
}

std::optional<RunStatus> RunFolder::read_status() const {
  auto file = path_ / "status.json";
  if (!fs::exists(file)) return std::nullopt;
  return run_status_from_json(read_file(file), file);
}

void RunFolder::append_metrics(const EpochMetrics& metrics) const {
  append_line(path_ / "metrics.jsonl", detail::to_json_line(metrics));
}

std::vector<EpochMetrics> RunFolder::read_metrics() const {
  return detail::read_epoch_metrics(path_ / "metrics.jsonl");
}

void RunFolder::truncate_metrics(int last_epoch) const {
  std::string kept;
  bool dropped = false;
  for (const auto& metrics : read_metrics()) {
    if (metrics.epoch > last_epoch)
      dropped = true;
    else
      kept += detail::to_json_line(metrics) + "\n";
  }
  if (dropped) write_file_atomically(path_ / "metrics.jsonl", kept);
}

void RunFolder::write_config(const RunConfig& config, const OptionOrigins& origins) const {
  write_file_atomically(this->config(), run_config_yaml(config, origins));
}

RunConfig RunFolder::read_config() const {
  return run_config_from_text(read_file(config()), config().string());
}

std::vector<OptionLine> RunFolder::read_options() const {
  std::vector<OptionLine> lines;
  if (!fs::exists(config())) return lines;
  for (const auto& line : split(read_file(config()), '\n')) {
    auto colon = line.find(": ");
    if (colon == std::string::npos || line.starts_with('#')) continue;
    // As OptionSet::dump_yaml() writes it.
    auto comment = line.rfind("  # ");
    auto value = line.substr(colon + 2, comment - std::min(comment, colon + 2));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    lines.push_back({line.substr(0, colon), value,
                     comment == std::string::npos ? std::string() : line.substr(comment + 4)});
  }
  return lines;
}

void RunFolder::write_findings(const std::vector<DataFinding>& findings) const {
  write_file_atomically(path_ / "findings.json", to_json_text(findings));
}

std::vector<DataFinding> RunFolder::read_findings() const {
  const auto file = path_ / "findings.json";
  if (!fs::exists(file)) return {};
  return data_findings_from_json(read_file(file), file);
}

void RunFolder::write_tensorboard() const {
  std::vector<ScalarEvent> events;
  for (const auto& metrics : read_metrics()) {
    ScalarEvent event{metrics.elapsed_s, metrics.epoch, {}};
    auto& scalars = event.scalars;
    scalars.emplace_back("train/loss", metrics.loss);
    for (const auto& [name, value] : metrics.parts) scalars.emplace_back("train/loss/" + name, value);
    scalars.emplace_back("train/learning_rate", metrics.learning_rate);
    scalars.emplace_back("train/gradient_norm", metrics.gradient_norm);
    scalars.emplace_back("train/images_per_s", metrics.images_per_s);
    if (metrics.ap) scalars.emplace_back("val/AP", *metrics.ap);
    if (metrics.ap50) scalars.emplace_back("val/AP50", *metrics.ap50);
    // Negative: the class has no objects in the split.
    for (const auto& [name, value] : metrics.class_ap)
      if (value >= 0) scalars.emplace_back("val/AP/" + name, value);
    events.push_back(std::move(event));
  }
  write_event_file(tensorboard(), events);
}

}  // namespace ds
