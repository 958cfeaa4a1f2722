#include "ds/report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ds/base/error.h"

namespace ds {

namespace {

using Json = nlohmann::ordered_json;
using Kind = Chart::Kind;

bool over_numbers(const Chart& chart) {
  return chart.kind == Kind::curve || chart.kind == Kind::scatter;
}

void check(const Chart& chart) {
  if (over_numbers(chart)) return;
  for (const auto& series : chart.series)
    if (series.values.size() != chart.labels.size())
      throw Error(fmt::format("series '{}' of chart '{}' has {} values for {} labels", series.name,
                              chart.title, series.values.size(), chart.labels.size()));
}

std::string color_of(const ChartSeries& series, std::size_t position) {
  return series.color.empty() ? fmt::format("--s{}", position % 8) : series.color;
}

Json data_of(const ChartSeries& series, const Chart& chart) {
  auto data = Json::array();
  if (over_numbers(chart)) {
    for (const auto& point : series.points) data.push_back({{"x", point.x}, {"y", point.y}});
  } else {
    for (const auto& value : series.values) data.push_back(value ? Json(*value) : Json(nullptr));
  }
  return data;
}

/// Single values are shown as points, too, while there are few.
bool is_dense(const ChartSeries& series) {
  return std::count_if(series.values.begin(), series.values.end(),
                       [](const auto& value) { return value.has_value(); }) > 40;
}

Json dataset_of(const Chart& chart, std::size_t position) {
  const auto& series = chart.series[position];
  const auto color = color_of(series, position);
  Json set = {{"label", series.name}, {"data", data_of(series, chart)}, {"backgroundColor", color}};
  switch (chart.kind) {
    case Kind::histogram:
      set["categoryPercentage"] = 1;
      set["barPercentage"] = 0.94;
      [[fallthrough]];
    case Kind::bars:
    case Kind::columns:
      set["borderRadius"] = 2;
      set["maxBarThickness"] = 46;
      break;
    case Kind::line:
    case Kind::curve:
      set["borderColor"] = color;
      set["borderWidth"] = 2;
      set["showLine"] = true;
      set["pointRadius"] = chart.kind == Kind::curve || is_dense(series) ? 0 : 2.5;
      set["pointHitRadius"] = 6;
      if (chart.kind == Kind::line) set["spanGaps"] = true;
      break;
    case Kind::scatter:
      set["pointRadius"] = series.points.size() > 300 ? 1.5 : 3;
      break;
  }
  if (chart.kind == Kind::histogram) set.erase("maxBarThickness");
  return set;
}

const char* chart_js_type(Kind kind) {
  switch (kind) {
    case Kind::line:
      return "line";
    case Kind::curve:
    case Kind::scatter:
      return "scatter";
    default:
      return "bar";
  }
}

/// @param values whether the axis carries values (else labels)
Json axis_of(const Chart& chart, const std::string& title, bool values, const std::optional<double>& low,
             const std::optional<double>& high) {
  Json axis = {{"ticks", {{"color", "--soft"}, {"maxRotation", 50}}},
               {"grid", {{"color", "--line"}, {"borderColor", "--line"}, {"display", values}}}};
  if (values) {
    axis["type"] = chart.logarithmic ? "logarithmic" : "linear";
    if (!chart.logarithmic && !over_numbers(chart)) axis["beginAtZero"] = true;
    if (chart.decimals == 0) axis["ticks"]["precision"] = 0;
  } else {
    axis["ticks"]["autoSkip"] = chart.kind != Kind::bars;
  }
  if (chart.stacked) axis["stacked"] = true;
  if (low) axis["min"] = *low;
  if (high) axis["max"] = *high;
  if (!title.empty()) axis["title"] = {{"display", true}, {"text", title}, {"color", "--soft"}};
  return axis;
}

}  // namespace

nlohmann::ordered_json chart_config(const Chart& chart) {
  check(chart);
  Json datasets = Json::array();
  for (std::size_t i = 0; i < chart.series.size(); ++i) datasets.push_back(dataset_of(chart, i));
  const bool lying = chart.kind == Kind::bars;
  Json options = {
      {"responsive", true},
      {"maintainAspectRatio", false},
      {"locale", "en"},
      {"interaction", {{"mode", over_numbers(chart) ? "nearest" : "index"}, {"intersect", false}}},
      {"plugins",
       {{"legend",
         {{"display", chart.series.size() > 1},
          {"labels", {{"color", "--text"}, {"boxWidth", 12}, {"boxHeight", 12}}}}}}},
      {"scales",
       {{"x", axis_of(chart, chart.x_title, lying || over_numbers(chart), chart.x_min, chart.x_max)},
        {"y", axis_of(chart, chart.y_title, !lying, chart.y_min, chart.y_max)}}}};
  if (lying) {
    options["indexAxis"] = "y";
    options["interaction"]["axis"] = "y";
  }
  // Their words stand above the curves, where the legend leaves room.
  if (!chart.marks.empty()) {
    options["layout"]["padding"]["top"] = 16;
    options["plugins"]["legend"]["align"] = "start";
  }
  for (const auto& mark : chart.marks)
    options["plugins"]["marks"]["lines"].push_back(
        {{"at", mark.at}, {"text", mark.text}, {"color", "--soft"}});
  Json data = {{"datasets", std::move(datasets)}};
  if (!over_numbers(chart)) data["labels"] = chart.labels;
  return {{"type", chart_js_type(chart.kind)}, {"data", std::move(data)}, {"options", std::move(options)}};
}

Grid chart_grid(const Chart& chart) {
  check(chart);
  Grid grid;
  auto name = [&](const ChartSeries& series) { return series.name.empty() ? chart.title : series.name; };
  if (over_numbers(chart)) {
    grid.columns = {{"series", "series", false},
                    {chart.x_title.empty() ? "x" : chart.x_title, "x"},
                    {chart.y_title.empty() ? "y" : chart.y_title, "y"}};
    for (const auto& series : chart.series)
      for (const auto& point : series.points)
        grid.rows.push_back({text_cell(name(series)), number_cell(point.x, chart.decimals),
                             number_cell(point.y, chart.decimals)});
    return grid;
  }
  const auto& title = chart.kind == Kind::bars ? chart.y_title : chart.x_title;
  grid.columns.push_back({title, "label", false});
  for (const auto& series : chart.series) grid.columns.push_back({name(series), name(series)});
  for (std::size_t i = 0; i < chart.labels.size(); ++i) {
    std::vector<Cell> row = {text_cell(chart.labels[i])};
    for (const auto& series : chart.series) row.push_back(number_cell(series.values[i], chart.decimals));
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

int chart_height(const Chart& chart) {
  if (chart.kind != Kind::bars) return 260;
  const auto series = chart.stacked ? 1 : std::max<std::size_t>(1, chart.series.size());
  const int extra = 34 + (chart.series.size() > 1 ? 30 : 0) + (chart.x_title.empty() ? 0 : 22);
  return std::max(160, extra + static_cast<int>(chart.labels.size() * (8 + 12 * series)));
}

}  // namespace ds
