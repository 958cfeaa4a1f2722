#include "shared/text/label_text.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "ds/base/charset.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

thread_local ToldCharsets* told_charsets = nullptr;

constexpr std::string_view kMark = "\xEF\xBB\xBF";

struct Wide {
  const char* charset;
  std::size_t mark;  // bytes of the byte order mark
};

// UTF-16 or UTF-32 by its first bytes.
std::optional<Wide> wide_charset(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\xFF\xFE\0\0"sv)) return Wide{"UTF-32LE", 4};
  if (bytes.starts_with("\0\0\xFE\xFF"sv)) return Wide{"UTF-32BE", 4};
  if (bytes.starts_with("\xFF\xFE")) return Wide{"UTF-16LE", 2};
  if (bytes.starts_with("\xFE\xFF")) return Wide{"UTF-16BE", 2};
  constexpr std::size_t kLook = 8;
  if (bytes.size() < kLook) return std::nullopt;
  bool low_first = true, high_first = true;
  for (std::size_t i = 0; i < kLook; ++i) {
    bool zero = bytes[i] == '\0', odd = i % 2 == 1;
    low_first = low_first && zero == odd;
    high_first = high_first && zero != odd;
  }
  if (low_first) return Wide{"UTF-16LE", 0};
  return high_first ? std::optional(Wide{"UTF-16BE", 0}) : std::nullopt;
}

// The declaration was read as ASCII, so the file is none of these, and UTF-8 is what is expected anyhow.
bool is_expected_anyhow(const std::string& encoding) {
  auto lower = to_lower(encoding);
  return lower.starts_with("utf-") || lower == "utf8" || lower == "utf16" || lower.starts_with("ucs-");
}

// What `<?xml version="1.0" encoding="..."?>` says; empty when it is not there or says nothing.
std::string declared_encoding(std::string_view bytes) {
  if (!bytes.starts_with("<?xml")) return {};
  constexpr std::size_t kMost = 1024;
  auto declaration = bytes.substr(0, std::min(bytes.find("?>"), kMost));
  auto at = declaration.find("encoding");
  if (at == std::string_view::npos) return {};
  auto open = declaration.find_first_of("\"'", at);
  if (open == std::string_view::npos) return {};
  auto close = declaration.find(declaration[open], open + 1);
  if (close == std::string_view::npos) return {};
  std::string encoding(declaration.substr(open + 1, close - open - 1));
  return is_expected_anyhow(encoding) ? std::string() : encoding;
}

// The charsets that a declared name stands for, those that hold more first: files that say GB2312 hold letters
// of GBK, those that say ISO-8859-1 the quotes of Windows-1252.
std::vector<std::string> charsets_named(const std::string& name) {
  auto lower = to_lower(name);
  static const std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> kNames = {
      {{"gb2312", "gb_2312-80", "gbk", "x-gbk", "cp936", "gb18030"}, {"GB18030"}},
      {{"euc-kr", "ks_c_5601-1987", "ksc5601", "ks_c_5601", "windows-949", "cp949", "uhc"}, {"CP949"}},
      {{"shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms932", "cp932"}, {"CP932"}},
      {{"big5", "big5-hkscs", "cp950"}, {"BIG5", "BIG5-HKSCS"}},
      {{"iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii"}, {"WINDOWS-1252", "ISO-8859-1"}},
      {{"iso-8859-9", "latin5"}, {"WINDOWS-1254", "ISO-8859-9"}},
  };
  for (const auto& [names, charsets] : kNames)
    if (std::find(names.begin(), names.end(), lower) != names.end()) return charsets;
  bool plain = std::all_of(lower.begin(), lower.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == ':';
  });
  return plain && is_known_charset(name) ? std::vector{name} : std::vector<std::string>();
}

bool is_two_byte_charset(const std::string& charset) {
  static const std::vector<std::string> kTwoByte = {"GB18030", "CP949", "CP932", "BIG5", "EUC-JP"};
  return std::find(kTwoByte.begin(), kTwoByte.end(), charset) != kTwoByte.end();
}

// CR only in files without any LF, as old Macs wrote them.
char line_end_of(std::string_view text) {
  return text.find('\n') == std::string_view::npos ? '\r' : '\n';
}

// The start of a text in UTF-16 or UTF-32; its last letter may be cut.
std::optional<std::string> head_in_utf8(const Wide& wide, std::string_view bytes) {
  std::size_t valid = 0;
  bytes.remove_prefix(wide.mark);
  auto text = to_utf8(bytes, wide.charset, &valid);
  if (!text && valid + 4 > bytes.size()) text = to_utf8(bytes.substr(0, valid), wide.charset);
  return text && text->find('\0') == std::string::npos ? text : std::nullopt;
}

constexpr const char* kAdvice =
    "save the file as UTF-8, say with: iconv -f ENCODING -t UTF-8 FILE > NEW (ENCODING: GB18030, CP949, CP932, "
    "WINDOWS-1252, ...)";

std::string converted_from(const Wide& wide, std::string_view bytes, const fs::path& file) {
  std::size_t valid = 0;
  auto text = to_utf8(bytes.substr(wide.mark), wide.charset, &valid);
  if (text && text->find('\0') == std::string::npos) return *text;
  throw FormatError({.path = file, .offset = static_cast<std::int64_t>(wide.mark + valid)},
                    fmt::format("the file begins as {}, but these bytes are not that", wide.charset),
                    kAdvice);
}

// Letters of two bytes in UTF-8 are each a letter of a two-byte charset, too, and then the declaration counts;
// longer ones are no accident.
std::optional<std::string> as_two_byte_letters(std::string_view utf8, const std::string& declared) {
  auto charsets = charsets_named(declared);
  auto longest = *std::max_element(utf8.begin(), utf8.end(), [](char a, char b) {
    return static_cast<unsigned char>(a) < static_cast<unsigned char>(b);
  });
  auto lead = static_cast<unsigned char>(longest);
  bool doubtful = lead >= 0x80 && lead < 0xE0 && !charsets.empty() && is_two_byte_charset(charsets[0]);
  return doubtful ? to_utf8(utf8, charsets[0]) : std::nullopt;
}

std::string converted_as_declared(std::string_view bytes, const std::string& declared, const fs::path& file) {
  auto charsets = charsets_named(declared);
  std::size_t valid = utf8_length(bytes);
  for (const auto& charset : charsets)
    if (auto text = to_utf8(bytes, charset, &valid)) return *text;
  throw FormatError({.path = file, .line = line_at(bytes, valid)},
                    fmt::format("the XML declares encoding=\"{}\", {}", printable(declared),
                                charsets.empty() ? "which is not known" : "but these bytes are not that"),
                    kAdvice);
}

}  // namespace

ToldCharsets::ToldCharsets() : outer_(std::exchange(told_charsets, this)) {}

ToldCharsets::~ToldCharsets() {
  told_charsets = outer_;
}

std::string_view without_mark(std::string_view text) {
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

std::optional<std::string> converted_text(std::string_view bytes, const fs::path& file) {
  if (auto wide = wide_charset(bytes)) return converted_from(*wide, bytes, file);
  auto declared = declared_encoding(bytes);
  if (simdjson::validate_utf8(bytes.data(), bytes.size()))
    return declared.empty() ? std::nullopt : as_two_byte_letters(bytes, declared);
  if (!declared.empty()) return converted_as_declared(bytes, declared, file);
  // The mark says what the file was meant to be.
  if (!bytes.starts_with(kMark))
    if (auto charset = certain_charset(bytes)) {
      if (told_charsets != nullptr) told_charsets->files_[*charset].insert(file);
      return to_utf8(bytes, *charset);
    }
  auto valid = utf8_length(bytes);
  throw FormatError(
      {.path = file, .line = line_at(bytes, valid)},
      fmt::format("not UTF-8 (byte 0x{:02X}), and which encoding it is cannot be told for certain",
                  static_cast<unsigned char>(bytes[valid])),
      kAdvice);
}

std::string read_label_text(const fs::path& file) {
  auto bytes = read_file(file);
  if (auto text = converted_text(bytes, file)) return std::string(without_mark(*text));
  if (without_mark(bytes).size() < bytes.size()) bytes.erase(0, kMark.size());
  return bytes;
}

std::string glance_at_label_text(const fs::path& file) {
  auto bytes = read_file(file);
  try {
    if (auto text = converted_text(bytes, file)) return std::string(without_mark(*text));
  } catch (const FormatError&) {
    std::string_view rest = bytes;
    for (auto at = utf8_length(rest); at < rest.size(); at += utf8_length(rest.substr(at))) bytes[at] = '?';
  }
  return std::string(without_mark(bytes));
}

std::string head_of(const fs::path& file, std::size_t size) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes(size, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(size));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  if (auto wide = wide_charset(bytes)) bytes = head_in_utf8(*wide, bytes).value_or(bytes);
  if (bytes.find('\0') != std::string::npos) return bytes;  // no text
  if (line_end_of(bytes) == '\r') std::replace(bytes.begin(), bytes.end(), '\r', '\n');
  return std::string(without_mark(bytes));
}

std::vector<std::string> read_lines(const fs::path& file) {
  auto text = read_label_text(file);
  const char end_sign = line_end_of(text);
  std::vector<std::string> lines;
  for (std::string_view rest = text; !rest.empty();) {
    auto end = std::min(rest.find(end_sign), rest.size());
    auto line = rest.substr(0, end);
    while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
    lines.emplace_back(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines;
}

std::vector<std::size_t> line_ends_of(std::string_view text) {
  const char end_sign = line_end_of(text);
  std::vector<std::size_t> ends;
  for (auto at = text.find(end_sign); at != std::string_view::npos; at = text.find(end_sign, at + 1))
    ends.push_back(at);
  return ends;
}

std::int64_t line_at(std::string_view text, std::size_t offset) {
  return std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size())),
                    line_end_of(text)) +
         1;
}

}  // namespace ds::detail
