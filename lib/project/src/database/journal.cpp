#include "database/journal.h"

namespace ds::detail {

const char* const kJournalColumns =
    "j.id, j.time, j.user, j.tool, j.action, j.image_id, j.revision, j.before, j.after, j.comment, j.undoes";

JournalWriter::JournalWriter(Database& database)
    : database_(database),
      statement_(database,
                 "INSERT INTO journal(time, user, tool, action, image_id, revision, before, after, comment,"
                 " undoes) VALUES(?,?,?,?,?,?,?,?,?,?)") {}

std::int64_t JournalWriter::append(const JournalDraft& draft) {
  const auto& actor = database_.context();
  statement_.run(time_, actor.user, actor.tool, draft.action, draft.image_id, draft.revision, draft.before,
                 draft.after, draft.comment, draft.undoes);
  return database_.last_insert_id();
}

void append_journal(Database& database, const std::string& action, const std::string& before,
                    const std::string& after) {
  JournalWriter(database).append({.action = action, .before = before, .after = after});
}

JournalEntry journal_from_row(Statement& row) {
  JournalEntry entry;
  entry.id = row.integer(0);
  entry.time = row.text(1);
  entry.user = row.text(2);
  entry.tool = row.text(3);
  entry.action = row.text(4);
  entry.image_id = row.integer(5);
  entry.revision = row.integer(6);
  entry.before = row.text(7);
  entry.after = row.text(8);
  entry.comment = row.text(9);
  entry.undoes = row.optional_integer(10);
  return entry;
}

}  // namespace ds::detail
