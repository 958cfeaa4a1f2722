#include "ds/base/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds {

namespace {

[[noreturn]] void fail(std::size_t cells, std::size_t columns) {
  throw Error(fmt::format("a table row has {} cells, the table {} columns", cells, columns));
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string blanks(width - std::min(width, display_width(text)), ' ');
  return right ? blanks + text : text + blanks;
}

std::string text_line(const Table& table, const std::vector<std::string>& cells,
                      const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    if (c > 0) line += "  ";
    line += padded(cells[c], widths[c], table.columns[c].right);
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

Table& Table::column(const std::string& name, Align align) {
  columns.push_back({name, name, align == Align::right});
  return *this;
}

Table& Table::row(std::vector<std::string> cells) {
  if (cells.size() != columns.size()) fail(cells.size(), columns.size());
  auto& last = rows.emplace_back();
  for (auto& cell : cells) last.push_back(text_cell(std::move(cell)));
  return *this;
}

void Table::check() const {
  for (const auto& row : rows)
    if (row.size() != columns.size()) fail(row.size(), columns.size());
}

std::string Table::to_text() const {
  check();
  std::vector<std::size_t> widths;
  std::vector<std::string> titles, rules;
  for (const auto& column : columns) {
    titles.push_back(column.title);
    widths.push_back(display_width(column.title));
  }
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], display_width(row[c].text));
  for (const auto width : widths) rules.push_back(std::string(width, '-'));
  std::string out = title.empty() ? "" : title + "\n\n";
  out += text_line(*this, titles, widths) + text_line(*this, rules, widths);
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (const auto& cell : row) cells.push_back(cell.text);
    out += text_line(*this, cells, widths);
  }
  if (!notes.empty()) out += '\n';
  for (const auto& note : notes) out += note + '\n';
  return out;
}

std::string Table::to_markdown() const {
  check();
  std::string out = title.empty() ? "" : "### " + title + "\n\n";
  out += '|';
  for (const auto& column : columns) out += ' ' + markdown_escaped(column.title) + " |";
  out += "\n|";
  for (const auto& column : columns) out += column.right ? " ---: |" : " --- |";
  out += '\n';
  for (const auto& row : rows) {
    out += '|';
    for (const auto& cell : row) out += ' ' + markdown_escaped(cell.text) + " |";
    out += '\n';
  }
  for (const auto& note : notes) out += "\n" + note + "\n";
  return out;
}

std::string Table::to_csv() const {
  check();
  std::vector<std::string> keys;
  for (const auto& column : columns) keys.push_back(csv_field(column.key));
  std::string out = join(keys, ",") + "\r\n";
  for (const auto& row : rows) {
    std::vector<std::string> fields;
    for (const auto& cell : row)
      fields.push_back(cell.number ? shortest(*cell.number) : cell.text == "n/a" ? "" : csv_field(cell.text));
    out += join(fields, ",") + "\r\n";
  }
  return out;
}

}  // namespace ds
