#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "ds/base/table.h"
#include "ds/cli/shared_options.h"
#include "ds/train/plan.h"
#include "ds/train/ranks.h"

/// From the options of `ds-train run` to what is trained; `submit` reads the same options.
namespace ds::train_tool {

struct RunFlags {
  TrainOptions train;
  TrainRequest request;
  std::string resume;
  std::string finish;
  std::string ranks = "auto";
  RankTimeouts timeouts;
};

void bind_run_options(OptionSet& options, RunFlags& flags);

/// The flags' request with what else decides about it.
/// @param given what `flags` are bound to: where each value came from
TrainRequest request_of(const RunFlags& flags, const OptionSet& given, const SharedOptions& shared);

Table plan_table(const TrainingPlan& plan);
nlohmann::ordered_json plan_json(const TrainingPlan& plan);

}  // namespace ds::train_tool
