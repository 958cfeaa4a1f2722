#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/compare/comparison_report.h"
#include "ds/report/analysis_tables.h"
#include "ds/report/comparison_page.h"
#include "ds/report/evaluation_tables.h"
#include "printing.h"
#include "verbs.h"

namespace ds::compare_tool {

namespace {

struct ShowFlags {
  std::string model;
  SelectionFlags selection;
  BootstrapFlags bootstrap{200};
  int worst = 12;
  std::filesystem::path html;
  TableOptions table;
};

/// What the model is, and how it came to be.
Table card_table(const ModelReport& model) {
  const auto& e = model.entry.evaluation;
  Table table{{}, {{"model", "name", false}, {shown_name(model.entry), "value", false}}, {}, {}};
  auto row = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) table.rows.push_back({text_cell(name), text_cell(value)});
  };
  row("architecture", e.model.architecture);
  if (e.model.parameters > 0)
    row("parameters", fmt::format("{:.2f} M", static_cast<double>(e.model.parameters) / 1e6));
  if (e.model.file_bytes > 0) row("file", human_bytes(static_cast<std::uint64_t>(e.model.file_bytes)));
  row("input", fmt::format("{}x{}", e.inference.input_width, e.inference.input_height));
  row("engine", e.inference.engine);
  for (const auto& [name, value] : model.lineage) row(name, value);
  row("evaluated", e.created_at);
  return table;
}

std::string number_text(const std::optional<double>& value, int decimals = 3) {
  return number_cell(value, decimals).text;
}

/// What a user of the model sees.
Table operating_table(const ModelReport& model) {
  const auto& e = model.entry.evaluation;
  const auto& c = e.operating.all;
  Table table{"At the operating threshold", {{"number", "name", false}, {"value", "value", false}}, {}, {}};
  auto row = [&](const char* name, const std::string& value) {
    table.rows.push_back({text_cell(name), text_cell(value)});
  };
  row("threshold", fmt::format("{:.4g}{}", e.operating.threshold,
                               e.operating.chosen_on_this_set
                                   ? ", the best F1 on this set: it flatters, fix it with --conf"
                                   : ""));
  row("accuracy", number_text(c.accuracy()));
  row("error", fmt::format("{} ({} false positives + {} misses)", number_text(c.error_rate()),
                           number_text(c.fp_share()), number_text(c.fn_share())));
  row("precision", number_text(c.precision()));
  row("recall", number_text(c.recall()));
  row("F1", number_text(c.f1()));
  row("RMSE", e.edges.rmse ? fmt::format("{:.1f}% of object size, {:.1f} px, {} pairs", *e.edges.rmse,
                                         *e.edges.rmse_px, e.edges.pairs)
                           : "n/a");
  if (e.latency)
    row("latency", fmt::format("{:.1f} ms median, {:.1f} ms 95 %", e.latency->p50_ms, e.latency->p95_ms));
  if (e.latency && e.latency->model_memory_bytes > 0)
    row("memory", fmt::format("{} for this model, {} the whole process at its peak",
                              human_bytes(static_cast<std::uint64_t>(e.latency->model_memory_bytes)),
                              human_bytes(static_cast<std::uint64_t>(e.latency->peak_memory_bytes))));
  table.notes.push_back(fmt::format("{} images, {} objects, fingerprint {}{}{}", e.data.images,
                                    e.data.objects, e.data.fingerprint.substr(0, 12),
                                    e.data.split.empty() ? "" : ", split " + e.data.split,
                                    e.data.snapshot.empty() ? "" : ", snapshot " + e.data.snapshot));
  for (const auto& text : latency_notes({model.entry})) table.notes.push_back(text);
  return table;
}

Table numbers_table(const ModelReport& model) {
  auto table = coco_table(model.entry.evaluation);
  table.title = "Average precision and recall";
  table.columns.insert(table.columns.begin() + 2, {"95 % interval", "interval", false});
  for (std::size_t n = 0; n < table.rows.size(); ++n) {
    const auto& intervals = model.entry.evaluation.intervals;
    const auto interval = n < intervals.size() ? intervals[n] : std::nullopt;
    table.rows[n].insert(
        table.rows[n].begin() + 2,
        text_cell(interval ? fmt::format("{:.4f} to {:.4f}", interval->low, interval->high) : std::string()));
  }
  return table;
}

/// Classes that the images or the detections have; of eighty most may be absent.
Table shown_classes_table(const ModelReport& model) {
  const auto& e = model.entry.evaluation;
  auto table = class_table(e);
  table.title = "Per class";
  std::vector<std::vector<Cell>> rows;
  for (std::size_t c = 0; c < table.rows.size(); ++c)
    if (e.precision.classes[c].objects > 0 || e.operating.classes[c].total() > 0)
      rows.push_back(std::move(table.rows[c]));
  if (const auto absent = table.rows.size() - rows.size(); absent > 0)
    table.notes.push_back(counted(absent, "more class") + " without objects and detections.");
  table.rows = std::move(rows);
  return table;
}

Table worst_table(const ModelReport& model) {
  Table table{"Worst images", {{"image", "image", false}}, {}, {}};
  for (const auto& picture : model.worst) table.rows.push_back({text_cell(picture.caption)});
  return table;
}

Table titled(Table table, const std::string& title) {
  table.title = title;
  return table;
}

void print_model(Context& context, const ComparisonReport& report, const TableOptions& table) {
  const auto& model = report.models.front();
  print(context, card_table(model), table);
  print_below(context, operating_table(model), table);
  print_below(context, numbers_table(model), table);
  print_below(context, shown_classes_table(model), table);
  print_below(context, titled(error_types_table({shown_name(model.entry)}, {model.errors}), "Errors by kind"),
              table);
  print_below(context, titled(quality_table(model), "Boxes and scores"), table);
  if (!report.slices.empty())
    print_below(context, titled(slices_table(report.slices, model.slices), "Slices"), table);
  if (!model.worst.empty()) print_below(context, worst_table(model), table);
  for (const auto& text : report.warnings) log::warning(text);
}

int run_show(Context& context, const ShowFlags& o) {
  if (o.worst < 0) throw UsageError(fmt::format("--worst is {}; expected 0 or more", o.worst));
  auto project = tool::open_project(context);
  auto selection = o.selection.selection;
  selection.models = {o.model};
  ReportOptions options;
  options.worst = static_cast<std::size_t>(o.worst);
  if (o.html.empty()) options.suspects = options.disagreements = 0;
  const auto report =
      comparison_report(project, selection, bootstrap_options(o.bootstrap, context.shared), options);
  if (!o.html.empty() && !context.shared.dry_run) write_file_atomically(o.html, model_page(report, 0));
  if (context.shared.json)
    context.out.json(comparison_json(report));
  else if (o.html.empty())
    print_model(context, report, o.table);
  else
    context.out.line(fmt::format("{} {}: {}", tool::did(context, "wrote", "would write"), o.html.string(),
                                 shown_name(report.models.front().entry)));
  return 0;
}

}  // namespace

void add_show(Tool& tool) {
  auto& verb =
      tool.verb("show", "show one evaluated model: card, numbers, errors, slices, worst images, lineage");
  verb.honours({Shared::project, Shared::json, Shared::seed, Shared::threads, Shared::dry_run});
  auto& o = verb.keep<ShowFlags>();
  verb.describe(R"(
      The newest evaluation of the model. The numbers are those of `ds-compare eval`; nothing is run.
      --json prints the document of `ds-compare report` with this model alone.)")
      .example("ds-compare show champion")
      .example("ds-compare show champion --html champion.html")
      .argument(
          "model", o.model,
          "id, name or alias (champion) of the project, the file that was evaluated, or its name in tables");
  o.selection.bind(verb.options());
  verb.options()
      .add("worst", o.worst, "how many of the images with most errors are shown")
      .add("html", o.html, "write one self-contained page with pictures and curves instead");
  o.bootstrap.bind(verb.options(), "; 0: no intervals");
  o.table.bind(verb.options());
  verb.run([&o](Context& context) { return run_show(context, o); });
}

}  // namespace ds::compare_tool
