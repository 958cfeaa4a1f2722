#include "ds/media/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <functional>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

struct Member {
  std::string name;
  std::string bytes;
  unsigned type = AE_IFREG;
  std::string link = {};
};

void write_archive(const std::filesystem::path& file, const std::vector<Member>& members) {
  auto* a = archive_write_new();
  if (file.extension() == ".zip")
    archive_write_set_format_zip(a);
  else
    archive_write_set_format_pax_restricted(a);
  REQUIRE(archive_write_open_filename(a, file.c_str()) == ARCHIVE_OK);
  for (const auto& member : members) {
    auto* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.name.c_str());
    archive_entry_set_filetype(entry, member.type);
    archive_entry_set_perm(entry, 0644);
    if (member.type == AE_IFLNK)
      archive_entry_set_symlink(entry, member.link.c_str());
    else if (!member.link.empty())
      archive_entry_set_hardlink(entry, member.link.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.bytes.size()));
    archive_write_header(a, entry);
    archive_write_data(a, member.bytes.data(), member.bytes.size());
    archive_entry_free(entry);
  }
  archive_write_close(a);
  archive_write_free(a);
}

std::vector<std::string> names(const std::vector<ArchiveMember>& members) {
  std::vector<std::string> all;
  for (const auto& member : members) all.push_back(member.name);
  return all;
}

}  // namespace

TEST_CASE("regular files come out in order; clutter stays behind") {
  for (const std::string suffix : {".zip", ".tar"}) {
    TemporaryFolder folder;
    auto file = folder.path() / ("a" + suffix);
    write_archive(file, {{"b/x.txt", "hello"},
                         {"__MACOSX/b/._x.txt", "?"},
                         {"b/.DS_Store", "?"},
                         {"Thumbs.db", "?"},
                         {"a.txt", ""}});
    REQUIRE(names(list_archive(file)) == std::vector<std::string>{"b/x.txt", "a.txt"});
    extract_archive(file, folder.path() / "out");
    REQUIRE(read_file(folder.path() / "out/b/x.txt") == "hello");
    REQUIRE_FALSE(std::filesystem::exists(folder.path() / "out/__MACOSX"));
  }
}

TEST_CASE("members that climb out, links and devices are refused by name, before anything is written") {
  struct Case {
    Member member;
    std::string why;
  };
  for (const auto& [member, why] :
       {Case{{"../evil.txt", "x"}, "its path leaves the archive's folder"},
        Case{{"/etc/evil", "x"}, "its path leaves the archive's folder"},
        Case{{"a/../../evil", "x"}, "its path leaves the archive's folder"},
        Case{{"C:\\evil", "x"}, "its path leaves the archive's folder"},
        Case{{"link", "", AE_IFLNK, "/etc/passwd"}, "it is a link, and links are refused"},
        Case{{"hard", "", AE_IFREG, "good.txt"}, "it is a link, and links are refused"},
        Case{{"pipe", "", AE_IFIFO}, "it is a device or a pipe, and those are refused"}}) {
    TemporaryFolder folder;
    auto file = folder.path() / "a.tar";
    write_archive(file, {{"good.txt", "x"}, member});
    auto shown = member.name == "C:\\evil" ? std::string("C:/evil") : member.name;
    REQUIRE_THROWS_WITH(extract_archive(file, folder.path() / "out"),
                        file.string() + ": member '" + shown + "': " + why);
    REQUIRE_FALSE(std::filesystem::exists(folder.path() / "out"));
  }
}

TEST_CASE("the zip that climbs out of its folder") {
  if (ds::testing::shared_is_absent("data/archives")) return;
  auto file = ds::testing::shared_folder() / "data/archives/zip-slip.zip";
  REQUIRE_THROWS_WITH(list_archive(file),
                      Catch::Matchers::EndsWith("evil.txt': its path leaves the archive's folder"));
}

TEST_CASE("bombs: size of a member, of all, their ratio and their number") {
  TemporaryFolder folder;
  auto file = folder.path() / "a.zip";
  write_archive(file, {{"a", std::string(100000, 'x')}, {"b", std::string(100000, 'x')}});
  auto why = [&](const ArchiveLimits& limits) {
    try {
      list_archive(file, limits);
      return std::string("accepted");
    } catch (const DataError& error) {
      return std::string(error.what()).substr(file.string().size() + 2);
    }
  };
  REQUIRE(why({}) == "accepted");
  REQUIRE(why({.max_member_bytes = 99999}) == "member 'a': it unpacks to more than 99999 bytes");
  REQUIRE(why({.max_total_bytes = 150000}) == "member 'b': the archive unpacks to more than 150000 bytes");
  REQUIRE(why({.max_members = 1}) == "more than 1 members");
  auto packed = std::filesystem::file_size(file);
  REQUIRE(why({.max_ratio = 10, .ratio_from_bytes = 0}) ==
          "member 'a': the archive unpacks to more than 10 times its " + std::to_string(packed) + " bytes");
}

TEST_CASE("names: UTF-8 is kept, twins are refused") {
  TemporaryFolder folder;
  auto file = folder.path() / "a.tar";
  write_archive(file, {{"b\xC3\xA4ume/\xE8\xBB\x8A.txt", "x"}});
  REQUIRE(names(list_archive(file)) == std::vector<std::string>{"b\xC3\xA4ume/\xE8\xBB\x8A.txt"});
  write_archive(file, {{"a", "x"}, {"./a", "y"}});
  REQUIRE_THROWS_WITH(list_archive(file), file.string() + ": member 'a': another member has the same name");
}

TEST_CASE("damaged and missing archives") {
  TemporaryFolder folder;
  auto file = folder.path() / "a.zip";
  REQUIRE_THROWS_AS(list_archive(file), Error);
  write_archive(file, {{"a.txt", std::string(5000, 'x')}});
  auto bytes = read_file(file);
  write_file_atomically(file, "this is no archive at all");
  REQUIRE_THROWS_WITH(list_archive(file),
                      Catch::Matchers::StartsWith(file.string() + ": damaged or not a zip or tar archive"));
  write_file_atomically(file, bytes.substr(0, bytes.size() / 3));
  REQUIRE_THROWS_AS(extract_archive(file, folder.path() / "out"), DataError);
}
