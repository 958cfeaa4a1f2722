#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ds/dataset/dataset.h"

/// manifest.jsonl of a snapshot: first the classes in order, then one image a line, sorted by name.
/// Canonical: the same content is the same text. Ids of the project, colours, provenance and origin are not
/// content.
namespace ds {

std::string manifest_header(const ClassList& classes);
/// One line without its newline. Proposals are left out; the annotations are sorted by their text.
std::string manifest_line(const Image& image);

/// Reads a manifest; throws FormatError with file and line. `split` chooses images.
Dataset parse_manifest(const std::string& text, const std::filesystem::path& file,
                       std::optional<Split> split);

/// What evaluation depends on, of one image: bytes and the members that a score can see, as one line.
std::string evaluation_line(const Image& image);

}  // namespace ds
