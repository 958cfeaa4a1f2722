#include "run_config.h"

#include <fmt/format.h>

#include "ds/arch/architecture.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/project/find_model.h"
#include "ds/project/project.h"

namespace ds {

namespace fs = std::filesystem;

void RunConfig::bind(OptionSet& set) {
  options.bind(set);
  set.group("Run")
      .add("seed", options.seed, "seed of weights, order and augmentation")
      .add("threads", options.threads, "threads that compute")
      .add("snapshot", snapshot, "dataset version")
      .add("recipe", recipe, "recipe the values began with")
      .add("name", name, "of the model")
      .add("parent", parent, "model or file of the weights it started from")
      .add("eliminate", eliminate, "how candidates of its group drop out")
      .duration("group-budget", group_budget_s,
                "time for all candidates of its group together (0: no limit)");
}

std::string run_config_yaml(const RunConfig& config, const std::map<std::string, std::string>& origins) {
  auto copy = config;
  OptionSet set;
  copy.bind(set);
  for (const auto& option : set.options()) {
    auto found = origins.find(option.name);
    if (found == origins.end()) continue;
    auto& bound = set.at(option.name);
    bound.source = ValueSource::file;
    bound.origin = found->second;
  }
  return set.dump_yaml();
}

RunConfig run_config_from_text(const std::string& text, const std::string& name) {
  RunConfig config;
  OptionSet set;
  config.bind(set);
  set.read_yaml_text(text, name);
  config.options.validate();
  return config;
}

RunConfig read_run_config(const fs::path& file) {
  return run_config_from_text(read_file(file), file.string());
}

InputSize input_of(const TrainOptions& options) {
  return parse_input_size(options.input_size, architectures().at(options.arch).value.multiple);
}

std::string title_of(const TrainOptions& options) {
  return fmt::format("{} {}", options.arch, options.input_size);
}

fs::path weight_file(Project& project, const std::string& weights) {
  if (weights.empty()) return weights;
  const bool looks_like_path = weights.find('/') != std::string::npos || fs::path(weights).has_extension();
  if (looks_like_path && !fs::exists(weights))
    throw UsageError(fmt::format("--weights: there is no file {}", weights));
  auto found = find_model(&project, weights);
  return found.record ? found.path / "weights.safetensors" : found.path;
}

}  // namespace ds
