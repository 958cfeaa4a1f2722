#include <fmt/format.h>

#include "common.h"
#include "ds/base/error.h"
#include "verbs.h"

namespace ds::train_tool {
namespace {

int list(Context& context) {
  auto project = open_project(context);
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

struct RemoveFlags {
  std::string run;
};

int remove(Context& context, const RemoveFlags& flags) {
  auto project = open_project(context);
  auto run = project.runs().get(flags.run);
  if (run.state == RunState::running)
    throw UsageError(fmt::format("run {} is going on", run.id), fmt::format("ds-train stop {}", run.id));
  if (!context.shared.dry_run) project.runs().remove(run.id);
  context.out.line(fmt::format("{} {}", context.shared.dry_run ? "would remove" : "removed", run.id));
  return 0;
}

}  // namespace

void add_list(Tool& tool) {
  auto& verb = tool.verb("list", "all runs, newest first");
  verb.example("ds-train list").example("ds-train list --json");
  verb.run(list);

  auto& rm = tool.verb("rm", "remove a run with its checkpoints; its model stays");
  auto& flags = rm.keep<RemoveFlags>();
  rm.argument("run", flags.run, "run id, unique beginning of one, or latest");
  rm.run([&flags](Context& context) { return remove(context, flags); });
}

}  // namespace ds::train_tool
