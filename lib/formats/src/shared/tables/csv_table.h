#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// Tables as RFC 4180 has them: quoted cells hold separators, doubled quotes and line ends. One row at a
/// time: label tables have millions.
namespace ds::detail {

struct CsvRow {
  std::int64_t line = 0;  // where the row begins, from 1
  std::vector<std::string> cells;
};

bool has_csv_suffix(const std::filesystem::path& file);

/// Calls `take` for every row that is not blank, the header too; cells without quotes lose the blanks around
/// them. A BOM is skipped; lines end in LF, CRLF or CR. Throws FormatError `file:line` when a quote is never
/// closed, after all whole rows before it were given.
void for_each_csv_row(const std::filesystem::path& file, const std::function<void(const CsvRow&)>& take,
                      char separator = ',');
/// The rows of a text (the head of a file, in detectors); what is not closed at its end is left out.
std::vector<CsvRow> csv_rows(std::string_view text, char separator = ',');

/// Where each column stands, by its header's name; case and surrounding blanks do not count, the first of two
/// equal names does.
class CsvColumns {
 public:
  CsvColumns() = default;
  explicit CsvColumns(const CsvRow& header);
  std::optional<std::size_t> find(const std::string& name) const;
  bool has(const std::string& name) const { return find(name).has_value(); }
  /// The row's cell under a header; empty text when the column is missing or the row ends before it.
  const std::string& at(const CsvRow& row, const std::string& name) const;
  std::size_t size() const { return size_; }
  /// The headers as they are written, each with its place; without those that stood there before.
  const std::vector<std::pair<std::string, std::size_t>>& names() const { return names_; }

 private:
  std::vector<std::pair<std::string, std::size_t>> names_;
  std::map<std::string, std::size_t> places_;
  std::size_t size_ = 0;
};

/// Columns for attributes, beside those that a table has anyhow.
class CsvExtraColumns {
 public:
  /// @param fixed the table's own columns  @param taken names (lower case) that attributes cannot have
  CsvExtraColumns(std::vector<std::string> fixed, std::set<std::string> taken);
  /// False when the attribute cannot be held: no such header, or no text.
  bool add(const std::string& name, const std::string& value);
  /// The table's own columns, then those added, in the order of their names.
  std::vector<std::string> header() const;

 private:
  std::vector<std::string> fixed_;
  std::set<std::string> fixed_lower_;
  std::set<std::string> taken_;
  std::map<std::string, std::string> extra_;  // lower case -> as written
  std::size_t length_ = 0;                    // of the headers added
};

/// The cell as it is written: in quotes when it must be, quotes doubled.
std::string csv_cell(const std::string& text);
/// Cells joined by commas, with a line feed.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace ds::detail
