#include "ds/cli/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds {

Table& Table::column(std::string title, Align align) {
  titles_.push_back(std::move(title));
  aligns_.push_back(align);
  return *this;
}

Table& Table::row(std::vector<std::string> cells) {
  if (cells.size() != titles_.size())
    throw Error(fmt::format("a table row has {} cells, the table {} columns", cells.size(), titles_.size()));
  rows_.push_back(std::move(cells));
  return *this;
}

std::string Table::to_text() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < titles_.size(); ++c) {
    std::size_t width = display_width(titles_[c]);
    for (const auto& cells : rows_) width = std::max(width, display_width(cells[c]));
    widths.push_back(width);
  }
  std::string text;
  auto append = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) line += "  ";
      std::string padding(widths[c] - display_width(cells[c]), ' ');
      line += aligns_[c] == Align::right ? padding + cells[c] : cells[c] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  append(titles_);
  std::vector<std::string> rule;
  for (auto width : widths) rule.emplace_back(width, '-');
  append(rule);
  for (const auto& cells : rows_) append(cells);
  return text;
}

}  // namespace ds
