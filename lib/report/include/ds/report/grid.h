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

struct GridColumn {
  std::string title;  // for people
  std::string key;    // for files: snake_case
  bool right = true;  // numbers stand at the right
};

/// Rows and columns of a result, and notes that stand under it.
struct Grid {
  std::string title;
  std::vector<GridColumn> columns;
  std::vector<std::vector<Cell>> rows;
  std::vector<std::string> notes;
};

/// Columns as wide as their content, in terminal columns (UTF-8, East Asian), two blanks
/// apart; then the notes.
std::string to_text(const Grid& grid);
/// A pipe table; `|` and line breaks in cells are escaped.
std::string to_markdown(const Grid& grid);
/// RFC 4180, keys as the header, numbers at full precision, n/a as an empty field; without the notes.
std::string to_csv(const Grid& grid);

}  // namespace ds
