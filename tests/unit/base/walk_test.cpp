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

TEST_CASE("links round in a circle are not followed, and every folder is met once, under its own name") {
  TemporaryFolder outside, folder;
  const auto root = folder.path() / "r";
  write_file_atomically(outside.path() / "o" / "far", "");
  write_file_atomically(folder.path() / "beside", "");
  for (const char* name : {"b/1", "c/d/2"}) write_file_atomically(root / name, "");
  auto link = [](const fs::path& to, const fs::path& at) { fs::create_directory_symlink(to, at); };
  link(".", root / "loop");
  link("..", root / "up");
  link("../..", root / "c/d/top");
  link("b", root / "a");  // comes before the folder itself
  link(outside.path(), root / "x1");
  link(outside.path() / "o", root / "x2");
  link(root, outside.path() / "o" / "back");
  fs::create_symlink("self", root / "self");
  REQUIRE(names(root, {.follow_links = true}) == Names{"b/1", "c/d/2", "x1/o/far"});
  std::vector<std::string> folders;
  for (const auto& each : walk_folders(root, {.follow_links = true, .order = WalkOrder::natural}))
    folders.push_back(each.lexically_relative(root).generic_string());
  REQUIRE(folders == Names{"b", "c", "c/d", "x1", "x1/o"});
}
