#include "epochs.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "json_numbers.h"

namespace ds::detail {

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

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
  json["ap"] = number_or_null(metrics.ap);
  json["ap50"] = number_or_null(metrics.ap50);
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
  metrics.ap = number_if_there(json, "ap");
  metrics.ap50 = number_if_there(json, "ap50");
  metrics.class_ap = pairs_from(json.at("class_ap"));
  return metrics;
}

}  // namespace

std::string to_json_line(const EpochMetrics& metrics) {
  return metrics_json(metrics).dump();
}

std::vector<EpochMetrics> read_epoch_metrics(const fs::path& file) {
  std::vector<EpochMetrics> all;
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

}  // namespace ds::detail
