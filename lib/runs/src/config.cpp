#include "ds/runs/config.h"

namespace ds {

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

std::string run_config_yaml(const RunConfig& config, const OptionOrigins& origins) {
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
  return config;
}

}  // namespace ds
