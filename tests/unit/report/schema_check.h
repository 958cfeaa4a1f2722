#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace ds::testing {

/// Where a document breaks a JSON schema (draft 2020-12), one line each: `/models/0/rank: ...`. Knows
/// the keywords that ours uses: $ref into $defs, type, const, enum, properties, required, items,
/// minItems, maxItems, minimum, maximum, anyOf. A member that the schema does not list is a fault, too:
/// who adds one documents it. Throws std::runtime_error on any other keyword, so that nothing is taken
/// as checked that was not.
std::vector<std::string> schema_faults(const nlohmann::ordered_json& schema,
                                       const nlohmann::ordered_json& document);

}  // namespace ds::testing
