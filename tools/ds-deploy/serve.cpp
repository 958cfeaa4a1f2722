#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/project.h"
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

/// A deployment is served as it was created: flags that would be ignored are refused.
void refuse_flags(const OptionSet& options, const std::string& name) {
  for (const auto& option : options.options())
    if (option.source == ValueSource::flag)
      throw UsageError(fmt::format("--{}: deployment {} is served as it was created", option.name, name),
                       "destroy it and create it anew to change how it is served");
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
    Deployments(*project).run_server(flags.what, context.shared.threads, announce);
    return 0;
  }
  auto model = find_model(project.get(), flags.what);
  serve_model(model.id, std::filesystem::absolute(model.path), flags.settings, context.shared.threads,
              announce);
  return 0;
}

}  // namespace

void add_serve(Tool& tool) {
  auto& verb = tool.verb("serve", "answer detection requests over HTTP until stopped");
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
