#include <fmt/format.h>

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/config/yaml.h"
#include "ds/detect/model_card.h"
#include "ds/project/project.h"
#include "ds/retrain/project_stages.h"
#include "project/child_tool.h"

/// Training and evaluation by the sibling tools.
namespace ds {
namespace {

/// What a cycle's runs and its model are called: `challenger-1a2b3c4d5e6f`.
std::string name_of(const Cycle& cycle) {
  return "challenger-" + cycle.id.substr(cycle.id.find('-') + 1);
}

/// The name that a run was given; empty when it was killed before it had a configuration.
std::string name_of(const RunRecord& run) {
  auto config = run.folder / "config.yaml";
  std::string name;
  if (std::filesystem::exists(config))
    with_yaml_file(config, [&](const YAML::Node& root) { name = root["name"].as<std::string>(""); });
  return name;
}

/// The cycle's runs, newest first. They are found by their name, so a crash right after a start loses none.
std::vector<RunRecord> runs_of(Project& project, const Cycle& cycle) {
  auto runs = project.runs().list();
  std::erase_if(runs, [&](const RunRecord& run) {
    return run.snapshot_id != cycle.snapshot_id || name_of(run) != name_of(cycle);
  });
  return runs;
}

std::string shown(const RunRecord& run) {
  return fmt::format("run {}: {}", run.id, run.message.empty() ? to_string(run.state) : run.message);
}

/// What a run that is over (or not) means; nothing when a training has to be started or resumed.
std::optional<TrainResult> settled(const std::vector<RunRecord>& runs, int failures_counted) {
  if (runs.empty()) return std::nullopt;
  const auto& newest = runs.front();
  auto failures = std::count_if(runs.begin(), runs.end(),
                                [](const RunRecord& run) { return run.state == RunState::failed; });
  switch (newest.state) {
    case RunState::done:
      return TrainResult{TrainResult::Kind::done, newest.model_id, ""};
    case RunState::running:
      return TrainResult{TrainResult::Kind::still_running, "",
                         fmt::format("run {} is still training in another process", newest.id)};
    case RunState::failed:
      if (failures > failures_counted) return TrainResult{TrainResult::Kind::failed, "", shown(newest)};
      break;
    case RunState::queued:
    case RunState::stopped:
      break;
  }
  return std::nullopt;
}

std::vector<std::string> pass_through(const std::vector<std::string>& options) {
  std::vector<std::string> arguments;
  for (const auto& option : options) {
    auto equals = option.find('=');
    arguments.push_back("--" + option.substr(0, equals));
    if (equals != std::string::npos) arguments.push_back(option.substr(equals + 1));
  }
  return arguments;
}

/// `416x320`.
std::string input_of(const ModelRecord& model) {
  auto card = read_model_card(model.folder);
  return fmt::format("{}x{}", card.input_width, card.input_height);
}

std::vector<std::string> train_arguments(const RetrainPolicy& policy, const Cycle& cycle,
                                         const ModelRecord& champion) {
  auto arch = policy.arch.empty() ? champion.architecture : policy.arch;
  std::vector<std::string> arguments{"--snapshot", cycle.snapshot_id,
                                     "--name",     name_of(cycle),
                                     "--arch",     arch,
                                     "--seed",     std::to_string(policy.train_seed)};
  auto add = [&](const char* flag, const std::string& value) {
    arguments.emplace_back(flag);
    arguments.push_back(value);
  };
  if (!policy.recipe.empty()) add("--recipe", policy.recipe);
  if (policy.warm_start && arch == champion.architecture) add("--weights", champion.id);
  if (policy.epochs > 0)
    add("--epochs", std::to_string(policy.epochs));
  else if (policy.budget_s > 0)
    add("--budget", shortest(policy.budget_s));
  add("--input-size", policy.input_size > 0 ? std::to_string(policy.input_size) : input_of(champion));
  auto more = pass_through(policy.train_options);
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

TrainResult ProjectStages::train(const Cycle& cycle) {
  auto runs = runs_of(project_, cycle);
  if (auto result = settled(runs, cycle.failed_attempts)) return *result;
  std::vector<std::string> arguments{"run", "--project", project_.folder().string(), "--as", options_.user};
  if (options_.threads > 0)
    arguments.insert(arguments.end(), {"--threads", std::to_string(options_.threads)});
  bool resumable = !runs.empty() && runs.front().state != RunState::failed;
  std::vector<std::string> rest;
  if (resumable)
    rest = {"--resume", runs.front().id};
  else
    rest = train_arguments(policy_, cycle, project_.models().get(cycle.baseline_id));
  arguments.insert(arguments.end(), rest.begin(), rest.end());
  auto log_file = folder_.cycle_folder(cycle.id) / "train.log";
  int code = detail::run_tool("ds-train", arguments, log_file);
  runs = runs_of(project_, cycle);
  if (auto result = settled(runs, cycle.failed_attempts)) return *result;
  if (!runs.empty() && runs.front().state == RunState::stopped && code >= 128)
    return {
        TrainResult::Kind::still_running, "",
        fmt::format("run {} was stopped (exit code {}); the next tick resumes it", runs.front().id, code)};
  return {TrainResult::Kind::failed, "",
          fmt::format("ds-train ended with exit code {}: {} (see {})", code, detail::last_line(log_file),
                      log_file.string())};
}

void ProjectStages::evaluate(const Cycle& cycle) {
  std::vector<std::string> arguments{
      "eval", cycle.baseline_id, cycle.challenger_id, "--project",       project_.folder().string(),
      "--as", options_.user,     "--snapshot",        cycle.snapshot_id, "--split",
      "test"};
  if (options_.threads > 0)
    arguments.insert(arguments.end(), {"--threads", std::to_string(options_.threads)});
  auto log_file = folder_.cycle_folder(cycle.id) / "eval.log";
  int code = detail::run_tool("ds-compare", arguments, log_file);
  if (code != 0)
    throw Error(fmt::format("ds-compare eval ended with exit code {}: {}", code, detail::last_line(log_file)),
                "its whole output is in " + log_file.string());
}

}  // namespace ds
