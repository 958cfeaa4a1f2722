#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common.h"
#include "ds/base/error.h"
#include "ds/project/find_model.h"
#include "verbs.h"

namespace ds::deploying {
namespace {

struct NameFlags {
  std::string name;
};

struct CreateFlags {
  std::string name;
  std::string model = "champion";
  bool start = true;
  double wait_s = 120;
  ServeSettings settings;
};

struct StartFlags {
  std::string name;
  double wait_s = 120;
};

struct LogFlags {
  std::string name;
  int lines = 50;
};

int run_create(Context& context, const CreateFlags& flags) {
  auto project = open_project(context);
  Deployments deployments(project);
  if (context.shared.dry_run) {
    flags.settings.to_options(0).validate();
    context.out.line(
        fmt::format("would create {} with model {}", flags.name, find_model(&project, flags.model).id));
    return 0;
  }
  deployments.create(flags.name, flags.model, flags.settings, context.shared.effective_user());
  print(context, flags.start ? deployments.start(flags.name, flags.wait_s) : deployments.status(flags.name));
  return 0;
}

int run_list(Context& context) {
  auto project = open_project(context);
  auto all = Deployments(project).list();
  if (context.shared.json) {
    auto json = nlohmann::ordered_json::array();
    for (const auto& status : all) json.push_back(to_json(status));
    context.out.json(json);
    return 0;
  }
  if (all.empty()) {
    context.out.line("no deployments");
    return 0;
  }
  Table table;
  table.column("name")
      .column("state")
      .column("model")
      .column("generation", Table::Align::right)
      .column("address");
  for (const auto& status : all)
    table.row({status.record.name, to_string(status.state), status.record.model_id,
               std::to_string(status.record.generation), status.url.empty() ? "-" : status.url});
  context.out.text(table.to_text());
  return 0;
}

int run_stop(Context& context, const NameFlags& flags) {
  auto project = open_project(context);
  bool ran = Deployments(project).stop(flags.name);
  if (context.shared.json)
    context.out.json({{"name", flags.name}, {"stopped", ran}});
  else
    context.out.line(ran ? fmt::format("{}: stopped", flags.name)
                         : fmt::format("{}: was not running", flags.name));
  return 0;
}

int run_destroy(Context& context, const NameFlags& flags) {
  auto project = open_project(context);
  if (context.shared.dry_run) {
    context.out.line(fmt::format("would destroy {} and what is in {}", flags.name,
                                 project.deployments().get(flags.name).folder.string()));
    return 0;
  }
  Deployments(project).destroy(flags.name);
  context.out.line(fmt::format("{}: destroyed", flags.name));
  return 0;
}

}  // namespace

void add_create(Tool& tool) {
  auto& verb = tool.verb("create", "make a named deployment and start it in the background");
  auto& flags = verb.keep<CreateFlags>();
  verb.options()
      .group("Deployment")
      .add("model", flags.model,
           "model of the project (id, name or alias), or a path, which is then registered", "MODEL")
      .add("start", flags.start, "start it at once")
      .duration("wait", flags.wait_s, "how long to wait until it is ready");
  flags.settings.bind(verb.options());
  verb.describe(
          "The server goes on when the shell ends; start brings it back after a reboot. Its settings stay as "
          "they are\n"
          "created. With --capture it keeps requests in deployments/NAME/captures for ds-retrain collect.")
      .example("ds-deploy create gate-3 --model champion --port 8080 --capture uniform=0.05,interest")
      .argument("name", flags.name, "a-z, 0-9 and '-'")
      .run([&flags](Context& context) { return run_create(context, flags); });
}

void add_list(Tool& tool) {
  tool.verb("list", "the project's deployments").run([](Context& context) { return run_list(context); });
}

void add_status(Tool& tool) {
  auto& verb = tool.verb("status", "what a deployment serves, where, and how it is doing");
  auto& flags = verb.keep<NameFlags>();
  verb.argument("name", flags.name, "deployment").run([&flags](Context& context) {
    auto project = open_project(context);
    print(context, Deployments(project).status(flags.name));
    return 0;
  });
}

void add_start(Tool& tool) {
  auto& verb = tool.verb("start", "start a deployment in the background");
  auto& flags = verb.keep<StartFlags>();
  verb.options().duration("wait", flags.wait_s, "how long to wait until it is ready");
  verb.argument("name", flags.name, "deployment").run([&flags](Context& context) {
    auto project = open_project(context);
    print(context, Deployments(project).start(flags.name, flags.wait_s));
    return 0;
  });
}

void add_stop(Tool& tool) {
  auto& verb = tool.verb("stop", "let a deployment finish its requests and end it");
  auto& flags = verb.keep<NameFlags>();
  verb.argument("name", flags.name, "deployment").run([&flags](Context& context) {
    return run_stop(context, flags);
  });
}

void add_logs(Tool& tool) {
  auto& verb = tool.verb("logs", "the last lines of a deployment's log");
  auto& flags = verb.keep<LogFlags>();
  verb.options().add("lines", flags.lines, "how many");
  verb.argument("name", flags.name, "deployment").run([&flags](Context& context) {
    if (flags.lines < 1) throw UsageError(fmt::format("--lines {}: expected at least 1", flags.lines));
    auto project = open_project(context);
    auto text = Deployments(project).log_tail(flags.name, static_cast<std::size_t>(flags.lines));
    if (!text.empty()) context.out.line(text);
    return 0;
  });
}

void add_destroy(Tool& tool) {
  auto& verb = tool.verb("destroy", "remove a stopped deployment with its captures and logs");
  auto& flags = verb.keep<NameFlags>();
  verb.argument("name", flags.name, "deployment").run([&flags](Context& context) {
    return run_destroy(context, flags);
  });
}

}  // namespace ds::deploying
