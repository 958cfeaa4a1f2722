#include "ds/base/table.h"

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

Table sample() {
  return {"models",
          {{"model", "model", false}, {"AP", "ap", true}},
          {{text_cell("nano"), number_cell(0.33644, 3)},
           {text_cell("\xe7\x8c\xab|\"x\", y"), number_cell(std::nullopt, 3)}},
          {"a note"}};
}

}  // namespace

TEST_CASE("a table on a terminal lines up wide characters") {
  REQUIRE(sample().to_text() ==
          "models\n\n"
          "model         AP\n"
          "---------  -----\n"
          "nano       0.336\n"
          "\xe7\x8c\xab|\"x\", y    n/a\n"
          "\na note\n");
}

TEST_CASE("a table as Markdown escapes pipes") {
  REQUIRE(sample().to_markdown() ==
          "### models\n\n"
          "| model | AP |\n| --- | ---: |\n| nano | 0.336 |\n| \xe7\x8c\xab\\|\"x\", y | n/a |\n\na note\n");
}

TEST_CASE("a table as CSV keeps every digit and quotes") {
  REQUIRE(sample().to_csv() == "model,ap\r\nnano,0.33644\r\n\"\xe7\x8c\xab|\"\"x\"\", y\",\r\n");
}

TEST_CASE("a row of the wrong length is an error") {
  auto table = sample();
  table.rows.push_back({text_cell("x")});
  REQUIRE_THROWS_WITH(table.to_text(), "a table row has 1 cells, the table 2 columns");
}

TEST_CASE("a table is built column by column and row by row") {
  Table table;
  table.column("class").column("boxes", Table::Align::right);
  table.row({"car", "12"}).row({"\xED\x95\x9C", "3"});
  REQUIRE(table.to_text() ==
          "class  boxes\n"
          "-----  -----\n"
          "car       12\n"
          "\xED\x95\x9C         3\n");
  REQUIRE_THROWS_WITH(table.row({"one"}), "a table row has 1 cells, the table 2 columns");
}
