#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "charts/ticks.h"
#include "comparison/parts.h"
#include "ds/base/text.h"
#include "tables/optional_numbers.h"

namespace ds::detail {

namespace {

/// A drawing needs no more; the table and the JSON have every digit.
double rounded(double value) {
  return std::round(value * 1e4) / 1e4;
}

ChartSeries precision_series(const ModelReport& model, std::size_t place, const PrecisionCurve& curve) {
  ChartSeries series{.name = name_of(model), .place = place};
  for (std::size_t r = 0; r < curve.size(); ++r)
    series.points.push_back({rounded(recall_thresholds()[r]), rounded(std::max(0.0, curve[r]))});
  return series;
}

Chart empty_precision_chart(std::string title) {
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

using Costs = std::vector<std::optional<double>>;

Chart pareto_chart(const ComparisonReport& report, const Costs& costs, std::string title,
                   std::string x_title) {
  const auto front = pareto_front(report, costs);
  Chart chart{
      .kind = Chart::Kind::scatter,
      .title = std::move(title),
      .note = "Upwards and to the left is better. The line joins the models that no other one beats in both.",
      .x_title = std::move(x_title),
      .y_title = "AP",
      .x_min = 0,
      .decimals = 3,
      .name_points = true};
  for (std::size_t i = 0; i < report.models.size(); ++i) {
    const auto ap = ap_of(report.models[i]);
    if (!ap || !costs[i]) continue;
    chart.series.push_back({.name = name_of(report.models[i]), .points = {{*costs[i], *ap}}, .place = i});
  }
  ChartSeries line{.name = "best trade-offs (Pareto front)", .joined = true};
  for (const auto i : front) line.points.push_back({*costs[i], *ap_of(report.models[i])});
  if (line.points.size() > 1) chart.series.push_back(std::move(line));
  return chart;
}

constexpr std::size_t kClassesAFigure = 20;
constexpr std::size_t kModelsOfBars = 4;
constexpr std::size_t kModelsAFigure = 5;

/// The classes that have objects, in the order of the class list.
std::vector<std::size_t> occurring_classes(const Evaluation& evaluation) {
  std::vector<std::size_t> shown;
  for (std::size_t c = 0; c < evaluation.precision.classes.size(); ++c)
    if (evaluation.precision.classes[c].numbers.ap() >= 0) shown.push_back(c);
  return shown;
}

/// Bars of one figure must be as long as equal ones of the next.
void share_scale(std::vector<Chart>& charts) {
  double low = 0, high = 0;
  for (const auto& chart : charts)
    for (const auto& series : chart.series)
      for (const auto& value : series.values) {
        low = std::min(low, value.value_or(0));
        high = std::max(high, value.value_or(0));
      }
  const auto ticks = nice_ticks(low, high, 6);
  for (auto& chart : charts) {
    chart.x_min = ticks.low;
    chart.x_max = ticks.high;
  }
}

}  // namespace

Costs costs_of(const ComparisonReport& report, const std::string& fact) {
  Costs costs;
  for (const auto& model : report.models) {
    const auto facts = model.entry.evaluation.facts();
    const auto at = facts.find(fact);
    costs.push_back(at == facts.end() ? std::nullopt : std::optional(at->second));
  }
  return costs;
}

std::vector<std::size_t> pareto_front(const ComparisonReport& report, const Costs& costs) {
  std::vector<std::size_t> front;
  auto ap = [&](std::size_t i) { return ap_of(report.models[i]); };
  for (std::size_t i = 0; i < report.models.size(); ++i) {
    if (!ap(i) || !costs[i]) continue;
    bool beaten = false;
    for (std::size_t j = 0; j < report.models.size() && !beaten; ++j)
      beaten = ap(j) && costs[j] && *ap(j) >= *ap(i) && *costs[j] <= *costs[i] &&
               (*ap(j) > *ap(i) || *costs[j] < *costs[i]);
    if (!beaten) front.push_back(i);
  }
  std::stable_sort(front.begin(), front.end(), [&](auto a, auto b) { return *costs[a] < *costs[b]; });
  return front;
}

std::vector<Chart> pareto_charts(const ComparisonReport& report) {
  std::vector<Chart> charts;
  struct Axis {
    const char* fact;
    const char* title;
    const char* x_title;
  };
  for (const auto& axis : {Axis{"latency_p50_ms", "AP over latency", "median latency, ms an image"},
                           Axis{"size_mb", "AP over size", "size of the file, MB"}}) {
    const auto costs = costs_of(report, axis.fact);
    if (std::count_if(costs.begin(), costs.end(), [](const auto& cost) { return cost.has_value(); }) > 1)
      charts.push_back(pareto_chart(report, costs, axis.title, axis.x_title));
  }
  return charts;
}

Chart precision_chart(const ComparisonReport& report, bool all_ious) {
  auto chart = empty_precision_chart(all_ious ? "The same, mean of IoU .50 to .95"
                                              : "Precision over recall, IoU .50, mean of the classes");
  for (std::size_t i = 0; i < report.models.size(); ++i) {
    const auto& precision = report.models[i].entry.evaluation.precision;
    chart.series.push_back(
        precision_series(report.models[i], i, all_ious ? precision.precision : precision.precision50));
  }
  return chart;
}

Chart class_precision_chart(const ComparisonReport& report, std::size_t class_idx) {
  const auto& first = report.models.front().entry.evaluation;
  auto chart = empty_precision_chart("Precision over recall, IoU .50: " + first.class_names[class_idx]);
  chart.note = counted(first.precision.classes[class_idx].objects, "object") + " of this class.";
  chart.table_step = 10;
  for (std::size_t i = 0; i < report.models.size(); ++i)
    chart.series.push_back(precision_series(
        report.models[i], i, report.models[i].entry.evaluation.precision.classes[class_idx].precision50));
  return chart;
}

std::vector<Chart> class_charts(const ComparisonReport& report) {
  if (report.models.size() > kModelsOfBars) return {};
  std::vector<Chart> charts;
  const auto& first = report.models.front().entry.evaluation;
  const auto shown = occurring_classes(first);
  for (std::size_t begin = 0; begin < shown.size(); begin += kClassesAFigure) {
    Chart chart{.kind = Chart::Kind::bars,
                .title = begin == 0 ? "AP per class" : "AP per class, continued",
                .x_title = "AP",
                .y_title = "class",
                .x_min = 0,
                .x_max = 1,
                .decimals = 3};
    for (std::size_t i = 0; i < report.models.size(); ++i)
      chart.series.push_back({.name = name_of(report.models[i]), .place = i});
    for (auto at = begin; at < std::min(shown.size(), begin + kClassesAFigure); ++at) {
      chart.labels.push_back(first.class_names[shown[at]]);
      for (std::size_t i = 0; i < report.models.size(); ++i)
        chart.series[i].values.push_back(
            known(report.models[i].entry.evaluation.precision.classes[shown[at]].numbers.ap()));
    }
    charts.push_back(std::move(chart));
  }
  return charts;
}

Chart size_chart(const ComparisonReport& report) {
  Chart chart{.kind = Chart::Kind::columns,
              .title = "AP per size of object",
              .note = "Up to 32x32 pixels, up to 96x96, and larger.",
              .x_title = "size",
              .y_title = "AP",
              .labels = {"small", "medium", "large"},
              .y_min = 0,
              .y_max = 1,
              .decimals = 3};
  for (std::size_t i = 0; i < report.models.size(); ++i) {
    const auto& model = report.models[i];
    chart.series.push_back(
        {.name = name_of(model), .values = {ap_of(model, 3), ap_of(model, 4), ap_of(model, 5)}, .place = i});
  }
  return chart;
}

std::vector<Chart> error_charts(const ComparisonReport& report) {
  std::vector<Chart> charts;
  for (std::size_t begin = 0; begin < report.models.size(); begin += kModelsAFigure) {
    Chart chart{.kind = Chart::Kind::bars,
                .title = begin == 0 ? "What AP50 would gain without each kind of error"
                                    : "What AP50 would gain, further models",
                .x_title = "AP50 points of 100",
                .y_title = "model",
                .decimals = 2};
    const auto end = std::min(report.models.size(), begin + kModelsAFigure);
    for (int type = 0; type < kErrorTypeCount; ++type) {
      ChartSeries series{.name = to_string(static_cast<ErrorType>(type))};
      for (auto i = begin; i < end; ++i)
        series.values.emplace_back(100 * report.models[i].errors.gain[static_cast<std::size_t>(type)]);
      chart.series.push_back(std::move(series));
    }
    for (auto i = begin; i < end; ++i) chart.labels.push_back(name_of(report.models[i]));
    charts.push_back(std::move(chart));
  }
  if (charts.size() > 1) share_scale(charts);
  return charts;
}

Chart reliability_chart(const ComparisonReport& report) {
  Chart chart{
      .kind = Chart::Kind::curve,
      .title = "Share of right detections over their score",
      .note =
          "On the dashed line a score means what it says. Below it a model is too sure of itself. A dot is "
          "a range of scores that has detections.",
      .x_title = "mean score",
      .y_title = "share that is right",
      .x_min = 0,
      .x_max = 1,
      .y_min = 0,
      .y_max = 1,
      .decimals = 3,
      .show_points = true};
  for (std::size_t i = 0; i < report.models.size(); ++i) {
    ChartSeries series{.name = name_of(report.models[i]), .place = i};
    for (const auto& bin : report.models[i].calibration.bins)
      if (bin.detections > 0) series.points.push_back({rounded(bin.mean_score), rounded(bin.precision)});
    chart.series.push_back(std::move(series));
  }
  chart.series.push_back({.name = "perfect", .points = {{0, 0}, {1, 1}}, .reference = true});
  return chart;
}

Chart score_chart(const ModelReport& model) {
  Chart chart{.kind = Chart::Kind::histogram,
              .title = name_of(model) + ": detections of each range of scores",
              .x_title = "score",
              .y_title = "detections",
              .series = {{.name = "right"}, {.name = "wrong"}},
              .stacked = true};
  for (const auto& bin : model.calibration.bins) {
    chart.labels.push_back(fmt::format("{:.2f}-{:.2f}", bin.low, bin.high));
    const auto right = std::round(bin.precision * static_cast<double>(bin.detections));
    chart.series[0].values.emplace_back(right);
    chart.series[1].values.emplace_back(static_cast<double>(bin.detections) - right);
  }
  return chart;
}

}  // namespace ds::detail
