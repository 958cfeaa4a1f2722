#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ds::detail {

struct DecodedNames {
  std::vector<std::string> names;  // UTF-8, in the order given
  std::string charset;             // of the names that were not UTF-8; empty when there were none
  std::size_t foreign = 0;         // how many those were
};

/// Names of members as their archiver wrote them, in UTF-8. Those that are not UTF-8 are read in one
/// charset, detected over all of them together: CP949 (EUC-KR), CP932 (Shift-JIS), EUC-JP, GB18030, BIG5 and
/// Cyrillic ones where the letters bear it out; else CP437 (CP850 where that avoids line-drawing signs) in
/// zips and WINDOWS-1252 elsewhere.
DecodedNames decode_names(const std::vector<std::string>& raw, bool zip);

}  // namespace ds::detail
