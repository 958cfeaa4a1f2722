#include "ds/base/lock.h"

#include <optional>

#include "ds/base/error.h"
#include "ds/base/files.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("a second holder is told who holds the lock") {
  TemporaryFolder folder;
  auto path = folder.path() / "lock";
  std::optional<FileLock> first;
  first.emplace(path, "project p");
  REQUIRE_THROWS_WITH(FileLock(path, "project p"),
                      Catch::StartsWith("project p is locked by test_base pid "));
  REQUIRE_FALSE(FileLock::try_lock(path).has_value());
  first.reset();
  REQUIRE(FileLock::try_lock(path).has_value());
}
