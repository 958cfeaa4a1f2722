#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

/// zip and tar archives, read with suspicion.
namespace ds {

struct ArchiveLimits {
  std::uint64_t max_total_bytes = 64ULL << 30;  // unpacked, with what is nested
  std::uint64_t max_member_bytes = 8ULL << 30;
  std::uint64_t max_members = 2'000'000;
  /// Unpacked bytes over the archive's own; looked at beyond `ratio_from_bytes`, since small text packs well.
  double max_ratio = 200;
  std::uint64_t ratio_from_bytes = 64ULL << 20;
  /// Archives inside archives that extract_archive unpacks too, so many levels deep.
  int nested = 0;
};

struct ArchiveMember {
  std::string name;  // UTF-8, '/'-separated, proven to stay inside a folder
  std::uint64_t size = 0;
};

struct ArchiveContent {
  std::vector<ArchiveMember> members;  // in the archive's order
  /// What a user should know: the charset that names were read in, names that differ only in case.
  std::vector<std::string> notes;
};

/// The regular files of an archive. Leaves out __MACOSX/, ._*, .DS_Store, Thumbs.db. Names that are not UTF-8
/// are read in the charset that they are detected to be in. Throws DataError `<archive>: member '<name>':
/// <why>` for an absolute path, `..`, a link, a device, an encrypted member, two members of one name, or a
/// bomb; and `<archive>: ...` for a damaged one.
ArchiveContent look_into_archive(const std::filesystem::path& archive, const ArchiveLimits& limits = {});

/// Hands each member's bytes to `take` in the archive's order, under the same refusals. Nothing is written.
void for_each_member(const std::filesystem::path& archive,
                     const std::function<void(const ArchiveMember&, std::string&& bytes)>& take,
                     const ArchiveLimits& limits = {});

/// Unpacks into a folder, unflushed. Names, kinds and declared sizes are all checked before the first file is
/// written; data that unpack to more than declared are refused as they come. A nested archive, with
/// `limits.nested`, becomes a folder of its name without the suffix (with it where that name is taken).
/// @return what the archive itself holds, with the notes of nested ones
ArchiveContent extract_archive(const std::filesystem::path& archive, const std::filesystem::path& folder,
                               const ArchiveLimits& limits = {});

/// `photos.tar.gz` -> `photos`.
std::string without_archive_suffix(const std::string& name);

/// Files that operating systems leave behind and nobody means to import.
bool is_clutter(const std::filesystem::path& relative);

}  // namespace ds
