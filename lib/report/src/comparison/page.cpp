#include "ds/report/comparison_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "comparison/sections.h"
#include "ds/base/text.h"

namespace ds {

namespace {

using detail::name_of;

constexpr std::size_t kModelsOfColumns = 8;  // beyond the page's colours nobody tells columns apart

void add_summary(Page& page, const ComparisonReport& report) {
  const auto& data = report.models.front().entry.evaluation.data;
  const auto& best = report.models[detail::best_model(report)];
  std::vector<std::pair<std::string, std::string>> facts = {
      {"models", std::to_string(report.models.size())},
      {"images", std::to_string(data.images)},
      {"objects", std::to_string(data.objects)},
      {"classes", std::to_string(report.models.front().entry.evaluation.class_names.size())},
      {"best AP", number_cell(detail::ap_of(best), 3).text}};
  if (report.pairwise.smallest_difference)
    facts.emplace_back("smallest difference", fmt::format("{:.3f}", *report.pairwise.smallest_difference));
  page.facts(facts);
  for (const auto& warning : report.warnings) page.advice(warning);
  page.list(detail::verdicts(report));
}

void add_leaderboard(Page& page, const ComparisonReport& report) {
  auto [table, look] = detail::report_leaderboard(report);
  // The line about the data stands under the title.
  if (!table.notes.empty()) {
    page.subtitle(table.notes.front());
    table.notes.erase(table.notes.begin());
  }
  page.section("Leaderboard").table(table, look);
}

void add_pairs(Page& page, const ComparisonReport& report) {
  if (report.models.size() < 2) return;
  page.section("What this data can tell");
  if (report.pairwise.pairs.empty()) {
    page.text("Pairs of models were not compared: that needs resamples (--resamples).");
    return;
  }
  if (report.pairwise.smallest_difference)
    page.text(
        fmt::format("With {}, the smallest difference of AP between two of these models that shows is about "
                    "{:.3f}. More labelled images make it smaller.",
                    counted(report.pairwise.groups, "group of images", "groups of images"),
                    *report.pairwise.smallest_difference));
  const auto [table, look] = detail::pair_table(report);
  page.table(table, look);
}

void add_costs(Page& page, const ComparisonReport& report) {
  if (report.models.size() < 2) return;
  page.section("Speed and size");
  const auto charts = detail::pareto_charts(report);
  for (const auto& chart : charts) page.chart(chart);
  if (charts.empty())
    page.text(
        "Neither latency nor size is known of two models: detections that were read from files have none.");
  else if (charts.front().title != "AP over latency")
    page.text("Latency is not known of two models, so it is not drawn.");
  std::vector<LeaderboardEntry> entries;
  for (const auto& model : report.models) entries.push_back(model.entry);
  page.list(latency_notes(entries));
}

void add_precision(Page& page, const ComparisonReport& report) {
  const auto& first = report.models.front().entry.evaluation;
  page.section("Precision over recall");
  page.chart(detail::precision_chart(report, false)).chart(detail::precision_chart(report, true));
  std::vector<std::size_t> classes;
  std::vector<std::string> names;
  for (std::size_t c = 0; c < first.class_names.size(); ++c)
    if (first.precision.classes.at(c).objects > 0) {
      classes.push_back(c);
      names.push_back(first.class_names[c]);
    }
  if (classes.size() < 2) return;  // the mean is the class
  page.heading("Per class");
  page.choice("class", names,
              [&](std::size_t i) { page.chart(detail::class_precision_chart(report, classes[i])); });
}

void add_classes_and_sizes(Page& page, const ComparisonReport& report) {
  page.section("Classes and sizes");
  for (const auto& chart : detail::class_charts(report)) page.chart(chart);
  if (report.models.size() <= kModelsOfColumns) page.chart(detail::size_chart(report));
  const auto by_class = detail::class_ap_table(report), by_size = detail::size_table(report);
  page.table(by_class.table, by_class.look).table(by_size.table, by_size.look);
}

void add_agreement(Page& page, const ComparisonReport& report) {
  if (report.models.size() < 2) return;
  page.section("Where models disagree");
  if (report.agreement.pairs.empty() && report.disagreements.empty()) {
    page.text("The detections of the models were not compared with each other.");
    return;
  }
  if (!report.agreement.pairs.empty()) page.table(detail::agreement_table(report));
  if (report.disagreements.empty()) {
    page.text(report.agreement.disagreements.empty() ? "On every image all models found and missed the same."
                                                     : "The report was made without pictures.");
    return;
  }
  page.text(fmt::format("{} differ; those with most differences are shown.",
                        counted(report.agreement.disagreements.size(), "image")));
  page.gallery(report.disagreements, "labelled, not found by all");
}

}  // namespace

std::string comparison_page(const ComparisonReport& report) {
  Page page(report.title);
  detail::add_footer(page, report);
  if (report.models.empty()) {
    page.text("No evaluations.");
    return page.html();
  }
  if (report.models.size() > 1)
    page.series_menu(fmt::format("Models in the charts ({})", report.models.size()),
                     detail::model_names(report));
  add_summary(page, report);
  add_leaderboard(page, report);
  add_pairs(page, report);
  add_costs(page, report);
  add_precision(page, report);
  add_classes_and_sizes(page, report);
  detail::add_confusion(page, report);
  detail::add_errors(page, report);
  detail::add_localization(page, report);
  detail::add_calibration(page, report);
  detail::add_slices(page, report);
  detail::add_worst(page, report);
  add_agreement(page, report);
  detail::add_label_suspects(page, report);
  detail::add_cards(page, report);
  detail::add_definitions(page, report);
  return page.html();
}

std::string model_page(const ComparisonReport& report, std::size_t model) {
  // The same sections over a report of this model alone.
  ComparisonReport one;
  one.models.push_back(report.models.at(model));
  one.slices = report.slices;
  one.created_at = report.created_at;
  one.warnings = report.warnings;
  const bool alone = report.models.size() == 1;
  if (alone) {  // else several models call a label doubtful
    one.suspects = report.suspects;
    one.suspect_count = report.suspect_count;
  }
  const auto& shown = one.models.front();
  Page page(name_of(shown));
  detail::add_footer(page, one);
  const auto& data = shown.entry.evaluation.data;
  page.subtitle(fmt::format("{}{}, {}, fingerprint {}{}{}", report.title.empty() ? "" : report.title + ": ",
                            counted(data.images, "image"), counted(data.objects, "object"),
                            data.fingerprint.substr(0, 12), data.split.empty() ? "" : ", split " + data.split,
                            data.snapshot.empty() ? "" : ", snapshot " + data.snapshot));
  for (const auto& warning : one.warnings) page.advice(warning);
  page.list(detail::verdicts(one));
  detail::add_cards(page, one);
  add_precision(page, one);
  add_classes_and_sizes(page, one);
  detail::add_confusion(page, one);
  detail::add_errors(page, one);
  detail::add_localization(page, one);
  detail::add_calibration(page, one);
  detail::add_slices(page, one);
  detail::add_worst(page, one);
  if (alone) detail::add_label_suspects(page, one);
  detail::add_definitions(page, one);
  return page.html();
}

}  // namespace ds
