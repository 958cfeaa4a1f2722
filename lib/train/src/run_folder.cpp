#include "ds/train/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/tfrecord/event_file.h"

namespace ds {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

template <typename T>
Json optional_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::optional<double> optional_number(const Json& json, const char* key) {
  auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::nullopt;
  return found->get<double>();
}

Json pairs_json(const std::vector<std::pair<std::string, double>>& pairs) {
  Json json = Json::object();
  for (const auto& [name, value] : pairs) json[name] = value;
  return json;
}

std::vector<std::pair<std::string, double>> pairs_from(const Json& json) {
  std::vector<std::pair<std::string, double>> pairs;
  for (const auto& [name, value] : json.items()) pairs.emplace_back(name, value.get<double>());
  return pairs;
}

Json metrics_json(const EpochMetrics& metrics) {
  Json json = {{"epoch", metrics.epoch}, {"step", metrics.step}, {"loss", metrics.loss}};
  json["parts"] = pairs_json(metrics.parts);
  json["gradient_norm"] = metrics.gradient_norm;
  json["foreground"] = metrics.foreground;
  json["learning_rate"] = metrics.learning_rate;
  json["closing"] = metrics.closing;
  json["images_per_s"] = metrics.images_per_s;
  json["elapsed_s"] = metrics.elapsed_s;
  json["ap"] = optional_json(metrics.ap);
  json["ap50"] = optional_json(metrics.ap50);
  json["class_ap"] = pairs_json(metrics.class_ap);
  return json;
}

EpochMetrics metrics_from(const Json& json) {
  EpochMetrics metrics;
  metrics.epoch = json.at("epoch").get<int>();
  metrics.step = json.at("step").get<std::int64_t>();
  metrics.loss = json.at("loss").is_null() ? 0 : json.at("loss").get<double>();
  metrics.parts = pairs_from(json.at("parts"));
  metrics.gradient_norm = json.at("gradient_norm").get<double>();
  metrics.foreground = json.at("foreground").get<double>();
  metrics.learning_rate = json.at("learning_rate").get<double>();
  metrics.closing = json.at("closing").get<bool>();
  metrics.images_per_s = json.at("images_per_s").get<double>();
  metrics.elapsed_s = json.at("elapsed_s").get<double>();
  metrics.ap = optional_number(json, "ap");
  metrics.ap50 = optional_number(json, "ap50");
  metrics.class_ap = pairs_from(json.at("class_ap"));
  return metrics;
}

}  // namespace

std::string to_json_text(const RunStatus& status) {
  Json json = {{"run", status.run},
               {"state", status.state},
               {"title", status.title},
               {"message", status.message},
               {"pid", status.pid},
               {"epoch", status.epoch},
               {"epochs", status.epochs},
               {"step", status.step},
               {"steps", status.steps},
               {"loss", status.loss},
               {"learning_rate", status.learning_rate},
               {"images_per_s", status.images_per_s}};
  json["ap"] = optional_json(status.ap);
  json["best_ap"] = optional_json(status.best_ap);
  json["best_epoch"] = status.best_epoch;
  json["elapsed_s"] = status.elapsed_s;
  json["eta_s"] = optional_json(status.eta_s);
  json["updated"] = status.updated;
  return json.dump(2) + "\n";
}

RunStatus run_status_from_json(const std::string& text, const fs::path& file) {
  try {
    auto json = Json::parse(text);
    RunStatus status;
    status.run = json.at("run").get<std::string>();
    status.state = json.at("state").get<std::string>();
    status.title = json.at("title").get<std::string>();
    status.message = json.at("message").get<std::string>();
    status.pid = json.at("pid").get<int>();
    status.epoch = json.at("epoch").get<int>();
    status.epochs = json.at("epochs").get<int>();
    status.step = json.at("step").get<std::int64_t>();
    status.steps = json.at("steps").get<std::int64_t>();
    status.loss = json.at("loss").is_null() ? 0 : json.at("loss").get<double>();
    status.learning_rate = json.at("learning_rate").get<double>();
    status.images_per_s = json.at("images_per_s").get<double>();
    status.ap = optional_number(json, "ap");
    status.best_ap = optional_number(json, "best_ap");
    status.best_epoch = json.at("best_epoch").get<int>();
    status.elapsed_s = json.at("elapsed_s").get<double>();
    status.eta_s = optional_number(json, "eta_s");
    status.updated = json.at("updated").get<std::string>();
    return status;
  } catch (const Json::exception& error) {
    throw FormatError({file}, fmt::format("not a run's status: {}", error.what()));
  }
}

void RunFolder::write_status(const RunStatus& status) const {
  write_file_atomically(path_ / "status.json", to_json_text(status));
}

std::optional<RunStatus> RunFolder::read_status() const {
  auto file = path_ / "status.json";
  if (!fs::exists(file)) return std::nullopt;
  return run_status_from_json(read_file(file), file);
}

void RunFolder::append_metrics(const EpochMetrics& metrics) const {
  append_line(path_ / "metrics.jsonl", metrics_json(metrics).dump());
}

std::vector<EpochMetrics> RunFolder::read_metrics() const {
  std::vector<EpochMetrics> all;
  auto file = path_ / "metrics.jsonl";
  if (!fs::exists(file)) return all;
  const std::string text = read_file(file);
  std::int64_t line_number = 0;
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    ++line_number;
    try {
      all.push_back(metrics_from(Json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                             text.begin() + static_cast<std::ptrdiff_t>(end))));
    } catch (const Json::exception& error) {
      throw FormatError({file, line_number}, fmt::format("not an epoch's metrics: {}", error.what()));
    }
  }
  return all;
}

void RunFolder::truncate_metrics(int last_epoch) const {
  std::string kept;
  bool dropped = false;
  for (const auto& metrics : read_metrics()) {
    if (metrics.epoch > last_epoch)
      dropped = true;
    else
      kept += metrics_json(metrics).dump() + "\n";
  }
  if (dropped) write_file_atomically(path_ / "metrics.jsonl", kept);
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
