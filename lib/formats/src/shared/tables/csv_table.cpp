#include "shared/tables/csv_table.h"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ds/base/error.h"
#include "ds/base/mapped_file.h"
#include "ds/base/text.h"
#include "shared/text/label_text.h"

namespace ds::detail {

namespace {

// libcsv with the line that each row begins on: it is given one line at a time.
class RowParser {
 public:
  RowParser(const std::function<void(const CsvRow&)>& take, char separator) : take_(take) {
    if (csv_init(&parser_, 0) != 0) throw Error("csv_init failed");
    csv_set_delim(&parser_, static_cast<unsigned char>(separator));
  }
  ~RowParser() { csv_free(&parser_); }
  RowParser(const RowParser&) = delete;
  RowParser& operator=(const RowParser&) = delete;

  void line(std::string_view text) {
    ++line_;
    if (!inside_) row_.line = line_;
    inside_ = inside_ || !trim(text).empty();
    feed(text);
  }

  /// False when the text ends inside quotes.
  bool finish() {
    // Strict only here: a stray quote inside a cell does no harm, one without an end takes
    // all rows behind it.
    csv_set_opts(&parser_, CSV_STRICT | CSV_STRICT_FINI);
    return csv_fini(&parser_, on_cell, on_row, this) == 0;
  }
  std::int64_t row_line() const { return row_.line; }

 private:
  void feed(std::string_view text) {
    if (csv_parse(&parser_, text.data(), text.size(), on_cell, on_row, this) == text.size()) return;
    throw Error(fmt::format("csv: {}", csv_strerror(csv_error(&parser_))));
  }
  static void on_cell(void* text, std::size_t size, void* self) {
    static_cast<RowParser*>(self)->row_.cells.emplace_back(static_cast<const char*>(text), size);
  }
  static void on_row(int, void* self) { static_cast<RowParser*>(self)->row_ended(); }
  void row_ended() {
    take_(row_);
    row_.cells.clear();
    inside_ = false;
  }

  const std::function<void(const CsvRow&)>& take_;
  csv_parser parser_{};
  CsvRow row_;
  std::int64_t line_ = 0;
  bool inside_ = false;  // a row has begun and not ended
};

// The next line with its end (LF, CRLF or CR), taken off `rest`.
std::string_view next_line(std::string_view& rest) {
  auto end = rest.find_first_of("\r\n");
  std::size_t size = rest.size();
  if (end != std::string_view::npos) size = end + (rest.substr(end, 2) == "\r\n" ? 2 : 1);
  auto line = rest.substr(0, size);
  rest.remove_prefix(size);
  return line;
}

}  // namespace

bool has_csv_suffix(const std::filesystem::path& file) {
  return to_lower(file.extension().string()) == ".csv";
}

void for_each_csv_row(const std::filesystem::path& file, const std::function<void(const CsvRow&)>& take,
                      char separator) {
  MappedFile mapped(file);
  auto converted = converted_text(mapped.bytes(), file);
  auto text = without_mark(converted ? std::string_view(*converted) : mapped.bytes());
  mapped.give_back(0, mapped.bytes().size());  // looked at once; tables may be larger than the memory
  RowParser parser(take, separator);
  std::size_t given_back = 0;
  for (auto rest = text; !rest.empty();) {
    parser.line(next_line(rest));
    constexpr std::size_t kPiece = 1 << 24;
    auto done = text.size() - rest.size();
    if (!converted && done - given_back > kPiece) mapped.give_back(std::exchange(given_back, done), done);
  }
  if (!parser.finish())
    throw FormatError({.path = file, .line = parser.row_line()},
                      "a quote is opened in this row and never closed");
}

std::vector<CsvRow> csv_rows(std::string_view text, char separator) {
  std::vector<CsvRow> rows;
  std::function<void(const CsvRow&)> take = [&](const CsvRow& row) { rows.push_back(row); };
  RowParser parser(take, separator);
  for (text = without_mark(text); !text.empty();) parser.line(next_line(text));
  parser.finish();
  return rows;
}

CsvColumns::CsvColumns(const CsvRow& header) : size_(header.cells.size()) {
  for (std::size_t i = 0; i < header.cells.size(); ++i) {
    if (places_.emplace(to_lower(trim(header.cells[i])), i).second)
      names_.emplace_back(trim(header.cells[i]), i);
  }
}

std::optional<std::size_t> CsvColumns::find(const std::string& name) const {
  auto found = places_.find(to_lower(name));
  return found == places_.end() ? std::nullopt : std::optional(found->second);
}

const std::string& CsvColumns::at(const CsvRow& row, const std::string& name) const {
  static const std::string nothing;
  auto place = find(name);
  return place && *place < row.cells.size() ? row.cells[*place] : nothing;
}

CsvExtraColumns::CsvExtraColumns(std::vector<std::string> fixed, std::set<std::string> taken)
    : fixed_(std::move(fixed)), taken_(std::move(taken)) {
  for (const auto& name : fixed_) fixed_lower_.insert(to_lower(name));
}

bool CsvExtraColumns::add(const std::string& name, const std::string& value) {
  auto lower = to_lower(name);
  // A table is recognised by its first line, of which readers look at so much.
  constexpr std::size_t kLongestHeader = 3000;
  bool fits = extra_.contains(lower) || length_ + name.size() <= kLongestHeader;
  if (!fits || name.find_first_of("\r\n") != std::string::npos) return false;
  if (name.empty() || value.empty() || trim(name).size() != name.size() || taken_.contains(lower))
    return false;
  if (fixed_lower_.contains(lower)) return std::find(fixed_.begin(), fixed_.end(), name) != fixed_.end();
  auto [column, is_new] = extra_.emplace(lower, name);
  if (is_new) length_ += csv_cell(name).size() + 1;
  return column->second == name;
}

std::vector<std::string> CsvExtraColumns::header() const {
  auto cells = fixed_;
  for (const auto& [lower, name] : extra_) cells.push_back(name);
  return cells;
}

std::string csv_cell(const std::string& text) {
  bool blank_edge = !text.empty() && trim(text).size() != text.size();
  if (!blank_edge && text.find_first_of(",;\t\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line += (i > 0 ? "," : "") + csv_cell(cells[i]);
  return line + "\n";
}

}  // namespace ds::detail
