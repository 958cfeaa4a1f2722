#pragma once

namespace ds::detail {

/// Format of index.sqlite (its user_version).
inline constexpr int kIndexFormat = 2;

/// Every table and index of kIndexFormat; docs/PROJECT_FORMAT.md explains them.
extern const char* const kSchema;
/// Makes an index of format 1 one of format 2. Only adds: what stands there is not rewritten.
extern const char* const kUpgradeFrom1;

}  // namespace ds::detail
