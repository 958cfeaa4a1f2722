#pragma once

#include <optional>
#include <string>
#include <vector>

/// Charts as inline SVG. Colours are the style sheet's --s0 to --s7, by the position of the series.
namespace ds::detail {

struct CurveSeries {
  std::string name;
  std::vector<double> x;  // both in [0,1]
  std::vector<double> y;
};
std::string curve_chart(const std::string& x_title, const std::string& y_title,
                        const std::vector<CurveSeries>& all);

/// One group of bars a label, one bar a series; values in [0,1], nothing where there is no value.
struct BarSeries {
  std::string name;
  std::vector<std::optional<double>> values;
};
std::string bar_chart(const std::vector<std::string>& labels, const std::vector<BarSeries>& all);

/// The names with their colours; empty for a single series.
std::string legend(const std::vector<std::string>& names);

}  // namespace ds::detail
