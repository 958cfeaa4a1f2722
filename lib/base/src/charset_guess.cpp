#include <uchardet/uchardet.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "ds/base/charset.h"

namespace ds {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr Range kHangul{0xAC00, 0xD7A3};
constexpr Range kKana{0x3040, 0x30FF};
constexpr Range kIdeographs{0x4E00, 0x9FFF};
constexpr Range kCyrillic{0x0400, 0x04FF};

bool is_foreign(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

std::vector<char32_t> code_points(std::string_view utf8) {
  std::vector<char32_t> points;
  for (std::size_t i = 0; i < utf8.size();) {
    auto lead = static_cast<unsigned char>(utf8[i]);
    std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (std::size_t k = 1; k < length && i + k < utf8.size(); ++k)
      point = point << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3Fu);
    points.push_back(point);
    i += length;
  }
  return points;
}

struct Share {
  std::size_t inside = 0;
  std::size_t all = 0;
  bool is_most() const { return all > 0 && inside * 10 >= all * 7; }
  bool is_nearly_all() const { return all > 0 && inside * 10 >= all * 9; }
};

// Code points beyond ASCII that lie in any of the ranges, and all of them.
Share share_of(const std::string& utf8, std::initializer_list<Range> ranges) {
  Share share;
  for (auto point : code_points(utf8)) {
    if (point < 0x80) continue;
    ++share.all;
    share.inside += std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
      return point >= range.first && point <= range.last;
    });
  }
  return share;
}

// What of the text is of the script that the charset is for.
Share share_of_script(const std::string& utf8, const std::string& charset) {
  if (charset == "CP949") return share_of(utf8, {kHangul});
  if (charset == "GB18030" || charset == "BIG5") return share_of(utf8, {kIdeographs});
  if (charset != "CP932" && charset != "EUC-JP") return share_of(utf8, {kCyrillic});
  bool any_kana = share_of(utf8, {kKana}).inside > 0;
  return any_kana ? share_of(utf8, {kKana, kIdeographs}) : Share{};
}

std::string statistics_answer(const std::string& bytes) {
  std::unique_ptr<struct uchardet, void (*)(uchardet_t)> detector(uchardet_new(), &uchardet_delete);
  if (uchardet_handle_data(detector.get(), bytes.data(), bytes.size()) != 0) return {};
  uchardet_data_end(detector.get());
  return uchardet_get_charset(detector.get());
}

// The charset for what uchardet answers, or nothing for Western ones, which short texts do not tell apart.
std::optional<std::string> charset_of(const std::string& answer) {
  if (answer == "EUC-KR" || answer == "UHC" || answer == "CP949") return "CP949";
  if (answer == "SHIFT_JIS") return "CP932";
  for (const char* same : {"EUC-JP", "GB18030", "BIG5", "IBM866", "IBM855", "KOI8-R", "WINDOWS-1251"})
    if (answer == same) return same;
  return std::nullopt;
}

// The lines with anything beyond ASCII, each once: a class that stands in every row says no more than in one.
// Enough for any statistics.
std::string foreign_lines(std::string_view bytes) {
  constexpr std::size_t kEnough = 1 << 16;
  std::set<std::string_view> seen;
  std::string lines;
  while (!bytes.empty() && lines.size() < kEnough) {
    auto end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    auto line = bytes.substr(0, end);
    if (std::any_of(line.begin(), line.end(), is_foreign) && seen.insert(line).second)
      lines += std::string(line) + '\n';
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return lines;
}

// Korean and Japanese in EUC are valid Chinese, too.
bool has_rival(const std::string& lines, const std::string& charset) {
  if (charset != "GB18030" && charset != "BIG5") return false;
  auto korean = to_utf8(lines, "EUC-KR");
  auto japanese = to_utf8(lines, "EUC-JP");
  return (korean && share_of_script(*korean, "CP949").is_nearly_all()) ||
         (japanese && share_of_script(*japanese, "EUC-JP").is_nearly_all());
}

bool is_ascii_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Runs of letters, those beyond ASCII among them, that have any of the latter.
std::set<std::string> foreign_words(std::string_view bytes) {
  std::set<std::string> words;
  std::string word;
  auto take = [&] {
    if (std::any_of(word.begin(), word.end(), is_foreign)) words.insert(word);
    word.clear();
  };
  for (char c : bytes) {
    if (is_foreign(c) || is_ascii_letter(c))
      word += c;
    else
      take();
  }
  take();
  return words;
}

enum class Case { none, small, capital };

// Small letters, capital ones, or one capital in front. A letter without case may stand anywhere.
bool is_cased_as_words_are(const std::vector<Case>& letters) {
  std::size_t capitals = 0, small = 0;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    capitals += i > 0 && letters[i] == Case::capital;
    small += i > 0 && letters[i] == Case::small;
  }
  bool begins_small = !letters.empty() && letters[0] == Case::small;
  return capitals == 0 || (small == 0 && !begins_small);
}

Case cyrillic_case(char32_t point) {
  if (point < 0x400 || point > 0x45F) return Case::none;
  return point < 0x430 ? Case::capital : Case::small;
}

bool reads_as_cyrillic(const std::string& utf8) {
  std::vector<Case> word;
  for (auto point : code_points(utf8 + '\n')) {
    auto letter = cyrillic_case(point);
    if (letter != Case::none) {
      word.push_back(letter);
      continue;
    }
    if (!is_cased_as_words_are(word)) return false;
    word.clear();
  }
  return true;
}

// In Windows-1252 the letters from 0xC0 on, without the signs × and ÷.
Case western_case(char c) {
  auto byte = static_cast<unsigned char>(c);
  if (!is_foreign(c)) return byte >= 'a' ? Case::small : Case::capital;
  if (byte < 0xC0 || byte == 0xD7 || byte == 0xF7) return Case::none;
  return byte < 0xDF ? Case::capital : Case::small;
}

// Letters with accents alone or in pairs beside plain ones: no word of two bytes a letter is like that.
bool is_western_word(const std::string& word) {
  std::vector<Case> letters;
  std::size_t run = 0, plain = 0;
  for (char c : word) {
    letters.push_back(western_case(c));
    if (letters.back() == Case::none) return false;
    run = is_foreign(c) ? run + 1 : 0;
    plain += !is_foreign(c);
    if (run > 2) return false;
  }
  return plain > 0 && is_cased_as_words_are(letters);
}

bool is_same_in_western_charsets(const std::string& word) {
  auto text = to_utf8(word, "WINDOWS-1252");
  return text && text == to_utf8(word, "WINDOWS-1250") && text == to_utf8(word, "WINDOWS-1254") &&
         text == to_utf8(word, "WINDOWS-1257");
}

bool is_certainly_western(const std::string& lines) {
  auto words = foreign_words(lines);
  if (words.empty() || !std::all_of(words.begin(), words.end(), is_western_word)) return false;
  if (std::all_of(words.begin(), words.end(), is_same_in_western_charsets)) return true;
  constexpr std::size_t kEnoughWords = 8;
  auto answer = words.size() < kEnoughWords ? std::string() : statistics_answer(lines);
  return answer == "ISO-8859-1" || answer == "ISO-8859-15";
}

bool is_certainly(const std::string& lines, const std::string& charset) {
  auto utf8 = to_utf8(lines, charset);
  if (!utf8) return false;
  auto script = share_of_script(*utf8, charset);
  bool two_bytes = charset == "CP949" || charset == "CP932" || charset == "EUC-JP" || charset == "GB18030" ||
                   charset == "BIG5";
  if (!script.is_nearly_all() || script.all < (two_bytes ? 4U : 10U)) return false;
  return two_bytes ? !has_rival(lines, charset) : reads_as_cyrillic(*utf8);
}

}  // namespace

std::optional<std::string> foreign_charset(const std::string& bytes) {
  std::vector<std::string> candidates;
  if (auto first = charset_of(statistics_answer(bytes))) candidates.push_back(*first);
  // A few short names are too little for statistics, yet kana or nothing but Hangul (of the two-byte plane
  // whose bytes are both beyond ASCII) are no accident.
  candidates.insert(candidates.end(), {"CP932", "EUC-JP"});
  if (to_utf8(bytes, "EUC-KR")) candidates.push_back("CP949");
  for (const auto& charset : candidates) {
    auto utf8 = to_utf8(bytes, charset);
    if (utf8 && share_of_script(*utf8, charset).is_most()) return charset;
  }
  return std::nullopt;
}

std::optional<std::string> certain_charset(std::string_view bytes) {
  auto lines = foreign_lines(bytes);
  if (is_certainly_western(lines)) return "WINDOWS-1252";
  auto charset = charset_of(statistics_answer(lines));
  // What stands behind the lines that were looked at counts, too.
  return charset && is_certainly(lines, *charset) && to_utf8(bytes, *charset) ? charset : std::nullopt;
}

}  // namespace ds
