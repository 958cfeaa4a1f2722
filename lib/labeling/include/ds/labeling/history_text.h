#pragma once

#include <string>

#include "ds/project/image_store.h"

namespace ds {

/// What a journal entry changed, for people: "status working -> done", "+2 -1 ~1 labels", "assignee bob".
std::string describe_change(const JournalEntry& entry);

}  // namespace ds
