#include "shared/tables/csv_table.h"

#include "ds/base/error.h"
#include "ds/base/files.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using detail::CsvColumns;
using detail::CsvRow;
using Cells = std::vector<std::string>;

std::vector<CsvRow> rows_of(const std::filesystem::path& file) {
  std::vector<CsvRow> rows;
  detail::for_each_csv_row(file, [&](const CsvRow& row) { rows.push_back(row); });
  return rows;
}

}  // namespace

TEST_CASE("csv: quotes, doubled quotes, separators and line ends in cells; rows know their line") {
  auto rows = detail::csv_rows("\xEF\xBB\xBFname , x\r\n\"a,\"\"b\"\"\nc\", 1 \n\n  \nd,,\r\re, 2");
  REQUIRE(rows.size() == 4);
  REQUIRE(rows[0].line == 1);
  REQUIRE(rows[0].cells == Cells{"name", "x"});
  REQUIRE(rows[1].line == 2);
  REQUIRE(rows[1].cells == Cells{"a,\"b\"\nc", "1"});
  // lines 2 and 3 hold that row, 4 and 5 are blank
  REQUIRE(rows[2].line == 6);
  REQUIRE(rows[2].cells == Cells{"d", "", ""});
  REQUIRE(rows[3].line == 8);
  REQUIRE(rows[3].cells == Cells{"e", "2"});
}

TEST_CASE("csv: a file longer than what is read at once gives the same rows") {
  TemporaryFolder folder;
  std::string text = "n,text\r\n";
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + ",\"x\r\n" + std::to_string(i) + "\"\r\n";
  write_file_atomically(folder.path() / "a.csv", text);
  auto rows = rows_of(folder.path() / "a.csv");
  REQUIRE(rows.size() == 20001);
  // one line for the header, two for each row
  REQUIRE(rows[20000].line == 2 + 2 * 19999);
  REQUIRE(rows[20000].cells == Cells{"19999", "x\r\n19999"});
}

TEST_CASE("csv: a quote that is never closed is named with its row, after the rows before it") {
  TemporaryFolder folder;
  auto file = folder.path() / "a.csv";
  write_file_atomically(file, "a,b\n1,2\n3,\"4\n5,6\n");
  std::vector<CsvRow> rows;
  REQUIRE_THROWS_WITH(detail::for_each_csv_row(file, [&](const CsvRow& row) { rows.push_back(row); }),
                      file.string() + ":3: a quote is opened in this row and never closed");
  REQUIRE(rows.size() == 2);
  REQUIRE_THROWS_WITH(rows_of(file.string() + "x"),
                      "cannot read " + file.string() + "x: No such file or directory");
}

TEST_CASE("csv: columns are found by their header in any case; missing ones read as empty") {
  auto rows = detail::csv_rows("ImageID, XMin ,xmin\na,1,2\nb\n");
  CsvColumns columns(rows[0]);
  REQUIRE(columns.at(rows[1], "imageid") == "a");
  REQUIRE(columns.at(rows[1], "XMIN") == "1");
  REQUIRE(columns.at(rows[2], "XMin").empty());
  REQUIRE(columns.at(rows[1], "XMax").empty());
  REQUIRE_FALSE(columns.has("XMax"));
}

TEST_CASE("csv: cells are quoted only when they must be, and read back") {
  Cells cells = {"plain", "a,b", "say \"x\"", " edge ", "two\nlines", ""};
  REQUIRE(detail::csv_line(cells) == "plain,\"a,b\",\"say \"\"x\"\"\",\" edge \",\"two\nlines\",\n");
  REQUIRE(detail::csv_rows(detail::csv_line(cells))[0].cells == cells);
}
