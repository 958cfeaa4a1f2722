#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ds {

/// A cell: what people read, and the number behind it where there is one (files keep every digit).
struct Cell {
  std::string text;
  std::optional<double> number = std::nullopt;
};

Cell text_cell(std::string text);
/// Rounded for people; `n/a` without a number.
Cell number_cell(const std::optional<double>& number, int decimals);
/// A whole number.
Cell count_cell(std::int64_t number);

struct TableColumn {
  std::string title;  // for people
  std::string key;    // for files: snake_case
  bool right = true;  // numbers stand at the right
};

/// Rows and columns, for terminals, reports and files. Text that is not a table's own (a heading, remarks under
/// it) goes with it as title and notes.
///
///     Table table;
///     table.column("class").column("boxes", Table::Align::right);
///     table.row({"car", "12"}).row({"bus", "3"});
struct Table {
  std::string title = {};
  std::vector<TableColumn> columns = {};
  std::vector<std::vector<Cell>> rows = {};
  std::vector<std::string> notes = {};

  enum class Align { left, right };
  /// A further column; its title is its key too.
  Table& column(const std::string& name, Align align = Align::left);
  /// A further row of plain texts. Throws Error when the count of cells is not the count of columns.
  Table& row(std::vector<std::string> cells);
  bool empty() const { return rows.empty(); }
  /// Throws Error when a row has another count of cells than the table has columns. All below do.
  void check() const;

  /// Columns as wide as their content, in terminal columns (UTF-8, East Asian), two blanks
  /// apart, titles underlined; then the notes. Ends with a newline.
  std::string to_text() const;
  /// A pipe table; `|` and line breaks in cells are escaped.
  std::string to_markdown() const;
  /// RFC 4180, keys as the header, numbers at full precision, n/a as an empty field; without the notes.
  std::string to_csv() const;
};

}  // namespace ds
