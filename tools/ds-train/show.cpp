#include <fmt/format.h>

#include <algorithm>

#include "common.h"
#include "common/json.h"
#include "common/project.h"
#include "common/text.h"
#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/runs/report.h"
#include "verbs.h"

namespace ds::train_tool {
namespace {

struct ShowFlags {
  std::string run = "latest";
  bool all = false;
  bool group = false;
  std::filesystem::path output;
};

/// What -o may end in.
const std::vector<std::string> kFileKinds = {".csv", ".html", ".png"};

nlohmann::ordered_json epoch_json(const EpochMetrics& metrics) {
  nlohmann::ordered_json json = {{"epoch", metrics.epoch},
                                 {"loss", metrics.loss},
                                 {"learning_rate", metrics.learning_rate},
                                 {"images_per_s", metrics.images_per_s}};
  json["ap"] = tool::or_null(metrics.ap);
  json["ap50"] = tool::or_null(metrics.ap50);
  json["step"] = metrics.step;
  json["gradient_norm"] = metrics.gradient_norm;
  json["closing"] = metrics.closing;
  json["elapsed_s"] = metrics.elapsed_s;
  json["parts"] = json["class_ap"] = nlohmann::ordered_json::object();
  for (const auto& [name, value] : metrics.parts) json["parts"][name] = value;
  for (const auto& [name, value] : metrics.class_ap) json["class_ap"][name] = value;
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

nlohmann::ordered_json json_of(const RunView& run) {
  auto json = run_json(run.record);
  json["epochs"] = nlohmann::ordered_json::array();
  for (const auto& metrics : run.epochs) json["epochs"].push_back(epoch_json(metrics));
  json["findings"] = nlohmann::ordered_json::array();
  for (const auto& finding : run.findings)
    json["findings"].push_back(
        {{"kind", finding.kind}, {"message", finding.message}, {"advice", finding.advice}});
  return json;
}

std::string file_kind(const std::filesystem::path& file) {
  auto kind = to_lower(file.extension().string());
  if (std::find(kFileKinds.begin(), kFileKinds.end(), kind) == kFileKinds.end())
    throw UsageError(fmt::format("--output {}: a file of this kind is not written; known: {}", file.string(),
                                 join(kFileKinds, ", ")));
  return kind;
}

int write_report(Context& context, const ShowFlags& flags, const std::vector<RunView>& group,
                 std::size_t shown) {
  const auto kind = file_kind(flags.output);
  const auto runs = flags.group ? group : std::vector<RunView>{group[shown]};
  if (!context.shared.dry_run)
    write_file_atomically(flags.output, kind == ".html"
                                            ? run_page(group, shown, "Made by ds-train, " + utc_now())
                                        : kind == ".png" ? run_picture(runs)
                                                         : epochs_table(runs).to_csv());
  const auto count = kind == ".html" ? group.size() : runs.size();
  if (context.shared.json)
    context.out.json({{"file", flags.output.string()}, {"run", group[shown].record.id}, {"runs", count}});
  else
    context.out.line(fmt::format("{} {}: {}{}", tool::did(context, "wrote", "would write"),
                                 flags.output.string(), group[shown].record.id,
                                 count > 1 ? fmt::format(" and {} beside it", count - 1) : ""));
  return 0;
}

int show_group(Context& context, const std::vector<RunView>& group) {
  if (!context.shared.json) {
    context.out.text(candidates_table(group).to_text());
    return 0;
  }
  nlohmann::ordered_json json = {{"runs", nlohmann::ordered_json::array()}};
  for (const auto& run : group) json["runs"].push_back(json_of(run));
  context.out.json(json);
  return 0;
}

int show(Context& context, const ShowFlags& flags) {
  if (!flags.output.empty()) file_kind(flags.output);
  auto project = tool::open_project(context);
  const auto run = look_at(project.runs().get(flags.run));
  if (flags.group || !flags.output.empty()) {
    const auto group = look_at_group(project, run.record.id);
    if (flags.output.empty()) return show_group(context, group);
    const auto shown = std::find_if(group.begin(), group.end(),
                                    [&](const auto& each) { return each.record.id == run.record.id; });
    return write_report(context, flags, group, static_cast<std::size_t>(shown - group.begin()));
  }
  if (context.shared.json) {
    context.out.json(json_of(run));
    return 0;
  }
  print_facts(context, run.record);
  if (auto advice = continuation(run); !advice.empty()) context.out.line("\n" + advice);
  if (!run.findings.empty()) context.out.line("\nfound in the data:");
  for (const auto& finding : run.findings)
    context.out.line(fmt::format("  {}; {}", finding.message, finding.advice));
  Table table;
  table.column("epoch", Table::Align::right)
      .column("loss", Table::Align::right)
      .column("rate", Table::Align::right);
  table.column("images/s", Table::Align::right).column("val AP", Table::Align::right);
  table.column("val AP50", Table::Align::right);
  for (const auto& metrics : run.epochs) {
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
  auto& verb = tool.verb("show", "one run: what it is, its epochs and curves, the candidates beside it");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<ShowFlags>();
  verb.describe(R"(
      -o writes instead of printing, by the file's ending: .html is a page with curves of losses, AP,
      rate and speed, the candidates, and every option with where it came from; .png a picture of the
      curves; .csv every epoch with all that was measured.

      Page and picture need no network and no other program.)");
  bind_run(verb, flags.run);
  verb.options()
      .add("all", flags.all, "every epoch, not only the validated ones")
      .add("group", flags.group, "all candidates of the run side by side; in a picture over each other")
      .add("output", flags.output, "write a page (.html), a picture (.png) or a table (.csv)");
  verb.example("ds-train show")
      .example("ds-train show r-20261122 --all --json")
      .example("ds-train show -o curves.html")
      .example("ds-train show latest --group");
  verb.run([&flags](Context& context) { return show(context, flags); });
}

}  // namespace ds::train_tool
