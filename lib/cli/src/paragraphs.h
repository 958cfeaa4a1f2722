#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Texts of the help as the source writes them, and as they are shown.
namespace ds::detail {

/// Takes away what a raw string has from the code around it: blank lines at both ends, and the indentation that all
/// its lines share.
std::string dedented(std::string_view text);

/// A piece of a dedented text.
struct HelpParagraph {
  std::string text;       // one line, however the source broke it
  bool verbatim = false;  // an indented line, which stays as it is: an entry of a list, a command
  bool apart = false;     // a blank line stands in front of it
};

/// Lines at the margin are one paragraph up to the next blank or indented line.
std::vector<HelpParagraph> paragraphs_of(std::string_view text);

/// Breaks a sentence at blanks into lines of at most `width` bytes; all but the first begin with `indent` blanks, and
/// the first has so much in front of it.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

/// The paragraphs of a text, each wrapped; ends with a newline unless it is empty.
std::string reflowed(std::string_view text, std::size_t width);

}  // namespace ds::detail
