#include "text/resolve.h"

#include <fmt/format.h>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds::detail {

std::string resolve_id(const std::string& kind, const std::string& given,
                       const std::vector<NamedRow>& candidates) {
  std::vector<std::string> starting, known;
  for (const auto& candidate : candidates) {
    if (candidate.id == given) return given;
    if (!given.empty() && candidate.id.starts_with(given)) starting.push_back(candidate.id);
  }
  for (const auto& candidate : candidates) {
    known.push_back(candidate.id);
    for (const auto& name : candidate.names) {
      if (name.empty()) continue;
      if (name == given) return candidate.id;
      known.push_back(name);
    }
  }
  if (given == "latest" && !candidates.empty()) return candidates.front().id;
  if (starting.size() == 1) return starting.front();
  if (starting.size() > 1)
    throw UsageError(fmt::format("'{}' is the beginning of {} {}s: {}", given, starting.size(), kind,
                                 join(starting, ", ")),
                     "give more of the id");
  throw_unknown_name(kind, given, known);
}

}  // namespace ds::detail
