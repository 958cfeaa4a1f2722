#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Small text helpers that do not depend on the locale.
namespace ds {

std::string join(const std::vector<std::string>& parts, std::string_view separator);
/// Splits at every `separator`; an empty text gives no parts.
std::vector<std::string> split(std::string_view text, char separator);
/// Splits at runs of blanks and tabs.
std::vector<std::string> split_words(std::string_view text);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);

/// The whole text as a number, or nothing. Accepts a leading `+` and exponents; `inf` and `nan` are refused.
std::optional<double> parse_double(std::string_view text);
std::optional<std::int64_t> parse_int(std::string_view text);
/// `90`, `90s`, `15m`, `2h`, `1d` in seconds, or nothing.
std::optional<double> parse_duration_s(std::string_view text);

/// Shortest text that reads back as the same double (`0.1`, `3`, `1e-05`).
std::string shortest(double value);
/// `1.5 MB`, `812 B`; decimal units.
std::string human_bytes(std::uint64_t bytes);
/// `1 image`, `2 images`: `one` or, of any other count, `many`; without `many` the regular plural (`class` and
/// `box` take "es").
std::string counted(std::int64_t count, std::string_view one, std::string_view many = {});
/// `45 s`, `3 min 10 s`, `2 h 05 min`.
std::string human_duration(double seconds);

/// The known name at the smallest edit distance, if it is near enough to be a typing error.
std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& known);

/// Text on a terminal takes this many columns (UTF-8; East Asian wide characters count two).
std::size_t display_width(std::string_view text);

/// Orders `img2` before `img10`.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace ds
