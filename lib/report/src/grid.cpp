#include "ds/report/grid.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds {

namespace {

void check(const Grid& grid) {
  for (const auto& row : grid.rows)
    if (row.size() != grid.columns.size())
      throw Error(fmt::format("a row of {} cells in a grid of {} columns", row.size(), grid.columns.size()));
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string blanks(width - std::min(width, display_width(text)), ' ');
  return right ? blanks + text : text + blanks;
}

std::string text_line(const Grid& grid, const std::vector<std::string>& cells,
                      const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    if (c > 0) line += "  ";
    line += padded(cells[c], widths[c], grid.columns[c].right);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

std::string markdown_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace

Cell text_cell(std::string text) {
  return {std::move(text)};
}

Cell number_cell(const std::optional<double>& number, int decimals) {
  if (!number) return {"n/a"};
  return {fmt::format("{:.{}f}", *number, decimals), number};
}

Cell count_cell(std::int64_t number) {
  return {std::to_string(number), static_cast<double>(number)};
}

std::string to_text(const Grid& grid) {
  check(grid);
  std::vector<std::size_t> widths;
  std::vector<std::string> titles, rules;
  for (const auto& column : grid.columns) {
    titles.push_back(column.title);
    widths.push_back(display_width(column.title));
  }
  for (const auto& row : grid.rows)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], display_width(row[c].text));
  for (const auto width : widths) rules.push_back(std::string(width, '-'));
  std::string out = grid.title.empty() ? "" : grid.title + "\n\n";
  out += text_line(grid, titles, widths) + text_line(grid, rules, widths);
  for (const auto& row : grid.rows) {
    std::vector<std::string> cells;
    for (const auto& cell : row) cells.push_back(cell.text);
    out += text_line(grid, cells, widths);
  }
  if (!grid.notes.empty()) out += '\n';
  for (const auto& note : grid.notes) out += note + '\n';
  return out;
}

std::string to_markdown(const Grid& grid) {
  check(grid);
  std::string out = grid.title.empty() ? "" : "### " + grid.title + "\n\n";
  out += '|';
  for (const auto& column : grid.columns) out += ' ' + markdown_escaped(column.title) + " |";
  out += "\n|";
  for (const auto& column : grid.columns) out += column.right ? " ---: |" : " --- |";
  out += '\n';
  for (const auto& row : grid.rows) {
    out += '|';
    for (const auto& cell : row) out += ' ' + markdown_escaped(cell.text) + " |";
    out += '\n';
  }
  for (const auto& note : grid.notes) out += "\n" + note + "\n";
  return out;
}

std::string to_csv(const Grid& grid) {
  check(grid);
  std::vector<std::string> keys;
  for (const auto& column : grid.columns) keys.push_back(csv_field(column.key));
  std::string out = join(keys, ",") + "\r\n";
  for (const auto& row : grid.rows) {
    std::vector<std::string> fields;
    for (const auto& cell : row)
      fields.push_back(cell.number ? shortest(*cell.number) : cell.text == "n/a" ? "" : csv_field(cell.text));
    out += join(fields, ",") + "\r\n";
  }
  return out;
}

}  // namespace ds
