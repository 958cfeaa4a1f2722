#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "ds/cli/tool.h"
#include "ds/project/project.h"
#include "ds/runs/folder.h"

namespace ds::train_tool {

/// RUN, which may be left out: then the latest.
void bind_run(Verb& verb, std::string& run);

/// `0.473`, or `-` when there is none.
std::string score_text(const std::optional<double>& score);
std::optional<double> metric(const std::map<std::string, double>& metrics, const std::string& name);

/// What is known about a run from its record and its folder.
nlohmann::ordered_json run_json(const RunRecord& run);
/// The options a run was made with that people ask for first: input size and recipe; empty when unreadable.
struct RunSummary {
  std::string input_size;
  std::string recipe;
};
RunSummary run_summary(const RunRecord& run);
/// `12/100` of the epochs, `-` before the first.
std::string epochs_text(const RunRecord& run);

}  // namespace ds::train_tool
