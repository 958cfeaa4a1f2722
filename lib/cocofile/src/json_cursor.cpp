#include "json_cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "ds/base/charset.h"
#include "ds/base/error.h"

namespace ds::detail {

namespace {

constexpr std::size_t kMaxDepth = 512;
constexpr std::string_view kEscapes = "\"\\/bfnrtu";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

struct Digits {
  std::uint64_t value = 0;
  unsigned count = 0;  // 8: or more
};

/// The digits that eight characters begin with, without a branch a digit: numbers of changing length
/// would make the processor guess wrong at each end. All eight are worked on in one word, the first
/// in its lowest byte.
Digits leading_digits(const char* text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const auto off = word ^ (kOnes * '0');  // 0 to 9 for digits
  // The high bit of each byte that is none; a carry reaches only bytes behind the first of them.
  const auto others = ((off + kOnes * (0x80 - 10)) | off) & (kOnes * 0x80);
  const auto count = others == 0 ? 8u : static_cast<unsigned>(std::countr_zero(others)) / 8;
  if (count == 0) return {};
  // Pairs, fours and eights of digits, the missing ones in front being 0.
  auto sum = off << (8 * (8 - count));
  sum = (sum * 10 + (sum >> 8)) & 0x00ff00ff00ff00ff;
  sum = (sum * 100 + (sum >> 16)) & 0x0000ffff0000ffff;
  sum = (sum * 10000 + (sum >> 32)) & 0x00000000ffffffff;
  return {sum, count};
}

/// The length of a JSON number at the front of `text`, or 0.
std::size_t number_length(std::string_view text) {
  std::size_t n = 0;
  auto at = [&](std::size_t i) { return i < text.size() ? text[i] : '\0'; };
  auto digits = [&] {
    const auto before = n;
    while (is_digit(at(n))) ++n;
    return n > before;
  };
  if (at(n) == '-') ++n;
  if (at(n) == '0')
    ++n;
  else if (!digits())
    return 0;
  if (at(n) == '.') {
    ++n;
    if (!digits()) return 0;
  }
  if (at(n) == 'e' || at(n) == 'E') {
    ++n;
    if (at(n) == '+' || at(n) == '-') ++n;
    if (!digits()) return 0;
  }
  return n;
}

void append_utf8(unsigned code, std::string& out) {
  auto put = [&](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

}  // namespace

JsonCursor::JsonCursor(std::string_view text, std::filesystem::path path)
    : text_(text), path_(std::move(path)) {
  if (text_.substr(0, 3) == "\xef\xbb\xbf") at_ = 3;
}

std::optional<std::size_t> JsonCursor::open_list() {
  expect('[', "a list");
  if (peek() != ']') return at_;
  ++at_;
  end();
  return std::nullopt;
}

void JsonCursor::fail_to_expect(const char* what) {
  const char here = peek();
  if (here == '{' || here == '[' || here == '"' || here == '-' || is_digit(here) || here == 't' ||
      here == 'f' || here == 'n')
    fail(fmt::format("found {}, expected {}", found(), what));
  fail_here(fmt::format("found {}, expected {}", found(), what));
}

void JsonCursor::enter() {
  if (trail_.size() >= kMaxDepth) fail_here(fmt::format("nested deeper than {} levels", kMaxDepth));
  trail_.emplace_back(std::int64_t{0});
  unescaped_keys_.resize(std::max(unescaped_keys_.size(), trail_.size()));
}

void JsonCursor::leave() {
  trail_.pop_back();
}

void JsonCursor::fail_to_go_on(char close) const {
  fail_here(fmt::format("found {}, expected ',' or '{}'", found(), close));
}

std::string_view JsonCursor::member_key() {
  if (peek() != '"') fail_here(fmt::format("found {}, expected a member name in quotes", found()));
  auto key = raw_string();
  if (key.find('\\') != key.npos) key = unescaped_keys_[trail_.size() - 1] = unescaped(key);
  if (!take(':')) fail_here(fmt::format("found {}, expected ':'", found()));
  return key;
}

std::string_view JsonCursor::raw_string() {
  const auto begin = ++at_;
  unsigned all = 0;
  for (; at_ < text_.size(); ++at_) {
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (c == '"') {
      const auto text = text_.substr(begin, at_++ - begin);
      if (all >= 0x80) require_utf8(text, begin);
      return text;
    }
    all |= c;
    if (c < 0x20) fail_here(fmt::format("a control character (code {}) inside a string", c));
    if (c != '\\') continue;
    ++at_;
    if (at_ < text_.size() && kEscapes.find(text_[at_]) == kEscapes.npos)
      fail_here(fmt::format("unknown escape '\\{}'", text_[at_]));
  }
  at_ = text_.size();
  fail_here("the text ends inside a string");
}

void JsonCursor::require_utf8(std::string_view text, std::size_t begin) {
  const auto good = utf8_length(text);
  if (good == text.size()) return;
  at_ = begin + good;
  fail_here(fmt::format("a text that is not UTF-8 (byte 0x{:02X}): save the file as UTF-8",
                        static_cast<unsigned char>(text[good])));
}

void JsonCursor::append_escaped(std::string_view raw, std::size_t& at, std::string& out) const {
  static constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
  auto hex4 = [&](std::size_t from) -> unsigned {
    unsigned value = 0;
    const auto digits = raw.substr(std::min(from, raw.size()), 4);
    const auto end = digits.data() + digits.size();
    if (digits.size() != 4 || std::from_chars(digits.data(), end, value, 16).ptr != end)
      fail("a broken \\u escape");
    return value;
  };
  const char c = raw[at];
  if (c != 'u') {
    out += meant[kEscapes.find(c)];
    return;
  }
  unsigned code = hex4(at + 1);
  at += 4;
  if (code >= 0xd800 && code < 0xdc00) {
    if (raw.substr(at + 1, 2) != "\\u") fail("half a surrogate pair");
    const unsigned low = hex4(at + 3);
    if (low < 0xdc00 || low > 0xdfff) fail("half a surrogate pair");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    at += 6;
  } else if (code >= 0xdc00 && code < 0xe000) {
    fail("half a surrogate pair");
  }
  append_utf8(code, out);
}

std::string JsonCursor::unescaped(std::string_view raw) const {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      out += raw[i];
      continue;
    }
    ++i;
    append_escaped(raw, i, out);
  }
  return out;
}

std::string JsonCursor::string() {
  if (peek() != '"') fail(fmt::format("found {}, expected a text", found()));
  return unescaped(raw_string());
}

std::string JsonCursor::text_or_number() {
  const char first = peek();
  if (first != '-' && !is_digit(first)) return string();
  const auto before = at_;
  number();
  return std::string(text_.substr(before, at_ - before));
}

std::size_t JsonCursor::short_number(double& value) const {
  // Up to 14 digits are exact as a double, and so are powers of ten up to 22: one division rounds right.
  static constexpr double kPowers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
  static constexpr std::uint64_t kWholePowers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
  const char* const begin = text_.data() + at_;
  // A sign, two times eight characters that are looked at, a point, and what follows.
  if (text_.size() - at_ < 20) return 0;
  const bool negative = *begin == '-';
  const char* p = begin + negative;
  const auto whole = leading_digits(p);
  if (whole.count == 0 || whole.count > 7 || (*p == '0' && whole.count > 1)) return 0;
  p += whole.count;
  auto mantissa = whole.value;
  unsigned decimals = 0;
  if (*p == '.') {
    const auto fraction = leading_digits(++p);
    decimals = fraction.count;
    if (decimals == 0 || decimals > 7) return 0;
    mantissa = mantissa * kWholePowers[decimals] + fraction.value;
    p += decimals;
  }
  if (*p == 'e' || *p == 'E') return 0;
  const double size = static_cast<double>(mantissa) / kPowers[decimals];
  value = negative ? -size : size;
  return static_cast<std::size_t>(p - begin);
}

double JsonCursor::number() {
  const char first = peek();
  double plain = 0;
  if (const auto length = short_number(plain)) {
    at_ += length;
    return plain;
  }
  if (first != '-' && !is_digit(first)) fail(fmt::format("found {}, expected a number", found()));
  const auto length = number_length(text_.substr(at_));
  double value = 0;
  const auto begin = text_.data() + at_;
  if (length == 0) fail(fmt::format("found {}, expected a number", found()));
  const auto result = std::from_chars(begin, begin + length, value);
  if (result.ec == std::errc::result_out_of_range && !std::isfinite(value))
    fail(fmt::format("{} is too large for a number", std::string_view(begin, length)));
  if (result.ec == std::errc::result_out_of_range) {
    // Below the smallest double or above the largest: the library tells only that it is one of them.
    const auto text = std::string(begin, length);
    value = std::strtod(text.c_str(), nullptr);
    if (!std::isfinite(value)) fail(fmt::format("{} is too large for a number", text));
  }
  at_ += length;
  return value;
}

std::int64_t JsonCursor::integer() {
  const auto before = (peek(), at_);
  double plain = 0;
  if (const auto short_length = short_number(plain); short_length > 0 && plain == std::floor(plain)) {
    at_ += short_length;
    return static_cast<std::int64_t>(plain);
  }
  const auto length = number_length(text_.substr(at_));
  std::int64_t value = 0;
  const auto begin = text_.data() + at_;
  const auto result = std::from_chars(begin, begin + length, value);
  if (length > 0 && result.ec == std::errc() && result.ptr == begin + length) {
    at_ += length;
    return value;
  }
  const double real = number();
  if (real != std::floor(real) || std::abs(real) > 9007199254740992.0)
    fail(fmt::format("found {}, expected a whole number", text_.substr(before, at_ - before)));
  return static_cast<std::int64_t>(real);
}

bool JsonCursor::flag() {
  const char first = peek();
  if (first != 't' && first != 'f') return number() != 0;
  const auto before = at_;
  skip();
  return text_[before] == 't';
}

void JsonCursor::skip() {
  const char first = peek();
  if (first == '{') {
    each_member([&](std::string_view) { skip(); });
  } else if (first == '[') {
    each_element([&](std::int64_t) { skip(); });
  } else if (first == '"') {
    raw_string();
  } else if (first == '-' || is_digit(first)) {
    const auto length = number_length(text_.substr(at_));
    if (length == 0) fail(fmt::format("found {}, expected a number", found()));
    at_ += length;
  } else {
    for (const std::string_view word : {"true", "false", "null"})
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return;
      }
    fail_here(fmt::format("found {}, expected a value", found()));
  }
}

void JsonCursor::end() {
  if (peek() != '\0' || at_ < text_.size())
    fail_here(fmt::format("found {} after the end of the value", found()));
}

std::string JsonCursor::found() const {
  if (at_ >= text_.size()) return "the end of the file";
  auto length = std::size_t{1};
  auto wordy = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '+' || c == '-';
  };
  if (wordy(text_[at_]))
    while (at_ + length < text_.size() && length < 30 && wordy(text_[at_ + length])) ++length;
  if (text_[at_] == '"') {
    while (at_ + length < text_.size() && length < 30 && text_[at_ + length] != '"') ++length;
    return std::string(text_.substr(at_, length + 1));
  }
  if (text_[at_] == '{') return "an object";
  if (text_[at_] == '[') return "an array";
  const auto word = text_.substr(at_, length);
  return wordy(word[0]) ? std::string(word) : fmt::format("'{}'", word);
}

std::string JsonCursor::pointer() const {
  std::string text;
  for (const auto& step : trail_) {
    text += '/';
    if (const auto* index = std::get_if<std::int64_t>(&step))
      text += std::to_string(*index);
    else
      text += std::get<std::string_view>(step);
  }
  return text;
}

void JsonCursor::fail(const std::string& message) const {
  Location where{path_};
  where.pointer = pointer();
  throw FormatError(std::move(where), message);
}

void JsonCursor::fail_here(const std::string& message) const {
  const auto before = text_.substr(0, std::min(at_, text_.size()));
  const auto last_break = before.rfind('\n');
  Location where{path_};
  where.line = 1 + std::count(before.begin(), before.end(), '\n');
  where.column =
      static_cast<std::int64_t>(before.size() - (last_break == before.npos ? 0 : last_break + 1)) + 1;
  throw FormatError(std::move(where), message);
}

}  // namespace ds::detail
