#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "ds/base/error.h"
#include "printing.h"
#include "session.h"
#include "verbs.h"

namespace ds::retrain_tool {
namespace {

struct StatusRow {
  DeploymentRecord deployment;
  Explanation explanation;
  RetrainState state;
  RetrainPolicy policy;
};

StatusRow row_of(Context& context, const std::string& name) {
  Session session(context, {name}, Locked::no);
  return {session.project().deployments().get(name), session.machine().explain(), session.folder().load(),
          session.policy()};
}

std::string last_outcome(const RetrainState& state) {
  return state.past.empty()
             ? "none yet"
             : fmt::format("{} {}", state.past.back().id, to_string(state.past.back().outcome));
}

void print_table(Context& context, const std::vector<StatusRow>& rows) {
  Table table;
  table.column("deployment").column("stage").column("production").column("generation", Table::Align::right);
  table.column("new images", Table::Align::right)
      .column("under review", Table::Align::right)
      .column("last cycle");
  for (const auto& row : rows)
    table.row({row.deployment.name, to_string(row.explanation.stage), row.explanation.production,
               std::to_string(row.deployment.generation),
               fmt::format("{} of {}", row.explanation.labels.new_images, row.policy.min_new_images),
               std::to_string(row.explanation.labels.waiting_review), last_outcome(row.state)});
  context.out.text(table.to_text());
}

void print_json(Context& context, const std::vector<StatusRow>& rows) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& row : rows) {
    nlohmann::ordered_json json{{"deployment", row.deployment.name},
                                {"state", row.deployment.state},
                                {"stage", to_string(row.explanation.stage)},
                                {"production", row.explanation.production},
                                {"generation", row.deployment.generation},
                                {"new_images", row.explanation.labels.new_images},
                                {"new_labels", row.explanation.labels.new_labels},
                                {"min_new_images", row.policy.min_new_images},
                                {"waiting_review", row.explanation.labels.waiting_review},
                                {"rejects_in_a_row", row.state.rejects_in_a_row()},
                                {"barred", row.state.barred},
                                {"cycle", nullptr},
                                {"past", nlohmann::ordered_json::array()}};
    if (row.state.open) json["cycle"] = ds::to_json(*row.state.open);
    for (const auto& cycle : row.state.past) json["past"].push_back(ds::to_json(cycle));
    list.push_back(json);
  }
  context.out.json(list);
}

int run_status(Context& context, const Target& target) {
  std::vector<std::string> names;
  {
    auto project = tool::open_project(context);
    names = target.deployment.empty() ? deployments_with_policy(project)
                                      : std::vector{choose_deployment(project, target)};
  }
  std::vector<StatusRow> rows;
  for (const auto& name : names) rows.push_back(row_of(context, name));
  if (context.shared.json)
    print_json(context, rows);
  else if (rows.empty())
    context.out.line("no deployment has a retraining policy yet; make one with `ds-retrain init DEPLOYMENT`");
  else
    print_table(context, rows);
  return 0;
}

}  // namespace

void add_status(Tool& tool) {
  auto& verb = tool.verb("status", "one line per deployment: stage, model, new labels, last cycle");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& target = verb.keep<Target>();
  target.bind(verb.options());
  verb.example("ds-retrain status --json").run([&target](Context& context) {
    return run_status(context, target);
  });
}

}  // namespace ds::retrain_tool
