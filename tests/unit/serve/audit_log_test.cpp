#include "ds/serve/audit_log.h"

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

AuditEntry change(const std::string& action, const std::string& from, const std::string& to) {
  AuditEntry entry;
  entry.time = "2026-01-02T03:04:05.000Z";
  entry.user = "ada";
  entry.action = action;
  entry.from_model = from;
  entry.to_model = to;
  return entry;
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  return split(trim(read_file(file)), '\n');
}

}  // namespace

TEST_CASE("entries are a chain and read back") {
  TemporaryFolder folder;
  AuditLog log(folder.path() / "audit.jsonl");
  REQUIRE(log.read().empty());
  auto first = log.append(change("create", "", "m-1"));
  auto second = log.append(change("promote", "m-1", "m-2"));
  REQUIRE(first.number == 1);
  REQUIRE(first.previous == std::string(64, '0'));
  REQUIRE(second.previous == first.hash);
  auto entries = log.read();
  REQUIRE(entries.size() == 2);
  REQUIRE(entries[1].hash == second.hash);
  REQUIRE(entries[1].to_model == "m-2");
  REQUIRE(entries[1].user == "ada");
}

TEST_CASE("a line that is changed, removed or moved is found, and nothing is appended to a broken chain") {
  TemporaryFolder folder;
  auto file = folder.path() / "audit.jsonl";
  AuditLog log(file);
  for (const char* model : {"m-1", "m-2", "m-3"}) log.append(change("promote", "m-0", model));
  auto lines = lines_of(file);
  REQUIRE(lines.size() == 3);

  auto changed = lines;
  changed[1].replace(changed[1].find("ada"), 3, "eve");
  write_file_atomically(file, join(changed, "\n") + "\n");
  REQUIRE_THROWS_WITH(
      log.read(),
      file.string() + ":2: the audit chain is broken: this entry was changed after it was written");
  REQUIRE_THROWS_AS(log.append(change("promote", "m-3", "m-4")), FormatError);

  write_file_atomically(file, lines[0] + "\n" + lines[2] + "\n");
  REQUIRE_THROWS_WITH(
      log.read(),
      file.string() + ":2: the audit chain is broken: an entry was removed, added or moved before this one");
  write_file_atomically(file, lines[0] + "\n{\"number\": 2}\n");
  REQUIRE_THROWS_WITH(log.read(), Catch::StartsWith(file.string() + ":2: no audit entry: "));
}

TEST_CASE("a torn last line was never acknowledged") {
  TemporaryFolder folder;
  auto file = folder.path() / "audit.jsonl";
  AuditLog log(file);
  log.append(change("create", "", "m-1"));
  write_file_atomically(file, read_file(file) + "{\"number\": 2, \"ti");
  REQUIRE(log.read().size() == 1);
  REQUIRE(log.append(change("promote", "m-1", "m-2")).number == 2);
  REQUIRE(log.read().size() == 2);
}

TEST_CASE("rolling back undoes the newest promotion that stands") {
  std::vector<AuditEntry> entries{change("create", "", "m-1")};
  REQUIRE_FALSE(rollback_target(entries).has_value());
  entries.push_back(change("promote", "m-1", "m-2"));
  entries.push_back(change("promote", "m-2", "m-3"));
  REQUIRE(rollback_target(entries) == "m-2");
  entries.push_back(change("rollback", "m-3", "m-2"));
  REQUIRE(rollback_target(entries) == "m-1");
  REQUIRE(was_rolled_back(entries, "m-3"));
  REQUIRE_FALSE(was_rolled_back(entries, "m-2"));
  entries.push_back(change("rollback", "m-2", "m-1"));
  REQUIRE_FALSE(rollback_target(entries).has_value());
  REQUIRE(was_rolled_back(entries, "m-2"));
  entries.push_back(change("promote", "m-1", "m-3"));
  REQUIRE(rollback_target(entries) == "m-1");
  REQUIRE_FALSE(was_rolled_back(entries, "m-3"));
}
