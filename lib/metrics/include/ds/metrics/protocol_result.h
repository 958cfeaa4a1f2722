#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ds {

/// A number of a protocol's leaderboard.
struct ProtocolNumber {
  std::string name;             // "mAP", "APr": the column
  std::optional<double> value;  // nothing where there is no object to find
};

struct ProtocolClass {
  std::string name;
  std::int64_t objects = 0;  // that count
  std::optional<double> ap;  // the protocol's own; nothing without objects
};

/// What one model reaches under the rules of another benchmark than COCO.
struct ProtocolResult {
  std::string protocol;  // "voc07"
  std::string model;
  std::vector<ProtocolNumber> numbers;   // the first is the one to rank by
  std::vector<ProtocolClass> classes;    // as TruthTable::classes
  std::vector<std::string> definitions;  // one sentence each, shown under the table
  std::vector<std::string> warnings;
};

/// `{"protocol", "model", "numbers": {name: value or null}, "classes":
/// [{"name", "objects", "ap"}], "warnings"}`.
nlohmann::ordered_json to_json(const ProtocolResult& result);

}  // namespace ds
