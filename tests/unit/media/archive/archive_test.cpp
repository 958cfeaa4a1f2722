#include "ds/media/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <iconv.h>
#include <zlib.h>

#include <fstream>
#include <functional>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/testing/shared_data.h"
#include "make_images.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::append_u16;
using ds::testing::append_u32;

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
    REQUIRE(names(look_into_archive(file).members) == std::vector<std::string>{"b/x.txt", "a.txt"});
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
  REQUIRE_THROWS_WITH(look_into_archive(file),
                      Catch::Matchers::EndsWith("evil.txt': its path leaves the archive's folder"));
}

TEST_CASE("bombs: size of a member, of all, their ratio and their number") {
  TemporaryFolder folder;
  auto file = folder.path() / "a.zip";
  write_archive(file, {{"a", std::string(100000, 'x')}, {"b", std::string(100000, 'x')}});
  auto why = [&](const ArchiveLimits& limits) {
    try {
      look_into_archive(file, limits);
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
  REQUIRE(names(look_into_archive(file).members) ==
          std::vector<std::string>{"b\xC3\xA4ume/\xE8\xBB\x8A.txt"});
  write_archive(file, {{"a", "x"}, {"./a", "y"}});
  REQUIRE_THROWS_WITH(look_into_archive(file),
                      file.string() + ": member 'a': another member has the same name");
}

TEST_CASE("damaged and missing archives") {
  TemporaryFolder folder;
  auto file = folder.path() / "a.zip";
  REQUIRE_THROWS_AS(look_into_archive(file), Error);
  write_archive(file, {{"a.txt", std::string(5000, 'x')}});
  auto bytes = read_file(file);
  write_file_atomically(file, "this is no archive at all");
  REQUIRE_THROWS_WITH(look_into_archive(file),
                      Catch::Matchers::StartsWith(file.string() + ": damaged or not a zip or tar archive"));
  write_file_atomically(file, bytes.substr(0, bytes.size() / 3));
  REQUIRE_THROWS_AS(extract_archive(file, folder.path() / "out"), DataError);
}

namespace {

std::string text_in(const std::string& utf8, const char* charset) {
  iconv_t converter = ::iconv_open(charset, "UTF-8");
  std::string out(utf8.size() * 2 + 8, '\0');
  char* from = const_cast<char*>(utf8.data());
  char* to = out.data();
  std::size_t from_left = utf8.size();
  std::size_t to_left = out.size();
  REQUIRE(::iconv(converter, &from, &from_left, &to, &to_left) != static_cast<std::size_t>(-1));
  ::iconv_close(converter);
  out.resize(out.size() - to_left);
  return out;
}

// A zip as old programs wrote it: stored members whose names carry no statement of their charset.
std::string old_zip(const std::vector<Member>& members, unsigned flags = 0) {
  std::string zip;
  std::string directory;
  for (const auto& member : members) {
    std::string common;
    for (unsigned half : {20U, flags, 0U, 0U, 33U}) append_u16(common, half);
    auto checksum = ::crc32(0, reinterpret_cast<const Bytef*>(member.bytes.data()),
                            static_cast<uInt>(member.bytes.size()));
    append_u32(common, static_cast<std::uint32_t>(checksum));
    for (int i = 0; i < 2; ++i) append_u32(common, static_cast<std::uint32_t>(member.bytes.size()));
    append_u16(common, static_cast<std::uint32_t>(member.name.size()));
    append_u16(common, 0);
    directory += "PK\1\2";
    append_u16(directory, 20);
    directory += common + std::string(10, '\0');
    append_u32(directory, static_cast<std::uint32_t>(zip.size()));
    directory += member.name;
    zip += "PK\3\4" + common + member.name + member.bytes;
  }
  auto start = static_cast<std::uint32_t>(zip.size());
  zip += directory + std::string("PK\5\6\0\0\0\0", 8);
  for (int i = 0; i < 2; ++i) append_u16(zip, static_cast<std::uint32_t>(members.size()));
  append_u32(zip, static_cast<std::uint32_t>(directory.size()));
  append_u32(zip, start);
  append_u16(zip, 0);
  return zip;
}

}  // namespace

TEST_CASE("names in the code pages of old programs are found out over the whole archive, and noted") {
  TemporaryFolder folder;
  auto file = folder.path() / "old.zip";
  struct Case {
    const char* charset;
    const char* shown;
    std::vector<std::string> names;
  };
  for (const auto& [charset, shown, expected] :
       {Case{"CP437", "CP437", {"B\xC3\xA4ume/\xC3\xA9t\xC3\xA9.jpg", "M\xC3\xBCller.jpg"}},
        Case{"CP850", "CP850", {"\xC3\x81rbol.jpg"}},
        Case{"CP949", "CP949", {"\xEC\x82\xAC\xEC\xA7\x84/\xEC\x9E\x90\xEB\x8F\x99\xEC\xB0\xA8 1.jpg"}},
        // "\u8868" is 95 5C in Shift-JIS: its second byte is a backslash, and no folder
        Case{"CP932",
             "CP932",
             {"\xE5\x86\x99\xE7\x9C\x9F/\xE8\xA1\xA8\xE3\x81\xAE\xE3\x82\xAB\xE3\x83\xBC.jpg"}},
        Case{"CP866",
             "IBM866",
             {"\xD1\x84\xD0\xBE\xD1\x82\xD0\xBE\xD0\xB3\xD1\x80\xD0\xB0\xD1\x84\xD0\xB8\xD1\x8F/"
              "\xD0\xBC\xD0\xB0\xD1\x88\xD0\xB8\xD0\xBD\xD0\xB0 \xD0\xBD\xD0\xB0 "
              "\xD0\xB4\xD0\xBE\xD1\x80\xD0\xBE\xD0\xB3\xD0\xB5.jpg"}}}) {
    CAPTURE(charset);
    std::vector<Member> members = {{"plain.txt", "x"}};
    auto all = std::vector<std::string>{"plain.txt"};
    for (const auto& name : expected) {
      members.push_back({text_in(name, charset), "x"});
      all.push_back(name);
    }
    write_file_atomically(file, old_zip(members));
    auto content = look_into_archive(file);
    REQUIRE(names(content.members) == all);
    REQUIRE(content.notes == std::vector<std::string>{"old.zip: " + std::to_string(expected.size()) +
                                                      (expected.size() == 1 ? " name is" : " names are") +
                                                      " not in UTF-8; read as " + shown});
  }
  constexpr unsigned kUtf8Flag = 0x800;
  write_file_atomically(file, old_zip({{"\xC3\xA9.jpg", "x"}}, kUtf8Flag));
  REQUIRE(names(look_into_archive(file).members) == std::vector<std::string>{"\xC3\xA9.jpg"});
}

TEST_CASE("names that differ only in case are noted; a file cannot be a folder too") {
  TemporaryFolder folder;
  auto file = folder.path() / "a.tar";
  write_archive(file, {{"A.jpg", "x"}, {"a.jpg", "y"}});
  REQUIRE(look_into_archive(file).notes ==
          std::vector<std::string>{"a.tar: 'A.jpg' and 'a.jpg' differ only in case"});
  write_archive(file, {{"a", "x"}, {"a/b", "y"}});
  REQUIRE_THROWS_WITH(look_into_archive(file),
                      file.string() + ": member 'a/b': its folder has the name of another member");
  write_archive(file, {{"a\x1b[2J", "x"}});
  REQUIRE_THROWS_WITH(look_into_archive(file),
                      file.string() + ": member '?': its name has control characters");
}

TEST_CASE("an encrypted zip is refused clearly, and a member whose bytes changed by its checksum") {
  TemporaryFolder folder;
  auto file = folder.path() / "a.zip";
  constexpr unsigned kEncrypted = 1;
  write_file_atomically(file, old_zip({{"secret.jpg", std::string(40, 'x')}}, kEncrypted));
  REQUIRE_THROWS_WITH(look_into_archive(file), file.string() +
                                                   ": member 'secret.jpg': it is encrypted; unpack it "
                                                   "with its password first");
  auto zip = old_zip({{"a.txt", "hello"}});
  zip[zip.find("hello")] = 'j';
  write_file_atomically(file, zip);
  REQUIRE_THROWS_WITH(extract_archive(file, folder.path() / "out"),
                      Catch::Matchers::StartsWith(file.string() + ": member 'a.txt': ZIP bad CRC"));
}

TEST_CASE("nested archives are unpacked in place, as deep as asked, within the limits of the whole") {
  TemporaryFolder folder;
  auto inner = folder.path() / "inner.zip";
  auto middle = folder.path() / "middle.tar";
  auto outer = folder.path() / "outer.zip";
  write_archive(inner, {{"deep.txt", std::string(50, 'd')}});
  write_archive(middle, {{"inner.zip", read_file(inner)}, {"m.txt", "m"}});
  write_archive(outer, {{"sub/middle.tar", read_file(middle)}, {"sub/middle", "in the way"}});
  auto at = [&](int nested) {
    auto out = folder.path() / ("out" + std::to_string(nested));
    extract_archive(outer, out, {.nested = nested});
    return out / "sub";
  };
  REQUIRE(std::filesystem::is_regular_file(at(0) / "middle.tar"));
  // a file has the name without the suffix: the folder keeps it
  auto one = at(1);
  REQUIRE(read_file(one / "middle") == "in the way");
  REQUIRE(read_file(one / "middle.tar/m.txt") == "m");
  REQUIRE(std::filesystem::is_regular_file(one / "middle.tar/inner.zip"));
  auto two = at(2);
  REQUIRE(read_file(two / "middle.tar/inner/deep.txt") == std::string(50, 'd'));
  REQUIRE_FALSE(std::filesystem::exists(two / "middle.tar/inner.zip"));
  // the outer members are 10 + the tar; the limit leaves no room for the 50 bytes at the bottom
  auto limit = std::filesystem::file_size(middle) + 10 + std::filesystem::file_size(inner) + 1 + 49;
  REQUIRE_THROWS_WITH(
      extract_archive(outer, folder.path() / "out", {.max_total_bytes = limit, .nested = 2}),
      outer.string() +
          "!sub/middle.tar!inner.zip: member 'deep.txt': the archive unpacks to more than 49 bytes");
  write_archive(middle, {{"../evil", "x"}});
  write_archive(outer, {{"m.tar", read_file(middle)}});
  REQUIRE_THROWS_WITH(extract_archive(outer, folder.path() / "out", {.nested = 1}),
                      outer.string() + "!m.tar: member '../evil': its path leaves the archive's folder");
}

TEST_CASE("every cut of a zip and of a packed tar is refused or gives whole members only") {
  TemporaryFolder folder;
  for (const std::string suffix : {".zip", ".tar"}) {
    auto whole = folder.path() / ("whole" + suffix);
    write_archive(whole, {{"a.txt", std::string(3000, 'a')}, {"b.txt", std::string(3000, 'b')}});
    auto bytes = read_file(whole);
    auto cut = folder.path() / ("cut" + suffix);
    for (std::size_t length = 0; length < bytes.size();
         length += std::max<std::size_t>(1, bytes.size() / 60)) {
      std::ofstream(cut, std::ios::binary) << bytes.substr(0, length);
      try {
        for_each_member(cut, [](const ArchiveMember&, std::string&& data) { REQUIRE(data.size() == 3000); });
      } catch (const DataError& error) {
        REQUIRE(std::string(error.what()).starts_with(cut.string() + ": "));
      }
    }
  }
}
