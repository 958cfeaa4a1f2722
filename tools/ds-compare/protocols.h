#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "ds/base/table.h"
#include "ds/metrics/protocol_result.h"

/// Leaderboards under other rules than COCO's.
namespace ds::compare_tool {

/// Best first by the protocol's first number; ties keep their order.
void sort_results(std::vector<ProtocolResult>& results);
/// One row a model, the protocol's own columns, its definitions below.
Table protocol_table(const std::vector<ProtocolResult>& results);
/// AP of every class.
Table protocol_class_table(const ProtocolResult& result);
/// `{"format": "ds-leaderboard", "version": 1, "protocol", "iou", "models": [...]}`, each
/// as to_json() has it.
nlohmann::ordered_json protocol_json(const std::vector<ProtocolResult>& results, const std::string& iou);

}  // namespace ds::compare_tool
