#pragma once

#include <optional>
#include <regex>
#include <string>

#include "ds/dataset/image.h"

namespace ds::detail {

/// Gives an image its group by the project's pattern: the first capture, or the whole match.
class GroupPattern {
 public:
  explicit GroupPattern(const std::string& pattern) {
    if (!pattern.empty()) pattern_.emplace(pattern, std::regex::ECMAScript | std::regex::optimize);
  }
  std::string group_of(const Image& image) const {
    std::smatch match;
    if (!image.group.empty() || !pattern_ || !std::regex_search(image.name, match, *pattern_))
      return image.group;
    return match.size() > 1 ? match[1].str() : match[0].str();
  }

 private:
  std::optional<std::regex> pattern_;
};

}  // namespace ds::detail
