#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/project.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/resources.h"
#include "session.h"
#include "verbs.h"

namespace ds::retrain_tool {
namespace {

struct InitFlags {
  std::string deployment;
  std::string preset = "standard";
  bool replace = false;
  RetrainPolicy policy;
};

/// A preset ranks below the file of --config and below flags, so it is read first, into an empty set.
void apply_preset(Verb& verb, const std::string& preset) {
  auto known = resource_names("configs/retrain");
  if (std::find(known.begin(), known.end(), preset) == known.end())
    throw_unknown_name("retraining policy", preset, known);
  RetrainPolicy values;
  OptionSet set;
  bind_policy(set, values);
  set.read_yaml(resource_path("configs/retrain/" + preset + ".yaml"));
  for (const auto& option : set.options()) {
    auto& target = verb.options().at(option.name);
    if (target.source == ValueSource::built_in && option.source != ValueSource::built_in)
      target.assign(option.values());
  }
}

int run_init(Context& context, Verb& verb, InitFlags& flags) {
  apply_preset(verb, flags.preset);
  flags.policy.validate();
  auto text = policy_to_yaml(flags.policy);
  auto project = tool::open_project(context);
  auto deployment = project.deployments().get(flags.deployment).name;
  if (context.shared.dry_run) {
    if (context.shared.json)
      context.out.json({{"dry_run", true}, {"deployment", deployment}, {"policy", text}});
    else
      context.out.text(text);
    return 0;
  }
  auto lock = project.lock("retrain");
  auto folder = retrain_folder(project, deployment);
  bool there = std::filesystem::exists(folder.policy_file());
  if (there && read_file(folder.policy_file()) != text && !flags.replace)
    throw UsageError(fmt::format("{} is there already, with other values", folder.policy_file().string()),
                     "edit that file, or write a new one with --replace");
  ProjectStages stages(project, deployment, flags.policy, folder, {.user = context.shared.effective_user()});
  RetrainMachine(folder, flags.policy, stages, context.shared.effective_user()).begin();
  write_file_atomically(folder.policy_file(), text);
  if (context.shared.json)
    context.out.json({{"deployment", deployment}, {"policy", folder.policy_file().string()}});
  else
    context.out.line(fmt::format(
        "wrote {}\nnext: `ds-retrain run --deployment {}`, by hand or from cron (`ds-retrain schedule`)",
        folder.policy_file().string(), deployment));
  return 0;
}

}  // namespace

void add_init(Tool& tool) {
  auto& verb = tool.verb("init", "write the retraining policy of a deployment");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<InitFlags>();
  verb.describe(R"(
      Writes retrain/DEPLOYMENT/retrain.yaml in the project: when to retrain, with what, and what a
      challenger must show. People may edit that file; unknown keys are refused when it is read.)")
      .example("ds-retrain init cells --policy cautious --min-new-images 100")
      .argument("deployment", flags.deployment, "the deployment (see `ds-deploy list`)");
  verb.options()
      .add("policy", flags.preset, "values to start from: a file in configs/retrain", "NAME")
      .add("replace", flags.replace, "write over a policy that is there");
  bind_policy(verb.options(), flags.policy);
  verb.run([&](Context& context) { return run_init(context, verb, flags); });
}

}  // namespace ds::retrain_tool
