#pragma once

#include <optional>
#include <string>
#include <vector>

#include "database/database.h"
#include "ds/dataset/class_list.h"

/// Rows of the table classes, inside the caller's transaction.
namespace ds::detail {

/// For the journal.
std::string class_json(const ClassInfo& info);
void write_positions(Database& database, const std::vector<int>& class_ids);
/// Takes the class out of the list; the row stays, because the journal speaks of its id.
void retire_class(Database& database, const ClassInfo& info, std::optional<int> merged_into = std::nullopt);
/// Gives the classes of `wanted` back their place, name, supercategory and key points; what else there is
/// follows behind them. A class of `wanted` is the one with its id, else the one with its name, else a
/// retired one with its id, else new. Journalled when something changes. Returns the whole list.
ClassList restore_classes(Database& database, const ClassList& wanted);

}  // namespace ds::detail
