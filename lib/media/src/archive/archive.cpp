#include "ds/media/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <locale.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

#include "archive/names.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/media/image_header.h"

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

[[noreturn]] void refuse(const fs::path& archive, const std::string& member, const std::string& why) {
  throw DataError(fmt::format("{}: member '{}': {}", archive.string(), member, why),
                  "nothing of the archive was used");
}

struct Entry {
  std::string raw;  // the name as its archiver wrote it
  bool folder = false;
  std::uint64_t size = 0;  // as declared; 0 when it is not
  std::string refusal;     // why such an entry is never taken
};

/// Goes through an archive once, entry by entry, and stops at what makes it a bomb.
///
/// Sizes are checked twice: as declared when an entry's header comes, so that most bombs are refused before a
/// byte is unpacked, and as they are while the data come, because a declared size may lie or be missing. Kinds
/// that are never taken (links, devices, encrypted members) are only named here; the Plan decides whether such
/// an entry matters. Names stay as their archiver wrote them until all are known.
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

  bool next(Entry& entry) {
    throw_if_stopped();
    int code = ::archive_read_next_header(archive_.get(), &entry_);
    if (code == ARCHIVE_EOF) return false;
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) damaged();
    if (++count_ > limits_.max_members)
      throw DataError(fmt::format("{}: more than {} members", path_.string(), limits_.max_members));
    const char* name = ::archive_entry_pathname(entry_);
    if (name == nullptr) name = ::archive_entry_pathname_utf8(entry_);
    entry.raw = name != nullptr ? name : "";
    entry.folder = ::archive_entry_filetype(entry_) == AE_IFDIR;
    entry.refusal = kind_refused();
    entry.size = ::archive_entry_size_is_set(entry_)
                     ? static_cast<std::uint64_t>(std::max<la_int64_t>(0, ::archive_entry_size(entry_)))
                     : 0;
    declared_ += entry.size;
    check_size(entry.raw, entry.size, declared_);
    return true;
  }

  /// Hands over the data of the entry next() went to, block by block with its offset.
  std::uint64_t read(const std::string& name,
                     const std::function<void(std::uint64_t offset, std::string_view)>& take) {
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    std::uint64_t end = 0;
    for (;;) {
      int code = ::archive_read_data_block(archive_.get(), &block, &size, &offset);
      if (code == ARCHIVE_EOF) break;
      // A wrong checksum is a warning to libarchive.
      if (code != ARCHIVE_OK) {
        const char* why = ::archive_error_string(archive_.get());
        refuse(path_, name, why != nullptr ? why : "its data are damaged");
      }
      if (offset < 0) refuse(path_, name, "its data are damaged");
      end = std::max(end, static_cast<std::uint64_t>(offset) + size);
      check_size(name, end, unpacked_ + end);
      take(static_cast<std::uint64_t>(offset), {static_cast<const char*>(block), size});
    }
    unpacked_ += end;
    return end;
  }

  bool is_zip() const {
    return (::archive_format(archive_.get()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP;
  }

 private:
  [[noreturn]] void damaged() const {
    const char* why = ::archive_error_string(archive_.get());
    throw DataError(fmt::format("{}: damaged or not a zip or tar archive: {}", path_.string(),
                                why != nullptr ? why : "no reason given"));
  }

  std::string kind_refused() const {
    if (::archive_entry_hardlink(entry_) != nullptr) return "it is a link, and links are refused";
    switch (::archive_entry_filetype(entry_)) {
      case AE_IFREG:
      case AE_IFDIR:
        break;
      case AE_IFLNK:
        return "it is a link, and links are refused";
      default:
        return "it is a device or a pipe, and those are refused";
    }
    if (::archive_entry_is_encrypted(entry_)) return "it is encrypted; unpack it with its password first";
    return {};
  }

  void check_size(const std::string& name, std::uint64_t member, std::uint64_t total) const {
    if (member > limits_.max_member_bytes)
      refuse(path_, name, fmt::format("it unpacks to more than {} bytes", limits_.max_member_bytes));
    if (total > limits_.max_total_bytes)
      refuse(path_, name, fmt::format("the archive unpacks to more than {} bytes", limits_.max_total_bytes));
    if (total > limits_.ratio_from_bytes &&
        static_cast<double>(total) > limits_.max_ratio * static_cast<double>(packed_size_)) {
      refuse(path_, name,
             fmt::format("the archive unpacks to more than {:g} times its {} bytes", limits_.max_ratio,
                         packed_size_));
    }
  }

  fs::path path_;
  const ArchiveLimits& limits_;
  Utf8Locale locale_;
  std::unique_ptr<struct archive, int (*)(struct archive*)> archive_;
  struct archive_entry* entry_ = nullptr;
  std::uint64_t packed_size_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t declared_ = 0;
  std::uint64_t unpacked_ = 0;
};

// What a first walk over the whole archive found: which entries are taken, under which names.
class Plan {
 public:
  Plan(const fs::path& path, const ArchiveLimits& limits) : path_(path) {
    Walk walk(path, limits);
    std::vector<Entry> entries;
    for (Entry entry; walk.next(entry);) entries.push_back(std::move(entry));
    std::vector<std::string> raw;
    for (const auto& entry : entries) raw.push_back(entry.raw);
    auto decoded = detail::decode_names(raw, walk.is_zip());
    if (decoded.foreign > 0) {
      notes_.push_back(fmt::format("{}: {} {} not in UTF-8; read as {}", path.filename().string(),
                                   decoded.foreign, decoded.foreign == 1 ? "name is" : "names are",
                                   decoded.charset));
    }
    for (std::size_t i = 0; i < entries.size(); ++i) add(entries[i], std::move(decoded.names[i]));
    require_no_file_in_a_file();
    note_case_twins();
  }

  const std::vector<std::string>& notes() const { return notes_; }
  std::vector<ArchiveMember> members() const {
    std::vector<ArchiveMember> all;
    for (const auto& row : rows_)
      if (row.taken) all.push_back(row.member);
    return all;
  }
  /// The member that entry number `index` is; nullptr when it is left out.
  const ArchiveMember* member(std::size_t index, const Entry& entry) const {
    if (index >= rows_.size() || rows_[index].raw != entry.raw)
      throw DataError(fmt::format("{}: it changed while it was read", path_.string()));
    return rows_[index].taken ? &rows_[index].member : nullptr;
  }

 private:
  struct Row {
    std::string raw;
    ArchiveMember member;
    bool taken = false;
  };

  void add(const Entry& entry, std::string name) {
    std::replace(name.begin(), name.end(), '\\', '/');
    while (name.starts_with("./")) name.erase(0, 2);
    Row row{entry.raw, {name, entry.size}, false};
    bool root = entry.folder && (name.empty() || name == ".");
    if (!root) {
      if (!stays_inside(name)) refuse(path_, name, "its path leaves the archive's folder");
      auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
      if (std::any_of(name.begin(), name.end(), control))
        refuse(path_, "?", "its name has control characters");
      if (!entry.refusal.empty()) refuse(path_, name, entry.refusal);
      row.taken = !entry.folder && !is_clutter(name);
    }
    if (row.taken && !names_.insert(name).second) refuse(path_, name, "another member has the same name");
    rows_.push_back(std::move(row));
  }

  void require_no_file_in_a_file() const {
    for (const auto& name : names_)
      for (auto at = name.find('/'); at != std::string::npos; at = name.find('/', at + 1))
        if (names_.contains(name.substr(0, at)))
          refuse(path_, name, "its folder has the name of another member");
  }

  // Two files here are one on the disks of Windows and macOS.
  void note_case_twins() {
    std::map<std::string, std::string> seen;
    std::vector<std::string> twins;
    for (const auto& name : names_) {
      auto [first, fresh] = seen.emplace(to_lower(name), name);
      if (!fresh) twins.push_back(fmt::format("'{}' and '{}'", first->second, name));
    }
    if (twins.empty()) return;
    auto more = twins.size() > 1 ? fmt::format(", and {} more such pairs", twins.size() - 1) : "";
    notes_.push_back(
        fmt::format("{}: {} differ only in case{}", path_.filename().string(), twins.front(), more));
  }

  fs::path path_;
  std::vector<Row> rows_;
  std::set<std::string> names_;
  std::vector<std::string> notes_;
};

// Walks again, and hands over the data of each member of the plan.
void for_each_planned(const fs::path& path, const ArchiveLimits& limits, const Plan& plan,
                      const std::function<void(Walk&, const ArchiveMember&)>& take) {
  Walk walk(path, limits);
  std::size_t index = 0;
  for (Entry entry; walk.next(entry); ++index)
    if (const auto* member = plan.member(index, entry)) take(walk, *member);
}

// Not flushed to disk one by one: what is unpacked is scratch that the caller makes durable or throws away.
std::uint64_t write_scratch(Walk& walk, const ArchiveMember& member, const fs::path& path) {
  make_folders(path.parent_path());
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"), &std::fclose);
  if (!file) throw_io_error("write", path, errno);
  auto size = walk.read(member.name, [&](std::uint64_t offset, std::string_view block) {
    if (::fseeko(file.get(), static_cast<off_t>(offset), SEEK_SET) != 0 ||
        std::fwrite(block.data(), 1, block.size(), file.get()) != block.size())
      throw_io_error("write", path, errno);
  });
  if (std::fflush(file.get()) != 0) throw_io_error("write", path, errno);
  return size;
}

fs::path folder_for(const fs::path& archive) {
  auto folder = archive.parent_path() / without_archive_suffix(archive.filename().string());
  return fs::exists(folder) ? archive : folder;
}

// Messages call a nested archive by its place in the outer one, not by the scratch folder it lies in.
std::string with_place(std::string text, const std::string& scratch, const std::string& place) {
  for (std::size_t at; (at = text.find(scratch)) != std::string::npos;)
    text.replace(at, scratch.size(), place);
  return text;
}

void unpack_nested(const fs::path& outer, const fs::path& folder, ArchiveContent& content,
                   ArchiveLimits limits) {
  if (limits.nested-- <= 0) return;
  for (const auto& member : content.members) limits.max_total_bytes -= member.size;
  auto own = content.members;
  for (const auto& member : own) {
    if (!has_archive_suffix(member.name)) continue;
    auto packed = folder / fs::path(member.name);
    auto target = folder_for(packed);
    // The folder may have to take the archive's own name.
    auto aside = packed;
    aside += ".packed";
    fs::rename(packed, aside);
    auto place = outer.string() + "!" + member.name;
    try {
      auto inner = extract_archive(aside, target, limits);
      for (const auto& file : inner.members) limits.max_total_bytes -= file.size;
      for (const auto& note : inner.notes)
        content.notes.push_back(with_place(note, aside.filename().string(), member.name));
    } catch (const DataError& error) {
      throw DataError(with_place(error.what(), aside.string(), place), error.advice());
    }
    fs::remove(aside);
  }
}

}  // namespace

ArchiveContent look_into_archive(const fs::path& archive, const ArchiveLimits& limits) {
  Plan plan(archive, limits);
  return {plan.members(), plan.notes()};
}

void for_each_member(const fs::path& archive,
                     const std::function<void(const ArchiveMember&, std::string&& bytes)>& take,
                     const ArchiveLimits& limits) {
  Plan plan(archive, limits);  // refuse before the first member is used
  for_each_planned(archive, limits, plan, [&](Walk& walk, const ArchiveMember& member) {
    std::string bytes;
    auto size = walk.read(member.name, [&](std::uint64_t offset, std::string_view block) {
      bytes.resize(offset);  // a hole in a sparse file
      bytes.append(block);
    });
    take({member.name, size}, std::move(bytes));
  });
}

ArchiveContent extract_archive(const fs::path& archive, const fs::path& folder, const ArchiveLimits& limits) {
  Plan plan(archive, limits);
  ArchiveContent content{{}, plan.notes()};
  for_each_planned(archive, limits, plan, [&](Walk& walk, const ArchiveMember& member) {
    auto size = write_scratch(walk, member, folder / fs::path(member.name));
    content.members.push_back({member.name, size});
  });
  unpack_nested(archive, folder, content, limits);
  return content;
}

std::string without_archive_suffix(const std::string& name) {
  auto lower = to_lower(name);
  for (const std::string suffix :
       {".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst"})
    if (lower.size() > suffix.size() && lower.ends_with(suffix))
      return name.substr(0, name.size() - suffix.size());
  return name;
}

bool is_clutter(const fs::path& relative) {
  for (const auto& part : relative)
    if (part == "__MACOSX") return true;
  auto name = relative.filename().string();
  return name.starts_with("._") || name == ".DS_Store" || name == "Thumbs.db" || name == "desktop.ini";
}

}  // namespace ds
