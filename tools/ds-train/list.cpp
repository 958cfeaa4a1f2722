#include <fmt/format.h>

#include "common.h"
#include "common/project.h"
#include "verbs.h"

namespace ds::train_tool {
namespace {

int list(Context& context) {
  auto project = tool::open_project(context);
  auto runs = project.runs().list();
  if (context.shared.json) {
    for (const auto& run : runs) context.out.json_line(run_json(run));
    return 0;
  }
  Table table;
  table.column("run")
      .column("state")
      .column("architecture")
      .column("input")
      .column("epochs", Table::Align::right);
  table.column("images/s", Table::Align::right)
      .column("val AP", Table::Align::right)
      .column("test AP", Table::Align::right)
      .column("model")
      .column("message");
  for (const auto& run : runs) {
    auto ap = metric(run.metrics, "val/AP");
    if (!ap) ap = metric(run.metrics, "ap");
    auto status = RunFolder(run.folder).read_status();
    table.row({run.id, to_string(run.state), run.architecture, run_summary(run).input_size, epochs_text(run),
               status && status->step > 0 ? fmt::format("{:.1f}", status->images_per_s) : "-", score_text(ap),
               score_text(metric(run.metrics, "test/AP")), run.model_id.empty() ? "-" : run.model_id,
               run.message});
  }
  context.out.text(table.to_text());
  return 0;
}

}  // namespace

void add_list(Tool& tool) {
  auto& verb = tool.verb("list", "all runs, newest first");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  verb.example("ds-train list").example("ds-train list --json");
  verb.run(list);
}

}  // namespace ds::train_tool
