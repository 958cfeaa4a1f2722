#include "ds/base/chained_log.h"

#include <fmt/format.h>

#include <optional>

#include "ds/base/files.h"
#include "ds/base/hash.h"

namespace ds {
namespace {

const std::string kNoLineBefore(64, '0');
constexpr std::string_view kPrevious = ",\"previous\":\"";
constexpr std::string_view kHash = ",\"hash\":\"";
constexpr std::string_view kEnd = "\"}";

/// Takes `NAME` and 64 characters and `"` from the end of `text`; nothing when it does not end so.
std::optional<std::string_view> take_last(std::string_view& text, std::string_view name) {
  const auto length = name.size() + 64 + 1;
  if (text.size() < length || !text.ends_with('"')) return std::nullopt;
  auto last = text.substr(text.size() - length);
  if (!last.starts_with(name)) return std::nullopt;
  text.remove_suffix(length);
  return last.substr(name.size(), 64);
}

std::string content_of(std::string_view open_object, std::string_view previous) {
  return fmt::format("{}{}{}{}", open_object, kPrevious, previous, kEnd);
}

}  // namespace

ChainedLog::End ChainedLog::read(const Visit& visit) const {
  End end{.lines = 0, .hash = kNoLineBefore, .whole_bytes = 0, .torn = false};
  if (!std::filesystem::exists(file_)) return end;
  const auto text = read_file(file_);
  for (std::size_t begin = 0, next = 0; (next = text.find('\n', begin)) != text.npos; begin = next + 1) {
    const auto line = text.substr(begin, next - begin);
    const Location where{.path = file_, .line = ++end.lines};
    visit(line, where);
    std::string_view open = line;
    if (open.ends_with('}')) open.remove_suffix(1);
    const auto hash = take_last(open, kHash);
    const auto previous = take_last(open, kPrevious);
    if (!hash || !previous || sha256_hex(content_of(open, *previous)) != *hash)
      throw FormatError(where, std::string(texts_.changed));
    if (*previous != end.hash) throw FormatError(where, std::string(texts_.broken));
    end.hash = *hash;
    end.whole_bytes = next + 1;
  }
  end.torn = end.whole_bytes < text.size();
  return end;
}

std::string ChainedLog::append(const End& end, std::string_view object) const {
  object.remove_suffix(1);
  auto line = content_of(object, end.hash);
  const auto hash = sha256_hex(line);
  line.pop_back();
  line += fmt::format("{}{}{}", kHash, hash, kEnd);
  if (file_.has_parent_path()) make_folders(file_.parent_path());
  if (end.torn) std::filesystem::resize_file(file_, end.whole_bytes);
  append_line(file_, line, true);
  return line;
}

}  // namespace ds
