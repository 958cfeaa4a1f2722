#include "charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace ds::detail {
namespace {

constexpr std::size_t kMostClasses = 8;  // as many colours as the page has

using Value = std::optional<double>;
using Getter = std::function<Value(const EpochMetrics&)>;

/// An empty chart over the epochs of the longest run, the closing part marked.
Chart epochs_chart(const std::string& title, const std::vector<RunView>& runs, int decimals) {
  Chart chart{.kind = Chart::Kind::line, .title = title, .x_title = "epoch", .decimals = decimals};
  int last = 0;
  for (const auto& run : runs)
    if (!run.epochs.empty()) last = std::max(last, run.epochs.back().epoch);
  for (int epoch = 1; epoch <= last; ++epoch) chart.labels.push_back(std::to_string(epoch));
  if (runs.size() != 1) return chart;
  const auto& epochs = runs[0].epochs;
  auto closing = std::find_if(epochs.begin(), epochs.end(), [](const auto& epoch) { return epoch.closing; });
  if (closing != epochs.end())
    chart.marks.push_back({static_cast<double>(closing->epoch - 1), "closing part"});
  return chart;
}

ChartSeries series_of(const std::string& name, const RunView& run, const Chart& chart, const Getter& get) {
  ChartSeries series{.name = name, .values = std::vector<Value>(chart.labels.size())};
  for (const auto& epoch : run.epochs)
    if (epoch.epoch >= 1) series.values[static_cast<std::size_t>(epoch.epoch) - 1] = get(epoch);
  return series;
}

Value value_of(const std::vector<std::pair<std::string, double>>& pairs, const std::string& name) {
  for (const auto& [key, value] : pairs)
    if (key == name) return value;
  return std::nullopt;
}

/// Digits that leave two of them for the smallest rate.
int rate_decimals(const std::vector<RunView>& runs) {
  double smallest = 1;
  for (const auto& run : runs)
    for (const auto& epoch : run.epochs)
      if (epoch.learning_rate > 0) smallest = std::min(smallest, epoch.learning_rate);
  return std::clamp(1 - static_cast<int>(std::floor(std::log10(smallest))), 2, 12);
}

Value known(double value) {
  return value < 0 ? std::nullopt : Value(value);
}

Chart overlay(Chart chart, const std::vector<RunView>& runs, const Getter& get) {
  const auto names = short_names(runs);
  for (std::size_t i = 0; i < runs.size(); ++i)
    chart.series.push_back(series_of(names[i], runs[i], chart, get));
  return chart;
}

}  // namespace

Chart loss_chart(const RunView& run) {
  auto chart = epochs_chart("Loss", {run}, 3);
  chart.series.push_back(series_of("total", run, chart, [](const auto& epoch) { return epoch.loss; }));
  // A part may appear with the closing part only.
  std::vector<std::string> names;
  for (const auto& epoch : run.epochs)
    for (const auto& [name, value] : epoch.parts)
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  for (const auto& name : names)
    chart.series.push_back(
        series_of(name, run, chart, [&](const auto& epoch) { return value_of(epoch.parts, name); }));
  return chart;
}

Chart precision_chart(const RunView& run) {
  auto chart = epochs_chart("AP on val", {run}, 3);
  chart.series.push_back(series_of("AP", run, chart, [](const auto& epoch) { return epoch.ap; }));
  chart.series.push_back(series_of("AP50", run, chart, [](const auto& epoch) { return epoch.ap50; }));
  return chart;
}

Chart class_chart(const RunView& run) {
  auto chart = epochs_chart("AP per class on val", {run}, 3);
  const auto* best = run.best();
  if (best == nullptr) return chart;
  auto classes = best->class_ap;
  std::erase_if(classes, [](const auto& one) { return one.second < 0; });
  if (classes.size() > kMostClasses) {
    std::stable_sort(classes.begin(), classes.end(),
                     [](const auto& a, const auto& b) { return a.second < b.second; });
    chart.note = fmt::format("The {} classes of the lowest AP in epoch {}, of {}.", kMostClasses, best->epoch,
                             classes.size());
    classes.resize(kMostClasses);
  }
  for (const auto& [name, value] : classes)
    chart.series.push_back(series_of(name, run, chart, [&name = name](const auto& epoch) {
      return known(value_of(epoch.class_ap, name).value_or(-1));
    }));
  return chart;
}

Chart rate_chart(const RunView& run) {
  auto chart = epochs_chart("Learning rate", {run}, rate_decimals({run}));
  chart.series.push_back(
      series_of("rate", run, chart, [](const auto& epoch) { return epoch.learning_rate; }));
  return chart;
}

Chart speed_chart(const RunView& run) {
  auto chart = epochs_chart("Images a second in training", {run}, 1);
  chart.series.push_back(
      series_of("images/s", run, chart, [](const auto& epoch) { return epoch.images_per_s; }));
  return chart;
}

Chart gradient_chart(const RunView& run) {
  auto chart = epochs_chart("Norm of the gradient", {run}, 2);
  chart.series.push_back(
      series_of("norm", run, chart, [](const auto& epoch) { return epoch.gradient_norm; }));
  return chart;
}

Chart losses_chart(const std::vector<RunView>& runs) {
  return overlay(epochs_chart("Loss", runs, 3), runs, [](const auto& epoch) { return epoch.loss; });
}

Chart precisions_chart(const std::vector<RunView>& runs) {
  return overlay(epochs_chart("AP on val", runs, 3), runs, [](const auto& epoch) { return epoch.ap; });
}

Chart rates_chart(const std::vector<RunView>& runs) {
  return overlay(epochs_chart("Learning rate", runs, rate_decimals(runs)), runs,
                 [](const auto& epoch) { return epoch.learning_rate; });
}

}  // namespace ds::detail
