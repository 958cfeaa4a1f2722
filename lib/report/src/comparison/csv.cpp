#include <algorithm>

#include "comparison/parts.h"
#include "ds/report/comparison_page.h"
#include "tables/optional_numbers.h"

namespace ds {

namespace {

/// Collects rows; numbers that are not known make none.
class Rows {
 public:
  explicit Rows(Table& table) : table_(table) {}
  void begin(std::string model) { model_ = std::move(model); }
  void add(const std::string& metric, const std::optional<double>& value,
           const std::optional<Interval>& interval = std::nullopt) {
    if (!value) return;
    auto end = [&](double Interval::*which) { return interval ? Cell{"", (*interval).*which} : Cell{"n/a"}; };
    table_.rows.push_back(
        {text_cell(model_), text_cell(metric), Cell{"", value}, end(&Interval::low), end(&Interval::high)});
  }

 private:
  Table& table_;
  std::string model_;
};

void add_facts(Rows& rows, const Evaluation& e) {
  const auto& names = coco_number_names();
  for (std::size_t n = 0; n < kCocoNumberCount; ++n)
    rows.add(names[n], detail::known(e.precision.numbers.values[n]),
             n < kBootstrapNumberCount ? e.intervals[n] : std::nullopt);
  for (const auto& [name, value] : e.facts())
    if (std::find(names.begin(), names.end(), name) == names.end()) rows.add(name, value);
  rows.add("threshold", e.operating.threshold);
}

void add_model(Rows& rows, const ComparisonReport& report, std::size_t i) {
  const auto& model = report.models[i];
  const auto& e = model.entry.evaluation;
  rows.begin(detail::name_of(model));
  add_facts(rows, e);
  if (const auto& rank = model.entry.rank) {
    rows.add("rank_best", rank->best);
    rows.add("rank_worst", rank->worst);
  }
  const auto ap = detail::ap_of(model), best = detail::ap_of(report.models[detail::best_model(report)]);
  if (ap && best && report.models.size() > 1) rows.add("behind_best", *ap - *best, model.entry.behind_best);
  rows.add("olrp", model.localization.mean.error);
  rows.add("d_ece", model.calibration.d_ece);
  rows.add("la_ece", model.calibration.la_ece);
  for (std::size_t type = 0; type < kErrorTypeCount; ++type)
    rows.add("gain_" + to_string(static_cast<ErrorType>(type)), model.errors.gain[type]);
  for (std::size_t c = 0; c < e.class_names.size(); ++c)
    rows.add("AP class " + e.class_names[c], detail::known(e.precision.classes.at(c).numbers.ap()));
  for (std::size_t s = 0; s < std::min(report.slices.size(), model.slices.size()); ++s)
    rows.add("AP slice " + report.slices[s].attribute + "=" + report.slices[s].value,
             detail::known(model.slices[s].ap), model.slices[s].interval);
}

}  // namespace

std::string comparison_csv(const ComparisonReport& report) {
  Table table;
  table.columns = {{"", "model", false}, {"", "metric", false}, {"", "value"}, {"", "low"}, {"", "high"}};
  Rows rows(table);
  for (std::size_t i = 0; i < report.models.size(); ++i) add_model(rows, report, i);
  return table.to_csv();
}

}  // namespace ds
