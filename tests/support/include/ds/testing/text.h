#pragma once

#include <cstddef>
#include <string>

namespace ds::testing {

/// How often `part` stands in `text`; occurrences may overlap.
inline std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace ds::testing
