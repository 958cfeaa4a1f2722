#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ds/base/table.h"

namespace ds {

struct ChartPoint {
  double x = 0;
  double y = 0;
};

struct ChartSeries {
  std::string name;
  std::vector<std::optional<double>> values = {};  // beside Chart::labels; nothing: a gap
  std::vector<ChartPoint> points = {};             // of curves and scatter
  std::string color = {};                          // "#rrggbb"; empty: the page's, by place
  /// Which of the page's colours and dashes: what stands for one model looks the same in every chart.
  std::optional<std::size_t> place = std::nullopt;  // absent: its position
  bool reference = false;                           // a soft dashed line to compare the others with
  bool joined = false;  // of scatter: a soft line through the points, without dots
};

/// A dashed line across a chart, with a word beside it: where something changed.
struct ChartMark {
  double at = 0;  // x of curves and scatter; of the others the position among the labels, from 0
  std::string text;
};

/// A chart as data. How it is drawn is the business of Chart.js (ds/report/page.h) or of ds/report/picture.h.
struct Chart {
  enum class Kind {
    bars,       // lying, one row a label: names of classes
    columns,    // standing, one a label
    histogram,  // columns that touch: labels are ranges of numbers in order
    line,       // over labels in order; a gap is crossed
    curve,      // over numbers: points joined
    scatter,    // points
  };
  Kind kind = Kind::columns;
  std::string title;
  std::string note = {};  // a sentence under it
  std::string x_title = {};
  std::string y_title = {};
  std::vector<std::string> labels = {};  // bars, columns, histogram, line
  std::vector<ChartSeries> series = {};
  std::vector<ChartMark> marks = {};
  bool stacked = false;      // series on top of each other
  bool logarithmic = false;  // the axis of values; zeros are not drawn then
  std::optional<double> x_min = std::nullopt, x_max = std::nullopt;
  std::optional<double> y_min = std::nullopt, y_max = std::nullopt;
  int decimals = 0;          // in the chart's table
  bool show_points = false;  // dots on a curve
  bool name_points = false;  // of scatter: the name of the series beside its points
  int table_step = 1;        // of curves: every n-th point stands in the chart's table
};

/// The chart's configuration for Chart.js 3: pure data, no functions. Colours are names of the page's style
/// variables ("--s0"). Throws Error when a series has not as many values as the chart has labels.
nlohmann::ordered_json chart_config(const Chart& chart);

/// The same numbers as a table.
Table chart_table(const Chart& chart);

/// How high the chart needs to be, in CSS pixels.
int chart_height(const Chart& chart);

/// A table whose cells are coloured by their value, or by `strengths` where they are given.
struct HeatMap {
  std::string title;
  std::string note = {};
  std::vector<std::string> columns;
  std::vector<std::string> rows;
  std::vector<double> values;  // row by row
  int decimals = 0;
  bool numbers = true;                 // written into the cells, else read by assistive tools only
  std::vector<double> strengths = {};  // 0 to 1, row by row; empty: the value over the largest
  /// Cells of one size that scroll under fixed titles, for up to a hundred rows and columns; zeros are empty.
  bool large = false;
};

}  // namespace ds
