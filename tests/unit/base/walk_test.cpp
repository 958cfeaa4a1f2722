#include "ds/base/walk.h"

#include "ds/base/files.h"

#include <catch2/catch.hpp>

using namespace ds;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> names(const fs::path& folder, WalkOptions options) {
  options.order = WalkOrder::natural;
  std::vector<std::string> found;
  for (const auto& file : walk_files(folder, options))
    found.push_back(file.lexically_relative(folder).generic_string());
  return found;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a walk finds the files of a folder, hidden and linked ones as asked") {
  TemporaryFolder outside, folder;
  write_file_atomically(outside.path() / "far", "");
  for (const char* name : {"b/10", "b/9", "a", ".h", ".git/c", "b/d/e"})
    write_file_atomically(folder.path() / name, "");
  fs::create_directory_symlink(outside.path(), folder.path() / "link");
  fs::create_symlink(folder.path() / "a", folder.path() / "l");
  fs::create_symlink(folder.path() / "nothing", folder.path() / "dangling");
  const auto root = folder.path();
  REQUIRE(names(root, {}) == Names{".git/c", ".h", "a", "b/9", "b/10", "b/d/e", "l"});
  REQUIRE(names(root, {.follow_links = true, .hidden = false}) ==
          Names{"a", "b/9", "b/10", "b/d/e", "l", "link/far"});
  REQUIRE(names(root, {.hidden = false, .max_depth = 1}) == Names{"a", "b/9", "b/10", "l"});
  REQUIRE(names(root, {.hidden = false, .max_depth = 0}) == Names{"a", "l"});
  REQUIRE(names(root, {.wanted = [](const fs::path& file) { return file.filename() == "e"; }}) ==
          Names{"b/d/e"});
  const auto by_path = walk_files(root / "b", {.order = WalkOrder::path});
  REQUIRE(by_path == std::vector{root / "b/10", root / "b/9", root / "b/d/e"});
}

TEST_CASE("a folder that is not there is an error unless errors are ignored") {
  TemporaryFolder folder;
  const auto none = folder.path() / "none";
  REQUIRE_THROWS_AS(walk_files(none), fs::filesystem_error);
  REQUIRE_THROWS_AS(walk_files(none, {.errors = WalkErrors::denied_skipped}), fs::filesystem_error);
  REQUIRE(walk_files(none, {.errors = WalkErrors::ignored}).empty());
}
