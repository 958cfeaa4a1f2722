#include "ds/media/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include "ds/base/files.h"
#include "fuzz_target.h"

namespace ds::fuzz {
namespace {

std::string packed(int format, int filter, const std::vector<std::pair<std::string, std::string>>& members) {
  std::string bytes(1 << 16, '\0');
  std::size_t used = 0;
  auto* archive = archive_write_new();
  archive_write_set_format(archive, format);
  archive_write_add_filter(archive, filter);
  archive_write_set_bytes_in_last_block(archive, 1);
  archive_write_open_memory(archive, bytes.data(), bytes.size(), &used);
  for (const auto& [name, content] : members) {
    auto* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_write_header(archive, entry);
    archive_write_data(archive, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(archive);
  archive_write_free(archive);
  bytes.resize(used);
  return bytes;
}

}  // namespace

void take(std::string_view bytes) {
  static const TemporaryFolder folder;
  auto file = folder.path() / "input.zip";
  auto out = folder.path() / "out";
  std::FILE* stream = std::fopen(file.c_str(), "wb");
  if (stream == nullptr) return;
  std::fwrite(bytes.data(), 1, bytes.size(), stream);
  std::fclose(stream);
  std::error_code ignored;
  std::filesystem::remove_all(out, ignored);
  constexpr std::uint64_t kMost = 1 << 22;
  extract_archive(file, out,
                  {.max_total_bytes = kMost, .max_member_bytes = kMost, .max_members = 100, .nested = 2});
}

std::vector<std::string> seeds() {
  std::vector<std::pair<std::string, std::string>> members = {
      {"a/b.txt", "hello"}, {"\xBB\xE7\xC1\xF8.txt", std::string(300, 'x')}, {"__MACOSX/._a", "?"}};
  auto inner = packed(ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, members);
  members.emplace_back("inner.zip", inner);
  return {packed(ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, members),
          packed(ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, members),
          packed(ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FILTER_GZIP, members),
          packed(ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_ZSTD, members)};
}

}  // namespace ds::fuzz
