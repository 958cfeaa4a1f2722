#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ds/dataset/dataset.h"

/// manifest.jsonl of a snapshot: first the classes in order, then one image a line, sorted by
/// name. Canonical: the same content is the same text. Ids of the project, colours, provenance and
/// origin are not content.
namespace ds::detail {

std::string manifest_header(const ClassList& classes);
/// One line without its newline. Proposals are left out; the annotations are sorted by their text.
std::string manifest_line(const Image& image);

/// Reads a manifest; throws FormatError with file and line. `split` chooses images.
Dataset parse_manifest(const std::string& text, const std::filesystem::path& file,
                       std::optional<Split> split);

/// The classes of a manifest's first line.
ClassList parse_manifest_header(std::string_view line, const std::filesystem::path& file);
/// The image of a later line; `line_number` (1-based) is for messages.
Image parse_manifest_line(std::string_view line, const std::filesystem::path& file, std::int64_t line_number);

/// Members of a line that are found without parsing it, which is thirty times faster.
std::string name_in_line(std::string_view line);
std::string state_in_line(std::string_view line);
std::string sha256_in_line(std::string_view line);
/// Calls `visit` with the class index of each annotation (not of the tags).
template <typename Visit>
void for_each_class_in_line(std::string_view line, const Visit& visit) {
  // Inside a text the quotes would be escaped; an attribute of that name has a text as its value.
  line = line.substr(0, line.find(",\"tags\":[{"));
  constexpr std::string_view kKey = "\"class\":";
  for (auto at = line.find(kKey); at != std::string_view::npos; at = line.find(kKey, at)) {
    at += kKey.size();
    if (line[at] < '0' || line[at] > '9') continue;
    int class_idx = 0;
    for (; line[at] >= '0' && line[at] <= '9'; ++at) class_idx = class_idx * 10 + (line[at] - '0');
    visit(class_idx);
  }
}

/// What evaluation depends on, of one image: bytes and the members that a score can see, as one line.
std::string evaluation_line(const Image& image);

}  // namespace ds::detail
