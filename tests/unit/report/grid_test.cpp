#include "ds/report/grid.h"

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

Grid sample() {
  return {"models",
          {{"model", "model", false}, {"AP", "ap", true}},
          {{text_cell("nano"), number_cell(0.33644, 3)},
           {text_cell("\xe7\x8c\xab|\"x\", y"), number_cell(std::nullopt, 3)}},
          {"a note"}};
}

}  // namespace

TEST_CASE("a grid on a terminal lines up wide characters") {
  REQUIRE(to_text(sample()) ==
          "models\n\n"
          "model         AP\n"
          "---------  -----\n"
          "nano       0.336\n"
          "\xe7\x8c\xab|\"x\", y    n/a\n"
          "\na note\n");
}

TEST_CASE("a grid as Markdown escapes pipes") {
  REQUIRE(to_markdown(sample()) ==
          "### models\n\n"
          "| model | AP |\n| --- | ---: |\n| nano | 0.336 |\n| \xe7\x8c\xab\\|\"x\", y | n/a |\n\na note\n");
}

TEST_CASE("a grid as CSV keeps every digit and quotes") {
  REQUIRE(to_csv(sample()) == "model,ap\r\nnano,0.33644\r\n\"\xe7\x8c\xab|\"\"x\"\", y\",\r\n");
}

TEST_CASE("a row of the wrong length is an error") {
  auto grid = sample();
  grid.rows.push_back({text_cell("x")});
  REQUIRE_THROWS_WITH(to_text(grid), "a row of 1 cells in a grid of 2 columns");
}
