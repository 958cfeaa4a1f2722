#include "checkpoint.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/nn/state_dict.h"

namespace ds {
namespace {

constexpr const char* kFormat = "ds-checkpoint-1";

void add_prefixed(StateDict& to, const StateDict& from, const std::string& prefix) {
  for (const auto& [name, tensor] : from.tensors) to.tensors.emplace_back(prefix + name, tensor);
}

StateDict without_prefix(const StateDict& from, const std::string& prefix) {
  StateDict part;
  for (const auto& [name, tensor] : from.tensors)
    if (name.starts_with(prefix)) part.tensors.emplace_back(name.substr(prefix.size()), tensor);
  return part;
}

}  // namespace

std::string to_json_text(const Progression& p) {
  nlohmann::ordered_json json = {{"epoch", p.epoch},
                                 {"step_in_epoch", p.step_in_epoch},
                                 {"step", p.step},
                                 {"epochs", p.epochs},
                                 {"best_ap", p.best_ap},
                                 {"best_epoch", p.best_epoch},
                                 {"since_best", p.since_best},
                                 {"last_ap", p.last_ap},
                                 {"recent_ap", p.recent_ap},
                                 {"best_mean_ap", p.best_mean_ap},
                                 {"since_progress", p.since_progress},
                                 {"shortened", p.shortened},
                                 {"elapsed_s", p.elapsed_s},
                                 {"loss_sum", p.loss_sum},
                                 {"norm_sum", p.norm_sum},
                                 {"foreground_sum", p.foreground_sum},
                                 {"loss_scale", p.loss_scale},
                                 {"steps_at_scale", p.steps_at_scale}};
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
    p.recent_ap = json.value("recent_ap", std::vector<double>{});  // of a file before this field: none
    p.best_mean_ap = json.value("best_mean_ap", -1.0);
    p.since_progress = json.value("since_progress", 0);
    p.shortened = json.value("shortened", false);
    p.elapsed_s = json.at("elapsed_s").get<double>();
    p.loss_sum = json.at("loss_sum").get<double>();
    p.norm_sum = json.at("norm_sum").get<double>();
    p.foreground_sum = json.at("foreground_sum").get<std::int64_t>();
    p.loss_scale = json.value("loss_scale", p.loss_scale);  // not in older ones
    p.steps_at_scale = json.value("steps_at_scale", 0);
    for (const auto& [name, value] : json.at("part_sums").items())
      p.part_sums.emplace_back(name, value.get<double>());
    return p;
  } catch (const nlohmann::json::exception& error) {
    throw FormatError({path}, fmt::format("not a checkpoint's progression: {}", error.what()));
  }
}

void save_checkpoint(const std::filesystem::path& path, const CheckpointParts& parts,
                     const Progression& progression) {
  StateDict state;
  add_prefixed(state, state_of(parts.net), "net/");
  add_prefixed(state, state_of(parts.average), "ema/");
  for (const auto& [name, tensor] : parts.optimizer.state())
    state.tensors.emplace_back("optimizer/" + name, tensor);
  state.metadata = {{"format", kFormat}, {"progression", to_json_text(progression)}};
  write_weights(path, state);
}

Progression load_checkpoint(const std::filesystem::path& path, const CheckpointParts& parts) {
  auto state = read_weights(path);
  if (auto format = state.metadata_value("format"); format != kFormat)
    throw FormatError({path}, fmt::format("found format '{}', expected '{}'", format, kFormat),
                      "start a new run with --weights and this run's best.ckpt");
  load_into(parts.net, without_prefix(state, "net/"));
  load_into(parts.average, without_prefix(state, "ema/"));
  at::NoGradGuard no_grad;
  for (auto& [name, tensor] : parts.optimizer.state()) {
    const auto* stored = state.find("optimizer/" + name);
    if (stored == nullptr || stored->sizes() != tensor.sizes())
      throw FormatError({path}, fmt::format("optimiser state '{}' is missing or of another size", name));
    tensor.copy_(*stored);
  }
  return progression_from_json(state.metadata_value("progression"), path);
}

}  // namespace ds
