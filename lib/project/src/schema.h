#pragma once

namespace ds {

/// Format of index.sqlite (its user_version) and of the folder around it.
inline constexpr int kFormat = 1;

/// Every table and index of format 1; docs/PROJECT_FORMAT.md explains them.
extern const char* const kSchema;

}  // namespace ds
