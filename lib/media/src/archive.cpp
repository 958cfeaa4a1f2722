#include "ds/media/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <iconv.h>
#include <locale.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/stop.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

// libarchive converts names through the locale of the thread, which is "C" in a tool that never sets one.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) before_ = ::uselocale(locale_);
  }
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_;
  locale_t before_ = nullptr;
};

// The text in UTF-8, or nothing when it is not valid in `charset`.
std::optional<std::string> to_utf8(const std::string& text, const char* charset) {
  iconv_t converter = ::iconv_open("UTF-8", charset);
  if (converter == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  std::string out(text.size() * 4 + 4, '\0');
  char* from = const_cast<char*>(text.data());
  char* to = out.data();
  std::size_t from_left = text.size();
  std::size_t to_left = out.size();
  bool good = ::iconv(converter, &from, &from_left, &to, &to_left) != static_cast<std::size_t>(-1);
  ::iconv_close(converter);
  if (!good) return std::nullopt;
  out.resize(out.size() - to_left);
  return out;
}

// Kana or kanji: U+3040..U+9FFF, three bytes E3 81 .. E9 BF in UTF-8.
bool has_japanese(const std::string& utf8) {
  return std::any_of(utf8.begin(), utf8.end(), [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte >= 0xE3 && byte <= 0xE9;
  });
}

// Old zip programs wrote names in the code page of their machine without saying which.
std::string name_in_utf8(const std::string& raw) {
  if (to_utf8(raw, "UTF-8")) return raw;
  auto japanese = to_utf8(raw, "SHIFT_JIS");
  if (japanese && has_japanese(*japanese)) return *japanese;
  return to_utf8(raw, "CP437").value_or(raw);
}

// Not flushed to disk one by one: what is unpacked is scratch that the caller makes durable or throws away.
void write_scratch(const fs::path& path, std::string_view bytes) {
  make_folders(path.parent_path());
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"), &std::fclose);
  if (!file) throw_io_error("write", path, errno);
  if (std::fwrite(bytes.data(), 1, bytes.size(), file.get()) != bytes.size() || std::fflush(file.get()) != 0)
    throw_io_error("write", path, errno);
}

class Walk {
 public:
  Walk(const fs::path& path, const ArchiveLimits& limits)
      : path_(path), limits_(limits), archive_(::archive_read_new(), &::archive_read_free) {
    std::error_code error;
    packed_size_ = fs::file_size(path, error);
    if (error) throw_io_error("read", path, error.value());
    auto* a = archive_.get();
    ::archive_read_support_format_zip(a);
    ::archive_read_support_format_tar(a);
    ::archive_read_support_filter_gzip(a);
    ::archive_read_support_filter_bzip2(a);
    ::archive_read_support_filter_xz(a);
    ::archive_read_support_filter_zstd(a);
    if (::archive_read_open_filename(a, path.c_str(), 1 << 16) != ARCHIVE_OK) damaged();
  }

  /// The next regular file that matters.
  bool next(ArchiveMember& member) {
    for (;;) {
      throw_if_stopped();
      int code = ::archive_read_next_header(archive_.get(), &entry_);
      if (code == ARCHIVE_EOF) return false;
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) damaged();
      const char* raw = ::archive_entry_pathname(entry_);
      member.name = raw != nullptr ? name_in_utf8(raw) : "";
      std::replace(member.name.begin(), member.name.end(), '\\', '/');
      while (member.name.starts_with("./")) member.name.erase(0, 2);
      if (++count_ > limits_.max_members)
        throw DataError(fmt::format("{}: more than {} members", path_.string(), limits_.max_members));
      bool folder = ::archive_entry_filetype(entry_) == AE_IFDIR;
      if (folder && (member.name.empty() || member.name == ".")) continue;
      check_kind(member.name);
      if (folder || is_clutter(member.name)) continue;
      if (!names_.insert(member.name).second) refuse(member.name, "another member has the same name");
      member.size = ::archive_entry_size_is_set(entry_)
                        ? static_cast<std::uint64_t>(std::max<la_int64_t>(0, ::archive_entry_size(entry_)))
                        : 0;
      declared_ += member.size;
      check_size(member.name, member.size, declared_);
      return true;
    }
  }

  std::string read(const ArchiveMember& member) {
    std::string bytes;
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    for (;;) {
      int code = ::archive_read_data_block(archive_.get(), &block, &size, &offset);
      if (code == ARCHIVE_EOF) break;
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
        refuse(member.name, ::archive_error_string(archive_.get()));
      auto end = static_cast<std::uint64_t>(offset) + size;
      check_size(member.name, end, unpacked_ + end);
      bytes.resize(static_cast<std::size_t>(offset));  // a hole in a sparse file
      bytes.append(static_cast<const char*>(block), size);
    }
    unpacked_ += bytes.size();
    return bytes;
  }

 private:
  [[noreturn]] void refuse(const std::string& member, const std::string& why) const {
    throw DataError(fmt::format("{}: member '{}': {}", path_.string(), member, why),
                    "nothing of the archive was used");
  }
  [[noreturn]] void damaged() const {
    const char* why = ::archive_error_string(archive_.get());
    throw DataError(fmt::format("{}: damaged or not a zip or tar archive: {}", path_.string(),
                                why ? why : "no reason given"));
  }

  void check_kind(const std::string& name) const {
    if (!stays_inside(name)) refuse(name, "its path leaves the archive's folder");
    if (::archive_entry_hardlink(entry_) != nullptr) refuse(name, "it is a link, and links are refused");
    switch (::archive_entry_filetype(entry_)) {
      case AE_IFREG:
      case AE_IFDIR:
        break;
      case AE_IFLNK:
        refuse(name, "it is a link, and links are refused");
      default:
        refuse(name, "it is a device or a pipe, and those are refused");
    }
    if (::archive_entry_is_encrypted(entry_)) refuse(name, "it is encrypted");
  }

  void check_size(const std::string& name, std::uint64_t member, std::uint64_t total) const {
    if (member > limits_.max_member_bytes)
      refuse(name, fmt::format("it unpacks to more than {} bytes", limits_.max_member_bytes));
    if (total > limits_.max_total_bytes)
      refuse(name, fmt::format("the archive unpacks to more than {} bytes", limits_.max_total_bytes));
    if (total > limits_.ratio_from_bytes &&
        static_cast<double>(total) > limits_.max_ratio * static_cast<double>(packed_size_)) {
      refuse(name, fmt::format("the archive unpacks to more than {:g} times its {} bytes", limits_.max_ratio,
                               packed_size_));
    }
  }

  fs::path path_;
  const ArchiveLimits& limits_;
  Utf8Locale locale_;
  std::unique_ptr<struct archive, int (*)(struct archive*)> archive_;
  struct archive_entry* entry_ = nullptr;
  std::set<std::string> names_;
  std::uint64_t packed_size_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t declared_ = 0;
  std::uint64_t unpacked_ = 0;
};

}  // namespace

std::vector<ArchiveMember> list_archive(const fs::path& archive, const ArchiveLimits& limits) {
  Walk walk(archive, limits);
  std::vector<ArchiveMember> members;
  for (ArchiveMember member; walk.next(member);) members.push_back(member);
  return members;
}

void for_each_member(const fs::path& archive,
                     const std::function<void(const ArchiveMember&, std::string&& bytes)>& take,
                     const ArchiveLimits& limits) {
  list_archive(archive, limits);  // refuse before the first member is used
  Walk walk(archive, limits);
  for (ArchiveMember member; walk.next(member);) {
    auto bytes = walk.read(member);
    member.size = bytes.size();
    take(member, std::move(bytes));
  }
}

std::vector<ArchiveMember> extract_archive(const fs::path& archive, const fs::path& folder,
                                           const ArchiveLimits& limits) {
  std::vector<ArchiveMember> members;
  for_each_member(
      archive,
      [&](const ArchiveMember& member, std::string&& bytes) {
        write_scratch(folder / fs::path(member.name), bytes);
        members.push_back(member);
      },
      limits);
  return members;
}

bool is_clutter(const fs::path& relative) {
  for (const auto& part : relative)
    if (part == "__MACOSX") return true;
  auto name = relative.filename().string();
  return name.starts_with("._") || name == ".DS_Store" || name == "Thumbs.db" || name == "desktop.ini";
}

}  // namespace ds
