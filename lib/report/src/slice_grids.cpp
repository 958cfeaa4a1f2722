#include <fmt/format.h>

#include "report_parts.h"

namespace ds::detail {

namespace {

std::string name_of(const Slice& slice) {
  return slice.attribute + ": " + slice.value;
}

/// "+0.021 to +0.094, better": whole intervals on one side of 0 have a word.
Cell against_cell(const std::optional<Interval>& interval) {
  if (!interval) return {"n/a"};
  const char* word = interval->low > 0 ? ", better" : interval->high < 0 ? ", worse" : "";
  return {fmt::format("{:+.3f} to {:+.3f}{}", interval->low, interval->high, word),
          (interval->low + interval->high) / 2};
}

}  // namespace

DrawnGrid slice_overview(const ComparisonReport& report) {
  DrawnGrid made;
  made.grid.columns = {{"slice", "slice", false}, {"images", "images"}, {"objects", "objects"}};
  for (std::size_t i = 0; i < report.models.size(); ++i) {
    const auto name = name_of(report.models[i]);
    made.grid.columns.push_back({name, name});
    made.look.shaded.push_back(i + 3);
  }
  for (std::size_t s = 0; s < report.slices.size(); ++s) {
    const auto& first = report.models.front().slices.at(s);
    std::vector<Cell> row = {text_cell(name_of(report.slices[s])), count_cell(first.images),
                             count_cell(first.objects)};
    for (const auto& model : report.models) row.push_back(number_cell(known(model.slices.at(s).ap), 3));
    made.grid.rows.push_back(std::move(row));
  }
  made.grid.notes = {"AP on the images of each slice; n/a: no objects. A darker cell is a higher AP."};
  return made;
}

DrawnGrid slice_grid(const ComparisonReport& report, std::size_t model) {
  DrawnGrid made;
  const auto& shown = report.models.at(model);
  made.grid.title = name_of(shown);
  made.grid.columns = {{"slice", "slice", false},
                       {"images", "images"},
                       {"objects", "objects"},
                       {"AP", "ap"},
                       {"AP50", "ap50"},
                       {"95 %", "interval"},
                       {"against the rest", "against_the_rest"}};
  bool drawn = false;
  for (std::size_t s = 0; s < report.slices.size(); ++s) {
    const auto& numbers = shown.slices.at(s);
    const auto& interval = numbers.interval;
    made.grid.rows.push_back(
        {text_cell(name_of(report.slices[s])), count_cell(numbers.images), count_cell(numbers.objects),
         number_cell(known(numbers.ap), 3), number_cell(known(numbers.ap50), 3),
         text_cell(interval ? fmt::format("{:.3f} to {:.3f}", interval->low, interval->high) : "n/a"),
         against_cell(numbers.against_the_rest)});
    ErrorBar bar{.value = known(numbers.ap)};
    if (interval) {
      bar.low = interval->low;
      bar.high = interval->high;
      drawn = true;
    }
    made.look.bars.push_back(bar);
  }
  if (!drawn) made.look.bars.clear();
  made.look.bars_title = "AP";
  made.look.reference = ap_of(shown);
  if (drawn && made.look.reference) made.grid.notes = {"The dashed line is the AP on all images."};
  return made;
}

}  // namespace ds::detail
