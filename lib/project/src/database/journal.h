#pragma once

#include <string>

#include "database/database.h"
#include "ds/base/clock.h"
#include "ds/project/journal_entry.h"

namespace ds::detail {

/// What one journal entry says; time and actor are the writer's.
struct JournalDraft {
  std::string action;
  std::int64_t image_id = 0;
  std::int64_t revision = 0;
  std::string before = "{}";
  std::string after = "{}";
  std::string comment = {};
  std::optional<std::int64_t> undoes = std::nullopt;
};

/// Appends to the journal inside the caller's transaction; all entries of one writer have one time.
class JournalWriter {
 public:
  explicit JournalWriter(Database& database);
  /// The new entry's id.
  std::int64_t append(const JournalDraft& draft);
  const std::string& time() const { return time_; }

 private:
  Database& database_;
  std::string time_ = utc_now();
  Statement statement_;
};

/// A change that is not about one image: a class, a snapshot, a model.
void append_journal(Database& database, const std::string& action, const std::string& before,
                    const std::string& after);

/// The columns that journal_from_row reads, of the table `journal j`.
extern const char* const kJournalColumns;
JournalEntry journal_from_row(Statement& row);

}  // namespace ds::detail
