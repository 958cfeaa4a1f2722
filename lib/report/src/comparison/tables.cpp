#include <fmt/format.h>

#include <algorithm>

#include "comparison/parts.h"
#include "ds/report/analysis_tables.h"
#include "tables/optional_numbers.h"

namespace ds::detail {

namespace {

ErrorBar bar_of(const std::optional<double>& value, const std::optional<Interval>& interval) {
  ErrorBar bar{.value = value};
  if (interval) {
    bar.low = interval->low;
    bar.high = interval->high;
  }
  return bar;
}

}  // namespace

DrawnTable report_leaderboard(const ComparisonReport& report) {
  std::vector<LeaderboardEntry> entries;
  for (const auto& model : report.models) entries.push_back(model.entry);
  DrawnTable made{leaderboard(entries), {}};
  const bool drawn = std::any_of(entries.begin(), entries.end(),
                                 [](const auto& entry) { return entry.evaluation.intervals[0].has_value(); });
  if (drawn) {
    made.look.bars_title = "AP";
    for (const auto& model : report.models)
      made.look.bars.push_back(bar_of(ap_of(model), model.entry.evaluation.intervals[0]));
    made.look.reference = ap_of(report.models[best_model(report)]);
    made.look.bars_before = 3;  // after AP, where it is seen without scrolling
  }
  return made;
}

DrawnTable pair_table(const ComparisonReport& report) {
  DrawnTable made{pairs_table(model_names(report), report.pairwise), {}};
  for (const auto& pair : report.pairwise.pairs)
    made.look.bars.push_back(bar_of(pair.difference, pair.interval));
  made.look.bars_title = "difference";
  made.look.reference = 0;
  return made;
}

DrawnTable class_ap_table(const ComparisonReport& report) {
  DrawnTable made;
  made.table.columns = {{"class", "class", false}, {"objects", "objects"}};
  for (std::size_t i = 0; i < report.models.size(); ++i) {
    const auto name = name_of(report.models[i]);
    made.table.columns.push_back({name, name});
    made.look.shaded.push_back(i + 2);
  }
  const auto& first = report.models.front().entry.evaluation;
  for (std::size_t c = 0; c < first.class_names.size(); ++c) {
    std::vector<Cell> row = {text_cell(first.class_names[c]),
                             count_cell(first.precision.classes.at(c).objects)};
    for (const auto& model : report.models)
      row.push_back(number_cell(known(model.entry.evaluation.precision.classes.at(c).numbers.ap()), 3));
    made.table.rows.push_back(std::move(row));
  }
  made.table.notes = {"AP of each class; n/a: no objects of the class. A darker cell is a higher AP."};
  return made;
}

DrawnTable size_table(const ComparisonReport& report) {
  DrawnTable made;
  made.table.columns = {{"model", "model", false}};
  constexpr int kNumbers[] = {3, 4, 5, 9, 10, 11};
  static constexpr const char* kTitles[] = {"AP small", "AP medium", "AP large",
                                            "AR small", "AR medium", "AR large"};
  for (std::size_t i = 0; i < std::size(kNumbers); ++i) {
    made.table.columns.push_back({kTitles[i], coco_number_names()[static_cast<std::size_t>(kNumbers[i])]});
    made.look.shaded.push_back(i + 1);
  }
  for (const auto& model : report.models) {
    std::vector<Cell> row = {text_cell(name_of(model))};
    for (const int number : kNumbers) row.push_back(number_cell(ap_of(model, number), 3));
    made.table.rows.push_back(std::move(row));
  }
  made.table.notes = {
      "Small: up to 32x32 pixels; medium: up to 96x96; large: above. AR: recall, mean of IoU .50 to .95."};
  return made;
}

Table error_table(const ComparisonReport& report) {
  Table table;
  table.columns = {{"model", "model", false}, {"AP50", "ap50"}};
  for (int type = 0; type < kErrorTypeCount; ++type) {
    const auto name = to_string(static_cast<ErrorType>(type));
    table.columns.push_back({name, name});
  }
  table.columns.push_back({"without wrong detections", "gain_without_false_positives"});
  table.columns.push_back({"without misses", "gain_without_misses"});
  for (const auto& model : report.models) {
    std::vector<Cell> row = {text_cell(name_of(model)), number_cell(model.errors.ap50, 3)};
    for (std::size_t type = 0; type < kErrorTypeCount; ++type)
      row.push_back({fmt::format("{:+.2f} ({})", 100 * model.errors.gain[type], model.errors.counts[type]),
                     model.errors.gain[type]});
    for (const auto gain : {model.errors.gain_without_false_positives, model.errors.gain_without_misses})
      row.push_back({fmt::format("{:+.2f}", 100 * gain), gain});
    table.rows.push_back(std::move(row));
  }
  table.notes = {"Points of AP50 that would be gained, of 100, and the number of such errors in brackets."};
  return table;
}

namespace {

std::vector<Cell> localization_cells(const LocalizationRecallError& error) {
  return {number_cell(error.error, 3), number_cell(error.localization, 3),
          number_cell(error.false_positives, 3), number_cell(error.false_negatives, 3)};
}

const std::vector<TableColumn>& localization_columns() {
  static const std::vector<TableColumn> columns = {{"oLRP", "olrp"},
                                                   {"1 - IoU of hits", "localization"},
                                                   {"wrong detections", "false_positives"},
                                                   {"missed objects", "false_negatives"}};
  return columns;
}

}  // namespace

Table localization_table(const ComparisonReport& report) {
  Table table;
  table.columns = {{"model", "model", false}};
  table.columns.insert(table.columns.end(), localization_columns().begin(), localization_columns().end());
  for (const auto& model : report.models) {
    std::vector<Cell> row = {text_cell(name_of(model))};
    for (auto& cell : localization_cells(model.localization.mean)) row.push_back(std::move(cell));
    table.rows.push_back(std::move(row));
  }
  table.notes = {"Lower is better. Mean of the classes, each at its own best threshold."};
  return table;
}

Table class_localization_table(const ModelReport& model) {
  Table table;
  const auto& e = model.entry.evaluation;
  table.title = name_of(model) + ", per class";
  table.columns = {{"class", "class", false}};
  table.columns.insert(table.columns.end(), localization_columns().begin(), localization_columns().end());
  table.columns.push_back({"best threshold", "threshold"});
  for (std::size_t c = 0; c < std::min(e.class_names.size(), model.localization.classes.size()); ++c) {
    std::vector<Cell> row = {text_cell(e.class_names[c])};
    for (auto& cell : localization_cells(model.localization.classes[c])) row.push_back(std::move(cell));
    row.push_back(number_cell(model.localization.classes[c].threshold, 3));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table calibration_table(const ComparisonReport& report) {
  Table table;
  table.columns = {{"model", "model", false},
                   {"D-ECE", "d_ece"},
                   {"LaECE", "la_ece"},
                   {"detections", "detections"},
                   {"threshold", "threshold"}};
  for (const auto& model : report.models) {
    std::int64_t detections = 0;
    for (const auto& bin : model.calibration.bins) detections += bin.detections;
    table.rows.push_back({text_cell(name_of(model)), number_cell(model.calibration.d_ece, 3),
                          number_cell(model.calibration.la_ece, 3), count_cell(detections),
                          number_cell(model.entry.evaluation.operating.threshold, 3)});
  }
  table.notes = {"Lower is better. Over the detections from the operating threshold on."};
  return table;
}

Table agreement_table(const ComparisonReport& report) {
  Table table;
  table.columns = {{"model", "a", false},
                   {"and", "b", false},
                   {"found by both", "both"},
                   {"only by the first", "only_a"},
                   {"only by the second", "only_b"},
                   {"by neither", "neither"},
                   {"kappa", "kappa"}};
  for (const auto& pair : report.agreement.pairs)
    table.rows.push_back({text_cell(name_of(report.models.at(pair.a))),
                          text_cell(name_of(report.models.at(pair.b))), count_cell(pair.both),
                          count_cell(pair.only_a), count_cell(pair.only_b), count_cell(pair.neither),
                          number_cell(pair.kappa(), 3)});
  table.notes.push_back(
      fmt::format("Objects that every model missed: {}.", report.agreement.missed_by_all.size()));
  return table;
}

Table confusion_list(const Evaluation& e, std::size_t limit) {
  struct Confusion {
    std::size_t truth, detected;
    std::int64_t count;
  };
  std::vector<Confusion> all;
  const auto classes = e.confusion.class_count;
  std::vector<std::int64_t> objects(classes, 0);
  for (std::size_t t = 0; t < classes && !e.confusion.cells.empty(); ++t)
    for (std::size_t d = 0; d <= classes; ++d) {
      objects[t] += e.confusion.at(t, d);
      if (d != t && d < classes && e.confusion.at(t, d) > 0) all.push_back({t, d, e.confusion.at(t, d)});
    }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
  Table table;
  table.title = "Most frequent confusions";
  table.columns = {{"is", "truth", false},
                   {"is taken for", "detected", false},
                   {"times", "count"},
                   {"of its objects", "share"}};
  if (all.size() > limit) {
    table.notes.push_back(fmt::format("The {} most frequent of {} kinds.", limit, all.size()));
    all.resize(limit);
  }
  for (const auto& each : all) {
    const double share = static_cast<double>(each.count) / static_cast<double>(objects[each.truth]);
    table.rows.push_back({text_cell(e.class_names.at(each.truth)),
                          text_cell(e.class_names.at(each.detected)),
                          count_cell(each.count),
                          {fmt::format("{:.1f} %", 100 * share), share}});
  }
  return table;
}

HeatMap confusion_map(const Evaluation& e) {
  HeatMap map{
      .title = "Confusion matrix: true classes down, detected classes across",
      .note =
          "Numbers are counts; the darker a cell, the larger its share of the row. Empty is 0. The diagonal "
          "holds what is right, the last column what was missed, the last row detections of nothing.",
      .columns = e.class_names,
      .large = true};
  map.columns.emplace_back("(background)");
  map.rows = map.columns;
  const auto side = map.rows.size();
  for (std::size_t t = 0; t < side; ++t) {
    std::int64_t sum = 0;
    for (std::size_t d = 0; d < side; ++d) sum += e.confusion.at(t, d);
    for (std::size_t d = 0; d < side; ++d) {
      const auto count = static_cast<double>(e.confusion.at(t, d));
      map.values.push_back(count);
      map.strengths.push_back(sum > 0 ? count / static_cast<double>(sum) : 0);
    }
  }
  return map;
}

}  // namespace ds::detail
