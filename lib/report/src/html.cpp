#include "ds/report/html.h"

#include <algorithm>

#include "ds/report/page.h"

namespace ds {

namespace {

std::optional<double> known(double value) {
  return value < 0 ? std::nullopt : std::optional(value);
}

std::string name_of(const LeaderboardEntry& entry) {
  return entry.evaluation.model.name + (entry.settings.empty() ? "" : " " + entry.settings);
}

ChartSeries precision_series(const std::string& name, const PrecisionCurve& curve) {
  ChartSeries series{.name = name};
  for (int r = 0; r < kRecallCount; ++r) {
    const auto at = static_cast<std::size_t>(r);
    series.points.push_back({recall_thresholds()[at], std::max(0.0, curve[at])});
  }
  return series;
}

Chart precision_chart(std::string title) {
  return {.kind = Chart::Kind::curve,
          .title = std::move(title),
          .x_title = "recall",
          .y_title = "precision",
          .x_min = 0,
          .x_max = 1,
          .y_min = 0,
          .y_max = 1,
          .decimals = 3};
}

constexpr std::size_t kClassesAFigure = 20;

/// AP of the classes that have objects, twenty a figure.
void add_class_charts(Page& page, const std::vector<LeaderboardEntry>& entries) {
  const auto& classes = entries.front().evaluation.precision.classes;
  std::vector<std::size_t> shown;
  for (std::size_t c = 0; c < classes.size(); ++c)
    if (classes[c].numbers.ap() >= 0) shown.push_back(c);
  for (std::size_t first = 0; first < shown.size(); first += kClassesAFigure) {
    Chart chart{.kind = Chart::Kind::bars,
                .title = first == 0 ? "AP per class" : "AP per class, continued",
                .x_title = "AP",
                .y_title = "class",
                .x_min = 0,
                .x_max = 1,
                .decimals = 3};
    for (const auto& entry : entries) chart.series.push_back({.name = name_of(entry)});
    for (auto i = first; i < std::min(shown.size(), first + kClassesAFigure); ++i) {
      chart.labels.push_back(entries.front().evaluation.class_names[shown[i]]);
      for (std::size_t e = 0; e < entries.size(); ++e)
        chart.series[e].values.push_back(
            known(entries[e].evaluation.precision.classes[shown[i]].numbers.ap()));
    }
    page.chart(chart);
  }
}

void add_charts(Page& page, const std::vector<LeaderboardEntry>& entries) {
  auto at50 = precision_chart("Precision over recall, IoU .50, mean of the classes");
  auto at_all = precision_chart("The same, mean of IoU .50 to .95");
  Chart sizes{.kind = Chart::Kind::columns,
              .title = "AP per size of object",
              .x_title = "size",
              .y_title = "AP",
              .labels = {"small", "medium", "large"},
              .y_min = 0,
              .y_max = 1,
              .decimals = 3};
  for (const auto& entry : entries) {
    const auto& e = entry.evaluation;
    const auto name = name_of(entry);
    at50.series.push_back(precision_series(name, e.precision.precision50));
    at_all.series.push_back(precision_series(name, e.precision.precision));
    const auto& n = e.precision.numbers.values;
    sizes.series.push_back({.name = name, .values = {known(n[3]), known(n[4]), known(n[5])}});
  }
  page.chart(at50).chart(at_all).chart(sizes);
  add_class_charts(page, entries);
}

void add_details(Page& page, const LeaderboardEntry& entry) {
  const auto& e = entry.evaluation;
  page.section(name_of(entry));
  for (const auto& warning : e.warnings) page.advice(warning);
  page.table(class_grid(e));
  // Beyond this many classes nobody reads the matrix as a table.
  if (!e.confusion.cells.empty() && e.confusion.class_count <= 30) page.table(confusion_grid(e));
}

}  // namespace

std::string to_html(const std::vector<LeaderboardEntry>& entries, const HtmlOptions& options) {
  Page page(options.title);
  if (entries.empty()) {
    page.text("No evaluations.");
  } else {
    auto board = leaderboard(entries);
    page.subtitle(board.notes.front());
    board.notes.erase(board.notes.begin());
    page.section("Leaderboard").table(board).section("Charts");
    add_charts(page, entries);
    for (const auto& entry : entries) add_details(page, entry);
  }
  page.footer("Made by ds-compare" + (options.created_at.empty() ? "" : ", " + options.created_at));
  return page.html();
}

}  // namespace ds
