#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/deploy/deployments.h"
#include "ds/project/find_model.h"
#include "verbs.h"

namespace ds::deploy_tool {
namespace {

struct ServeFlags {
  std::string what;
  ServeSettings settings;
};

bool is_deployment(Project* project, const std::string& name) {
  if (project == nullptr) return false;
  auto all = project->deployments().list();
  return std::any_of(all.begin(), all.end(), [&](const auto& record) { return record.name == name; });
}

/// A deployment is served by its own settings: flags that would be ignored are refused.
void refuse_flags(const OptionSet& options, const std::string& name) {
  for (const auto& option : options.options())
    if (option.source == ValueSource::flag)
      throw UsageError(fmt::format("--{}: deployment {} is served by its own settings", option.name, name),
                       fmt::format("change it: ds-deploy set {} --{} ...", name, option.name));
}

std::string listening_on(const ServeSettings& settings) {
  auto scheme = settings.tls_cert.empty() ? "http" : "https";
  auto port = settings.port == 0 ? std::string("a free port") : std::to_string(settings.port);
  return fmt::format("{}://{}:{}", scheme, settings.host, port);
}

int plan_of_deployment(Context& context, Project& project, const std::string& name) {
  auto status = Deployments(project).status(name);
  if (status.pid != 0)
    throw Busy(fmt::format("deployment {} is served already, by pid {}", name, status.pid),
               fmt::format("stop it first: ds-deploy stop {}", name));
  auto url = listening_on(ServeSettings::from_yaml(status.record.options, name));
  return tool::would(context, fmt::format("serve {} with model {} on {}", name, status.record.model_id, url),
                     {{"name", name}, {"model", status.record.model_id}, {"url", url}});
}

int plan_of_model(Context& context, const FoundModel& model, const ServeSettings& settings) {
  settings.to_options(context.shared.threads).validate();
  auto card = resolve_model(std::filesystem::absolute(model.path), settings.to_options(0).detector).card;
  auto url = listening_on(settings);
  return tool::would(context, fmt::format("serve {} ({}) on {}", model.id, card.architecture, url),
                     {{"model", model.id}, {"url", url}});
}

int run_serve(Context& context, const ServeFlags& flags, const OptionSet& options) {
  auto project = tool::open_project_if_any(context);
  auto announce = [&](const std::string& url) {
    if (context.shared.json)
      context.out.json_line({{"url", url}});
    else
      context.out.line(fmt::format("serving {} on {}", flags.what, url));
    context.out.flush();
  };
  if (is_deployment(project.get(), flags.what)) {
    refuse_flags(options, flags.what);
    if (context.shared.dry_run) return plan_of_deployment(context, *project, flags.what);
    Deployments(*project).run_server(flags.what, context.shared.threads, announce);
    return 0;
  }
  auto model = find_model(project.get(), flags.what);
  if (context.shared.dry_run) return plan_of_model(context, model, flags.settings);
  serve_model(model.id, std::filesystem::absolute(model.path), flags.settings, context.shared.threads,
              announce);
  return 0;
}

}  // namespace

void add_serve(Tool& tool) {
  auto& verb = tool.verb("serve", "answer detection requests over HTTP until stopped");
  verb.honours({Shared::project, Shared::json, Shared::threads, Shared::dry_run});
  auto& flags = verb.keep<ServeFlags>();
  flags.settings.bind(verb.options());
  const auto& options = verb.options();
  verb.describe(R"(
      NAME is a deployment of the project, or a model: id, name, alias, bundle folder or weight file. It
      prints its address when it is ready. SIGTERM and Ctrl-C let requests in flight finish.

        POST /v1/detect                 a JPEG or PNG, raw or as a form's file; ?score=X, ?draw=1
        GET  /v2/health/live, /ready    GET /v2/models/NAME    GET /metrics)")
      .example("ds-deploy serve champion --port 8080")
      .example("curl --data-binary @photo.jpg http://127.0.0.1:8080/v1/detect")
      .argument("name", flags.what, "deployment or model")
      .run([&flags, &options](Context& context) { return run_serve(context, flags, options); });
}

}  // namespace ds::deploy_tool
