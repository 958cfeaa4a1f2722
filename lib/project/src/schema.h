#pragma once

namespace ds {

/// Format of the folder: of project.yaml and of the manifests of snapshots.
inline constexpr int kFormat = 1;
/// Format of index.sqlite (its user_version).
inline constexpr int kIndexFormat = 2;

/// Every table and index of kIndexFormat; docs/PROJECT_FORMAT.md explains them.
extern const char* const kSchema;
/// Makes an index of format 1 one of format 2. Only adds: what stands there is not rewritten.
extern const char* const kUpgradeFrom1;

}  // namespace ds
