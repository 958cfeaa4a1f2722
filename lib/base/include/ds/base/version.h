#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ds {

/// `0.1.0`.
std::string version();
/// The git revision it was built from, `-dirty` when the tree had changes, or "unknown".
std::string revision();
/// Compiler and the libraries this build found (a tool links those it needs): name, version.
std::vector<std::pair<std::string, std::string>> build_libraries();

}  // namespace ds
