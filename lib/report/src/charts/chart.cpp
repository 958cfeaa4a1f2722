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

constexpr std::size_t kPageColors = 8;  // of the page's style sheet

std::size_t place_of(const ChartSeries& series, std::size_t position) {
  return series.place.value_or(position);
}

std::string color_of(const ChartSeries& series, std::size_t position) {
  if (series.reference || series.joined) return "--soft";
  return series.color.empty() ? fmt::format("--s{}", place_of(series, position) % kPageColors) : series.color;
}

/// Beyond the colours, lines differ by their dashes and points by their shape. The legend draws its 24 pixels
/// there and back: dashes of 8 pixels that begin in their middle fall onto themselves.
Json dashes_of(const ChartSeries& series, std::size_t position) {
  static const Json kinds[] = {Json::array(), {5, 3}, {2, 2}};
  if (series.reference) return {4, 4};
  return kinds[place_of(series, position) / kPageColors % std::size(kinds)];
}

const char* shape_of(const ChartSeries& series, std::size_t position) {
  static constexpr const char* kinds[] = {"circle", "rect", "triangle"};
  return kinds[place_of(series, position) / kPageColors % std::size(kinds)];
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
      set["pointRadius"] =
          (chart.kind == Kind::curve && !chart.show_points) || series.reference || is_dense(series) ? 0 : 2.5;
      set["pointHitRadius"] = 6;
      if (auto dashes = dashes_of(series, position); !dashes.empty()) {
        set["borderDashOffset"] = dashes[0].get<double>() / 2;
        set["borderDash"] = std::move(dashes);
      }
      if (chart.kind == Kind::line) set["spanGaps"] = true;
      break;
    case Kind::scatter:
      if (series.joined) {
        set["borderColor"] = color;
        set["borderWidth"] = 1.5;
        set["showLine"] = true;
        set["pointRadius"] = 0;
        set["pointHitRadius"] = 0;
        break;
      }
      set["pointRadius"] = series.points.size() > 300 ? 1.5 : chart.name_points ? 5 : 3;
      if (const std::string shape = shape_of(series, position); shape != "circle") set["pointStyle"] = shape;
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

const std::string& name_of(const ChartSeries& series, const Chart& chart) {
  return series.name.empty() ? chart.title : series.name;
}

/// Whether several series have values at the same places: then they are columns beside each other.
bool share_positions(const Chart& chart) {
  if (chart.series.size() < 2) return false;
  const auto& first = chart.series.front().points;
  return std::all_of(chart.series.begin(), chart.series.end(), [&](const auto& series) {
    return std::equal(first.begin(), first.end(), series.points.begin(), series.points.end(),
                      [](const auto& a, const auto& b) { return a.x == b.x; });
  });
}

std::size_t step_of(const Chart& chart) {
  return static_cast<std::size_t>(std::max(1, chart.table_step));
}

Table shared_table(const Chart& chart) {
  Table table;
  table.columns.push_back({chart.x_title.empty() ? "x" : chart.x_title, "x"});
  for (const auto& series : chart.series) table.columns.push_back({name_of(series, chart), series.name});
  for (std::size_t i = 0; i < chart.series.front().points.size(); i += step_of(chart)) {
    std::vector<Cell> row = {number_cell(chart.series.front().points[i].x, chart.decimals)};
    for (const auto& series : chart.series) row.push_back(number_cell(series.points[i].y, chart.decimals));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table points_table(const Chart& chart) {
  Table table;
  table.columns = {{"series", "series", false},
                   {chart.x_title.empty() ? "x" : chart.x_title, "x"},
                   {chart.y_title.empty() ? "y" : chart.y_title, "y"}};
  for (const auto& series : chart.series)
    for (std::size_t i = 0; i < series.points.size(); i += step_of(chart))
      table.rows.push_back({text_cell(name_of(series, chart)),
                            number_cell(series.points[i].x, chart.decimals),
                            number_cell(series.points[i].y, chart.decimals)});
  return table;
}

}  // namespace

nlohmann::ordered_json chart_config(const Chart& chart) {
  check(chart);
  Json datasets = Json::array();
  for (std::size_t i = 0; i < chart.series.size(); ++i) datasets.push_back(dataset_of(chart, i));
  const bool lying = chart.kind == Kind::bars;
  // A line, with its dashes, stands for a line.
  const bool lines = chart.kind == Kind::line || chart.kind == Kind::curve;
  Json names = {{"color", "--text"}, {"boxWidth", lines ? 24 : 12}, {"boxHeight", lines ? 0 : 12}};
  Json options = {
      {"responsive", true},
      {"maintainAspectRatio", false},
      {"locale", "en"},
      {"interaction", {{"mode", over_numbers(chart) ? "nearest" : "index"}, {"intersect", false}}},
      {"plugins", {{"legend", {{"display", chart.series.size() > 1}, {"labels", std::move(names)}}}}},
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
  if (chart.name_points) {
    options["plugins"]["names"] = {{"shown", true}, {"color", "--text"}};
    options["plugins"]["legend"]["display"] = false;
  }
  for (const auto& mark : chart.marks)
    options["plugins"]["marks"]["lines"].push_back(
        {{"at", mark.at}, {"text", mark.text}, {"color", "--soft"}});
  Json data = {{"datasets", std::move(datasets)}};
  if (!over_numbers(chart)) data["labels"] = chart.labels;
  return {{"type", chart_js_type(chart.kind)}, {"data", std::move(data)}, {"options", std::move(options)}};
}

Table chart_table(const Chart& chart) {
  check(chart);
  if (over_numbers(chart)) return share_positions(chart) ? shared_table(chart) : points_table(chart);
  Table table;
  const auto& title = chart.kind == Kind::bars ? chart.y_title : chart.x_title;
  table.columns.push_back({title, "label", false});
  for (const auto& series : chart.series)
    table.columns.push_back({name_of(series, chart), name_of(series, chart)});
  for (std::size_t i = 0; i < chart.labels.size(); ++i) {
    std::vector<Cell> row = {text_cell(chart.labels[i])};
    for (const auto& series : chart.series) row.push_back(number_cell(series.values[i], chart.decimals));
    table.rows.push_back(std::move(row));
  }
  return table;
}

int chart_height(const Chart& chart) {
  if (chart.kind != Kind::bars) {
    // A legend of many names takes its own room.
    const auto names = chart.name_points ? 0 : chart.series.size();
    return 260 + (names > 8 ? static_cast<int>(names) * 9 : 0);
  }
  const auto series = chart.stacked ? 1 : std::max<std::size_t>(1, chart.series.size());
  const int extra = 34 + (chart.series.size() > 1 ? 30 : 0) + (chart.x_title.empty() ? 0 : 22);
  return std::max(160, extra + static_cast<int>(chart.labels.size() * (8 + 12 * series)));
}

}  // namespace ds
