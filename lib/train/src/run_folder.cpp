#include "ds/train/run_folder.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"
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
  append_line(path_ / "metrics.jsonl", to_json_line(metrics));
}

std::vector<EpochMetrics> RunFolder::read_metrics() const {
  return read_epoch_metrics(path_ / "metrics.jsonl");
}

void RunFolder::truncate_metrics(int last_epoch) const {
  std::string kept;
  bool dropped = false;
  for (const auto& metrics : read_metrics()) {
    if (metrics.epoch > last_epoch)
      dropped = true;
    else
      kept += to_json_line(metrics) + "\n";
  }
  if (dropped) write_file_atomically(path_ / "metrics.jsonl", kept);
}

std::vector<OptionLine> RunFolder::read_options() const {
  return read_option_lines(config());
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
