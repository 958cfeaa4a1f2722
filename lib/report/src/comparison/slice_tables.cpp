#include "comparison/parts.h"
#include "ds/report/analysis_tables.h"
#include "tables/optional_numbers.h"

namespace ds::detail {

namespace {

std::string name_of(const Slice& slice) {
  return slice.attribute + ": " + slice.value;
}

}  // namespace

DrawnTable slice_overview(const ComparisonReport& report) {
  DrawnTable made;
  made.table.columns = {{"slice", "slice", false}, {"images", "images"}, {"objects", "objects"}};
  for (std::size_t i = 0; i < report.models.size(); ++i) {
    const auto name = name_of(report.models[i]);
    made.table.columns.push_back({name, name});
    made.look.shaded.push_back(i + 3);
  }
  for (std::size_t s = 0; s < report.slices.size(); ++s) {
    const auto& first = report.models.front().slices.at(s);
    std::vector<Cell> row = {text_cell(name_of(report.slices[s])), count_cell(first.images),
                             count_cell(first.objects)};
    for (const auto& model : report.models) row.push_back(number_cell(known(model.slices.at(s).ap), 3));
    made.table.rows.push_back(std::move(row));
  }
  made.table.notes = {"AP on the images of each slice; n/a: no objects. A darker cell is a higher AP."};
  return made;
}

DrawnTable slice_table(const ComparisonReport& report, std::size_t model) {
  const auto& shown = report.models.at(model);
  DrawnTable made{slices_table(report.slices, shown.slices), {}};
  made.table.title = name_of(shown);
  bool drawn = false;
  for (const auto& numbers : shown.slices) {
    ErrorBar bar{.value = known(numbers.ap)};
    if (numbers.interval) {
      bar.low = numbers.interval->low;
      bar.high = numbers.interval->high;
    }
    drawn = drawn || bar.value;
    made.look.bars.push_back(bar);
  }
  if (!drawn) {
    made.look.bars.clear();
    return made;
  }
  made.look.bars_title = "AP";
  made.look.reference = ap_of(shown);
  if (made.look.reference) made.table.notes.emplace_back("The dashed line is the AP on all images.");
  return made;
}

}  // namespace ds::detail
