#include "zip_members.h"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <memory>

#include "ds/base/error.h"

namespace ds::detail {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& message) {
  throw FormatError(Location{.path = path}, message);
}

std::string why(archive* reader) {
  const char* text = archive_error_string(reader);
  return text != nullptr ? text : "unknown error";
}

}  // namespace

std::map<std::string, std::string> read_zip_members(const std::filesystem::path& path) {
  std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  archive_read_support_format_zip(reader.get());
  constexpr std::size_t kBlock = 65536;
  if (archive_read_open_filename(reader.get(), path.c_str(), kBlock) != ARCHIVE_OK)
    fail(path, "the zip cannot be opened: " + why(reader.get()));
  const std::uint64_t limit = std::filesystem::file_size(path);
  std::uint64_t total = 0;
  std::map<std::string, std::string> members;
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    const char* name = archive_entry_pathname(entry);
    if (name == nullptr) fail(path, "a member of the zip has no readable name");
    auto& content = members[name];
    if (!content.empty()) fail(path, std::string("the zip has two members ") + name);
    std::array<char, kBlock> block;
    for (;;) {
      auto count = archive_read_data(reader.get(), block.data(), block.size());
      if (count < 0) fail(path, std::string("member ") + name + " of the zip: " + why(reader.get()));
      if (count == 0) break;
      total += static_cast<std::uint64_t>(count);
      if (total > limit)
        fail(path, std::string("member ") + name + " of the zip is compressed, torch.save stores");
      content.append(block.data(), static_cast<std::size_t>(count));
    }
  }
  if (status != ARCHIVE_EOF) fail(path, "the zip is broken: " + why(reader.get()));
  return members;
}

}  // namespace ds::detail
