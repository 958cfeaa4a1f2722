#include "protocols.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ds::compare_tool {

namespace {

double first_number(const ProtocolResult& result) {
  return result.numbers.empty() ? -1 : result.numbers.front().value.value_or(-1);
}

}  // namespace

void sort_results(std::vector<ProtocolResult>& results) {
  std::stable_sort(results.begin(), results.end(),
                   [](const auto& a, const auto& b) { return first_number(a) > first_number(b); });
}

Table protocol_table(const std::vector<ProtocolResult>& results) {
  Table table;
  if (results.empty()) return table;
  table.columns = {{"#", "rank", true}, {"model", "model", false}};
  for (const auto& number : results.front().numbers)
    table.columns.push_back({number.name, number.name, true});
  for (std::size_t i = 0; i < results.size(); ++i) {
    std::vector<Cell> row{count_cell(static_cast<std::int64_t>(i + 1)), text_cell(results[i].model)};
    for (const auto& number : results[i].numbers) row.push_back(number_cell(number.value, 3));
    table.rows.push_back(std::move(row));
  }
  table.notes = results.front().definitions;
  return table;
}

Table protocol_class_table(const ProtocolResult& result) {
  Table table{result.model + ", per class",
              {{"class", "class", false}, {"objects", "objects", true}, {"AP", "ap", true}},
              {},
              {}};
  for (const auto& one : result.classes)
    table.rows.push_back({text_cell(one.name), count_cell(one.objects), number_cell(one.ap, 3)});
  return table;
}

nlohmann::ordered_json protocol_json(const std::vector<ProtocolResult>& results, const std::string& iou) {
  auto models = nlohmann::ordered_json::array();
  for (const auto& result : results) models.push_back(to_json(result));
  return {{"format", "ds-leaderboard"},
          {"version", 1},
          {"protocol", results.empty() ? std::string() : results.front().protocol},
          {"iou", iou},
          {"models", models}};
}

}  // namespace ds::compare_tool
