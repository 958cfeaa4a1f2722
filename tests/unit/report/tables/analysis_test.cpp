#include "ds/report/analysis_tables.h"

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("pairs: who is better, and whether that is proven") {
  PairwiseComparison pairwise;
  pairwise.pairs = {{0, 1, -0.05, Interval{-0.1, 0.01}, 0.2, 0.2, 0.055},
                    {0, 2, 0.2, Interval{0.1, 0.3}, 0.005, 0.015, 0.1}};
  pairwise.groups = 20;
  pairwise.resamples = 200;
  pairwise.smallest_difference = 0.0775;
  const auto table = pairs_table({"a", "b", "c"}, pairwise);
  REQUIRE(table.to_csv() ==
          "model,against,ap_difference,low,high,p,p_holm,verdict\r\n"
          "b,a,-0.05,-0.1,0.01,0.2,0.2,not proven\r\n"
          "c,a,0.2,0.1,0.3,0.005,0.015,better\r\n");
  REQUIRE(table.notes.size() == 2);
  REQUIRE(table.notes[0].find("200 resamples over 20 groups of images") != std::string::npos);
  REQUIRE(table.notes[1].find("about 0.0775") != std::string::npos);
}

TEST_CASE("errors by kind, a row each") {
  ErrorTypes errors;
  errors.counts = {1, 2, 3, 4, 5, 6};
  errors.gain = {0.1, 0.2, 0, 0, 0.05, -0.01};
  errors.gain_without_false_positives = 0.25;
  errors.gain_without_misses = 0.3;
  const auto table = error_types_table({"nano"}, {errors});
  REQUIRE(table.rows.size() == 8);
  REQUIRE(table.rows[1][1].text == "localization");
  REQUIRE(table.rows[1][2].text == "2");
  REQUIRE(table.rows[1][3].text == "+0.2000");
  REQUIRE(table.rows[5][3].text == "-0.0100");
  REQUIRE(table.rows[7][1].text == "all misses");
  REQUIRE(table.rows[7][3].number == 0.3);
  REQUIRE_THROWS_AS(error_types_table({"nano"}, {}), Error);
}

TEST_CASE("slices say where a model is surely worse") {
  const std::vector<Slice> slices{{"time", "day", {0, 1}}, {"time", "night", {2}}};
  std::vector<SliceNumbers> numbers(2);
  numbers[0] = {2, 10, 0.5, 0.75, Interval{0.4, 0.6}, Interval{0.1, 0.3}};
  numbers[1] = {1, 0, -1, -1, {}, {}};
  const auto table = slices_table(slices, numbers);
  REQUIRE(table.rows[0][5].text == "0.400 to 0.600");
  REQUIRE(table.rows[0][7].text == "+0.1000 to +0.3000 better");
  REQUIRE(table.rows[1][4].text == "n/a");
  REQUIRE(table.rows[1][7].text == "n/a");
  numbers[0].against_the_rest = Interval{-0.3, -0.1};
  REQUIRE(slices_table(slices, numbers).rows[0][7].text == "-0.3000 to -0.1000 worse");
  numbers[0].against_the_rest = Interval{-0.3, 0.1};
  REQUIRE(slices_table(slices, numbers).rows[0][7].text == "-0.3000 to +0.1000");
}

TEST_CASE("oLRP and calibration of a model") {
  ModelReport model;
  model.localization.mean = {0.7, 0.2, 0.1, 0.4, {}};
  const auto table = quality_table(model);
  REQUIRE(table.rows[0][1].text == "0.7000");
  REQUIRE(table.rows[3][1].text == "0.4000");
  REQUIRE(table.rows[4][1].text == "n/a");
}
