#include "archive/names.h"

#include <iconv.h>
#include <uchardet/uchardet.h>

#include <algorithm>
#include <memory>

namespace ds::detail {
namespace {

// The text in UTF-8, or nothing when it is not valid in `charset`.
std::optional<std::string> to_utf8(const std::string& text, const std::string& charset) {
  iconv_t converter = ::iconv_open("UTF-8", charset.c_str());
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

struct Range {
  char32_t first;
  char32_t last;
};

// Code points beyond ASCII that lie in any of the ranges, and all of them.
std::pair<std::size_t, std::size_t> share(const std::string& utf8, std::initializer_list<Range> ranges) {
  std::size_t inside = 0;
  std::size_t all = 0;
  for (std::size_t i = 0; i < utf8.size();) {
    auto lead = static_cast<unsigned char>(utf8[i]);
    std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t point = length == 1 ? lead : lead & (0xFF >> (length + 1));
    for (std::size_t k = 1; k < length && i + k < utf8.size(); ++k)
      point = point << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3F);
    i += length;
    if (length == 1) continue;
    ++all;
    inside += std::any_of(ranges.begin(), ranges.end(),
                          [&](const Range& range) { return point >= range.first && point <= range.last; });
  }
  return {inside, all};
}

constexpr Range kHangul{0xAC00, 0xD7A3};
constexpr Range kKana{0x3040, 0x30FF};
constexpr Range kIdeographs{0x4E00, 0x9FFF};
constexpr Range kCyrillic{0x0400, 0x04FF};
constexpr Range kLineDrawing{0x2500, 0x259F};

std::string detected(const std::string& text) {
  std::unique_ptr<struct uchardet, void (*)(uchardet_t)> detector(uchardet_new(), &uchardet_delete);
  if (uchardet_handle_data(detector.get(), text.data(), text.size()) != 0) return {};
  uchardet_data_end(detector.get());
  return uchardet_get_charset(detector.get());
}

// Whether most foreign letters of the text are of the script that the charset is for.
bool bears_out(const std::string& utf8, const std::string& charset) {
  auto most = [](std::pair<std::size_t, std::size_t> part) { return part.first * 10 >= part.second * 7; };
  if (charset == "CP949") return most(share(utf8, {kHangul}));
  if (charset == "CP932" || charset == "EUC-JP")
    return most(share(utf8, {kKana, kIdeographs})) && share(utf8, {kKana}).first > 0;
  if (charset == "GB18030" || charset == "BIG5") return most(share(utf8, {kIdeographs}));
  return most(share(utf8, {kCyrillic}));
}

// The charset for what uchardet answers, or nothing for Western ones, which short names do not tell apart.
std::optional<std::string> charset_of(const std::string& answer) {
  if (answer == "EUC-KR" || answer == "UHC" || answer == "CP949") return "CP949";
  if (answer == "SHIFT_JIS") return "CP932";
  for (const char* same : {"EUC-JP", "GB18030", "BIG5", "IBM866", "IBM855", "KOI8-R", "WINDOWS-1251"})
    if (answer == same) return same;
  return std::nullopt;
}

std::string choose(const std::string& text, bool zip) {
  std::vector<std::string> candidates;
  if (auto first = charset_of(detected(text))) candidates.push_back(*first);
  // A few short names are too little for statistics, yet kana or nothing but Hangul (of the two-byte plane
  // whose bytes are both beyond ASCII) are no accident.
  candidates.insert(candidates.end(), {"CP932", "EUC-JP"});
  if (to_utf8(text, "EUC-KR")) candidates.push_back("CP949");
  for (const auto& charset : candidates) {
    auto utf8 = to_utf8(text, charset);
    if (utf8 && bears_out(*utf8, charset)) return charset;
  }
  if (!zip) return "WINDOWS-1252";
  auto dos = to_utf8(text, "CP437");
  auto western = to_utf8(text, "CP850");
  bool draws = dos && share(*dos, {kLineDrawing}).first > 0;
  return draws && western && share(*western, {kLineDrawing}).first == 0 ? "CP850" : "CP437";
}

}  // namespace

DecodedNames decode_names(const std::vector<std::string>& raw, bool zip) {
  DecodedNames result;
  result.names = raw;
  std::string foreign;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (to_utf8(raw[i], "UTF-8")) continue;
    foreign += raw[i] + '\n';
    places.push_back(i);
  }
  if (places.empty()) return result;
  result.foreign = places.size();
  result.charset = choose(foreign, zip);
  for (auto i : places) {
    auto name = to_utf8(raw[i], result.charset);
    // Every byte means something in CP437.
    result.names[i] = name ? *name : to_utf8(raw[i], "CP437").value_or("");
  }
  return result;
}

}  // namespace ds::detail
