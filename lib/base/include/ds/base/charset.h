#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// Bytes and the letters that they stand for. Inside ds all text is UTF-8; what comes from elsewhere is
/// converted where it comes in, or refused.
namespace ds {

/// How many bytes from the front are UTF-8 without a fault; all of them: it is UTF-8.
std::size_t utf8_length(std::string_view bytes);
bool is_utf8(std::string_view bytes);
/// The bytes in UTF-8, or nothing when they are not valid in `charset` (then `valid` says how many from the front
/// are) or nobody knows it. Names as iconv has them, in any case.
std::optional<std::string> to_utf8(std::string_view bytes, const std::string& charset,
                                   std::size_t* valid = nullptr);
bool is_known_charset(const std::string& charset);
/// To be shown: every byte that is not UTF-8 as `\xE9`, all else as it is.
std::string printable(std::string_view bytes);

/// The charset of East Asian or Cyrillic text of which the letters bear it out, the statistics first (uchardet),
/// then by kana and Hangul, which even a few short names make plain; nothing for Western text.
std::optional<std::string> foreign_charset(const std::string& bytes);

/// The charset of a text that is not UTF-8, only if there is no doubt; else nothing.
///  - East Asian: 4 letters or more, the statistics' answer, borne out by the letters' script, and no other
///    reading is.
///  - Cyrillic: 10 letters or more, words in small or in capital letters or with one capital in front.
///  - Western: letters with accents stand alone or in pairs beside plain ones, and either every Western charset
///    (1252, 1250, 1254, 1257) gives the same text, or 8 different words and the statistics agree.
std::optional<std::string> certain_charset(std::string_view bytes);

}  // namespace ds
