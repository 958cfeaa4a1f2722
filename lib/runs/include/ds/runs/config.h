#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "ds/runs/train_options.h"

namespace ds {

/// What a run's config.yaml holds: enough to continue it, or to do it again.
struct RunConfig {
  TrainOptions options;  // resolved: sizes, threads and replicas as they were
  std::string snapshot;
  std::string recipe;
  std::string name;                     // of the model; empty: made from architecture, size and time
  std::string parent;                   // model id or file of the weights it started from
  std::string eliminate = "dominated";  // rule of ds/train/elimination.h for the candidates of its group
  double group_budget_s = 0;            // for all of them together; 0: no limit but each one's own

  void bind(OptionSet& set);
};

/// Where each option's value came from: option name -> "recipe.yaml:12"; stands as a comment in config.yaml.
using OptionOrigins = std::map<std::string, std::string>;

/// The text of a run's config.yaml; an option's origin stands beside it as a comment.
std::string run_config_yaml(const RunConfig& config, const OptionOrigins& origins = {});
/// Throws FormatError or UsageError naming `name` when the text holds no run's options. Values out of range
/// are let through: `TrainOptions::validate` says so to who would train with them.
RunConfig run_config_from_text(const std::string& text, const std::string& name);

/// One line of config.yaml: an option, its value as it stands there, and where that came from.
struct OptionLine {
  std::string name;    // "learning_rate"
  std::string value;   // "0.002"
  std::string origin;  // "--learning-rate", "configs/train/speed.yaml:7"; empty: built in
};

}  // namespace ds
