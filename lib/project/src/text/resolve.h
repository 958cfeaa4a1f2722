#pragma once

#include <string>
#include <vector>

namespace ds::detail {

/// What a user may call one row of a table.
struct NamedRow {
  std::string id;
  std::vector<std::string> names;  // empty ones do not count
};

/// The id that `given` means: an id, a name, "latest" (the first candidate), or a unique beginning of an id.
/// Throws UsageError naming the known ones. `candidates` are newest first.
std::string resolve_id(const std::string& kind, const std::string& given,
                       const std::vector<NamedRow>& candidates);

}  // namespace ds::detail
