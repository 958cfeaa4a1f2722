#include "ds/cli/table.h"

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("columns line up") {
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
