#include <nlohmann/json.hpp>

#include "common/project.h"
#include "printing.h"
#include "verbs.h"

namespace ds::deploy_tool {
namespace {

int run_list(Context& context) {
  auto project = tool::open_project(context);
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

}  // namespace

void add_list(Tool& tool) {
  tool.verb("list", "the project's deployments")
      .honours({Shared::project, Shared::json, Shared::dry_run})
      .run([](Context& context) { return run_list(context); });
}

}  // namespace ds::deploy_tool
