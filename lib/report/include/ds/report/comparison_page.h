#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ds/report/model_report.h"

namespace ds {

/// One Page with everything of the report and the definitions. The same report gives the same bytes.
std::string comparison_page(const ComparisonReport& report);

/// One model: card, curves, numbers, errors, slices, worst images, lineage (`ds-compare show --html`).
std::string model_page(const ComparisonReport& report, std::size_t model);

/// For a pull request: leaderboard, differences to the best, ranks, what the data
/// can tell, definitions folded.
std::string comparison_markdown(const ComparisonReport& report);

/// `{"format": "ds-report", "version": 1, ...}`; docs/METRICS.md lists its members. Without pictures.
nlohmann::ordered_json comparison_json(const ComparisonReport& report);

/// One row a model and metric: `model,metric,value,low,high`.
std::string comparison_csv(const ComparisonReport& report);

}  // namespace ds
