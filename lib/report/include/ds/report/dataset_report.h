#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "ds/base/table.h"
#include "ds/dataset/distribution.h"

namespace ds {

/// Names for `parts_of`: "class", "split", "group".
std::vector<std::string> dataset_part_kinds();
/// Throws UsageError on another kind.
const std::vector<DatasetPart>& parts_of(const DatasetDistribution& distribution, const std::string& kind);

/// One row a class: objects by split and size.
Table class_balance_table(const DatasetDistribution& distribution);
/// One row a split.
Table split_table(const DatasetDistribution& distribution);
/// Quantiles of what images and boxes measure.
Table spread_table(const DatasetDistribution& distribution);
/// One row a part: counts, sizes, aspect, and how many objects are too small in each network input.
Table parts_table(const DatasetDistribution& distribution, const std::string& kind);

/// Facts that fit into one line each: image sizes, states, groups, classes that occur together, input sizes.
std::vector<std::string> dataset_facts(const DatasetDistribution& distribution);
/// What a person may want to do something about; empty when nothing stands out.
std::vector<std::string> dataset_advice(const DatasetDistribution& distribution);

/// All of the above for a terminal.
std::string dataset_text(const DatasetDistribution& distribution);

/// Everything as one document: `{"format": "ds-stats", "version": 1, "images": ..., "classes": [...], ...}`;
/// docs/IMPORT.md lists its members.
nlohmann::ordered_json dataset_json(const DatasetDistribution& distribution);
/// `{"format": "ds-stats", "version": 1, "by": "class", "parts": [...]}`.
nlohmann::ordered_json parts_json(const DatasetDistribution& distribution, const std::string& kind);

struct DatasetPageOptions {
  std::string title = "Dataset";
  std::string subtitle = {};  // where it came from, what was chosen
  std::string footer = {};
};
/// A Page with charts of all of it.
std::string dataset_page(const DatasetDistribution& distribution, const DatasetPageOptions& options = {});

}  // namespace ds
