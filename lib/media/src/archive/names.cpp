#include "archive/names.h"

#include <algorithm>

#include "ds/base/charset.h"

namespace ds::detail {
namespace {

// U+2500 to U+259F.
bool draws_lines(const std::string& utf8) {
  for (std::size_t at = utf8.find('\xE2'); at != std::string::npos; at = utf8.find('\xE2', at + 1)) {
    auto second = static_cast<unsigned char>(utf8[at + 1]);
    if (second == 0x94 || second == 0x95 ||
        (second == 0x96 && static_cast<unsigned char>(utf8[at + 2]) < 0xA0))
      return true;
  }
  return false;
}

std::string choose(const std::string& text, bool zip) {
  if (auto charset = foreign_charset(text)) return *charset;
  if (!zip) return "WINDOWS-1252";
  auto dos = to_utf8(text, "CP437");
  auto western = to_utf8(text, "CP850");
  return dos && draws_lines(*dos) && western && !draws_lines(*western) ? "CP850" : "CP437";
}

}  // namespace

DecodedNames decode_names(const std::vector<std::string>& raw, bool zip) {
  DecodedNames result;
  result.names = raw;
  std::string foreign;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (is_utf8(raw[i])) continue;
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
