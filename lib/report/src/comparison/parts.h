#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ds/base/table.h"
#include "ds/report/chart.h"
#include "ds/report/model_report.h"
#include "ds/report/page.h"

/// What the page, Markdown and CSV of a comparison are put together from.
namespace ds::detail {

/// A table with what is drawn beside it.
struct DrawnTable {
  Table table;
  TableLook look;
};

// Names and sentences (texts.cpp).

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

// Tables (tables.cpp, slice_tables.cpp).

/// leaderboard() of all models, their APs drawn.
DrawnTable report_leaderboard(const ComparisonReport& report);
DrawnTable pair_table(const ComparisonReport& report);
/// One row a class, one column a model: AP.
DrawnTable class_ap_table(const ComparisonReport& report);
/// One row a model: AP and AR of small, medium and large objects.
DrawnTable size_table(const ComparisonReport& report);
Table error_table(const ComparisonReport& report);
Table localization_table(const ComparisonReport& report);
Table class_localization_table(const ModelReport& model);
Table calibration_table(const ComparisonReport& report);
Table agreement_table(const ComparisonReport& report);
/// The most frequent confusions of two classes.
Table confusion_list(const Evaluation& evaluation, std::size_t limit);
HeatMap confusion_map(const Evaluation& evaluation);
/// One row a slice: AP of every model.
DrawnTable slice_overview(const ComparisonReport& report);
/// Slices of one model with their intervals.
DrawnTable slice_table(const ComparisonReport& report, std::size_t model);

// Charts (charts.cpp).

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
