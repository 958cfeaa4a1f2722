#include "ds/report/evaluation_tables.h"

#include <fmt/format.h>

#include "tables/optional_numbers.h"

namespace ds {

namespace {

using detail::known;

const char* describe(int number) {
  static constexpr const char* texts[] = {"IoU .50:.95, all sizes",
                                          "IoU .50",
                                          "IoU .75",
                                          "small: up to 32x32",
                                          "medium: up to 96x96",
                                          "large",
                                          "recall, at most the 1st limit of detections",
                                          "recall, at most the 2nd limit",
                                          "recall, at most the 3rd limit",
                                          "recall, small",
                                          "recall, medium",
                                          "recall, large"};
  return texts[number];
}

}  // namespace

Table coco_table(const Evaluation& e) {
  Table table{
      e.model.name, {{"", "metric", false}, {"value", "value", true}, {"", "meaning", false}}, {}, {}};
  for (int n = 0; n < kCocoNumberCount; ++n)
    table.rows.push_back({text_cell(coco_number_names()[n]),
                          number_cell(known(e.precision.numbers.values[n]), 4), text_cell(describe(n))});
  return table;
}

Table class_table(const Evaluation& e) {
  Table table;
  table.title = e.model.name + ", per class";
  table.columns = {{"class", "class", false},
                   {"objects", "objects", true},
                   {"AP", "ap", true},
                   {"AP50", "ap50", true},
                   {"AP75", "ap75", true},
                   {"TP", "tp", true},
                   {"FP", "fp", true},
                   {"FN", "fn", true},
                   {"precision", "precision", true},
                   {"recall", "recall", true},
                   {"F1", "f1", true}};
  for (std::size_t c = 0; c < e.class_names.size(); ++c) {
    const auto& ap = e.precision.classes.at(c);
    const auto& counts = e.operating.classes.at(c);
    table.rows.push_back({text_cell(e.class_names[c]), count_cell(ap.objects),
                          number_cell(known(ap.numbers.ap()), 3), number_cell(known(ap.numbers.ap50()), 3),
                          number_cell(known(ap.numbers.ap75()), 3), count_cell(counts.tp),
                          count_cell(counts.fp), count_cell(counts.fn), number_cell(counts.precision(), 3),
                          number_cell(counts.recall(), 3), number_cell(counts.f1(), 3)});
  }
  table.notes.push_back(fmt::format("TP, FP, FN at score >= {:.4g}{}.", e.operating.threshold,
                                    e.operating.chosen_on_this_set ? ", the best F1 on this set" : ""));
  return table;
}

Table confusion_table(const Evaluation& e) {
  Table table;
  table.title = e.model.name + ", confusion: true classes down, detected classes across";
  table.columns.push_back({"", "truth", false});
  auto names = e.class_names;
  names.push_back("(background)");
  for (const auto& name : names) table.columns.push_back({name, name, true});
  for (std::size_t row = 0; row < names.size() && !e.confusion.cells.empty(); ++row) {
    std::vector<Cell> cells{text_cell(names[row])};
    for (std::size_t column = 0; column < names.size(); ++column)
      cells.push_back(count_cell(e.confusion.at(row, column)));
    table.rows.push_back(std::move(cells));
  }
  return table;
}

}  // namespace ds
