#include "paragraphs.h"

#include <algorithm>

#include "ds/base/text.h"

namespace ds::detail {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  auto lines = split(text, '\n');
  for (auto& line : lines) line.erase(line.find_last_not_of(" \t\r") + 1);
  return lines;
}

std::size_t indentation(const std::string& line) {
  return line.find_first_not_of(' ');
}

}  // namespace

std::string dedented(std::string_view text) {
  auto lines = lines_of(text);
  auto margin = std::string::npos;
  for (const auto& line : lines)
    if (!line.empty()) margin = std::min(margin, indentation(line));
  for (auto& line : lines)
    if (!line.empty()) line.erase(0, margin);
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  auto first = std::find_if(lines.begin(), lines.end(), [](const auto& line) { return !line.empty(); });
  return join({first, lines.end()}, "\n");
}

std::vector<HelpParagraph> paragraphs_of(std::string_view text) {
  std::vector<HelpParagraph> paragraphs;
  bool apart = false;
  for (const auto& line : lines_of(text)) {
    if (line.empty()) {
      apart = !paragraphs.empty();
      continue;
    }
    const bool verbatim = indentation(line) > 0;
    if (!verbatim && !apart && !paragraphs.empty() && !paragraphs.back().verbatim)
      paragraphs.back().text += " " + line;
    else
      paragraphs.push_back({line, verbatim, apart});
    apart = false;
  }
  return paragraphs;
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out, line;
  for (const auto& word : split_words(text)) {
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) {
      out += line + "\n" + std::string(indent, ' ');
      line.clear();
    }
    line += line.empty() ? word : " " + word;
  }
  return out + line;
}

std::string reflowed(std::string_view text, std::size_t width) {
  std::string out;
  for (const auto& paragraph : paragraphs_of(text)) {
    if (paragraph.apart) out += "\n";
    out += (paragraph.verbatim ? paragraph.text : wrapped(paragraph.text, 0, width)) + "\n";
  }
  return out;
}

}  // namespace ds::detail
