#pragma once

#include <string_view>

namespace ds::detail {

/// `-p` for project; empty for a flag without a letter. The same in every tool.
constexpr std::string_view short_flag(std::string_view name) {
  return name == "project"   ? "-p"
         : name == "quiet"   ? "-q"
         : name == "verbose" ? "-v"
         : name == "output"  ? "-o"
                             : "";
}

}  // namespace ds::detail
