#include "comparison/sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/text.h"
#include "ds/report/evaluation_tables.h"

namespace ds::detail {

namespace {

constexpr std::size_t kConfusions = 12;

/// Indices of the models that `holds` is true of.
template <typename Holds>
std::vector<std::size_t> models_with(const ComparisonReport& report, Holds holds) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < report.models.size(); ++i)
    if (holds(report.models[i])) found.push_back(i);
  return found;
}

/// A panel for each of these models.
template <typename Fill>
void choice_of_models(Page& page, const ComparisonReport& report, const std::vector<std::size_t>& models,
                      Fill fill) {
  std::vector<std::string> names;
  for (const auto i : models) names.push_back(name_of(report.models[i]));
  page.choice("model", names, [&](std::size_t i) { fill(report.models[models[i]], models[i]); });
}

std::string number_text(const std::optional<double>& value, int decimals) {
  return number_cell(value, decimals).text;
}

std::vector<std::pair<std::string, std::string>> facts_of(const ModelReport& model) {
  const auto& e = model.entry.evaluation;
  const auto& counts = e.operating.all;
  std::vector<std::pair<std::string, std::string>> facts = {
      {"AP", number_text(ap_of(model), 3)},
      {"AP50", number_text(ap_of(model, 1), 3)},
      {"precision", number_text(counts.precision(), 3)},
      {"recall", number_text(counts.recall(), 3)},
      {"F1", number_text(counts.f1(), 3)},
      {"threshold",
       fmt::format("{:.3f}{}", e.operating.threshold, e.operating.chosen_on_this_set ? "*" : "")}};
  if (e.latency) {
    facts.emplace_back("p50 latency", fmt::format("{:.1f} ms", e.latency->p50_ms));
    facts.emplace_back("p95 latency", fmt::format("{:.1f} ms", e.latency->p95_ms));
  }
  if (e.latency && e.latency->model_memory_bytes > 0)
    facts.emplace_back("memory", human_bytes(static_cast<std::uint64_t>(e.latency->model_memory_bytes)));
  if (e.model.parameters > 0)
    facts.emplace_back("parameters", fmt::format("{:.2f} M", static_cast<double>(e.model.parameters) / 1e6));
  if (e.model.file_bytes > 0)
    facts.emplace_back("file", human_bytes(static_cast<std::uint64_t>(e.model.file_bytes)));
  return facts;
}

/// The models that were timed in turns with this one.
std::string others_of(const Evaluation& e) {
  std::vector<std::string> others;
  for (const auto& name : e.latency->together)
    if (name != e.model.name) others.push_back(name);
  return join(others, ", ");
}

/// What is known about where a model comes from and how it was run.
Table origin_table(const ModelReport& model) {
  const auto& e = model.entry.evaluation;
  Table table{"Origin", {{"", "what", false}, {"", "value", false}}, {}, {}};
  auto row = [&](const std::string& what, const std::string& value) {
    if (!value.empty()) table.rows.push_back({text_cell(what), text_cell(value)});
  };
  row("model", e.model.id);
  row("architecture", e.model.architecture);
  for (const auto& [what, value] : model.lineage) row(what, value);
  if (!e.inference.engine.empty())
    row("run with", fmt::format("{}, input {}x{}, score from {:g}, NMS IoU {:g}, at most {} an image, {}",
                                e.inference.engine, e.inference.input_width, e.inference.input_height,
                                e.inference.score_threshold, e.inference.nms_iou, e.inference.max_per_image,
                                counted(e.inference.threads, "thread")));
  if (!e.machine.cpu.empty())
    row("timed on", fmt::format("{}, {}", e.machine.cpu, counted(e.machine.processors, "processor")));
  if (e.latency && e.latency->together.size() > 1) row("in turns with", others_of(e));
  row("evaluated", e.created_at);
  row("with ds", e.tool_version);
  return table;
}

}  // namespace

void add_confusion(Page& page, const ComparisonReport& report) {
  const auto shown =
      models_with(report, [](const auto& m) { return !m.entry.evaluation.confusion.cells.empty(); });
  if (shown.empty()) return;
  page.section("Confusion");
  choice_of_models(page, report, shown, [&](const ModelReport& model, std::size_t) {
    const auto& e = model.entry.evaluation;
    page.text(fmt::format("At score >= {:.3f}{}, IoU >= .50.", e.operating.threshold,
                          e.operating.chosen_on_this_set ? ", the best F1 on this set" : ""));
    page.heat_map(confusion_map(e));
    if (auto table = confusion_list(e, kConfusions); !table.rows.empty())
      page.table(table);
    else
      page.text("No object is taken for one of another class.");
  });
}

void add_errors(Page& page, const ComparisonReport& report) {
  page.section("Error types");
  for (const auto& chart : error_charts(report)) page.chart(chart);
  page.table(error_table(report));
}

void add_localization(Page& page, const ComparisonReport& report) {
  page.section("oLRP").table(localization_table(report));
  const auto shown = models_with(report, [](const auto& m) { return !m.localization.classes.empty(); });
  choice_of_models(page, report, shown, [&](const ModelReport& model, std::size_t) {
    page.table(class_localization_table(model));
  });
}

void add_calibration(Page& page, const ComparisonReport& report) {
  const auto shown = models_with(report, [](const auto& m) {
    return std::any_of(m.calibration.bins.begin(), m.calibration.bins.end(),
                       [](const auto& bin) { return bin.detections > 0; });
  });
  page.section("Calibration");
  if (shown.empty()) {
    page.text("No detection reaches the operating threshold, so there is nothing to say about scores.");
    return;
  }
  page.chart(reliability_chart(report));
  if (report.models.size() == 1) page.chart(score_chart(report.models.front()));
  page.table(calibration_table(report));
  if (report.models.size() > 1)
    choice_of_models(page, report, shown,
                     [&](const ModelReport& model, std::size_t) { page.chart(score_chart(model)); });
}

void add_slices(Page& page, const ComparisonReport& report) {
  page.section("Slices");
  if (report.slices.empty()) {
    page.text(
        "There are no slices: the images have no attribute with a few values, such as a camera or a tag.");
    return;
  }
  if (report.models.size() > 1) {
    const auto [table, look] = slice_overview(report);
    page.table(table, look).heading("With intervals");
  }
  const auto shown = models_with(report, [](const auto&) { return true; });
  choice_of_models(page, report, shown, [&](const ModelReport&, std::size_t i) {
    const auto [table, look] = slice_table(report, i);
    page.table(table, look);
  });
}

void add_worst(Page& page, const ComparisonReport& report) {
  page.section("Worst images");
  const auto shown = models_with(report, [](const auto& m) { return !m.worst.empty(); });
  if (shown.empty()) {
    page.text("No pictures: either no image has an error, or the report was made without pictures.");
    return;
  }
  page.text("The images with most errors at the operating threshold, worst first.");
  choice_of_models(page, report, shown,
                   [&](const ModelReport& model, std::size_t) { page.gallery(model.worst); });
}

void add_cards(Page& page, const ComparisonReport& report) {
  page.section(report.models.size() > 1 ? "Models" : "Model");
  const auto shown = models_with(report, [](const auto&) { return true; });
  choice_of_models(page, report, shown, [&](const ModelReport& model, std::size_t) {
    page.facts(facts_of(model));
    if (model.entry.evaluation.operating.chosen_on_this_set)
      page.text("* the threshold of best F1, chosen on this set: it flatters.");
    for (const auto& warning : model.entry.evaluation.warnings) page.advice(warning);
    if (auto table = origin_table(model); !table.rows.empty()) page.table(table);
    for (const auto& chart : model.training) page.chart(chart);
    page.table(coco_table(model.entry.evaluation)).table(class_table(model.entry.evaluation));
  });
}

void add_label_suspects(Page& page, const ComparisonReport& report) {
  page.section("Likely label errors");
  if (report.suspect_count == 0) {
    page.text("No label is contradicted by the models in a way that makes it doubtful.");
    return;
  }
  const auto shown = static_cast<std::int64_t>(report.suspects.size());
  page.text(fmt::format(
      "{} where the models contradict the labels in the same way{}. Look at them before training "
      "again: a wrong label costs twice, in training and here.",
      counted(report.suspect_count, "place"),
      shown < report.suspect_count ? fmt::format("; the {} most confident are shown", shown) : ""));
  page.gallery(report.suspects, "the label in question");
}

void add_definitions(Page& page, const ComparisonReport& report) {
  page.section("Definitions");
  auto all = definitions();
  for (auto& text : report_definitions(report)) all.push_back(std::move(text));
  page.list(all);
}

void add_footer(Page& page, const ComparisonReport& report) {
  page.footer("Made by ds-compare" + (report.created_at.empty() ? "" : ", " + report.created_at));
}

}  // namespace ds::detail
