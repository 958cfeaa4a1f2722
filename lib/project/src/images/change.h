#pragma once

#include <string>
#include <vector>

#include "database/database.h"
#include "database/journal.h"
#include "ds/dataset/dataset.h"

namespace ds::detail {

/// The members in which two states of one image differ, as JSON: {"annotations":[...],"assignee":"..",
/// "attributes":{..},"group":"..","split":"..","state":"..","tags":[..]} (both lists of tags whole).
/// `annotations` of `before` holds those that were removed or changed, of `after` those that were added or
/// changed; they are told apart by id.
struct ImageDifference {
  std::string before = "{}";
  std::string after = "{}";
  bool empty() const { return before == "{}" && after == "{}"; }
};
ImageDifference difference(const Image& before, const Image& after, const ClassList& classes);

/// Writes `after` over `before` (annotation rows, image row, tallies) with a new revision, and the journal
/// entry. `draft` brings action, comment and undoes. `after.revision` and the new annotations' ids are set.
/// With nothing to change only the entry is written, and the revision stays.
std::int64_t write_change(Database& database, JournalWriter& journal, const Image& before, Image& after,
                          const ClassList& classes, JournalDraft draft);

/// The whole state as JSON, for the entry of an image that is removed.
std::string whole_image_json(const Image& image, const ClassList& classes);

}  // namespace ds::detail
