#include "ds/base/files.h"

#include <sys/stat.h>

#include "ds/base/atomic_files.h"
#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;
namespace fs = std::filesystem;

TEST_CASE("an atomic write replaces the whole file and leaves nothing else") {
  TemporaryFolder folder;
  auto path = folder.path() / "sub" / "a.txt";
  write_file_atomically(path, "old");
  write_file_atomically(path, "new");
  REQUIRE(read_file(path) == "new");
  REQUIRE(std::distance(fs::directory_iterator(path.parent_path()), {}) == 1);
}

TEST_CASE("an uncommitted file or folder never appears") {
  TemporaryFolder folder;
  {
    AtomicFile file(folder.path() / "a.bin");
    file.write("half");
    AtomicFolder inner(folder.path() / "set");
    write_file_atomically(inner.temporary_path() / "x", "x");
  }
  REQUIRE(fs::is_empty(folder.path()));
}

TEST_CASE("files written together appear with commit, and not without it") {
  TemporaryFolder folder;
  write_file_atomically(folder.path() / "b", "old");
  {
    AtomicFiles lost;
    lost.write(folder.path() / "sub" / "a", "1");
    lost.write(folder.path() / "b", "2");
  }
  REQUIRE(fs::is_empty(folder.path() / "sub"));
  REQUIRE(read_file(folder.path() / "b") == "old");
  AtomicFiles kept;
  kept.write(folder.path() / "sub" / "a", "1");
  kept.write(folder.path() / "b", "2");
  REQUIRE(read_file(folder.path() / "b") == "old");
  kept.commit();
  REQUIRE(read_file(folder.path() / "sub" / "a") == "1");
  REQUIRE(read_file(folder.path() / "b") == "2");
  REQUIRE(std::distance(fs::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE("a committed folder appears as a whole and replaces nothing") {
  TemporaryFolder folder;
  AtomicFolder first(folder.path() / "set");
  write_file_atomically(first.temporary_path() / "x", "1");
  first.commit();
  REQUIRE(read_file(folder.path() / "set" / "x") == "1");
  AtomicFolder second(folder.path() / "set");
  REQUIRE_THROWS_AS(second.commit(), Error);
  REQUIRE(read_file(folder.path() / "set" / "x") == "1");
}

TEST_CASE("appended lines are whole") {
  TemporaryFolder folder;
  append_line(folder.path() / "log", "one");
  append_line(folder.path() / "log", "two", true);
  REQUIRE(read_file(folder.path() / "log") == "one\ntwo\n");
}

TEST_CASE("a full disk is busy") {
  REQUIRE_THROWS_AS(append_line("/dev/full", "x"), Busy);
}

TEST_CASE("a missing file is named") {
  REQUIRE_THROWS_WITH(read_file("/nowhere/x"), "cannot read /nowhere/x: No such file or directory");
}

TEST_CASE("only paths that stay inside their folder pass") {
  REQUIRE(stays_inside("a/b.jpg"));
  REQUIRE(stays_inside("a..b/c"));
  REQUIRE_FALSE(stays_inside("../a"));
  REQUIRE_FALSE(stays_inside("a/../../b"));
  REQUIRE_FALSE(stays_inside("/etc/passwd"));
  REQUIRE_FALSE(stays_inside("a\\..\\..\\b"));
  REQUIRE_FALSE(stays_inside("C:/x"));
  REQUIRE_FALSE(stays_inside(""));
}

TEST_CASE("files have the rights that the umask leaves, so that a group can share them") {
  TemporaryFolder folder;
  auto rights = [&](const char* name) { return fs::status(folder.path() / name).permissions(); };
  const auto before = ::umask(0002);
  write_file_atomically(folder.path() / "a", "x");
  append_line(folder.path() / "b", "x");
  {
    AtomicFiles files;
    files.write(folder.path() / "c", "x");
    files.commit();
  }
  fs::permissions(folder.path() / "a", fs::perms::owner_read);
  copy_file_bytes(folder.path() / "a", folder.path() / "d");
  ::umask(before);
  for (const char* name : {"b", "c", "d"}) REQUIRE(rights(name) == fs::perms(0664));
}
