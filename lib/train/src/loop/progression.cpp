#include "loop/progression.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"

namespace ds::detail {

std::string to_json_text(const Progression& p) {
  nlohmann::ordered_json json = {{"epoch", p.epoch},
                                 {"step_in_epoch", p.step_in_epoch},
                                 {"step", p.step},
                                 {"epochs", p.epochs},
                                 {"best_ap", p.best_ap},
                                 {"best_epoch", p.best_epoch},
                                 {"since_best", p.since_best},
                                 {"last_ap", p.last_ap},
                                 {"recent_ap", p.trend.recent},
                                 {"best_mean_ap", p.trend.best_mean},
                                 {"since_progress", p.trend.since_progress},
                                 {"shortened", p.shortened},
                                 {"elapsed_s", p.elapsed_s},
                                 {"loss_sum", p.loss_sum},
                                 {"norm_sum", p.norm_sum},
                                 {"foreground_sum", p.foreground_sum},
                                 {"loss_scale", p.loss_scale.value},
                                 {"steps_at_scale", p.loss_scale.steps}};
  json["part_sums"] = nlohmann::ordered_json::object();
  for (const auto& [name, value] : p.part_sums) json["part_sums"][name] = value;
  return json.dump();
}

Progression progression_from_json(const std::string& text, const std::filesystem::path& path) {
  try {
    auto json = nlohmann::ordered_json::parse(text);
    Progression p;
    p.epoch = json.at("epoch").get<int>();
    p.step_in_epoch = json.at("step_in_epoch").get<int>();
    p.step = json.at("step").get<std::int64_t>();
    p.epochs = json.at("epochs").get<int>();
    p.best_ap = json.at("best_ap").get<double>();
    p.best_epoch = json.at("best_epoch").get<int>();
    p.since_best = json.at("since_best").get<int>();
    p.last_ap = json.at("last_ap").get<double>();
    p.trend.recent = json.value("recent_ap", std::vector<double>{});  // of a file before this field: none
    p.trend.best_mean = json.value("best_mean_ap", -1.0);
    p.trend.since_progress = json.value("since_progress", 0);
    p.shortened = json.value("shortened", false);
    p.elapsed_s = json.at("elapsed_s").get<double>();
    p.loss_sum = json.at("loss_sum").get<double>();
    p.norm_sum = json.at("norm_sum").get<double>();
    p.foreground_sum = json.at("foreground_sum").get<std::int64_t>();
    p.loss_scale.value = json.value("loss_scale", p.loss_scale.value);  // not in older ones
    p.loss_scale.steps = json.value("steps_at_scale", 0);
    for (const auto& [name, value] : json.at("part_sums").items())
      p.part_sums.emplace_back(name, value.get<double>());
    return p;
  } catch (const nlohmann::json::exception& error) {
    throw FormatError({path}, fmt::format("not a checkpoint's progression: {}", error.what()));
  }
}

}  // namespace ds::detail
