#include "ds/runs/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "charts.h"
#include "ds/base/text.h"
#include "ds/report/page.h"
#include "ds/report/picture.h"

namespace ds {
namespace {

using Pairs = std::vector<std::pair<std::string, double>>;

std::optional<double> metric_of(const RunView& run, const std::string& name) {
  auto found = run.record.metrics.find(name);
  return found == run.record.metrics.end() || found->second < 0 ? std::nullopt : std::optional(found->second);
}

std::optional<double> value_of(const Pairs& pairs, const std::string& name) {
  for (const auto& [key, value] : pairs)
    if (key == name && value >= 0) return value;
  return std::nullopt;
}

/// Names of all epochs of all runs, in order of their appearance.
std::vector<std::string> names_in(const std::vector<RunView>& runs, Pairs EpochMetrics::*member) {
  std::vector<std::string> names;
  for (const auto& run : runs)
    for (const auto& epoch : run.epochs)
      for (const auto& [name, value] : epoch.*member)
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  return names;
}

std::string epochs_text(const RunView& run) {
  if (!run.status || run.status->step == 0) return "0";
  return run.status->epochs > 0 ? fmt::format("{}/{}", run.status->epoch, run.status->epochs)
                                : fmt::format("{}", run.status->epoch);
}

std::string duration_text(const RunView& run) {
  return run.status ? human_duration(run.status->elapsed_s) : "n/a";
}

/// A rate needs significant digits, not decimals.
Cell rate_cell(double rate) {
  return {fmt::format("{:.2e}", rate), rate};
}

Cell speed_cell(const RunView& run) {
  return number_cell(run.status ? std::optional(run.status->images_per_s) : std::nullopt, 1);
}

void add_state(Page& page, const RunView& run) {
  const auto& record = run.record;
  if (record.state == RunState::failed || record.state == RunState::stopped)
    page.advice(fmt::format("{}: {}{}{}", to_string(record.state), record.message,
                            record.message.empty() ? "" : "; ", continuation(run)));
}

void add_facts(Page& page, const RunView& run) {
  const auto* best = run.best();
  auto score = [](const std::optional<double>& value) { return number_cell(value, 3).text; };
  page.facts({{"state", to_string(run.record.state)},
              {"val AP", score(best ? best->ap : std::nullopt)},
              {"val AP50", score(best ? best->ap50 : std::nullopt)},
              {"of epoch", best ? std::to_string(best->epoch) : "n/a"},
              {"test AP", score(metric_of(run, "test/AP"))},
              {"epochs", epochs_text(run)},
              {"images/s", speed_cell(run).text},
              {"time", duration_text(run)}});
}

Table facts_table(const RunView& run) {
  Table grid;
  grid.columns = {{"run", "name", false}, {run.record.id, "value", false}};
  auto row = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) grid.rows.push_back({text_cell(name), text_cell(value)});
  };
  row("model", run.record.model_id);
  row("snapshot", run.record.snapshot_id);
  row("recipe", run.config.recipe);
  row("started from", run.config.parent);
  row("began", run.record.created_at);
  row("ended", run.record.finished_at);
  row("folder", run.record.folder.string());
  return grid;
}

void add_curves(Page& page, const RunView& run) {
  page.section("Curves")
      .chart(detail::loss_chart(run))
      .chart(detail::precision_chart(run))
      .chart(detail::class_chart(run))
      .chart(detail::rate_chart(run))
      .chart(detail::speed_chart(run))
      .chart(detail::gradient_chart(run));
  if (std::any_of(run.epochs.begin(), run.epochs.end(), [](const auto& epoch) { return epoch.closing; }))
    page.text("Closing part: the last epochs, without mosaic and mixup, with the loss sharpened.");
}

/// AP of each class in the best epoch.
Table classes_table(const RunView& run, const EpochMetrics& best) {
  Table grid;
  grid.columns = {{"class", "class", false}, {"val AP", "val_ap"}, {"test AP", "test_ap"}};
  for (const auto& [name, value] : best.class_ap)
    grid.rows.push_back({text_cell(name), number_cell(value < 0 ? std::nullopt : std::optional(value), 3),
                         number_cell(metric_of(run, "test/AP/" + name), 3)});
  grid.notes = {fmt::format("val: of epoch {}. n/a: the split has no object of the class.", best.epoch)};
  return grid;
}

/// The epochs for people: without the columns of the classes, which have a chart.
Table page_epochs_table(const RunView& run) {
  Table grid;
  grid.columns = {{"epoch", "epoch"},           {"loss", "loss"},       {"rate", "rate"},
                  {"images/s", "images_per_s"}, {"val AP", "ap"},       {"val AP50", "ap50"},
                  {"gradient", "gradient"},     {"part", "part", false}};
  for (const auto& epoch : run.epochs)
    grid.rows.push_back({count_cell(epoch.epoch), number_cell(epoch.loss, 3), rate_cell(epoch.learning_rate),
                         number_cell(epoch.images_per_s, 1), number_cell(epoch.ap, 3),
                         number_cell(epoch.ap50, 3), number_cell(epoch.gradient_norm, 2),
                         text_cell(epoch.closing ? "closing" : "")});
  return grid;
}

Table options_table(const RunView& run) {
  Table grid;
  grid.columns = {{"option", "option", false}, {"value", "value", false}, {"from", "from", false}};
  for (const auto& option : run.options)
    grid.rows.push_back({text_cell(option.name), text_cell(option.value),
                         text_cell(option.origin.empty() ? "built in" : option.origin)});
  return grid;
}

}  // namespace

Table epochs_table(const std::vector<RunView>& runs) {
  Table grid;
  grid.columns = {{"run", "run", false}, {"epoch", "epoch"}, {"step", "step"}, {"loss", "loss"}};
  const auto parts = names_in(runs, &EpochMetrics::parts);
  const auto classes = names_in(runs, &EpochMetrics::class_ap);
  for (const auto& name : parts) grid.columns.push_back({"loss " + name, "loss_" + name});
  for (const auto& [title, key] : {std::pair("rate", "learning_rate"),
                                   {"gradient", "gradient_norm"},
                                   {"foreground", "foreground"},
                                   {"images/s", "images_per_s"},
                                   {"seconds", "elapsed_s"},
                                   {"closing", "closing"},
                                   {"val AP", "ap"},
                                   {"val AP50", "ap50"}})
    grid.columns.push_back({title, key});
  for (const auto& name : classes) grid.columns.push_back({"AP " + name, "ap_" + name});
  for (const auto& run : runs)
    for (const auto& epoch : run.epochs) {
      std::vector<Cell> row = {text_cell(run.record.id), count_cell(epoch.epoch), count_cell(epoch.step),
                               number_cell(epoch.loss, 3)};
      for (const auto& name : parts) row.push_back(number_cell(value_of(epoch.parts, name), 3));
      row.push_back(rate_cell(epoch.learning_rate));
      row.push_back(number_cell(epoch.gradient_norm, 2));
      row.push_back(number_cell(epoch.foreground, 1));
      row.push_back(number_cell(epoch.images_per_s, 1));
      row.push_back(number_cell(epoch.elapsed_s, 1));
      row.push_back(count_cell(epoch.closing ? 1 : 0));
      row.push_back(number_cell(epoch.ap, 3));
      row.push_back(number_cell(epoch.ap50, 3));
      for (const auto& name : classes) row.push_back(number_cell(value_of(epoch.class_ap, name), 3));
      grid.rows.push_back(std::move(row));
    }
  return grid;
}

Table candidates_table(const std::vector<RunView>& runs) {
  Table grid;
  grid.columns = {
      {"run", "run", false},          {"state", "state", false},   {"architecture", "architecture", false},
      {"input", "input_size", false}, {"recipe", "recipe", false}, {"epochs", "epochs"},
      {"images/s", "images_per_s"},   {"time", "elapsed_s"},       {"val AP", "val_ap"},
      {"val AP50", "val_ap50"},       {"of epoch", "best_epoch"},  {"test AP", "test_ap"},
      {"model", "model", false}};
  for (const auto& run : runs) {
    const auto* best = run.best();
    grid.rows.push_back(
        {text_cell(run.record.id),
         text_cell(to_string(run.record.state)),
         text_cell(run.record.architecture),
         text_cell(run.config.options.input_size),
         text_cell(run.config.recipe),
         text_cell(epochs_text(run)),
         speed_cell(run),
         {duration_text(run), run.status ? std::optional(run.status->elapsed_s) : std::nullopt},
         number_cell(best ? best->ap : std::nullopt, 3),
         number_cell(best ? best->ap50 : std::nullopt, 3),
         best ? count_cell(best->epoch) : number_cell(std::nullopt, 0),
         number_cell(metric_of(run, "test/AP"), 3),
         text_cell(run.record.model_id.empty() ? "-" : run.record.model_id)});
  }
  return grid;
}

std::string run_page(const std::vector<RunView>& group, std::size_t shown, const std::string& footer) {
  const auto& run = group.at(shown);
  Page page("Training of " + run.title());
  page.subtitle(run.record.id).footer(footer);
  add_state(page, run);
  add_facts(page, run);
  for (const auto& finding : run.findings)
    page.advice(fmt::format("In the data: {}; {}", finding.message, finding.advice));
  if (run.epochs.empty())
    page.text("No epoch has ended yet.");
  else
    add_curves(page, run);
  if (group.size() > 1)
    page.section("Candidates")
        .text("Trained beside each other on the same snapshot.")
        .chart(detail::precisions_chart(group))
        .chart(detail::losses_chart(group))
        .table(candidates_table(group));
  if (const auto* best = run.best()) page.section("Classes").table(classes_table(run, *best));
  if (!run.epochs.empty()) page.section("Epochs").table(page_epochs_table(run));
  page.section("Run").table(facts_table(run));
  if (!run.options.empty()) page.heading("Options").table(options_table(run));
  return page.html();
}

std::string run_picture(const std::vector<RunView>& runs) {
  if (runs.size() == 1) {
    const auto& run = runs[0];
    return charts_png({detail::loss_chart(run), detail::precision_chart(run), detail::rate_chart(run)},
                      {.title = run.title(), .subtitle = run.record.id});
  }
  const auto& first = runs.at(0).record;
  return charts_png({detail::losses_chart(runs), detail::precisions_chart(runs), detail::rates_chart(runs)},
                    {.title = fmt::format("{} candidates", runs.size()),
                     .subtitle = first.group.empty() ? first.id : first.group});
}

}  // namespace ds
