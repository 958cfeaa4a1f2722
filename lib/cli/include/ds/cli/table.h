#pragma once

#include <string>
#include <vector>

namespace ds {

/// A table for people: columns as wide as their content, two blanks apart, titles underlined.
class Table {
 public:
  enum class Align { left, right };
  Table& column(std::string title, Align align = Align::left);
  /// Throws Error when the count of cells is not the count of columns.
  Table& row(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  /// Ends with a newline. Widths count terminal columns, so UTF-8 and East Asian names line up.
  std::string to_text() const;

 private:
  std::vector<std::string> titles_;
  std::vector<Align> aligns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace ds
