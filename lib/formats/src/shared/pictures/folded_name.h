#pragma once

#include <string>
#include <string_view>

namespace ds::detail {

/// A name without what file systems differ in: upper and lower case, and Unicode's ways to write one letter (NFC, as
/// Linux and Windows have it, or NFD, as macOS writes it). Bytes that are no UTF-8 stay, but for ASCII's case.
std::string folded_name(std::string_view name);
/// As above, case kept: equal for names that differ in normalisation alone.
std::string composed_name(std::string_view name);

}  // namespace ds::detail
