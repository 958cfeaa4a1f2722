#include <fmt/format.h>

#include "common.h"
#include "ds/base/text.h"
#include "verbs.h"

namespace ds::train_tool {
namespace {

struct ShowFlags {
  std::string run = "latest";
  bool all = false;
};

nlohmann::ordered_json epoch_json(const EpochMetrics& metrics) {
  nlohmann::ordered_json json = {{"epoch", metrics.epoch},
                                 {"loss", metrics.loss},
                                 {"learning_rate", metrics.learning_rate},
                                 {"images_per_s", metrics.images_per_s}};
  json["ap"] = metrics.ap ? nlohmann::ordered_json(*metrics.ap) : nullptr;
  json["ap50"] = metrics.ap50 ? nlohmann::ordered_json(*metrics.ap50) : nullptr;
  return json;
}

void print_facts(Context& context, const RunRecord& run) {
  auto summary = run_summary(run);
  Table table;
  table.column("run").column(run.id);
  auto row = [&](const char* name, const std::string& value) {
    if (!value.empty()) table.row({name, value});
  };
  row("state", to_string(run.state));
  row("message", run.message);
  row("architecture", run.architecture);
  row("input", summary.input_size);
  row("recipe", summary.recipe);
  row("snapshot", run.snapshot_id);
  row("epochs", epochs_text(run));
  row("model", run.model_id);
  row("began", run.created_at);
  row("ended", run.finished_at);
  row("folder", run.folder.string());
  for (const auto& [name, value] : run.metrics)
    if (name.find('/') != std::string::npos) row(name.c_str(), score_text(value));
  context.out.text(table.to_text());
}

int show(Context& context, const ShowFlags& flags) {
  auto project = open_project(context);
  auto run = project.runs().get(flags.run);
  auto epochs = RunFolder(run.folder).read_metrics();
  if (context.shared.json) {
    auto json = run_json(run);
    json["epochs"] = nlohmann::ordered_json::array();
    for (const auto& metrics : epochs) json["epochs"].push_back(epoch_json(metrics));
    context.out.json(json);
    return 0;
  }
  print_facts(context, run);
  Table table;
  table.column("epoch", Table::Align::right)
      .column("loss", Table::Align::right)
      .column("rate", Table::Align::right);
  table.column("images/s", Table::Align::right).column("val AP", Table::Align::right);
  table.column("val AP50", Table::Align::right);
  for (const auto& metrics : epochs) {
    if (!flags.all && !metrics.ap) continue;
    table.row({std::to_string(metrics.epoch), fmt::format("{:.3f}", metrics.loss),
               fmt::format("{:.2e}", metrics.learning_rate), fmt::format("{:.1f}", metrics.images_per_s),
               score_text(metrics.ap), score_text(metrics.ap50)});
  }
  if (table.empty()) return 0;
  context.out.line("");
  context.out.text(table.to_text());
  return 0;
}

}  // namespace

void add_show(Tool& tool) {
  auto& verb = tool.verb("show", "one run: what it is, and its validated epochs");
  auto& flags = verb.keep<ShowFlags>();
  verb.argument("run", flags.run, "run id, unique beginning of one, or latest (the default)", false);
  verb.options().add("all", flags.all, "every epoch, not only the validated ones");
  verb.example("ds-train show").example("ds-train show r-20261122 --all --json");
  verb.run([&flags](Context& context) { return show(context, flags); });
}

}  // namespace ds::train_tool
