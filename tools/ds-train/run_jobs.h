#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ds/base/table.h"
#include "ds/cli/shared_options.h"
#include "ds/train/ranks.h"
#include "ds/train/session.h"

/// From the options of `ds-train run` to what is trained; `submit` reads the same options.
namespace ds::train_tool {

struct RunFlags {
  TrainOptions train;
  std::string priority = "balanced";
  std::string recipe;
  int candidates = 1;
  std::vector<std::string> custom;
  std::string eliminate = "dominated";
  std::string snapshot;
  std::string name;
  std::string resume;
  std::string finish;
  std::string ranks = "auto";
  RankTimeouts timeouts;
};

void bind_run_options(OptionSet& options, RunFlags& flags);

/// What was asked for, checked as far as that goes without looking into the project.
/// @param given what `flags` are bound to: where each value came from
std::vector<TrainJob> make_jobs(const RunFlags& flags, OptionSet& given, const SharedOptions& shared);

Table plan_table(const std::vector<TrainJob>& jobs);
nlohmann::ordered_json plan_json(const std::vector<TrainJob>& jobs);

}  // namespace ds::train_tool
