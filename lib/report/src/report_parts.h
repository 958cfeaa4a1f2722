#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ds/report/chart.h"
#include "ds/report/grid.h"
#include "ds/report/model_report.h"
#include "ds/report/page.h"

/// What the page, Markdown and CSV of a comparison are put together from.
namespace ds::detail {

/// A grid with what is drawn beside it.
struct DrawnGrid {
  Grid grid;
  TableLook look;
};

// Names and sentences (report_texts.cpp).

/// Name and settings, as in the leaderboard.
std::string name_of(const ModelReport& model);
std::vector<std::string> model_names(const ComparisonReport& report);
std::optional<double> ap_of(const ModelReport& model, int number = 0);
/// The model of the highest AP; the first of equal ones. 0 without models.
std::size_t best_model(const ComparisonReport& report);
/// "0.412 [0.380 to 0.441]"
std::string with_interval(double value, const std::optional<Interval>& interval);
/// Which models this data tells apart, one sentence each.
std::vector<std::string> verdicts(const ComparisonReport& report);
/// Of everything beyond the leaderboard that the report has, with the source of each formula.
std::vector<std::string> report_definitions(const ComparisonReport& report);

// Tables (report_grids.cpp, slice_grids.cpp).

/// leaderboard() of all models, their APs drawn.
DrawnGrid report_leaderboard(const ComparisonReport& report);
DrawnGrid pair_grid(const ComparisonReport& report);
/// One row a class, one column a model: AP.
DrawnGrid class_ap_grid(const ComparisonReport& report);
/// One row a model: AP and AR of small, medium and large objects.
DrawnGrid size_grid(const ComparisonReport& report);
Grid error_grid(const ComparisonReport& report);
Grid localization_grid(const ComparisonReport& report);
Grid class_localization_grid(const ModelReport& model);
Grid calibration_grid(const ComparisonReport& report);
Grid agreement_grid(const ComparisonReport& report);
/// The most frequent confusions of two classes.
Grid confusion_list(const Evaluation& evaluation, std::size_t limit);
HeatMap confusion_map(const Evaluation& evaluation);
/// One row a slice: AP of every model.
DrawnGrid slice_overview(const ComparisonReport& report);
/// Slices of one model with their intervals.
DrawnGrid slice_grid(const ComparisonReport& report, std::size_t model);

// Charts (report_charts.cpp).

/// Indices of models that no other one beats in both numbers: at least as high an AP for at most the cost,
/// and one of them better. By rising cost; models without either number are left out.
/// @param costs as the models
std::vector<std::size_t> pareto_front(const ComparisonReport& report,
                                      const std::vector<std::optional<double>>& costs);
/// A fact of every model (Evaluation::facts()).
std::vector<std::optional<double>> costs_of(const ComparisonReport& report, const std::string& fact);
/// AP over latency and over size, for those that two models at least have.
std::vector<Chart> pareto_charts(const ComparisonReport& report);
/// @param all_ious mean over IoU .50 to .95, else IoU .50
Chart precision_chart(const ComparisonReport& report, bool all_ious);
Chart class_precision_chart(const ComparisonReport& report, std::size_t class_idx);
/// AP per class as bars, twenty classes a figure; none where bars would be too many to read.
std::vector<Chart> class_charts(const ComparisonReport& report);
Chart size_chart(const ComparisonReport& report);
/// What AP50 would gain without the errors of a kind, a few models a figure.
std::vector<Chart> error_charts(const ComparisonReport& report);
Chart reliability_chart(const ComparisonReport& report);
/// Detections of each range of scores, right and wrong.
Chart score_chart(const ModelReport& model);

}  // namespace ds::detail
